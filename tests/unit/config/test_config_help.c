/* What is said of the keys: all are explained, and their examples can be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/config_family.h"
#include "config/config_keys.h"
#include "config/config_topic.h"
#include "config_fixture.h"

static void test_every_key_is_explained(void **state)
{
    (void)state;
    for (int mdoc = 0; mdoc < 2; mdoc++) {
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        config_print_keys(out, mdoc);
        fclose(out);
        for (size_t i = 0; i < config_key_count; i++) {
            const struct config_key *key = &config_keys[i];
            const char *rest = !key->family                            ? ""
                               : !config_family_has_value(key->family) ? ".LABEL.KEY"
                               : key->places & CONFIG_PLACE_CAMD       ? ".USER"
                               : key->family->has_points               ? ".LABEL"
                                                                       : ".NAME";
            char *title = text_format("\n%s%s%s\n", mdoc ? ".It Cm " : "", key->name, rest);
            if (!strstr(text, title))
                fail_msg("%s is not explained", key->name);
            free(title);
        }
        free(text);
    }
}

/* The example of each is one that can be written. */
static void try_example(void *context, const struct config_topic *topic)
{
    size_t *count = context;
    const unsigned int places = topic->whole->places;
    const char *example = config_topic_example(topic);
    void *owner = places & CONFIG_PLACE_CAMD       ? (void *)loaded
                  : places & CONFIG_PLACE_DETECTOR ? (void *)&loaded->detectors[0]
                                                   : (void *)&loaded->defaults;
    if (topic->value->family) {
        assert_null(example);
        return;
    }
    assert_non_null(example);
    const char *wrong = config_value_parse(topic->whole, topic->written, example, owner);
    if (wrong)
        fail_msg("%s = %s %s", topic->written, example, wrong);
    ++*count;
}

static void test_every_example_can_be_written(void **state)
{
    (void)state;
    size_t count = 0;
    config_load_good("");
    for (size_t i = 0; i < config_key_count; i++)
        config_topics_visit(&config_keys[i], try_example, &count);
    assert_true(count > config_key_count);
}

static void assert_explained(const char *name, const char *first, const char *part)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    const bool is_there = config_print_key(out, name);
    fclose(out);
    assert_int_equal(is_there, first != NULL);
    if (first) {
        assert_memory_equal(text, first, strlen(first));
        assert_non_null(strstr(text, part));
    }
    free(text);
}

static void test_a_key_is_explained(void **state)
{
    (void)state;
    assert_explained("fps", "fps\n", "Section: [camera NAME] and [defaults]\n    Example: fps = 10\n");
    assert_explained("zone", "zone.NAME\n", "\nzone.NAME.filter.LABEL.min_area\n");
    assert_explained("zone.yard.inertia", "zone.NAME.inertia\n", "Example: zone.yard.inertia = 5\n");
    assert_explained("zone.NAME.inertia", "zone.NAME.inertia\n", "Default: 3\n");
    assert_explained("filter.LABEL", "filter.LABEL.KEY\n", "\nfilter.LABEL.max_ratio\n");
    assert_explained("filter.big.dog.max_area", "filter.LABEL.max_area\n",
                     "Section: [camera NAME] and [defaults]\n");
    assert_explained("allow", "allow.USER\n", "Section: [camd]\n    Example: allow.guard = enable");
    assert_explained("stationary_max_frames", "stationary_max_frames\n", "\nstationary_max_frames.LABEL\n");
    assert_explained("backend", "backend\n", "Section: [detector NAME]\n");
    assert_explained("fp", NULL, "");
    assert_explained("", NULL, "");
    assert_explained("zone.", "zone.NAME\n", "");
}

static void test_keys_as_json(void **state)
{
    (void)state;
    json_t *all = config_keys_json(NULL), *one = config_keys_json("rtsp_transport");
    assert_true(json_array_size(all) > config_key_count);
    assert_int_equal(json_array_size(one), 1);
    char *text = json_dumps(json_object_get(json_array_get(one, 0), "words"), JSON_COMPACT);
    assert_string_equal(text, "[\"tcp\",\"udp\"]");
    free(text);
    json_decref(all);
    json_decref(one);
}

/* mdoc would take these for something else. */
static void test_meanings_suit_mdoc(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        assert_non_null(key->meaning);
        assert_null(strpbrk(key->meaning, "\\\n"));
        assert_null(strstr(key->meaning, ". ."));
        assert_true(key->meaning[0] != '.' && key->meaning[0] != '\'');
        assert_int_equal(key->meaning[strlen(key->meaning) - 1], '.');
        assert_true(key->apply != 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_fixture_set_up, config_fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_key_is_explained), TEST(test_every_example_can_be_written),
        TEST(test_a_key_is_explained),     TEST(test_keys_as_json),
        TEST(test_meanings_suit_mdoc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
