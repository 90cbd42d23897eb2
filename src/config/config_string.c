/* The types of values that are strings: choices, paths, inputs, and names of groups and segments. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "base/text.h"
#include "config/config_keys.h"
#include "config/config_value.h"

enum {
    PATH_BYTES = 1023, /* unless the key says less; PATH_MAX leaves room for names in it */
    ACCOUNT_BYTES = 32,
    PREFIX_BYTES = 32,
};

static const char letters_and_digits[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/* Whether all of text is of letters, digits and the further characters. */
static bool is_of_characters(const char *text, const char *further)
{
    while (*text) {
        size_t count =
            strspn(text, letters_and_digits) + strspn(text + strspn(text, letters_and_digits), further);
        if (count == 0)
            return false;
        text += count;
    }
    return true;
}

#define STRING_TYPE(name)                                                                                    \
    const struct config_type config_type_##name = {                                                          \
        .size = sizeof(char *),                                                                              \
        .is_text = true,                                                                                     \
        .parse = name##_parse,                                                                               \
        .print = config_value_print_text,                                                                    \
        .json = config_value_json_text,                                                                      \
        .describe = name##_describe,                                                                         \
    }

/* ---- one of a few words ---- */

static bool is_word_of(const struct config_key *key, const char *text)
{
    const char *const *word = key->words;
    while (*word && strcmp(text, *word) != 0)
        word++;
    return *word;
}

static const char *choice_parse(const struct config_key *key, const char *text, void *field)
{
    return is_word_of(key, text) ? config_value_set_text(field, text) : "is not one of the words";
}

static void choice_describe(const struct config_key *key, FILE *out)
{
    config_type_level.describe(key, out);
}

STRING_TYPE(choice);

/* ---- paths ---- */

static size_t path_limit(const struct config_key *key)
{
    return key->most > 0 ? (size_t)key->most : PATH_BYTES;
}

static const char *path_parse(const struct config_key *key, const char *text, void *field)
{
    if (text[0] != '/')
        return "does not begin with /";
    if (strlen(text) > path_limit(key))
        return "is too long";
    return config_value_set_text(field, text);
}

static void path_describe(const struct config_key *key, FILE *out)
{
    fprintf(out, "an absolute path (at most %zu bytes)", path_limit(key));
}

STRING_TYPE(path);

/* ---- plain text ---- */

static const char *line_parse(const struct config_key *key, const char *text, void *field)
{
    if (!*text)
        return "is empty";
    return strlen(text) > path_limit(key) ? "is too long" : config_value_set_text(field, text);
}

static void line_describe(const struct config_key *key, FILE *out)
{
    fprintf(out, "text of at most %zu bytes", path_limit(key));
}

STRING_TYPE(line);

/* ---- where the log goes ---- */

static const char *log_parse(const struct config_key *key, const char *text, void *field)
{
    return strcmp(text, "syslog") == 0 ? config_value_set_text(field, text) : path_parse(key, text, field);
}

static void log_describe(const struct config_key *key, FILE *out)
{
    fputs("syslog or ", out);
    path_describe(key, out);
}

STRING_TYPE(log);

/* ---- inputs ---- */

static const char *input_fault(const char *text)
{
    static const char lavfi[] = "lavfi:";
    if (text[0] == '/')
        return NULL;
    if (strncasecmp(text, lavfi, sizeof(lavfi) - 1) == 0)
        return text[sizeof(lavfi) - 1] ? NULL : "has no filter graph";

    size_t scheme = strspn(text, letters_and_digits);
    while (text[scheme] && strchr("+.-", text[scheme]))
        scheme += 1 + strspn(text + scheme + 1, letters_and_digits);
    if (scheme == 0 || strncmp(text + scheme, "://", 3) != 0)
        return "is a relative file name or not a URL";
    if (!text[scheme + 3])
        return "names no host";
    /* Also what lets secret_redact find the end of a URL in a message. */
    if (strpbrk(text, " \t"))
        return "has white space in a URL (write it as %20)";
    return NULL;
}

static const char *input_parse(const struct config_key *key, const char *text, void *field)
{
    (void)key;
    const char *fault = input_fault(text);
    return fault ? fault : config_value_set_text(field, text);
}

static void input_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fputs("a URL (such as rtsp://HOST/PATH), an absolute path, or lavfi:GRAPH", out);
}

STRING_TYPE(input);

/* ---- names ---- */

/* Of a user or a group; fault: what is wrong with one that has a character which none has. */
static const char *account_parse(const char *text, void *field, const char *fault)
{
    if (strlen(text) > ACCOUNT_BYTES)
        return "is too long";
    return text[0] == '-' || !is_of_characters(text, "_.-") ? fault : config_value_set_text(field, text);
}

static const char *group_parse(const struct config_key *key, const char *text, void *field)
{
    (void)key;
    return account_parse(text, field, "has a character that names of groups do not have");
}

static void group_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fputs("the name of a group", out);
}

STRING_TYPE(group);

static const char *user_parse(const struct config_key *key, const char *text, void *field)
{
    (void)key;
    return account_parse(text, field, "has a character that names of users do not have");
}

static void user_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fputs("the name of a user", out);
}

STRING_TYPE(user);

static const char *prefix_parse(const struct config_key *key, const char *text, void *field)
{
    (void)key;
    size_t length = strlen(text);
    if (length > PREFIX_BYTES)
        return "is too long";
    if (!is_of_characters(text, "_.-"))
        return "has a character that does not belong there";
    /* Names of cameras have no point, so with it no name under one prefix is also one under another. */
    if (text[length - 1] != '.')
        return "does not end with a point";
    return config_value_set_text(field, text);
}

static void prefix_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fputs("1 to 32 letters, digits, _, . and -, with a point at the end", out);
}

STRING_TYPE(prefix);

/* ---- detectors ---- */

static const char *backend_parse(const struct config_key *key, const char *text, void *field)
{
    if (is_word_of(key, text))
        return config_value_set_text(field, text);
    return text[0] == '/' ? path_parse(key, text, field)
                          : "is not one of the words and does not begin with /";
}

static void backend_describe(const struct config_key *key, FILE *out)
{
    for (const char *const *word = key->words; *word; word++)
        fprintf(out, "%s, ", *word);
    fputs("or the absolute path of a program", out);
}

STRING_TYPE(backend);

static const char *name_parse(const struct config_key *key, const char *text, void *field)
{
    (void)key;
    return text_is_camera_name(text) ? config_value_set_text(field, text)
                                     : "is no name: expected " TEXT_NAME_RULE;
}

static void name_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fputs("the NAME of a [detector NAME], or motion or opencv-hog, which need none", out);
}

STRING_TYPE(name);
