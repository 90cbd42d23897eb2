#include "daemon/history/event_ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/name_index.h"

static size_t more_room(size_t room)
{
    return room == 0 ? 16 : 2 * room;
}

/* ---- names ---- */

/* Every event asks for the number of its camera's name, so that names are not compared one after the other. */
struct known_name {
    struct name_node node;
    size_t number; /* the newest that has the name */
    char text[CAMD_NAME_MAX + 1];
};

static int add_name(struct event_ledger *ledger, struct known_name *known, const char *name)
{
    snprintf(known->text, sizeof(known->text), "%s", name);
    known->node = (struct name_node){known->text, known};
    return name_index_add(&ledger->names, &known->node);
}

/* The number has the name from now on. 0 or -ENOMEM. */
static int note_name(struct event_ledger *ledger, const char *name, size_t number)
{
    struct known_name *known = name_index_find(&ledger->names, name);
    if (!known) {
        known = calloc(1, sizeof(*known));
        const int error = known ? add_name(ledger, known, name) : -ENOMEM;
        if (error < 0) {
            free(known);
            return error;
        }
    }
    if (number > known->number)
        known->number = number;
    return 0;
}

static void remove_name(struct event_ledger *ledger, struct known_name *known)
{
    name_index_remove(&ledger->names, &known->node);
    free(known);
}

/* Before the number gets another name: its old one goes to the newest other number that has it, if there is any. */
static void take_name_from(struct event_ledger *ledger, size_t number)
{
    struct known_name *known = name_index_find(&ledger->names, ledger->cameras[number].name);
    if (!known || known->number != number)
        return;
    known->number = 0;
    for (size_t i = number - 1; i > 0 && known->number == 0; i--)
        if (strcmp(ledger->cameras[i].name, known->text) == 0)
            known->number = i;
    if (known->number == 0)
        remove_name(ledger, known);
}

/* ---- room ---- */

static int append_camera(struct event_ledger *ledger, const struct event_camera *camera)
{
    if (ledger->camera_count == ledger->camera_room) {
        const size_t room = more_room(ledger->camera_room);
        struct event_camera *cameras = reallocarray(ledger->cameras, room, sizeof(*cameras));
        if (!cameras)
            return -ENOMEM;
        ledger->cameras = cameras;
        ledger->camera_room = room;
    }
    if (camera->name[0] != '\0') {
        const int error = note_name(ledger, camera->name, ledger->camera_count);
        if (error < 0)
            return error;
    }
    ledger->cameras[ledger->camera_count++] = *camera;
    return 0;
}

/* Of too many the oldest is forgotten. */
static int append_epoch(struct event_ledger *ledger, const struct event_epoch *epoch)
{
    if (ledger->epoch_count >= EVENT_EPOCHS_MAX) {
        ledger->epoch_count--;
        memmove(ledger->epochs, ledger->epochs + 1, ledger->epoch_count * sizeof(*ledger->epochs));
    }
    if (ledger->epoch_count == ledger->epoch_room) {
        const size_t room = more_room(ledger->epoch_room);
        struct event_epoch *epochs = reallocarray(ledger->epochs, room, sizeof(*epochs));
        if (!epochs)
            return -ENOMEM;
        ledger->epochs = epochs;
        ledger->epoch_room = room;
    }
    ledger->epochs[ledger->epoch_count++] = *epoch;
    return 0;
}

int event_ledger_init(struct event_ledger *ledger)
{
    const struct event_camera none = {.name = ""};
    *ledger = (struct event_ledger){.camera_max = EVENT_CAMERAS_MAX};
    return append_camera(ledger, &none);
}

void event_ledger_fini(struct event_ledger *ledger)
{
    for (size_t i = 1; i < ledger->camera_count; i++) {
        struct known_name *known = name_index_find(&ledger->names, ledger->cameras[i].name);
        if (known)
            remove_name(ledger, known);
    }
    free(ledger->cameras);
    free(ledger->epochs);
    *ledger = (struct event_ledger){0};
}

int event_ledger_load_camera(struct event_ledger *ledger, size_t number, const struct event_camera *camera)
{
    if (number == 0 && camera->name[0] == '\0') {
        ledger->cameras[0] = *camera;
        return 0;
    }
    /* they are read in order, and all are there */
    if (number != ledger->camera_count || number >= EVENT_CAMERAS_MAX || camera->name[0] == '\0')
        return -EBADMSG;
    return append_camera(ledger, camera);
}

static const struct event_epoch *last_epoch(const struct event_ledger *ledger)
{
    return ledger->epoch_count > 0 ? &ledger->epochs[ledger->epoch_count - 1] : NULL;
}

static uint64_t end_of(const struct event_epoch *epoch)
{
    return epoch ? epoch->base + epoch->last : 0;
}

int event_ledger_load_epoch(struct event_ledger *ledger, const struct event_epoch *epoch)
{
    if (epoch->base < end_of(last_epoch(ledger)) || epoch->last > INT64_MAX || epoch->base > INT64_MAX)
        return -EBADMSG;
    return append_epoch(ledger, epoch);
}

/* ---- cameras ---- */

/* Of those that have no event any more the one that has had none for longest; 0: all have some. */
static size_t find_empty(const struct event_ledger *ledger)
{
    size_t found = 0;
    for (size_t i = 1; i < ledger->camera_count; i++)
        if (ledger->cameras[i].count == 0 &&
            (found == 0 || ledger->cameras[i].gone < ledger->cameras[found].gone))
            found = i;
    return found;
}

/* One whose events are all gone gives its number to the camera; 0: there is none, or no memory for the name. */
static size_t replace_empty(struct event_ledger *ledger, const struct event_camera *camera)
{
    const size_t number = find_empty(ledger);
    if (number == 0 || note_name(ledger, camera->name, number) < 0)
        return 0;
    take_name_from(ledger, number);
    ledger->cameras[number] = *camera;
    return number;
}

int event_ledger_camera(struct event_ledger *ledger, const char *name, size_t *number)
{
    *number = 0;
    if (!name || name[0] == '\0')
        return 0;
    const struct known_name *known = name_index_find(&ledger->names, name);
    if (known) {
        *number = known->number;
        return 0;
    }
    struct event_camera camera = {.changed = true};
    snprintf(camera.name, sizeof(camera.name), "%s", name);
    if (ledger->camera_count >= ledger->camera_max) {
        *number = replace_empty(ledger, &camera);
        return 0;
    }
    const int error = append_camera(ledger, &camera);
    if (error == 0)
        *number = ledger->camera_count - 1;
    return error;
}

/* Without memory the other name is found no more, and new events of it get a number of their own. */
static void rename_known(struct event_ledger *ledger, const char *from, const char *to)
{
    struct known_name *known = name_index_find(&ledger->names, from),
                      *other = name_index_find(&ledger->names, to);
    if (!known || known == other)
        return;
    if (other && known->number > other->number)
        other->number = known->number;
    name_index_remove(&ledger->names, &known->node);
    if (other || add_name(ledger, known, to) < 0)
        free(known);
}

void event_ledger_rename(struct event_ledger *ledger, const char *from, const char *to)
{
    rename_known(ledger, from, to);
    for (size_t i = 1; i < ledger->camera_count; i++) {
        struct event_camera *camera = &ledger->cameras[i];
        if (strcmp(camera->name, from) != 0)
            continue;
        snprintf(camera->name, sizeof(camera->name), "%s", to);
        camera->changed = true;
    }
}

void event_ledger_add(struct event_ledger *ledger, size_t camera, uint64_t bytes)
{
    struct event_camera *owner = &ledger->cameras[camera];
    owner->bytes += bytes;
    owner->count++;
    owner->changed = true;
}

void event_ledger_remove(struct event_ledger *ledger, size_t camera, uint64_t bytes, uint64_t place,
                         int64_t wall_ns)
{
    struct event_camera *owner = &ledger->cameras[camera];
    owner->bytes -= bytes < owner->bytes ? bytes : owner->bytes;
    owner->count -= owner->count > 0;
    if (place > owner->gone)
        owner->gone = place;
    if (wall_ns > owner->gone_ns)
        owner->gone_ns = wall_ns;
    owner->changed = true;
}

/* ---- epochs ---- */

/* Where it is; epoch_count: nowhere. */
static size_t find_epoch(const struct event_ledger *ledger, uint64_t epoch)
{
    for (size_t i = ledger->epoch_count; i > 0; i--)
        if (ledger->epochs[i - 1].epoch == epoch)
            return i - 1;
    return ledger->epoch_count;
}

const struct event_epoch *event_ledger_epoch(const struct event_ledger *ledger, uint64_t epoch)
{
    const size_t at = find_epoch(ledger, epoch);
    return at < ledger->epoch_count ? &ledger->epochs[at] : NULL;
}

const struct event_epoch *event_ledger_epoch_at(const struct event_ledger *ledger, uint64_t place)
{
    for (size_t i = ledger->epoch_count; i > 0; i--)
        if (place > ledger->epochs[i - 1].base)
            return &ledger->epochs[i - 1];
    return NULL;
}

static int begin_epoch(struct event_ledger *ledger, uint64_t number)
{
    const struct event_epoch epoch = {.base = end_of(last_epoch(ledger)), .epoch = number};
    return append_epoch(ledger, &epoch);
}

int event_ledger_place(struct event_ledger *ledger, const struct event_place *event, uint64_t *place)
{
    size_t at = find_epoch(ledger, event->epoch);
    if (at == ledger->epoch_count) {
        const int error = begin_epoch(ledger, event->epoch);
        if (error < 0)
            return error;
        at = ledger->epoch_count - 1;
    }
    struct event_epoch *epoch = &ledger->epochs[at];
    if (event->seq > epoch->last && epoch != last_epoch(ledger))
        return -ESTALE; /* those places are another's by now */
    if (event->seq > epoch->last) {
        epoch->last = event->seq;
        epoch->changed = true;
    }
    *place = epoch->base + event->seq;
    return 0;
}

/* ---- a fair share ---- */

static uint64_t above(const struct event_ledger *ledger, uint64_t level)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < ledger->camera_count; i++)
        if (ledger->cameras[i].bytes > level)
            sum += ledger->cameras[i].bytes - level;
    return sum;
}

uint64_t event_ledger_level(const struct event_ledger *ledger, uint64_t excess)
{
    uint64_t low = 0, high = 0;
    for (size_t i = 0; i < ledger->camera_count; i++)
        if (ledger->cameras[i].bytes > high)
            high = ledger->cameras[i].bytes;
    /* the highest level at which enough goes; at 0 all goes */
    while (low < high) {
        const uint64_t middle = low + (high - low + 1) / 2;
        if (above(ledger, middle) >= excess)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}
