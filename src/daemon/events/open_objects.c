#include "daemon/events/open_objects.h"

#include <string.h>

#include "base/json.h"

static size_t find(const struct open_objects *open, json_int_t id)
{
    size_t i = 0;
    while (i < open->count && json_member_int(open->list[i], "id", 0) != id)
        i++;
    return i;
}

static void remove_at(struct open_objects *open, size_t i)
{
    json_decref(open->list[i]);
    open->list[i] = open->list[--open->count];
}

void open_objects_note(struct open_objects *open, const json_t *event)
{
    size_t i = find(open, json_member_int(event, "id", 0));
    if (i < open->count)
        remove_at(open, i);
    if (strcmp(json_member_string(event, "phase", ""), "end") == 0 || open->count == OPEN_OBJECTS_MAX)
        return;
    json_t *copy = json_copy((json_t *)event);
    /* up to a hundred times as large as all the rest */
    if (copy && json_object_set_new(copy, "path", json_array()) == 0)
        open->list[open->count++] = copy;
    else
        json_decref(copy);
}

json_t *open_objects_end(struct open_objects *open, const char *reason)
{
    if (open->count == 0)
        return NULL;
    json_t *event = open->list[--open->count];
    json_object_set_new(event, "phase", json_string("end"));
    json_object_set_new(event, "reason", json_string(reason));
    return event;
}

void open_objects_clear(struct open_objects *open)
{
    while (open->count > 0)
        json_decref(open->list[--open->count]);
}
