// opencv.cpp - the back-ends opencv-dnn and opencv-hog: all that there is of OpenCV and of C++
//
// No exception leaves the functions of the two tables at the end.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdarg>
#include <cstdio>
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
        throw fail(errno, "model: %s can't be opened: %s", path, std::strerror(errno));
    std::vector<unsigned char> bytes;
    unsigned char part[65536];
    size_t length;
    while ((length = std::fread(part, 1, sizeof part, file.get())) > 0)
        bytes.insert(bytes.end(), part, part + length);
    if (std::ferror(file.get()) != 0)
        throw fail(errno != 0 ? errno : EIO, "model: %s can't be read: %s", path, std::strerror(errno));
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
        throw fail(EBADMSG, "model: OpenCV %s can't use %s: %s", CV_VERSION, path, exception.err.c_str());
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
    bool swap; // the model takes the other order of channels
    cv::Scalar mean;
    double scale;
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

void dnn_forward(dnn_detector &detector, const detector_picture &picture)
{
    cv::dnn::blobFromImage(picture_view(picture, picture.width, picture.height), detector.blob,
                           detector.scale, cv::Size(), detector.mean, detector.swap, false, CV_32F);
    detector.net.setInput(detector.blob);
    detector.net.forward(detector.blobs, detector.names);
}

// What is not configured is as models with that head have it.
void adopt_head(dnn_detector &detector, const detector_settings &settings, const head *decoder)
{
    const detector_order order = settings.order_is_given ? settings.order : decoder->order;
    const bool own_order = order == decoder->order;
    detector.decoder = decoder;
    detector.swap = order != settings.order;
    detector.mean = cv::Scalar(value_or(settings.mean[0], decoder->mean[own_order ? 0 : 2]),
                               value_or(settings.mean[1], decoder->mean[1]),
                               value_or(settings.mean[2], decoder->mean[own_order ? 2 : 0]));
    detector.scale = static_cast<double>(value_or(settings.scale, decoder->scale));
    detector.score_threshold = value_or(settings.score_threshold, decoder->score_threshold);
    detector.nms_threshold = value_or(settings.nms_threshold, decoder->nms_threshold);
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
                   "the model can't be run with an input of %ux%u (input_width, input_height): OpenCV: %s",
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
        detector->scale = 1;
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
        candidates_choose(&detector.found, detector.nms_threshold, picture, rows);
    });
}

void dnn_close(void *opened)
{
    delete static_cast<dnn_detector *>(opened);
}

// ---- opencv-hog

constexpr float HOG_SCORE_THRESHOLD = 0.3F, HOG_NMS_THRESHOLD = 0.4F;
constexpr float HOG_MARGIN_X = 0.18F, HOG_MARGIN_TOP = 0.1F, HOG_MARGIN_BOTTOM = 0.09F;
constexpr double HOG_SLOPE = 3.0, HOG_EVEN = 0.5, HOG_WEIGHT_MIN = 0, HOG_STEP = 1.05;
constexpr int HOG_STRIDE = 8, HOG_PADDING = 16;

struct hog_detector {
    cv::HOGDescriptor descriptor;
    float score_threshold, nms_threshold;
    candidates found;
};

int hog_open(const detector_settings *settings, void **opened, char problem[DETECTOR_PROBLEM_BYTES])
{
    return guarded(problem, [=] {
        prepare_opencv(*settings);
        auto detector = std::make_unique<hog_detector>();
        detector->descriptor.setSVMDetector(cv::HOGDescriptor::getDefaultPeopleDetector());
        detector->score_threshold = value_or(settings->score_threshold, HOG_SCORE_THRESHOLD);
        detector->nms_threshold = value_or(settings->nms_threshold, HOG_NMS_THRESHOLD);
        *opened = detector.release();
    });
}

// A window is larger than the person in it.
candidate hog_candidate(const cv::Rect &window, double weight)
{
    const float width = static_cast<float>(window.width), height = static_cast<float>(window.height);
    candidate found = {};
    found.x1 = static_cast<float>(window.x) + HOG_MARGIN_X * width;
    found.y1 = static_cast<float>(window.y) + HOG_MARGIN_TOP * height;
    found.x2 = static_cast<float>(window.x) + (1 - HOG_MARGIN_X) * width;
    found.y2 = static_cast<float>(window.y) + (1 - HOG_MARGIN_BOTTOM) * height;
    found.score = static_cast<float>(1 / (1 + std::exp(-HOG_SLOPE * (weight - HOG_EVEN))));
    return found;
}

int hog_detect(void *opened, const detector_picture *picture, detector_rows *rows,
               char problem[DETECTOR_PROBLEM_BYTES])
{
    return guarded(problem, [=] {
        hog_detector &detector = *static_cast<hog_detector *>(opened);
        std::vector<cv::Rect> windows;
        std::vector<double> weights;
        detector.descriptor.detectMultiScale(
            picture_view(*picture, picture->content_width, picture->content_height), windows, weights,
            HOG_WEIGHT_MIN, cv::Size(HOG_STRIDE, HOG_STRIDE), cv::Size(HOG_PADDING, HOG_PADDING), HOG_STEP,
            0.0);
        detector.found.count = 0;
        detector.found.arrived = 0;
        for (size_t i = 0; i < windows.size(); i++) {
            const candidate found = hog_candidate(windows[i], weights[i]);
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
