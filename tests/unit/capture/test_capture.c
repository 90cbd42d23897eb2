/*
 * camd-capture as a process, on files and test patterns: every picture compared with ffmpeg's own decode.
 *
 *   test_capture CAMD-CAPTURE [PATTERN]    PATTERN: only tests whose names match, with * and ?
 *
 * CAMD_DATA names the directory of vtest.avi; what needs it is skipped without it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_camd.h"

static const char *program;
static char directory[] = "/tmp/camd-test-capture.XXXXXX";

/* ---- clips and their reference decode ---- */

static void clip_path(char path[512], const char *name)
{
    snprintf(path, 512, "%s/%s", directory, name);
}

static void run_ffmpeg(const char *arguments, const char *path)
{
    char command[2048];
    snprintf(command, sizeof command, "ffmpeg -nostdin -v error -y %s '%s'", arguments, path);
    if (system(command) != 0) {
        fprintf(stderr, "failed: %s\n", command);
        fail();
    }
}

/* A clip made by ffmpeg with these arguments, once. */
static void make_clip(char path[512], const char *name, const char *arguments)
{
    clip_path(path, name);
    if (access(path, R_OK) != 0)
        run_ffmpeg(arguments, path);
}

static void vtest_or_skip(char path[512])
{
    const char *data = getenv("CAMD_DATA");
    snprintf(path, 512, "%s/vtest.avi", data ? data : CAMD_DATA_DEFAULT);
    if (access(path, R_OK) != 0) {
        print_message("no vtest.avi (CAMD_DATA names its directory)\n");
        skip();
    }
}

static FILE *reference_open(const char *input, const char *options)
{
    char command[2048];
    snprintf(command, sizeof command,
             "ffmpeg -nostdin -v quiet %s '%s' -fps_mode passthrough %s -f rawvideo -pix_fmt yuv420p -",
             strncmp(input, "testsrc", 7) == 0 ? "-f lavfi -i" : "-i", input, options);
    FILE *reference = popen(command, "r");
    assert_non_null(reference);
    return reference;
}

/* ---- a camera ---- */

static void start(struct fake_camd *fake, json_t *config)
{
    fake_camd_init(fake);
    fake_camd_start(fake, program, config);
}

static json_t *unpaced(const char *input)
{
    return json_pack("{s:s, s:f, s:b}", "input", input, "fps", 240.0, "pace", 0);
}

static void answer_stream(struct fake_camd *fake)
{
    json_t *stream = fake_camd_expect(fake, "stream");
    fake_camd_give_frames(fake, (uint32_t)json_integer_value(json_object_get(stream, "width")),
                          (uint32_t)json_integer_value(json_object_get(stream, "height")), 1);
    json_decref(stream);
}

/* Takes frames until the worker ends, and compares each with the reference; returns how many. */
static uint64_t compare_all(struct fake_camd *fake, FILE *reference)
{
    struct camd_frame frame;
    int64_t last_stream_ns = -1;
    uint64_t count = 0;
    uint8_t *expected = malloc(fake->segments.frame_bytes);

    assert_non_null(expected);
    while (fake_camd_take(fake, &frame)) {
        assert_int_equal(frame.frame_id, ++count);
        assert_true(frame.stream_time_ns > last_stream_ns);
        assert_int_equal(frame.flags, 0);
        last_stream_ns = frame.stream_time_ns;
        assert_int_equal(fread(expected, 1, fake->segments.frame_bytes, reference),
                         fake->segments.frame_bytes);
        if (memcmp(frame.pixels, expected, fake->segments.frame_bytes) != 0) {
            print_message("frame %llu differs\n", (unsigned long long)count);
            fail();
        }
        assert_true(fake_camd_release(fake, &frame));
    }
    assert_int_equal(fread(expected, 1, 1, reference), 0);
    free(expected);
    return count;
}

static void assert_ended_well(struct fake_camd *fake)
{
    int status = fake_camd_wait(fake);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_null(fake->error);
}

/* A whole file against ffmpeg's decode; returns the number of frames. */
static uint64_t compare_file(const char *path)
{
    struct fake_camd fake;
    start(&fake, unpaced(path));
    answer_stream(&fake);
    FILE *reference = reference_open(path, "");
    uint64_t count = compare_all(&fake, reference);
    pclose(reference);
    assert_true(fake.is_ready && fake.has_ended);
    assert_int_equal(fake.segments.capture->frames, count);
    assert_int_equal(fake.segments.capture->decoded, count);
    assert_int_equal(fake.segments.capture->skipped, 0);
    assert_int_equal(fake.segments.capture->damaged, 0);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
    return count;
}

/* ---- byte for byte ---- */

static void test_every_frame_of_the_clip_equals_ffmpegs(void **state)
{
    (void)state;
    char path[512];
    vtest_or_skip(path);
    assert_int_equal(compare_file(path), 795);
}

static void test_stream_is_described(void **state)
{
    (void)state;
    char path[512];
    struct fake_camd fake;

    make_clip(path, "full-range.avi",
              "-f lavfi -i testsrc2=size=320x240:rate=10:duration=2 -c:v mjpeg -pix_fmt yuvj420p -q:v 3");
    start(&fake, unpaced(path));
    json_t *stream = fake_camd_expect(&fake, "stream");
    assert_string_equal(json_string_value(json_object_get(stream, "codec")), "mjpeg");
    assert_string_equal(json_string_value(json_object_get(stream, "pixel_format")), "yuvj420p");
    assert_int_equal(json_integer_value(json_object_get(stream, "width")), 320);
    assert_int_equal(json_integer_value(json_object_get(stream, "height")), 240);
    assert_int_equal((int)(json_number_value(json_object_get(stream, "fps")) * 1000), 10000);
    json_decref(stream);
    fake_camd_fini(&fake);
}

static void test_every_frame_with_b_frames_equals_ffmpegs(void **state)
{
    (void)state;
    char path[512];
    make_clip(
        path, "b-frames.mp4",
        "-f lavfi -i testsrc2=size=640x360:rate=30:duration=4 -c:v libx264 -preset fast -bf 3 -pix_fmt yuv420p");
    assert_int_equal(compare_file(path), 120);
}

static void test_every_frame_of_1080p_equals_ffmpegs(void **state)
{
    (void)state;
    char path[512];
    make_clip(
        path, "1080p.mkv",
        "-f lavfi -i testsrc2=size=1920x1080:rate=25:duration=1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p");
    assert_int_equal(compare_file(path), 25);
}

static void test_full_range_becomes_limited_range_as_ffmpegs(void **state)
{
    (void)state;
    char path[512];
    make_clip(path, "full-range.avi",
              "-f lavfi -i testsrc2=size=320x240:rate=10:duration=2 -c:v mjpeg -pix_fmt yuvj420p -q:v 3");
    assert_int_equal(compare_file(path), 20);
}

/* Its colours are marked; mean_most: how far luma and chroma may be from the reference's, in steps, on the average. */
static void compare_colours(const char *path, const char *filter, double mean_most)
{
    struct fake_camd fake;
    struct camd_frame frame;
    uint64_t count = 0;
    double sum = 0;
    char options[512];

    snprintf(options, sizeof options, "-vf %s", filter);
    start(&fake, unpaced(path));
    answer_stream(&fake);
    FILE *reference = reference_open(path, options);
    uint8_t *expected = malloc(fake.segments.frame_bytes);
    assert_non_null(expected);
    while (fake_camd_take(&fake, &frame)) {
        assert_int_equal(fread(expected, 1, fake.segments.frame_bytes, reference), fake.segments.frame_bytes);
        for (size_t i = 0; i < fake.segments.frame_bytes; i++)
            sum += abs(frame.pixels[i] - expected[i]);
        assert_true(fake_camd_release(&fake, &frame));
        count++;
    }
    pclose(reference);
    free(expected);
    assert_int_equal(count, 10);
    double mean = sum / (double)count / (double)fake.segments.frame_bytes;
    if (mean > mean_most)
        fail_msg("%s: %.3f steps off on the average, expected at most %.3f", path, mean, mean_most);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

#define MARKED                                                                                                                                       \
    "-f lavfi -i testsrc2=size=320x240:rate=10:duration=1 -vf zscale=matrixin=170m:rangein=limited:matrix=%s:range=%s,format=%s -c:v libx264 -qp 4 " \
    "-preset ultrafast -colorspace %s -color_primaries bt709 -color_trc bt709 -color_range %s"

/* zscale gives the reference: ffmpeg's own scaler takes a detour by eight bits of red, green and blue. */
static void test_marked_colours_become_bt601_as_zscales(void **state)
{
    (void)state;
    static const struct {
        const char *matrix, *range, *format, *marked, *marked_range;
    } clips[] = {{"709", "limited", "yuv420p", "bt709", "tv"},
                 {"709", "full", "yuvj420p", "bt709", "pc"},
                 {"709", "limited", "yuv422p", "bt709", "tv"},
                 {"709", "limited", "yuv420p10le", "bt709", "tv"},
                 {"2020_ncl", "limited", "yuv420p", "bt2020nc", "tv"}};
    for (size_t i = 0; i < sizeof clips / sizeof clips[0]; i++) {
        char path[512], name[64], options[1024], filter[256];
        snprintf(name, sizeof name, "marked-%s-%s-%s.mp4", clips[i].matrix, clips[i].range, clips[i].format);
        snprintf(options, sizeof options, MARKED, clips[i].matrix, clips[i].range, clips[i].format,
                 clips[i].marked, clips[i].marked_range);
        make_clip(path, name, options);
        snprintf(filter, sizeof filter,
                 "zscale=matrixin=%s:rangein=%s:matrix=170m:range=limited,format=yuv420p", clips[i].matrix,
                 clips[i].range);
        compare_colours(path, filter, 1.0);
    }
}

static void test_colours_that_are_said_count_over_what_is_marked(void **state)
{
    (void)state;
    char path[512];
    struct fake_camd fake;
    make_clip(
        path, "marked.mp4",
        "-f lavfi -i testsrc2=size=320x240:rate=10:duration=2 -c:v libx264 -preset ultrafast -colorspace bt709 -color_range pc");
    start(&fake, json_pack("{s:s, s:f, s:b, s:s}", "input", path, "fps", 240.0, "pace", 0, "colours",
                           "bt601-limited"));
    answer_stream(&fake);
    FILE *reference = reference_open(path, "-vf setparams=colorspace=bt470bg:range=tv");
    assert_int_equal(compare_all(&fake, reference), 20);
    pclose(reference);
    fake_camd_fini(&fake);
}

/* As ffmpeg puts them upright; odd rows and columns go before that. */
static void test_pictures_on_their_side_are_put_upright_as_ffmpegs(void **state)
{
    (void)state;
    static const char *const degrees[] = {"90", "180", "270"};
    char flat[512];
    make_clip(flat, "flat.mp4",
              "-f lavfi -i testsrc2=size=320x240:rate=10:duration=2 -c:v libx264 -preset ultrafast");
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++) {
        char path[512], name[32], options[1024];
        struct fake_camd fake;
        snprintf(name, sizeof name, "turned-%s.mp4", degrees[i]);
        snprintf(options, sizeof options, "-i '%s' -c copy -metadata:s:v rotate=%s", flat, degrees[i]);
        make_clip(path, name, options);
        start(&fake, unpaced(path));
        json_t *stream = fake_camd_expect(&fake, "stream");
        assert_int_equal(json_integer_value(json_object_get(stream, "width")), i == 1 ? 320 : 240);
        assert_int_equal(json_integer_value(json_object_get(stream, "rotation")), 360 - atoi(degrees[i]));
        fake_camd_give_frames(&fake, i == 1 ? 320 : 240, i == 1 ? 240 : 320, 1);
        json_decref(stream);
        FILE *reference = reference_open(path, "");
        assert_int_equal(compare_all(&fake, reference), 20);
        pclose(reference);
        fake_camd_fini(&fake);
    }
}

static void test_shape_of_pixels_is_told(void **state)
{
    (void)state;
    char path[512];
    struct fake_camd fake;
    make_clip(
        path, "broad.mp4",
        "-f lavfi -i testsrc2=size=352x288:rate=10:duration=1 -vf setsar=12/11 -c:v libx264 -preset ultrafast");
    start(&fake, unpaced(path));
    json_t *stream = fake_camd_expect(&fake, "stream");
    assert_string_equal(json_string_value(json_object_get(stream, "sample_aspect_ratio")), "12:11");
    assert_string_equal(json_string_value(json_object_get(stream, "colours")), "");
    assert_int_equal(json_integer_value(json_object_get(stream, "rotation")), 0);
    json_decref(stream);
    fake_camd_fini(&fake);
}

static void test_other_chroma_becomes_420_as_ffmpegs(void **state)
{
    (void)state;
    char path[512];
    make_clip(path, "chroma-422.mkv",
              "-f lavfi -i testsrc2=size=320x240:rate=10:duration=2 -c:v ffv1 -pix_fmt yuv422p");
    assert_int_equal(compare_file(path), 20);
}

static void test_transport_stream_equals_ffmpegs(void **state)
{
    (void)state;
    char path[512];
    make_clip(
        path, "stream.ts",
        "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -c:v libx264 -preset ultrafast -g 10 -pix_fmt yuv420p");
    assert_int_equal(compare_file(path), 50);
}

static void test_raw_h264_without_time_stamps_equals_ffmpegs(void **state)
{
    (void)state;
    char path[512];
    make_clip(
        path, "raw.h264",
        "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -c:v libx264 -preset fast -bf 2 -pix_fmt yuv420p");
    assert_int_equal(compare_file(path), 50);
}

static void test_pattern_equals_ffmpegs(void **state)
{
    (void)state;
    const char *graph = "testsrc=size=640x480:rate=10:duration=3";
    char input[128];
    struct fake_camd fake;

    snprintf(input, sizeof input, "lavfi:%s", graph);
    start(&fake, unpaced(input));
    answer_stream(&fake);
    FILE *reference = reference_open(graph, "");
    assert_int_equal(compare_all(&fake, reference), 30);
    pclose(reference);
    assert_true(fake.has_ended);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

static void test_configured_size_is_scaled_as_ffmpegs(void **state)
{
    (void)state;
    char path[512];
    struct fake_camd fake;

    make_clip(
        path, "b-frames.mp4",
        "-f lavfi -i testsrc2=size=640x360:rate=30:duration=4 -c:v libx264 -preset fast -bf 3 -pix_fmt yuv420p");
    fake_camd_init(&fake);
    fake_camd_start(&fake, program,
                    json_pack("{s:s, s:i, s:i, s:f, s:b}", "input", path, "width", 320, "height", 180, "fps",
                              60.0, "pace", 0));
    fake_camd_give_frames(&fake, 320, 180, 1); /* at once, as camd does when the size is configured */
    FILE *reference = reference_open(path, "-vf scale=320:180");
    assert_int_equal(compare_all(&fake, reference), 120);
    pclose(reference);
    assert_int_equal(fake.streams, 1);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

/* ---- sizes ---- */

static void test_odd_size_leaves_out_the_last_column_and_row(void **state)
{
    (void)state;
    char path[512];
    struct fake_camd fake;

    make_clip(path, "odd.mkv",
              "-f lavfi -i testsrc2=size=321x241:rate=10:duration=1 -c:v ffv1 -pix_fmt yuv420p");
    start(&fake, unpaced(path));
    answer_stream(&fake);
    assert_int_equal(fake.segments.width, 320);
    assert_int_equal(fake.segments.height, 240);
    FILE *reference = reference_open(path, "-vf crop=320:240:0:0:exact=1");
    assert_int_equal(compare_all(&fake, reference), 10);
    pclose(reference);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

static void make_size_change(char path[512])
{
    char first[512], second[512], command[2048];
    make_clip(
        first, "size-1.h264",
        "-f lavfi -i testsrc2=size=320x240:rate=10:duration=1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p");
    make_clip(
        second, "size-2.h264",
        "-f lavfi -i testsrc2=size=480x270:rate=10:duration=1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p");
    clip_path(path, "size-change.h264");
    snprintf(command, sizeof command, "cat '%s' '%s' > '%s'", first, second, path);
    assert_int_equal(system(command), 0);
}

static void take_frames(struct fake_camd *fake, unsigned int count, uint64_t first_id)
{
    for (unsigned int i = 0; i < count; i++) {
        struct camd_frame frame;
        assert_true(fake_camd_take(fake, &frame));
        assert_int_equal(frame.frame_id, first_id + i);
        assert_true(fake_camd_release(fake, &frame));
    }
}

static void test_size_change_asks_for_new_segments(void **state)
{
    (void)state;
    char path[512];
    struct fake_camd fake;
    struct camd_frame frame;

    make_size_change(path);
    start(&fake, unpaced(path));
    answer_stream(&fake);
    take_frames(&fake, 10, 1);
    json_t *stream = fake_camd_expect(&fake, "stream");
    assert_int_equal(json_integer_value(json_object_get(stream, "width")), 480);
    assert_int_equal(json_integer_value(json_object_get(stream, "height")), 270);
    json_decref(stream);
    assert_int_equal(fake.segments.capture->frames, 10); /* nothing more in the old ones */
    fake_camd_give_frames(&fake, 480, 270, 11);
    assert_true(fake_camd_take(&fake, &frame));
    assert_int_equal(frame.frame_id, 11);
    assert_true(frame.flags & CAMD_FRAME_SIZE_CHANGED);
    assert_true(fake_camd_release(&fake, &frame));
    take_frames(&fake, 9, 12);
    assert_false(fake_camd_take(&fake, &frame));
    assert_true(fake.has_ended);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

static void test_size_change_is_scaled_when_a_size_is_configured(void **state)
{
    (void)state;
    char path[512];
    struct fake_camd fake;
    struct camd_frame frame;

    make_size_change(path);
    start(&fake, json_pack("{s:s, s:i, s:i, s:f, s:b}", "input", path, "width", 320, "height", 240, "fps",
                           60.0, "pace", 0));
    fake_camd_give_frames(&fake, 320, 240, 1);
    take_frames(&fake, 10, 1);
    assert_true(fake_camd_take(&fake, &frame));
    assert_true(frame.flags & CAMD_FRAME_SIZE_CHANGED);
    assert_true(fake_camd_release(&fake, &frame));
    take_frames(&fake, 9, 12);
    assert_false(fake_camd_take(&fake, &frame));
    assert_int_equal(fake.streams, 2); /* camd is told, for status */
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

static void test_size_out_of_range_is_refused(void **state)
{
    (void)state;
    char path[512];
    struct fake_camd fake;

    make_clip(path, "tiny.avi",
              "-f lavfi -i testsrc2=size=8x8:rate=10:duration=1 -c:v ffv1 -pix_fmt yuv420p");
    start(&fake, unpaced(path));
    json_t *error = fake_camd_expect(&fake, "error");
    assert_string_equal(json_string_value(json_object_get(error, "class")), "format");
    assert_non_null(strstr(json_string_value(json_object_get(error, "text")), "8 x 8"));
    json_decref(error);
    assert_int_equal(WEXITSTATUS(fake_camd_wait(&fake)), 1);
    fake_camd_fini(&fake);
}

/* ---- pace, loop, stop, restart ---- */

static void test_fps_chooses_by_stream_time(void **state)
{
    (void)state;
    char path[512];
    struct fake_camd fake;
    struct camd_frame frame;
    uint64_t count = 0;

    make_clip(
        path, "stream.ts",
        "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -c:v libx264 -preset ultrafast -g 10 -pix_fmt yuv420p");
    start(&fake, json_pack("{s:s, s:f, s:b}", "input", path, "fps", 5.0, "pace", 0));
    answer_stream(&fake);
    for (; fake_camd_take(&fake, &frame); count++) {
        assert_int_equal(frame.stream_time_ns, (int64_t)count * 200000000);
        assert_true(fake_camd_release(&fake, &frame));
    }
    assert_int_equal(count, 10);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

/* Every sixth of 30 a second, and how many were decoded for it. */
static uint64_t compare_sixths(const char *path, uint64_t frames)
{
    struct fake_camd fake;
    start(&fake, json_pack("{s:s, s:f, s:b}", "input", path, "fps", 5.0, "pace", 0));
    answer_stream(&fake);
    FILE *reference = reference_open(path, "-vf 'select=not(mod(n\\,6))'");
    assert_int_equal(compare_all(&fake, reference), (frames + 5) / 6);
    pclose(reference);
    uint64_t decoded = fake.segments.capture->decoded;
    assert_int_equal(fake.segments.capture->packets, frames);
    assert_int_equal(fake.segments.capture->damaged, 0);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
    return decoded;
}

static void test_what_nobody_looks_at_is_not_decoded_and_the_rest_stays_the_same(void **state)
{
    (void)state;
    char path[512];

    make_clip(
        path, "b-frames.mp4",
        "-f lavfi -i testsrc2=size=640x360:rate=30:duration=4 -c:v libx264 -preset fast -bf 3 -pix_fmt yuv420p");
    assert_true(compare_sixths(path, 120) < 100);
    make_clip(path, "b-frames.avi", /* MPEG-4 part 2 in a container that has decoding times only */
              "-f lavfi -i testsrc2=size=320x240:rate=30:duration=4 -c:v mpeg4 -bf 2 -pix_fmt yuv420p");
    compare_sixths(path, 120);
    make_clip(path, "b-frames.ts",
              "-f lavfi -i testsrc2=size=320x240:rate=30:duration=4 -c:v mpeg2video -bf 2 -pix_fmt yuv420p");
    assert_true(compare_sixths(path, 120) < 100);
    make_clip(
        path, "p-frames.mp4",
        "-f lavfi -i testsrc2=size=320x240:rate=30:duration=4 -c:v libx264 -preset ultrafast -bf 0 -pix_fmt yuv420p");
    assert_int_equal(compare_sixths(path, 120), 120); /* every one is needed for the next */
    make_clip(path, "intra.avi",
              "-f lavfi -i testsrc2=size=320x240:rate=30:duration=4 -c:v mjpeg -pix_fmt yuvj420p -q:v 3");
    assert_true(compare_sixths(path, 120) < 45); /* a sixth, and those near to it */
}

static void test_paced_file_arrives_in_real_time(void **state)
{
    (void)state;
    struct fake_camd fake;
    struct camd_frame frame;
    int64_t first_ns = 0;

    start(&fake,
          json_pack("{s:s, s:f}", "input", "lavfi:testsrc2=size=64x48:rate=20:duration=1", "fps", 20.0));
    answer_stream(&fake);
    for (int count = 0; fake_camd_take(&fake, &frame); count++) {
        if (count == 0)
            first_ns = frame.arrival_ns - frame.stream_time_ns;
        /* Never before its time; how long after it depends on what else the machine does. */
        assert_true(frame.arrival_ns - frame.stream_time_ns >= first_ns - 1000000);
        assert_true(fake_camd_release(&fake, &frame));
    }
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

static void test_loop_goes_on_with_stream_time(void **state)
{
    (void)state;
    char path[512];
    struct fake_camd fake;

    make_clip(
        path, "b-frames.mp4",
        "-f lavfi -i testsrc2=size=640x360:rate=30:duration=4 -c:v libx264 -preset fast -bf 3 -pix_fmt yuv420p");
    start(&fake, json_pack("{s:s, s:f, s:b, s:b}", "input", path, "fps", 240.0, "pace", 0, "loop", 1));
    answer_stream(&fake);
    for (uint64_t count = 0; count < 400; count++) {
        struct camd_frame frame;
        assert_true(fake_camd_take(&fake, &frame));
        int64_t expected_ns = (int64_t)count * 1000000000 / 30;
        assert_true(llabs(frame.stream_time_ns - expected_ns) < 1000000);
        assert_int_equal(frame.flags, 0);
        assert_true(fake_camd_release(&fake, &frame));
    }
    assert_int_equal(fake.segments.capture->reopened, 3);
    fake_camd_send(&fake, json_pack("{s:s}", "type", "stop"));
    assert_ended_well(&fake);
    assert_false(fake.has_ended);
    fake_camd_fini(&fake);
}

/* Each of them while the worker sleeps until the next frame is due, in an hour. */
static void stop_while_it_waits(struct fake_camd *fake)
{
    start(fake, json_pack("{s:s}", "input", "lavfi:testsrc2=size=64x48:rate=1/9"));
    answer_stream(fake);
    take_frames(fake, 1, 1);
}

static void test_stop_ends_it(void **state)
{
    (void)state;
    struct fake_camd fake;
    stop_while_it_waits(&fake);
    fake_camd_send(&fake, json_pack("{s:s}", "type", "stop"));
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

static void test_sigterm_ends_it(void **state)
{
    (void)state;
    struct fake_camd fake;
    stop_while_it_waits(&fake);
    kill(fake.pid, SIGTERM);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

static void test_end_of_the_channel_ends_it(void **state)
{
    (void)state;
    struct fake_camd fake;
    stop_while_it_waits(&fake);
    close(fake.channel);
    fake.channel = -1;
    assert_true(WIFEXITED(fake_camd_wait(&fake)));
    fake_camd_fini(&fake);
}

static void test_stop_ends_it_while_it_waits_for_segments(void **state)
{
    (void)state;
    struct fake_camd fake;
    start(&fake, json_pack("{s:s}", "input", "lavfi:testsrc2=size=64x48"));
    json_decref(fake_camd_expect(&fake, "stream"));
    fake_camd_send(&fake, json_pack("{s:s}", "type", "stop"));
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

static void test_stop_ends_it_while_it_waits_for_the_tracker(void **state)
{
    (void)state;
    struct fake_camd fake;
    start(&fake, unpaced("lavfi:testsrc2=size=64x48"));
    answer_stream(&fake);
    json_decref(fake_camd_expect(&fake, "ready")); /* and then nobody takes what is queued */
    for (uint32_t seen = camd_frame_published(&fake.segments); seen < CAMD_QUEUE_DEPTH;
         seen = camd_frame_published(&fake.segments))
        camd_frame_wait(&fake.segments, seen, 1000000000);
    const uint64_t *frames = &fake.segments.capture->frames;
    for (int waits = 0; waits < 10000 && __atomic_load_n(frames, __ATOMIC_RELAXED) < CAMD_QUEUE_DEPTH;
         waits++)
        poll(NULL, 0, 1);
    fake_camd_send(&fake, json_pack("{s:s}", "type", "stop"));
    assert_ended_well(&fake);
    assert_int_equal(fake.segments.capture->frames, CAMD_QUEUE_DEPTH);
    fake_camd_fini(&fake);
}

static void test_killed_and_started_again_ids_go_on(void **state)
{
    (void)state;
    struct fake_camd fake;
    struct camd_frame frame;

    start(&fake, unpaced("lavfi:testsrc2=size=640x480:rate=30"));
    answer_stream(&fake);
    take_frames(&fake, 20, 1);
    kill(fake.pid, SIGKILL);
    fake_camd_wait(&fake);
    uint64_t next = fake.segments.capture->next_frame_id;

    fake_camd_start(&fake, program, unpaced("lavfi:testsrc2=size=640x480:rate=30"));
    json_decref(fake_camd_expect(&fake, "stream"));
    fake_camd_send_frames(&fake, 1);
    do { /* what the dead one had queued comes first */
        assert_true(fake_camd_take(&fake, &frame));
        assert_true(fake_camd_release(&fake, &frame));
    } while (frame.frame_id < next);
    assert_int_equal(frame.frame_id, next);
    assert_int_equal(frame.epoch, 2);
    assert_true(frame.flags & CAMD_FRAME_GAP);
    assert_int_equal(frame.stream_time_ns, 0);
    fake_camd_fini(&fake);
}

static void test_config_changes_fps_while_it_runs(void **state)
{
    (void)state;
    struct fake_camd fake;
    struct camd_frame frame;
    int64_t last_ns = -1, step_ns = 0;

    start(&fake,
          json_pack("{s:s, s:f, s:b}", "input", "lavfi:testsrc2=size=64x48:rate=20", "fps", 20.0, "pace", 0));
    answer_stream(&fake);
    take_frames(&fake, 5, 1);
    fake_camd_send(&fake, json_pack("{s:s, s:{s:s, s:f, s:b}}", "type", "config", "config", "input",
                                    "lavfi:testsrc2", "fps", 2.0, "pace", 0));
    while (step_ns != 500000000) {
        assert_true(fake_camd_take(&fake, &frame));
        step_ns = last_ns < 0 ? 0 : frame.stream_time_ns - last_ns;
        last_ns = frame.stream_time_ns;
        assert_true(fake_camd_release(&fake, &frame));
    }
    fake_camd_fini(&fake);
}

/* ---- damage ---- */

static void test_damaged_packets_are_counted_and_passed_over(void **state)
{
    (void)state;
    char path[512], good[512], command[2048];
    struct fake_camd fake;
    struct camd_frame frame;
    bool gap = false;
    unsigned int count = 0;

    make_clip(good, "mjpeg.mkv", "-f lavfi -i testsrc2=size=320x240:rate=10:duration=5 -c:v mjpeg -q:v 3");
    clip_path(path, "damaged.mkv");
    /* Every packet's start is overwritten for some of them. */
    snprintf(
        command, sizeof command,
        "ffmpeg -nostdin -v error -y -i '%s' -c copy -bsf:v noise=amount='eq(n\\,7)+eq(n\\,8)':drop=0 '%s'",
        good, path);
    if (system(command) != 0) {
        fail_msg("failed: %s", command);
    }
    start(&fake, unpaced(path));
    answer_stream(&fake);
    for (; fake_camd_take(&fake, &frame); count++) {
        gap = gap || (frame.flags & (CAMD_FRAME_GAP | CAMD_FRAME_DAMAGED));
        assert_true(fake_camd_release(&fake, &frame));
    }
    assert_true(count >= 48 && count <= 50);
    assert_true(gap);
    assert_true(fake.segments.capture->damaged > 0);
    assert_true(fake.has_ended);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

static void test_packets_that_the_demuxer_calls_damaged_are_left_out(void **state)
{
    (void)state;
    char path[512], good[512], command[2048];
    struct fake_camd fake;
    struct camd_frame frame;
    uint32_t flags = 0;

    make_clip(
        good, "stream.ts",
        "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -c:v libx264 -preset ultrafast -g 10 -pix_fmt yuv420p");
    clip_path(path, "holes.ts");
    /* 300 transport packets, 20 missing, the rest */
    snprintf(command, sizeof command, "{ head -c %d '%s'; tail -c +%d '%s'; } > '%s'", 300 * 188, good,
             320 * 188 + 1, good, path);
    assert_int_equal(system(command), 0);
    start(&fake, unpaced(path));
    answer_stream(&fake);
    while (fake_camd_take(&fake, &frame)) {
        flags |= frame.flags;
        assert_true(fake_camd_release(&fake, &frame));
    }
    const struct camd_capture_block *block = fake.segments.capture;
    assert_true(block->damaged > 0);
    assert_true(block->decoded < block->packets);
    assert_true(flags & CAMD_FRAME_GAP);
    assert_int_equal(block->gaps, 1);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

static void test_file_cut_off_in_the_middle_ends_well(void **state)
{
    (void)state;
    char path[512], good[512];
    struct fake_camd fake;
    struct camd_frame frame;
    unsigned int count = 0;

    make_clip(
        good, "stream.ts",
        "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -c:v libx264 -preset ultrafast -g 10 -pix_fmt yuv420p");
    char command[2048];
    clip_path(path, "cut.ts");
    snprintf(command, sizeof command, "head -c 100003 '%s' > '%s'", good, path);
    assert_int_equal(system(command), 0);
    start(&fake, unpaced(path));
    answer_stream(&fake);
    for (; fake_camd_take(&fake, &frame); count++)
        assert_true(fake_camd_release(&fake, &frame));
    assert_true(count > 5 && count < 50);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    return nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_frame_of_the_clip_equals_ffmpegs),
        cmocka_unit_test(test_stream_is_described),
        cmocka_unit_test(test_every_frame_with_b_frames_equals_ffmpegs),
        cmocka_unit_test(test_every_frame_of_1080p_equals_ffmpegs),
        cmocka_unit_test(test_full_range_becomes_limited_range_as_ffmpegs),
        cmocka_unit_test(test_marked_colours_become_bt601_as_zscales),
        cmocka_unit_test(test_colours_that_are_said_count_over_what_is_marked),
        cmocka_unit_test(test_pictures_on_their_side_are_put_upright_as_ffmpegs),
        cmocka_unit_test(test_shape_of_pixels_is_told),
        cmocka_unit_test(test_other_chroma_becomes_420_as_ffmpegs),
        cmocka_unit_test(test_transport_stream_equals_ffmpegs),
        cmocka_unit_test(test_raw_h264_without_time_stamps_equals_ffmpegs),
        cmocka_unit_test(test_pattern_equals_ffmpegs),
        cmocka_unit_test(test_configured_size_is_scaled_as_ffmpegs),
        cmocka_unit_test(test_odd_size_leaves_out_the_last_column_and_row),
        cmocka_unit_test(test_size_change_asks_for_new_segments),
        cmocka_unit_test(test_size_change_is_scaled_when_a_size_is_configured),
        cmocka_unit_test(test_size_out_of_range_is_refused),
        cmocka_unit_test(test_fps_chooses_by_stream_time),
        cmocka_unit_test(test_what_nobody_looks_at_is_not_decoded_and_the_rest_stays_the_same),
        cmocka_unit_test(test_paced_file_arrives_in_real_time),
        cmocka_unit_test(test_loop_goes_on_with_stream_time),
        cmocka_unit_test(test_stop_ends_it),
        cmocka_unit_test(test_sigterm_ends_it),
        cmocka_unit_test(test_end_of_the_channel_ends_it),
        cmocka_unit_test(test_stop_ends_it_while_it_waits_for_segments),
        cmocka_unit_test(test_stop_ends_it_while_it_waits_for_the_tracker),
        cmocka_unit_test(test_killed_and_started_again_ids_go_on),
        cmocka_unit_test(test_config_changes_fps_while_it_runs),
        cmocka_unit_test(test_damaged_packets_are_counted_and_passed_over),
        cmocka_unit_test(test_packets_that_the_demuxer_calls_damaged_are_left_out),
        cmocka_unit_test(test_file_cut_off_in_the_middle_ends_well),
    };
    if (argc < 2) {
        fprintf(stderr, "usage: %s CAMD-CAPTURE [PATTERN]\n", argv[0]);
        return EXIT_FAILURE;
    }
    program = argv[1];
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
