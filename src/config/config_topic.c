#include "config/config_topic.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config_family.h"

static const struct {
    unsigned int apply;
    const char *text;
} effects[] = {
    {CONFIG_APPLY_START, "A change needs a new start of the daemon."},
    {CONFIG_APPLY_DETECTOR | CONFIG_APPLY_SEGMENTS,
     "A change restarts the detector, and capture of the cameras that use it, with new segments."},
    {CONFIG_APPLY_SEGMENTS, "A change restarts capture, with new segments."},
    {CONFIG_APPLY_DETECTOR, "A change restarts the detector."},
    {CONFIG_APPLY_CAPTURE, "A change restarts capture."},
    {CONFIG_APPLY_TRACKER, "A change restarts the tracker."},
    {CONFIG_APPLY_WANT, "A change counts at once, but not against camctl enable and disable."},
    {CONFIG_APPLY_LIVE, "A change counts at once."},
    {CONFIG_APPLY_POLICY, "A change counts from the next occasion."},
};

/* The strongest one: it includes the others. */
const char *config_topic_effect(const struct config_topic *topic)
{
    const unsigned int apply = topic->whole->apply;
    for (size_t i = 0; i < sizeof(effects) / sizeof(*effects); i++) {
        if ((apply & effects[i].apply) == effects[i].apply)
            return effects[i].text;
    }
    return "";
}

const char *config_topic_meaning(const struct config_topic *topic)
{
    return topic->value->meaning ? topic->value->meaning : topic->family->meaning;
}

char *config_topic_expected(const struct config_topic *topic)
{
    return topic->value->family ? NULL : config_value_expected(topic->value);
}

const char *config_topic_standard(const struct config_topic *topic)
{
    const struct config_key *key = topic->value->standard ? topic->value : topic->family;
    const char *standard = key->standard_shown ? key->standard_shown : key->standard;
    return standard ? standard : "none, it has to be there";
}

/* One of its words that is not the default. */
static const char *other_word(const struct config_key *key)
{
    const char *const *word = key->words;
    while (key->standard && *word && strcmp(*word, key->standard) == 0)
        word++;
    return *word;
}

const char *config_topic_example(const struct config_topic *topic)
{
    const struct config_key *key = topic->value;
    if (key->family)
        return NULL;
    if (key->example)
        return key->example;
    if (key->words)
        return other_word(key);
    if (key->type == &config_type_bool)
        return key->standard && strcmp(key->standard, "no") == 0 ? "yes" : "no";
    return key->standard ? key->standard : topic->family->standard;
}

/* ---- families ---- */

struct visiting {
    config_topic_visit *visit;
    void *context;
    const struct config_key *whole;
};

static void tell(const struct visiting *visiting, const struct config_key *family,
                 const struct config_key *value, const char *title, const char *written)
{
    visiting->visit(visiting->context,
                    &(struct config_topic){title, written, visiting->whole, family, value});
}

static void visit_family(const struct visiting *visiting, const struct config_key *key, const char *name,
                         const char *written);

/* What an element of a family can have, element being its name. */
static void visit_member(const struct visiting *visiting, const struct config_key *member,
                         const char *element, const char *written_element)
{
    char *title = text_format("%s.%s", element, member->name);
    char *written = text_format("%s.%s", written_element, member->name);
    if (title && written && member->family)
        visit_family(visiting, member, title, written);
    else if (title && written)
        tell(visiting, member, member, title, written);
    free(title);
    free(written);
}

/* A family with that whole name, then what its elements have; the meaning of an element's own value is the family's. */
static void visit_family(const struct visiting *visiting, const struct config_key *key, const char *name,
                         const char *written)
{
    const struct config_family *family = key->family;
    const bool has_value = config_family_has_value(family);
    const char *rest = has_value ? "" : ".KEY";
    char *element = text_format("%s.%s", name, family->placeholder), *title = NULL;
    char *written_element = text_format("%s.%s", written, family->example_name);
    if (element && written_element)
        title = text_format("%s%s", element, rest);
    if (title) {
        tell(visiting, key, has_value ? &family->keys[0] : key, title, written_element);
        for (size_t i = has_value ? 1 : 0; i < family->key_count; i++)
            visit_member(visiting, &family->keys[i], element, written_element);
    }
    free(element);
    free(written_element);
    free(title);
}

void config_topics_visit(const struct config_key *key, config_topic_visit *visit, void *context)
{
    const struct visiting visiting = {visit, context, key};
    if (key->family)
        visit_family(&visiting, key, key->name, key->name);
    else
        tell(&visiting, key, key, key->name, key->name);
}
