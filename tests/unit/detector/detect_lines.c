/*
 * detect_lines - what a back-end finds in raw pictures, and what that costs
 *
 *   detect_lines FRAME_WIDTH FRAME_HEIGHT BACKEND INPUT_WIDTH INPUT_HEIGHT [KEY=VALUE ...] < CLIP.yuv
 *
 * Keys: model, head, score_threshold, nms_threshold, threads, order (bgr or rgb: given to the model so), every (of so
 * many pictures, one). Looks at whole I420 pictures and writes MOTChallenge detections,
 * "picture,-1,left,top,width,height,score,class,-1,-1"; then, to standard error, the median times of crop and
 * inference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "detector/backend.h"
#include "tracker/tensor.h"

enum { PICTURES_MAX = 10000 };

static int64_t crop_ns[PICTURES_MAX], inference_ns[PICTURES_MAX];

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double median_ms(int64_t *times, uint32_t count)
{
    qsort(times, count, sizeof(*times), compare);
    return count == 0 ? 0 : (double)times[count / 2] / 1e6;
}

static void die(const char *text)
{
    fprintf(stderr, "detect_lines: %s\n", text);
    exit(EXIT_FAILURE);
}

static const char *value_of(int argc, char **argv, const char *key, const char *otherwise)
{
    const size_t length = strlen(key);
    for (int i = 6; i < argc; i++)
        if (strncmp(argv[i], key, length) == 0 && argv[i][length] == '=')
            return argv[i] + length + 1;
    return otherwise;
}

static float number_of(int argc, char **argv, const char *key)
{
    const char *text = value_of(argc, argv, key, NULL);
    return text ? strtof(text, NULL) : DETECTOR_UNSET;
}

static void print_rows(unsigned int number, const struct detector_rows *rows, uint32_t width, uint32_t height)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        const float *row = rows->row[i];
        const double w = (double)width, h = (double)height;
        printf("%u,-1,%.2f,%.2f,%.2f,%.2f,%.4f,%d,-1,-1\n", number, row[3] * w, row[2] * h,
               (row[5] - row[3]) * w, (row[4] - row[2]) * h, (double)row[1], (int)row[0]);
    }
}

static struct detector_settings settings_of(int argc, char **argv)
{
    const char *order = value_of(argc, argv, "order", NULL);
    return (struct detector_settings){
        .model = value_of(argc, argv, "model", NULL),
        .head = value_of(argc, argv, "head", "auto"),
        .width = (uint32_t)atoi(argv[4]),
        .height = (uint32_t)atoi(argv[5]),
        .order = order && strcmp(order, "rgb") == 0 ? DETECTOR_ORDER_RGB : DETECTOR_ORDER_BGR,
        .order_is_given = order != NULL,
        .mean = {DETECTOR_UNSET, DETECTOR_UNSET, DETECTOR_UNSET},
        .scale = {DETECTOR_UNSET, DETECTOR_UNSET, DETECTOR_UNSET},
        .score_threshold = number_of(argc, argv, "score_threshold"),
        .nms_threshold = number_of(argc, argv, "nms_threshold"),
        .threads = (uint32_t)atoi(value_of(argc, argv, "threads", "1")),
    };
}

/* The pictures, and what looks at them. */
struct look {
    uint32_t width, height; /* of the pictures */
    uint8_t *frame, *pixels;
    struct tensor_maker maker;
    struct detector_picture picture; /* the tensor */
    const struct detector_backend *backend;
    void *detector;
};

static void look_begin(struct look *look, const char *backend, const struct detector_settings *settings)
{
    const struct tensor_format format = {settings->width, settings->height,
                                         settings->order == DETECTOR_ORDER_RGB};
    const struct tensor_size content =
        tensor_content(look->width, look->height, settings->width, settings->height);
    static char problem[DETECTOR_PROBLEM_BYTES];
    look->frame = malloc((size_t)look->width * look->height * 3 / 2);
    look->pixels = malloc((size_t)settings->width * settings->height * 3);
    look->picture = (struct detector_picture){look->pixels, settings->width, settings->height, content.width,
                                              content.height};
    look->backend = detector_backend_find(backend);
    if (!look->backend)
        die("no such back-end");
    if (!look->frame || !look->pixels || tensor_init(&look->maker, look->width, look->height, &format) < 0)
        die("these sizes cannot be used");
    if (look->backend->open(settings, &look->detector, problem) < 0)
        die(problem);
}

static void look_end(struct look *look)
{
    look->backend->close(look->detector);
    tensor_fini(&look->maker);
    free(look->frame);
    free(look->pixels);
}

/* Looks at one picture; count: of those that were looked at before. */
static void look_at(struct look *look, unsigned int number, uint32_t count)
{
    const struct camd_box whole = {0, 0, (int32_t)look->width, (int32_t)look->height};
    static char problem[DETECTOR_PROBLEM_BYTES];
    struct detector_rows rows;
    const int64_t begun_ns = clock_monotonic_ns();
    (void)tensor_write(&look->maker, look->frame, &whole, look->pixels);
    const int64_t cropped_ns = clock_monotonic_ns();
    if (look->backend->detect(look->detector, &look->picture, &rows, problem) < 0)
        die(problem);
    inference_ns[count] = clock_monotonic_ns() - cropped_ns;
    crop_ns[count] = cropped_ns - begun_ns;
    print_rows(number, &rows, look->width, look->height);
}

int main(int argc, char **argv)
{
    if (argc < 6)
        die("usage: FRAME_WIDTH FRAME_HEIGHT BACKEND INPUT_WIDTH INPUT_HEIGHT [KEY=VALUE ...] < CLIP.yuv");
    const struct detector_settings settings = settings_of(argc, argv);
    const unsigned int every = (unsigned int)atoi(value_of(argc, argv, "every", "1"));
    struct look look = {.width = (uint32_t)atoi(argv[1]), .height = (uint32_t)atoi(argv[2])};
    const size_t frame_bytes = (size_t)look.width * look.height * 3 / 2;
    uint32_t count = 0;
    if (every == 0)
        die("every: expected a number from 1 on");
    look_begin(&look, argv[3], &settings);
    for (unsigned int number = 1;
         fread(look.frame, 1, frame_bytes, stdin) == frame_bytes && count < PICTURES_MAX; number++)
        if ((number - 1) % every == 0)
            look_at(&look, number, count++);
    fprintf(stderr, "%s %ux%u: crop %.3f ms, inference %.1f ms (medians of %u)\n", argv[3], settings.width,
            settings.height, median_ms(crop_ns, count), median_ms(inference_ns, count), count);
    look_end(&look);
    return EXIT_SUCCESS;
}
