/* The types of values that are of several parts: labels, names of variables, numbers, the words of a command. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "config/config_command.h"
#include "config/config_keys.h"

enum { CONFIG_PART_BYTES = 64 }; /* of a list, with its comma */

static const char white_space[] = " \t";

/* The next part of a list, without the white space around it; *at is then behind its comma, or NULL. */
static const char *next_part(const char **at, size_t *length)
{
    const char *part = *at + strspn(*at, white_space);
    const char *comma = strchr(part, ',');
    *length = comma ? (size_t)(comma - part) : strlen(part);
    *at = comma ? comma + 1 : NULL;
    while (*length > 0 && strchr(white_space, part[*length - 1]))
        --*length;
    return part;
}

/* ---- labels ---- */

static bool has_part(const char *list, const char *part, size_t length)
{
    while (list) {
        size_t other_length;
        const char *other = next_part(&list, &other_length);
        if (other_length == length && memcmp(other, part, length) == 0)
            return true;
    }
    return false;
}

/* What the parts of a list may be, and what is said when they aren't. */
struct list_rules {
    const char *(*fault)(const char *part, size_t length); /* NULL: there is none */
    const char *too_many, *twice;
};

/* The parts with nothing but commas between them. */
static const char *list_parse(const struct list_rules *rules, const char *text, void *field)
{
    char list[CONFIG_LIST_MAX * CONFIG_PART_BYTES] = "";
    size_t count = 0, used = 0;
    while (text) {
        size_t length;
        const char *part = next_part(&text, &length);
        const char *fault = rules->fault(part, length);
        if (fault)
            return fault;
        if (count == CONFIG_LIST_MAX)
            return rules->too_many;
        if (count > 0 && has_part(list, part, length))
            return rules->twice;
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%.*s", count > 0 ? "," : "",
                                 (int)length, part);
        count++;
    }
    return config_value_set_text(field, list);
}

static const char *label_fault(const char *label, size_t length)
{
    (void)label;
    if (length == 0)
        return "has an empty label";
    _Static_assert(CAMD_LABEL_BYTES == 32 && (int)CAMD_LABEL_BYTES <= (int)CONFIG_PART_BYTES, "its text");
    return length >= CAMD_LABEL_BYTES ? "has a label of more than 31 bytes" : NULL;
}

static const char *labels_parse(const struct config_key *key, const char *text, void *field)
{
    static const struct list_rules rules = {label_fault, "has too many labels", "has a label twice"};
    (void)key;
    return list_parse(&rules, text, field);
}

static json_t *labels_json(const void *field)
{
    const char *text = *(char *const *)field;
    json_t *labels = json_array();
    while (text) {
        size_t length;
        const char *label = next_part(&text, &length);
        if (json_array_append_new(labels, json_stringn(label, length)) != 0) {
            json_decref(labels);
            return NULL;
        }
    }
    return labels;
}

static void labels_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fprintf(out, "1 to %d labels with commas between them", CONFIG_LIST_MAX);
}

const struct config_type config_type_labels = {
    .size = sizeof(char *),
    .is_text = true,
    .is_list = true,
    .parse = labels_parse,
    .print = config_value_print_text,
    .json = labels_json,
    .describe = labels_describe,
};

/* ---- variables of the environment ---- */

static const char *variable_fault(const char *name, size_t length)
{
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    _Static_assert(CONFIG_PART_BYTES == 64, "the text below");
    if (length == 0)
        return "has an empty name";
    if (length >= CONFIG_PART_BYTES)
        return "has a name of more than 63 bytes";
    return strspn(name, characters) < length || (name[0] >= '0' && name[0] <= '9')
               ? "has what is no name of a variable (a value does not belong here)"
               : NULL;
}

static const char *variables_parse(const struct config_key *key, const char *text, void *field)
{
    static const struct list_rules rules = {variable_fault, "has too many names", "has a name twice"};
    (void)key;
    return list_parse(&rules, text, field);
}

static void variables_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fprintf(out, "1 to %d names of variables with commas between them", CONFIG_LIST_MAX);
}

const struct config_type config_type_variables = {
    .size = sizeof(char *),
    .is_text = true,
    .is_list = true,
    .parse = variables_parse,
    .print = config_value_print_text,
    .json = labels_json,
    .describe = variables_describe,
};

/* ---- numbers ---- */

/* Up to `most` numbers with commas between them, each within the key's limits; too_many: what is wrong with more. */
static const char *numbers_read(const struct config_key *key, const char *text, double *numbers, size_t most,
                                size_t *count, const char *too_many)
{
    for (*count = 0; text; ++*count) {
        size_t length;
        char copy[TEXT_NUMBER_BYTES];
        const char *part = next_part(&text, &length);
        if (*count == most)
            return too_many;
        double *number = &numbers[*count];
        snprintf(copy, sizeof(copy), "%.*s", (int)length, part);
        if (length >= sizeof(copy) || !text_to_double(copy, number))
            return "has something that is not a number";
        if (*number < key->least)
            return "has a number that is too small";
        if (*number > key->most)
            return "has a number that is too large";
    }
    return NULL;
}

static void write_range(const struct config_key *key, const char *how_many, FILE *out)
{
    char least[TEXT_NUMBER_BYTES], most[TEXT_NUMBER_BYTES];
    text_from_double(least, key->least);
    text_from_double(most, key->most);
    fprintf(out, "%s numbers from %s to %s with commas between them", how_many, least, most);
}

/* ---- three numbers ---- */

enum { CHANNELS = 3 };

static char *numbers_text(const double numbers[CHANNELS])
{
    char text[CHANNELS][TEXT_NUMBER_BYTES];
    for (size_t i = 0; i < CHANNELS; i++)
        text_from_double(text[i], numbers[i]);
    return text_format("%s,%s,%s", text[0], text[1], text[2]);
}

static const char *numbers_parse(const struct config_key *key, const char *text, void *field)
{
    double numbers[CHANNELS] = {0};
    size_t count;
    const char *fault = numbers_read(key, text, numbers, CHANNELS, &count, "has more than three numbers");
    if (fault)
        return fault;
    if (count == 2)
        return "has two numbers";
    for (; count < CHANNELS; count++)
        numbers[count] = numbers[0];
    char *list = numbers_text(numbers);
    if (!list)
        return config_value_no_memory;
    free(*(char **)field);
    *(char **)field = list;
    return NULL;
}

static json_t *numbers_json(const void *field)
{
    const char *text = *(char *const *)field;
    json_t *list = json_array();
    while (text) {
        size_t length;
        char copy[TEXT_NUMBER_BYTES];
        double number = 0;
        const char *part = next_part(&text, &length);
        snprintf(copy, sizeof(copy), "%.*s", (int)length, part);
        text_to_double(copy, &number); /* it has been parsed before */
        if (json_array_append_new(list, json_real(number)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static void numbers_describe(const struct config_key *key, FILE *out)
{
    write_range(key, "three", out);
    fputs(", or one for all three", out);
}

const struct config_type config_type_numbers = {
    .size = sizeof(char *),
    .is_text = true,
    .parse = numbers_parse,
    .print = config_value_print_text,
    .json = numbers_json,
    .describe = numbers_describe,
};

/* ---- the sides of a zone ---- */

static const char *distances_parse(const struct config_key *key, const char *text, void *field)
{
    struct config_distances distances = {{0}};
    size_t count;
    const char *fault =
        numbers_read(key, text, distances.sides, CONFIG_SIDES, &count, "has more than four numbers");
    if (fault)
        return fault;
    if (count < CONFIG_SIDES)
        return "has fewer than four numbers";
    *(struct config_distances *)field = distances;
    return NULL;
}

static char *distances_print(const struct config_key *key, const void *field)
{
    (void)key;
    const struct config_distances *distances = field;
    char text[CONFIG_SIDES][TEXT_NUMBER_BYTES];
    for (size_t i = 0; i < CONFIG_SIDES; i++)
        text_from_double(text[i], distances->sides[i]);
    return text_format("%s,%s,%s,%s", text[0], text[1], text[2], text[3]);
}

static json_t *distances_json(const void *field)
{
    const struct config_distances *distances = field;
    const double *sides = distances->sides;
    return json_pack("[f, f, f, f]", sides[0], sides[1], sides[2], sides[3]);
}

static void distances_describe(const struct config_key *key, FILE *out)
{
    write_range(key, "four", out);
    fprintf(out, " (%s)", key->unit);
}

const struct config_type config_type_distances = {
    .size = sizeof(struct config_distances),
    .parse = distances_parse,
    .print = distances_print,
    .json = distances_json,
    .describe = distances_describe,
};

/* ---- commands ---- */

static const char *command_parse(const struct config_key *key, const char *text, void *field)
{
    (void)key;
    char **words = NULL;
    const char *fault = config_command_split(text, &words);
    if (fault)
        return fault;
    bool is_path = words[0][0] == '/';
    free(words);
    if (!is_path)
        return "does not begin with the absolute path of a program";
    return config_value_set_text(field, text);
}

static void command_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fprintf(out, "the absolute path of a program and its arguments (at most %d words)", CONFIG_WORDS_MAX);
}

const struct config_type config_type_command = {
    .size = sizeof(char *),
    .is_text = true,
    .parse = command_parse,
    .print = config_value_print_text,
    .json = config_value_json_text,
    .describe = command_describe,
};
