/* Lines: what inih would cut, drop or join without a word is reported, with the right line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config_line.h"
#include "config_fixture.h"

/* "camera front", so that further lines of a test are settings. */
#define CAMERA "[camera front]\ninput = /front.mp4\n"

#define ASSERT_TEXT(text, ...)                                                                               \
    do {                                                                                                     \
        assert_int_equal(config_load_text(text), -EINVAL);                                                   \
        ASSERT_PROBLEMS(__VA_ARGS__);                                                                        \
    } while (0)

static void test_empty_file(void **state)
{
    (void)state;
    config_load_good("");
    assert_int_equal(loaded->camera_count, 0);
    config_load_good("\n \n\t\n# comment\n; comment\n   # indented = comment\n");
    config_load_good("# without a line feed");
}

static void test_a_camera(void **state)
{
    (void)state;
    config_load_good("[ camera  front ] # comment\ninput=/a b.mp4  \nfps : 7.5\n\n# comment\nloop = yes");
    assert_int_equal(loaded->camera_count, 1);
    const struct config_camera *camera = &loaded->cameras[0];
    assert_string_equal(camera->name, "front");
    assert_string_equal(camera->input, "/a b.mp4");
    assert_true(camera->fps > 7.49 && camera->fps < 7.51);
    assert_true(camera->loop);
    assert_int_equal(camera->line, 1);
}

static void test_continuation_lines_are_joined(void **state)
{
    (void)state;
    config_load_good("[camera front]\n"
                     "input = rtsp://host/a?\n"
                     "   b=1&\n"
                     "\tc=2   \n"
                     "  # a comment\n"
                     "\n"
                     " ,[x]d=3\n"
                     "fps = 7\n");
    assert_string_equal(loaded->cameras[0].input, "rtsp://host/a?b=1&c=2,[x]d=3");
    assert_true(loaded->cameras[0].fps > 6);
}

static void test_lines_are_counted_with_continuations(void **state)
{
    (void)state;
    ASSERT_TEXT("[camera front]\n"
                "input = rtsp://host/\n"
                "    a\n"
                "\n"
                "    b\n"
                "fps = x\n"
                "width = 12\n"
                "    3\n"
                "height = 10\n",
                "camd.ini:6: fps: 'x' is not a number", "camd.ini:7: width: '123' is odd",
                "camd.ini:9: height: '10' is too small");
}

static void test_carriage_returns(void **state)
{
    (void)state;
    config_load_good("[camera front]\r\ninput = /a\r\n  b\r\nfps = 7\r\n");
    assert_string_equal(loaded->cameras[0].input, "/ab");
    ASSERT_TEXT("[camera front]\r\ninput = /a\r\n  b\r\n\r\nfps = x\r\n",
                "camd.ini:5: fps: 'x' is not a number");
    ASSERT_TEXT("[camera front]\ninput = /a\rb\nfps = x\n", "camd.ini:2: a control character (byte 13)",
                "camd.ini:3: fps: ");
}

/* A line of so many bytes: "input = /aaa..." */
static void load_line(size_t bytes)
{
    char text[512];
    int length = snprintf(text, sizeof(text), "[camera front]\ninput = /");
    for (size_t i = 9; i < bytes; i++)
        text[length++] = 'a';
    snprintf(text + length, sizeof(text) - (size_t)length, "\nfps = x\n");
    assert_int_equal(config_load_text(text), -EINVAL);
}

static void test_long_lines(void **state)
{
    (void)state;
    load_line(CONFIG_LINE_BYTES);
    ASSERT_PROBLEMS("camd.ini:3: fps: ");
    load_line(CONFIG_LINE_BYTES + 1);
    ASSERT_PROBLEMS("camd.ini:2: the line has 199 bytes: expected at most 198", "camd.ini:3: fps: ");
    load_line(400);
    ASSERT_PROBLEMS("camd.ini:2: the line has 400 bytes: expected at most 198", "camd.ini:3: fps: ");
}

/* inih r55 hands over 192 bytes of a value of 600 before it reports anything. */
static void test_the_longest_line_is_whole(void **state)
{
    (void)state;
    char text[512] = "[camera front]\ninput = /";
    size_t length = strlen(text);
    memset(text + length, 'a', CONFIG_LINE_BYTES - 9);
    memcpy(text + length + CONFIG_LINE_BYTES - 9, "\n  b\n", 6);
    config_load_good(text);
    assert_int_equal(strlen(loaded->cameras[0].input), CONFIG_LINE_BYTES - 9 + 2);
}

static void test_long_comments_are_fine(void **state)
{
    (void)state;
    char text[1024];
    memset(text, '=', sizeof(text) - 1);
    text[0] = '#';
    memcpy(text + 700, "\n" CAMERA "fps = x\n", sizeof "\n" CAMERA "fps = x\n");
    assert_int_equal(config_load_text(text), -EINVAL);
    ASSERT_PROBLEMS("camd.ini:4: fps: ");
}

static void test_a_damaged_continuation_spoils_the_value(void **state)
{
    (void)state;
    ASSERT_TEXT("[camera front]\ninput = /a\n  b ; comment\n  c\nfps = x\n",
                "camd.ini:3: a ';' after white space", "camd.ini:5: fps: ");
}

/* What follows a line with a problem belongs to it, and not to the value before it. */
static void test_continuation_of_a_bad_line_is_dropped(void **state)
{
    (void)state;
    ASSERT_TEXT(CAMERA "ftps = 3\n  4\nfps = x\nno sign\n  x = y\nwidth 640\nloop = 7\n",
                "camd.ini:3: ftps: is no key: did you mean fps?", "camd.ini:5: fps: 'x'",
                "camd.ini:6: there is no = in the line", "camd.ini:8: there is no = in the line",
                "camd.ini:9: loop: '7'");
}

static void test_indented_settings(void **state)
{
    (void)state;
    ASSERT_TEXT("[camera front]\n    input = rtsp://host/\n    fps = 5\n",
                "camd.ini:2: this line begins with white space, and there is no value before it",
                "camd.ini:3: input: this line begins with white space and so goes on with the value");
    ASSERT_TEXT("[camera front]\n input = rtsp://host/\n", "camd.ini:2: this line begins with white space");
    ASSERT_TEXT(" [camera front]\ninput = rtsp://host/\n", "camd.ini:1: this line begins with white space");
    ASSERT_TEXT("[camera front]\ninput = rtsp://host/\n    fqs = 5\n",
                "camd.ini:3: input: this line begins with");
    ASSERT_TEXT("[camera front]\ninput = rtsp://host/\n    mask.a=3\n",
                "camd.ini:3: input: this line begins with");
    ASSERT_TEXT("[camera front]\ninput = rtsp://host/\n    [camera back]\ninput = /a\n",
                "camd.ini:3: input: this line begins with", "camd.ini:4: input: is there already, in line 2");
}

static void test_inline_comments(void **state)
{
    (void)state;
    ASSERT_TEXT(CAMERA "fps = 5 ; frames\n", "camd.ini:3: a ';' after white space would begin a comment");
    ASSERT_TEXT(CAMERA "fps = ;5\n", "camd.ini:3: a ';' after white space");
    ASSERT_TEXT(CAMERA "fps =\t;5\n", "camd.ini:3: a ';' after white space");
    ASSERT_TEXT(CAMERA "fps ;= 5\n", "camd.ini:3: a ';' after white space");
    ASSERT_TEXT("[camera front]\ninput =;/x\n", "camd.ini:2: input: ';/x' has a ';' after white space");
    config_load_good("[camera front]\ninput = rtsp://host/a;b#c\n");
    assert_string_equal(loaded->cameras[0].input, "rtsp://host/a;b#c");
}

static void test_byte_order_mark(void **state)
{
    (void)state;
    ASSERT_TEXT("\xef\xbb\xbf" CAMERA "fps = x\n", "camd.ini:1: the file begins with a byte-order mark",
                "camd.ini:3: fps: ");
    ASSERT_TEXT(CAMERA "\xef\xbb\xbf"
                       "fps = 5\n",
                "camd.ini:3: \xef\xbb\xbf"
                "fps: is no key");
}

static void test_control_characters(void **state)
{
    (void)state;
    static const char with_nul[] = "[camera front]\ninput = /a\0b\nfps = 5\0\n\0\n\0# comment\n[camd\0]\n";
    config_write_file("camd.ini", with_nul, sizeof(with_nul) - 1);
    assert_int_equal(config_load_file(), -EINVAL);
    ASSERT_PROBLEMS("camd.ini:2: a control character (byte 0)", "camd.ini:3: a control character (byte 0)",
                    "camd.ini:4: a control character (byte 0)", "camd.ini:5: a control character (byte 0)",
                    "camd.ini:6: a control character (byte 0)");
    ASSERT_TEXT(CAMERA "fps = \x1b[2J\n", "camd.ini:3: a control character (byte 27)");
    ASSERT_TEXT(CAMERA "fps = \x7f\n", "camd.ini:3: a control character (byte 127)");
    ASSERT_TEXT("[camera front]\ninput = /t\xfcr\n", "camd.ini:2: input: '/t?r' is not UTF-8 text");
    config_load_good("[camera front]\ninput = /t\xc3\xbcr\n");
}

static void test_utf16(void **state)
{
    (void)state;
    static const char text[] = "\xff\xfe[\0c\0a\0m\0d\0]\0\n\0";
    config_write_file("camd.ini", text, sizeof(text) - 1);
    assert_int_equal(config_load_file(), -EINVAL);
    ASSERT_PROBLEMS("camd.ini:1: a control character (byte 0)", "camd.ini:2: a control character (byte 0)");
}

static void test_settings_that_are_none(void **state)
{
    (void)state;
    ASSERT_TEXT(CAMERA "fps\n= 5\n : 5\n", "camd.ini:3: there is no = in the line: expected KEY = VALUE",
                "camd.ini:4: there is no key before the =");
    ASSERT_TEXT(CAMERA "fps =\nloop = \n",
                "camd.ini:3: fps: the value is empty: expected a number from 0.1 to 60",
                "camd.ini:4: loop: the value is empty: expected yes or no");
    ASSERT_TEXT(
        CAMERA
        "a123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901 = 1\n",
        "camd.ini:3: a12345678");
    ASSERT_TEXT(
        CAMERA
        "a1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012 = 1\n",
        "camd.ini:3: the key has 113 bytes: no key has more than 112");
}

static void test_settings_before_any_section(void **state)
{
    (void)state;
    ASSERT_TEXT("fps = 5\nloop = yes\n[camera front]\ninput = a\n",
                "camd.ini:1: a setting before any section", "camd.ini:4: input: 'a'");
}

static void test_sections_that_are_none(void **state)
{
    (void)state;
    ASSERT_TEXT("[camera front\ninput = x\n[camd]\nlog = x\n", "camd.ini:1: the section's name has no end",
                "camd.ini:4: log: ");
    ASSERT_TEXT("[camd] run_dir = /x\nlog = x\n", "camd.ini:1: there is something after the section's ]");
    ASSERT_TEXT(
        "[default]\n",
        "camd.ini:1: 'default' is no section: expected [camd], [defaults], [detector NAME] or [camera NAME] (did you mean [defaults]?)");
    ASSERT_TEXT(
        "[cmaera front]\n",
        "camd.ini:1: 'cmaera front' is no section: expected [camd], [defaults], [detector NAME] or [camera NAME] (did you mean [camera]?)");
    ASSERT_TEXT("[]\n", "camd.ini:1: the value is no section: expected");
    ASSERT_TEXT("[camd front]\n", "camd.ini:1: 'camd front' is no section");
    ASSERT_TEXT(
        "[Camd]\n",
        "camd.ini:1: 'Camd' is no section: expected [camd], [defaults], [detector NAME] or [camera NAME] (did you mean [camd]?)");
    ASSERT_TEXT("[camera]\n", "camd.ini:1: [camera]: it has no name: expected [camera NAME]");
    ASSERT_TEXT(
        "[camera a/b]\n",
        "camd.ini:1: [camera]: 'a/b' is no name for one: expected [camera NAME], the name of 1 to 40 letters, digits, _ and -, and not - alone");
    ASSERT_TEXT("[camera a b]\n", "camd.ini:1: [camera]: 'a b' is no name for one");
    ASSERT_TEXT("[camera ;a]\n", "camd.ini:1: [camera]: ';a' is no name for one");
    ASSERT_TEXT("[camera u:p@h]\n", "camd.ini:1: [camera]: the value is no name for one");
}

/* inih cuts a section's name at 49 bytes: 41 for a camera's. */
static void test_long_names_of_sections(void **state)
{
    (void)state;
    config_load_good("[camera abcdefghijabcdefghijabcdefghijabcdefghij]\ninput = /a\n");
    assert_int_equal(strlen(loaded->cameras[0].name), 40);
    ASSERT_TEXT("[camera abcdefghijabcdefghijabcdefghijabcdefghijk]\ninput = /a\n",
                "camd.ini:1: [camera]: 'abcdefghijabcdefghijabcdefghijabcdefghijk' is no name for one");
    ASSERT_TEXT("[camera abcdefghijabcdefghijabcdefghijabcdefghijabcde]\ninput = /a\n",
                "camd.ini:1: the section's name has 52 bytes");
}

static void test_a_bad_section_is_left_out_whole(void **state)
{
    (void)state;
    ASSERT_TEXT("[cam front]\ninput = a\n  b ; c\n    [camera back]\nfps = x\nno sign\n[camd]\nlog = x\n",
                "camd.ini:1: 'cam front' is no section", "camd.ini:8: log: ");
}

static void test_duplicates(void **state)
{
    (void)state;
    ASSERT_TEXT(CAMERA "fps = 5\nloop = no\nfps = 6\n  7\n", "camd.ini:5: fps: is there already, in line 3");
    ASSERT_TEXT(CAMERA "mask.a = none\nmask.b = none\nmask.a = none\n",
                "camd.ini:5: mask.a: is there already, in line 3");
    ASSERT_TEXT("[camd]\n[defaults]\n[camd]\n[defaults]\n" CAMERA CAMERA,
                "camd.ini:3: section [camd] is there already, in line 1",
                "camd.ini:4: section [defaults] is there already, in line 2",
                "camd.ini:7: section [camera front] is there already, in line 5");
}

static void test_unknown_keys(void **state)
{
    (void)state;
    ASSERT_TEXT(CAMERA "widht = 640\nrestart_dleay = 1\nxyz = 1\n",
                "camd.ini:3: widht: is no key: did you mean width?",
                "camd.ini:4: restart_dleay: is no key: did you mean restart_delay?",
                "camd.ini:5: xyz: is no key: see camd.ini(5)");
    ASSERT_TEXT(CAMERA "run_dir = /x\n[camd]\nfps = 5\n[defaults]\ninput = /x\nlog = stderr\n",
                "camd.ini:3: run_dir: does not belong in a camera: expected in [camd]",
                "camd.ini:5: fps: does not belong in [camd]: expected in [camera NAME]",
                "camd.ini:7: input: does not belong in [defaults]: expected in [camera NAME]",
                "camd.ini:8: log: does not belong in [defaults]: expected in [camd]");
    ASSERT_TEXT(CAMERA
                "mask = motion 0,0 1,0 1,1\nmaks.a = none\nmask_a = none\nmask.a.b = none\nmask. = none\n",
                "camd.ini:3: mask: is no key: expected mask.NAME",
                "camd.ini:4: maks.a: is no key: expected mask.NAME",
                "camd.ini:5: mask_a: is no key: expected mask.NAME",
                "camd.ini:6: mask.a.b: 'none' has a name that", "camd.ini:7: mask.: 'none' has a name that");
}

static void test_values_of_4095_bytes(void **state)
{
    (void)state;
    static char text[8192];
    size_t length = (size_t)snprintf(text, sizeof(text), "[camera front]\ninput = /%094d\n", 0);
    for (size_t i = 0; i < 40; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, " %0100d\n", 0);
    config_load_good(text);
    assert_int_equal(strlen(loaded->cameras[0].input), 4095);
    snprintf(text + length, sizeof(text) - length, " 0\n 0\nfps = x\n");
    ASSERT_TEXT(text, "camd.ini:43: input: is longer than the 4095 bytes", "camd.ini:45: fps: ");
}

static void test_more_problems_than_are_kept(void **state)
{
    (void)state;
    static char text[16384];
    size_t length = (size_t)snprintf(text, sizeof(text), "[camera front]\ninput = a\n");
    for (size_t i = 0; i < 300; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "unknown_%zu = 5\n", i);
    assert_int_equal(config_load_text(text), -EINVAL);
    assert_int_equal(problems.count, CONFIG_FILE_PROBLEMS_MAX);
    assert_int_equal(problems.dropped, 300 - CONFIG_FILE_PROBLEMS_MAX + 1);
    assert_int_equal(problems.list[0].line, 3);
    assert_int_equal(problems.list[CONFIG_FILE_PROBLEMS_MAX - 1].line, 2 + CONFIG_FILE_PROBLEMS_MAX);
}

/* Problems are found in two passes and shown in the order of lines. */
static void test_problems_are_in_the_order_of_lines(void **state)
{
    (void)state;
    ASSERT_TEXT("[camera front]\nfps = x\nabc\n[camd]\nlog = x\nabc\n", "camd.ini:2: fps: ",
                "camd.ini:3: there is no =", "camd.ini:5: log: ", "camd.ini:6: there is no =");
}

static void test_secrets_are_not_in_problems(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[camera front]\ninput = rtsp://user:hunter2@\n",
        "[camera front]\ninput = rtsp://user:hunter2@ho st/\n",
        "[camera front]\ninput = user:hunter2@host\n",
        "[camera front]\ninput = rtsp:/user:hunter2@host\n",
        "[camera front]\ninptu = rtsp://user:hunter2@host\n",
        "[camera front]\ninput rtsp://user:hunter2@host/?a=b\n",
        "[camera front]\nrtsp://user:hunter2@host/\n",
        "[camera front]\nuser;hunter2@host/?a=b\n",
        "[camera front]\ninput = rtsp://us\n  er:hunter2@host/ ; x\n",
        "[camera front]\ninput = rtsp://us\n  x = er:hunter2@host/\n",
        "[camera front]\ninput = /a\nfps = http://user:hunter2@host/\n",
        "[camera front]\ninput = /a\nfps = http://host/?password=hunter2\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        if (config_load_text(texts[i]) == 0)
            continue;
        for (size_t j = 0; j < problems.count; j++) {
            char *text = config_problem_text(&problems.list[j]);
            if (strstr(text, "hunter2"))
                fail_msg("%s", text);
            free(text);
        }
    }
}

/* Where a value may go on in a new line: what is written reads back. */
static void test_long_values_are_written_in_lines(void **state)
{
    (void)state;
    static const char *const parts[] = {"abc,",      "0.5,0.25 ", "fps=5&",     ";x",
                                        "#x",        "[camera x", "\xc3\xbc",   "  z",
                                        "mask.a=1,", "[camd]",    "key = value"};
    unsigned int seed = 1;
    unsigned int written = 0;
    for (unsigned int round = 0; round < 300; round++) {
        char value[CONFIG_VALUE_BYTES] = "/";
        size_t length = 1;
        size_t count = 1 + round % 120;
        for (size_t i = 0; i < count; i++) {
            seed = seed * 1103515245U + 12345U;
            length += (size_t)snprintf(value + length, sizeof(value) - length, "%s",
                                       parts[(seed >> 16) % (sizeof(parts) / sizeof(*parts))]);
        }
        snprintf(value + length, sizeof(value) - length, ".");
        if (config_line_has_comment(value))
            continue;
        const struct config_setting setting = {"input", value};
        char *text = config_camera_file_text("front", &setting, 1);
        assert_non_null(text);
        config_load_good(text);
        assert_string_equal(loaded->cameras[0].input, value);
        free(text);
        written++;
    }
    assert_true(written > 50);
}

/* A run of white space cannot be broken: the line is then as long as inih takes it, and no longer. */
static void test_values_that_fill_a_line(void **state)
{
    (void)state;
    enum { ROOM = CONFIG_LINE_BYTES - 8 }; /* "input = " */
    char value[ROOM + 2];
    memset(value, ' ', sizeof(value));
    value[0] = '/';
    value[ROOM - 1] = 'x';
    value[ROOM] = '\0';
    const struct config_setting setting = {"input", value};
    char *text = config_camera_file_text("front", &setting, 1);
    assert_non_null(text);
    config_load_good(text);
    assert_string_equal(loaded->cameras[0].input, value);
    free(text);
    memcpy(value + ROOM - 1, " x", 3);
    assert_string_equal(config_line_check("input", value), "cannot be broken into lines of a file");
    assert_null(config_camera_file_text("front", &setting, 1));
}

static void test_values_that_cannot_be_written(void **state)
{
    (void)state;
    char blanks[300];
    memset(blanks, ' ', sizeof(blanks) - 1);
    blanks[0] = '/';
    blanks[sizeof(blanks) - 2] = 'x';
    blanks[sizeof(blanks) - 1] = '\0';
    const char *const values[] = {"", " /a", "/a ", "/a ;b", ";a", "/a\nb", "/a\rb", "/a\xff", blanks};
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        const struct config_setting setting = {"input", values[i]};
        if (config_camera_file_text("front", &setting, 1))
            fail_msg("value %zu was written", i);
        if (!config_line_check("input", values[i]))
            fail_msg("value %zu passed", i);
    }
    const struct config_setting unknown = {"nothing", "1"};
    assert_null(config_camera_file_text("front", &unknown, 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_fixture_set_up, config_fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_empty_file),
        TEST(test_a_camera),
        TEST(test_continuation_lines_are_joined),
        TEST(test_lines_are_counted_with_continuations),
        TEST(test_carriage_returns),
        TEST(test_long_lines),
        TEST(test_the_longest_line_is_whole),
        TEST(test_long_comments_are_fine),
        TEST(test_a_damaged_continuation_spoils_the_value),
        TEST(test_continuation_of_a_bad_line_is_dropped),
        TEST(test_indented_settings),
        TEST(test_inline_comments),
        TEST(test_byte_order_mark),
        TEST(test_control_characters),
        TEST(test_utf16),
        TEST(test_settings_that_are_none),
        TEST(test_settings_before_any_section),
        TEST(test_sections_that_are_none),
        TEST(test_long_names_of_sections),
        TEST(test_a_bad_section_is_left_out_whole),
        TEST(test_duplicates),
        TEST(test_unknown_keys),
        TEST(test_values_of_4095_bytes),
        TEST(test_more_problems_than_are_kept),
        TEST(test_problems_are_in_the_order_of_lines),
        TEST(test_secrets_are_not_in_problems),
        TEST(test_long_values_are_written_in_lines),
        TEST(test_values_that_fill_a_line),
        TEST(test_values_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
