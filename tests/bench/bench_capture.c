/*
 * What a frame of a clip costs camd-capture, beside what can't be saved; several passes, as a line of JSON:
 *
 *   bench-capture CAMD-CAPTURE CLIP PASSES [WIDTH HEIGHT FPS]
 *
 *   decode_us    libavformat and libavcodec alone, one thread, in this process
 *   least_us     the same, and each picture that is wanted goes into a slot: copied, or, where its range or its size is another
 *                one, by libswscale
 *   capture_us   camd-capture without pace; every frame goes into a slot and is taken from it
 *
 * CPU time (user and system) a frame of the clip, also where camd-capture hands on fewer of them (FPS) at another
 * size; a list with a number a pass. The first frames are left out everywhere: they pay for the start and for memory
 * that is touched for the first time. Then how many were handed on, the time from start to first frame and the
 * private memory at the end, both of the last pass, and Adler-32 sums of the first frames and of the slots that the
 * least filled first (begun with 0, as ffmpeg -f framecrc has them).
 *
 * The three go through the clip together, TURNS pieces of it one after the other on one processor, as a machine's
 * speed changes by more within a second than they differ: what slows it down meets all three, and only their ratio in
 * one pass is to be compared. Each pass begins with new memory, whose place matters for the caches.
 */
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
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
#include "measure.h"

enum { SLOTS = 6, WARM = 2 * SLOTS, TURNS = 5, SUMS_MAX = 20, PASSES_MAX = 100 };

static void require(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_capture: %s\n", what);
    exit(EXIT_FAILURE);
}

/* CPU time of a process with one thread, to the nanosecond. */
static int64_t process_cpu_ns(pid_t pid)
{
    char path[64];
    long long run_ns = 0;
    snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
    FILE *file = fopen(path, "r");
    require(file && fscanf(file, "%lld", &run_ns) == 1, "no schedstat: is CONFIG_SCHED_INFO off?");
    fclose(file);
    return run_ns;
}

/* Without the slots, which are camd's. */
static long private_kb(pid_t pid)
{
    char path[64], line[256];
    long kb = -1;
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "Anonymous: %ld", &kb) == 1)
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
        require(slots->pixels[i] != MAP_FAILED, "a slot cannot be mapped");
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
    unsigned long *sums;    /* of the first slots that were filled, SUMS_MAX; NULL: nobody wants them */
    AVFormatContext *format;
    AVCodecContext *context;
    AVPacket *packet;
    AVFrame *frame;
    int index;
    bool is_over;     /* all packets are in the decoder */
    bool has_picture; /* which was not taken yet */
    uint64_t frames;  /* so far */
    int64_t used_ns;  /* since the first ones */
};

static void decoding_open(struct decoding *decoding, const char *clip)
{
    require(avformat_open_input(&decoding->format, clip, NULL, NULL) == 0, "the clip cannot be opened");
    require(avformat_find_stream_info(decoding->format, NULL) >= 0, "the clip has no streams");
    decoding->index = av_find_best_stream(decoding->format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    require(decoding->index >= 0, "the clip has no video");
    const AVCodecParameters *parameters = decoding->format->streams[decoding->index]->codecpar;
    const AVCodec *codec = avcodec_find_decoder(parameters->codec_id);
    decoding->context = avcodec_alloc_context3(codec);
    avcodec_parameters_to_context(decoding->context, parameters);
    decoding->context->thread_count = 1;
    require(avcodec_open2(decoding->context, codec, NULL) == 0, "no decoder");
    decoding->packet = av_packet_alloc();
    decoding->frame = av_frame_alloc();
}

static void decoding_close(struct decoding *decoding)
{
    av_frame_free(&decoding->frame);
    av_packet_free(&decoding->packet);
    avcodec_free_context(&decoding->context);
    avformat_close_input(&decoding->format);
}

static void give_packet(struct decoding *decoding)
{
    AVPacket *packet = decoding->packet;
    decoding->is_over = av_read_frame(decoding->format, packet) < 0;
    if (decoding->is_over || packet->stream_index == decoding->index)
        avcodec_send_packet(decoding->context, decoding->is_over ? NULL : packet);
    av_packet_unref(packet);
}

static bool next_picture(struct decoding *decoding)
{
    while (avcodec_receive_frame(decoding->context, decoding->frame) != 0) {
        if (decoding->is_over)
            return false;
        give_packet(decoding);
    }
    return true;
}

static unsigned long sum_of(const uint8_t *pixels, int width, int height)
{
    return adler32(0, pixels, (unsigned)(width * height * 3 / 2));
}

static void take_picture(struct decoding *decoding)
{
    struct slots *slots = decoding->slots;
    if (slots && decoding->frames * decoding->wanted % decoding->among < decoding->wanted) {
        const uint64_t number = slots->filled;
        slots_fill(slots, decoding->frame);
        if (decoding->sums && number < SUMS_MAX)
            decoding->sums[number] = sum_of(slots->pixels[number % SLOTS], slots->width, slots->height);
    }
    decoding->frames++;
}

/*
 * Takes pictures until there were so many, or to the end; the next one is decoded then, as camd-capture's is when it
 * rests.
 */
static void decode_until(struct decoding *decoding, uint64_t frames)
{
    const int64_t begun_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    if (decoding->frames == 0)
        decoding->has_picture = next_picture(decoding);
    while (decoding->has_picture && decoding->frames < frames) {
        take_picture(decoding);
        decoding->has_picture = next_picture(decoding);
    }
    decoding->used_ns += clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begun_ns;
}

/* The number of its pictures; the file is in memory from here on. */
static uint64_t frames_of(const char *clip)
{
    struct decoding decoding = {0};
    decoding_open(&decoding, clip);
    decode_until(&decoding, UINT64_MAX);
    decoding_close(&decoding);
    return decoding.frames;
}

/* ---- camd-capture ---- */

struct capturing {
    struct fake_camd fake;
    uint64_t delivered;  /* so far */
    int64_t used_ns;     /* since the first ones */
    unsigned long *sums; /* of the first ones, SUMS_MAX; NULL: nobody wants them */
};

static void capture_open(struct capturing *capturing, const char *program, const char *clip, struct wish wish)
{
    struct fake_camd *fake = &capturing->fake;
    json_t *config = json_pack("{s:s, s:f, s:b}", "input", clip, "fps", wish.fps, "pace", 0);
    if (wish.width > 0) {
        json_object_set_new(config, "width", json_integer(wish.width));
        json_object_set_new(config, "height", json_integer(wish.height));
    }
    fake_camd_init(fake);
    fake_camd_start(fake, program, config);
    json_t *stream = fake_camd_expect(fake, "stream");
    const json_int_t width = json_integer_value(json_object_get(stream, "width"));
    const json_int_t height = json_integer_value(json_object_get(stream, "height"));
    fake_camd_give_frames(fake, (uint32_t)(wish.width > 0 ? wish.width : width),
                          (uint32_t)(wish.height > 0 ? wish.height : height), 1);
    json_decref(stream);
}

/* Takes frames until there were so many; false: that was the last one. */
static bool take_until(struct capturing *capturing, uint64_t frames)
{
    struct camd_frame frame;
    while (capturing->delivered < frames) {
        if (!fake_camd_take(&capturing->fake, &frame))
            return false;
        const struct camd_segments *segments = &capturing->fake.segments;
        if (capturing->sums && capturing->delivered < SUMS_MAX)
            capturing->sums[capturing->delivered] =
                sum_of(frame.pixels, (int)segments->width, (int)segments->height);
        capturing->delivered++;
        fake_camd_release(&capturing->fake, &frame);
    }
    return true;
}

static bool sleeps(pid_t pid)
{
    char path[64], state = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    require(file && fscanf(file, "%*d %*s %c", &state) == 1, "camd-capture ended early");
    fclose(file);
    require(state != 'Z', "camd-capture ended early");
    return state == 'S';
}

/* With a full queue it decodes one picture more, for which it then waits for room. */
static void wait_for_rest(const struct capturing *capturing)
{
    const struct timespec moment = {.tv_nsec = 500000};
    while (camd_capture_queue_has_room(&capturing->fake.segments) || !sleeps(capturing->fake.host.pid))
        nanosleep(&moment, NULL);
}

/* Takes frames until there were so many, and waits until it rests: it is as far ahead of them as it was before. */
static void capture_until(struct capturing *capturing, uint64_t frames)
{
    const int64_t before_ns = process_cpu_ns(capturing->fake.host.pid);
    require(take_until(capturing, frames), "camd-capture ended early");
    wait_for_rest(capturing);
    capturing->used_ns += process_cpu_ns(capturing->fake.host.pid) - before_ns;
}

/* ---- all three ---- */

/* What is the same in each pass. */
struct course {
    const char *program, *clip;
    struct wish wish;
    uint64_t frames, delivered;
    int width, height;
    unsigned long sums[SUMS_MAX], least_sums[SUMS_MAX]; /* of camd-capture's first ones, and of the least's */
};

struct pass {
    double decode_us, least_us, capture_us, first_frame_ms, private_mb;
};

/* After the turn of that number so many frames were handed on; turn 0: the first ones, which don't count. */
static uint64_t delivered_after(const struct course *course, unsigned int turn)
{
    return WARM + (course->delivered - WARM - CAMD_QUEUE_DEPTH - 1) * turn / TURNS;
}

/* So many pictures of the clip these are made of. */
static uint64_t frames_after(const struct course *course, unsigned int turn)
{
    return delivered_after(course, turn) * course->frames / course->delivered;
}

static void take_turn(const struct course *course, unsigned int turn, struct decoding *alone,
                      struct decoding *least, struct capturing *capturing)
{
    for (unsigned int i = 0; i < 3; i++) {
        const unsigned int who = (i + turn) % 3;
        if (who == 0)
            decode_until(alone, frames_after(course, turn));
        else if (who == 1)
            decode_until(least, frames_after(course, turn));
        else
            capture_until(capturing, delivered_after(course, turn));
    }
    if (turn == 0)
        alone->used_ns = least->used_ns = capturing->used_ns = 0;
}

static void stay_on(unsigned int processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof(set), &set); /* where it is not ours, the pass is on any */
}

static struct pass run_pass(const struct course *course, unsigned int number)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct decoding alone = {0};
    struct decoding least = {.wanted = course->delivered, .among = course->frames};
    struct capturing capturing = {0};
    struct slots slots;
    stay_on(number % (unsigned int)processors);
    slots_make(&slots, course->width, course->height);
    least.slots = &slots;
    const int64_t begun_ns = now_ns();
    capture_open(&capturing, course->program, course->clip, course->wish);
    require(take_until(&capturing, 1), "camd-capture handed nothing on");
    const int64_t first_ns = now_ns();
    decoding_open(&alone, course->clip);
    decoding_open(&least, course->clip);
    for (unsigned int turn = 0; turn <= TURNS; turn++)
        take_turn(course, turn, &alone, &least, &capturing);
    const double frames = (double)(frames_after(course, TURNS) - frames_after(course, 0));
    const struct pass pass = {
        .decode_us = (double)alone.used_ns / 1e3 / frames,
        .least_us = (double)least.used_ns / 1e3 / frames,
        .capture_us = (double)capturing.used_ns / 1e3 / frames,
        .first_frame_ms = (double)(first_ns - begun_ns) / 1e6,
        .private_mb = (double)private_kb(capturing.fake.host.pid) / 1024,
    };
    fake_camd_fini(&capturing.fake);
    decoding_close(&alone);
    decoding_close(&least);
    slots_free(&slots);
    return pass;
}

static void look_ahead(struct course *course)
{
    struct capturing all = {.sums = course->sums};
    course->frames = frames_of(course->clip);
    capture_open(&all, course->program, course->clip, course->wish);
    take_until(&all, UINT64_MAX);
    course->delivered = all.delivered;
    course->width = (int)all.fake.segments.width;
    course->height = (int)all.fake.segments.height;
    fake_camd_fini(&all.fake);
    require(course->delivered > WARM + CAMD_QUEUE_DEPTH + TURNS, "camd-capture handed too few frames on");
}

/* What the first ones should look like. */
static void sum_up_least(struct course *course)
{
    struct slots slots;
    struct decoding least = {
        .slots = &slots, .wanted = course->delivered, .among = course->frames, .sums = course->least_sums};
    slots_make(&slots, course->width, course->height);
    decoding_open(&least, course->clip);
    decode_until(&least, SUMS_MAX * course->frames / course->delivered + 1);
    decoding_close(&least);
    slots_free(&slots);
}

static void print_list(const char *name, const struct pass *passes, unsigned int count, size_t offset)
{
    printf("\"%s\": [", name);
    for (unsigned int i = 0; i < count; i++)
        printf("%s%.2f", i ? ", " : "", *(const double *)(const void *)((const char *)&passes[i] + offset));
    printf("], ");
}

static void print_sums(const char *name, const unsigned long sums[SUMS_MAX], uint64_t count)
{
    printf("\"%s\": [", name);
    for (uint64_t i = 0; i < SUMS_MAX && i < count; i++)
        printf("%s%lu", i ? ", " : "", sums[i]);
    printf("]");
}

int main(int argc, char **argv)
{
    struct course course = {.wish = {.fps = 240}};
    struct pass passes[PASSES_MAX];
    const int count = argc == 4 || argc == 7 ? atoi(argv[3]) : 0;
    if (count < 1 || count > PASSES_MAX) {
        fprintf(stderr, "usage: bench-capture CAMD-CAPTURE CLIP PASSES [WIDTH HEIGHT FPS]\n");
        return 2;
    }
    if (argc == 7)
        course.wish = (struct wish){atoi(argv[4]), atoi(argv[5]), atof(argv[6])};
    course.program = argv[1];
    course.clip = argv[2];
    av_log_set_level(AV_LOG_ERROR);
    look_ahead(&course);
    sum_up_least(&course);
    for (int i = 0; i < count; i++)
        passes[i] = run_pass(&course, (unsigned int)i);
    printf("{\"frames\": %llu, \"delivered\": %llu, ", (unsigned long long)course.frames,
           (unsigned long long)course.delivered);
    print_list("decode_us", passes, (unsigned int)count, offsetof(struct pass, decode_us));
    print_list("least_us", passes, (unsigned int)count, offsetof(struct pass, least_us));
    print_list("capture_us", passes, (unsigned int)count, offsetof(struct pass, capture_us));
    printf("\"first_frame_ms\": %.2f, \"private_mb\": %.2f, ", passes[count - 1].first_frame_ms,
           passes[count - 1].private_mb);
    print_sums("sums", course.sums, course.delivered);
    printf(", ");
    print_sums("least_sums", course.least_sums, course.delivered);
    printf("}\n");
    return 0;
}
