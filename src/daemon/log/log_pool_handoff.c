/* The lines of workers, from one program to the next. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "daemon/handoff/handoff_fields.h"
#include "daemon/log/log_pool_private.h"

static const struct handoff_field fields[] = {
    HANDOFF(struct log_line, number),  HANDOFF(struct log_line, dropped),
    HANDOFF(struct log_line, wall_ns), HANDOFF_ENUM(struct log_line, level, LOG_LEVEL_COUNT),
    HANDOFF(struct log_line, logged),
};

/* ---- handing over ---- */

/* Lines name their source by its place in the list. */
static json_t *write_line(const struct log_line *line, json_t *places)
{
    char key[LOG_POOL_NAME_BYTES + LOG_POOL_WORKER_BYTES + 2];
    json_t *record = handoff_write(line, fields, HANDOFF_COUNT(fields));
    snprintf(key, sizeof(key), "%s %s", line->source->worker, line->source->name);
    json_t *place = json_object_get(places, key);
    if (!place) {
        place = json_integer((json_int_t)json_object_size(places));
        json_object_set_new(places, key, place);
    }
    if (record && (json_object_set(record, "source", place) < 0 ||
                   json_object_set_new(record, "text", json_string_lossy(line->text)) < 0)) {
        json_decref(record);
        return NULL;
    }
    return record;
}

json_t *log_pool_hand_over(const struct log_pool *pool)
{
    const struct log_line *line;
    json_t *lines = json_array(), *places = json_object();
    TAILQ_FOREACH(line, &pool->lines, in_pool) {
        json_array_append_new(lines, write_line(line, places));
    }
    return json_pack("{s:I, s:o, s:o}", "next", (json_int_t)pool->next, "sources", places, "lines", lines);
}

/* ---- taking over ---- */

static struct log_source *find_source(const struct log_pool *pool, const char *key)
{
    const char *space = strchr(key, ' ');
    for (size_t i = 0; i < pool->sources.count; i++) {
        struct log_source *source = pool->sources.heap[i];
        if (space && strcmp(source->name, space + 1) == 0 &&
            strncmp(source->worker, key, (size_t)(space - key)) == 0 && source->worker[space - key] == '\0')
            return source;
    }
    return NULL;
}

/* The sources by their places; the caller's to free. */
static struct log_source **find_sources(const struct log_pool *pool, const json_t *places, size_t count)
{
    struct log_source **sources = calloc(count + 1, sizeof(struct log_source *));
    const char *key;
    json_t *place;
    json_members_foreach(places, key, place) {
        const json_int_t number = json_integer_value(place);
        if (sources && number >= 0 && (size_t)number < count)
            sources[number] = find_source(pool, key);
    }
    return sources;
}

static int take_line(struct log_pool *pool, const json_t *record, struct log_source *const *sources,
                     size_t count)
{
    const int64_t place = json_member_int(record, "source", -1);
    struct log_line taken = {.number = 0};
    const int error = handoff_read(record, &taken, fields, HANDOFF_COUNT(fields));
    if (error < 0)
        return error;
    if (place < 0 || (size_t)place >= count || !sources[place])
        return 0;
    struct log_line *line = log_pool_keep(pool, sources[place], taken.level, taken.dropped,
                                          json_member_string(record, "text", ""), taken.wall_ns);
    if (line) {
        line->number = taken.number;
        line->logged = taken.logged;
    }
    return 0;
}

int log_pool_take_over(struct log_pool *pool, const json_t *record)
{
    const json_t *places = json_object_get(record, "sources"), *lines = json_object_get(record, "lines"),
                 *line;
    const size_t count = json_object_size(places);
    struct log_source **sources = find_sources(pool, places, count);
    const uint64_t next = (uint64_t)json_member_int(record, "next", 1);
    int error = sources ? 0 : -ENOMEM;
    size_t i;
    json_array_foreach(lines, i, line) {
        if (error == 0)
            error = take_line(pool, line, sources, count);
    }
    free(sources);
    pool->next = next > pool->next ? next : pool->next;
    return error;
}
