/* Files and directories: where cameras come from, what is there twice, and what cannot be read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sys.h"
#include "base/text.h"
#include "config/config_read.h"
#include "config_fixture.h"
#include "leftovers.h"

static void write_text(const char *name, const char *text)
{
    config_write_file(name, text, strlen(text));
}

static void make_name(char *path, size_t size, const char *name)
{
    snprintf(path, size, "%s/%s", config_directory, name);
}

/* camd.ini whose cameras_dir is the one of the test, and the text. */
static int load_with_directory(const char *text)
{
    char *whole = text_format("[camd]\ncameras_dir = %s/cameras.d\n%s", config_directory, text);
    int status = config_load_text(whole);
    free(whole);
    return status;
}

static void test_missing_file(void **state)
{
    (void)state;
    assert_int_equal(config_load_file(), -EINVAL);
    ASSERT_PROBLEMS("camd.ini: cannot be opened: No such file or directory");
}

static void test_files_that_are_none(void **state)
{
    (void)state;
    char path[128];
    make_name(path, sizeof(path), "camd.ini");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(config_load_file(), -EINVAL);
    ASSERT_PROBLEMS("camd.ini: is no regular file");
    assert_int_equal(rmdir(path), 0);

    /* opening it would wait for a writer */
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(config_load_file(), -EINVAL);
    ASSERT_PROBLEMS("camd.ini: is no regular file");
}

static void test_huge_files(void **state)
{
    (void)state;
    char path[128];
    make_name(path, sizeof(path), "camd.ini");
    write_text("camd.ini", "");
    assert_int_equal(truncate(path, CONFIG_FILE_BYTES + 1), 0);
    assert_int_equal(config_load_file(), -EINVAL);
    ASSERT_PROBLEMS("camd.ini: has more than 33554432 bytes: is this the right file?");
    assert_int_equal(truncate(path, CONFIG_FILE_BYTES), 0);
    assert_int_equal(config_load_file(), -EINVAL);
    ASSERT_PROBLEMS("camd.ini:1: a control character (byte 0)");
}

static void test_directory_of_cameras(void **state)
{
    (void)state;
    write_text("cameras.d/b.ini", "[camera b]\ninput = /b\n");
    write_text("cameras.d/a.ini", "[camera z]\ninput = /z\n[camera y]\ninput = /y\n");
    write_text("cameras.d/.hidden.ini", "nonsense");
    write_text("cameras.d/b.ini.tmp", "nonsense");
    write_text("cameras.d/README", "nonsense");
    write_text("cameras.d/ini", "nonsense");
    assert_int_equal(load_with_directory("[camera main]\ninput = /m\n[defaults]\nfps = 7\n"), 0);
    assert_int_equal(loaded->camera_count, 4);
    assert_string_equal(loaded->cameras[0].name, "main");
    assert_string_equal(loaded->cameras[1].name, "z");
    assert_string_equal(loaded->cameras[2].name, "y");
    assert_string_equal(loaded->cameras[3].name, "b");
    assert_true(loaded->cameras[3].fps > 6.9);
    assert_int_equal(loaded->cameras[2].line, 3);
    char path[128];
    make_name(path, sizeof(path), "cameras.d/a.ini");
    assert_string_equal(loaded->cameras[2].file, path);
    make_name(path, sizeof(path), "camd.ini");
    assert_string_equal(loaded->cameras[0].file, path);
    assert_string_equal(loaded->file, path);
    assert_ptr_equal(config_camera_find(loaded, "b"), &loaded->cameras[3]);
    assert_null(config_camera_find(loaded, "B"));
}

/* Whatever order the directory has them in. */
static void test_files_are_read_in_the_order_of_their_names(void **state)
{
    (void)state;
    static const char names[] = "mbzayc";
    for (const char *name = names; *name; name++) {
        char file[32], text[64];
        snprintf(file, sizeof(file), "cameras.d/%c.ini", *name);
        snprintf(text, sizeof(text), "[camera %c]\ninput = /a\n", *name);
        write_text(file, text);
    }
    assert_int_equal(load_with_directory(""), 0);
    assert_int_equal(loaded->camera_count, 6);
    for (size_t i = 1; i < loaded->camera_count; i++)
        assert_true(strcmp(loaded->cameras[i - 1].name, loaded->cameras[i].name) < 0);
}

static void test_directories_that_are_none(void **state)
{
    (void)state;
    assert_int_equal(load_with_directory(""), 0); /* it is missing */
    assert_int_equal(config_load_text("[camd]\ncameras_dir = none\n"), 0);
    assert_null(loaded->cameras_dir);
    write_text("cameras.d", "a file");
    assert_int_equal(load_with_directory(""), -EINVAL);
    ASSERT_PROBLEMS("cameras.d: the directory of cameras cannot be read: Not a directory");
}

static void test_problems_of_several_files(void **state)
{
    (void)state;
    write_text("cameras.d/a.ini", "[camera a]\ninput = /a\nfps = x\n[camd]\nlog = x\n[defaults]\n");
    write_text("cameras.d/b.ini", "[camera b]\nwidht = 1\n");
    assert_int_equal(load_with_directory("[camera main]\nfps = x\ninput = /m\nabc\n"), -EINVAL);
    ASSERT_PROBLEMS(
        "camd.ini:4: fps: 'x'", "camd.ini:6: there is no =", "cameras.d/a.ini:3: fps: 'x'",
        "cameras.d/a.ini:4: [camd] does not belong in a file of cameras_dir: expected [camera NAME]",
        "cameras.d/a.ini:6: [defaults] does not belong in", "cameras.d/b.ini:1: input: is missing",
        "cameras.d/b.ini:2: widht: is no key: did you mean width?");
}

static void test_cameras_that_are_there_twice(void **state)
{
    (void)state;
    write_text("cameras.d/a.ini", "[camera front]\ninput = /a\n[camera back]\ninput = /a\n");
    write_text("cameras.d/b.ini", "\n[camera back]\ninput = /b\n");
    assert_int_equal(load_with_directory("[camera front]\ninput = /m\n"), -EINVAL);
    assert_int_equal(problems.count, 2);
    char *expected =
        text_format("camera front is there already, in %s/camd.ini:3: expected once; remove one of them",
                    config_directory);
    assert_string_equal(problems.list[0].text, expected);
    free(expected);
    expected = text_format(
        "camera back is there already, in %s/cameras.d/a.ini:3: expected once; remove one of them",
        config_directory);
    assert_string_equal(problems.list[1].text, expected);
    assert_int_equal(problems.list[1].line, 2);
    free(expected);
}

static void test_as_many_cameras_as_there_can_be(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    for (unsigned int i = 0; i < CONFIG_CAMERAS_MAX; i++)
        fprintf(out, "[camera c%u]\ninput = /a\n", i);
    fclose(out);
    assert_int_equal(load_with_directory(text), 0);
    assert_int_equal(loaded->camera_count, CONFIG_CAMERAS_MAX);
    write_text("cameras.d/more.ini", "[camera more]\ninput = /a\n");
    assert_int_equal(load_with_directory(text), -EINVAL);
    ASSERT_PROBLEMS("cameras.d/more.ini:1: is one camera more than the 4096");
    free(text);
}

static void test_slots_of_the_environment(void **state)
{
    (void)state;
    setenv("SHM_MAX_FRAMES", "30", 1);
    assert_int_equal(config_load(NULL, &loaded, &problems), 0);
    assert_int_equal(loaded->slots_max, 30);
    config_load_good("[camd]\nrun_dir = /x\n");
    assert_int_equal(loaded->slots_max, 30);
    config_load_good("[camd]\nslots_max = 20\n");
    assert_int_equal(loaded->slots_max, 20);
    setenv("SHM_MAX_FRAMES", "100", 1);
    assert_int_equal(config_load_text("[camd]\nrun_dir = /x\n"), -EINVAL);
    ASSERT_PROBLEMS(
        "environment variable SHM_MAX_FRAMES: slots_max: '100' is too large: expected a whole number from 4 to 64 (slots)");
    config_load_good("[camd]\nslots_max = 20\n");
    unsetenv("SHM_MAX_FRAMES");
}

/* Every open and read fails once: a problem each, nothing left behind, and good again after it. */
static void test_every_system_call_can_fail(void **state)
{
    (void)state;
    write_text("cameras.d/a.ini", "[camera a]\ninput = /a\n");
    assert_int_equal(load_with_directory("[camera main]\ninput = /m\n"), 0);
    const unsigned int before = count_descriptors();
    unsigned int n = 1;
    for (;; n++) {
        sys_fault_at(n, EMFILE);
        int status = config_load_file();
        bool happened = sys_fault_happened();
        sys_fault_at(0, 0);
        assert_int_equal(count_descriptors(), before);
        if (!happened) {
            assert_int_equal(status, 0);
            break;
        }
        assert_int_equal(status, -EINVAL);
        assert_int_equal(problems.count, 1);
        assert_non_null(strstr(problems.list[0].text, "Too many open files"));
    }
    assert_int_equal(n, 8); /* open and read of each file, the directory */
}

static void test_problems_are_added_to(void **state)
{
    (void)state;
    struct config *none = NULL;
    assert_int_equal(config_load("/nonexistent/1", &none, &problems), -EINVAL);
    assert_int_equal(config_load("/nonexistent/2", &none, &problems), -EINVAL);
    assert_null(none);
    ASSERT_PROBLEMS("/nonexistent/1: cannot be opened", "/nonexistent/2: cannot be opened");
    config_problems_clear(&problems);
    assert_int_equal(problems.count, 0);
}

/* ---- cameras of requests ---- */

static void test_make_a_camera(void **state)
{
    (void)state;
    static const struct config_setting settings[] = {
        {"input", "rtsp://u:p@host/x"}, {"fps", "7.5"}, {"mask.a", "motion 0,0 1,0 1,1"}};
    struct config_camera camera;
    config_load_good("[defaults]\nloop = yes\nfps = 3\n");
    assert_int_equal(config_camera_make(loaded, "front", settings, 3, &camera, &problems), 0);
    assert_string_equal(camera.name, "front");
    assert_null(camera.file);
    assert_string_equal(camera.input, "rtsp://u:p@host/x");
    assert_true(camera.fps > 7.4 && camera.fps < 7.6 && camera.loop);
    assert_int_equal(camera.mask_count, 1);

    struct config_camera copy;
    assert_int_equal(config_camera_copy(&copy, &camera), 0);
    assert_int_equal(config_camera_compare(&copy, &camera), 0);
    assert_ptr_not_equal(copy.input, camera.input);
    config_camera_fini(&camera);
    assert_string_equal(copy.input, "rtsp://u:p@host/x");
    config_camera_fini(&copy);
}

static void test_make_refuses(void **state)
{
    (void)state;
    static const struct config_setting settings[] = {
        {"widht", "640"},          {"fps", "x"},       {"fps", "5"},
        {"loop", "yes\nfps = 7"},  {"run_dir", "/x"},  {"height", "480"},
        {"pace", "yes ; no"},      {"motion", " yes"}, {"tracker", ""},
        {"rtsp://u:pw@h/?a", "b"},
    };
    struct config_camera camera = {.line = 77};
    config_load_good("");
    assert_int_equal(config_camera_make(loaded, "front", settings, sizeof(settings) / sizeof(*settings),
                                        &camera, &problems),
                     -EINVAL);
    ASSERT_PROBLEMS("widht: is no key: did you mean width?", "fps: is there twice: expected once",
                    "run_dir: does not belong in a camera", "rtsp://u:***@h/?***: is no key",
                    "fps: 'x' is not a number: expected a number from 0.1 to 60 (frames per second)",
                    "loop: 'yes?fps = 7' has a control character or a line break: expected yes or no",
                    "pace: 'yes ; no' has a ';' after white space",
                    "motion: ' yes' begins or ends with white space", "tracker: the value is empty",
                    "height: width is not set", "input: is missing: camera front needs to know");
    assert_int_equal(camera.line, 77);
    config_problems_clear(&problems);
    assert_int_equal(config_camera_make(loaded, "a/b", settings, 0, &camera, &problems), -EINVAL);
    ASSERT_PROBLEMS(
        "a/b: is no name for a camera: expected 1 to 40 letters, digits, _ and -, and not - alone");
}

static void test_make_is_bounded(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static struct config_setting settings[COUNT];
    static char names[COUNT][32];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "mask.m%zu", i);
        settings[i] = (struct config_setting){names[i], "none"};
    }
    struct config_camera camera;
    config_load_good("");
    assert_int_equal(config_camera_make(loaded, "front", settings, COUNT, &camera, &problems), -EINVAL);
    assert_int_equal(problems.count, CONFIG_PROBLEMS_MAX);
    assert_int_equal(problems.count + problems.dropped,
                     COUNT - CONFIG_SETTINGS_MAX + 1); /* the input is missing */
}

static void test_long_texts_in_problems_are_shortened(void **state)
{
    (void)state;
    static char value[3000], key[3000];
    memset(value, 'v', sizeof(value) - 1);
    memset(key, 'k', sizeof(key) - 1);
    memcpy(value + 59, "\xc3\xbc\xc3\xbc", 4); /* a cut after 60 bytes would be within a character */
    const struct config_setting settings[] = {{"fps", value}, {key, "1"}, {"input", "/a"}};
    struct config_camera camera;
    config_load_good("");
    assert_int_equal(config_camera_make(loaded, "front", settings, 3, &camera, &problems), -EINVAL);
    assert_int_equal(problems.count, 2);
    assert_int_equal(strlen(problems.list[0].key), 63);
    assert_true(strlen(problems.list[1].text) < 200);
    assert_null(strchr(problems.list[1].text, '?'));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_fixture_set_up, config_fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_missing_file),
        TEST(test_files_that_are_none),
        TEST(test_huge_files),
        TEST(test_directory_of_cameras),
        TEST(test_files_are_read_in_the_order_of_their_names),
        TEST(test_directories_that_are_none),
        TEST(test_problems_of_several_files),
        TEST(test_cameras_that_are_there_twice),
        TEST(test_as_many_cameras_as_there_can_be),
        TEST(test_slots_of_the_environment),
        TEST(test_every_system_call_can_fail),
        TEST(test_problems_are_added_to),
        TEST(test_make_a_camera),
        TEST(test_make_refuses),
        TEST(test_make_is_bounded),
        TEST(test_long_texts_in_problems_are_shortened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
