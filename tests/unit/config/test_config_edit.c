/* Editing a camera's section of a file: only what is to change changes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config_edit.h"
#include "config/config_show.h"
#include "config_fixture.h"

#define CHANGES(...)                                                                                         \
    (const struct config_setting[])                                                                          \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

static struct config_problems found;

static char *edit(const char *text, const struct config_setting *changes, size_t count, int expected)
{
    char *edited = NULL;
    config_problems_clear(&found);
    assert_int_equal(
        config_edit_settings("front.ini", text, strlen(text), "front", changes, count, &edited, &found),
        expected);
    assert_true(expected == 0 ? edited != NULL : !edited);
    assert_true(expected != -EINVAL || found.count > 0);
    return edited;
}

static void becomes(const char *text, const char *key, const char *value, const char *expected)
{
    char *edited = edit(text, CHANGES({key, value}), 1, 0);
    assert_string_equal(edited, expected);
    free(edited);
}

static void refused(const char *text, const char *key, const char *value, const char *words)
{
    edit(text, CHANGES({key, value}), 1, -EINVAL);
    char *problem = config_problem_text(&found.list[0]);
    if (!strstr(problem, words))
        fail_msg("%s: expected %s", problem, words);
    free(problem);
    config_problems_clear(&found);
}

static void test_a_value_is_replaced_in_its_place(void **state)
{
    (void)state;
    becomes("# ours\n[camera front]\n\ninput = a\n; fps was 9\nfps=5\n\n# end\n", "fps", "7",
            "# ours\n[camera front]\n\ninput = a\n; fps was 9\nfps = 7\n\n# end\n");
    becomes("[camera front]\ninput = a\nfps = 5", "fps", "7", "[camera front]\ninput = a\nfps = 7\n");
    becomes("[camera front]\r\ninput = a\r\nfps = 5\r\n", "fps", "7",
            "[camera front]\r\ninput = a\r\nfps = 7\r\n");
    becomes("[camera front]\ninput = a\nfps = 5\n", "fps", "5", "[camera front]\ninput = a\nfps = 5\n");
}

static void test_a_new_setting_comes_last_in_its_section(void **state)
{
    (void)state;
    becomes("[camera front]\ninput = a\n\n# of the back\n[camera back]\ninput = b\n", "fps", "7",
            "[camera front]\ninput = a\nfps = 7\n\n# of the back\n[camera back]\ninput = b\n");
    becomes("[camera front] # title\n# nothing\n", "fps", "7",
            "[camera front] # title\nfps = 7\n# nothing\n");
    becomes("[camera front]\r\ninput = a", "fps", "7", "[camera front]\r\ninput = a\r\nfps = 7\r\n");
    becomes("[camera front]\ninput = lavfi:a\n  ,b\n  # why\n  ,c\n", "fps", "7",
            "[camera front]\ninput = lavfi:a\n  ,b\n  # why\n  ,c\nfps = 7\n");
}

static void test_a_setting_is_taken_out(void **state)
{
    (void)state;
    becomes("[camera front]\ninput = a\n# why\nfps = 5\nloop = yes\n", "fps", NULL,
            "[camera front]\ninput = a\n# why\nloop = yes\n");
    becomes("[camera front]\ninput = a\n", "fps", NULL, "[camera front]\ninput = a\n");
    becomes("[camera front]\ninput = a\nfps = 5", "fps", NULL, "[camera front]\ninput = a\n");
}

static void test_lines_that_go_on_belong_to_their_value(void **state)
{
    static const char text[] = "[camera front]\nzone.door = 0,0 1,0\n    1,1\n# a comment\n\t0,1\nfps = 5\n";
    (void)state;
    becomes(text, "zone.door", "0,0 1,0 1,1",
            "[camera front]\nzone.door = 0,0 1,0 1,1\n# a comment\nfps = 5\n");
    becomes(text, "zone.door", NULL, "[camera front]\n# a comment\nfps = 5\n");
    becomes(text, "fps", "6", "[camera front]\nzone.door = 0,0 1,0\n    1,1\n# a comment\n\t0,1\nfps = 6\n");
}

static void test_several_changes_at_once(void **state)
{
    char *edited = edit("[camera front]\nfps = 5\ninput = a\nloop = yes",
                        CHANGES({"loop", NULL}, {"width", "640"}, {"fps", "6"}, {"height", "480"}), 4, 0);
    (void)state;
    assert_string_equal(edited, "[camera front]\nfps = 6\ninput = a\nwidth = 640\nheight = 480\n");
    free(edited);
}

static void test_only_the_camera_s_section_is_edited(void **state)
{
    (void)state;
    becomes("[camera back]\nfps = 1\n[camera front]\nfps = 1\n[camera side]\nfps = 1\n", "fps", "2",
            "[camera back]\nfps = 1\n[camera front]\nfps = 2\n[camera side]\nfps = 1\n");
    free(edit("[camera back]\nfps = 1\n", CHANGES({"fps", "2"}), 1, -ENOENT));
}

static void test_what_cannot_be_is_refused(void **state)
{
    static const char good[] = "[camera front]\ninput = a\n";
    char huge[CONFIG_VALUE_BYTES + 10];
    (void)state;
    memset(huge, 'x', sizeof(huge) - 1);
    huge[sizeof(huge) - 1] = '\0';
    refused(good, "fps", "5\nenabled = no", "control character or a line break");
    refused(good, "input", huge, "longer than");
    refused(good, "fps", "", "is empty");
    refused(good, "fps", " 5", "white space");
    refused(good, "input", "a ; b", "begin a comment");
    refused(good, "fps\nenabled", "no", "is no key");
    refused(good, "mask.a = motion 0,0 0,1 1,1\nfps", "5", "is no key");
    refused(good, "fsp", "5", "did you mean fps?");
    refused(good, "run_dir", "/x", "does not belong in a camera");
    refused(good, "model", "/x", "does not belong in a camera");
    refused("[camera front]\nfps = 5\nfps = 6\n", "fps", "7",
            "front.ini:3: fps: is there already, in line 2");
    refused("[camera front]\ninput = a\n[camera front]\n", "fps", "7", "front.ini:3");
    refused("[camera front]\nnonsense\n", "fps", "7", "front.ini:2");
    edit(good, CHANGES({"fps", "1"}, {"fps", "2"}), 2, -EINVAL);
    config_problems_clear(&found);
}

static void test_long_values_are_broken_into_lines_that_read_back(void **state)
{
    char value[600] = "lavfi:";
    (void)state;
    while (strlen(value) < sizeof(value) - 20)
        strcat(value, "scale=640:480,");
    strcat(value, "null");
    char *edited = edit("[camera front]\ninput = a\n", CHANGES({"input", value}), 1, 0);
    char *again = edit(edited, CHANGES({"input", "a"}), 1, 0);
    assert_string_equal(again, "[camera front]\ninput = a\n");
    free(edited);
    free(again);
}

static void test_a_camera_gets_another_name(void **state)
{
    static const char text[] =
        "# front is here\n[ camera   front ] ; front\ninput = front\n[camera back]\ninput = b\n";
    char *edited = NULL;
    (void)state;
    assert_int_equal(config_edit_name("x", text, strlen(text), "front", "gate", &edited, &found), 0);
    assert_string_equal(edited,
                        "# front is here\n[camera gate] ; front\ninput = front\n[camera back]\ninput = b\n");
    free(edited);
    edited = NULL;
    assert_int_equal(config_edit_name("x", text, strlen(text), "front", "back", &edited, &found), -EINVAL);
    assert_int_equal(config_edit_name("x", text, strlen(text), "side", "gate", &edited, &found), -ENOENT);
    assert_null(edited);
    config_problems_clear(&found);
}

/* ---- where settings come from ---- */

struct origin {
    const char *key, *value;
    enum config_source source;
    uint32_t line;
    bool seen;
};

static void look_for(void *context, const struct config_shown *shown)
{
    for (struct origin *origin = context; origin->key; origin++) {
        if (strcmp(origin->key, shown->key) != 0)
            continue;
        assert_string_equal(shown->value, origin->value);
        assert_int_equal(shown->source, origin->source);
        assert_int_equal(shown->line, origin->line);
        assert_true((shown->file != NULL) == (shown->line > 0));
        origin->seen = true;
    }
}

static void test_each_setting_has_its_origin(void **state)
{
    struct config_camera camera;
    (void)state;
    config_load_good(
        "[camd]\n[defaults]\nfps = 3\nloop = yes\nmask.sky = motion 0,0 1,0 1,1\nzone.a = 0,0 1,0 1,1\n"
        "[camera front]\ninput = rtsp://u:p@h/x\nfps = 4\nzone.a = none\nzone.b = 0,0 1,0 1,1\nzone.b.inertia = 2\n");
    assert_int_equal(config_camera_overlay(loaded, &loaded->cameras[0],
                                           CHANGES({"fps", "9"}, {"width", "640"}, {"height", "480"}), 3,
                                           &camera, &found),
                     0);
    struct origin origins[] = {
        {"input", "rtsp://u:***@h/x", CONFIG_SOURCE_OWN, 8, false},
        {"fps", "9", CONFIG_SOURCE_RUNTIME, 0, false},
        {"width", "640", CONFIG_SOURCE_RUNTIME, 0, false},
        {"loop", "yes", CONFIG_SOURCE_DEFAULTS, 4, false},
        {"mask.sky", "motion 0,0 1,0 1,1", CONFIG_SOURCE_DEFAULTS, 5, false},
        {"zone.a", "none", CONFIG_SOURCE_OWN, 10, false},
        {"zone.b", "0,0 1,0 1,1", CONFIG_SOURCE_OWN, 11, false},
        {"zone.b.inertia", "2", CONFIG_SOURCE_OWN, 12, false},
        {"autostart", "yes", CONFIG_SOURCE_BUILT_IN, 0, false},
        {NULL, NULL, CONFIG_SOURCE_OWN, 0, false},
    };
    assert_int_equal(config_camera_show(loaded, &camera, false, look_for, origins), 0);
    for (struct origin *origin = origins; origin->key; origin++)
        if (!origin->seen)
            fail_msg("%s was not shown", origin->key);
    config_camera_fini(&camera);
}

static void test_a_change_is_checked_as_the_file_is(void **state)
{
    static const char text[] = "[camera front]\ninput = lavfi:testsrc\n";
    struct config_camera camera;
    char *edited;
    (void)state;
    config_load_good("[camd]\n[defaults]\nrestart_max_delay = 10\n");
    assert_int_equal(config_change_camera(loaded, "/x/front.ini", text, strlen(text), "front",
                                          CHANGES({"fps", "999"}), 1, &edited, &camera, &found),
                     -EINVAL);
    char *problem = config_problem_text(&found.list[0]);
    assert_memory_equal(problem, "fps: ", 5); /* it is in no file */
    free(problem);
    config_problems_clear(&found);
    assert_int_equal(config_change_camera(loaded, "/x/front.ini", text, strlen(text), "front",
                                          CHANGES({"restart_delay", "20"}), 1, &edited, &camera, &found),
                     -EINVAL);
    config_problems_clear(&found);
    assert_int_equal(config_change_camera(loaded, "/x/front.ini", text, strlen(text), "front",
                                          CHANGES({"input", NULL}), 1, &edited, &camera, &found),
                     -EINVAL);
    config_problems_clear(&found);
    assert_int_equal(config_change_camera(loaded, "/x/front.ini", text, strlen(text), "front",
                                          CHANGES({"fps", "9"}), 1, &edited, &camera, &found),
                     0);
    assert_true(camera.fps == 9.0 && camera.fps_is_own);
    assert_string_equal(camera.file, "/x/front.ini");
    config_camera_fini(&camera);
    free(edited);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_value_is_replaced_in_its_place),
        cmocka_unit_test(test_a_new_setting_comes_last_in_its_section),
        cmocka_unit_test(test_a_setting_is_taken_out),
        cmocka_unit_test(test_lines_that_go_on_belong_to_their_value),
        cmocka_unit_test(test_several_changes_at_once),
        cmocka_unit_test(test_only_the_camera_s_section_is_edited),
        cmocka_unit_test(test_what_cannot_be_is_refused),
        cmocka_unit_test(test_long_values_are_broken_into_lines_that_read_back),
        cmocka_unit_test(test_a_camera_gets_another_name),
        cmocka_unit_test_setup_teardown(test_each_setting_has_its_origin, config_fixture_set_up,
                                        config_fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_a_change_is_checked_as_the_file_is, config_fixture_set_up,
                                        config_fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
