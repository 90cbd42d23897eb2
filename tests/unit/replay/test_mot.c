/* MOTChallenge CSV, read and written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay/mot.h"

static char path[] = "/tmp/camd-test-mot.XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_text(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static uint32_t ask(struct mot_detections *detections, uint64_t number, struct detection_list *found)
{
    const struct camd_frame frame = {.frame_id = number};
    const struct camd_box everything = {0, 0, 639, 479};
    const struct detection_port port = mot_port(detections);
    uint32_t answered = 0;
    found->count = 0;
    assert_true(port.every_frame);
    assert_int_equal(port.detect(port.context, &frame, &everything, 1, found, &answered), 0);
    assert_int_equal(answered, 1);
    return found->count;
}

/* In any order, with or without more columns, with empty lines and other line ends. */
static void frames_get_theirs(void **state)
{
    (void)state;
    static struct detection_list found;
    struct mot_detections detections = {0};
    char problem[REPLAY_PROBLEM_BYTES];
    write_text("3,-1,10.4,20.6,30,40,0.5,-1,-1,-1\r\n"
               "\n"
               "1,-1,1,2,3,4,1\n"
               " 3 , 7, -5, 0, 10, 10, 0.25\n"
               "5,-1,1,2,3,4,0.75");
    assert_int_equal(mot_read(&detections, path, problem), 0);
    assert_int_equal(ask(&detections, 1, &found), 1);
    assert_int_equal(ask(&detections, 2, &found), 0);
    assert_int_equal(ask(&detections, 3, &found), 2);
    const struct camd_box first = {10, 21, 40, 61}, second = {-5, 0, 5, 10};
    assert_memory_equal(&found.list[0].box, &first, sizeof(first));
    assert_memory_equal(&found.list[1].box, &second, sizeof(second));
    assert_true(found.list[0].score == 0.5F && found.list[1].score == 0.25F);
    assert_int_equal(ask(&detections, 6, &found), 0); /* 5 was passed over */
    mot_free(&detections);
}

static void empty_file_is_no_detections(void **state)
{
    (void)state;
    static struct detection_list found;
    struct mot_detections detections = {0};
    char problem[REPLAY_PROBLEM_BYTES];
    write_text("");
    assert_int_equal(mot_read(&detections, path, problem), 0);
    assert_int_equal(ask(&detections, 1, &found), 0);
    mot_free(&detections);
}

static void wrong_files_are_told_by_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } wrong_files[] = {
        {"1,-1,1,2,3,4\n", ":1: expected frame,id,left,top,width,height,score"},
        {"1,-1,1,2,3,4,1\nframe,id,x\n", ":2: expected numbers separated by commas"},
        {"1,-1,1,,3,4,1\n", ":1: expected numbers separated by commas"},
        {"1;-1;1;2;3;4;1\n", ":1: expected numbers separated by commas"},
        {"1,-1,1,2,nan,4,1\n", ":1: expected numbers separated by commas"},
        {"1,-1,1,2,inf,4,1\n", ":1: expected numbers separated by commas"},
        {"0,-1,1,2,3,4,1\n", ":1: frames count from 1"},
        {"-3,-1,1,2,3,4,1\n", ":1: frames count from 1"},
        {"1e30,-1,1,2,3,4,1\n", ":1: frames count from 1"},
        {"1,-1,1e12,2,3,4,1\n", ":1: a box in pixels is expected"},
    };
    for (size_t i = 0; i < sizeof(wrong_files) / sizeof(wrong_files[0]); i++) {
        struct mot_detections detections = {0};
        char problem[REPLAY_PROBLEM_BYTES] = "", expected[REPLAY_PROBLEM_BYTES];
        write_text(wrong_files[i].text);
        assert_int_equal(mot_read(&detections, path, problem), -EINVAL);
        assert_null(detections.rows);
        snprintf(expected, sizeof(expected), "%s%s", path, wrong_files[i].problem);
        assert_string_equal(problem, expected);
    }
}

static void too_many_of_a_frame_are_refused(void **state)
{
    (void)state;
    struct mot_detections detections = {0};
    char problem[REPLAY_PROBLEM_BYTES] = "";
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < DETECTIONS_MAX + 1; i++)
        fputs("7,-1,1,2,3,4,1\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(mot_read(&detections, path, problem), -EINVAL);
    assert_non_null(strstr(problem, "detections in frame 7"));
}

static void missing_file_is_told(void **state)
{
    (void)state;
    struct mot_detections detections = {0};
    char problem[REPLAY_PROBLEM_BYTES] = "";
    assert_int_equal(mot_read(&detections, "/nonexistent/detections.csv", problem), -ENOENT);
    assert_string_equal(problem, "/nonexistent/detections.csv: cannot be opened: No such file or directory");
}

/* Only what is shown, as the columns are. */
static void shown_objects_are_written(void **state)
{
    (void)state;
    static struct objects objects;
    struct track *list = objects.tracks.list;
    char *text = NULL;
    size_t bytes = 0;
    for (uint64_t i = 3; i <= 7; i++)
        objects.list[i].id = i + 14;
    list[3] = (struct track){
        .id = 17, .present = true, .confirmed = true, .score = 0.5F, .box = {1.5, 2.25, 11.75, 32.25}};
    list[5] = (struct track){.id = 18, .confirmed = true, .box = {1, 2, 3, 4}};
    list[6] = (struct track){.present = true, .box = {1, 2, 3, 4}}; /* a free place's left-over */
    objects.list[6].id = 0;
    list[7] = (struct track){.id = 21, .present = true, .box = {1, 2, 3, 4}};
    objects.list[7].is_dismissed = true;
    FILE *file = open_memstream(&text, &bytes);
    assert_non_null(file);
    assert_int_equal(mot_write(file, 9, &objects), 0);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, "9,17,1.50,2.25,10.25,30.00,0.500,-1,-1,-1\n");
    free(text);
}

static void full_disk_is_told(void **state)
{
    (void)state;
    static struct objects objects;
    objects.list[0].id = 1;
    objects.tracks.list[0] = (struct track){.id = 1, .present = true, .box = {1, 2, 3, 4}};
    FILE *file = fopen("/dev/full", "w");
    if (!file)
        skip();
    setvbuf(file, NULL, _IONBF, 0);
    assert_int_equal(mot_write(file, 1, &objects), -ENOSPC);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_get_theirs),
        cmocka_unit_test(empty_file_is_no_detections),
        cmocka_unit_test(wrong_files_are_told_by_line),
        cmocka_unit_test(too_many_of_a_frame_are_refused),
        cmocka_unit_test(missing_file_is_told),
        cmocka_unit_test(shown_objects_are_written),
        cmocka_unit_test(full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
