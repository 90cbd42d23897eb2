#include "mqtt/retained.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void retained_init(struct retained *retained)
{
    *retained = (struct retained){0};
    TAILQ_INIT(&retained->all);
    TAILQ_INIT(&retained->due);
}

static void make_due(struct retained *retained, struct retained_topic *topic)
{
    if (topic->is_due)
        return;
    topic->is_due = true;
    TAILQ_INSERT_TAIL(&retained->due, topic, due);
    retained->due_count++;
}

static void not_due(struct retained *retained, struct retained_topic *topic)
{
    if (!topic->is_due)
        return;
    topic->is_due = false;
    TAILQ_REMOVE(&retained->due, topic, due);
    retained->due_count--;
}

static void destroy(struct retained *retained, struct retained_topic *topic)
{
    not_due(retained, topic);
    TAILQ_REMOVE(&retained->all, topic, all);
    name_index_remove(&retained->index, &topic->node);
    free(topic->name);
    free(topic->payload);
    free(topic);
}

void retained_fini(struct retained *retained)
{
    struct retained_topic *topic;
    while ((topic = TAILQ_FIRST(&retained->all)) != NULL)
        destroy(retained, topic);
}

static struct retained_topic *make(struct retained *retained, const char *name)
{
    struct retained_topic *topic = calloc(1, sizeof(*topic));
    if (!topic)
        return NULL;
    topic->name = strdup(name);
    topic->node = (struct name_node){.name = topic->name, .item = topic};
    if (!topic->name || name_index_add(&retained->index, &topic->node) < 0) {
        free(topic->name);
        free(topic);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&retained->all, topic, all);
    return topic;
}

int retained_set(struct retained *retained, const char *name, const void *payload, size_t size)
{
    struct retained_topic *topic = name_index_find(&retained->index, name);
    if (topic && topic->size == size && memcmp(topic->payload ? topic->payload : "", payload, size) == 0)
        return 0;
    char *copy = malloc(size > 0 ? size : 1);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, payload, size);
    if (!topic)
        topic = make(retained, name);
    if (!topic) {
        free(copy);
        return -ENOMEM;
    }
    free(topic->payload);
    topic->payload = copy;
    topic->size = size;
    topic->is_refused = false;
    make_due(retained, topic);
    return 0;
}

int retained_set_text(struct retained *retained, const char *topic, const char *text)
{
    return retained_set(retained, topic, text, strlen(text));
}

void retained_remove_below(struct retained *retained, const char *beginning)
{
    struct retained_topic *topic;
    const size_t length = strlen(beginning);
    TAILQ_FOREACH(topic, &retained->all, all) {
        if (strncmp(topic->name, beginning, length) != 0)
            continue;
        topic->size = 0;
        make_due(retained, topic);
    }
}

bool retained_has(const struct retained *retained, const char *name)
{
    const struct retained_topic *topic = name_index_find(&retained->index, name);
    return topic && topic->size > 0;
}

void retained_publish_all(struct retained *retained)
{
    struct retained_topic *topic;
    TAILQ_FOREACH(topic, &retained->all, all) {
        topic->message = 0;
        if (!topic->is_refused)
            make_due(retained, topic);
    }
}

const struct retained_topic *retained_next(const struct retained *retained)
{
    return TAILQ_FIRST(&retained->due);
}

void retained_published(struct retained *retained, int message)
{
    struct retained_topic *topic = TAILQ_FIRST(&retained->due);
    topic->message = message;
    if (topic->size == 0) {
        destroy(retained, topic);
        return;
    }
    not_due(retained, topic);
    TAILQ_REMOVE(&retained->all, topic, all);
    TAILQ_INSERT_TAIL(&retained->all, topic, all);
}

/* From the last that was published on: numbers come again, and one that was published before may have had this one. */
static struct retained_topic *find_published(const struct retained *retained, int message)
{
    struct retained_topic *topic;
    TAILQ_FOREACH_REVERSE(topic, &retained->all, retained_list, all) {
        if (topic->message == message)
            return topic;
    }
    return NULL;
}

const struct retained_topic *retained_published_as(const struct retained *retained, int message)
{
    return find_published(retained, message);
}

const struct retained_topic *retained_refuse(struct retained *retained, int message)
{
    struct retained_topic *topic = find_published(retained, message);
    if (topic)
        topic->is_refused = !topic->is_due; /* else it has another payload by now */
    return topic;
}

void retained_forgive(struct retained *retained)
{
    struct retained_topic *topic;
    TAILQ_FOREACH(topic, &retained->all, all)
        topic->is_refused = false;
}
