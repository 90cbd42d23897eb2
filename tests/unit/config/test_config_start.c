/* Starting with a bad file among the cameras', and files that others can write. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "config_fixture.h"

static void write_text(const char *name, const char *text)
{
    config_write_file(name, text, strlen(text));
}

static char *path_of(const char *name)
{
    return text_format("%s/%s", config_directory, name);
}

static void write_main(const char *more)
{
    char *text = text_format("[camd]\ncameras_dir = %s/cameras.d\n%s", config_directory, more);
    write_text("camd.ini", text);
    free(text);
}

/* As the daemon's start does; loaded and problems are the fixture's. */
static int load_start(void)
{
    char *path = path_of("camd.ini");
    config_unload();
    int status = config_load_start(path, &loaded, &problems);
    free(path);
    return status;
}

/* ---- one bad file kept all cameras dark ---- */

static void test_a_bad_file_of_cameras_costs_a_start_only_its_cameras(void **state)
{
    (void)state;
    write_main("[camera main]\ninput = /main\n");
    write_text("cameras.d/front.ini", "[camera front]\ninput = /front\nfpss = 5\n");
    write_text("cameras.d/yard.ini", "[camera yard]\ninput = /yard\n");
    assert_int_equal(load_start(), 0);
    ASSERT_PROBLEMS("cameras.d/front.ini:3: fpss: is no key");
    assert_int_equal(loaded->camera_count, 2);
    assert_non_null(config_camera_find(loaded, "main"));
    assert_non_null(config_camera_find(loaded, "yard"));
    assert_int_equal(loaded->bad_file_count, 1);
    const struct config_bad_file *bad = &loaded->bad_files[0];
    assert_string_equal(bad->name, "front");
    assert_int_equal(bad->line, 3);
    assert_int_equal(bad->further, 0);
    assert_ptr_equal(strstr(bad->problem, "fpss: is no key"), bad->problem);
    assert_non_null(strstr(bad->file, "cameras.d/front.ini"));
}

static void test_reload_and_check_still_refuse_a_bad_file(void **state)
{
    (void)state;
    write_main("");
    write_text("cameras.d/front.ini", "[camera front]\n");
    assert_int_equal(config_load_file(), -EINVAL);
    ASSERT_PROBLEMS("cameras.d/front.ini:1: input: is missing");
}

static void test_a_bad_main_file_refuses_the_start(void **state)
{
    (void)state;
    write_main("nonsense = 1\n");
    write_text("cameras.d/front.ini", "[camera front]\n");
    assert_int_equal(load_start(), -EINVAL);
    ASSERT_PROBLEMS("camd.ini:3: nonsense: is no key", "cameras.d/front.ini:1: input: is missing");
}

static void test_what_was_learnt_of_a_camera_in_a_bad_file_is_known(void **state)
{
    (void)state;
    write_main("");
    write_text("cameras.d/both.ini", "[camera front]\ninput = /f\n[camera back]\nloop = maybe\n");
    assert_int_equal(load_start(), 0);
    assert_int_equal(loaded->camera_count, 0); /* the good half of a file is not believed either */
    assert_true(config_camera_is_known(loaded, "front"));
    assert_true(config_camera_is_known(loaded, "back"));
    assert_true(config_camera_is_known(loaded, "both"));
    assert_false(config_camera_is_known(loaded, "other"));
}

static void test_names_that_stand_for_bad_files(void **state)
{
    (void)state;
    write_main("[camera front]\ninput = /f\n");
    write_text("cameras.d/front.ini", "[camera front]\ninput = /again\n");
    write_text("cameras.d/the back door.ini", "nonsense\n");
    write_text("cameras.d/0123456789012345678901234567890123456789-long.ini", "nonsense\n");
    assert_int_equal(load_start(), 0);
    assert_int_equal(loaded->bad_file_count, 3);
    assert_string_equal(loaded->bad_files[0].name, "0123456789012345678901234567890123456789");
    assert_string_equal(loaded->bad_files[1].name, "front-2");
    assert_string_equal(loaded->bad_files[2].name, "the_back_door");
    assert_int_equal(loaded->camera_count, 1);
    assert_string_equal(loaded->cameras[0].input, "/f");
}

/* ---- a file that others can write names what camd executes ---- */

static void set_mode(const char *name, mode_t mode)
{
    char *path = path_of(name);
    assert_int_equal(chmod(path, mode), 0);
    free(path);
}

static const char program[] = "[camera front]\ninput = /f\ntracker = /usr/local/bin/mine\n";

static void test_programs_in_files_that_others_can_write_are_refused(void **state)
{
    (void)state;
    write_main("[defaults]\non_event = /usr/local/bin/mine\n");
    write_text("cameras.d/front.ini", program);
    assert_int_equal(config_load_file(), 0);
    set_mode("cameras.d/front.ini", 0666);
    assert_int_equal(config_load_file(), -EINVAL);
    ASSERT_PROBLEMS(
        "cameras.d/front.ini:3: tracker: names a program in a file that can be written by everybody");
    set_mode("cameras.d/front.ini", 0600);
    set_mode("cameras.d", 0777);
    assert_int_equal(config_load_file(), -EINVAL);
    ASSERT_PROBLEMS(
        "cameras.d/front.ini:3: tracker: names a program in a file that can be written by everybody");
    set_mode("cameras.d", 0755);
    set_mode("camd.ini", 0662);
    assert_int_equal(config_load_file(), -EINVAL);
    ASSERT_PROBLEMS("camd.ini:4: on_event: names a program in a file that can be written by everybody");
}

static void test_the_owner_of_a_file_can_write_it(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    write_main("");
    write_text("cameras.d/front.ini", program);
    char *path = path_of("cameras.d/front.ini");
    assert_int_equal(chown(path, 4711, 0), 0);
    assert_int_equal(config_load_file(), -EINVAL);
    ASSERT_PROBLEMS(
        "cameras.d/front.ini:3: tracker: names a program in a file that can be written by user 4711");
    assert_int_equal(chown(path, 0, 4711), 0);
    set_mode("cameras.d/front.ini", 0640);
    assert_int_equal(config_load_file(), 0);
    set_mode("cameras.d/front.ini", 0660);
    assert_int_equal(config_load_file(), -EINVAL);
    ASSERT_PROBLEMS(
        "cameras.d/front.ini:3: tracker: names a program in a file that can be written by group 4711");
    free(path);
}

struct warnings {
    char text[1024];
    int count;
};

static void keep_warning(void *context, const char *text)
{
    struct warnings *warnings = context;
    warnings->count++;
    snprintf(warnings->text, sizeof(warnings->text), "%s", text);
}

static void test_what_others_can_write_is_warned_of(void **state)
{
    (void)state;
    struct warnings warnings = {0};
    static const char *const names[] = {"camd.ini", "cameras.d", "cameras.d/front.ini"};
    write_main("");
    write_text("cameras.d/front.ini", "[camera front]\ninput = /f\n");
    assert_int_equal(config_load_file(), 0);
    config_warn(loaded, keep_warning, &warnings);
    assert_int_equal(warnings.count, 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char *path = path_of(names[i]);
        warnings = (struct warnings){0};
        set_mode(names[i], 0777);
        config_warn(loaded, keep_warning, &warnings);
        set_mode(names[i], 0700);
        assert_int_equal(warnings.count, 1);
        assert_non_null(strstr(warnings.text, path));
        assert_non_null(strstr(warnings.text, "everybody (mode 0777)"));
        free(path);
    }
}

/* Nobody was told of a program that others can replace, though who replaces it is executed by camd. */
static void test_programs_that_others_can_replace_are_warned_of(void **state)
{
    (void)state;
    static const char *const keys[] = {"capture", "tracker", "on_event", "on_state", "on_failure"};
    struct warnings warnings = {0};
    char *path = path_of("cameras.d/program"), *directory = path_of("cameras.d");
    write_text("cameras.d/program", "#!/bin/true\n");
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        char *more = text_format("[camera a]\ninput = /f\n%s = %s\n[camera b]\ninput = /f\n%s = %s\n",
                                 keys[i], path, keys[i], path);
        write_main(more);
        free(more);
        set_mode("cameras.d/program", 0755);
        assert_int_equal(config_load_file(), 0);
        config_warn(loaded, keep_warning, &warnings);
        assert_int_equal(warnings.count, 0);
        set_mode("cameras.d/program", 0777);
        config_warn(loaded, keep_warning, &warnings);
        assert_int_equal(warnings.count, 1); /* once for both cameras */
        assert_non_null(strstr(warnings.text, keys[i]));
        assert_non_null(strstr(warnings.text, "it can be written by everybody (mode 0777)"));
        warnings = (struct warnings){0};
        set_mode("cameras.d/program", 0755);
        set_mode("cameras.d", 0777);
        config_warn_camera(&loaded->cameras[0], keep_warning, &warnings);
        set_mode("cameras.d", 0700);
        assert_int_equal(warnings.count, 1);
        assert_non_null(strstr(warnings.text, directory));
        warnings = (struct warnings){0};
    }
    free(path);
    free(directory);
}

/* They were taken without a word. */
static void test_zones_and_masks_on_one_line_are_warned_of(void **state)
{
    (void)state;
    struct warnings warnings = {0};
    write_main("[defaults]\nzone.all = 0,0 0.5,0.5 1,1\n[camera a]\ninput = /f\n[camera b]\ninput = /f\n"
               "zone.all = 0,0 1,0 0.5,0.001\n");
    assert_int_equal(config_load_file(), 0);
    config_warn(loaded, keep_warning, &warnings);
    assert_int_equal(warnings.count, 1); /* of [defaults], and not of each camera that has it from there */
    assert_string_equal(
        warnings.text,
        "zone.all of [defaults] has all its corners on one line, so that nothing is within it: camctl zone makes the line for another");

    warnings = (struct warnings){0};
    write_main("[camera a]\ninput = /f\nmask.clock = motion 0.2,0.3 0.2,0.3 0.2,0.3\nzone.z.inertia = 3\n"
               "zone.z = 0,0 0.5,0.5 1,0\n");
    assert_int_equal(config_load_file(), 0);
    config_warn(loaded, keep_warning, &warnings);
    assert_int_equal(warnings.count, 1);
    assert_non_null(strstr(warnings.text, "mask.clock of a has all its corners on one line"));
    config_warn_camera(&loaded->cameras[0], keep_warning, &warnings);
    assert_int_equal(warnings.count, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_fixture_set_up, config_fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_bad_file_of_cameras_costs_a_start_only_its_cameras),
        TEST(test_reload_and_check_still_refuse_a_bad_file),
        TEST(test_a_bad_main_file_refuses_the_start),
        TEST(test_what_was_learnt_of_a_camera_in_a_bad_file_is_known),
        TEST(test_names_that_stand_for_bad_files),
        TEST(test_programs_in_files_that_others_can_write_are_refused),
        TEST(test_the_owner_of_a_file_can_write_it),
        TEST(test_what_others_can_write_is_warned_of),
        TEST(test_zones_and_masks_on_one_line_are_warned_of),
        TEST(test_programs_that_others_can_replace_are_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
