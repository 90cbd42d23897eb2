/* The table for readers: plain text, and the mdoc that camd.ini(5) has between its sections. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "config/config_family.h"
#include "config/config_keys.h"
#include "config/config_plain.h"

static const struct {
    unsigned int apply;
    const char *text;
} effects[] = {
    {CONFIG_APPLY_START, "A change needs a new start of the daemon."},
    {CONFIG_APPLY_DETECTOR | CONFIG_APPLY_SEGMENTS,
     "A change restarts the detector, and capture and tracker of the cameras that use it, with new segments."},
    {CONFIG_APPLY_SEGMENTS, "A change restarts capture and tracker with new segments."},
    {CONFIG_APPLY_DETECTOR, "A change restarts the detector."},
    {CONFIG_APPLY_CAPTURE, "A change restarts capture."},
    {CONFIG_APPLY_TRACKER, "A change restarts the tracker."},
    {CONFIG_APPLY_WANT, "A change counts at once, but not against camctl enable and disable."},
    {CONFIG_APPLY_LIVE, "A change counts at once."},
    {CONFIG_APPLY_POLICY, "A change counts from the next occasion."},
};

/* The strongest one: it includes the others. */
static const char *effect_text(const struct config_key *key)
{
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++) {
        if ((key->apply & effects[i].apply) == effects[i].apply)
            return effects[i].text;
    }
    return "";
}

static const char *standard_text(const struct config_key *key)
{
    const char *standard = key->standard_shown ? key->standard_shown : key->standard;
    return standard ? standard : "none, it has to be there";
}

enum { WIDTH = 78, INDENT = 4 };

/* Lines of words, each line with that indentation. */
static void print_wrapped(FILE *out, const char *text, size_t length, size_t indent)
{
    size_t column = 0;
    while (length > 0) {
        const char *space = memchr(text, ' ', length);
        size_t word = space ? (size_t)(space - text) : length;
        if (column > 0 && column + 1 + word > WIDTH) {
            putc('\n', out);
            column = 0;
        }
        column += (size_t)fprintf(out, "%*s%.*s", column > 0 ? 1 : (int)indent, "", (int)word, text);
        word += space ? 1 : 0;
        text += word;
        length -= word;
    }
    putc('\n', out);
}

/* mdoc wants every sentence to begin a line, and none of our words has a backslash or begins with a point. */
static void print_sentences(FILE *out, const char *text)
{
    const char *end;
    while ((end = strstr(text, ". ")) != NULL) {
        print_wrapped(out, text, (size_t)(end + 1 - text), 0);
        text = end + 2;
    }
    print_wrapped(out, text, strlen(text), 0);
}

/* A line of its own in mdoc, too. */
static void print_labelled(FILE *out, const char *label, const char *text, bool mdoc)
{
    char *line = text_format("%s%s", label, text);
    if (mdoc)
        fputs(".br\n", out);
    if (line)
        print_wrapped(out, line, strlen(line), mdoc ? 0 : INDENT);
    free(line);
}

/*
 * One paragraph. whole: the row of the table, whose effect it has; key: what value_key's default and meaning are when it has
 * none of its own.
 */
static void print_entry(FILE *out, const struct config_key *whole, const struct config_key *key,
                        const struct config_key *value_key, const char *title, bool mdoc)
{
    const char *meaning = value_key->meaning ? value_key->meaning : key->meaning;
    char *expected = value_key->family ? NULL : config_value_expected(value_key);
    fprintf(out, "%s%s\n", mdoc ? ".It Cm " : "", title);
    if (mdoc)
        print_sentences(out, meaning);
    else
        print_wrapped(out, meaning, strlen(meaning), INDENT);
    if (expected)
        print_labelled(out, "Value: ", expected, mdoc);
    print_labelled(out, "Default: ", standard_text(value_key->standard ? value_key : key), mdoc);
    if (whole->apply)
        print_labelled(out, "", effect_text(whole), mdoc);
    if (!mdoc)
        putc('\n', out);
    free(expected);
}

static void print_family(FILE *out, const struct config_key *whole, const struct config_key *key,
                         const char *name, bool mdoc);

/* What an element of a family can have, element being its name for people. */
static void print_member(FILE *out, const struct config_key *whole, const struct config_key *member,
                         const char *element, bool mdoc)
{
    char *title = text_format("%s.%s", element, member->name);
    if (title && member->family)
        print_family(out, whole, member, title, mdoc);
    else if (title)
        print_entry(out, whole, member, member, title, mdoc);
    free(title);
}

/* A family with that whole name, then what its elements have; the meaning of an element's own value is the family's. */
static void print_family(FILE *out, const struct config_key *whole, const struct config_key *key,
                         const char *name, bool mdoc)
{
    const struct config_family *family = key->family;
    bool has_value = config_family_has_value(family);
    char *element = text_format("%s.%s", name, family->placeholder);
    char *title = text_format("%s%s", element ? element : "", has_value ? "" : ".KEY");
    if (element && title) {
        print_entry(out, whole, key, has_value ? &family->keys[0] : key, title, mdoc);
        for (size_t i = has_value ? 1 : 0; i < family->key_count; i++)
            print_member(out, whole, &family->keys[i], element, mdoc);
    }
    free(element);
    free(title);
}

static void print_key(FILE *out, const struct config_key *key, bool mdoc)
{
    if (key->family)
        print_family(out, key, key, key->name, mdoc);
    else
        print_entry(out, key, key, key, key->name, mdoc);
}

static void print_place(FILE *out, const char *title, enum config_place place, bool mdoc)
{
    if (mdoc)
        fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n", title);
    else
        fprintf(out, "%s\n\n", title);
    for (size_t i = 0; i < config_key_count; i++) {
        if (config_keys[i].places & place)
            print_key(out, &config_keys[i], mdoc);
    }
    if (mdoc)
        fputs(".El\n", out);
}

void config_print_keys(FILE *out, bool mdoc)
{
    print_place(out, "[camd]: the daemon", CONFIG_PLACE_CAMD, mdoc);
    print_place(out, "[camera NAME] and, but for input and password_file, [defaults]: cameras",
                CONFIG_PLACE_CAMERA, mdoc);
    print_place(out, "[detector NAME]: who finds objects", CONFIG_PLACE_DETECTOR, mdoc);
}

void config_plain_print_keys(const struct config_plain *plain, FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < plain->count; i++)
        print_key(out, &plain->keys[i], true);
    fputs(".El\n", out);
}
