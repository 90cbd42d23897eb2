/*
 * The files that come with camd agree with the table of keys: camd.ini(5), whose list of keys is the one that
 * config_print_keys prints, and etc/camd.ini, which shows the defaults. Arguments: the page and the file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/config_keys.h"
#include "config_fixture.h"

static char *page, *sample;

static char *read_text(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "r");
    if (!file || getdelim(&text, &size, '\0', file) < 0) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    return text;
}

static void test_the_page_has_the_keys(void **state)
{
    (void)state;
    char *keys = NULL;
    size_t length;
    FILE *out = open_memstream(&keys, &length);
    config_print_keys(out, true);
    fclose(out);
    if (!strstr(page, keys)) {
        fputs(keys, stdout);
        fail_msg("camd.ini.5 does not have the list of keys as it is above");
    }
    free(keys);
}

/* What stands between .Bd and .Ed, without the request lines. The caller's to free; *rest goes on behind it.
 */
static char *next_example(const char **rest)
{
    static const char begin[] = ".Bd -literal -offset indent\n";
    const char *start = strstr(*rest, begin);
    if (!start)
        return NULL;
    start += sizeof(begin) - 1;
    const char *end = strstr(start, ".Ed\n");
    assert_non_null(end);
    *rest = end;
    return strndup(start, (size_t)(end - start));
}

static void test_the_examples_of_the_page(void **state)
{
    (void)state;
    const char *rest = page;
    unsigned int count = 0;
    char *example;
    while ((example = next_example(&rest)) != NULL) {
        config_load_good(example);
        assert_true(loaded->camera_count > 0);
        free(example);
        count++;
    }
    assert_int_equal(count, 6);
}

static void test_the_sample_is_accepted(void **state)
{
    (void)state;
    config_load_good(sample);
    assert_int_equal(loaded->camera_count, 0);
}

/* A copy in which the settings that are comments have become settings. */
static char *uncommented(void)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    char *copy = strdup(sample);
    char *rest = copy;
    const char *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        const char *content = line + (strncmp(line, "# ", 2) == 0 ? 2 : 0);
        size_t word = strcspn(content, " ");
        bool is_setting = content[0] == '[' || strncmp(content + word, " = ", 3) == 0;
        fprintf(out, "%s\n", is_setting ? content : line);
    }
    fclose(out);
    free(copy);
    return text;
}

static void test_the_sample_shows_the_defaults(void **state)
{
    (void)state;
    char *text = uncommented();
    config_load_good(text);
    assert_int_equal(loaded->camera_count, 3);
    struct config *shown = loaded;
    loaded = NULL;
    config_load_good("");
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        bool is_daemon = key->places & CONFIG_PLACE_CAMD;
        bool is_detector = key->places & CONFIG_PLACE_DETECTOR;
        const void *a = is_daemon     ? (void *)shown
                        : is_detector ? (void *)&shown->detectors[0]
                                      : &shown->defaults;
        const void *b = is_daemon     ? (void *)loaded
                        : is_detector ? (void *)config_detector_find(loaded, "opencv-hog")
                                      : &loaded->defaults;
        char *line = text_format("\n%s%s", key->name, key->family ? "." : " = ");
        if (!strstr(text, line))
            fail_msg("camd.ini does not show %s", key->name);
        free(line);
        /* where camd is installed is the build's affair */
        const bool is_example = strcmp(key->name, "allow") == 0; /* nobody may, by default */
        if (strcmp(key->name, "cameras_dir") != 0 && !is_example && !config_value_is_equal(key, a, b))
            fail_msg("camd.ini does not show the default of %s", key->name);
    }
    config_free(shown);
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_fixture_set_up, config_fixture_tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_page_has_the_keys),
        TEST(test_the_examples_of_the_page),
        TEST(test_the_sample_is_accepted),
        TEST(test_the_sample_shows_the_defaults),
    };
    if (argc != 3) {
        fprintf(stderr, "usage: %s camd.ini.5 camd.ini\n", argv[0]);
        return 2;
    }
    page = read_text(argv[1]);
    sample = read_text(argv[2]);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(page);
    free(sample);
    return failed;
}
