/*
 * camd-capture with idle_decode, as a process: while the tracker says that nothing moves, key pictures alone come,
 * and from the first motion on all of them, and each is the one of a full decode.
 *
 *   test_capture_idle CAMD-CAPTURE
 */
#include "clips.h"

#include <stdlib.h>
#include <string.h>

#include "field_clip.h"

enum {
    RATE = 50,
    GROUP = 10,
    WIDTH = FIELD_CLIP_WIDTH,
    HEIGHT = FIELD_CLIP_HEIGHT,
    FRAME_BYTES = WIDTH * HEIGHT * 3 / 2,
    PICTURES = 200
};

static uint8_t reference[PICTURES][FRAME_BYTES];

static void read_reference(const char *path)
{
    FILE *decoded = reference_open(path, "");
    assert_int_equal(fread(reference, FRAME_BYTES, PICTURES, decoded), PICTURES);
    pclose(decoded);
}

static int number_of(const struct camd_frame *frame)
{
    return (int)((frame->stream_time_ns * RATE + 500000000) / 1000000000);
}

/* The number of the next picture, which has to be ffmpeg's of that time; the clip comes again and again. */
static int take(struct fake_camd *fake)
{
    struct camd_frame frame;
    assert_true(fake_camd_take(fake, &frame));
    const int number = number_of(&frame);
    assert_int_equal(frame.flags & CAMD_FRAME_DAMAGED, 0);
    assert_memory_equal(frame.pixels, reference[number % PICTURES], FRAME_BYTES);
    assert_true(fake_camd_release(fake, &frame));
    return number;
}

/* What the tracker would say. */
static void say(struct fake_camd *fake, bool moves)
{
    __atomic_store_n(&fake->segments.tracker->frames, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&fake->segments.tracker->motion, moves ? 1 : 0, __ATOMIC_RELAXED);
}

/* What camd shows in status. */
static bool is_idle(const struct fake_camd *fake)
{
    return __atomic_load_n(&fake->segments.capture->idle, __ATOMIC_RELAXED) == 1;
}

/* Takes pictures until some in a row are so far apart; returns the last one. */
static int await_step(struct fake_camd *fake, int step, int in_a_row)
{
    int last = take(fake), row = 0;
    while (row < in_a_row) {
        const int number = take(fake);
        row = number - last == step ? row + 1 : 0;
        assert_true(number > last);
        last = number;
    }
    return last;
}

/* Capture of a clip, of which the tracker has said that nothing moves. */
static void begin_with(struct fake_camd *fake, const char *path)
{
    read_reference(path);
    start(fake,
          json_pack("{s:s, s:f, s:f, s:b}", "input", path, "fps", 240.0, "idle_decode", 1.0, "loop", 1));
    answer_stream(fake);
    say(fake, false);
}

static void begin(struct fake_camd *fake, const char *name, const char *encoder)
{
    char path[CLIP_PATH_BYTES], arguments[512];
    snprintf(
        arguments, sizeof(arguments),
        "-f lavfi -i testsrc2=s=%dx%d:r=%d:d=%d -c:v libx264 -preset veryfast -g %d -sc_threshold 0 -pix_fmt yuv420p %s",
        WIDTH, HEIGHT, RATE, PICTURES / RATE, GROUP, encoder);
    make_clip(path, name, arguments);
    begin_with(fake, path);
}

/* It becomes idle, wakes, and becomes idle again. */
static void check(const char *name, const char *encoder)
{
    struct fake_camd fake;
    begin(&fake, name, encoder);
    const int idle = await_step(&fake, GROUP, 3);
    assert_int_equal(idle % GROUP, 0);
    assert_true(is_idle(&fake));
    say(&fake, true);
    await_step(&fake, 1, 5);
    assert_false(is_idle(&fake));
    say(&fake, false);
    await_step(&fake, GROUP, 2);
    fake_camd_fini(&fake);
}

static void test_idle_decode_shows_key_pictures_and_wakes_within_their_interval(void **state)
{
    (void)state;
    check("idle.mkv", "-bf 0");
}

static void test_idle_decode_with_pictures_that_are_held_back(void **state)
{
    (void)state;
    check("idle-b.mkv", "-bf 2");
}

static void test_idle_decode_with_key_pictures_that_others_go_beyond(void **state)
{
    (void)state;
    check("idle-open.mkv", "-bf 2 -x264-params open-gop=1");
}

static void test_idle_decode_with_b_pictures_that_others_refer_to(void **state)
{
    (void)state;
    check("idle-pyramid.mkv", "-bf 3 -b_strategy 0 -x264-params b-pyramid=normal:open-gop=1");
}

/* Fields that are coded with each other, macroblock by macroblock (MBAFF). */
static void test_idle_decode_with_interlaced_pictures(void **state)
{
    (void)state;
    check("idle-interlaced.mkv", "-bf 2 -x264-params interlaced=1");
}

/* Of a key picture's two fields only the first one is marked as such: it is none by itself. Pictures go on, unspoilt. */
/* A transport stream's copy, in which the fifth picture of each group has a hole. */
static void make_holes(const char *good, const char *path)
{
    enum { PACKET = 188, PICTURES_PID = 0x100, PICTURE_START = 0x40 };
    uint8_t packet[PACKET];
    int picture = -1, packets_of_it = 0, holes = 0;
    FILE *from = fopen(good, "rb"), *to = fopen(path, "wb");
    assert_true(from && to);
    while (fread(packet, sizeof(packet), 1, from) == 1) {
        const bool is_picture = ((packet[1] & 0x1f) << 8 | packet[2]) == PICTURES_PID;
        if (is_picture && packet[1] & PICTURE_START) {
            picture++;
            packets_of_it = 0;
        }
        packets_of_it += is_picture;
        if (is_picture && picture % GROUP == GROUP / 2 && packets_of_it == 2)
            holes++;
        else
            assert_int_equal(fwrite(packet, sizeof(packet), 1, to), 1);
    }
    assert_int_equal(holes, PICTURES / GROUP);
    fclose(from);
    assert_int_equal(fclose(to), 0);
}

/* The mark of what is kept and not decoded fell on the next key picture, which is whole. The tracker passes over marked ones. */
static void test_idle_decode_shows_key_pictures_of_a_stream_with_holes_as_whole(void **state)
{
    (void)state;
    char good[CLIP_PATH_BYTES], path[CLIP_PATH_BYTES], arguments[512];
    struct fake_camd fake;
    struct camd_frame frame;
    snprintf(
        arguments, sizeof(arguments),
        "-f lavfi -i testsrc2=s=%dx%d:r=%d:d=%d -c:v libx264 -preset veryfast -qp 10 -bf 0 -g %d -sc_threshold 0 -pix_fmt yuv420p",
        WIDTH, HEIGHT, RATE, PICTURES / RATE, GROUP);
    make_clip(good, "good.ts", arguments);
    clip_path(path, "holes.ts");
    make_holes(good, path);
    start(&fake,
          json_pack("{s:s, s:f, s:f, s:b}", "input", path, "fps", 240.0, "idle_decode", 1.0, "loop", 1));
    answer_stream(&fake);
    say(&fake, false);
    for (int row = 0, last = 0; row < 8;) {
        assert_true(fake_camd_take(&fake, &frame));
        row = number_of(&frame) - last == GROUP ? row + 1 : 0;
        last = number_of(&frame);
        if (row > 1)
            assert_int_equal(frame.flags & CAMD_FRAME_DAMAGED, 0);
        assert_true(fake_camd_release(&fake, &frame));
    }
    assert_true(is_idle(&fake));
    fake_camd_fini(&fake);
}

static void test_idle_decode_leaves_a_stream_alone_whose_fields_are_in_packets_of_their_own(void **state)
{
    char stream[CLIP_PATH_BYTES], path[CLIP_PATH_BYTES], arguments[CLIP_PATH_BYTES + 64];
    struct fake_camd fake;
    (void)state;
    clip_path(stream, "fields.h264");
    field_clip_write(stream, PICTURES, GROUP);
    snprintf(arguments, sizeof(arguments), "-fflags +genpts -v fatal -i '%s' -c copy", stream);
    make_clip(path, "idle-fields.mkv", arguments);
    begin_with(&fake, path);
    for (int last = -1; last < PICTURES / 2;) {
        const int number = take(&fake);
        assert_true(number > last);
        last = number;
    }
    fake_camd_fini(&fake);
}

/* Its key pictures are none by themselves: what came of trying is over soon, and pictures come to the end of the clip. */
static void test_idle_decode_leaves_a_stream_alone_whose_pictures_are_renewed_in_strips(void **state)
{
    struct fake_camd fake;
    struct camd_frame frame;
    int number = 0;
    (void)state;
    begin(&fake, "idle-strips.mkv", "-bf 0 -g 5 -x264-params intra-refresh=1");
    while (number < PICTURES / 2) {
        assert_true(fake_camd_take(&fake, &frame));
        number = number_of(&frame);
        assert_true(fake_camd_release(&fake, &frame));
    }
    assert_true(number < PICTURES);
    fake_camd_fini(&fake);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idle_decode_shows_key_pictures_and_wakes_within_their_interval),
        cmocka_unit_test(test_idle_decode_with_pictures_that_are_held_back),
        cmocka_unit_test(test_idle_decode_with_key_pictures_that_others_go_beyond),
        cmocka_unit_test(test_idle_decode_with_b_pictures_that_others_refer_to),
        cmocka_unit_test(test_idle_decode_with_interlaced_pictures),
        cmocka_unit_test(test_idle_decode_shows_key_pictures_of_a_stream_with_holes_as_whole),
        cmocka_unit_test(test_idle_decode_leaves_a_stream_alone_whose_fields_are_in_packets_of_their_own),
        cmocka_unit_test(test_idle_decode_leaves_a_stream_alone_whose_pictures_are_renewed_in_strips),
    };
    if (argc < 2)
        return 2;
    clips_program = argv[1];
    return cmocka_run_group_tests(tests, clips_make_directory, clips_remove_directory);
}
