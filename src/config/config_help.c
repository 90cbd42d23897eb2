/* The table for readers: plain text, the mdoc that camd.ini(5) has between its sections, and JSON. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "config/config_document.h"
#include "config/config_family.h"
#include "config/config_plain.h"
#include "config/config_topic.h"

static const struct {
    enum config_place place;
    const char *title; /* NULL: it has the keys of another one */
} sections[] = {
    {CONFIG_PLACE_CAMD, "[camd]: the daemon"},
    {CONFIG_PLACE_CAMERA, "[camera NAME] and, but for input and password_file, [defaults]: cameras"},
    {CONFIG_PLACE_DEFAULTS, NULL},
    {CONFIG_PLACE_DETECTOR, "[detector NAME]: who finds objects"},
};
enum { SECTIONS = sizeof(sections) / sizeof(sections[0]) };

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

/* ---- paragraphs ---- */

struct printing {
    FILE *out;
    bool mdoc;
};

static void print_topic(void *context, const struct config_topic *topic)
{
    const struct printing *printing = context;
    FILE *out = printing->out;
    char *expected = config_topic_expected(topic);
    const char *meaning = config_topic_meaning(topic), *effect = config_topic_effect(topic);
    fprintf(out, "%s%s\n", printing->mdoc ? ".It Cm " : "", topic->title);
    if (printing->mdoc)
        print_sentences(out, meaning);
    else
        print_wrapped(out, meaning, strlen(meaning), INDENT);
    if (expected)
        print_labelled(out, "Value: ", expected, printing->mdoc);
    print_labelled(out, "Default: ", config_topic_standard(topic), printing->mdoc);
    if (effect[0])
        print_labelled(out, "", effect, printing->mdoc);
    free(expected);
}

static void print_topic_of_many(void *context, const struct config_topic *topic)
{
    const struct printing *printing = context;
    print_topic(context, topic);
    if (!printing->mdoc)
        putc('\n', printing->out);
}

static void print_place(FILE *out, const char *title, enum config_place place, bool mdoc)
{
    struct printing printing = {out, mdoc};
    if (mdoc)
        fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n", title);
    else
        fprintf(out, "%s\n\n", title);
    for (size_t i = 0; i < config_key_count; i++) {
        if (config_keys[i].places & place)
            config_topics_visit(&config_keys[i], print_topic_of_many, &printing);
    }
    if (mdoc)
        fputs(".El\n", out);
}

void config_print_keys(FILE *out, bool mdoc)
{
    for (size_t i = 0; i < SECTIONS; i++) {
        if (sections[i].title)
            print_place(out, sections[i].title, sections[i].place, mdoc);
    }
}

void config_plain_print_keys(const struct config_plain *plain, FILE *out)
{
    struct printing printing = {out, true};
    fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < plain->count; i++)
        config_topics_visit(&plain->keys[i], print_topic, &printing);
    fputs(".El\n", out);
}

/* ---- some of them ---- */

/* Those that a name means: a family's alone means all that its elements have. */
struct asking {
    const char *name;
    const struct config_key *value; /* that a whole name with somebody's own parts in it is for, or NULL */
    config_topic_visit *visit;
    void *context;
    size_t found;
};

static bool is_asked_for(const struct asking *asking, const struct config_topic *topic)
{
    const size_t length = strlen(asking->name);
    if (topic->value == asking->value)
        return true;
    return strncmp(topic->title, asking->name, length) == 0 &&
           (topic->title[length] == '\0' || topic->title[length] == '.');
}

static void ask(void *context, const struct config_topic *topic)
{
    struct asking *asking = context;
    if (!is_asked_for(asking, topic))
        return;
    asking->visit(asking->context, topic);
    asking->found++;
}

static size_t visit_asked(const char *name, config_topic_visit *visit, void *context)
{
    const struct config_key *key = config_key_find(name);
    struct asking asking = {name, key ? config_key_of_value(key, name) : NULL, visit, context, 0};
    for (size_t i = 0; i < config_key_count; i++)
        config_topics_visit(&config_keys[i], ask, &asking);
    return asking.found;
}

static void print_places(FILE *out, const struct config_topic *topic)
{
    char text[64];
    const char *words[SECTIONS];
    size_t count = 0;
    for (size_t i = 0; i < SECTIONS; i++) {
        if (topic->whole->places & sections[i].place)
            words[count++] = config_place_title(sections[i].place);
    }
    print_labelled(out, "Section: ", text_list(text, sizeof(text), words, count, "and"), false);
}

static void print_example(FILE *out, const struct config_topic *topic)
{
    const char *example = config_topic_example(topic);
    if (!example)
        return;
    fprintf(out, "    Example: %s = %s\n", topic->written, example);
    if (topic->whole->places & CONFIG_PLACE_CAMERA)
        fprintf(out, "             camctl set front %s%s=%s%s\n", strchr(example, ' ') ? "'" : "",
                topic->written, example, strchr(example, ' ') ? "'" : "");
}

static void print_asked(void *context, const struct config_topic *topic)
{
    struct printing *printing = context;
    print_topic(context, topic);
    print_places(printing->out, topic);
    print_example(printing->out, topic);
    putc('\n', printing->out);
}

bool config_print_key(FILE *out, const char *name)
{
    return visit_asked(name, print_asked, &(struct printing){out, false}) > 0;
}

/* ---- JSON ---- */

static json_t *words_json(const struct config_key *key)
{
    static const char *const of_bool[] = {"yes", "no", NULL};
    json_t *words = json_array();
    for (const char *const *word = key->type == &config_type_bool ? of_bool : key->words; word && *word;
         word++)
        json_array_append_new(words, json_string(*word));
    return words;
}

static json_t *places_json(const struct config_topic *topic)
{
    json_t *places = json_array();
    for (size_t i = 0; i < SECTIONS; i++) {
        if (topic->whole->places & sections[i].place)
            json_array_append_new(places, json_string(config_place_title(sections[i].place)));
    }
    return places;
}

static void add_json(void *context, const struct config_topic *topic)
{
    char *expected = config_topic_expected(topic);
    json_array_append_new(context,
                          json_pack("{s:s, s:s, s:s?, s:s?, s:o, s:s, s:s?, s:o, s:s}", "key", topic->title,
                                    "meaning", config_topic_meaning(topic), "value", expected, "unit",
                                    topic->value->unit, "words", words_json(topic->value), "default",
                                    config_topic_standard(topic), "example", config_topic_example(topic),
                                    "sections", places_json(topic), "effect", config_topic_effect(topic)));
    free(expected);
}

json_t *config_keys_json(const char *name)
{
    json_t *keys = json_array();
    if (name)
        visit_asked(name, add_json, keys);
    else
        for (size_t i = 0; i < config_key_count; i++)
            config_topics_visit(&config_keys[i], add_json, keys);
    return keys;
}
