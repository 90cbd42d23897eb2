#include "daemon/log/log_pool_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int log_pool_new(struct log_pool **result, size_t limit, void (*notify)(void *context), void *context)
{
    struct log_pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        return -ENOMEM;
    pool->limit = limit;
    pool->next = 1;
    pool->notify = notify;
    pool->context = context;
    TAILQ_INIT(&pool->lines);
    LIST_INIT(&pool->readers);
    *result = pool;
    return 0;
}

void log_pool_free(struct log_pool *pool)
{
    if (pool)
        free(pool->sources.heap);
    free(pool);
}

int log_pool_source_new(struct log_source **result, struct log_pool *pool, const char *name,
                        const char *worker)
{
    struct log_source *source = calloc(1, sizeof(*source));
    if (!source)
        return -ENOMEM;
    TAILQ_INIT(&source->lines);
    snprintf(source->name, sizeof(source->name), "%s", name);
    snprintf(source->worker, sizeof(source->worker), "%s", worker);
    const int error = log_sources_add(&pool->sources, source);
    if (error < 0) {
        free(source);
        return error;
    }
    *result = source;
    return 0;
}

static bool is_wanted(const struct log_reader *reader, const struct log_line *line)
{
    return !reader->names || json_object_get(reader->names, line->source->name);
}

/* The line itself if the reader wants it, else the next one that it wants. */
static struct log_line *wanted_from(const struct log_reader *reader, struct log_line *line)
{
    while (line && !is_wanted(reader, line))
        line = TAILQ_NEXT(line, in_pool);
    return line;
}

static void drop(struct log_pool *pool, struct log_line *line)
{
    struct log_source *source = (struct log_source *)line->source;
    struct log_reader *reader;
    LIST_FOREACH(reader, &pool->readers, in_pool) {
        if (!reader->next || line->number < reader->next->number || !is_wanted(reader, line))
            continue;
        reader->missed++;
        if (reader->next == line)
            reader->next = wanted_from(reader, TAILQ_NEXT(line, in_pool));
    }
    TAILQ_REMOVE(&pool->lines, line, in_pool);
    TAILQ_REMOVE(&source->lines, line, in_source);
    pool->bytes -= line->bytes;
    log_sources_weigh(&pool->sources, source, source->bytes - line->bytes);
    free(line);
}

void log_pool_source_free(struct log_pool *pool, struct log_source *source)
{
    struct log_line *line;
    if (!source)
        return;
    while ((line = TAILQ_FIRST(&source->lines)) != NULL)
        drop(pool, line);
    log_sources_remove(&pool->sources, source);
    free(source);
}

/* The source that holds the most gives its oldest line; when that is the newest of all, the oldest of all goes. */
static void give_way(struct log_pool *pool, const struct log_line *newest)
{
    struct log_line *line = TAILQ_FIRST(&log_sources_largest(&pool->sources)->lines);
    drop(pool, line == newest ? TAILQ_FIRST(&pool->lines) : line);
}

static void wake_readers(struct log_pool *pool, struct log_line *line)
{
    struct log_reader *reader;
    LIST_FOREACH(reader, &pool->readers, in_pool) {
        if (!reader->next && is_wanted(reader, line))
            reader->next = line;
    }
    if (pool->notify)
        pool->notify(pool->context);
}

struct log_line *log_pool_keep(struct log_pool *pool, struct log_source *source, enum log_level level,
                               uint64_t dropped, const char *text, int64_t wall_ns)
{
    size_t length = strlen(text), bytes = sizeof(struct log_line) + length + 1;
    struct log_line *line = source && bytes <= pool->limit ? malloc(bytes) : NULL;
    if (!line)
        return NULL;
    *line = (struct log_line){.source = source,
                              .number = pool->next++,
                              .dropped = dropped,
                              .wall_ns = wall_ns,
                              .level = level,
                              .bytes = bytes};
    memcpy(line->text, text, length + 1);
    TAILQ_INSERT_TAIL(&pool->lines, line, in_pool);
    TAILQ_INSERT_TAIL(&source->lines, line, in_source);
    log_sources_weigh(&pool->sources, source, source->bytes + bytes);
    pool->bytes += bytes;
    /* counted in before: a quiet worker's first line does not fall to a flood that already fills the pool */
    while (pool->bytes > pool->limit)
        give_way(pool, line);
    wake_readers(pool, line);
    return line;
}

size_t log_pool_bytes(const struct log_pool *pool)
{
    return pool->bytes;
}

uint64_t log_pool_next(const struct log_pool *pool)
{
    return pool->next;
}

/* 0 or -ENOMEM. */
static int note_names(struct log_reader *reader, const json_t *names)
{
    size_t i;
    json_t *name;
    if (!names)
        return 0;
    reader->names = json_object();
    json_array_foreach(names, i, name) {
        if (json_object_set_new(reader->names, json_string_value(name), json_true()) < 0) {
            json_decref(reader->names);
            return -ENOMEM;
        }
    }
    return reader->names ? 0 : -ENOMEM;
}

int log_reader_open(struct log_reader *reader, struct log_pool *pool, const json_t *names, uint64_t lines)
{
    struct log_line *line;
    *reader = (struct log_reader){.next = NULL};
    if (note_names(reader, names) < 0)
        return -ENOMEM;
    TAILQ_FOREACH_REVERSE(line, &pool->lines, log_lines, in_pool) {
        if (lines == 0)
            break;
        if (!is_wanted(reader, line))
            continue;
        reader->next = line;
        lines--;
    }
    LIST_INSERT_HEAD(&pool->readers, reader, in_pool);
    return 0;
}

void log_reader_close(struct log_reader *reader)
{
    LIST_REMOVE(reader, in_pool);
    json_decref(reader->names);
}

const struct log_line *log_reader_next(struct log_reader *reader)
{
    const struct log_line *line = reader->next;
    if (line)
        reader->next = wanted_from(reader, TAILQ_NEXT(line, in_pool));
    return line;
}

uint64_t log_reader_take_missed(struct log_reader *reader)
{
    uint64_t missed = reader->missed;
    reader->missed = 0;
    return missed;
}
