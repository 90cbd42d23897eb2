/* events and subscribe: what happened, and what happens, in parts while the client takes them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/pattern.h"
#include "base/shared_text.h"
#include "base/text.h"
#include "daemon/events/event_filter.h"
#include "daemon/events/event_place.h"
#include "daemon/events/events.h"
#include "daemon/history/chunk.h"
#include "daemon/history/event_query.h"
#include "daemon/history/history.h"
#include "daemon/verbs/requests_private.h"

/*
 * What a client is reading: first what is stored, a chunk at a time, and then what is in memory. A client that is slow or
 * comes late finds in the store what memory has no room for any more.
 */
struct reading {
    LIST_ENTRY(reading) link; /* of those whose answer has not begun */
    struct requests *requests;
    struct control_request *request; /* whose answer has not begun; NULL: it has */
    uid_t user;
    struct event_filter filter;
    struct event_place after; /* the last event that was passed */
    uint64_t end;             /* of the present epoch, the last one wanted; UINT64_MAX: whatever comes, too */
    uint64_t last;            /* only the last so many of those; UINT64_MAX: all */
    bool snapshot_first;      /* the state of all cameras is to be shown first */
    bool goes_on;             /* what follows begins behind `after`, not behind the snapshot */
    bool counts;              /* the client is told which numbers are gone; else up to which time some are */

    struct history_reading *asked; /* for a chunk; NULL: nothing is */
    struct chunk chunk;
    bool was_asked;           /* for the first chunk */
    struct event_place tried; /* what the store was asked for last, and did not have */
};

static void reading_release(void *state)
{
    struct reading *reading = state;
    if (reading->request)
        LIST_REMOVE(reading, link);
    history_forget(reading->asked);
    chunk_close(&reading->chunk);
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

/* ---- the store ---- */

static void chunk_came(void *context, int fd, int error);

/* True: it is asked for, and control_wake will tell. */
static bool ask(struct reading *reading)
{
    struct history *history = reading->requests->services->history;
    const struct events *events = reading->requests->services->events;
    json_t *query = event_filter_write(&reading->filter);
    const uint64_t stored = history_stored(history);
    const uint64_t upto = stored < reading->end ? stored : reading->end;
    json_object_set_new(
        query, "after",
        json_pack("[I, I]", (json_int_t)reading->after.epoch, (json_int_t)reading->after.seq));
    json_object_set_new(query, "upto",
                        json_pack("[I, I]", (json_int_t)events_epoch(events), (json_int_t)upto));
    json_object_set_new(query, "counts", json_boolean(reading->counts));
    json_object_set_new(query, "first", json_boolean(!reading->was_asked));
    if (!reading->was_asked && reading->last != UINT64_MAX)
        json_object_set_new(query, "last", json_integer((json_int_t)reading->last));
    reading->tried = reading->after;
    reading->was_asked = true;
    reading->asked = history_read(history, reading->user, query, chunk_came, reading);
    return reading->asked != NULL;
}

/* What is stored may end before the last event that the client has seen: that does not come twice. */
static void pass_to(struct reading *reading, const struct event_place *place)
{
    if (place->epoch != reading->after.epoch || place->seq > reading->after.seq)
        reading->after = *place;
}

/* One frame of the chunk as a part; 0: there was nothing to show of it. -1: that was the last one. */
static int show_frame(struct reading *reading, struct control_part *part)
{
    struct event_frame frame;
    struct shared_text *text = NULL;
    int shown = 0;
    if (!chunk_next(&reading->chunk, &frame, &text)) {
        chunk_close(&reading->chunk);
        return -1;
    }
    if (frame.kind == EVENT_FRAME_EVENT)
        shown = show_event(part, text);
    else if (frame.kind == EVENT_FRAME_MISSED)
        shown = show_missed(part, frame.epoch, frame.from, frame.to);
    else if (frame.kind == EVENT_FRAME_GONE)
        shown = show_gone(part, frame.to > 0 ? NULL : text->bytes, (int64_t)frame.from);
    else if (frame.kind == EVENT_FRAME_END)
        pass_to(reading, &(struct event_place){frame.epoch, frame.from});
    shared_text_release(text);
    return shown;
}

/* ---- memory ---- */

static bool is_present(const struct reading *reading)
{
    return reading->after.epoch == events_epoch(reading->requests->services->events);
}

static bool is_in_memory(const struct reading *reading)
{
    return is_present(reading) &&
           reading->after.seq + 1 >= events_oldest(reading->requests->services->events);
}

/* Those of memory, from there on. */
static int next_of_memory(struct reading *reading, struct control_part *part)
{
    const struct events *events = reading->requests->services->events;
    struct event_view view;
    while (reading->after.seq < reading->end && events_view(events, reading->after.seq + 1, &view)) {
        reading->after.seq++;
        if (event_filter_takes(&reading->filter, view.camera, view.word, view.wall_ns))
            return show_event(part, view.text);
    }
    return reading->end == UINT64_MAX ? 0 : -1;
}

/* What neither has is passed over: the next is the oldest one that there is. */
static int pass_over(struct reading *reading, struct control_part *part)
{
    const struct events *events = reading->requests->services->events;
    const struct event_place from = reading->after;
    const bool was_present = is_present(reading);
    struct event_view oldest = {.wall_ns = clock_wall_ns()};
    events_view(events, events_oldest(events), &oldest);
    reading->after = (struct event_place){events_epoch(events), was_present ? events_oldest(events) - 1 : 0};
    if (!reading->counts && events_oldest(events) == 1)
        return next_of_memory(reading, part); /* nothing is gone, nothing has been stored yet */
    if (!reading->counts)
        return show_gone(part, NULL, oldest.wall_ns);
    return show_missed(part, from.epoch, from.seq + 1, was_present ? reading->after.seq : 0);
}

/* ---- reading on ---- */

/* Whether the store is to be asked: it may have what comes next, and has not just said that it has not. */
static bool may_be_stored(const struct reading *reading)
{
    const bool was_tried = reading->was_asked && reading->tried.epoch == reading->after.epoch &&
                           reading->tried.seq == reading->after.seq;
    return history_is_kept(reading->requests->services->history) && !was_tried;
}

static int reading_next(void *state, struct control_part *part)
{
    struct reading *reading = state;
    const struct events *events = reading->requests->services->events;
    int shown = 0;
    if (reading->snapshot_first) {
        reading->snapshot_first = false;
        if (!reading->goes_on)
            reading->after = (struct event_place){events_epoch(events), events_next(events) - 1};
        return show_snapshot(part, reading->requests, events_next(events) - 1);
    }
    if (reading->asked)
        return 0;
    while (chunk_is_open(&reading->chunk) && shown == 0)
        shown = show_frame(reading, part);
    if (shown > 0)
        return shown;
    if (is_present(reading) && reading->after.seq >= reading->end)
        return -1;
    if (is_in_memory(reading))
        return next_of_memory(reading, part);
    if (may_be_stored(reading) && ask(reading))
        return 0;
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

/* Events of a camera that was removed. A pattern would have to be compared with all of them: that is the store's to do. */
static bool fits_an_event(const struct requests *requests, const char *word)
{
    const struct events *events = requests->services->events;
    struct event_view view;
    for (uint64_t seq = events_oldest(events); events_view(events, seq, &view); seq++)
        if (view.camera && strcmp(word, view.camera) == 0)
            return true;
    return false;
}

static bool is_known(const struct requests *requests, const char *word)
{
    return fits_a_camera(requests, word) || fits_an_event(requests, word);
}

/* False: one of the names is nobody's here. *unknown: that one. */
static bool names_are_known(const struct requests *requests, const struct event_filter *filter,
                            const char **unknown)
{
    const json_t *word;
    size_t i;
    json_array_foreach(filter->names, i, word) {
        *unknown = json_string_value(word);
        if (!is_known(requests, *unknown))
            return false;
    }
    return true;
}

/* The store knows nobody of that name, either. False: it has been answered. */
static bool chunk_names_are_known(struct reading *reading)
{
    struct event_frame frame;
    struct shared_text *text;
    bool known = true;
    if (!chunk_is_open(&reading->chunk)) {
        const char *unknown = "";
        known = names_are_known(reading->requests, &reading->filter, &unknown);
        if (!known)
            request_no_camera(reading->requests, reading->request, unknown);
        return known;
    }
    while (known && chunk_next(&reading->chunk, &frame, &text)) {
        known = frame.kind != EVENT_FRAME_UNKNOWN || is_known(reading->requests, text->bytes);
        if (!known)
            request_no_camera(reading->requests, reading->request, text->bytes);
        shared_text_release(text);
        if (frame.kind != EVENT_FRAME_UNKNOWN && frame.kind != EVENT_FRAME_MISSED)
            break;
    }
    chunk_rewind(&reading->chunk);
    return known;
}

/* ---- an answer that begins with what is stored ---- */

static void begin_answer(struct reading *reading)
{
    struct control_request *request = reading->request;
    LIST_REMOVE(reading, link);
    reading->request = NULL;
    control_reply_parts(request, reading_next, reading_release, reading);
}

static void refuse_unread(struct reading *reading, int error)
{
    const char *problem = history_problem(reading->requests->services->history);
    if (!problem && error == -EOWNERDEAD)
        control_reply_error(
            reading->request, CONTROL_FAILED, persist_hint(error, PERSIST_STATE_DIR),
            "the stored events cannot be read: camd-events, which reads them, was killed; ask again");
    else
        control_reply_error(reading->request, CONTROL_FAILED,
                            "camctl status tells how it goes on; what happens now is told by events --follow",
                            "the stored events cannot be read: %s", problem ? problem : strerror(-error));
}

static void chunk_came(void *context, int fd, int error)
{
    struct reading *reading = context;
    reading->asked = NULL;
    if (fd >= 0)
        chunk_open(&reading->chunk, fd);
    if (!reading->request) {
        reading->requests->owner.wake(reading->requests->owner.context);
        return;
    }
    if (error < 0 && error != -ENOENT)
        refuse_unread(reading, error);
    else if (chunk_names_are_known(reading)) {
        begin_answer(reading);
        return;
    }
    reading_release(reading);
}

void request_events_end(struct requests *requests, const char *why)
{
    while (!LIST_EMPTY(&requests->readings)) {
        struct reading *reading = LIST_FIRST(&requests->readings);
        control_reply_error(reading->request, CONTROL_FAILED, "ask again when it runs", "%s", why);
        reading_release(reading);
    }
}

/* ---- the verbs ---- */

static bool is_count(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

/* Of the members that are not the filter's; NULL: they are well. */
static const char *problem_of(const json_t *body)
{
    const json_t *last = json_object_get(body, "last"), *from = json_object_get(body, "from");
    if (last && !is_count(last))
        return "\"last\": expected a whole number, 0 or more";
    if (from && (!is_count(json_object_get(from, "epoch")) || !is_count(json_object_get(from, "seq"))))
        return "\"from\": expected the \"epoch\" and the \"seq\" of an event";
    return NULL;
}

/* NULL: an error has been answered. */
static struct reading *reading_new(struct requests *requests, struct control_request *request,
                                   const json_t *body)
{
    char problem[EVENT_FILTER_PROBLEM_BYTES] = "memory is short";
    if (problem_of(body)) {
        control_reply_error(request, CONTROL_USAGE, NULL, "%s", problem_of(body));
        return NULL;
    }
    struct reading *reading = calloc(1, sizeof(*reading));
    const int error = reading ? event_filter_read(&reading->filter, body, problem) : -ENOMEM;
    if (error < 0) {
        control_reply_error(request, error == -EINVAL ? CONTROL_USAGE : CONTROL_FAILED, NULL, "%s", problem);
        free(reading);
        return NULL;
    }
    reading->requests = requests;
    reading->user = control_request_uid(request);
    reading->last = UINT64_MAX;
    chunk_init(&reading->chunk);
    return reading;
}

/* Where the client was: the last event that it has seen. False: it does not say. */
static bool read_from(const struct events *events, const json_t *body, struct event_place *after)
{
    const json_t *member = json_object_get(body, "from");
    const int64_t epoch = json_member_int(member, "epoch", 0), seq = json_member_int(member, "seq", -1);
    if (epoch <= 0 || seq < 0)
        return false;
    *after = (struct event_place){(uint64_t)epoch, (uint64_t)seq};
    if (after->epoch == events_epoch(events) && after->seq >= events_next(events))
        after->seq = events_next(events) - 1; /* what is not there yet is awaited */
    return true;
}

/* How many of those that memory has, from there on, fit. */
static uint64_t count_fitting(struct reading *reading, uint64_t from)
{
    const struct events *events = reading->requests->services->events;
    const uint64_t oldest = events_oldest(events);
    struct event_view view;
    uint64_t count = 0;
    for (uint64_t seq = oldest > from ? oldest : from; events_view(events, seq, &view); seq++)
        count += event_filter_takes(&reading->filter, view.camera, view.word, view.wall_ns);
    return count;
}

/* All but the last so many of memory are passed. */
static void pass_first(struct reading *reading, uint64_t from, uint64_t most)
{
    const struct events *events = reading->requests->services->events;
    uint64_t count = count_fitting(reading, from);
    struct event_view view;
    reading->after = (struct event_place){events_epoch(events), from > 0 ? from - 1 : 0};
    if (count > most && reading->after.seq + 1 < events_oldest(events))
        reading->after.seq = events_oldest(events) - 1;
    for (; count > most && events_view(events, reading->after.seq + 1, &view); reading->after.seq++)
        count -= event_filter_takes(&reading->filter, view.camera, view.word, view.wall_ns);
}

/* Only the last ones: what is in memory only counts first, the others are the store's to find. */
static void want_last(struct reading *reading, uint64_t last)
{
    const struct history *history = reading->requests->services->history;
    const uint64_t stored = history_is_kept(history) ? history_stored(history) : 0;
    const bool all_in_memory = is_in_memory(reading);
    const uint64_t first = all_in_memory || (is_present(reading) && reading->after.seq > stored)
                               ? reading->after.seq + 1
                               : stored + 1;
    const uint64_t waiting = count_fitting(reading, first);
    if (waiting < last && history_is_kept(history) && !all_in_memory)
        reading->last = last - waiting;
    else
        pass_first(reading, first, last);
}

/* Those whose client is gone already: they would be work for nothing, for which others wait. */
static void drop_abandoned(struct requests *requests)
{
    struct reading *reading = LIST_FIRST(&requests->readings), *next;
    for (; reading; reading = next) {
        next = LIST_NEXT(reading, link);
        if (control_request_is_awaited(reading->request))
            continue;
        control_reply_ok(reading->request, NULL);
        reading_release(reading);
    }
}

void request_events(struct requests *requests, struct control_request *request, const json_t *body)
{
    const struct events *events = requests->services->events;
    const int64_t last = json_member_int(body, "last", -1);
    const char *unknown;
    struct reading *reading = reading_new(requests, request, body);
    if (!reading)
        return;
    drop_abandoned(requests);
    reading->end = events_next(events) - 1;
    reading->counts = read_from(events, body, &reading->after);
    if (!reading->counts && !history_is_kept(requests->services->history))
        reading->after = (struct event_place){events_epoch(events), 0};
    if (last >= 0)
        want_last(reading, (uint64_t)last);
    reading->request = request;
    LIST_INSERT_HEAD(&requests->readings, reading, link);
    if (is_in_memory(reading) && names_are_known(requests, &reading->filter, &unknown)) {
        begin_answer(reading);
    } else if (!history_is_kept(requests->services->history) || !ask(reading)) {
        if (names_are_known(requests, &reading->filter, &unknown)) {
            begin_answer(reading);
            return;
        }
        request_no_camera(requests, request, unknown);
        reading_release(reading);
    }
}

void request_subscribe(struct requests *requests, struct control_request *request, const json_t *body)
{
    const char *unknown;
    struct reading *reading = reading_new(requests, request, body);
    if (!reading)
        return;
    if (!names_are_known(requests, &reading->filter, &unknown)) {
        request_no_camera(requests, request, unknown);
        reading_release(reading);
        return;
    }
    reading->end = UINT64_MAX;
    reading->snapshot_first = reading->counts = true;
    reading->goes_on = read_from(requests->services->events, body, &reading->after);
    control_reply_parts(request, reading_next, reading_release, reading);
}
