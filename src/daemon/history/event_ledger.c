#include "daemon/history/event_ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t more_room(size_t room)
{
    return room == 0 ? 16 : 2 * room;
}

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

int event_ledger_camera(struct event_ledger *ledger, const char *name, size_t *number)
{
    size_t at = ledger->camera_count;
    *number = 0;
    if (!name || name[0] == '\0')
        return 0;
    while (at > 0 && strcmp(ledger->cameras[at - 1].name, name) != 0) /* the newest of that name */
        at--;
    if (at > 0) {
        *number = at - 1;
        return 0;
    }
    struct event_camera camera = {.changed = true};
    snprintf(camera.name, sizeof(camera.name), "%s", name);
    if (ledger->camera_count >= ledger->camera_max) {
        *number = find_empty(ledger);
        if (*number > 0)
            ledger->cameras[*number] = camera;
        return 0;
    }
    const int error = append_camera(ledger, &camera);
    if (error == 0)
        *number = ledger->camera_count - 1;
    return error;
}

void event_ledger_rename(struct event_ledger *ledger, const char *from, const char *to)
{
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
