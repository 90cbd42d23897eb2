/* Printing: what is printed reads back, secrets are not in it, and the workers' settings. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/config_family.h"
#include "config/config_keys.h"
#include "config/config_line.h"
#include "config_fixture.h"

static char *print(const struct config *config, bool show_secrets)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    config_print(config, out, show_secrets);
    fclose(out);
    return text;
}

/* ---- round trip ---- */

static unsigned int seed;

static unsigned int random_below(unsigned int limit)
{
    seed = seed * 1103515245U + 12345U;
    return (seed >> 8) % limit;
}

static char *random_polygon(const struct config_key *key)
{
    struct config_polygon polygon = {.point_count = 3 + random_below(CONFIG_POINTS_MAX / 2 - 2)};
    if (key->type == &config_type_mask && random_below(2)) {
        polygon.kind = CONFIG_MASK_OBJECT;
        if (random_below(2))
            strcpy(polygon.label, "traffic light");
    }
    for (size_t i = 0; i < polygon.point_count; i++)
        polygon.points[i] = (struct config_point){(float)random_below(1 << 20) / (float)(1 << 20),
                                                  (float)random_below(101) / 100.0F};
    return random_below(4) == 0 ? strdup("none") : key->type->print(key, &polygon);
}

static char *random_string(const struct config_key *key)
{
    static const char letters[] = "abcXYZ0189_.-/@:?&=%#;,'\"[]{}() ";
    char text[CONFIG_VALUE_BYTES];
    size_t limit = key->most > 0 ? (size_t)key->most : 900;
    size_t length = 1 + random_below((unsigned int)limit - 1);
    text[0] = '/';
    for (size_t i = 1; i < length; i++)
        text[i] = letters[random_below(sizeof(letters) - 1)];
    text[length] = '\0';
    return config_line_check(key->name, text) ? strdup("/x") : strdup(text);
}

/* A text that the key takes. */
static char *random_value(const struct config_key *key)
{
    if (key->absent && random_below(3) == 0)
        return strdup(key->absent);
    if (key->type == &config_type_mask || key->type == &config_type_zone)
        return random_polygon(key);
    if (key->type == &config_type_labels)
        return strdup(random_below(2) ? "car, traffic light" : "person");
    if (key->type == &config_type_variables)
        return strdup(random_below(2) ? "http_proxy, LD_LIBRARY_PATH" : "TZ");
    if (key->type == &config_type_numbers)
        return strdup(random_below(2) ? "0.25" : "103.53,116.28,123.675");
    if (key->type == &config_type_command)
        return strdup("/bin/x \"a b\" -c");
    if (key->type == &config_type_name)
        return strdup(random_below(2) ? "motion" : "d0");
    if (key->type == &config_type_bool)
        return strdup(random_below(2) ? "yes" : "no");
    if (key->words) {
        unsigned int count = 0;
        while (key->words[count])
            count++;
        return strdup(key->words[random_below(count)]);
    }
    if (key->type == &config_type_group || key->type == &config_type_user)
        return text_format("name%u", random_below(100));
    if (key->type == &config_type_prefix)
        return text_format("x%u.", random_below(100));
    if (key->type->is_text)
        return random_string(key);
    double part = (double)random_below(1 << 20) / (1 << 20);
    double number = key->least + (key->most - key->least) * part;
    if (key->type == &config_type_real) {
        char text[TEXT_NUMBER_BYTES];
        text_from_double(text, number);
        return strdup(text);
    }
    if (key->type == &config_type_time) {
        unsigned int milliseconds = (unsigned int)(number * 1000 + 0.999);
        return text_format("%u.%03u", milliseconds / 1000, milliseconds % 1000);
    }
    return text_format("%u", (unsigned int)number / 2 * 2 + (number < 2 ? 2 : 0));
}

static bool is_tied(const struct config_key *key);

/* Those of a family with that whole name: some elements, some of their settings. */
static void print_random_elements(FILE *out, const char *family_name, const struct config_family *family)
{
    unsigned int count = random_below(4);
    for (unsigned int i = 0; i < count; i++) {
        for (size_t j = 0; j < family->key_count; j++) {
            const struct config_key *member = &family->keys[j];
            char name[CONFIG_KEY_BYTES + 1];
            bool is_first = *member->name == '\0';
            snprintf(name, sizeof(name), "%s.m%u%s%s", family_name, i, is_first ? "" : ".", member->name);
            if (member->family)
                print_random_elements(out, name, member->family);
            if (member->family || is_tied(member))
                continue;
            char *value = random_value(member);
            bool is_none = strcmp(value, "none") == 0;
            if (is_first || random_below(2))
                config_line_write(out, name, value);
            free(value);
            if (is_first && is_none && family->key_count > 1)
                break;
        }
    }
}

static bool is_tied(const struct config_key *key)
{
    static const char *const names[] = {
        "width",       "height",          "restart_delay",   "restart_max_delay",
        "cameras_dir", "min_initialized", "password_file",   "backend",
        "labels",      "distances",       "speed_threshold", "min_area",
        "min_ratio"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(key->name, names[i]) == 0)
            return true;
    }
    return false;
}

static void print_random_settings(FILE *out, enum config_place place)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        bool is_needed = key->type == &config_type_input;
        if (!(key->places & place) || is_tied(key) || (!is_needed && random_below(2) == 0))
            continue;
        if (key->family) {
            print_random_elements(out, key->name, key->family);
            continue;
        }
        char *value = random_value(key);
        config_line_write(out, key->name, value);
        free(value);
    }
    if (place & (CONFIG_PLACE_CAMD | CONFIG_PLACE_DETECTOR))
        return;
    if (random_below(2))
        fprintf(out, "width = %u\nheight = %u\n", 16 + 2 * random_below(500), 16 + 2 * random_below(500));
    if (random_below(2)) {
        unsigned int delay = random_below(3600000);
        fprintf(out, "restart_delay = %u.%03u\nrestart_max_delay = %u.%03u\n", delay / 1000, delay % 1000,
                delay / 1000, delay % 1000);
    }
}

static char *random_text(void)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    fputs("[camd]\n", out);
    print_random_settings(out, CONFIG_PLACE_CAMD);
    for (unsigned int i = 0; i < 2; i++) {
        fprintf(out, "[detector d%u]\nbackend = %s\n", i, random_below(2) ? "opencv-hog" : "motion");
        print_random_settings(out, CONFIG_PLACE_DETECTOR);
    }
    unsigned int cameras = random_below(4);
    for (unsigned int i = 0; i < cameras; i++) {
        fprintf(out, "[camera c%u]\n", i);
        print_random_settings(out, CONFIG_PLACE_CAMERA);
    }
    fputs("[defaults]\n", out);
    print_random_settings(out, CONFIG_PLACE_DEFAULTS);
    fclose(out);
    return text;
}

static void assert_same(const struct config *a, const struct config *b)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (key->places & CONFIG_PLACE_DETECTOR)
            continue;
        bool is_same = key->places & CONFIG_PLACE_CAMD
                           ? config_value_is_equal(key, a, b)
                           : config_value_is_equal(key, &a->defaults, &b->defaults);
        if (!is_same)
            fail_msg("%s is another one", key->name);
    }
    assert_int_equal(a->detector_count, b->detector_count);
    for (size_t i = 0; i < a->detector_count; i++) {
        assert_string_equal(a->detectors[i].name, b->detectors[i].name);
        assert_int_equal(config_detector_compare(&a->detectors[i], &b->detectors[i]), 0);
    }
    assert_int_equal(a->camera_count, b->camera_count);
    for (size_t i = 0; i < a->camera_count; i++) {
        assert_string_equal(a->cameras[i].name, b->cameras[i].name);
        assert_int_equal(config_camera_compare(&a->cameras[i], &b->cameras[i]), 0);
    }
}

static void test_random_configurations_read_back(void **state)
{
    (void)state;
    for (unsigned int round = 0; round < 300; round++) {
        seed = round;
        char *text = random_text();
        config_load_good(text);
        struct config *before = loaded;
        loaded = NULL;
        char *printed = print(before, true);
        config_load_good(printed);
        assert_same(before, loaded);
        config_free(before);
        free(printed);
        free(text);
    }
}

/* A password that was written where the name of its file belongs was quoted in the problem. */
static void test_a_password_in_the_place_of_its_file_is_not_quoted(void **state)
{
    static const char *const values[] = {"geheim", "ge/heim", "~/geheim", "geheim /x", "./geheim"};
    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        char *text = text_format("[camera front]\ninput = rtsp://a@h/\npassword_file = %s\n", values[i]);
        assert_int_equal(config_load_text(text), -EINVAL);
        ASSERT_PROBLEMS("camd.ini:3: password_file: the value (not shown) does not begin with /");
        assert_null(strstr(problems.list[0].text, "geheim"));
        free(text);
    }
}

/* As many elements of every family as there can be, with the longest names, and everything written. */
static void print_all_elements(FILE *out, const char *family_name, const struct config_family *family,
                               char letter)
{
    for (size_t i = 0; i < family->most; i++) {
        int length = family->has_points ? CAMD_LABEL_BYTES - 1 : CAMD_NAME_MAX;
        for (size_t j = 0; j < family->key_count; j++) {
            const struct config_key *member = &family->keys[j];
            char *name = text_format("%s.%c%0*zu%s%s", family_name, letter, length - 1, i,
                                     *member->name ? "." : "", member->name);
            if (member->family)
                print_all_elements(out, name, member->family, letter);
            else
                config_line_write(out, name,
                                  member->type == &config_type_mask   ? "motion 0.1,0.1 0.9,0.1 0.5,0.9"
                                  : member->type == &config_type_zone ? "0.1,0.1 0.9,0.1 0.9,0.9 0.1,0.9"
                                  : *member->name                     ? member->standard
                                                                      : "1000");
            free(name);
        }
    }
}

/* The printed form of a valid file could have more settings, or longer keys, than a file may have. */
static void test_whatever_can_be_written_reads_back_when_it_is_printed(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    for (int camera = 0; camera < 2; camera++) {
        fprintf(out,
                camera ? "[camera front]\ninput = /a.mp4\n" : "[camd]\ncameras_dir = none\n[defaults]\n");
        for (size_t i = 0; i < config_key_count; i++) {
            const struct config_key *key = &config_keys[i];
            if (!(key->places & CONFIG_PLACE_CAMERA))
                continue;
            bool is_new =
                camera && key->family && config_family_has_value(key->family) && !key->family->has_points;
            /* those of [defaults] are taken away first, or there would be too many */
            for (size_t j = 0; is_new && j < key->family->most; j++)
                fprintf(out, "%s.a%0*zu = none\n", key->name, CAMD_NAME_MAX - 1, j);
            if (key->family)
                print_all_elements(out, key->name, key->family, is_new ? 'b' : 'a');
        }
    }
    fclose(out);
    config_load_good(text);
    struct config *before = loaded;
    loaded = NULL;
    char *printed = print(before, true);
    config_load_good(printed);
    assert_same(before, loaded);
    config_free(before);
    free(printed);
    free(text);
}

/* Printed into one file, they would be there twice when the directory was read again. */
static void test_cameras_of_several_files_read_back(void **state)
{
    (void)state;
    config_write_file("cameras.d/a.ini", "[camera a]\ninput = /a\n", 22);
    char *text =
        text_format("[camd]\ncameras_dir = %s/cameras.d\n[camera main]\ninput = /m\n", config_directory);
    config_load_good(text);
    free(text);
    struct config *before = loaded;
    loaded = NULL;
    char *printed = print(before, true);
    assert_non_null(strstr(printed, "\ncameras_dir = none\n"));
    assert_non_null(strstr(printed, "/cameras.d: its cameras are below\n"));
    assert_non_null(strstr(printed, "/cameras.d/a.ini:1\n[camera a]\n"));
    config_load_good(printed);
    assert_int_equal(loaded->camera_count, 2);
    assert_int_equal(config_camera_compare(&loaded->cameras[1], &before->cameras[1]), 0);
    free(printed);
    config_free(before);
}

static void test_defaults_are_written_out(void **state)
{
    (void)state;
    config_load_good("[camera front]\ninput = /a\n[detector d]\nbackend = opencv-hog\n");
    char *printed = print(loaded, true);
    for (size_t i = 0; i < config_key_count; i++) {
        char *line = text_format("\n%s = ", config_keys[i].name);
        bool is_printed = strstr(printed, line) != NULL;
        free(line);
        if (!is_printed && !config_keys[i].family)
            fail_msg("%s is not printed", config_keys[i].name);
    }
    assert_non_null(strstr(printed, "\ncameras_dir = /nonexistent/camd/cameras.d\n"));
    free(printed);
}

static void test_masks_that_a_camera_does_not_have(void **state)
{
    (void)state;
    config_load_good("[defaults]\nmask.a = motion 0,0 1,0 1,1\n[camera front]\ninput = /a\nmask.a = none\n");
    char *printed = print(loaded, true);
    assert_non_null(strstr(printed, "\nmask.a = none\n"));
    config_load_good(printed);
    assert_int_equal(loaded->cameras[0].mask_count, 0);
    assert_int_equal(loaded->defaults.mask_count, 1);
    free(printed);
}

static void test_secrets_are_not_printed(void **state)
{
    (void)state;
    config_load_good("[camera front]\ninput = rtsp://user:hunter2@host/x?token=hunter2\n");
    char *printed = print(loaded, false);
    assert_null(strstr(printed, "hunter2"));
    assert_non_null(strstr(printed, "\ninput = rtsp://user:***@host/x?token=***\n"));
    char *shown = print(loaded, true);
    assert_non_null(strstr(shown, "\ninput = rtsp://user:hunter2@host/x?token=hunter2\n"));
    config_load_good(printed);
    free(printed);
    free(shown);
}

static void test_files_of_cameras_read_back(void **state)
{
    (void)state;
    static const struct config_setting settings[] = {
        {"input", "rtsp://user:hunter2@host/x"}, {"fps", "07.50"}, {"mask.a", "motion 0,0 1,0 1,1"}};
    char *text = config_camera_file_text("front", settings, 3);
    assert_string_equal(text, "[camera front]\ninput = rtsp://user:hunter2@host/x\nfps = 07.50\n"
                              "mask.a = motion 0,0 1,0 1,1\n");
    struct config_camera made;
    config_load_good(text);
    assert_int_equal(config_camera_make(loaded, "front", settings, 3, &made, &problems), 0);
    assert_int_equal(config_camera_compare(&made, &loaded->cameras[0]), 0);
    config_camera_fini(&made);
    free(text);
}

/* `camctl remove` deleted what an administrator had added to the file by hand. */
static void test_what_camctl_did_not_write_is_seen(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line; /* 0: all is camctl's */
        const char *foreign;
    } cases[] = {
        {"[camera front]\ninput = x\nmask.a = motion 0,0 1,0\n    1,1\n", 0, NULL},
        {"[camera front]\r\ninput = x\r\n\r\n", 0, NULL},
        {"[camera\t front]\ninput = x", 0, NULL},
        {"[camera front]\ninput = x\n    [0]\n", 0, NULL}, /* a value goes on */
        {"", 0, NULL},
        {"[camera front]\ninput = x\n[camera back]\ninput = y\n", 3, "another section"},
        {"[camera front]\ninput = x\n  [camera back]\n", 3, "another section"},
        {"[camera front]\ninput = x\n[camera front]\n", 3, "another section"},
        {"[camera front2]\ninput = x\n", 1, "another section"},
        {"[defaults]\nfps = 1\n[camera front]\ninput = x\n", 1, "another section"},
        {"\n# hall\n[camera front]\ninput = x\n", 2, "a comment"},
        {"[camera front]\ninput = x\n   ; old: y\n", 3, "a comment"},
        {"[camera front] ; hall\ninput = x\n", 1, "a comment"},
        {"[camera front]\ninput = x ; hall\n", 2, "a comment"},
        {"fps = 1\n[camera front]\ninput = x\n", 1, "a setting outside of the camera's section"},
        {"\xef\xbb\xbf[camera front]\ninput = x\n", 1, "a setting outside of the camera's section"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t line = 0;
        const char *foreign = config_camera_file_foreign("front", cases[i].text, &line);
        if (cases[i].line == 0) {
            assert_null(foreign);
            continue;
        }
        assert_non_null(foreign);
        assert_string_equal(foreign, cases[i].foreign);
        assert_int_equal(line, cases[i].line);
    }
}

/* ---- the workers' settings ---- */

static void test_settings_of_workers(void **state)
{
    (void)state;
    config_load_good(
        "[camera front]\ninput = rtsp://u:p@h/x\nmotion_off_delay = 2.5\nwidth = 640\nheight = 480\n"
        "mask.b = object:traffic light 0,0 1,0 0.5,0.25\nmask.a = 0,0 1,0 1,1 0,1\ncapture = /c\n"
        "objects_track = person, car\nfilter.car.min_area = 0.25\nzone.z.objects = car\nzone.z = 0,0 1,0 1,1\n"
        "zone.y = 0,0 1,0 1,1 0,1\nzone.y.filter.traffic light.max_ratio = 2\nzone.y.filter.a.b.threshold = 0.5\n"
        "zone.y.distances = 4, 12.5,4,12.5\nzone.y.speed_threshold = 2.5\nstationary_max_frames = 600\n"
        "stationary_max_frames.car = none\nstationary_max_frames.a.b = 20\n"
        "max_disappeared = 7\ndetector = d\n[detector d]\nbackend = opencv-hog\nletterbox = yes\n"
        "input_width = 64\ninput_height = 128\n");
    json_t *json = config_camera_json(&loaded->cameras[0], config_detector_find(loaded, "d"));
    json_t *expected = json_loads(
        "{\"input\": \"rtsp://u:p@h/x\", \"width\": 640, \"height\": 480, \"fps\": 5.0, \"fps_is_own\": false, \"loop\": false,"
        "\"pace\": true, \"colours\": \"auto\", \"rtsp_transport\": \"tcp\", \"hwaccel\": \"none\", \"open_timeout\": 10.0, \"read_timeout\": 10.0,"
        "\"max_memory\": 1024, \"frozen_timeout\": 10.0, \"black_timeout\": 10.0, \"covered_timeout\": 10.0, \"idle_decode\": 0.0,"
        "\"motion\": true, \"motion_threshold\": 30, \"motion_contour_area\": 10, \"motion_frame_height\": 100,"
        "\"motion_frame_alpha\": 0.01, \"motion_lightning_threshold\": 0.8, \"motion_skip_threshold\": null,"
        "\"motion_improve_contrast\": true, \"motion_ignore_light\": true, \"motion_ignore_restless\": true, \"motion_off_delay\": 2.5, \"masks\": ["
        "{\"name\": \"a\", \"kind\": \"motion\", \"label\": null, \"points\": [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]},"
        "{\"name\": \"b\", \"kind\": \"object\", \"label\": \"traffic light\", \"points\": [[0.0, 0.0], [1.0, 0.0], [0.5, 0.25]]}],"
        "\"objects_track\": [\"person\", \"car\"], \"filters\": {\"car\": {\"min_score\": 0.5, \"threshold\": 0.7,"
        "\"min_area\": 0.25, \"max_area\": 24000000.0, \"min_ratio\": 0.0, \"max_ratio\": 24000000.0}},"
        "\"stationary_max_frames\": 600, \"stationary_max_frames_by_label\": {\"car\": null, \"a.b\": 20},"
        "\"zones\": [{\"name\": \"y\", \"points\": [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], \"inertia\": 3,"
        "\"loitering_time\": 0.0, \"objects\": [], \"distances\": [4.0, 12.5, 4.0, 12.5], \"speed_threshold\": 2.5,"
        "\"filters\": {\"traffic light\": {\"min_score\": 0.0, \"threshold\": 0.0, \"min_area\": 0.0,"
        "\"max_area\": 24000000.0, \"min_ratio\": 0.0, \"max_ratio\": 2.0}, \"a.b\": {\"min_score\": 0.0,"
        "\"threshold\": 0.5, \"min_area\": 0.0, \"max_area\": 24000000.0, \"min_ratio\": 0.0, \"max_ratio\": 24000000.0}}},"
        "{\"name\": \"z\", \"points\": [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]], \"inertia\": 3,"
        "\"loitering_time\": 0.0, \"objects\": [\"car\"], \"filters\": {}, \"distances\": null,"
        "\"speed_threshold\": null}],"
        "\"detector\": {\"name\": \"d\", \"backend\": \"opencv-hog\", \"width\": 64, \"height\": 128,"
        "\"letterbox\": true, \"colour_order\": null}, \"max_regions\": 8, \"detection_budget\": 0.5,"
        "\"stationary_interval\": 0, \"stationary_threshold\": 0, \"max_disappeared\": 7,"
        "\"min_initialized\": 0}",
        0, NULL);
    assert_non_null(expected);
    char *text = json_dumps(json, JSON_SORT_KEYS);
    char *expected_text = json_dumps(expected, JSON_SORT_KEYS);
    assert_string_equal(text, expected_text);
    free(text);
    free(expected_text);
    json_decref(json);
    json_decref(expected);
}

/* It has to fit into a message of 64 KiB, with room for what comes with it. */
static void test_the_largest_settings_fit_into_a_message(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length;
    char input[CONFIG_VALUE_BYTES];
    memset(input, '"', sizeof(input) - 1); /* two bytes in JSON */
    input[0] = '/';
    input[sizeof(input) - 1] = '\0';
    FILE *out = open_memstream(&text, &length);
    fputs("[camera front]\n", out);
    config_line_write(out, "input", input);
    for (unsigned int i = 0; i < CONFIG_MASKS_MAX; i++) {
        struct config_polygon mask = {.point_count = CONFIG_CORNERS_MAX / CONFIG_MASKS_MAX};
        char name[CONFIG_KEY_BYTES + 1];
        for (unsigned int j = 0; j < mask.point_count; j++)
            mask.points[j] = (struct config_point){0.9999F - (float)i / 1e4F - (float)(j % 2) / 10.0F,
                                                   0.00012345678F + (float)j / 1e6F};
        snprintf(name, sizeof(name), "mask.%040u", i);
        char *value = config_type_mask.print(NULL, &mask);
        config_line_write(out, name, value);
        free(value);
    }
    fclose(out);
    config_load_good(text);
    free(text);
    json_t *json = config_camera_json(&loaded->cameras[0], NULL);
    text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    print_message("%zu bytes\n", strlen(text));
    assert_in_range(strlen(text), 50000, 65536 - 4096);
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_fixture_set_up, config_fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_random_configurations_read_back),
        TEST(test_whatever_can_be_written_reads_back_when_it_is_printed),
        TEST(test_a_password_in_the_place_of_its_file_is_not_quoted),
        TEST(test_cameras_of_several_files_read_back),
        TEST(test_defaults_are_written_out),
        TEST(test_masks_that_a_camera_does_not_have),
        TEST(test_secrets_are_not_printed),
        TEST(test_files_of_cameras_read_back),
        TEST(test_what_camctl_did_not_write_is_seen),
        TEST(test_settings_of_workers),
        TEST(test_the_largest_settings_fit_into_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
