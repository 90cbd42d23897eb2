/* test_overrides.c - when what enable and disable said is on the disk, and how long it is kept; the writing is the test's */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "daemon/disk/overrides.h"
#include "daemon/disk/persist.h"

enum { KEEP_S = 30 * 86400 };
static const int64_t now_s = INT64_C(1769862896); /* 2026-01-31 */

/* ---- a disk that answers when it is told to ---- */

static struct {
    char *text; /* being written, or NULL */
    persist_done *done;
    void *context;
    int refuses; /* -errno of persist_write */
    unsigned int writes;
} disk;

static char directory[64], path[128];

int persist_write(struct persist *persist, const char *to, const void *data, size_t size, mode_t mode,
                  persist_done *done, void *context)
{
    (void)persist;
    assert_string_equal(to, path);
    assert_int_equal(mode, 0600);
    assert_null(disk.text); /* one at a time */
    if (disk.refuses < 0)
        return disk.refuses;
    disk.text = strndup(data, size);
    disk.done = done;
    disk.context = context;
    disk.writes++;
    return 0;
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void answer(int error)
{
    assert_non_null(disk.text);
    if (error == 0)
        write_file(disk.text);
    free(disk.text);
    disk.text = NULL;
    disk.done(disk.context, error);
}

static void check_file(const char *expected)
{
    char text[512] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

/* ---- somebody who waits ---- */

struct answered {
    unsigned int calls;
    int error;
};

static void note(void *context, int error)
{
    struct answered *answered = context;
    answered->calls++;
    answered->error = error;
}

static int setup(void **state)
{
    struct overrides *overrides = NULL;
    log_set_level(LOG_ERROR);
    memset(&disk, 0, sizeof(disk));
    strcpy(directory, "/tmp/camd-overrides-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof(path), "%s/enabled.json", directory);
    *state = overrides;
    return overrides_new(&overrides, directory, NULL) == 0 && (*state = overrides) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    char aside[160];
    overrides_free(*state);
    free(disk.text);
    unlink(path);
    snprintf(aside, sizeof(aside), "%s.damaged", path);
    unlink(aside);
    return rmdir(directory);
}

static struct overrides *reopen(void **state)
{
    struct overrides *overrides = NULL;
    overrides_free(*state);
    assert_int_equal(overrides_new(&overrides, directory, NULL), 0);
    *state = overrides;
    return overrides;
}

/* ---- on the disk ---- */

/* Acknowledged and forgotten: 12 of 50 were, after a kill -9 right after the answer. */
static void test_answered_when_it_is_on_the_disk(void **state)
{
    struct overrides *overrides = *state;
    struct answered answered = {0, 1};
    assert_true(overrides_enabled(overrides, "front", true));
    assert_int_equal(overrides_set(overrides, "front", false, NULL, note, &answered), 1);
    assert_false(overrides_enabled(overrides, "front", true));
    assert_int_equal(answered.calls, 0);
    answer(0);
    assert_int_equal(answered.calls, 1);
    assert_int_equal(answered.error, 0);
    check_file("{\"front\":false}");
    /* what the file says needs no writing */
    assert_int_equal(overrides_set(overrides, "front", false, NULL, note, &answered), 0);
    assert_int_equal(disk.writes, 1);
    assert_false(overrides_enabled(reopen(state), "front", true));
}

static void test_said_during_a_write_is_answered_by_the_next(void **state)
{
    struct overrides *overrides = *state;
    struct answered first = {0, 1}, second = {0, 1}, third = {0, 1};
    assert_int_equal(overrides_set(overrides, "a", false, NULL, note, &first), 1);
    assert_int_equal(overrides_set(overrides, "b", true, NULL, note, &second), 1);
    assert_int_equal(overrides_set(overrides, "a", true, NULL, note, &third), 1);
    answer(0);
    assert_int_equal(first.calls, 1);
    assert_int_equal(second.calls + third.calls, 0);
    answer(0);
    assert_int_equal(first.calls, 1);
    assert_int_equal(second.calls, 1);
    assert_int_equal(third.calls, 1);
    assert_int_equal(disk.writes, 2); /* together */
    check_file("{\"a\":true,\"b\":true}");
}

static void test_failure_is_told_and_tried_again_when_asked(void **state)
{
    struct overrides *overrides = *state;
    struct answered first = {0, 1}, second = {0, 1};
    assert_int_equal(overrides_set(overrides, "front", false, NULL, note, &first), 1);
    answer(-ENOSPC);
    assert_int_equal(first.error, -ENOSPC);
    assert_non_null(strstr(overrides_problem(overrides), "cannot write"));
    assert_false(overrides_enabled(overrides, "front", true)); /* it counts, as long as camd runs */
    assert_null(disk.text);
    assert_int_equal(overrides_set(overrides, "front", false, NULL, note, &second),
                     1); /* not on the disk: the same again */
    answer(0);
    assert_int_equal(second.error, 0);
    assert_null(overrides_problem(overrides));
    check_file("{\"front\":false}");
}

static void test_refused_write_is_told(void **state)
{
    struct overrides *overrides = *state;
    struct answered answered = {0, 1};
    disk.refuses = -ENOBUFS;
    assert_int_equal(overrides_set(overrides, "front", false, NULL, note, &answered), -ENOBUFS);
    assert_int_equal(overrides_set(overrides, "front", false, NULL, NULL, NULL), -ENOBUFS);
    disk.refuses = 0;
    assert_int_equal(overrides_set(overrides, "front", true, NULL, note, &answered), 1);
    disk.refuses = -ENOBUFS; /* now the write after that one */
    struct answered later = {0, 1};
    assert_int_equal(overrides_set(overrides, "front", false, NULL, note, &later), 1);
    answer(0);
    assert_int_equal(answered.error, 0);
    assert_int_equal(later.error, -ENOBUFS);
    assert_int_equal(answered.calls + later.calls, 2);
}

/* That one camera's could not be written is nothing to another one. */
static void test_forgetting_what_is_not_there_needs_no_disk(void **state)
{
    struct overrides *overrides = *state;
    assert_int_equal(overrides_set(overrides, "front", false, NULL, NULL, NULL), 1);
    answer(-EROFS);
    assert_int_equal(overrides_forget(overrides, "back", note, NULL), 0);
    assert_int_equal(overrides_forget(overrides, "front", note, NULL), 0);
    assert_int_equal(disk.writes, 1);
}

static void test_forget(void **state)
{
    struct overrides *overrides = *state;
    struct answered answered = {0, 1};
    assert_int_equal(overrides_set(overrides, "front", false, NULL, NULL, NULL), 1);
    /* before it is known whether the file has it */
    assert_int_equal(overrides_forget(overrides, "front", note, &answered), 1);
    assert_true(overrides_enabled(overrides, "front", true));
    answer(0);
    assert_int_equal(answered.calls, 0);
    answer(0);
    assert_int_equal(answered.calls, 1);
    check_file("{}");
}

static void test_freed_while_it_is_written(void **state)
{
    struct overrides *overrides = *state;
    struct answered answered = {0, 1};
    overrides_set(overrides, "a", false, NULL, note, &answered);
    overrides_set(overrides, "b", false, NULL, note, &answered);
    reopen(state);
    assert_int_equal(answered.calls, 0);
}

/* ---- cameras that are gone ---- */

static bool is_front(void *context, const char *camera)
{
    (void)context;
    return strcmp(camera, "front") == 0;
}

static bool is_none(void *context, const char *camera)
{
    (void)context;
    (void)camera;
    return false;
}

/* It was kept for ever, and a new camera of the name was disabled. */
static void test_absent_one_expires(void **state)
{
    struct overrides *overrides = *state;
    overrides_set(overrides, "front", false, NULL, NULL, NULL);
    answer(0);
    overrides_look(overrides, KEEP_S, now_s, is_none, NULL);
    answer(0);
    check_file("{\"front\":{\"enabled\":false,\"absent_since\":1769862896}}");
    overrides = reopen(state); /* the time goes on over restarts */
    overrides_look(overrides, KEEP_S, now_s + KEEP_S - 1, is_none, NULL);
    assert_null(disk.text);
    assert_false(overrides_enabled(overrides, "front", true));
    /* one that comes after its time is another camera */
    overrides_look(overrides, KEEP_S, now_s + KEEP_S, is_front, NULL);
    assert_true(overrides_enabled(overrides, "front", true));
    answer(0);
    check_file("{}");
}

/* The first look with a clock that was ahead by years removed all that was kept for absent cameras. */
static void test_clock_ahead_by_years_removes_nothing(void **state)
{
    struct overrides *overrides = *state;
    const int64_t years_s = 10 * (int64_t)365 * 86400;
    overrides_set(overrides, "front", false, NULL, NULL, NULL);
    answer(0);
    overrides_look(overrides, KEEP_S, now_s, is_none, NULL);
    answer(0);
    overrides_look(overrides, KEEP_S, now_s + years_s, is_none, NULL);
    answer(0);
    overrides = reopen(state);
    overrides_look(overrides, KEEP_S, now_s + 1, is_none, NULL); /* it was set right */
    answer(0);
    assert_false(overrides_enabled(overrides, "front", true));
    overrides_look(overrides, KEEP_S, now_s + KEEP_S + 1, is_none, NULL);
    assert_true(overrides_enabled(overrides, "front", true));
    answer(0);
}

static void test_one_that_comes_back_in_time_is_as_it_was(void **state)
{
    struct overrides *overrides = *state;
    overrides_set(overrides, "front", false, NULL, NULL, NULL);
    answer(0);
    overrides_look(overrides, KEEP_S, now_s, is_none, NULL);
    answer(0);
    overrides_look(overrides, KEEP_S, now_s + KEEP_S - 1, is_front, NULL);
    answer(0);
    check_file("{\"front\":false}");
    overrides_look(overrides, KEEP_S, now_s + 10 * KEEP_S, is_front, NULL); /* its time begins again */
    assert_false(overrides_enabled(overrides, "front", true));
    assert_null(disk.text);
}

static void test_clock_that_is_not_set_or_set_back(void **state)
{
    struct overrides *overrides = *state;
    overrides_set(overrides, "front", false, NULL, NULL, NULL);
    answer(0);
    overrides_look(overrides, KEEP_S, 1000, is_none, NULL); /* 1970 */
    assert_null(disk.text);
    overrides_look(overrides, KEEP_S, now_s + 100 * KEEP_S, is_none, NULL);
    answer(0);
    overrides_look(overrides, KEEP_S, now_s, is_none,
                   NULL); /* set back: begins again, and does not stay for ever */
    answer(0);
    overrides_look(overrides, KEEP_S, now_s + KEEP_S, is_none, NULL);
    answer(0);
    check_file("{}");
}

/* ---- a file that is no use ---- */

static void test_bad_files_are_set_aside(void **state)
{
    static const char *const texts[] = {"",
                                        "[]",
                                        "{\"front\":1}",
                                        "{\"front\":{\"uid\":0}}",
                                        "{\"front\":{\"enabled\":false,\"uid\":-1}}",
                                        "{\"../x\":true}",
                                        "{\"a\":true",
                                        "{\"front\":{\"enabled\":1,\"absent_since\":5}}"};
    char aside[160];
    snprintf(aside, sizeof(aside), "%s.damaged", path);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_file(texts[i]);
        assert_true(overrides_enabled(reopen(state), "front", true));
        assert_int_not_equal(access(path, F_OK), 0);
        assert_int_equal(unlink(aside), 0);
    }
}

/* To open one without O_NONBLOCK waits for its writer. */
static void test_fifo_does_not_hang_the_start(void **state)
{
    char aside[160];
    snprintf(aside, sizeof(aside), "%s.damaged", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_true(overrides_enabled(reopen(state), "front", true));
    assert_int_equal(unlink(aside), 0);
}

/* The second file overwrote the first one that was set aside. */
static void test_what_was_set_aside_before_stays(void **state)
{
    static const char *const texts[] = {"[1]", "[2]", "[3]"};
    static const char *const ends[] = {".damaged", ".damaged-2", ".damaged-3"};
    char kept[160], text[8];
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_file(texts[i]);
        reopen(state);
    }

    /* all names are taken: it stays, and nothing is written over it */
    write_file("[4]");
    struct overrides *overrides = reopen(state);
    assert_non_null(strstr(overrides_problem(overrides), "have been set aside already"));
    assert_int_equal(overrides_set(overrides, "front", false, NULL, NULL, NULL), -ENOTUNIQ);
    assert_non_null(strstr(persist_hint(-ENOTUNIQ, PERSIST_STATE_DIR), ".damaged"));
    check_file("[4]");

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        snprintf(kept, sizeof(kept), "%s%s", path, ends[i]);
        FILE *file = fopen(kept, "r");
        assert_non_null(file);
        assert_string_equal(fgets(text, sizeof(text), file), texts[i]);
        fclose(file);
        assert_int_equal(unlink(kept), 0);
    }
    assert_int_equal(overrides_set(overrides, "front", false, NULL, NULL, NULL), 1);
    answer(0);
    check_file("{\"front\":false}");
    snprintf(kept, sizeof(kept), "%s.damaged", path);
    assert_int_equal(unlink(kept), 0);
}

/* All names are taken, and the next change finds one: the file does not count, so a reload has nothing to apply. */
static struct overrides *set_aside_late(void **state, const char *kept)
{
    static const char *const texts[] = {"[1]", "[2]", "[3]", "[4]"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_file(texts[i]);
        reopen(state);
    }
    assert_int_equal(unlink(kept), 0);
    return *state;
}

static void remove_kept(void)
{
    static const char *const ends[] = {".damaged", ".damaged-2", ".damaged-3"};
    char kept[160];
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        snprintf(kept, sizeof(kept), "%s%s", path, ends[i]);
        assert_int_equal(unlink(kept), 0);
    }
}

/* The log said that it was set aside, and that it can be read now; the status asked for a reload that did nothing. */
static void test_what_is_set_aside_late_is_not_read(void **state)
{
    char kept[160], log[128], text[1024] = "";
    snprintf(kept, sizeof(kept), "%s.damaged-3", path);
    snprintf(log, sizeof(log), "%s/log", directory);
    struct overrides *overrides = set_aside_late(state, kept);
    assert_int_equal(log_open(log, LOG_STYLE_TIMED, LOG_INFO), 0);
    assert_int_equal(overrides_set(overrides, "front", false, NULL, NULL, NULL), 1);
    assert_int_equal(log_open(NULL, LOG_STYLE_TIMED, LOG_ERROR), 0);
    assert_null(overrides_problem(overrides));
    answer(0);
    check_file("{\"front\":false}");

    FILE *file = fopen(log, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    assert_int_equal(unlink(log), 0);
    assert_non_null(strstr(text, "is damaged: kept as"));
    assert_null(strstr(text, "reload"));
    remove_kept();
}

/* The program that takes over set it aside: its reload has nothing to apply, either. */
static void test_what_an_upgrade_sets_aside_needs_no_reload(void **state)
{
    char kept[160];
    snprintf(kept, sizeof(kept), "%s.damaged", path);
    json_t *record = overrides_hand_over(set_aside_late(state, kept));
    struct overrides *overrides = reopen(state);
    assert_int_equal(overrides_take_over(overrides, record), 0);
    json_decref(record);
    assert_null(overrides_problem(overrides));
    remove_kept();
}

/* What was said lasts when the disk and the configuration say the same: enable after a disable that could not be written. */
static void test_what_the_disk_says_too_lasts(void **state)
{
    struct overrides *overrides = *state;
    disk.refuses = -ENOSPC;
    assert_int_equal(overrides_set(overrides, "front", false, NULL, NULL, NULL), -ENOSPC);
    assert_false(overrides_lasts(overrides, "front", true));
    assert_int_equal(overrides_set(overrides, "front", true, NULL, NULL, NULL), -ENOSPC);
    assert_true(overrides_lasts(overrides, "front", true));
    assert_false(overrides_lasts(overrides, "front", false));
    disk.refuses = 0;
    overrides_set(overrides, "front", true, NULL, NULL, NULL);
    assert_false(overrides_lasts(overrides, "front", true)); /* nobody knows before it is answered */
    answer(-ETIMEDOUT);
    assert_false(overrides_lasts(overrides, "front", true));
    overrides_set(overrides, "front", true, NULL, NULL, NULL);
    answer(0);
    assert_true(overrides_lasts(overrides, "front", false));
    unlink(path);
    assert_false(overrides_lasts(overrides, "front", false));
}

/* No file can be opened while few is true. */
static void let_few_files_be_open(bool few)
{
    static rlim_t usual;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (few)
        usual = limit.rlim_cur;
    limit.rlim_cur = few ? STDERR_FILENO + 1 : usual;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* A file that could not be read at the start was replaced by the next change: all that it said was lost. */
static void test_a_file_that_cannot_be_read_is_not_lost(void **state)
{
    struct answered answered = {0};
    write_file("{\"back\":false,\"gone\":false}");
    let_few_files_be_open(true);
    struct overrides *overrides = reopen(state);
    assert_true(overrides_enabled(overrides, "back", true));
    /* that a camera runs which was disabled was in the log alone */
    assert_non_null(strstr(overrides_problem(overrides), "cannot read"));
    assert_int_equal(overrides_set(overrides, "front", false, NULL, note, &answered), -ENODATA);
    assert_int_equal(overrides_forget(overrides, "gone", note, &answered), -ENODATA);
    assert_false(overrides_enabled(overrides, "front", true));
    let_few_files_be_open(false);
    check_file("{\"back\":false,\"gone\":false}");

    assert_int_equal(overrides_forget(overrides, "gone", note, &answered), 1);
    assert_false(overrides_enabled(overrides, "back", true));
    answer(0);
    assert_int_equal(answered.calls, 1);
    overrides = reopen(state);
    assert_false(overrides_enabled(overrides, "back", true));
    assert_false(overrides_enabled(overrides, "front", true));
    assert_true(overrides_enabled(overrides, "gone", true));
}

static bool wants_all(void *context, const char *camera)
{
    (void)context;
    (void)camera;
    return true;
}

/* "enable door" read what said that front is disabled: front ran, and nobody was told any more. */
static void test_a_problem_lasts_until_what_was_read_counts(void **state)
{
    write_file("{\"door\":false,\"front\":false}");
    let_few_files_be_open(true);
    struct overrides *overrides = reopen(state);
    let_few_files_be_open(false);
    overrides_set(overrides, "door", true, NULL, NULL, NULL);
    answer(0);
    assert_non_null(strstr(overrides_problem(overrides), "camctl reload makes it count"));
    overrides_look(overrides, KEEP_S, now_s, wants_all, NULL);
    assert_null(overrides_problem(overrides));
}

/* It stayed for ever when what could not be written was taken back. */
static void test_a_problem_is_over_when_nothing_is_to_be_written(void **state)
{
    struct overrides *overrides = *state;
    overrides_set(overrides, "front", false, NULL, NULL, NULL);
    answer(-ENOSPC);
    assert_non_null(overrides_problem(overrides));
    assert_int_equal(overrides_forget(overrides, "front", NULL, NULL), 0);
    assert_null(overrides_problem(overrides));
}

static void test_a_write_that_cannot_begin_is_a_problem(void **state)
{
    struct overrides *overrides = *state;
    disk.refuses = -ENOBUFS;
    assert_int_equal(overrides_set(overrides, "front", false, NULL, NULL, NULL), -ENOBUFS);
    assert_non_null(strstr(overrides_problem(overrides), "cannot write"));
    disk.refuses = 0;
    overrides_set(overrides, "front", false, NULL, NULL, NULL);
    answer(0);
    assert_null(overrides_problem(overrides));
}

/* After an upgrade all seemed well, though nothing was kept. */
static void test_a_problem_goes_over_in_an_upgrade(void **state)
{
    struct overrides *overrides = *state;
    overrides_set(overrides, "front", false, NULL, NULL, NULL);
    answer(-ENOSPC);
    json_t *record = overrides_hand_over(overrides);
    overrides = reopen(state);
    assert_int_equal(overrides_take_over(overrides, record), 0);
    json_decref(record);
    assert_non_null(strstr(overrides_problem(overrides), "cannot write"));
    overrides_look(overrides, KEEP_S, now_s, wants_all, NULL);
    answer(0);
    assert_null(overrides_problem(overrides));
}

#define OVERRIDES_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void test_who_said_so_is_kept(void **state)
{
    struct overrides *overrides = *state;
    struct overrides_asked asked = {77, 1769862896}, told = {0};
    assert_false(overrides_asked(overrides, "front", &told));
    overrides_set(overrides, "front", false, &asked, NULL, NULL);
    answer(0);
    check_file("{\"front\":{\"enabled\":false,\"uid\":77,\"time\":1769862896}}");
    overrides = reopen(state);
    assert_true(overrides_asked(overrides, "front", &told));
    assert_int_equal(told.uid, 77);
    assert_int_equal(told.time_s, 1769862896);
    asked.uid = 78;
    overrides_set(overrides, "front", false, &asked, NULL, NULL); /* it was said before */
    overrides_asked(overrides, "front", &told);
    assert_int_equal(told.uid, 77);
    overrides_set(overrides, "front", true, &asked, NULL, NULL);
    overrides_asked(overrides, "front", &told);
    assert_int_equal(told.uid, 78);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVERRIDES_TEST(test_answered_when_it_is_on_the_disk),
        OVERRIDES_TEST(test_said_during_a_write_is_answered_by_the_next),
        OVERRIDES_TEST(test_failure_is_told_and_tried_again_when_asked),
        OVERRIDES_TEST(test_refused_write_is_told),
        OVERRIDES_TEST(test_forgetting_what_is_not_there_needs_no_disk),
        OVERRIDES_TEST(test_forget),
        OVERRIDES_TEST(test_who_said_so_is_kept),
        OVERRIDES_TEST(test_freed_while_it_is_written),
        OVERRIDES_TEST(test_absent_one_expires),
        OVERRIDES_TEST(test_clock_ahead_by_years_removes_nothing),
        OVERRIDES_TEST(test_one_that_comes_back_in_time_is_as_it_was),
        OVERRIDES_TEST(test_clock_that_is_not_set_or_set_back),
        OVERRIDES_TEST(test_bad_files_are_set_aside),
        OVERRIDES_TEST(test_fifo_does_not_hang_the_start),
        OVERRIDES_TEST(test_what_was_set_aside_before_stays),
        OVERRIDES_TEST(test_what_is_set_aside_late_is_not_read),
        OVERRIDES_TEST(test_what_an_upgrade_sets_aside_needs_no_reload),
        OVERRIDES_TEST(test_what_the_disk_says_too_lasts),
        OVERRIDES_TEST(test_a_file_that_cannot_be_read_is_not_lost),
        OVERRIDES_TEST(test_a_problem_lasts_until_what_was_read_counts),
        OVERRIDES_TEST(test_a_problem_is_over_when_nothing_is_to_be_written),
        OVERRIDES_TEST(test_a_write_that_cannot_begin_is_a_problem),
        OVERRIDES_TEST(test_a_problem_goes_over_in_an_upgrade),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
