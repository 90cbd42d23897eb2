/*
 * Memory that is short: every allocation of a path fails once. The functions say so, change nothing and leave nothing
 * behind (which the sanitizers' builds see).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "base/text.h"
#include "config_fixture.h"

/* ---- allocations that fail: the linker sends those of the code under test here ---- */

static unsigned int fail_at; /* 0: never */
static unsigned int allocations;

static bool is_due(void)
{
    return ++allocations == fail_at;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
char *__real_strdup(const char *text);
int __real_vasprintf(char **text, const char *format, va_list arguments);
FILE *__real_open_memstream(char **text, size_t *length);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
char *__wrap_strdup(const char *text);
int __wrap_vasprintf(char **text, const char *format, va_list arguments);
FILE *__wrap_open_memstream(char **text, size_t *length);

void *__wrap_malloc(size_t size)
{
    return is_due() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_due() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return is_due() ? NULL : __real_realloc(memory, size);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
    return is_due() ? NULL : __real_reallocarray(memory, count, size);
}

char *__wrap_strdup(const char *text)
{
    return is_due() ? NULL : __real_strdup(text);
}

int __wrap_vasprintf(char **text, const char *format, va_list arguments)
{
    return is_due() ? -1 : __real_vasprintf(text, format, arguments);
}

FILE *__wrap_open_memstream(char **text, size_t *length)
{
    return is_due() ? NULL : __real_open_memstream(text, length);
}

/* Calls try() with the first, second ... allocation failing, until it gets through. Returns how often it failed. */
static unsigned int fail_every_one(bool (*try)(void))
{
    unsigned int n = 1;
    json_set_alloc_funcs(__wrap_malloc, free);
    for (;; n++) {
        allocations = 0;
        fail_at = n;
        bool is_whole = try();
        fail_at = 0;
        config_problems_clear(&problems);
        if (allocations < n) {
            assert_true(is_whole);
            break;
        }
        if (is_whole)
            fail_msg("allocation %u of %u failed unnoticed", n, allocations);
    }
    json_set_alloc_funcs(malloc, free);
    return n - 1;
}

/* ---- paths ---- */

static char path[128];

static bool load(void)
{
    struct config *config = NULL;
    int status = config_load(path, &config, &problems);
    assert_true((status == 0) == (config != NULL));
    assert_true(status == 0 || status == -ENOMEM || (status == -EINVAL && problems.count > 0));
    config_free(config);
    return status == 0;
}

static void test_loading(void **state)
{
    (void)state;
    static const char camera[] = "[camera a]\ninput = /a\n  b\nmask.q = motion 0,0 1,0 1,1\n";
    config_write_file("cameras.d/a.ini", camera, sizeof(camera) - 1);
    char *text = text_format(
        "[camd]\ncameras_dir = %s/cameras.d\ngroup = video\n[defaults]\nmask.d = motion 0,0 1,0 1,1\n"
        "[camera b]\ninput = rtsp://h\ncapture = /x\n",
        config_directory);
    config_write_file("camd.ini", text, strlen(text));
    free(text);
    snprintf(path, sizeof(path), "%s/camd.ini", config_directory);
    assert_in_range(fail_every_one(load), 50, 1000);
}

/* Here problems are what is right, and each may be only counted. */
static bool load_bad(void)
{
    struct config *config = NULL;
    int status = config_load(path, &config, &problems);
    assert_true(status == -ENOMEM || status == -EINVAL);
    assert_null(config);
    return status == -EINVAL && problems.dropped == 0 && problems.count == 9;
}

static void test_problems(void **state)
{
    (void)state;
    static const char text[] =
        "[camd]\nlogg = 1\nlog = x\n[cam]\n[camera a/b]\n[camera c]\nfps = x\nno sign\nfps = 2\n"
        "[camera c]\n[camera d]\n";
    config_write_file("camd.ini", text, sizeof(text) - 1);
    snprintf(path, sizeof(path), "%s/camd.ini", config_directory);
    unsigned int n = 1;
    for (;; n++) {
        allocations = 0;
        fail_at = n;
        bool is_whole = load_bad();
        fail_at = 0;
        if (allocations < n) {
            assert_true(is_whole);
            config_problems_clear(&problems);
            break;
        }
        config_problems_clear(&problems);
    }
    assert_in_range(n, 50, 1000);
}

static const struct config_setting settings[] = {
    {"input", "rtsp://u:p@h/x"}, {"mask.a", "motion 0,0 1,0 1,1"}, {"tracker", "/t"}};

static bool make_and_copy(void)
{
    struct config_camera camera, copy;
    int status = config_camera_make(loaded, "front", settings, 3, &camera, &problems);
    if (status < 0) {
        assert_true(status == -ENOMEM || (status == -EINVAL && problems.count > 0));
        return false;
    }
    status = config_camera_copy(&copy, &camera);
    assert_true(status == 0 || status == -ENOMEM);
    config_camera_fini(&camera);
    if (status == 0)
        config_camera_fini(&copy);
    return status == 0;
}

static void test_making(void **state)
{
    (void)state;
    config_load_good("[defaults]\ncapture = /c\nmask.d = motion 0,0 1,0 1,1\n");
    assert_in_range(fail_every_one(make_and_copy), 20, 300);
}

static bool write_texts(void)
{
    char *file = config_camera_file_text("front", settings, 3);
    json_t *json = file ? config_camera_json(&loaded->cameras[0], NULL) : NULL;
    char *redacted = json ? secret_redact("rtsp://u:p@h/x") : NULL;
    bool is_whole = redacted != NULL;
    free(file);
    json_decref(json);
    free(redacted);
    return is_whole;
}

static void test_texts(void **state)
{
    (void)state;
    config_load_good("[camera front]\ninput = rtsp://u:p@h/x\nmask.d = motion 0,0 1,0 1,1\n");
    assert_in_range(fail_every_one(write_texts), 20, 200);
}

/* What differs and cannot be said is not said; nothing else happens. */
static void test_changes(void **state)
{
    (void)state;
    config_load_good("[camd]\nrun_dir = /x\nlog = /y\n");
    struct config *before = loaded;
    loaded = NULL;
    config_load_good("");
    for (fail_at = 1; fail_at < 4; fail_at++) {
        allocations = 0;
        free(config_daemon_changes(before, loaded));
    }
    fail_at = 0;
    config_free(before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_fixture_set_up, config_fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_loading), TEST(test_problems), TEST(test_making), TEST(test_texts), TEST(test_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
