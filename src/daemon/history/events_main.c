/*
 * camd-events - the process that keeps the events in place of the daemon
 *
 *   camd-events write FILE MB DAYS [lost]   stores what comes on descriptor 3 (event_message.h), until its other end is
 *                                           closed; lost: what happened before is not in FILE, and who asks is told so
 *   camd-events read FILE                   answers the query on standard input (event_query.h) on standard output
 *
 * write outlives camd: what it has been told is on the disk before it ends, also when camd was killed. Signals that end
 * a service it ignores, therefore. It exits with 0, or with the errno of what failed: then what it has not
 * acknowledged is to be told again.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/stray_signals.h"
#include "base/text.h"
#include "daemon/disk/database.h"
#include "daemon/events/event_filter.h"
#include "daemon/history/event_age.h"
#include "daemon/history/event_db.h"
#include "daemon/history/event_message.h"
#include "daemon/history/event_query.h"

enum {
    BATCH_BYTES = 1 << 20, /* then it is stored at once */
    BATCH_EVENTS = 4096,
    LOOK_MS = CLOCK_S_PER_HOUR * 1000, /* for events that are too old */
    REQUEST_BYTES = 65536,
    NICE = 10, /* of reading: whoever asks for everything again and again must not slow the cameras */
};

/* ---- write ---- */

struct writing {
    struct event_db *db;
    int64_t keep_ns;
    struct event_place newest; /* that was put into the batch */
    struct event_place stored; /* the newest that is on the disk */
    size_t count, bytes;       /* of the batch */
    int64_t due_ms;            /* when it is to be stored; 0: there is none */
    int64_t look_ms;           /* when to look next for what is too old */
    int64_t looked_ns;         /* when that was done last, by the monotonic clock; 0: not yet */
    struct event_age age;
    uint64_t digested; /* place up to which all has its digests */
    bool is_digesting; /* some have none yet */
    char message[EVENT_MESSAGE_BYTES];
};

/* An event of a camera that was renamed says from what: its earlier events come along. */
static int note_rename(struct writing *writing, const char *camera, const char *text, size_t length)
{
    json_t *event = json_loadb(text, length, 0, NULL);
    const char *from = json_member_string(event, "from", "");
    const int error = text_is_camera_name(from) && text_is_camera_name(camera)
                          ? event_db_rename(writing->db, from, camera)
                          : 0;
    json_decref(event);
    return error;
}

/* -EINVAL: it is none. */
static int put(struct writing *writing, size_t size)
{
    char camera[CAMD_NAME_MAX + 1], word[EVENT_FILTER_NAME_BYTES];
    struct event_message head;
    const char *at = writing->message + sizeof(head);
    if (size < sizeof(head))
        return -EINVAL;
    memcpy(&head, writing->message, sizeof(head));
    if (head.camera_length >= sizeof(camera) || head.word_length >= sizeof(word) ||
        size - sizeof(head) < (size_t)head.camera_length + head.word_length)
        return -EINVAL;
    snprintf(camera, sizeof(camera), "%.*s", (int)head.camera_length, at);
    snprintf(word, sizeof(word), "%.*s", (int)head.word_length, at + head.camera_length);
    at += head.camera_length + head.word_length;
    const struct event_to_put event = {.place = {head.epoch, head.seq},
                                       .wall_ns = head.wall_ns,
                                       .camera = camera,
                                       .word = word,
                                       .text = at,
                                       .length = (size_t)(writing->message + size - at)};
    int error = event_db_put(writing->db, &event);
    if (error == 0 && event_word_find(word) == EVENT_WORD_CAMERA_RENAMED)
        error = note_rename(writing, camera, event.text, event.length);
    if (error < 0 && error != -ESTALE)
        return error;
    writing->newest = event.place;
    writing->count++;
    writing->bytes += size;
    if (writing->due_ms == 0)
        writing->due_ms = clock_monotonic_ms() + EVENT_BATCH_MS;
    return 0;
}

/* What is on the disk; and that this process is at work. Nobody who listens is no harm: the rest is stored all the same. */
static void tell_stored(void *context)
{
    const struct writing *writing = context;
    const struct event_acknowledgement acknowledgement = {
        .stored = writing->stored,
        .nameless = event_db_nameless(writing->db),
        .relocked = event_db_relocked(writing->db),
        .doubted_ns = writing->age.doubted_ns > 0 ? writing->age.time_ns : 0};
    send(EVENT_CHANNEL_FD, &acknowledgement, sizeof(acknowledgement), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int store(struct writing *writing)
{
    if (writing->count == 0)
        return 0;
    int error = event_db_commit(writing->db);
    if (error < 0)
        return error;
    writing->count = writing->bytes = 0;
    writing->due_ms = 0;
    writing->stored = writing->newest;
    tell_stored(writing);
    return event_db_trim(writing->db);
}

static int read_age(struct writing *writing)
{
    struct event_age *age = &writing->age;
    int64_t oldest_ns, newest_ns;
    int error = event_db_time(writing->db, EVENT_TIME_BELIEVED, &age->time_ns);
    if (error == 0)
        error = event_db_time(writing->db, EVENT_TIME_DOUBTED, &age->doubted_ns);
    if (error < 0 || age->time_ns > 0)
        return error;
    error = event_db_span(writing->db, &oldest_ns, &newest_ns);
    if (error == 0)
        event_age_guess(age, writing->keep_ns, oldest_ns, newest_ns);
    return error;
}

/* With the batch that begins: another process goes on from there. */
static int write_age(struct writing *writing)
{
    const int error = event_db_set_time(writing->db, EVENT_TIME_BELIEVED, writing->age.time_ns);
    return error < 0 ? error : event_db_set_time(writing->db, EVENT_TIME_DOUBTED, writing->age.doubted_ns);
}

static int remove_old(struct writing *writing)
{
    const int64_t now_ns = clock_monotonic_ns();
    const int64_t elapsed_ns = writing->looked_ns > 0 ? now_ns - writing->looked_ns : 0;
    int error = writing->looked_ns > 0 ? 0 : read_age(writing);
    writing->looked_ns = now_ns;
    writing->look_ms = clock_monotonic_ms() + LOOK_MS;
    if (error < 0)
        return error;
    const int64_t time_ns = event_age_look(&writing->age, writing->keep_ns, clock_wall_ns(), elapsed_ns);
    error = write_age(writing);
    if (error == 0)
        error = time_ns > 0 ? event_db_remove_old(writing->db, time_ns - writing->keep_ns, time_ns)
                            : event_db_commit(writing->db);
    return error;
}

/* Waits for a message as long as nothing else is to be done. 1: there is one, or the end; 0: the time has come. */
static int await(const struct writing *writing)
{
    struct pollfd channel = {.fd = EVENT_CHANNEL_FD, .events = POLLIN};
    const int64_t due_ms = writing->due_ms > 0 ? writing->due_ms : writing->look_ms;
    const int64_t left_ms = due_ms - clock_monotonic_ms();
    const int ready = poll(&channel, 1, !writing->is_digesting && left_ms > 0 ? (int)left_ms : 0);
    return ready < 0 && errno != EINTR ? -errno : ready > 0;
}

static int do_due(struct writing *writing)
{
    const int64_t now_ms = clock_monotonic_ms();
    int error = 0;
    if (writing->due_ms > 0 &&
        (now_ms >= writing->due_ms || writing->count >= BATCH_EVENTS || writing->bytes >= BATCH_BYTES))
        error = store(writing);
    if (error == 0 && writing->due_ms == 0 && now_ms >= writing->look_ms) {
        error = remove_old(writing);
        tell_stored(writing);
    }
    return error;
}

/* Nothing comes just now, and nothing is due. */
static int do_meanwhile(struct writing *writing)
{
    return writing->is_digesting
               ? event_db_make_digests(writing->db, &writing->digested, &writing->is_digesting)
               : 0;
}

/* *ended: the other end is closed, and all of what it sent has been read. A camd that was killed resets it first. */
static int take_message(struct writing *writing, bool *ended)
{
    const ssize_t size = recv(EVENT_CHANNEL_FD, writing->message, sizeof(writing->message), MSG_DONTWAIT);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR || errno == ECONNRESET ? 0 : -errno;
    *ended = size == 0;
    return size > 0 ? put(writing, (size_t)size) : 0;
}

static int write_all(struct writing *writing)
{
    bool ended = false;
    writing->is_digesting = true;
    int error = remove_old(writing);
    if (error == 0)
        error = event_db_trim(writing->db); /* the bound may be another one now */
    if (error == 0)
        tell_stored(writing);
    while (error == 0 && !ended) {
        const int ready = await(writing);
        error = ready < 0 ? ready : ready == 0 ? do_meanwhile(writing) : take_message(writing, &ended);
        if (error == 0)
            error = do_due(writing);
    }
    return error == 0 ? store(writing) : error;
}

static void outlive_camd(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGPIPE, SIGXFSZ};
    char *instance = getenv("CAMD_INSTANCE");
    prctl(PR_SET_PDEATHSIG, 0);
    if (instance) /* by which the next camd finds what this one has left behind, and kills it */
        memset(instance, '-', strlen(instance));
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        signal(signals[i], SIG_IGN);
}

/*
 * One that a killed camd has left behind may still be storing: what it was told comes first. Held until this process ends;
 * where there are no locks nobody is waited for.
 */
static void await_predecessor(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && flock(fd, LOCK_EX) < 0 && errno == EINTR)
        ;
}

static int write_events(const char *path, const char *mb, const char *days, bool is_lost)
{
    static struct writing writing;
    int64_t max_mb, keep_days;
    if (!text_to_int(mb, &max_mb) || !text_to_int(days, &keep_days) || max_mb < 1 || keep_days < 1)
        return -EINVAL;
    outlive_camd();
    writing.keep_ns = keep_days * CLOCK_S_PER_DAY * CLOCK_NS_PER_S;
    int error = event_db_open(&writing.db, path, (size_t)max_mb << 20, false);
    if (error == 0) {
        await_predecessor(path);
        if (is_lost)
            error = event_db_set_time(writing.db, EVENT_TIME_LOST, clock_wall_ns());
        if (error == 0)
            error = event_db_commit(writing.db);
    }
    if (error == 0) {
        tell_stored(&writing);
        event_db_set_progress(writing.db, tell_stored, &writing);
        error = write_all(&writing);
    }
    event_db_close(writing.db);
    return error;
}

/* ---- read ---- */

static int write_frame(void *context, const struct event_frame *frame, const void *bytes)
{
    FILE *out = context;
    if (fwrite(frame, sizeof(*frame), 1, out) != 1 ||
        (frame->size > 0 && fwrite(bytes, frame->size, 1, out) != 1))
        return -errno;
    return 0;
}

static struct event_place read_place(const json_t *body, const char *name)
{
    const json_t *place = json_object_get(body, name);
    return (struct event_place){(uint64_t)json_integer_value(json_array_get(place, 0)),
                                (uint64_t)json_integer_value(json_array_get(place, 1))};
}

static int answer(const char *path, const json_t *body)
{
    char problem[EVENT_FILTER_PROBLEM_BYTES];
    struct event_filter filter;
    struct event_db *db = NULL;
    const int64_t last = json_member_int(body, "last", -1);
    const struct event_query query = {.filter = &filter,
                                      .after = read_place(body, "after"),
                                      .upto = read_place(body, "upto"),
                                      .counts = json_member_bool(body, "counts", false),
                                      .first = json_member_bool(body, "first", false),
                                      .last = last >= 0 ? (uint64_t)last : UINT64_MAX};
    int error = event_filter_read(&filter, body, problem);
    if (error == 0)
        error = event_db_open(&db, path, 0, true);
    if (error == 0)
        error = event_db_read(db, &query, write_frame, stdout);
    event_db_close(db);
    event_filter_clear(&filter);
    if (error == 0 && fflush(stdout) != 0)
        error = -errno;
    return error;
}

static int read_events(const char *path)
{
    static char text[REQUEST_BYTES];
    rewind(stdin);
    const size_t length = fread(text, 1, sizeof(text), stdin);
    json_t *body = json_loadb(text, length, 0, NULL);
    setpriority(PRIO_PROCESS, 0, NICE);
    const int error = body ? answer(path, body) : -EINVAL;
    json_decref(body);
    return error;
}

int main(int argc, char **argv)
{
    int error;
    database_catch_damage();
    stray_signals_ignore();
    if ((argc == 5 || (argc == 6 && strcmp(argv[5], "lost") == 0)) && strcmp(argv[1], "write") == 0) {
        error = write_events(argv[2], argv[3], argv[4], argc == 6);
    } else if (argc == 3 && strcmp(argv[1], "read") == 0) {
        error = read_events(argv[2]);
    } else {
        fprintf(stderr, "usage: camd-events write FILE MB DAYS [lost] | read FILE\n");
        return EINVAL;
    }
    return -error;
}
