/*
 * camd-capture as a process, on files and test patterns: every picture compared with ffmpeg's own decode.
 *
 *   test_capture CAMD-CAPTURE [PATTERN]    PATTERN: only tests whose names match, with * and ?
 *
 * CAMD_DATA names the directory of vtest.avi; what needs it is skipped without it.
 */
#include "clips.h"

#include <stdlib.h>

/* ---- byte for byte ---- */

static void test_every_frame_of_the_clip_equals_ffmpegs(void **state)
{
    (void)state;
    char path[CLIP_PATH_BYTES];
    vtest_or_skip(path);
    assert_int_equal(compare_file(path), 795);
}

static void test_stream_is_described(void **state)
{
    (void)state;
    char path[CLIP_PATH_BYTES];
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
    char path[CLIP_PATH_BYTES];
    make_clip(
        path, "b-frames.mp4",
        "-f lavfi -i testsrc2=size=640x360:rate=30:duration=4 -c:v libx264 -preset fast -bf 3 -pix_fmt yuv420p");
    assert_int_equal(compare_file(path), 120);
}

static void test_every_frame_of_1080p_equals_ffmpegs(void **state)
{
    (void)state;
    char path[CLIP_PATH_BYTES];
    make_clip(
        path, "1080p.mkv",
        "-f lavfi -i testsrc2=size=1920x1080:rate=25:duration=1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p");
    assert_int_equal(compare_file(path), 25);
}

static void test_full_range_becomes_limited_range_as_ffmpegs(void **state)
{
    (void)state;
    char path[CLIP_PATH_BYTES];
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
    snprintf(options, sizeof(options), "-vf %s", filter);
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
    for (size_t i = 0; i < sizeof(clips) / sizeof(clips[0]); i++) {
        char path[CLIP_PATH_BYTES], name[64], options[1024], filter[256];
        snprintf(name, sizeof(name), "marked-%s-%s-%s.mp4", clips[i].matrix, clips[i].range, clips[i].format);
        snprintf(options, sizeof(options), MARKED, clips[i].matrix, clips[i].range, clips[i].format,
                 clips[i].marked, clips[i].marked_range);
        make_clip(path, name, options);
        snprintf(filter, sizeof(filter),
                 "zscale=matrixin=%s:rangein=%s:matrix=170m:range=limited,format=yuv420p", clips[i].matrix,
                 clips[i].range);
        compare_colours(path, filter, 1.0);
    }
}

static void test_colours_that_are_said_count_over_what_is_marked(void **state)
{
    (void)state;
    char path[CLIP_PATH_BYTES];
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
    for (size_t i = 0; i < sizeof(degrees) / sizeof(degrees[0]); i++) {
        char path[CLIP_PATH_BYTES], name[32], options[1024];
        struct fake_camd fake;
        snprintf(name, sizeof(name), "turned-%s.mp4", degrees[i]);
        snprintf(options, sizeof(options), "-i '%s' -c copy -metadata:s:v rotate=%s", flat, degrees[i]);
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
    char path[CLIP_PATH_BYTES];
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
    char path[CLIP_PATH_BYTES];
    make_clip(path, "chroma-422.mkv",
              "-f lavfi -i testsrc2=size=320x240:rate=10:duration=2 -c:v ffv1 -pix_fmt yuv422p");
    assert_int_equal(compare_file(path), 20);
}

static void test_transport_stream_equals_ffmpegs(void **state)
{
    (void)state;
    char path[CLIP_PATH_BYTES];
    make_clip(
        path, "stream.ts",
        "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -c:v libx264 -preset ultrafast -g 10 -pix_fmt yuv420p");
    assert_int_equal(compare_file(path), 50);
}

static void test_raw_h264_without_time_stamps_equals_ffmpegs(void **state)
{
    (void)state;
    char path[CLIP_PATH_BYTES];
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

    snprintf(input, sizeof(input), "lavfi:%s", graph);
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
    char path[CLIP_PATH_BYTES];
    struct fake_camd fake;

    make_clip(
        path, "b-frames.mp4",
        "-f lavfi -i testsrc2=size=640x360:rate=30:duration=4 -c:v libx264 -preset fast -bf 3 -pix_fmt yuv420p");
    fake_camd_init(&fake);
    fake_camd_start(&fake, clips_program,
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
    };
    if (argc < 2) {
        fprintf(stderr, "usage: %s CAMD-CAPTURE [PATTERN]\n", argv[0]);
        return EXIT_FAILURE;
    }
    clips_program = argv[1];
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    return cmocka_run_group_tests(tests, clips_make_directory, clips_remove_directory);
}
