// opencv.cpp - the back-ends opencv-dnn and opencv-hog: all that there is of OpenCV and of C++
//
// No exception leaves the functions of the two tables at the end.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>
#include <string>
#include <vector>

#include "detector/candidates.h"
#include "detector/head.h"

// Every array of the program begins with a cache line, by an operator new[] of its own.
//
// OpenCV's convolution gathers its input in an array of 16 to 74 KB, in which it begins at a multiple of 32 bytes, as AVX2
// wants it. With AVX-512 it reads 64 bytes at a time from there. Of malloc()'s blocks chance decides whether these 64 bytes
// are one cache line or halves of two, for as long as the process runs: a picture of 416x320 took 32 or 45 ms (nanodet, AMD
// EPYC, OpenCV 4.6), one of 512x384 46 or 67 ms. With this it takes the lesser time always.
void *operator new[](std::size_t size)
{
    constexpr std::size_t cache_line_bytes = 64;
    void *array = nullptr;
    if (posix_memalign(&array, cache_line_bytes, size) != 0)
        throw std::bad_alloc();
    return array;
}

void operator delete[](void *array) noexcept
{
    std::free(array);
}

void operator delete[](void *array, std::size_t) noexcept
{
    std::free(array);
}

namespace
{

// What is wrong, in words for the administrator, and its errno.
struct failure {
    int error;
    std::string text;
};

__attribute__((format(printf, 2, 3))) failure fail(int error, const char *format, ...)
{
    char text[DETECTOR_PROBLEM_BYTES];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return {error, text};
}

// Runs what may throw; every way out is an errno with words.
template <typename Work> int guarded(char problem[DETECTOR_PROBLEM_BYTES], Work work) noexcept
{
    const auto say = [problem](const char *text) {
        std::snprintf(problem, DETECTOR_PROBLEM_BYTES, "%s", text);
    };
    try {
        work();
        return 0;
    } catch (const failure &problem_found) {
        say(problem_found.text.c_str());
        return -problem_found.error;
    } catch (const std::bad_alloc &) {
        say("memory is short: give the detector a smaller input or model");
        return -ENOMEM;
    } catch (const cv::Exception &exception) {
        std::snprintf(problem, DETECTOR_PROBLEM_BYTES, "OpenCV: %s", exception.err.c_str());
        return exception.code == cv::Error::StsNoMem ? -ENOMEM : -EIO;
    } catch (const std::exception &exception) {
        say(exception.what());
        return -EIO;
    } catch (...) {
        say("an unknown failure of OpenCV");
        return -EIO;
    }
}

// OpenCV prints every error besides throwing it.
int quiet(int, const char *, const char *, const char *, int, void *)
{
    return 0;
}

void prepare_opencv(const detector_settings &settings)
{
    cv::redirectError(quiet);
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    cv::setNumThreads(static_cast<int>(std::max(settings.threads, 1U)));
}

float value_or(float configured, float otherwise)
{
    return configured == DETECTOR_UNSET ? otherwise : configured;
}

cv::Mat picture_view(const detector_picture &picture, unsigned int width, unsigned int height)
{
    const size_t stride = static_cast<size_t>(picture.width) * 3;
    return cv::Mat(static_cast<int>(height), static_cast<int>(width), CV_8UC3,
                   const_cast<uint8_t *>(picture.pixels), stride);
}

// ---- opencv-dnn

constexpr size_t MODEL_BYTES_MAX = size_t{1} << 30; // more is no model, but a device for instance

std::vector<unsigned char> read_model(const char *path)
{
    struct closer {
        void operator()(FILE *file) const
        {
            std::fclose(file);
        }
    };
    const std::unique_ptr<FILE, closer> file(std::fopen(path, "rb"));
    if (!file)
        throw fail(errno, "model: %s cannot be opened: %s", path, std::strerror(errno));
    std::vector<unsigned char> bytes;
    unsigned char part[65536];
    size_t length;
    while ((length = std::fread(part, 1, sizeof part, file.get())) > 0) {
        bytes.insert(bytes.end(), part, part + length);
        if (bytes.size() > MODEL_BYTES_MAX)
            throw fail(EBADMSG, "model: %s is larger than 1 GiB", path);
    }
    if (std::ferror(file.get()) != 0)
        throw fail(errno != 0 ? errno : EIO, "model: %s cannot be read: %s", path, std::strerror(errno));
    return bytes;
}

// The first field of a serialised ONNX model: ir_version, a number.
constexpr unsigned char ONNX_FIRST_BYTE = 0x08;

cv::dnn::Net load_model(const char *path)
{
    const std::vector<unsigned char> bytes = read_model(path);
    if (bytes.empty() || bytes[0] != ONNX_FIRST_BYTE)
        throw fail(EBADMSG, "model: %s (%zu bytes) is no ONNX model", path, bytes.size());
    cv::dnn::Net net;
    try {
        net = cv::dnn::readNetFromONNX(bytes);
    } catch (const cv::Exception &exception) {
        if (exception.err.find("parse onnx") != std::string::npos)
            throw fail(EBADMSG, "model: %s (%zu bytes) is damaged or cut short, or no ONNX model", path,
                       bytes.size());
        throw fail(EBADMSG, "model: OpenCV %s cannot use %s: %s", CV_VERSION, path, exception.err.c_str());
    }
    if (net.empty())
        throw fail(EBADMSG, "model: %s has no layers", path);
    net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
    return net;
}

struct dnn_detector {
    cv::dnn::Net net;
    std::vector<std::string> names; // of the outputs
    detector_order tensor_order;
    uint32_t label_count;
    const head *decoder;
    bool swap;           // the model takes the other order of channels
    float input[3][256]; // what the model is given for a channel's value
    float score_threshold, nms_threshold;
    cv::Mat blob;
    std::vector<cv::Mat> blobs;
    candidates found;
};

head_outputs outputs_of(const dnn_detector &detector, const detector_picture &picture)
{
    head_outputs outputs = {};
    outputs.input_width = picture.width;
    outputs.input_height = picture.height;
    if (detector.blobs.size() > HEAD_OUTPUTS_MAX)
        throw fail(EINVAL, "the model has %zu outputs; at most %d are understood", detector.blobs.size(),
                   HEAD_OUTPUTS_MAX);
    for (const cv::Mat &blob : detector.blobs) {
        if (blob.type() != CV_32F || blob.dims > HEAD_DIMENSIONS_MAX || !blob.isContinuous())
            throw fail(EINVAL, "the model has an output that is not of float32 in at most %d dimensions",
                       HEAD_DIMENSIONS_MAX);
        head_output &output = outputs.list[outputs.count++];
        output.data = blob.ptr<float>();
        output.dimensions = static_cast<uint32_t>(blob.dims);
        for (int i = 0; i < blob.dims; i++)
            output.size[i] = static_cast<uint32_t>(blob.size[i]);
    }
    return outputs;
}

// The picture as the model takes it: planes of floats, one a channel.
void fill_blob(dnn_detector &detector, const detector_picture &picture)
{
    const int sizes[] = {1, 3, static_cast<int>(picture.height), static_cast<int>(picture.width)};
    const size_t pixels = static_cast<size_t>(picture.width) * picture.height;
    detector.blob.create(4, sizes, CV_32F);
    for (size_t channel = 0; channel < 3; channel++) {
        float *const plane = detector.blob.ptr<float>() + channel * pixels;
        const uint8_t *const from = picture.pixels + (detector.swap ? 2 - channel : channel);
        for (size_t i = 0; i < pixels; i++)
            plane[i] = detector.input[channel][from[3 * i]];
    }
}

void dnn_forward(dnn_detector &detector, const detector_picture &picture)
{
    fill_blob(detector, picture);
    detector.net.setInput(detector.blob);
    detector.net.forward(detector.blobs, detector.names);
}

// What is not configured is as models with that head have it.
void adopt_head(dnn_detector &detector, const detector_settings &settings, const head *decoder)
{
    const detector_order order = settings.order_is_given ? settings.order : decoder->order;
    detector.decoder = decoder;
    detector.swap = order != settings.order;
    detector.score_threshold = value_or(settings.score_threshold, decoder->score_threshold);
    detector.nms_threshold = value_or(settings.nms_threshold, decoder->nms_threshold);
    for (int channel = 0; channel < 3; channel++) {
        const int own = order == decoder->order ? channel : 2 - channel;
        const float mean = value_or(settings.mean[channel], decoder->mean[own]);
        const float scale = value_or(settings.scale[channel], decoder->scale);
        for (int value = 0; value < 256; value++)
            detector.input[channel][value] = (static_cast<float>(value) - mean) * scale;
    }
}

// A model that can't take a picture of this size, or has other outputs than known, shows it now.
void dnn_try(dnn_detector &detector, const detector_settings &settings)
{
    const std::vector<uint8_t> grey(static_cast<size_t>(settings.width) * settings.height * 3, 114);
    const detector_picture picture = {grey.data(), settings.width, settings.height, settings.width,
                                      settings.height};
    char problem[DETECTOR_PROBLEM_BYTES];
    const head *decoder;
    try {
        dnn_forward(detector, picture);
    } catch (const cv::Exception &exception) {
        throw fail(EINVAL,
                   "the model cannot be run with an input of %ux%u (input_width, input_height): OpenCV: %s",
                   settings.width, settings.height, exception.err.c_str());
    }
    const head_outputs outputs = outputs_of(detector, picture);
    const int result = head_choose(settings.head, &outputs, settings.label_count, &decoder, problem);
    if (result < 0)
        throw fail(-result, "%s", problem);
    adopt_head(detector, settings, decoder);
}

int dnn_open(const detector_settings *settings, void **opened, char problem[DETECTOR_PROBLEM_BYTES])
{
    return guarded(problem, [=] {
        if (settings->model == nullptr || settings->model[0] == '\0')
            throw fail(EINVAL, "opencv-dnn needs a model: give the path of an ONNX file (model = …)");
        prepare_opencv(*settings);
        auto detector = std::make_unique<dnn_detector>();
        detector->net = load_model(settings->model);
        detector->names = detector->net.getUnconnectedOutLayersNames();
        detector->label_count = settings->label_count;
        dnn_try(*detector, *settings);
        *opened = detector.release();
    });
}

int dnn_detect(void *opened, const detector_picture *picture, detector_rows *rows,
               char problem[DETECTOR_PROBLEM_BYTES])
{
    return guarded(problem, [=] {
        dnn_detector &detector = *static_cast<dnn_detector *>(opened);
        dnn_forward(detector, *picture);
        const head_outputs outputs = outputs_of(detector, *picture);
        if (detector.decoder->classes(&outputs, detector.label_count) == 0)
            throw fail(EINVAL, "the model's outputs have another shape for an input of %ux%u", picture->width,
                       picture->height);
        detector.found.count = 0;
        detector.found.arrived = 0;
        detector.decoder->decode(&outputs, detector.label_count, detector.score_threshold, &detector.found);
        const float highest = candidates_highest_score(&detector.found);
        if (highest > HEAD_SCORE_MAX)
            throw fail(
                EINVAL,
                "the model's scores should be 0..1 and go up to %.3g: export it with the sigmoid of its scores, or name the right head",
                static_cast<double>(highest));
        candidates_choose(&detector.found, detector.nms_threshold, picture, rows);
    });
}

void dnn_close(void *opened)
{
    delete static_cast<dnn_detector *>(opened);
}

// ---- opencv-hog

// Pictures are made larger first: people are then found from about 50 pixels of the picture on, of which OpenCV's
// classifier, 64x128 with a margin, wants 96.
constexpr double HOG_ENLARGEMENT = 1.5, HOG_STEP = 1.07;
constexpr int HOG_STRIDE = 8, HOG_PADDING = 16;
// The margins around the person in a window, as fractions of it: upright ones are 16 of 128 pixels of the pictures that the
// classifier was trained with.
constexpr float HOG_MARGIN_X = 0.22F, HOG_MARGIN_Y = 0.125F;
// A person is found in many windows, near each other: of a group, the sum of weights (distances from the classifier's
// plane) tells more than the largest one. The chance that it is a person was fitted on street and yard footage:
// 1 / (1 + (even / sum)^steepness).
constexpr double HOG_EVEN = 2.2, HOG_STEEPNESS = 1.8;
constexpr float HOG_SCORE_THRESHOLD = 0.3F, HOG_NMS_THRESHOLD = 0.35F;

struct hog_detector {
    cv::HOGDescriptor descriptor;
    float score_threshold, nms_threshold;
    cv::Mat enlarged;
    candidates found;
};

int hog_open(const detector_settings *settings, void **opened, char problem[DETECTOR_PROBLEM_BYTES])
{
    return guarded(problem, [=] {
        if (settings->label_count > 1)
            throw fail(EINVAL, "opencv-hog knows one class, people, but there are %u labels",
                       settings->label_count);
        prepare_opencv(*settings);
        auto detector = std::make_unique<hog_detector>();
        detector->descriptor.setSVMDetector(cv::HOGDescriptor::getDefaultPeopleDetector());
        detector->score_threshold = value_or(settings->score_threshold, HOG_SCORE_THRESHOLD);
        detector->nms_threshold = value_or(settings->nms_threshold, HOG_NMS_THRESHOLD);
        *opened = detector.release();
    });
}

struct hog_window {
    cv::Rect2f person; // in pixels of the picture
    double weight;     // of its group, once it is one
};

std::vector<hog_window> hog_windows(hog_detector &detector, const detector_picture &picture)
{
    std::vector<cv::Rect> found;
    std::vector<double> weights;
    std::vector<hog_window> windows;
    const cv::Mat view = picture_view(picture, picture.content_width, picture.content_height);
    cv::resize(view, detector.enlarged, cv::Size(), HOG_ENLARGEMENT, HOG_ENLARGEMENT, cv::INTER_LINEAR);
    const cv::Size least = detector.descriptor.winSize;
    if (detector.enlarged.cols < least.width || detector.enlarged.rows < least.height)
        return windows; // too small for anybody
    detector.descriptor.detectMultiScale(detector.enlarged, found, weights, 0,
                                         cv::Size(HOG_STRIDE, HOG_STRIDE), cv::Size(HOG_PADDING, HOG_PADDING),
                                         HOG_STEP, 0);
    for (size_t i = 0; i < found.size(); i++) {
        const cv::Rect2f window(found[i]);
        const float scale = static_cast<float>(HOG_ENLARGEMENT);
        windows.push_back(
            {{(window.x + HOG_MARGIN_X * window.width) / scale,
              (window.y + HOG_MARGIN_Y * window.height) / scale,
              window.width * (1 - 2 * HOG_MARGIN_X) / scale, window.height * (1 - 2 * HOG_MARGIN_Y) / scale},
             weights[i]});
    }
    return windows;
}

float intersection_over_union(const cv::Rect2f &a, const cv::Rect2f &b)
{
    const float common = (a & b).area();
    return common / (a.area() + b.area() - common);
}

// Each group around its best window, with the weights of all.
std::vector<hog_window> hog_groups(std::vector<hog_window> windows, float nms_threshold)
{
    std::stable_sort(windows.begin(), windows.end(),
                     [](const hog_window &a, const hog_window &b) { return a.weight > b.weight; });
    std::vector<hog_window> groups;
    for (const hog_window &window : windows) {
        const auto group = std::find_if(groups.begin(), groups.end(), [&](const hog_window &other) {
            return intersection_over_union(other.person, window.person) > nms_threshold;
        });
        if (group == groups.end())
            groups.push_back(window);
        else
            group->weight += window.weight;
    }
    return groups;
}

candidate hog_candidate(const hog_window &group)
{
    candidate found = {};
    found.x1 = group.person.x;
    found.y1 = group.person.y;
    found.x2 = group.person.x + group.person.width;
    found.y2 = group.person.y + group.person.height;
    found.score = static_cast<float>(1 / (1 + std::pow(HOG_EVEN / group.weight, HOG_STEEPNESS)));
    return found;
}

int hog_detect(void *opened, const detector_picture *picture, detector_rows *rows,
               char problem[DETECTOR_PROBLEM_BYTES])
{
    return guarded(problem, [=] {
        hog_detector &detector = *static_cast<hog_detector *>(opened);
        detector.found.count = 0;
        detector.found.arrived = 0;
        for (const hog_window &group : hog_groups(hog_windows(detector, *picture), detector.nms_threshold)) {
            const candidate found = hog_candidate(group);
            if (found.score >= detector.score_threshold)
                candidates_add(&detector.found, &found);
        }
        candidates_choose(&detector.found, detector.nms_threshold, picture, rows);
    });
}

void hog_close(void *opened)
{
    delete static_cast<hog_detector *>(opened);
}

} // namespace

extern "C" {
const detector_backend detector_opencv_dnn = {"opencv-dnn", dnn_open, dnn_detect, dnn_close};
const detector_backend detector_opencv_hog = {"opencv-hog", hog_open, hog_detect, hog_close};
}
