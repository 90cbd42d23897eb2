/*
 * What a frame of a clip costs camd-capture, beside what can't be saved; one round, as a line of JSON:
 *
 *   bench-capture CAMD-CAPTURE CLIP [WIDTH HEIGHT FPS]
 *
 *   decode_us    libavformat and libavcodec alone, one thread, in this process
 *   memcpy_us    a frame into slots in turn, with nothing else going on
 *   copying_us   decode with a memcpy of a frame after each picture: what one costs where caches are shared
 *   scaling_us   one picture of the clip to WIDTH and HEIGHT by libswscale, as camd-capture does it
 *   capture_us   camd-capture without pace, its start taken off; every frame goes into a slot and is taken from it
 *
 * CPU time (user and system) a frame of the clip, also where camd-capture hands on fewer of them (FPS) at another size.
 * Then how many it handed on, the time from start to first frame, the private memory at the end of the clip, and Adler-32
 * sums of the first frames (begun with 0, as ffmpeg -f framecrc has them).
 */
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "fake_camd.h"

enum { SLOTS = 6, SUMS_MAX = 20 };

static void require(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_capture: %s\n", what);
    exit(EXIT_FAILURE);
}

static int64_t own_cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

/* CPU time of a process with one thread, to the nanosecond. */
static int64_t process_cpu_ns(pid_t pid)
{
    char path[64];
    long long run_ns = 0;
    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
    FILE *file = fopen(path, "r");
    require(file && fscanf(file, "%lld", &run_ns) == 1, "no schedstat: is CONFIG_SCHED_INFO off?");
    fclose(file);
    return run_ns;
}

static long private_kb(pid_t pid)
{
    char path[64], line[256];
    long kb = -1;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Private_Dirty: %ld", &kb) == 1)
            break;
    if (file)
        fclose(file);
    return kb;
}

/* Buffers to copy between, as many as a camera has slots. */
struct buffers {
    uint8_t *from[SLOTS], *to[SLOTS];
    size_t size;
    uint64_t copies;
};

static void buffers_make(struct buffers *buffers, size_t size)
{
    *buffers = (struct buffers){.size = size};
    for (int i = 0; i < SLOTS; i++) {
        buffers->from[i] = malloc(size);
        buffers->to[i] = malloc(size);
        require(buffers->from[i] && buffers->to[i], "out of memory");
        memset(buffers->from[i], i, size);
        memset(buffers->to[i], i, size);
    }
}

static void buffers_free(struct buffers *buffers)
{
    for (int i = 0; i < SLOTS; i++) {
        free(buffers->from[i]);
        free(buffers->to[i]);
    }
}

static void buffers_copy(struct buffers *buffers, const uint8_t *from)
{
    uint8_t *to = buffers->to[buffers->copies++ % SLOTS];
    memcpy(to, from, buffers->size);
    __asm__ volatile("" : : "r"(to) : "memory");
}

/* ---- the subjects; each returns microseconds a frame ---- */

static double run_memcpy(struct buffers *buffers)
{
    enum { COPIES = 300 };
    int64_t begun_ns = own_cpu_ns();
    for (int i = 0; i < COPIES; i++)
        buffers_copy(buffers, buffers->from[i % SLOTS]);
    return (double)(own_cpu_ns() - begun_ns) / 1e3 / COPIES;
}

/* buffers: copied to after each picture, or NULL */
static double run_decode(const char *clip, uint64_t *frames, struct buffers *buffers)
{
    AVFormatContext *format = NULL;
    require(avformat_open_input(&format, clip, NULL, NULL) == 0, "the clip can't be opened");
    require(avformat_find_stream_info(format, NULL) >= 0, "the clip has no streams");
    int index = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    require(index >= 0, "the clip has no video");
    const AVCodec *codec = avcodec_find_decoder(format->streams[index]->codecpar->codec_id);
    AVCodecContext *context = avcodec_alloc_context3(codec);
    avcodec_parameters_to_context(context, format->streams[index]->codecpar);
    context->thread_count = 1;
    require(avcodec_open2(context, codec, NULL) == 0, "no decoder");
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();

    *frames = 0;
    int64_t begun_ns = own_cpu_ns();
    for (bool more = true; more;) {
        more = av_read_frame(format, packet) >= 0;
        if (more && packet->stream_index != index) {
            av_packet_unref(packet);
            continue;
        }
        avcodec_send_packet(context, more ? packet : NULL);
        while (avcodec_receive_frame(context, frame) == 0) {
            if (buffers)
                buffers_copy(buffers, buffers->from[*frames % SLOTS]);
            ++*frames;
        }
        av_packet_unref(packet);
    }
    int64_t used_ns = own_cpu_ns() - begun_ns;
    av_frame_free(&frame);
    av_packet_free(&packet);
    avcodec_free_context(&context);
    avformat_close_input(&format);
    require(*frames > 1, "the clip has no frames");
    return (double)used_ns / 1e3 / (double)*frames;
}

/* Of a picture of the clip's size and format, to the size that is wished for. */
static double run_scaling(const char *clip, int width, int height)
{
    enum { PICTURES = 30 };
    AVFormatContext *format = NULL;
    require(avformat_open_input(&format, clip, NULL, NULL) == 0 &&
                avformat_find_stream_info(format, NULL) >= 0,
            "the clip can't be opened");
    const AVCodecParameters *stream =
        format->streams[av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0)]->codecpar;
    AVFrame *from = av_frame_alloc(), *to = av_frame_alloc();
    from->width = stream->width;
    from->height = stream->height;
    from->format = stream->format;
    to->width = width;
    to->height = height;
    to->format = AV_PIX_FMT_YUV420P;
    require(av_frame_get_buffer(from, 0) == 0 && av_frame_get_buffer(to, 0) == 0, "out of memory");
    for (int plane = 0; plane < 3; plane++)
        for (int y = 0; y < (plane ? from->height / 2 : from->height); y++)
            for (int x = 0; x < from->linesize[plane]; x++)
                from->data[plane][(ptrdiff_t)y * from->linesize[plane] + x] = (uint8_t)(x * 3 + y * 5);
    struct SwsContext *scaler = sws_getContext(from->width, from->height, from->format, width, height,
                                               AV_PIX_FMT_YUV420P, SWS_BICUBIC, NULL, NULL, NULL);
    require(scaler, "no scaler");
    const int64_t begun_ns = own_cpu_ns();
    for (int i = 0; i < PICTURES; i++)
        sws_scale(scaler, (const uint8_t *const *)from->data, from->linesize, 0, from->height, to->data,
                  to->linesize);
    const double each_us = (double)(own_cpu_ns() - begun_ns) / 1e3 / PICTURES;
    sws_freeContext(scaler);
    av_frame_free(&from);
    av_frame_free(&to);
    avformat_close_input(&format);
    return each_us;
}

struct wish {
    int width, height; /* 0: the clip's own */
    double fps;
};

struct capture_result {
    double used_us, first_frame_ms;
    long kb;
    uint64_t delivered;
    size_t frame_bytes;
    unsigned long sums[SUMS_MAX];
};

/* Takes all frames; count: as many as came before, so that the last is known, or 0 to find out. */
static struct capture_result run_capture(const char *program, const char *clip, struct wish wish,
                                         uint64_t count)
{
    struct capture_result result = {0};
    struct fake_camd fake;
    struct camd_frame frame;
    int64_t first_cpu_ns = 0, last_cpu_ns = 0;

    fake_camd_init(&fake);
    const int64_t begun_ns = clock_monotonic_ns();
    json_t *config = json_pack("{s:s, s:f, s:b}", "input", clip, "fps", wish.fps, "pace", 0);
    if (wish.width > 0) {
        json_object_set_new(config, "width", json_integer(wish.width));
        json_object_set_new(config, "height", json_integer(wish.height));
    }
    fake_camd_start(&fake, program, config);
    json_t *stream = fake_camd_expect(&fake, "stream");
    const json_int_t width = json_integer_value(json_object_get(stream, "width"));
    const json_int_t height = json_integer_value(json_object_get(stream, "height"));
    fake_camd_give_frames(&fake, (uint32_t)(wish.width > 0 ? wish.width : width),
                          (uint32_t)(wish.height > 0 ? wish.height : height), 1);
    json_decref(stream);
    result.frame_bytes = fake.segments.frame_bytes;
    while ((count == 0 || result.delivered + CAMD_QUEUE_DEPTH < count) && fake_camd_take(&fake, &frame)) {
        if (result.delivered < SUMS_MAX)
            result.sums[result.delivered] = adler32(0, frame.pixels, (unsigned)result.frame_bytes);
        if (result.delivered++ == 0) {
            result.first_frame_ms = (double)(clock_monotonic_ns() - begun_ns) / 1e6;
            first_cpu_ns = process_cpu_ns(fake.pid);
        }
        if (result.delivered + CAMD_QUEUE_DEPTH ==
            count) { /* it still lives: it has frames to queue, or waits */
            last_cpu_ns = process_cpu_ns(fake.pid);
            result.kb = private_kb(fake.pid);
        }
        fake_camd_release(&fake, &frame);
    }
    require(count == 0 || last_cpu_ns > 0, "camd-capture ended early");
    result.used_us = (double)(last_cpu_ns - first_cpu_ns) / 1e3;
    fake_camd_fini(&fake);
    return result;
}

static void print_sums(const struct capture_result *result)
{
    printf("\"sums\": [");
    for (uint64_t i = 0; i < SUMS_MAX && i < result->delivered; i++)
        printf("%s%lu", i ? ", " : "", result->sums[i]);
    printf("]}\n");
}

int main(int argc, char **argv)
{
    struct buffers buffers;
    struct wish wish = {.fps = 240};
    uint64_t frames;
    if (argc != 3 && argc != 6) {
        fprintf(stderr, "usage: bench-capture CAMD-CAPTURE CLIP [WIDTH HEIGHT FPS]\n");
        return 2;
    }
    if (argc == 6)
        wish = (struct wish){atoi(argv[3]), atoi(argv[4]), atof(argv[5])};
    const char *program = argv[1], *clip = argv[2];
    run_decode(clip, &frames, NULL); /* the file is in memory from here on */
    const uint64_t delivered = run_capture(program, clip, wish, 0).delivered;
    require(delivered > CAMD_QUEUE_DEPTH + 1, "camd-capture handed too few frames on");
    const struct capture_result capture = run_capture(program, clip, wish, delivered);
    buffers_make(&buffers, capture.frame_bytes);
    const double decode_us = run_decode(clip, &frames, NULL), memcpy_us = run_memcpy(&buffers);
    const double copying_us = run_decode(clip, &frames, &buffers);
    const double scaling_us = wish.width > 0 ? run_scaling(clip, wish.width, wish.height) : 0;
    /* of a frame of the clip: between the first that was handed on and the last that was taken lie so many */
    const double passed = (double)frames * (double)(capture.delivered - 1) / (double)delivered;
    printf(
        "{\"frames\": %llu, \"delivered\": %llu, \"decode_us\": %.2f, \"memcpy_us\": %.2f, \"copying_us\": %.2f, \"scaling_us\": %.2f, "
        "\"capture_us\": %.2f, \"first_frame_ms\": %.2f, \"private_mb\": %.2f, ",
        (unsigned long long)frames, (unsigned long long)delivered, decode_us, memcpy_us, copying_us,
        scaling_us, capture.used_us / passed, capture.first_frame_ms, (double)capture.kb / 1024);
    print_sums(&capture);
    buffers_free(&buffers);
    return 0;
}
