/* Detectors and what cameras say about objects: sections, labels files, elements of families, commands. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/config_command.h"
#include "config_fixture.h"

#define CAMERA "[camera front]\ninput = /a\n"

/* A file with a detector whose labels file is that one. */
static int load_labels(const char *labels)
{
    config_write_file("labels.txt", labels, strlen(labels));
    char *text = text_format("[detector d]\nbackend = /usr/bin/detector\nlabels = %s/labels.txt\n" CAMERA
                             "detector = d\n",
                             config_directory);
    int status = config_load_text(text);
    free(text);
    return status;
}

static void assert_problem(const char *text)
{
    for (size_t i = 0; i < problems.count; i++) {
        char *line = config_problem_text(&problems.list[i]);
        bool is_it = strstr(line, text) != NULL;
        free(line);
        if (is_it)
            return;
    }
    for (size_t i = 0; i < problems.count; i++)
        print_message("%s\n", problems.list[i].text);
    fail_msg("there is no problem: %s", text);
}

static void assert_bad(const char *text, const char *problem)
{
    assert_int_equal(config_load_text(text), -EINVAL);
    assert_problem(problem);
    assert_int_equal(problems.count, 1);
}

static void test_labels_are_read(void **state)
{
    (void)state;
    assert_int_equal(load_labels("person\r\ntraffic light\nb\xc3\xa4r"), 0);
    const struct config_detector *detector = config_detector_find(loaded, loaded->cameras[0].detector);
    assert_non_null(detector);
    assert_int_equal(detector->label_count, 3);
    assert_string_equal(detector->label_list[0], "person");
    assert_string_equal(detector->label_list[1], "traffic light");
    assert_string_equal(detector->label_list[2], "b\xc3\xa4r");
    json_t *json = config_detector_json(detector);
    assert_int_equal(json_array_size(json_object_get(json, "labels")), 3);
    assert_string_equal(json_string_value(json_object_get(json, "backend")), "/usr/bin/detector");
    assert_int_equal(json_integer_value(json_object_get(json, "width")), 320);
    assert_true(json_is_null(json_object_get(json, "mean")));
    json_decref(json);
}

static void test_problems_of_labels_name_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"a\n\nb\n", "labels.txt:2: the line is empty"},
        {"a\nb\na\n", "labels.txt:3: the line is a label that is there already"},
        {"a,b\n", "labels.txt:1: the line has a comma"},
        {"a\x01\n", "labels.txt:1: the line has a comma or a control character"},
        {"\xff\n", "labels.txt:1: the line is not UTF-8 text"},
        {"", "labels.txt: has no labels"},
        {"a2345678901234567890123456789012\n", "labels.txt:1: the line has more than 31 bytes"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(load_labels(cases[i].text), -EINVAL);
        assert_problem(cases[i].problem);
        assert_int_equal(problems.count, 1);
    }
}

static void test_limits_of_labels(void **state)
{
    (void)state;
    char text[8192] = "";
    for (int i = 0; i < CAMD_LABELS_MAX; i++)
        sprintf(text + strlen(text), "label %d\n", i);
    assert_int_equal(load_labels(text), 0);
    strcat(text, "more\n");
    assert_int_equal(load_labels(text), -EINVAL);
    assert_problem("labels.txt:97: the line is one label more than the 96");
    memset(text, 'a', sizeof(text) - 1);
    assert_int_equal(load_labels(text), -EINVAL);
    assert_problem("camd.ini:3: labels: ");
    assert_problem("more than 3 KiB");
}

static void test_labels_that_cannot_be_read(void **state)
{
    (void)state;
    assert_bad("[detector d]\nbackend = /x\nlabels = /nonexistent/l\n",
               "camd.ini:3: labels: /nonexistent/l cannot be read: No such file or directory");
    assert_bad("[detector d]\nbackend = /x\nlabels = /\n", "camd.ini:3: labels: / cannot be read: it is no");
}

/* A mistyped label was taken, and nothing was ever seen. */
static void test_labels_of_cameras_are_those_of_some_detector(void **state)
{
    (void)state;
    static const struct {
        const char *setting, *problem;
    } cases[] = {
        {"objects_track = person, cra",
         "objects_track: no detector has a label cra: expected one of the labels (did you mean car?)"},
        {"filter.persn.min_area = 5",
         "filter.persn.min_area: no detector has a label persn: expected one of the labels (did you mean person?)"},
        {"mask.m = object:carr 0,0 1,0 1,1", "mask.m: no detector has a label carr"},
        {"zone.z = 0,0 1,0 1,1\nzone.z.objects = cart", "zone.z.objects: no detector has a label cart"},
        {"zone.z = 0,0 1,0 1,1\nzone.z.filter.cart.min_area = 5",
         "zone.z.filter.cart.min_area: no detector has a label cart: expected one of the labels (did you mean car?)"},
        {"stationary_max_frames.cart = 5", "stationary_max_frames.cart: no detector has a label cart"},
        {"objects_track = car\nfilter.person.min_area = 5\nmask.m = object 0,0 1,0 1,1\nzone.z = 0,0 1,0 1,1\nzone.z.objects = car",
         NULL},
    };
    config_write_file("labels.txt", "person\ncar\n", strlen("person\ncar\n"));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *text =
            text_format("[detector d]\nbackend = /x\nlabels = %s/labels.txt\n" CAMERA "detector = d\n%s\n",
                        config_directory, cases[i].setting);
        if (cases[i].problem)
            assert_bad(text, cases[i].problem);
        else
            assert_int_equal(config_load_text(text), 0);
        free(text);
    }
    assert_int_equal(config_load_text(CAMERA "detector = motion\nobjects_track = car\n"),
                     0); /* no file of labels */
}

static void test_changed_labels_are_a_change(void **state)
{
    (void)state;
    assert_int_equal(load_labels("a\nb\n"), 0);
    struct config *before = loaded;
    loaded = NULL;
    assert_int_equal(load_labels("a\nc\n"), 0);
    assert_int_equal(config_detector_compare(&before->detectors[0], &loaded->detectors[0]),
                     CONFIG_APPLY_DETECTOR | CONFIG_APPLY_SEGMENTS);
    config_free(before);
}

static void test_what_a_backend_needs(void **state)
{
    (void)state;
    assert_bad("[detector d]\n", "camd.ini:1: backend: is missing: detector d");
    assert_bad("[detector d]\nbackend = opencv\n", "camd.ini:2: backend: 'opencv' is not one of the words");
    assert_bad("[detector d]\nbackend = /x\n", "camd.ini:1: labels: is missing");
    assert_bad("[detector d]\nbackend = motion\nlabels = /x\n",
               "camd.ini:3: labels: the back-end motion has its own");
    assert_int_equal(config_load_text("[detector d]\nbackend = opencv-dnn\n"), -EINVAL);
    assert_problem("camd.ini:1: model: is missing");
    assert_problem("camd.ini:1: labels: is missing");
}

static void test_detectors_that_need_no_section(void **state)
{
    (void)state;
    config_load_good(CAMERA "detector = opencv-hog\n[camera back]\ninput = /b\ndetector = motion\n");
    const struct config_detector *hog = config_detector_find(loaded, "opencv-hog");
    assert_string_equal(hog->label_list[0], "person");
    assert_true(config_detector_has_process(hog));
    assert_false(config_detector_has_process(config_detector_find(loaded, "motion")));
    config_load_good("[detector motion]\nbackend = opencv-hog\nthreads = 2\n" CAMERA "detector = motion\n");
    assert_true(config_detector_has_process(config_detector_find(loaded, "motion")));
}

static void assert_input(const char *name, int64_t width, int64_t height, bool letterbox)
{
    const struct config_detector *detector = config_detector_find(loaded, name);
    assert_int_equal(detector->input_width, width);
    assert_int_equal(detector->input_height, height);
    assert_int_equal(detector->letterbox, letterbox);
}

static void test_inputs_go_with_the_backend(void **state)
{
    (void)state;
    assert_int_equal(load_labels("a\n"), 0);
    assert_input(loaded->cameras[0].detector, 320, 320, false); /* another program */
    config_load_good(CAMERA "detector = opencv-hog\n"
                            "[detector own]\nbackend = opencv-hog\ninput_width = 640\nletterbox = no\n");
    assert_input("opencv-hog", 768, 576, true);
    assert_input("own", 640, 320, false);
}

static void test_detectors_that_there_are_not(void **state)
{
    (void)state;
    assert_bad(
        CAMERA "detector = peopel\n[detector people]\nbackend = opencv-hog\n",
        "camd.ini:3: detector: there is no detector peopel: expected a [detector peopel] in the main file (did you mean people?)");
    assert_bad("[defaults]\ndetector = x\n" CAMERA, "camd.ini:2: detector: there is no detector x");
    assert_bad("[detector d]\nbackend = opencv-hog\n[detector d]\nbackend = motion\n",
               "is there already, in line 1");
    assert_bad("[detector a b]\n", "[detector]: 'a b' is no name for one");
    assert_bad("[detector]\n", "[detector]: it has no name");
    assert_bad("[detector d]\nbackend = motion\nfps = 3\n", "fps: does not belong in a detector");
    assert_bad(CAMERA "backend = motion\n",
               "backend: does not belong in a camera: expected in [detector NAME]");
    assert_bad("[detector d]\nbackend = motion\nmodle = /x\n", "modle: is no key: did you mean model?");
}

static void test_zones(void **state)
{
    (void)state;
    config_load_good(
        "[defaults]\nzone.a = 0,0 1,0 1,1\nzone.a.inertia = 5\n" CAMERA
        "zone.b.loitering_time = 2.5\nzone.b = 0,0 1,0 0,1\nzone.b.objects = car\nzone.a.objects = dog\n"
        "[camera back]\ninput = /b\nzone.a = none\n");
    const struct config_camera *front = &loaded->cameras[0];
    assert_int_equal(front->zone_count, 2);
    assert_string_equal(front->zones[0].name, "a");
    assert_int_equal(front->zones[0].inertia, 5);
    assert_string_equal(front->zones[0].objects, "dog");
    assert_int_equal(front->zones[1].inertia, 3);
    assert_int_equal(front->zones[1].loitering_time_ms, 2500);
    assert_null(loaded->defaults.zones[0].objects);
    assert_int_equal(loaded->cameras[1].zone_count, 0);
    assert_bad(CAMERA "zone.c.inertia = 2\n", "camd.ini:3: zone.c.inertia: there is no zone c");
    assert_bad(
        CAMERA "zone.c.inertai = 2\n",
        "zone.c.inertai: is no key: expected zone.NAME, zone.NAME.inertia, zone.NAME.loitering_time, zone.NAME.objects, zone.NAME.filter.LABEL.KEY, zone.NAME.distances or zone.NAME.speed_threshold");
    assert_bad(CAMERA "zone.c d = 0,0 1,0 1,1\n", "has a name that is none: expected 1 to 40");
}

#define SQUARE "zone.z = 0,0 1,0 1,1 0,1\n"

static void test_filters_of_zones(void **state)
{
    (void)state;
    config_load_good("[defaults]\n" SQUARE "zone.z.filter.person.min_area = 0.1\n" CAMERA
                     "zone.z.filter.person.threshold = 0.9\nzone.z.filter.traffic light.max_ratio = 2\n"
                     "zone.z.filter.a.b.min_score = 0.25\n[camera back]\ninput = /b\n");
    const struct config_zone *zone = &loaded->cameras[0].zones[0];
    assert_int_equal(zone->filter_count, 3);
    assert_string_equal(zone->filters[0].name, "a.b");
    assert_true(zone->filters[0].min_score > .249 && zone->filters[0].threshold < .001);
    assert_string_equal(zone->filters[1].name, "person");
    assert_true(zone->filters[1].min_area > .099 && zone->filters[1].threshold > .89);
    assert_string_equal(zone->filters[2].name, "traffic light");
    assert_int_equal(loaded->cameras[1].zones[0].filter_count, 1);
    assert_int_equal(config_camera_compare(&loaded->cameras[0], &loaded->cameras[0]), 0);
    struct config_camera *other = &loaded->cameras[1];
    struct config_filter *filter = &other->zones[0].filters[0];
    const double before = filter->min_area;
    struct config_camera copy;
    assert_int_equal(config_camera_copy(&copy, other), 0);
    assert_int_equal(config_camera_compare(&copy, other), 0);
    filter->min_area = before + .1;
    assert_int_equal(config_camera_compare(&copy, other), CONFIG_APPLY_LIVE);
    filter->min_area = before;
    config_camera_fini(&copy);

    assert_bad(CAMERA SQUARE "zone.z.filter.person.min_scor = 1\n",
               "zone.z.filter.person.min_scor: is no key: expected zone.NAME, ");
    assert_bad(CAMERA SQUARE "zone.z.filter.person = 1\n", "zone.z.filter.person: is no key");
    assert_bad(
        CAMERA SQUARE "zone.z.filter.person.threshold = 1.1\n",
        "camd.ini:4: zone.z.filter.person.threshold: '1.1' is too large: expected a number from 0 to 1");
    assert_bad(CAMERA SQUARE "zone.z.filter.a,b.threshold = 1\n", "has a label that is not UTF-8 text");
    assert_bad(CAMERA "zone.y.filter.person.threshold = 1\n",
               "zone.y.filter.person.threshold: there is no zone y: expected its corners");
}

static void test_distances(void **state)
{
    (void)state;
    config_load_good(CAMERA SQUARE "zone.z.distances = 4, 12.5 ,4,12.5\nzone.z.speed_threshold = 2.5\n"
                                   "zone.y = 0,1 1,1 0.6,0 0.4,0\nzone.y.distances = 10,25,4,25\n");
    const struct config_zone *zones = loaded->cameras[0].zones;
    assert_true(zones[1].distances.sides[1] == 12.5 && zones[1].speed_threshold == 2.5);
    assert_true(zones[0].distances.sides[2] == 4 && zones[0].speed_threshold == 0);
    static const struct {
        const char *settings, *problem;
    } cases[] = {
        {SQUARE "zone.z.distances = 4,12,4",
         "zone.z.distances: '4,12,4' has fewer than four numbers: expected none or four numbers from 0.1 to 10000 with commas between them (metres)"},
        {SQUARE "zone.z.distances = 4,12,4,12,4", "has more than four numbers"},
        {SQUARE "zone.z.distances = 4,12,4,x", "has something that is not a number"},
        {SQUARE "zone.z.distances = 4,12,4,", "has something that is not a number"},
        {SQUARE "zone.z.distances = 4,12,4,0", "has a number that is too small"},
        {SQUARE "zone.z.distances = 4,12,4,10001", "has a number that is too large"},
        {SQUARE "zone.z.distances = 1,2,3,6",
         "zone.z.distances: distances of the zone z: nothing has these sides"},
        {"zone.z = 0,0 1,0 1,1\nzone.z.distances = 4,12,4,12",
         "camd.ini:4: zone.z.distances: distances of the zone z: it has not four corners"},
        {"zone.z = 0,0 1,0 1,1 0.5,1 0,1\nzone.z.distances = 4,12,4,12", "it has not four corners"},
        {"zone.z = 0,0 1,1 1,0 0,1\nzone.z.distances = 4,12,4,12",
         "its corners are not those of a place on the ground"},
        {"zone.z = 0,0 0.5,0 1,0 0,1\nzone.z.distances = 4,12,4,12", "no three on a line"},
        {"zone.z = 0,0 1,0 0.2,0.2 0,1\nzone.z.distances = 4,12,4,12", "none pointing inwards"},
        {SQUARE "zone.z.speed_threshold = 2",
         "camd.ini:4: zone.z.speed_threshold: the zone z has no distances to measure speed by: expected zone.z.distances = a,b,c,d"},
        {SQUARE "zone.z.distances = 4,12,4,12\nzone.z.speed_threshold = 0", "'0' is too small"},
        {"zone.z.distances = 4,12,4,12", "zone.z.distances: there is no zone z"},
        {"zone.z.speed_threshold = 1", "zone.z.speed_threshold: there is no zone z"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *text = text_format(CAMERA "%s\n", cases[i].settings);
        assert_bad(text, cases[i].problem);
        assert_int_equal(problems.count, 1);
        free(text);
    }
}

/* What is wrong is told where it was written, and once, however many cameras have it from [defaults]. */
static void test_distances_of_the_defaults(void **state)
{
    (void)state;
    assert_bad("[defaults]\nzone.z = 0,0 1,0 1,1\nzone.z.distances = 4,12,4,12\n" CAMERA,
               "camd.ini:3: zone.z.distances: distances of the zone z: it has not four corners");
    assert_int_equal(problems.count, 1);
    assert_bad("[defaults]\n" SQUARE "zone.z.distances = 4,12,4,12\n" CAMERA "zone.z = 0,0 1,0 1,1\n",
               "zone.z: distances of the zone z: it has not four corners");
    assert_bad("[defaults]\n" SQUARE "zone.z.distances = 4,12,4,12\nzone.z.speed_threshold = 3\n" CAMERA
               "zone.z.distances = none\n",
               "zone.z.distances: the zone z has no distances to measure speed by");
    config_load_good("[defaults]\n" SQUARE "zone.z.distances = 4,12,4,12\nzone.z.speed_threshold = 3\n" CAMERA
                     "zone.z = none\n");
}

static void test_stationary_limits(void **state)
{
    (void)state;
    config_load_good("[defaults]\nstationary_max_frames = 600\nstationary_max_frames.car = 50\n" CAMERA
                     "stationary_max_frames.traffic light = none\nstationary_max_frames.a.b = 7\n");
    const struct config_camera *front = &loaded->cameras[0];
    assert_int_equal(front->stationary_max_frames, 600);
    assert_int_equal(front->stationary_limit_count, 3);
    assert_string_equal(front->stationary_limits[0].name, "a.b");
    assert_int_equal(front->stationary_limits[0].frames, 7);
    assert_int_equal(front->stationary_limits[1].frames, 50);
    assert_int_equal(front->stationary_limits[2].frames, 0);
    assert_bad(
        CAMERA "stationary_max_frames.car = 0\n",
        "stationary_max_frames.car: '0' is too small: expected none or a whole number from 1 to 1000000 (frames)");
    assert_bad(CAMERA "stationary_max_frames = x\n", "stationary_max_frames: 'x' is not a number");
    assert_bad(CAMERA "stationary_max_frames. = 5\n", "has a label that is not UTF-8 text");
    assert_bad(CAMERA "stationary_max_frame = 5\n",
               "is no key: expected stationary_max_frames or stationary_max_frames.LABEL");
}

static void test_filters(void **state)
{
    (void)state;
    config_load_good(
        "[defaults]\nfilter.person.min_score = 0.3\n" CAMERA
        "filter.traffic light.max_area = 0.5\nfilter.person.threshold = 0.9\nfilter.a.b.min_ratio = 1\n");
    const struct config_camera *front = &loaded->cameras[0];
    assert_int_equal(front->filter_count, 3);
    assert_string_equal(front->filters[0].name, "a.b");
    assert_string_equal(front->filters[1].name, "person");
    assert_true(front->filters[1].min_score < 0.31 && front->filters[1].threshold > 0.89);
    assert_string_equal(front->filters[2].name, "traffic light");
    assert_bad(CAMERA "filter.person = 3\n", "filter.person: is no key: expected filter.LABEL.min_score, ");
    assert_bad(CAMERA "filter.person.min_scor = 3\n", "is no key: expected filter.LABEL.min_score, ");
}

/* Nothing was said of bounds between which nothing can be: objects of the label were never believed. */
static void test_bounds_of_filters_leave_room(void **state)
{
    (void)state;
    assert_bad(
        CAMERA "filter.person.min_area = 5\nfilter.person.max_area = 3\n",
        "filter.person.min_area: min_area (5) is larger than max_area (3), so that no person would be believed");
    assert_bad(CAMERA "filter.person.max_ratio = 0.5\nfilter.person.min_ratio = 0.6\n",
               "filter.person.min_ratio: min_ratio (0.6) is larger than max_ratio (0.5)");
    assert_bad("[defaults]\nfilter.person.min_area = 0.5\n" CAMERA "filter.person.max_area = 0.25\n",
               "filter.person.max_area: min_area (0.5) is larger than max_area (0.25)");
    assert_bad(
        CAMERA
        "zone.yard = 0,0 1,0 1,1\nzone.yard.filter.car.min_area = 9\nzone.yard.filter.car.max_area = 8\n",
        "zone.yard.filter.car.min_area: min_area (9) is larger than max_area (8), so that no car would come to be in the zone");
    config_load_good(CAMERA "filter.person.min_area = 500\nfilter.person.max_area = 0.5\n"); /* who knows */
    config_load_good(CAMERA "filter.person.min_ratio = 2\nfilter.person.max_ratio = 2\n");
}

/* Found in review: workers could not be told such a name, and were never started. */
static void test_filter_of_a_label_that_is_not_utf8(void **state)
{
    (void)state;
    assert_bad(CAMERA "filter.\xff\xfe.min_score = 0.5\n",
               "has a label that is not UTF-8 text of 1 to 31 bytes");
    config_load_good(CAMERA "filter.f\xc3\xa9lin.min_score = 0.5\n");
    json_t *json = config_camera_json(&loaded->cameras[0], NULL);
    assert_non_null(json_object_get(json_object_get(json, "filters"), "f\xc3\xa9lin"));
    json_decref(json);
}

static void test_frames_have_to_fit_together(void **state)
{
    (void)state;
    assert_bad(CAMERA "min_initialized = 5\nmax_disappeared = 5\n",
               "min_initialized: min_initialized (5) is not less than max_disappeared (5)");
    config_load_good(CAMERA "min_initialized = 5\nmax_disappeared = 6\n");
}

static void test_commands(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words; /* with | between them */
    } cases[] = {
        {"/bin/x", "/bin/x"},
        {"  /bin/x\ta  b ", "/bin/x|a|b"},
        {"/bin/x \"a b\" c\"d e\"f", "/bin/x|a b|cd ef"},
        {"/bin/x \"\" '$HOME' *", "/bin/x||'$HOME'|*"},
        {"/bin/x \"a\\\"b\\\\c\\d\" a\\b", "/bin/x|a\"b\\c\\d|a\\b"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char **words;
        char joined[256] = "";
        assert_null(config_command_split(cases[i].text, &words));
        for (size_t j = 0; words[j]; j++)
            sprintf(joined + strlen(joined), "%s%s", j > 0 ? "|" : "", words[j]);
        assert_string_equal(joined, cases[i].words);
        free(words);
    }
    char many[3 * CONFIG_WORDS_MAX + 4] = "";
    for (int i = 0; i < CONFIG_WORDS_MAX; i++)
        strcat(many, "a ");
    char **words;
    assert_null(config_command_split(many, &words));
    free(words);
    strcat(many, "a");
    assert_string_equal(config_command_split(many, &words), "has too many words");
    assert_string_equal(config_command_split("\"a", &words), "has a quote without an end");
    assert_string_equal(config_command_split(" ", &words), "has no word");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_fixture_set_up, config_fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_labels_are_read),
        TEST(test_problems_of_labels_name_the_line),
        TEST(test_limits_of_labels),
        TEST(test_labels_that_cannot_be_read),
        TEST(test_labels_of_cameras_are_those_of_some_detector),
        TEST(test_changed_labels_are_a_change),
        TEST(test_what_a_backend_needs),
        TEST(test_detectors_that_need_no_section),
        TEST(test_inputs_go_with_the_backend),
        TEST(test_detectors_that_there_are_not),
        TEST(test_zones),
        TEST(test_filters_of_zones),
        TEST(test_bounds_of_filters_leave_room),
        TEST(test_distances),
        TEST(test_distances_of_the_defaults),
        TEST(test_stationary_limits),
        TEST(test_filters),
        TEST(test_filter_of_a_label_that_is_not_utf8),
        TEST(test_frames_have_to_fit_together),
        TEST(test_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
