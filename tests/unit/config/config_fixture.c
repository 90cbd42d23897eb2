#include "config_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

char config_directory[] = "/tmp/camd-test-config.XXXXXX";
struct config *loaded;
struct config_problems problems;

static void make_path(char *path, size_t size, const char *name)
{
    snprintf(path, size, "%s/%s", config_directory, name);
}

int config_fixture_set_up(void **state)
{
    (void)state;
    memcpy(config_directory + strlen(config_directory) - 6, "XXXXXX", 6);
    unsetenv("SHM_MAX_FRAMES");
    return mkdtemp(config_directory) ? 0 : -1;
}

int config_fixture_tear_down(void **state)
{
    (void)state;
    char command[128];
    config_unload();
    snprintf(command, sizeof(command), "rm -r %s", config_directory);
    return system(command);
}

void config_write_file(const char *name, const char *text, size_t length)
{
    char path[256];
    make_path(path, sizeof(path), "cameras.d");
    if (strchr(name, '/'))
        mkdir(path, 0700);
    make_path(path, sizeof(path), name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

void config_unload(void)
{
    config_free(loaded);
    loaded = NULL;
    config_problems_clear(&problems);
}

int config_load_file(void)
{
    char path[256];
    config_unload();
    make_path(path, sizeof(path), "camd.ini");
    int status = config_load(path, &loaded, &problems);
    assert_true(status == 0 ? loaded && problems.count == 0 : !loaded);
    return status;
}

int config_load_text(const char *text)
{
    config_write_file("camd.ini", text, strlen(text));
    return config_load_file();
}

void config_load_good(const char *text)
{
    if (config_load_text(text) != 0)
        ASSERT_PROBLEMS("none");
}

/* "DIRECTORY/camd.ini:3: x" without the directory. */
static const char *without_directory(const char *text)
{
    size_t length = strlen(config_directory);
    return strncmp(text, config_directory, length) == 0 ? text + length + 1 : text;
}

void assert_problems(const char *const *expected)
{
    size_t i = 0;
    for (; i < problems.count && expected[i]; i++) {
        char *text = config_problem_text(&problems.list[i]);
        bool is_expected = strncmp(without_directory(text), expected[i], strlen(expected[i])) == 0;
        if (!is_expected)
            print_error("problem: %s\n", text);
        free(text);
        if (!is_expected)
            fail_msg("expected: %s", expected[i]);
    }
    if (i < problems.count)
        fail_msg("not expected: line %u: %s: %s", problems.list[i].line, problems.list[i].key,
                 problems.list[i].text);
    if (expected[i])
        fail_msg("missing: %s", expected[i]);
    assert_int_equal(problems.dropped, 0);
}
