#include "daemon/events/events.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_queue.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/shared_text.h"
#include "camd/shm.h"

struct events_entry {
    struct shared_text *text;
    int64_t wall_ns;
    enum event_word word;
    char camera[CAMD_NAME_MAX + 1]; /* empty: none */
};

struct events {
    uint64_t epoch;
    uint64_t oldest, next; /* numbers; an event is at its number modulo room */
    uint64_t stored;
    size_t bytes;
    void (*notify)(void *context);
    void *context;
    struct byte_queue scratch; /* where an event is printed */
    size_t room;               /* EVENTS_KEPT, or twice that as often as needed */
    struct events_entry *kept;
};

int events_new(struct events **result, uint64_t epoch, void (*notify)(void *context), void *context)
{
    struct events *events = calloc(1, sizeof(*events));
    struct events_entry *kept = calloc(EVENTS_KEPT, sizeof(*kept));
    if (!events || !kept) {
        free(events);
        free(kept);
        return -ENOMEM;
    }
    events->kept = kept;
    events->room = EVENTS_KEPT;
    events->stored = UINT64_MAX;
    events->epoch = epoch;
    events->oldest = events->next = 1;
    events->notify = notify;
    events->context = context;
    *result = events;
    return 0;
}

static struct events_entry *events_entry(const struct events *events, uint64_t seq)
{
    return &events->kept[seq % events->room];
}

/* False: memory is short, and all is as it was. */
static bool events_resize(struct events *events, size_t room)
{
    struct events_entry *kept = calloc(room, sizeof(*kept));
    if (!kept)
        return false;
    for (uint64_t seq = events->oldest; seq < events->next; seq++)
        kept[seq % room] = *events_entry(events, seq);
    free(events->kept);
    events->kept = kept;
    events->room = room;
    return true;
}

static void events_drop_oldest(struct events *events)
{
    struct events_entry *entry = events_entry(events, events->oldest);
    events->bytes -= entry->text->length;
    shared_text_release(entry->text);
    entry->text = NULL;
    events->oldest++;
}

void events_free(struct events *events)
{
    if (!events)
        return;
    while (events->oldest < events->next)
        events_drop_oldest(events);
    byte_queue_fini(&events->scratch);
    free(events->kept);
    free(events);
}

/* ---- printing ---- */

/* What belongs to every event, and is not to be had twice. */
static bool is_ours(const char *name, const char *camera)
{
    static const char *const names[] = {"epoch", "seq", "time", "event"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return camera && strcmp(name, "camera") == 0;
}

static void write_fields(struct json_writer *writer, const char *camera, const json_t *fields)
{
    const char *name;
    json_t *value;
    json_members_foreach(fields, name, value) {
        if (!is_ours(name, camera))
            json_write_tree(writer, name, value);
    }
}

/* The members in the order in which people like to read them. cut: fields were too long. */
static bool print_event(struct events *events, const char *event, const char *camera, const json_t *fields,
                        bool cut, int64_t wall_ns)
{
    char time[CLOCK_TEXT_BYTES];
    struct json_writer writer;
    clock_format_utc(wall_ns, time);
    byte_queue_truncate(&events->scratch, 0);
    json_writer_init(&writer, &events->scratch);
    json_write_begin_object(&writer, NULL);
    json_write_count(&writer, "epoch", events->epoch);
    json_write_count(&writer, "seq", events->next);
    json_write_string(&writer, "time", time);
    json_write_string(&writer, "event", event);
    if (camera)
        json_write_string(&writer, "camera", camera);
    if (cut)
        json_write_bool(&writer, "cut", true);
    else
        write_fields(&writer, camera, fields);
    json_write_end_object(&writer);
    return !writer.failed;
}

/* NULL: memory is short. */
static struct shared_text *make_text(struct events *events, const char *event, const char *camera,
                                     const json_t *fields, int64_t wall_ns)
{
    bool printed = print_event(events, event, camera, fields, false, wall_ns);
    if (printed && events->scratch.length > EVENTS_EVENT_BYTES)
        printed = print_event(events, event, camera, fields, true, wall_ns);
    return printed ? shared_text_new(byte_queue_front(&events->scratch), events->scratch.length) : NULL;
}

/* ---- the history ---- */

/* What has yet to be stored goes last. */
static bool must_drop(const struct events *events, const struct shared_text *text)
{
    const bool waits = events->oldest > events->stored;
    return !text || events->next - events->oldest >= (waits ? EVENTS_WAITING : EVENTS_KEPT) ||
           events->bytes + text->length > (size_t)(waits ? EVENTS_WAITING_BYTES : EVENTS_BYTES);
}

static void drop_what_must(struct events *events, const struct shared_text *text)
{
    while (events->oldest < events->next && must_drop(events, text))
        events_drop_oldest(events);
    const size_t count = (size_t)(events->next - events->oldest);
    if (count < EVENTS_KEPT && events->room > EVENTS_KEPT)
        events_resize(events, EVENTS_KEPT);
    if (count == events->room && !events_resize(events, 2 * events->room))
        events_drop_oldest(events);
}

void events_set_stored(struct events *events, uint64_t seq)
{
    events->stored = seq;
}

void events_emit(struct events *events, const char *event, const char *camera, json_t *fields,
                 int64_t wall_ns)
{
    struct shared_text *text = make_text(events, event, camera, fields, wall_ns);
    json_decref(fields);
    drop_what_must(events, text);
    if (text) {
        struct events_entry *entry = events_entry(events, events->next);
        entry->text = text;
        entry->wall_ns = wall_ns;
        entry->word = event_word_find(event);
        snprintf(entry->camera, sizeof(entry->camera), "%s", camera ? camera : "");
        events->bytes += text->length;
    } else {
        events->oldest++; /* its number is used: readers find out that they missed it */
    }
    events->next++;
    if (events->notify)
        events->notify(events->context);
}

void events_rename(struct events *events, const char *camera, const char *name)
{
    for (uint64_t seq = events->oldest; seq < events->next; seq++) {
        struct events_entry *entry = events_entry(events, seq);
        if (strcmp(entry->camera, camera) == 0)
            snprintf(entry->camera, sizeof(entry->camera), "%s", name);
    }
}

uint64_t events_epoch(const struct events *events)
{
    return events->epoch;
}

uint64_t events_next(const struct events *events)
{
    return events->next;
}

uint64_t events_oldest(const struct events *events)
{
    return events->oldest;
}

struct shared_text *events_text(const struct events *events, uint64_t seq)
{
    if (seq < events->oldest || seq >= events->next)
        return NULL;
    return events_entry(events, seq)->text;
}

bool events_view(const struct events *events, uint64_t seq, struct event_view *view)
{
    const struct events_entry *entry = events_entry(events, seq);
    if (!events_text(events, seq))
        return false;
    *view = (struct event_view){.text = entry->text,
                                .camera = entry->camera[0] == '\0' ? NULL : entry->camera,
                                .word = entry->word,
                                .wall_ns = entry->wall_ns};
    return true;
}

/* ---- upgrade ---- */

/* Texts are printed JSON, and stay as they are. */
json_t *events_hand_over(const struct events *events)
{
    json_t *kept = json_array();
    for (uint64_t seq = events->oldest; seq < events->next; seq++) {
        const struct events_entry *entry = events_entry(events, seq);
        json_array_append_new(kept,
                              json_pack("[s%, s]", entry->text->bytes, entry->text->length, entry->camera));
    }
    return json_pack("{s:I, s:I, s:o}", "epoch", (json_int_t)events->epoch, "next", (json_int_t)events->next,
                     "kept", kept);
}

/* What its text says of itself. */
static void note_members(struct events_entry *entry)
{
    json_t *event = json_loadb(entry->text->bytes, entry->text->length, 0, NULL);
    entry->word = event_word_find(json_member_string(event, "event", ""));
    clock_parse_utc(json_member_string(event, "time", ""), &entry->wall_ns);
    json_decref(event);
}

static int take_entry(struct events *events, uint64_t seq, const json_t *record)
{
    const json_t *text = json_array_get(record, 0), *camera = json_array_get(record, 1);
    struct events_entry *entry = events_entry(events, seq);
    if (!json_is_string(text) || !json_is_string(camera) ||
        json_string_length(camera) >= sizeof(entry->camera) ||
        events->bytes + json_string_length(text) > EVENTS_WAITING_BYTES)
        return -EINVAL;
    entry->text = shared_text_new(json_string_value(text), json_string_length(text));
    if (!entry->text)
        return -ENOMEM;
    snprintf(entry->camera, sizeof(entry->camera), "%s", json_string_value(camera));
    note_members(entry);
    events->bytes += entry->text->length;
    return 0;
}

/* What was noted while the daemon was being put together again is no news. */
int events_take_over(struct events *events, const json_t *record)
{
    const json_t *kept = json_object_get(record, "kept");
    const int64_t epoch = json_member_int(record, "epoch", 0), next = json_member_int(record, "next", 0);
    const size_t count = json_array_size(kept);
    if (epoch <= 0 || next <= 0 || count > EVENTS_WAITING || (uint64_t)next <= count)
        return -EINVAL;
    while (events->oldest < events->next)
        events_drop_oldest(events);
    events->epoch = (uint64_t)epoch;
    events->oldest = events->next = (uint64_t)next - count;
    while (events->room < count)
        if (!events_resize(events, 2 * events->room))
            return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const int error = take_entry(events, events->next, json_array_get(kept, i));
        if (error < 0)
            return error;
        events->next++;
    }
    return 0;
}
