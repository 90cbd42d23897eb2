/*
 * The sources of a pool in a heap, the one that holds the most on top: with a full pool every line of a worker takes the
 * place of another, and must not cost a look at all workers.
 */
#include <errno.h>
#include <stdlib.h>

#include "daemon/log/log_pool_private.h"

/* Of those that hold as much, the older one. */
static bool is_above(const struct log_source *a, const struct log_source *b)
{
    return a->bytes != b->bytes ? a->bytes > b->bytes : a->number < b->number;
}

static void put(struct log_sources *sources, size_t place, struct log_source *source)
{
    sources->heap[place] = source;
    source->place = place;
}

/* The source at its place, and whatever has to move for it. */
static void settle(struct log_sources *sources, struct log_source *source)
{
    size_t place = source->place;
    while (place > 0 && is_above(source, sources->heap[(place - 1) / 2])) {
        put(sources, place, sources->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    for (size_t below = 2 * place + 1; below < sources->count; below = 2 * place + 1) {
        if (below + 1 < sources->count && is_above(sources->heap[below + 1], sources->heap[below]))
            below++;
        if (!is_above(sources->heap[below], source))
            break;
        put(sources, place, sources->heap[below]);
        place = below;
    }
    put(sources, place, source);
}

int log_sources_add(struct log_sources *sources, struct log_source *source)
{
    struct log_source **heap = reallocarray(sources->heap, sources->count + 1, sizeof(struct log_source *));
    if (!heap)
        return -ENOMEM;
    sources->heap = heap;
    source->number = sources->next++;
    put(sources, sources->count++, source);
    settle(sources, source);
    return 0;
}

void log_sources_remove(struct log_sources *sources, const struct log_source *source)
{
    struct log_source *last = sources->heap[--sources->count];
    if (last == source)
        return;
    put(sources, source->place, last);
    settle(sources, last);
}

void log_sources_weigh(struct log_sources *sources, struct log_source *source, size_t bytes)
{
    source->bytes = bytes;
    settle(sources, source);
}

struct log_source *log_sources_largest(const struct log_sources *sources)
{
    return sources->heap[0];
}
