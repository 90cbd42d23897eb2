/* The command line: verbs, options, operands, and what is said about wrong ones. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "base/json.h"
#include "camctl/options.h"

enum { WORDS_MAX = 12 };

/* Parses "camctl" and the words of text, which are separated by single spaces. */
struct parsed {
    char text[256];
    char *argv[WORDS_MAX + 1];
    struct options options;
    json_t *error;
    enum status status;
};

static void parse(struct parsed *parsed, const char *text)
{
    int argc = 0;
    memset(parsed, 0, sizeof(*parsed));
    assert_true(strlen(text) < sizeof(parsed->text));
    strcpy(parsed->text, text);
    for (char *word = strtok(parsed->text, " "); word && argc < WORDS_MAX; word = strtok(NULL, " "))
        parsed->argv[argc++] = word;
    parsed->status = options_parse(argc, parsed->argv, &parsed->options, &parsed->error);
    assert_int_equal(parsed->status != STATUS_DONE, parsed->error != NULL);
}

static void forget(struct parsed *parsed)
{
    json_decref(parsed->error);
}

static void refused(const char *text, const char *problem, const char *hint)
{
    struct parsed parsed;
    parse(&parsed, text);
    assert_int_equal(parsed.status, STATUS_USAGE);
    assert_string_equal(json_member_string(parsed.error, "code", ""), "usage");
    assert_non_null(strstr(json_member_string(parsed.error, "text", ""), problem));
    assert_non_null(strstr(json_member_string(parsed.error, "hint", ""), hint));
    forget(&parsed);
}

static void test_verb_and_operands(void **state)
{
    struct parsed parsed;
    (void)state;
    parse(&parsed, "camctl stop front back");
    assert_int_equal(parsed.status, STATUS_DONE);
    assert_int_equal(parsed.options.verb, VERB_STOP);
    assert_int_equal(parsed.options.operand_count, 2);
    assert_string_equal(parsed.options.operands[0], "front");
    assert_string_equal(parsed.options.operands[1], "back");
    forget(&parsed);
}

static void test_options_stand_before_and_after_the_verb(void **state)
{
    struct parsed parsed;
    (void)state;
    parse(&parsed, "camctl -s /a --json snapshot --timeout 2.5 front -o x.jpg --quality=70 --boxes");
    assert_int_equal(parsed.status, STATUS_DONE);
    assert_int_equal(parsed.options.verb, VERB_SNAPSHOT);
    assert_string_equal(parsed.options.socket, "/a");
    assert_true(parsed.options.given[OPTION_JSON]);
    assert_true(parsed.options.given[OPTION_BOXES]);
    assert_false(parsed.options.given[OPTION_FOLLOW]);
    assert_float_equal(parsed.options.timeout_s, 2.5, 0);
    parse(&parsed, "camctl --timeout 5min status");
    assert_float_equal(parsed.options.timeout_s, 300, 0);
    parse(&parsed, "camctl -s /a --json snapshot --timeout 2.5 front -o x.jpg --quality=70 --boxes");
    assert_int_equal(parsed.options.quality, 70);
    assert_string_equal(parsed.options.output, "x.jpg");
    assert_int_equal(parsed.options.operand_count, 1);
    assert_string_equal(parsed.options.operands[0], "front");
    forget(&parsed);
}

static void test_defaults(void **state)
{
    struct parsed parsed;
    (void)state;
    parse(&parsed, "camctl status");
    assert_int_equal(parsed.status, STATUS_DONE);
    assert_null(parsed.options.socket);
    assert_float_equal(parsed.options.timeout_s, 0, 0);
    assert_int_equal(parsed.options.quality, OPTIONS_QUALITY);
    for (int option = 0; option < OPTION_COUNT; option++)
        assert_false(parsed.options.given[option]);
    forget(&parsed);
}

static void test_words_after_two_dashes_are_operands(void **state)
{
    struct parsed parsed;
    (void)state;
    parse(&parsed, "camctl stop -- --json");
    assert_int_equal(parsed.status, STATUS_DONE);
    assert_false(parsed.options.given[OPTION_JSON]);
    assert_string_equal(parsed.options.operands[0], "--json");
    forget(&parsed);
}

static void test_mistakes_are_explained(void **state)
{
    (void)state;
    refused("camctl", "which verb", "camctl help");
    refused("camctl statsu", "unknown verb statsu", "did you mean status?");
    refused("camctl qqqqqqqq", "unknown verb", "camctl help");
    refused("camctl subscribe", "unknown verb subscribe", "");
    refused("camctl status --jsno", "unknown option --jsno", "did you mean --json?");
    refused("camctl status --jsno=1", "unknown option --jsno", "did you mean --json?");
    refused("camctl -q status", "unknown option -q", "camctl help");
    refused("camctl status -q", "unknown option -q", "camctl help");
    refused("camctl zone front -1,10 20,10 20,20", "unknown option -1", "a -- before it");
    refused("camctl status --boxes", "--boxes is an option of snapshot and stream, not of status",
            "help status");
    refused("camctl status -o x", "-o is an option of snapshot, zone, grid, metrics and probe, not of status",
            "help status");
    /* it named one of the options that have the letter, --once */
    refused("camctl status -n 5", "-n is an option of import, top, events and logs, not of status",
            "help status");
    refused("camctl -n top", "-n is an option of import, top, events and logs only", "camctl import ... -n");
    refused("camctl --boxes snapshot front", "--boxes is an option of snapshot and stream only",
            "after the verb");
    refused("camctl stream front --frames 0", "--frames 0: expected a whole number, 1 or more", "");
    refused("camctl stream front --frames -1", "--frames -1: expected a whole number, 1 or more", "");
    refused("camctl logs --lines x", "--lines x: expected a whole number, 0 or more", "");
    /* it was said to be no whole number */
    refused("camctl logs --lines 99999999999999999999",
            "--lines 99999999999999999999: expected at most 9223372036854775807", "");
    refused("camctl status --json=1", "--json takes no value", "");
    refused("camctl status --socket", "--socket needs a value", "");
    refused("camctl snapshot front -o", "--output needs a value", "");
    refused("camctl remove", "remove needs more words: camctl remove NAME", "");
    refused("camctl ptz front", "ptz needs another word", "");
    refused("camctl stream front back", "stream does not take the word back", "");
    refused("camctl events --type object,objekt", "--type: objekt is no kind of event",
            "did you mean object?");
    refused("camctl events --type motion,", "--type: an empty word is no kind of event", "state, health");
    refused("camctl events --since soon", "--since soon: expected a time before now", "");
    refused("camctl remove --all --boxes", "--boxes is an option of", "");
    refused("camctl reload all", "reload does not take the word all", "");
}

static void test_verbs_are_known_by_their_beginnings(void **state)
{
    static const struct {
        const char *text;
        enum verb verb;
    } cases[] = {
        {"camctl stat", VERB_STATUS},    {"camctl sn front", VERB_SNAPSHOT}, {"camctl en front", VERB_ENABLE},
        {"camctl v", VERB_VERSION},      {"camctl start front", VERB_START}, {"camctl sho a", VERB_SHOW},
        {"camctl ren a b", VERB_RENAME}, {"camctl rel", VERB_RELOAD},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parsed parsed;
        parse(&parsed, cases[i].text);
        assert_int_equal(parsed.status, STATUS_DONE);
        assert_int_equal(parsed.options.verb, cases[i].verb);
        forget(&parsed);
    }
    refused("camctl re", "re can be remove, rename, restart or reload", "more of it");
    refused("camctl subs", "unknown verb subs", "");
}

static void test_what_is_final_is_never_abbreviated(void **state)
{
    (void)state;
    refused("camctl rem front", "remove is never abbreviated", "camctl remove NAME");
    refused("camctl remov front", "remove is never abbreviated", "camctl remove NAME");
    refused("camctl shut", "shutdown is never abbreviated", "camctl shutdown");
    refused("camctl u", "upgrade is never abbreviated", "camctl upgrade");
    refused("camctl i x.ini", "import is never abbreviated", "camctl import FILE");
}

static void test_options_are_known_by_their_beginnings(void **state)
{
    struct parsed parsed;
    (void)state;
    parse(&parsed, "camctl add --run --re front input=/x");
    assert_int_equal(parsed.status, STATUS_DONE);
    assert_true(parsed.options.given[OPTION_RUNTIME] && parsed.options.given[OPTION_REQUIRE_FRAME]);
    forget(&parsed);
    refused("camctl add --r front input=/x", "--r can be runtime or require-frame", "more of it");
    refused("camctl status --ver --bo", "unknown option --bo", "help status");
}

static void test_numbers_are_checked(void **state)
{
    (void)state;
    refused("camctl status --timeout 0", "--timeout 0", "");
    refused("camctl status --timeout -1", "--timeout -1", "");
    refused("camctl status --timeout nan", "--timeout nan", "");
    refused("camctl status --timeout 10x", "--timeout 10x", "");
    refused("camctl status --timeout 86401", "--timeout 86401", "");
    refused("camctl snapshot a -o b --quality 0", "--quality 0", "");
    refused("camctl snapshot a -o b --quality 101", "--quality 101", "");
    refused("camctl snapshot a -o b --quality 1.5", "--quality 1.5", "");
    refused("camctl snapshot a -o b --frame 0", "--frame 0", "");
    refused("camctl snapshot a -o b --watch=0", "--watch 0", "");
    refused("camctl snapshot a -o b --watch=often", "--watch often", "");
    refused("camctl zone a 1,1 --size 1280", "--size 1280: expected WIDTHxHEIGHT", "");
    refused("camctl zone a 1,1 --size 1280x0", "--size 1280x0", "");
    refused("camctl zone a 1,1 --size x720", "--size x720", "");
}

/* A time behind --watch is how often; any other word is what it would be without it. */
static void test_seconds_of_watch_may_be_missing(void **state)
{
    struct parsed parsed;
    (void)state;
    parse(&parsed, "camctl snapshot --watch front -o x.jpg");
    assert_true(parsed.options.watch_s >= 1 && parsed.options.watch_s <= 1);
    assert_int_equal(parsed.options.operand_count, 1);
    parse(&parsed, "camctl snapshot front -o x.jpg --watch");
    assert_true(parsed.options.watch_s >= 1 && parsed.options.watch_s <= 1);
    parse(&parsed, "camctl snapshot front --watch 2.5 back -o x.jpg");
    assert_true(parsed.options.watch_s >= 2.5 && parsed.options.watch_s <= 2.5);
    assert_int_equal(parsed.options.operand_count, 2);
    assert_string_equal(parsed.options.operands[1], "back");
    parse(&parsed, "camctl snapshot front --watch 500ms back -o x.jpg");
    assert_true(parsed.options.watch_s >= 0.5 && parsed.options.watch_s <= 0.5);
    assert_int_equal(parsed.options.operand_count, 2);
    parse(&parsed, "camctl snapshot front --watch=3 4 -o x.jpg");
    assert_true(parsed.options.watch_s >= 3 && parsed.options.watch_s <= 3);
    assert_int_equal(parsed.options.operand_count, 2);
}

static void test_help_needs_no_operands(void **state)
{
    struct parsed parsed;
    (void)state;
    parse(&parsed, "camctl ptz --help");
    assert_int_equal(parsed.status, STATUS_DONE);
    assert_int_equal(parsed.options.verb, VERB_PTZ);
    assert_true(parsed.options.given[OPTION_HELP]);
    forget(&parsed);
    parse(&parsed, "camctl -h");
    assert_int_equal(parsed.status, STATUS_DONE);
    assert_int_equal(parsed.options.verb, -1);
    forget(&parsed);
}

static void test_json_is_seen_in_a_command_line_with_mistakes(void **state)
{
    char *with[] = {"camctl", "statsu", "--json"}, *without[] = {"camctl", "stop", "--", "--json"},
         *abbreviated[] = {"camctl", "--js", "statsu"};
    (void)state;
    assert_true(options_ask_json(3, with));
    assert_true(options_ask_json(3, abbreviated));
    assert_false(options_ask_json(4, without));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verb_and_operands),
        cmocka_unit_test(test_options_stand_before_and_after_the_verb),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_words_after_two_dashes_are_operands),
        cmocka_unit_test(test_mistakes_are_explained),
        cmocka_unit_test(test_verbs_are_known_by_their_beginnings),
        cmocka_unit_test(test_what_is_final_is_never_abbreviated),
        cmocka_unit_test(test_options_are_known_by_their_beginnings),
        cmocka_unit_test(test_numbers_are_checked),
        cmocka_unit_test(test_seconds_of_watch_may_be_missing),
        cmocka_unit_test(test_help_needs_no_operands),
        cmocka_unit_test(test_json_is_seen_in_a_command_line_with_mistakes),
    };

    return cmocka_run_group_tests_name("camctl options", tests, NULL, NULL);
}
