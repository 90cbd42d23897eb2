#include "daemon/events/open_objects.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
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

static bool make_room(struct open_objects *open)
{
    if (open->count < open->room)
        return true;
    const size_t room = open->room > 0 ? 2 * open->room : 4;
    json_t **list = open->room < OPEN_OBJECTS_MAX ? realloc(open->list, room * sizeof(json_t *)) : NULL;
    if (!list)
        return false;
    open->list = list;
    open->room = room;
    return true;
}

/* It is not known; whether that is news. */
static bool leave_out(struct open_objects *open)
{
    bool is_news = !open->overflowed;
    open->overflowed = true;
    return is_news;
}

bool open_objects_note(struct open_objects *open, const json_t *event)
{
    size_t i = find(open, json_member_int(event, "id", 0));
    if (i < open->count)
        remove_at(open, i);
    if (strcmp(json_member_string(event, "phase", ""), "end") == 0)
        return false;
    if (!make_room(open))
        return leave_out(open);
    json_t *copy = json_copy_of(event);
    /* up to a hundred times as large as all the rest */
    if (copy && json_object_set_new(copy, "path", json_array()) == 0)
        open->list[open->count++] = copy;
    else
        json_decref(copy);
    return false;
}

json_t *open_objects_end(struct open_objects *open, const char *reason)
{
    if (open->count == 0)
        return NULL;
    json_t *event = open->list[--open->count];
    json_object_set_new(event, "phase", json_string("end"));
    json_object_set_new(event, "reason", json_string(reason));
    json_object_set_new(event, "picture",
                        json_null()); /* what its tracker kept of it since, nobody has said */
    return event;
}

void open_objects_clear(struct open_objects *open)
{
    while (open->count > 0)
        json_decref(open->list[--open->count]);
    free(open->list);
    *open = (struct open_objects){0};
}

json_t *open_objects_hand_over(const struct open_objects *open)
{
    json_t *list = json_array();
    for (size_t i = 0; i < open->count; i++)
        json_array_append(list, open->list[i]);
    return list;
}

int open_objects_take_over(struct open_objects *open, const json_t *record)
{
    const json_t *event;
    size_t i;
    json_array_foreach(record, i, event) {
        if (!json_is_object(event) || !make_room(open))
            return -EINVAL;
        open->list[open->count++] = json_hold(event);
    }
    return 0;
}
