/*
 * camd-capture as a process, on files and test patterns: sizes, pace, loop, stop, restart and damage.
 *
 *   test_capture_run CAMD-CAPTURE [PATTERN]    PATTERN: only tests whose names match, with * and ?
 *
 * CAMD_DATA names the directory of vtest.avi; what needs it is skipped without it.
 */
#include "base/clock.h"
#include "clips.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- sizes ---- */

static void test_odd_size_leaves_out_the_last_column_and_row(void **state)
{
    (void)state;
    char path[CLIP_PATH_BYTES];
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

static void make_size_change(char path[CLIP_PATH_BYTES])
{
    char first[512], second[512], command[2048];
    make_clip(
        first, "size-1.h264",
        "-f lavfi -i testsrc2=size=320x240:rate=10:duration=1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p");
    make_clip(
        second, "size-2.h264",
        "-f lavfi -i testsrc2=size=480x270:rate=10:duration=1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p");
    clip_path(path, "size-change.h264");
    snprintf(command, sizeof(command), "cat '%s' '%s' > '%s'", first, second, path);
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
    char path[CLIP_PATH_BYTES];
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
    char path[CLIP_PATH_BYTES];
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
    char path[CLIP_PATH_BYTES];
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
    char path[CLIP_PATH_BYTES];
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
    char path[CLIP_PATH_BYTES];

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
    int64_t first_stream_ns = 0;
    const int64_t began_ns = clock_monotonic_ns();

    start(&fake,
          json_pack("{s:s, s:f}", "input", "lavfi:testsrc2=size=64x48:rate=20:duration=1", "fps", 20.0));
    answer_stream(&fake);
    for (int count = 0; fake_camd_take(&fake, &frame); count++) {
        if (count == 0)
            first_stream_ns = frame.stream_time_ns;
        /* Never before its time; how long after it, the first one too, depends on what else the machine does. */
        assert_true(frame.arrival_ns - began_ns >= frame.stream_time_ns - first_stream_ns);
        assert_true(fake_camd_release(&fake, &frame));
    }
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

static void test_loop_goes_on_with_stream_time(void **state)
{
    (void)state;
    char path[CLIP_PATH_BYTES];
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

/* What goes before the place where the edit list begins was waited for, and left a gap of as much in each pass. */
static void test_pictures_before_the_start_of_an_edit_list_take_no_time(void **state)
{
    (void)state;
    char whole[CLIP_PATH_BYTES], path[CLIP_PATH_BYTES], arguments[CLIP_PATH_BYTES + 64];
    struct fake_camd fake;
    int64_t last_ns = 0;

    make_clip(
        whole, "whole.mp4",
        "-f lavfi -i testsrc2=size=320x240:rate=10:duration=3 -c:v libx264 -g 100 -bf 2 -pix_fmt yuv420p");
    snprintf(arguments, sizeof(arguments), "-ss 1.55 -i '%s' -c copy", whole);
    make_clip(path, "edited.mp4", arguments);
    start(&fake, json_pack("{s:s, s:f, s:b, s:b}", "input", path, "fps", 240.0, "pace", 0, "loop", 1));
    answer_stream(&fake);
    for (uint64_t count = 0; count < 40; count++) {
        struct camd_frame frame;
        assert_true(fake_camd_take(&fake, &frame));
        /* where a pass begins, one of them may be among those that are shown */
        if (count > 0)
            assert_in_range(frame.stream_time_ns - last_ns, 99000000, 201000000);
        last_ns = frame.stream_time_ns;
        assert_int_equal(frame.flags, 0);
        assert_true(fake_camd_release(&fake, &frame));
    }
    assert_true(fake.segments.capture->reopened >= 2);
    fake_camd_send(&fake, json_pack("{s:s}", "type", "stop"));
    assert_ended_well(&fake);
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
    kill(fake.host.pid, SIGTERM);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

static void test_end_of_the_channel_ends_it(void **state)
{
    (void)state;
    struct fake_camd fake;
    stop_while_it_waits(&fake);
    close(fake.host.channel);
    fake.host.channel = -1;
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
    kill(fake.host.pid, SIGKILL);
    fake_camd_wait(&fake);
    uint64_t next = fake.segments.capture->next_frame_id;

    fake_camd_start(&fake, clips_program, unpaced("lavfi:testsrc2=size=640x480:rate=30"));
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
    char path[CLIP_PATH_BYTES], good[512], command[2048];
    struct fake_camd fake;
    struct camd_frame frame;
    bool gap = false;
    unsigned int count = 0;

    make_clip(good, "mjpeg.mkv", "-f lavfi -i testsrc2=size=320x240:rate=10:duration=5 -c:v mjpeg -q:v 3");
    clip_path(path, "damaged.mkv");
    /* Every packet's start is overwritten for some of them. */
    snprintf(
        command, sizeof(command),
        "ffmpeg -nostdin -v error -y -i '%s' -c copy -bsf:v noise=amount='eq(n\\,7)+eq(n\\,8)':drop=0 '%s'",
        good, path);
    if (system(command) != 0)
        fail_msg("failed: %s", command);
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

static void test_packets_that_the_demuxer_calls_damaged_are_decoded(void **state)
{
    (void)state;
    char path[CLIP_PATH_BYTES], good[512], command[2048];
    struct fake_camd fake;
    struct camd_frame frame;
    uint32_t flags = 0;

    make_clip(
        good, "stream.ts",
        "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -c:v libx264 -preset ultrafast -g 10 -pix_fmt yuv420p");
    clip_path(path, "holes.ts");
    /* 300 transport packets, 20 missing, the rest */
    snprintf(command, sizeof(command), "{ head -c %d '%s'; tail -c +%d '%s'; } > '%s'", 300 * 188, good,
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
    assert_int_equal(block->decoded, block->packets);
    assert_true(flags & CAMD_FRAME_DAMAGED);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

#define PART_OF(codec)                                                                                       \
    "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -c:v " codec " -g 10 -bf 0 -pix_fmt yuv420p "      \
    "-muxdelay 0 -output_ts_offset "
#define PART PART_OF("libx264 -preset ultrafast")

/* One behind the other. */
static void join(char path[CLIP_PATH_BYTES], const char *first, const char *second)
{
    char command[2048];
    clip_path(path, "joined.ts");
    snprintf(command, sizeof(command), "cat '%s' '%s' > '%s'", first, second, path);
    assert_int_equal(system(command), 0);
}

/* The packets of the second one are numbered from 0 on again, as those of a play list's pieces often are. */
static void test_transport_streams_that_are_joined_are_not_damaged(void **state)
{
    (void)state;
    char path[CLIP_PATH_BYTES], first[512], second[512];

    make_clip(first, "first.ts", PART "0");
    make_clip(second, "second.ts", PART "2");
    join(path, first, second);
    assert_int_equal(compare_file(path), 100);
}

static void assert_no_picture_is_lost(const char *path)
{
    struct fake_camd fake;
    struct camd_frame frame;
    unsigned int count = 0;
    start(&fake, unpaced(path));
    answer_stream(&fake);
    for (; fake_camd_take(&fake, &frame); count++)
        assert_true(fake_camd_release(&fake, &frame));
    assert_int_equal(count, 100);
    assert_int_equal(fake.segments.capture->damaged, 0);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

/* The last one before the joint waits for the next one, and is for the decoder before. */
static void test_packet_that_waits_while_the_codec_changes_is_decoded(void **state)
{
    (void)state;
    char path[CLIP_PATH_BYTES], one[512], other[512];

    make_clip(one, "mpeg1.ts", PART_OF("mpeg1video") "0");
    make_clip(other, "mpeg2.ts", PART_OF("mpeg2video") "2");
    join(path, one, other);
    assert_no_picture_is_lost(path);
    join(path, other, one);
    assert_no_picture_is_lost(path);
}

static void test_file_cut_off_in_the_middle_ends_well(void **state)
{
    (void)state;
    char path[CLIP_PATH_BYTES], good[512];
    struct fake_camd fake;
    struct camd_frame frame;
    unsigned int count = 0;

    make_clip(
        good, "stream.ts",
        "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -c:v libx264 -preset ultrafast -g 10 -pix_fmt yuv420p");
    char command[2048];
    clip_path(path, "cut.ts");
    snprintf(command, sizeof(command), "head -c 100003 '%s' > '%s'", good, path);
    assert_int_equal(system(command), 0);
    start(&fake, unpaced(path));
    answer_stream(&fake);
    for (; fake_camd_take(&fake, &frame); count++)
        assert_true(fake_camd_release(&fake, &frame));
    assert_true(count > 5 && count < 50);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_odd_size_leaves_out_the_last_column_and_row),
        cmocka_unit_test(test_size_change_asks_for_new_segments),
        cmocka_unit_test(test_size_change_is_scaled_when_a_size_is_configured),
        cmocka_unit_test(test_size_out_of_range_is_refused),
        cmocka_unit_test(test_fps_chooses_by_stream_time),
        cmocka_unit_test(test_what_nobody_looks_at_is_not_decoded_and_the_rest_stays_the_same),
        cmocka_unit_test(test_paced_file_arrives_in_real_time),
        cmocka_unit_test(test_loop_goes_on_with_stream_time),
        cmocka_unit_test(test_pictures_before_the_start_of_an_edit_list_take_no_time),
        cmocka_unit_test(test_stop_ends_it),
        cmocka_unit_test(test_sigterm_ends_it),
        cmocka_unit_test(test_end_of_the_channel_ends_it),
        cmocka_unit_test(test_stop_ends_it_while_it_waits_for_segments),
        cmocka_unit_test(test_stop_ends_it_while_it_waits_for_the_tracker),
        cmocka_unit_test(test_killed_and_started_again_ids_go_on),
        cmocka_unit_test(test_config_changes_fps_while_it_runs),
        cmocka_unit_test(test_damaged_packets_are_counted_and_passed_over),
        cmocka_unit_test(test_packets_that_the_demuxer_calls_damaged_are_decoded),
        cmocka_unit_test(test_transport_streams_that_are_joined_are_not_damaged),
        cmocka_unit_test(test_packet_that_waits_while_the_codec_changes_is_decoded),
        cmocka_unit_test(test_file_cut_off_in_the_middle_ends_well),
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
