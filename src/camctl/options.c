/* options.c - the command line, with getopt_long told by one table what each verb takes */
#include "camctl/options.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "camctl/moment.h"
#include "camctl/verb_word.h"
#include "protocol/event_words.h"

_Static_assert(VERB_COUNT <= 64, "a bit a verb");

const struct option_info option_table[OPTION_COUNT] = {
#define X(id, word, letter, value, verbs, meaning) [OPTION_##id] = {word, letter, value, verbs, meaning},
    OPTIONS(X)
#undef X
};

enum { LONG_BASE = 256 }; /* getopt_long's value of option n is LONG_BASE + n, out of the letters' way */

/* What getopt_long wants to know; verb -1: the options that stand before it. */
struct getopt_tables {
    struct option words[OPTION_COUNT + 1];
    char letters[2 + 2 * OPTION_COUNT + 1];
};

static bool option_belongs(enum option_id option, int verb)
{
    if (verb < 0)
        return option_table[option].verbs == OPTIONS_EVERY_VERB;
    return (option_table[option].verbs >> verb) & 1;
}

static bool value_may_be_missing(const struct option_info *info)
{
    return info->value && info->value[0] == '[';
}

static void getopt_tables_fill(struct getopt_tables *tables, int verb)
{
    size_t words = 0, letters = 0;
    memset(tables, 0, sizeof(*tables));
    if (verb < 0)
        tables->letters[letters++] = '+'; /* stop at the verb */
    tables->letters[letters++] = ':';
    for (enum option_id option = 0; option < OPTION_COUNT; option++) {
        const struct option_info *info = &option_table[option];
        if (!option_belongs(option, verb))
            continue;
        tables->words[words++] = (struct option){
            .name = info->word,
            .has_arg = value_may_be_missing(info) ? optional_argument
                       : info->value              ? required_argument
                                                  : no_argument,
            .val = LONG_BASE + (int)option,
        };
        if (info->letter) {
            tables->letters[letters++] = info->letter;
            if (info->value)
                tables->letters[letters++] = ':';
        }
    }
}

/* A letter may be that of another option for another verb. */
static int option_from_value(int value, int verb)
{
    int found = -1;
    if (value >= LONG_BASE)
        return value - LONG_BASE;
    for (int option = OPTION_COUNT - 1; option >= 0; option--) {
        if (!option_table[option].letter || option_table[option].letter != value)
            continue;
        if (found < 0 || option_belongs((enum option_id)option, verb))
            found = option;
    }
    return found;
}

/* The verbs that have an option of that letter. */
static uint64_t letter_verbs(int letter)
{
    uint64_t verbs = 0;
    for (int option = 0; option < OPTION_COUNT; option++)
        if (option_table[option].letter == letter)
            verbs |= option_table[option].verbs;
    return verbs;
}

static int option_from_word(const char *word, size_t length)
{
    for (int option = 0; option < OPTION_COUNT; option++)
        if (strlen(option_table[option].word) == length &&
            strncmp(option_table[option].word, word, length) == 0)
            return option;
    return -1;
}

/* The verbs of those bits: "snapshot and stream". Returns the first of them. */
static const char *name_owners(uint64_t verbs, char *names, size_t size)
{
    const char *words[VERB_COUNT];
    size_t count = 0;
    for (int verb = 0; verb < VERB_COUNT; verb++)
        if ((verbs >> verb) & 1)
            words[count++] = verb_table[verb].word;
    text_list(names, size, words, count, "and");
    return words[0];
}

/* written: the option with its dashes, which is one of those verbs. */
static enum status refuse_elsewhere(json_t **error, int verb, const char *written, uint64_t verbs)
{
    char hint[96], owners[256];
    const char *first = name_owners(verbs, owners, sizeof(owners));
    if (verb < 0) {
        snprintf(hint, sizeof(hint), "write it after the verb: camctl %s ... %s", first, written);
        return status_fail(error, "usage", hint, "%s is an option of %s only", written, owners);
    }
    snprintf(hint, sizeof(hint), "camctl help %s shows its options", verb_table[verb].word);
    return status_fail(error, "usage", hint, "%s is an option of %s, not of %s", written, owners,
                       verb_table[verb].word);
}

/* The options of the verb that begin so: how many, and the first in *first. */
static size_t find_beginnings(const char *word, size_t length, int verb, const char *words[OPTION_COUNT],
                              int *first)
{
    size_t count = 0;
    for (int option = 0; option < OPTION_COUNT; option++) {
        if (!option_belongs((enum option_id)option, verb) ||
            strncmp(option_table[option].word, word, length) != 0)
            continue;
        if (count == 0)
            *first = option;
        words[count++] = option_table[option].word;
    }
    return count;
}

static enum status refuse_unknown(json_t **error, int verb, const char *word, size_t length)
{
    const char *words[OPTION_COUNT];
    char hint[96] = "camctl help shows the options", plain[64];
    int first = 0;
    const char *nearest;
    snprintf(plain, sizeof(plain), "%.*s", (int)length, word);
    nearest = text_nearest(plain, words, find_beginnings("", 0, verb, words, &first));
    if (nearest)
        snprintf(hint, sizeof(hint), "did you mean --%s?", nearest);
    else if (verb >= 0)
        snprintf(hint, sizeof(hint), "camctl help %s shows its options", verb_table[verb].word);
    return status_fail(error, "usage", hint, "unknown option --%s", plain);
}

/* A long option that is none of the verb's, or could be several: getopt_long takes what begins as only one of them. */
static enum status refuse_word(json_t **error, int verb, const char *word)
{
    const char *words[OPTION_COUNT];
    char list[256];
    const size_t length = strcspn(word, "=");
    int first = option_from_word(word, length);
    if (first >= 0) {
        char written[64];
        snprintf(written, sizeof(written), "--%s", option_table[first].word);
        return refuse_elsewhere(error, verb, written, option_table[first].verbs);
    }
    size_t count = length > 0 ? find_beginnings(word, length, verb, words, &first) : 0;
    if (count < 2)
        return refuse_unknown(error, verb, word, length);
    return status_fail(error, "usage", "write more of it", "--%.*s can be %s", (int)length, word,
                       text_list(list, sizeof(list), words, count, "or"));
}

/* argument: the word of the command line that getopt_long did not like. */
static enum status refuse_option(json_t **error, int verb, int letter, const char *argument)
{
    if (letter >= LONG_BASE)
        return status_fail(error, "usage", NULL, "--%s takes no value",
                           option_table[letter - LONG_BASE].word);
    if (!letter)
        return refuse_word(error, verb, argument + 2);
    const uint64_t verbs = letter_verbs(letter);
    if (verbs) {
        const char written[] = {'-', (char)letter, '\0'};
        return refuse_elsewhere(error, verb, written, verbs);
    }
    const bool is_number = letter >= '0' && letter <= '9';
    return status_fail(error, "usage",
                       is_number ? "a -- before it says that what follows is no option"
                                 : "camctl help shows the options",
                       "unknown option -%c", letter);
}

static enum status refuse_missing_value(json_t **error, int option)
{
    const struct option_info *info = &option_table[option];
    return status_fail(error, "usage", NULL, "--%s needs a value: --%s %s", info->word, info->word,
                       info->value);
}

static enum status take_time(const char *option, const char *value, double *seconds, json_t **error)
{
    double time;
    if (!text_to_duration(value, &time) || time <= 0 || time > OPTIONS_TIME_MAX_S)
        return status_fail(
            error, "usage", NULL,
            "--%s %s: expected seconds, or a time such as 500ms or 5min, more than 0, at most %d s", option,
            value, OPTIONS_TIME_MAX_S);
    *seconds = time;
    return STATUS_DONE;
}

static enum status take_timeout(struct options *options, const char *value, json_t **error)
{
    return take_time("timeout", value, &options->timeout_s, error);
}

static enum status take_quality(struct options *options, const char *value, json_t **error)
{
    int64_t quality;
    if (!text_to_int(value, &quality) || quality < 1 || quality > 100)
        return status_fail(error, "usage", NULL, "--quality %s: expected a whole number, 1 to 100", value);
    options->quality = (int)quality;
    return STATUS_DONE;
}

static enum status take_count(const char *option, const char *value, int64_t least, int64_t *count,
                              json_t **error)
{
    const bool is_number = text_to_int(value, count);
    if (is_number && *count >= least)
        return STATUS_DONE;
    if (!is_number && value[0] && !value[strspn(value, "0123456789")])
        return status_fail(error, "usage", NULL, "--%s %s: expected at most %lld", option, value,
                           (long long)INT64_MAX);
    return status_fail(error, "usage", NULL, "--%s %s: expected a whole number, %d or more", option, value,
                       (int)least);
}

static enum status take_lines(struct options *options, const char *value, json_t **error)
{
    return take_count("lines", value, 0, &options->lines, error);
}

static enum status take_moment(const char *option, const char *value, bool is_end, int64_t *wall_ns,
                               json_t **error)
{
    if (!moment_parse(value, clock_wall_ns(), is_end, wall_ns))
        return status_fail(error, "usage", NULL, "--%s %s: expected " MOMENT_EXPECTED, option, value);
    return STATUS_DONE;
}

/* Here, so that a misspelt word is told with what it may have meant. */
static enum status take_type(struct options *options, const char *value, json_t **error)
{
    options->type = value;
    for (const char *at = value;; at++) {
        const size_t length = strcspn(at, ",");
        char *word = text_format("%.*s", (int)length, at);
        const bool is_known = word && event_words_of(word) != 0;
        const char *nearest = word ? event_filter_nearest(word) : NULL;
        char hint[96] = "state, health, object, motion, stream, worker, error, change, asked, daemon";
        if (nearest)
            snprintf(hint, sizeof(hint), "did you mean %s?", nearest);
        enum status status = is_known ? STATUS_DONE
                                      : status_fail(error, "usage", hint, "--type: %s is no kind of event",
                                                    length > 0 && word ? word : "an empty word");
        free(word);
        at += length;
        if (status != STATUS_DONE || *at == '\0')
            return status;
    }
}

static enum status take_frames(struct options *options, const char *value, json_t **error)
{
    return take_count("frames", value, 1, &options->frames, error);
}

static enum status take_object(struct options *options, const char *value, json_t **error)
{
    int64_t id;
    if (!text_to_int(value, &id) || id < 1)
        return status_fail(error, "usage", "camctl events NAME shows the numbers of objects",
                           "--object %s: expected the number of an object", value);
    options->object_id = (uint64_t)id;
    return STATUS_DONE;
}

static enum status take_frame(struct options *options, const char *value, json_t **error)
{
    int64_t id;
    if (!text_to_int(value, &id) || id < 1)
        return status_fail(error, "usage", "camctl events NAME --json shows the numbers of frames",
                           "--frame %s: expected the number of a frame", value);
    options->frame_id = (uint64_t)id;
    return STATUS_DONE;
}

static enum status take_watch(struct options *options, const char *value, json_t **error)
{
    options->watch_s = OPTIONS_WATCH_S;
    return value ? take_time("watch", value, &options->watch_s, error) : STATUS_DONE;
}

static enum status take_size(struct options *options, const char *value, json_t **error)
{
    int64_t width, height;
    const char *cross = strchr(value, 'x');
    char *first = cross ? text_format("%.*s", (int)(cross - value), value) : NULL;
    const bool is_size = first && text_to_int(first, &width) && text_to_int(cross + 1, &height) &&
                         width > 1 && height > 1 && width <= OPTIONS_SIZE_MAX && height <= OPTIONS_SIZE_MAX;
    free(first);
    if (!is_size)
        return status_fail(error, "usage", "the size at which the picture was looked at, such as 1280x720",
                           "--size %s: expected WIDTHxHEIGHT", value);
    options->size_width = width;
    options->size_height = height;
    return STATUS_DONE;
}

static enum status take_since(struct options *options, const char *value, json_t **error)
{
    return take_moment("since", value, false, &options->since_ns, error);
}

static enum status take_until(struct options *options, const char *value, json_t **error)
{
    return take_moment("until", value, true, &options->until_ns, error);
}

/* What is done with an option's value: it is kept as it is in a member, or looked at. A switch has neither. */
static const struct taker {
    size_t member; /* offset of a const char * in struct options; 0: none */
    enum status (*take)(struct options *options, const char *value, json_t **error);
} takers[OPTION_COUNT] = {
    [OPTION_SOCKET] = {.member = offsetof(struct options, socket)},
    [OPTION_HOST] = {.member = offsetof(struct options, host)},
    [OPTION_OUTPUT] = {.member = offsetof(struct options, output)},
    [OPTION_SORT] = {.member = offsetof(struct options, sort)},
    [OPTION_EVERY] = {.member = offsetof(struct options, every)},
    [OPTION_AS] = {.member = offsetof(struct options, as)},
    [OPTION_EXPORT] = {.member = offsetof(struct options, file)},
    [OPTION_IMPORT] = {.member = offsetof(struct options, file)},
    [OPTION_TIMEOUT] = {.take = take_timeout},
    [OPTION_LINES] = {.take = take_lines},
    [OPTION_SINCE] = {.take = take_since},
    [OPTION_UNTIL] = {.take = take_until},
    [OPTION_TYPE] = {.take = take_type},
    [OPTION_QUALITY] = {.take = take_quality},
    [OPTION_OBJECT] = {.take = take_object},
    [OPTION_FRAMES] = {.take = take_frames},
    [OPTION_FRAME] = {.take = take_frame},
    [OPTION_WATCH] = {.take = take_watch},
    [OPTION_SIZE] = {.take = take_size},
};

_Static_assert(offsetof(struct options, given) == 0, "no member that is kept as it is has offset 0");

static enum status take_option(struct options *options, enum option_id option, const char *value,
                               json_t **error)
{
    const struct taker *taker = &takers[option];
    options->given[option] = true;
    if (taker->member != 0)
        *(const char **)((char *)options + taker->member) = value;
    return taker->take ? taker->take(options, value, error) : STATUS_DONE;
}

/* "--watch 5" means what "--watch=5" does: a time that comes next is the value that may be missing. */
static void take_next_time(int argc, char **argv, enum option_id option)
{
    double seconds;
    if (value_may_be_missing(&option_table[option]) && !optarg && optind < argc &&
        text_to_duration(argv[optind], &seconds))
        optarg = argv[optind++];
}

/* Reads options up to the verb (verb -1) or all of those after it; optind is where it stopped. */
static enum status read_options(int argc, char **argv, int verb, struct options *options, json_t **error)
{
    struct getopt_tables tables;
    int value;
    getopt_tables_fill(&tables, verb);
    opterr = 0;
    optind = 0; /* GNU: start again */
    while ((value = getopt_long(argc, argv, tables.letters, tables.words, NULL)) != -1) {
        if (value == '?')
            return refuse_option(error, verb, optopt, argv[optind - 1]);
        if (value == ':')
            return refuse_missing_value(error, option_from_value(optopt, verb));
        int option = option_from_value(value, verb);
        if (option < 0) /* getopt_long knows the options of the table only */
            return status_fail(error, "usage", NULL, "unknown option -%c", value);
        if (optarg && !optarg[0]) /* of a variable that is not set, mostly */
            return refuse_missing_value(error, option);
        take_next_time(argc, argv, (enum option_id)option);
        enum status status = take_option(options, (enum option_id)option, optarg, error);
        if (status != STATUS_DONE)
            return status;
    }
    return STATUS_DONE;
}

static enum status check_operands(const struct options *options, json_t **error)
{
    const struct verb_info *info = &verb_table[options->verb];
    const int fewest = info->fewest - options->given[OPTION_ALL]; /* it stands for names */
    if (options->operand_count < fewest)
        return status_fail(error, "usage", NULL, "%s needs %s: camctl %s %s", info->word,
                           options->operand_count == 0 ? "more words" : "another word", info->word,
                           info->operands);
    if (info->most >= 0 && options->operand_count > info->most)
        return status_fail(error, "usage", NULL, "%s does not take the word %s: camctl %s%s%s", info->word,
                           options->operands[info->most], info->word, info->operands[0] ? " " : "",
                           info->operands);
    return STATUS_DONE;
}

enum status options_parse(int argc, char **argv, struct options *options, json_t **error)
{
    *options = (struct options){.verb = -1, .quality = OPTIONS_QUALITY};
    enum status status = read_options(argc, argv, -1, options, error);
    if (status != STATUS_DONE)
        return status;
    int at = optind;
    if (at >= argc) {
        if (options->given[OPTION_HELP] || options->given[OPTION_VERSION])
            return STATUS_DONE;
        return status_fail(error, "usage", "camctl help lists the verbs",
                           "which verb? camctl [OPTION ...] VERB ...");
    }
    status = verb_word_find(argv[at], &options->verb, error);
    if (status == STATUS_DONE)
        status = read_options(argc - at, argv + at, options->verb, options, error);
    if (status != STATUS_DONE)
        return status;
    options->operands = argv + at + optind;
    options->operand_count = argc - at - optind;
    if (options->given[OPTION_HELP] || options->given[OPTION_VERSION])
        return STATUS_DONE;
    return check_operands(options, error);
}

bool options_ask_json(int argc, char *const *argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const size_t length = strlen(argv[i]);
        if (length > 2 && strncmp(argv[i], "--json", length) == 0)
            return true;
    }
    return false;
}
