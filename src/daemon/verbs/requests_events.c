/* events and subscribe: what happened, and what happens, in parts while the client takes them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/pattern.h"
#include "base/text.h"
#include "daemon/events/event_filter.h"
#include "daemon/events/events.h"
#include "daemon/verbs/requests_private.h"

/* An event's number, in the order in which they happened. */
struct place {
    uint64_t epoch, seq;
};

struct reading {
    struct requests *requests;
    struct event_filter filter;
    struct place next;   /* the event wanted next */
    uint64_t end;        /* of the present epoch, the last one wanted; UINT64_MAX: whatever comes, too */
    uint64_t skip;       /* so many of those that fit are not shown */
    bool snapshot_first; /* the state of all cameras is to be shown first; */
    bool goes_on;        /* what follows begins at next, not after it */
    bool tells_gone;     /* what is not kept any more of what was asked for is told first */
    bool tells_missed;   /* the client counts: it is told which numbers are gone */
};

static void reading_release(void *state)
{
    struct reading *reading = state;
    event_filter_clear(&reading->filter);
    free(reading);
}

/* ---- parts ---- */

/* to 0: it is not known how many they were. */
static int show_missed(struct control_part *part, uint64_t epoch, uint64_t from, uint64_t to)
{
    json_write_begin_object(&part->json, NULL);
    json_write_begin_object(&part->json, "missed");
    json_write_count(&part->json, "epoch", epoch);
    json_write_count(&part->json, "from", from);
    if (to > 0)
        json_write_count(&part->json, "to", to);
    else
        json_write_null(&part->json, "to");
    json_write_end_object(&part->json);
    json_write_end_object(&part->json);
    return 1;
}

/* camera NULL: of all. */
static int show_gone(struct control_part *part, const char *camera, int64_t before_ns)
{
    char time[CLOCK_TEXT_BYTES];
    clock_format_utc(before_ns, time);
    json_write_begin_object(&part->json, NULL);
    json_write_begin_object(&part->json, "gone");
    json_write_string(&part->json, "camera", camera);
    json_write_string(&part->json, "before", time);
    json_write_end_object(&part->json);
    json_write_end_object(&part->json);
    return 1;
}

static int show_event(struct control_part *part, struct shared_text *text)
{
    json_write_begin_object(&part->json, NULL);
    control_part_share(part, "event", text);
    json_write_end_object(&part->json);
    return 1;
}

static void write_camera_state(struct json_writer *writer, const struct camera *camera)
{
    json_write_begin_object(writer, NULL);
    json_write_string(writer, "name", camera_name(camera));
    json_write_string(writer, "state", camera_state_word(camera));
    json_write_bool(writer, "motion", camera_has_motion(camera));
    json_write_end_object(writer);
}

/* As it is after event seq. */
static int show_snapshot(struct control_part *part, const struct requests *requests, uint64_t seq)
{
    struct json_writer *writer = &part->json;
    json_write_begin_object(writer, NULL);
    json_write_begin_object(writer, "snapshot");
    json_write_count(writer, "epoch", events_epoch(requests->services->events));
    json_write_count(writer, "seq", seq);
    json_write_begin_array(writer, "cameras");
    for (const struct camera *camera = fleet_first(requests->fleet); camera; camera = fleet_next(camera))
        write_camera_state(writer, camera);
    json_write_end_array(writer);
    json_write_end_object(writer);
    json_write_end_object(writer);
    return 1;
}

/* ---- reading on ---- */

/* Those of memory, from there on. */
static int next_of_memory(struct reading *reading, struct control_part *part)
{
    const struct events *events = reading->requests->services->events;
    struct event_view view;
    while (reading->next.seq <= reading->end && events_view(events, reading->next.seq, &view)) {
        reading->next.seq++;
        if (!event_filter_takes(&reading->filter, view.camera, view.word, view.wall_ns))
            continue;
        if (reading->skip == 0)
            return show_event(part, view.text);
        reading->skip--;
    }
    return reading->end == UINT64_MAX ? 0 : -1;
}

/* What is not to be had is passed over: the next is the oldest one that is. */
static int pass_over(struct reading *reading, struct control_part *part)
{
    const struct events *events = reading->requests->services->events;
    const struct place from = reading->next;
    const bool is_present = from.epoch == events_epoch(events);
    reading->next = (struct place){events_epoch(events), is_present ? events_oldest(events) : 1};
    return show_missed(part, from.epoch, from.seq, is_present ? reading->next.seq - 1 : 0);
}

static bool is_in_memory(const struct reading *reading)
{
    const struct events *events = reading->requests->services->events;
    return reading->next.epoch == events_epoch(events) && reading->next.seq >= events_oldest(events);
}

static int reading_next(void *state, struct control_part *part)
{
    struct reading *reading = state;
    const struct events *events = reading->requests->services->events;
    if (reading->snapshot_first) {
        reading->snapshot_first = false;
        if (!reading->goes_on)
            reading->next = (struct place){events_epoch(events), events_next(events)};
        return show_snapshot(part, reading->requests, events_next(events) - 1);
    }
    if (is_in_memory(reading))
        return next_of_memory(reading, part);
    if (reading->tells_gone) {
        struct event_view oldest = {.wall_ns = clock_wall_ns()};
        events_view(events, events_oldest(events), &oldest);
        reading->tells_gone = false;
        return show_gone(part, NULL, oldest.wall_ns);
    }
    if (!reading->tells_missed) {
        reading->next = (struct place){events_epoch(events), events_oldest(events)};
        return next_of_memory(reading, part);
    }
    return pass_over(reading, part);
}

/* ---- what was asked for ---- */

static bool fits_a_camera(const struct requests *requests, const char *word)
{
    if (!pattern_is(word))
        return fleet_find(requests->fleet, word) != NULL;
    for (const struct camera *camera = fleet_first(requests->fleet); camera; camera = fleet_next(camera))
        if (pattern_matches(word, camera_name(camera)))
            return true;
    return false;
}

/* Events of a camera that was removed. */
static bool fits_an_event(const struct requests *requests, const char *word)
{
    const struct events *events = requests->services->events;
    struct event_view view;
    for (uint64_t seq = events_oldest(events); events_view(events, seq, &view); seq++)
        if (view.camera && pattern_matches(word, view.camera))
            return true;
    return false;
}

/* False: one of the names is nobody's, which has been answered. */
static bool names_are_known(struct requests *requests, struct control_request *request,
                            const struct event_filter *filter)
{
    const json_t *word;
    size_t i;
    json_array_foreach(filter->names, i, word)
    {
        const char *name = json_string_value(word);
        if (fits_a_camera(requests, name) || fits_an_event(requests, name))
            continue;
        request_no_camera(requests, request, name);
        return false;
    }
    return true;
}

/* How many of those that fit come before the last ones. */
static uint64_t count_before(struct reading *reading, uint64_t last)
{
    const struct events *events = reading->requests->services->events;
    const uint64_t oldest = events_oldest(events);
    struct event_view view;
    uint64_t count = 0;
    for (uint64_t seq = oldest > reading->next.seq ? oldest : reading->next.seq;
         events_view(events, seq, &view); seq++)
        count += event_filter_takes(&reading->filter, view.camera, view.word, view.wall_ns);
    return count > last ? count - last : 0;
}

/* NULL: an error has been answered. */
static struct reading *reading_new(struct requests *requests, struct control_request *request,
                                   const json_t *body)
{
    char problem[EVENT_FILTER_PROBLEM_BYTES] = "out of memory";
    struct reading *reading = calloc(1, sizeof(*reading));
    const int error = reading ? event_filter_read(&reading->filter, body, problem) : -ENOMEM;
    if (error < 0) {
        control_reply_error(request, error == -EINVAL ? CONTROL_USAGE : CONTROL_FAILED, NULL, "%s", problem);
    } else if (names_are_known(requests, request, &reading->filter)) {
        reading->requests = requests;
        return reading;
    }
    if (reading)
        reading_release(reading);
    return NULL;
}

/* Where the client was: the last event that it has seen. False: it does not say. */
static bool read_from(const json_t *body, struct place *from)
{
    const json_t *member = json_object_get(body, "from");
    const int64_t epoch = json_member_int(member, "epoch", 0), seq = json_member_int(member, "seq", -1);
    if (epoch <= 0 || seq < 0)
        return false;
    *from = (struct place){(uint64_t)epoch, (uint64_t)seq};
    return true;
}

/* Behind that one; what is not there yet is awaited. */
static void begin_after(struct reading *reading, struct place from)
{
    const struct events *events = reading->requests->services->events;
    const bool is_present = from.epoch == events_epoch(events);
    reading->next = (struct place){from.epoch, from.seq + 1};
    reading->tells_missed = true;
    if (is_present && reading->next.seq > events_next(events))
        reading->next.seq = events_next(events);
}

void request_events(struct requests *requests, struct control_request *request, const json_t *body)
{
    const struct events *events = requests->services->events;
    const int64_t last = json_member_int(body, "last", -1);
    struct place from;
    struct reading *reading = reading_new(requests, request, body);
    if (!reading)
        return;
    reading->end = events_next(events) - 1;
    if (read_from(body, &from)) {
        begin_after(reading, from);
    } else {
        reading->next = (struct place){events_epoch(events), 1};
        reading->tells_gone = true;
    }
    if (last >= 0)
        reading->skip = count_before(reading, (uint64_t)last);
    control_reply_parts(request, reading_next, reading_release, reading);
}

void request_subscribe(struct requests *requests, struct control_request *request, const json_t *body)
{
    struct place from;
    struct reading *reading = reading_new(requests, request, body);
    if (!reading)
        return;
    reading->end = UINT64_MAX;
    reading->snapshot_first = true;
    reading->tells_missed = true;
    reading->goes_on = read_from(body, &from);
    if (reading->goes_on)
        begin_after(reading, from);
    control_reply_parts(request, reading_next, reading_release, reading);
}
