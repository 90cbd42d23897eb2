/*
 * What a frame costs camd-capture, beside what can't be saved:
 *
 *   bench_capture CAMD-CAPTURE CLIP ...
 *
 *   decode   libavformat and libavcodec alone, one thread, in this process
 *   ffmpeg   ffmpeg -threads 1 -i CLIP -f null -, its start taken off
 *   memcpy   of a frame, into slots in turn, with nothing else going on
 *   copying  decode with a memcpy of a frame after each picture: what one costs where caches are shared
 *   capture  camd-capture without pace, its start taken off; every frame goes into a slot and is taken from
 * it
 *
 * CPU time (user and system) a frame, medians of interleaved rounds. "spare" is what is left of decode + 1.5
 * memcpys. Then the time from start to first frame, and the private memory at the end of the clip.
 */
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
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

#include "base/clock.h"
#include "fake_camd.h"

enum { ROUNDS = 7, SLOTS = 6 };

enum subject { DECODE, FFMPEG, MEMCPY, COPYING, CAPTURE, FIRST_FRAME, SUBJECTS };

static double median(double *values, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && values[j] < values[j - 1]; j--) {
            double value = values[j];
            values[j] = values[j - 1];
            values[j - 1] = value;
        }
    return values[count / 2];
}

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

static double ffmpeg_cpu_us(const char *clip, const char *frames)
{
    char *argv[] = {"ffmpeg", "-nostdin",  "-v",           "quiet", "-threads", "1", "-i", (char *)clip,
                    "-an",    "-frames:v", (char *)frames, "-f",    "null",     "-", NULL};
    struct rusage usage;
    pid_t pid;
    int status;
    require(posix_spawnp(&pid, "ffmpeg", NULL, NULL, argv, environ) == 0, "ffmpeg can't be started");
    require(wait4(pid, &status, 0, &usage) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
            "ffmpeg failed");
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static double run_ffmpeg(const char *clip, uint64_t frames)
{
    return (ffmpeg_cpu_us(clip, "1000000000") - ffmpeg_cpu_us(clip, "1")) / (double)(frames - 1);
}

struct capture_result {
    double frame_us, first_frame_ms;
    long kb;
    size_t frame_bytes;
};

static struct capture_result run_capture(const char *program, const char *clip, uint64_t frames)
{
    struct capture_result result = {0};
    struct fake_camd fake;
    struct camd_frame frame;
    uint64_t count = 0;
    int64_t first_cpu_ns = 0, last_cpu_ns = 0;

    fake_camd_init(&fake);
    int64_t begun_ns = clock_monotonic_ns();
    fake_camd_start(&fake, program, json_pack("{s:s, s:f, s:b}", "input", clip, "fps", 240.0, "pace", 0));
    json_t *stream = fake_camd_expect(&fake, "stream");
    fake_camd_give_frames(&fake, (uint32_t)json_integer_value(json_object_get(stream, "width")),
                          (uint32_t)json_integer_value(json_object_get(stream, "height")), 1);
    json_decref(stream);
    while (count + CAMD_QUEUE_DEPTH < frames && fake_camd_take(&fake, &frame)) {
        if (count++ == 0) {
            result.first_frame_ms = (double)(clock_monotonic_ns() - begun_ns) / 1e6;
            first_cpu_ns = process_cpu_ns(fake.pid);
        }
        if (count + CAMD_QUEUE_DEPTH == frames) { /* it still lives: it has two frames to queue, or waits */
            last_cpu_ns = process_cpu_ns(fake.pid);
            result.kb = private_kb(fake.pid);
        }
        fake_camd_release(&fake, &frame);
    }
    require(last_cpu_ns > 0, "camd-capture ended early");
    result.frame_us = (double)(last_cpu_ns - first_cpu_ns) / 1e3 / (double)(count - 1);
    result.frame_bytes = fake.segments.frame_bytes;
    fake_camd_fini(&fake);
    return result;
}

static void bench_clip(const char *program, const char *clip)
{
    double values[SUBJECTS][ROUNDS];
    struct capture_result capture = {0};
    struct buffers buffers;
    uint64_t frames;

    run_decode(clip, &frames, NULL); /* the file is in memory from here on */
    buffers_make(&buffers, run_capture(program, clip, frames).frame_bytes);
    for (int round = 0; round < ROUNDS; round++) {
        capture = run_capture(program, clip, frames);
        values[CAPTURE][round] = capture.frame_us;
        values[FIRST_FRAME][round] = capture.first_frame_ms;
        values[DECODE][round] = run_decode(clip, &frames, NULL);
        values[MEMCPY][round] = run_memcpy(&buffers);
        values[COPYING][round] = run_decode(clip, &frames, &buffers);
        values[FFMPEG][round] = run_ffmpeg(clip, frames);
    }
    double medians[SUBJECTS];
    for (int i = 0; i < SUBJECTS; i++)
        medians[i] = median(values[i], ROUNDS);
    const char *name = strrchr(clip, '/') ? strrchr(clip, '/') + 1 : clip;
    double spare = medians[DECODE] + 1.5 * (medians[COPYING] - medians[DECODE]) - medians[CAPTURE];
    printf("%-20.20s %6llu %8.0f %8.0f %8.0f %8.0f %8.0f %8.0f %9.1f %8.1f\n", name,
           (unsigned long long)frames, medians[DECODE], medians[FFMPEG], medians[MEMCPY], medians[COPYING],
           medians[CAPTURE], spare, medians[FIRST_FRAME], (double)capture.kb / 1024);
    buffers_free(&buffers);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s CAMD-CAPTURE CLIP ...\n", argv[0]);
        return EXIT_FAILURE;
    }
    printf("%-20s %6s %53s %9s %8s\n", "", "", "CPU microseconds a frame", "first", "private");
    printf("%-20s %6s %8s %8s %8s %8s %8s %8s %9s %8s\n", "clip", "frames", "decode", "ffmpeg", "memcpy",
           "copying", "capture", "spare", "frame ms", "MB");
    for (int i = 2; i < argc; i++)
        bench_clip(argv[1], argv[i]);
    return EXIT_SUCCESS;
}
