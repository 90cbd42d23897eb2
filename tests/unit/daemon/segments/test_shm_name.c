/* The grammar of names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <regex.h>
#include <string.h>

#include "daemon/segments/shm_name.h"

enum { ROUNDS = 200000, NAME_BYTES = 256 };

static void test_names_by_example(void **state)
{
    static const char *const good[] = {"camd.front.info",   "camd.front.ctl",     "camd.front.result",
                                       "camd.front.in",     "camd.front.best",    "camd.front.out",
                                       "camd.front.frame0", "camd.front.frame63", "camd.a_frame0.info",
                                       "camd.-_9.frame10"};
    static const char *const bad[] = {"camd.lock",
                                      "camd.front",
                                      "camd.front.",
                                      "camd..info",
                                      "camd.front.inf",
                                      "camd.front.infos",
                                      "camd.front.best0",
                                      "camd.front.frame",
                                      "camd.front.frame64",
                                      "camd.front.frame00",
                                      "camd.front.frame01",
                                      "camd.front.frame-1",
                                      "camd.front.frame 1",
                                      "camd.front.frame1.",
                                      "camd.front.frame100",
                                      "camd.front.frame4294967297",
                                      "camd.front.frame+1",
                                      "camd.a.b.info",
                                      "camd.fr ont.info",
                                      "camd.front.info.old",
                                      "xcamd.front.info",
                                      "camd2.front.info",
                                      "camdxfront.info",
                                      "front.info",
                                      "camd.front.Info",
                                      "",
                                      "camd."};
    char camera[CAMD_NAME_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(shm_name_parse("camd.", good[i], camera));
    assert_string_equal(camera, "-_9");
    snprintf(camera, sizeof(camera), "kept");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(shm_name_parse("camd.", bad[i], camera));
    assert_string_equal(camera, "kept");
    assert_true(shm_name_parse("camd.", "camd.front.info", NULL));
}

static size_t append_random(char *name, size_t length, const char *letters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        name[length++] = letters[(size_t)random() % strlen(letters)];
    return length;
}

static size_t append(char *name, size_t length, const char *text)
{
    memcpy(name + length, text, strlen(text));
    return length + strlen(text);
}

/* Something near a name: parts that fit or nearly fit, then a few random changes. */
static void random_name(char name[NAME_BYTES])
{
    static const char letters[] = "abzAZ019_-";
    static const char *const prefixes[] = {"camd.", "camd.", "camd.", "camd", "cam.", "camd.x."};
    static const char *const parts[] = {".info",     ".ctl",  ".result", ".in",      ".out",
                                        ".frame",    "frame", ".frame0", ".frame63", ".frame64",
                                        ".frame007", ".",     ".best"};
    size_t length = append(name, 0, prefixes[random() % 6]);
    length = append_random(name, length, letters, (size_t)random() % 44);
    length = append(name, length, parts[random() % 13]);
    if (random() % 3 == 0)
        length = append_random(name, length, "0123456789", (size_t)random() % 4);
    name[length] = '\0';
    for (long changes = random() % 3; changes > 0 && length > 0; changes--)
        name[(size_t)random() % length] = "abc.019_- /frame"[random() % 16];
}

static void test_names_agree_with_a_regular_expression(void **state)
{
    static const char expression[] =
        "^camd\\.([A-Za-z0-9_]|[A-Za-z0-9_-]{2,40})\\.(info|ctl|result|in|out|best|frame([0-9]|[1-5][0-9]|6[0-3]))$";
    regex_t regex;
    size_t matches = 0;
    (void)state;
    srandom(3);
    assert_int_equal(regcomp(&regex, expression, REG_EXTENDED), 0);
    for (int round = 0; round < ROUNDS; round++) {
        char name[NAME_BYTES], camera[CAMD_NAME_MAX + 1];
        regmatch_t match[2];
        random_name(name);
        bool expected = regexec(&regex, name, 2, match, 0) == 0;

        if (shm_name_parse("camd.", name, camera) != expected)
            fail_msg("\"%s\": the regular expression says %d", name, expected);
        if (!expected)
            continue;
        matches++;
        assert_int_equal(strlen(camera), (size_t)(match[1].rm_eo - match[1].rm_so));
        assert_memory_equal(camera, name + match[1].rm_so, strlen(camera));
    }
    regfree(&regex);
    assert_in_range(matches, ROUNDS / 10, ROUNDS * 9 / 10); /* both answers were asked for */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_by_example),
        cmocka_unit_test(test_names_agree_with_a_regular_expression),
    };
    return cmocka_run_group_tests_name("shm name", tests, NULL, NULL);
}
