/* What has to fit together: keys with each other, and the limits of a section. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/config_document.h"
#include "config/config_keys.h"
#include "config/config_line.h"
#include "config_fixture.h"

static void test_width_and_height(void **state)
{
    (void)state;
    assert_int_equal(config_load_text("[camera front]\ninput = /a\nwidth = 640\n"), -EINVAL);
    ASSERT_PROBLEMS("camd.ini:3: width: height is not set: expected both or neither");
    assert_int_equal(config_load_text("[camera front]\ninput = /a\nheight = 480\n"), -EINVAL);
    ASSERT_PROBLEMS("camd.ini:3: height: width is not set: expected both or neither");
    assert_int_equal(
        config_load_text("[defaults]\nheight = 480\nwidth = 640\n[camera a]\ninput = /a\nwidth = 800\n"
                         "[camera b]\ninput = /b\nwidth = stream\n"),
        -EINVAL);
    ASSERT_PROBLEMS("camd.ini:9: width: width is not set: expected both or neither");
    /* what is wrong in [defaults] is said once */
    assert_int_equal(config_load_text("[defaults]\nheight = 480\n[camera a]\ninput = /a\n"), -EINVAL);
    ASSERT_PROBLEMS("camd.ini:2: height: width is not set");
}

static void test_delays(void **state)
{
    (void)state;
    assert_int_equal(config_load_text("[camera front]\ninput = /a\nrestart_delay = 30.001\n"), -EINVAL);
    ASSERT_PROBLEMS(
        "camd.ini:3: restart_delay: restart_delay (30.001 seconds) is longer than restart_max_delay (30 seconds): expected at most that");
    assert_int_equal(config_load_text("[defaults]\nrestart_max_delay = 0.4\n[camera a]\ninput = /a\n"),
                     -EINVAL);
    ASSERT_PROBLEMS("camd.ini:2: restart_max_delay: restart_delay (0.5 seconds) is longer");
    config_load_good("[camera front]\ninput = /a\nrestart_delay = 0\nrestart_max_delay = 0\n");
    assert_int_equal(
        config_load_text("[defaults]\nstall_timeout = 3\n[camera a]\ninput = /a\nidle_decode = 4\n"),
        -EINVAL);
    ASSERT_PROBLEMS(
        "camd.ini:5: idle_decode: idle_decode (4 seconds) is longer than stall_timeout (3 seconds): expected at most that");
}

static void assert_input(const char *input, const char *problem)
{
    char text[512];
    snprintf(text, sizeof(text), "[camera front]\ninput = %s\n", input);
    if (!problem) {
        config_load_good(text);
        return;
    }
    assert_int_equal(config_load_text(text), -EINVAL);
    assert_int_equal(problems.count, 1);
    char *line = config_problem_text(&problems.list[0]);
    if (!strstr(line, "camd.ini:2: input: ") || !strstr(line, problem) || strstr(line, "secret"))
        fail_msg("%s: %s", input, line);
    free(line);
}

static void test_input_that_can_not_work_is_refused(void **state)
{
    (void)state;
    static const char *const good[] = {
        "RTSP://camera/x",
        "Http://127.0.0.1:80/x",
        "HTTPS://CAMERA.example./",
        "rtsps://u:secret@c:322",
        "rtsp://[::1]/x",
        "rtsp://[fe80::1%eth0]:554/x",
        "rtsp://u:p:secret@c_1.local:8554?a=b:c%40d",
        "http://1.2.3/x",
        "file:///clip.avi",
        "FILE:///clip.avi",
        "LAVFI:testsrc2",
        "/clip.avi",
    };
    static const struct {
        const char *input, *problem;
    } bad[] = {
        {"rtmp://camera/x",
         "RTMP, which camd's capture does not know: expected the camera's rtsp:// address"},
        {"RTMPS://u:secret@camera/x", "expected the camera's rtsp:// address"},
        {"rtsps5://camera/x", "a scheme that camd's capture does not know: expected rtsp://"},
        {"udp://239.0.0.1:1234", "does not know"},
        {"srt://u:secret@camera:9000", "does not know"},
        {"rtsp:///x", "names no host"},
        {"rtsp://:554/x", "names no host"},
        {"rtsp://u:secret@/x", "names no host"},
        {"rtsp://camera:/x", "a port that there cannot be"},
        {"rtsp://camera:0/x", "a port that there cannot be: expected a number from 1 to 65535"},
        {"rtsp://camera:65536/x", "a port that"},
        {"rtsp://camera:99999999999999/x", "a port that"},
        {"rtsp://camera:rtsp/x", "a port that"},
        {"rtsp://camera:-1/x", "a port that"},
        {"rtsp://camera..local/x", "a host that there cannot be"},
        {"rtsp://cam,era/x", "a host that there cannot be"},
        {"rtsp://\xc3\xa4rger/x", "a host that there cannot be"},
        {"rtsp://192.168.1.256/x", "an address that there cannot be"},
        {"rtsp://1.2.3.4.5/x", "an address that there cannot be"},
        {"rtsp://fe80::1/x", "without brackets"},
        {"rtsp://[fe80::x]/x", "an IPv6 address that is none"},
        {"rtsp://[::1]554/x", "something behind its IPv6 address"},
        {"rtsp://[::1]:x/x", "a port that"},
        {"file://clip.avi", "file:///DIRECTORY/FILE"},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_input(good[i], NULL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_input(bad[i].input, bad[i].problem);
    /* what another program reads is its own business */
    config_load_good("[camera front]\ninput = rtmp://camera/x\ncapture = /usr/bin/capture\n");
}

static void test_input_is_needed(void **state)
{
    (void)state;
    assert_int_equal(config_load_text("[camd]\n\n[camera front]\nfps = 6\n[camera back]\n"), -EINVAL);
    ASSERT_PROBLEMS("camd.ini:3: input: is missing: camera front needs to know",
                    "camd.ini:5: input: is missing");
    /* a line that could not be read may have been the input */
    assert_int_equal(config_load_text("[camera front]\ninput rtsp//x\n"), -EINVAL);
    ASSERT_PROBLEMS("camd.ini:2: there is no = in the line");
    assert_int_equal(config_load_text("[camera front]\ninput = x\n"), -EINVAL);
    ASSERT_PROBLEMS("camd.ini:2: input: 'x' is a relative file name");
}

static void test_masks_of_defaults(void **state)
{
    (void)state;
    config_load_good(
        "[defaults]\nmask.b = motion 0,0 1,0 1,1\nmask.a = motion 0,0 1,0 1,1\nmask.z = none\n"
        "[camera front]\ninput = /a\nmask.c = motion 0,0 1,0 1,1\nmask.a = motion 0,0 1,0 1,0.5\n"
        "[camera back]\ninput = /b\nmask.b = none\nmask.y = none\n");
    const struct config_camera *front = &loaded->cameras[0];
    assert_int_equal(front->mask_count, 3);
    assert_string_equal(front->masks[0].name, "a");
    assert_string_equal(front->masks[1].name, "b");
    assert_string_equal(front->masks[2].name, "c");
    assert_int_equal(front->masks[0].polygon.point_count, 3);
    assert_true(front->masks[0].polygon.points[2].y < 0.6F);
    assert_int_equal(loaded->cameras[1].mask_count, 1);
    assert_string_equal(loaded->cameras[1].masks[0].name, "a");
    assert_int_equal(loaded->defaults.mask_count, 2);
}

/* count masks of so many corners each */
static int load_masks(unsigned int count, unsigned int corners)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    fputs("[camera front]\ninput = /a\n", out);
    for (unsigned int i = 0; i < count; i++) {
        struct config_polygon mask = {.point_count = corners};
        for (unsigned int j = 0; j < corners && j < CONFIG_POINTS_MAX; j++)
            mask.points[j] =
                (struct config_point){(float)j / (float)corners, (float)(i + (j == 1)) / (float)(count + 1)};
        char name[32];
        snprintf(name, sizeof(name), "mask.m%u", i);
        if (corners > CONFIG_POINTS_MAX)
            mask.point_count = CONFIG_POINTS_MAX;
        char *value = config_type_mask.print(NULL, &mask);
        char *longer = text_format("%s%s", value, corners > CONFIG_POINTS_MAX ? " 1,1" : "");
        config_line_write(out, name, longer);
        free(value);
        free(longer);
    }
    fclose(out);
    int status = config_load_text(text);
    free(text);
    return status;
}

static void test_limits_of_masks(void **state)
{
    (void)state;
    assert_int_equal(load_masks(1, CONFIG_POINTS_MAX), 0);
    assert_int_equal(loaded->cameras[0].masks[0].polygon.point_count, CONFIG_POINTS_MAX);
    assert_int_equal(load_masks(1, CONFIG_POINTS_MAX + 1), -EINVAL);
    assert_non_null(strstr(problems.list[0].text, "has too many corners"));

    assert_int_equal(load_masks(CONFIG_MASKS_MAX, 3), 0);
    assert_int_equal(loaded->cameras[0].mask_count, CONFIG_MASKS_MAX);
    assert_int_equal(load_masks(CONFIG_MASKS_MAX + 1, 3), -EINVAL);
    assert_non_null(strstr(problems.list[0].text, "is one mask more than the 32"));

    assert_int_equal(load_masks(CONFIG_MASKS_MAX, CONFIG_CORNERS_MAX / CONFIG_MASKS_MAX), 0);
    assert_int_equal(load_masks(CONFIG_MASKS_MAX, CONFIG_CORNERS_MAX / CONFIG_MASKS_MAX + 1), -EINVAL);
    ASSERT_PROBLEMS(
        "camd.ini:3: mask.m0: the masks and zones of the camera have 1056 corners together: expected at most 1024");
}

/* Long ones, as many as there can be. */
static void write_polygons(FILE *out)
{
    enum { MASKS = 30, MASK_CORNERS = 32, ZONE_LABELS = 13 };
    struct config_polygon polygon = {.point_count = MASK_CORNERS};
    char name[32];
    for (unsigned int i = 0; i < MASKS + CONFIG_ZONES_MAX; i++) {
        const bool is_mask = i < MASKS;
        for (unsigned int j = 0; j < MASK_CORNERS; j++)
            polygon.points[j] =
                (struct config_point){0.0123456F + (float)j / 97.0F, 0.0123456F + (float)(i + j % 2) / 97.0F};
        polygon.point_count = is_mask ? MASK_CORNERS : 4;
        snprintf(name, sizeof(name), "%s.p%u", is_mask ? "mask" : "zone", i);
        char *value = (is_mask ? &config_type_mask : &config_type_zone)->print(NULL, &polygon);
        config_line_write(out, name, value);
        free(value);
        if (is_mask)
            continue;
        fprintf(out, "zone.p%u.objects = ", i);
        for (unsigned int j = 0; j < ZONE_LABELS; j++)
            fprintf(out, "%s%031u", j > 0 ? ",\n    " : "", j);
        fputs("\n", out);
    }
}

/* Found in review: only a camera with masks or zones of its own was looked at, but it has those of [defaults], too. */
static void test_settings_that_no_message_can_hold(void **state)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    (void)state;
    fputs("[defaults]\n", out);
    write_polygons(out);
    fputs("[camera front]\ninput = /a\n", out);
    fflush(out);
    config_load_good(text);

    for (unsigned int i = 0; i < CONFIG_FILTERS_MAX; i++)
        fprintf(out, "filter.%031u.min_score = 0.123456789012345\n", i);
    fclose(out);
    assert_int_equal(config_load_text(text), -EINVAL);
    free(text);
    assert_int_equal(problems.count, 1);
    assert_non_null(strstr(problems.list[0].text, "bytes more than a worker can be told"));
}

static void test_more_settings_than_a_section_can_have(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    fputs("[camera front]\ninput = /a\n", out);
    for (unsigned int i = 1; i < CONFIG_SETTINGS_MAX; i++)
        fprintf(out, "mask.m%u = none\n", i);
    fflush(out);
    config_load_good(text);
    fputs("mask.m0 = none\n", out);
    fclose(out);
    assert_int_equal(config_load_text(text), -EINVAL);
    free(text);
    assert_int_equal(problems.count, 1);
    assert_string_equal(problems.list[0].text, "is one setting more than the 2048 that a section can have");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_fixture_set_up, config_fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_width_and_height),
        TEST(test_delays),
        TEST(test_input_that_can_not_work_is_refused),
        TEST(test_input_is_needed),
        TEST(test_masks_of_defaults),
        TEST(test_limits_of_masks),
        TEST(test_more_settings_than_a_section_can_have),
        TEST(test_settings_that_no_message_can_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
