/*
 * What a frame of a clip costs camd-capture, beside what can't be saved; one round, as a line of JSON:
 *
 *   bench-capture CAMD-CAPTURE CLIP [WIDTH HEIGHT FPS]
 *
 *   decode_us    libavformat and libavcodec alone, one thread, in this process
 *   least_us     the same, and each picture that is wanted goes into a slot: copied, or, where its range or its size is another
 *                one, by libswscale
 *   capture_us   camd-capture without pace; every frame goes into a slot and is taken from it
 *
 * CPU time (user and system) a frame of the clip, also where camd-capture hands on fewer of them (FPS) at another size. The
 * first frames are left out everywhere: they pay for the start and for memory that is touched for the first time. Then how many
 * were handed on, the time from start to first frame, the private memory at the end of the clip, and Adler-32 sums of the first
 * frames (begun with 0, as ffmpeg -f framecrc has them).
 */
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "fake_camd.h"

enum { SLOTS = 6, WARM = 2 * SLOTS, SUMS_MAX = 20 };

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

struct wish {
    int width, height; /* 0: the clip's own */
    double fps;
};

/* ---- the least that does it ---- */

/* Slots as a camera has them, and how pictures of the clip get into them. */
struct slots {
    uint8_t *pixels[SLOTS];
    int width, height;
    struct SwsContext *scaler; /* NULL: not made yet, or not needed */
    uint64_t filled;
};

static void slots_make(struct slots *slots, int width, int height)
{
    const size_t size = (size_t)width * (size_t)height * 3 / 2;

    *slots = (struct slots){.width = width, .height = height};
    for (int i = 0; i < SLOTS; i++) {
        const int fd = memfd_create("slot", MFD_CLOEXEC);
        require(fd >= 0 && ftruncate(fd, (off_t)size) == 0, "no memory for a slot");
        slots->pixels[i] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        require(slots->pixels[i] != MAP_FAILED, "a slot can't be mapped");
        close(fd);
    }
}

static void slots_free(struct slots *slots)
{
    for (int i = 0; i < SLOTS; i++)
        munmap(slots->pixels[i], (size_t)slots->width * (size_t)slots->height * 3 / 2);
    sws_freeContext(slots->scaler);
}

static void slots_fill(struct slots *slots, const AVFrame *frame)
{
    uint8_t *planes[4];
    int strides[4];

    av_image_fill_arrays(planes, strides, slots->pixels[slots->filled++ % SLOTS], AV_PIX_FMT_YUV420P,
                         slots->width, slots->height, 1);
    if (frame->format == AV_PIX_FMT_YUV420P && frame->width == slots->width &&
        frame->height == slots->height) {
        av_image_copy(planes, strides, (const uint8_t **)frame->data, frame->linesize, AV_PIX_FMT_YUV420P,
                      slots->width, slots->height);
        return;
    }
    slots->scaler =
        sws_getCachedContext(slots->scaler, frame->width, frame->height, frame->format, slots->width,
                             slots->height, AV_PIX_FMT_YUV420P, SWS_BICUBIC, NULL, NULL, NULL);
    require(slots->scaler, "no scaler");
    sws_scale(slots->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height, planes,
              strides);
}

/* A clip that is decoded, and what is done with its pictures. */
struct decoding {
    struct slots *slots;    /* NULL: nothing */
    uint64_t wanted, among; /* so many of so many pictures are wanted, evenly */
    uint64_t frames;        /* result */
    int64_t warm_ns;        /* CPU time at the end of the first ones, of which there are `warm` */
    uint64_t warm;
};

static void take_picture(struct decoding *decoding, const AVFrame *frame)
{
    if (decoding->slots && decoding->frames * decoding->wanted % decoding->among < decoding->wanted)
        slots_fill(decoding->slots, frame);
    if (++decoding->frames == decoding->warm)
        decoding->warm_ns = own_cpu_ns();
}

/* Microseconds a frame. */
static double run_decode(const char *clip, struct decoding *decoding)
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

    decoding->frames = 0;
    for (bool more = true; more;) {
        more = av_read_frame(format, packet) >= 0;
        if (more && packet->stream_index != index) {
            av_packet_unref(packet);
            continue;
        }
        avcodec_send_packet(context, more ? packet : NULL);
        while (avcodec_receive_frame(context, frame) == 0)
            take_picture(decoding, frame);
        av_packet_unref(packet);
    }
    int64_t used_ns = own_cpu_ns() - decoding->warm_ns;
    av_frame_free(&frame);
    av_packet_free(&packet);
    avcodec_free_context(&context);
    avformat_close_input(&format);
    require(decoding->frames > decoding->warm, "the clip has too few frames");
    return (double)used_ns / 1e3 / (double)(decoding->frames - decoding->warm);
}

/* ---- camd-capture ---- */

struct capture_result {
    double used_us, first_frame_ms;
    long kb;
    uint64_t delivered;
    int width, height;
    unsigned long sums[SUMS_MAX];
};

/* Takes all frames; count: as many as came before, so that the last is known, or 0 to find out. used_us is of those after WARM. */
static struct capture_result run_capture(const char *program, const char *clip, struct wish wish,
                                         uint64_t count)
{
    struct capture_result result = {0};
    struct fake_camd fake;
    struct camd_frame frame;
    int64_t warm_cpu_ns = 0, last_cpu_ns = 0;

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
    result.width = (int)fake.segments.width;
    result.height = (int)fake.segments.height;
    while ((count == 0 || result.delivered + CAMD_QUEUE_DEPTH < count) && fake_camd_take(&fake, &frame)) {
        if (result.delivered < SUMS_MAX)
            result.sums[result.delivered] = adler32(0, frame.pixels, (unsigned)fake.segments.frame_bytes);
        if (result.delivered++ == 0)
            result.first_frame_ms = (double)(clock_monotonic_ns() - begun_ns) / 1e6;
        if (result.delivered == WARM)
            warm_cpu_ns = process_cpu_ns(fake.pid);
        if (result.delivered + CAMD_QUEUE_DEPTH ==
            count) { /* it still lives: it has frames to queue, or waits */
            last_cpu_ns = process_cpu_ns(fake.pid);
            result.kb = private_kb(fake.pid);
        }
        fake_camd_release(&fake, &frame);
    }
    require(count == 0 || last_cpu_ns > 0, "camd-capture ended early");
    result.used_us = (double)(last_cpu_ns - warm_cpu_ns) / 1e3;
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
    struct wish wish = {.fps = 240};
    struct slots slots;
    if (argc != 3 && argc != 6) {
        fprintf(stderr, "usage: bench-capture CAMD-CAPTURE CLIP [WIDTH HEIGHT FPS]\n");
        return 2;
    }
    if (argc == 6)
        wish = (struct wish){atoi(argv[3]), atoi(argv[4]), atof(argv[5])};
    const char *program = argv[1], *clip = argv[2];
    av_log_set_level(AV_LOG_ERROR);
    const uint64_t delivered =
        run_capture(program, clip, wish, 0).delivered; /* the file is in memory from here on */
    require(delivered > CAMD_QUEUE_DEPTH + WARM + 1, "camd-capture handed too few frames on");
    const struct capture_result capture = run_capture(program, clip, wish, delivered);
    slots_make(&slots, capture.width, capture.height);
    struct decoding alone = {.warm = WARM};
    const double decode_us = run_decode(clip, &alone);
    struct decoding least = {.slots = &slots, .wanted = delivered, .among = alone.frames};
    least.warm = WARM * alone.frames / delivered;
    const double least_us = run_decode(clip, &least);
    /* of a frame of the clip: between the two looks at camd-capture's CPU time lie so many */
    const double passed = (double)alone.frames * (double)(capture.delivered - WARM) / (double)delivered;
    printf(
        "{\"frames\": %llu, \"delivered\": %llu, \"decode_us\": %.2f, \"least_us\": %.2f, \"capture_us\": %.2f, "
        "\"first_frame_ms\": %.2f, \"private_mb\": %.2f, ",
        (unsigned long long)alone.frames, (unsigned long long)delivered, decode_us, least_us,
        capture.used_us / passed, capture.first_frame_ms, (double)capture.kb / 1024);
    print_sums(&capture);
    slots_free(&slots);
    return 0;
}
