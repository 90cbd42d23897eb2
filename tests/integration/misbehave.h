/*
 * misbehave.h - a worker that does what it should not, for tests of camd
 *
 * It takes the place of capture or tracker (`capture = .../misbehave`, `tracker = .../misbehave`), speaks the
 * worker contract by itself (camd-worker(7); only segments and rates come from libcamd), and
 * behaves well but for what the camera's `input` tells it:
 *
 *     input = misbehave://[ITEM,ITEM,...]
 *     ITEM  = [capture.|tracker.][MOMENT.]BEHAVIOUR[=VALUE]
 *     MOMENT = start   before `hello` is taken from the channel (it is only peeked at)
 *              hello   `hello` was read
 *              frames  the segments are mapped, nothing was published, `ready` not sent
 *              ready   `ready` was sent
 *              after-N its N-th frame was written (capture) or processed (tracker)
 *              stop    SIGTERM or `stop` came
 *
 * For example misbehave://well, misbehave://ignore-term,
 * misbehave://capture.after-3.exit=7,tracker.stop.hang, misbehave://size=640x480,after-20.resize=320x240.
 * Without capture. or tracker. an item is for both, without a moment it is for the one named here. Any other
 * input means behaving well. An item that is not understood ends it with 64, and says which one on standard
 * error.
 *
 *     behaviour           moment  what it does
 *     well                start   nothing
 *     size=WxH, fps=N     start   what capture says in `stream`, unless the configuration has a size
 *                                 (640x480); its rate (10)
 *     exit=N              ready   exits with that status (0)
 *     signal=N            ready   kills itself with that signal (11)
 *     hang                ready   stops itself with SIGSTOP
 *     ended               ready   sends `ended` and exits with that status (0)
 *     fail=CLASS          ready   sends `error` with that class (local) and a password in its text, exits
 *                                 with 1
 *     ignore-term         start   neither SIGTERM nor `stop` ends it
 *     never-ready         start   maps its segments, and neither publishes nor sends `ready`
 *     stall               ready   writes or processes no further frame
 *     resize=WxH          ready   sends another `stream`: the stream changed its size
 *     close-channel       ready   closes the channel and goes on
 *     close-log           ready   closes standard output and error and goes on
 *     truncate            ready   makes all its segments empty that it may write, tries the others
 *     scribble            ready   from now on, each turn, writes random bytes over all that it may write: the
 *                                 whole of ctl, frames, result
 *     lease=N             ready   tracker: leases slot N-1 for ever (N may be nonsense)
 *     garbage             ready   sends messages that are no JSON objects
 *     wrong-types         ready   sends known messages with members of wrong types and sizes
 *     unknown             ready   sends messages of unknown types
 *     long                ready   sends messages of the largest size, of one byte more, and of 100,000 bytes
 *     descriptors=N       ready   sends N messages (100) that carry as many descriptors as fit
 *     flood-events=N      ready   each turn, sends N events (1000)
 *     flood-ready=N       ready   each turn, sends `ready` N times (1000)
 *     flood-garbage=N     ready   each turn, sends N messages (1000) that are no JSON, too long, or carry a
 *                                 descriptor
 *     flood-lines=N       ready   each turn, writes N lines (1000) to its log
 *     flood-bytes=N       ready   each turn, writes N bytes (1000000) without a line's end
 *     flood-controls      ready   each turn, writes control characters, escape sequences, NULs and broken
 *                                 UTF-8
 *     secrets             ready   once, writes lines with the password "geheim" in URLs, at each offset
 *                                 around where a line is cut
 *     grandchild          ready   leaves a process behind (twice forked) that ignores SIGTERM and keeps the
 *                                 log and the channel open
 *     grandchild-session  ready   the same in a session of its own, so that no signal to the group reaches it
 *     leak=N              ready   each turn, uses N MB (16) more memory, up to 2 GB
 *
 * A turn is the time of one frame. The pictures are its own: every byte of plane Y is 16 + id % 200, so one
 * that is torn shows. All processes end by SIGALRM after ten minutes, whatever they were told.
 */
#ifndef MISBEHAVE_H
#define MISBEHAVE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camd/segment.h"
#include "runtime/runtime.h"

enum {
    MISBEHAVE_ITEMS_MAX = 32,
    MISBEHAVE_VALUE_BYTES = 32,
    MISBEHAVE_FDS_MAX = 253, /* the kernel's limit for one message */
    MISBEHAVE_LIFETIME_S = 600,
    MISBEHAVE_USAGE = 64, /* exit status for an input that is not understood */
};

enum moment {
    MOMENT_START,
    MOMENT_HELLO,
    MOMENT_FRAMES,
    MOMENT_READY,
    MOMENT_STOP,
    MOMENT_AFTER,
    MOMENT_COUNT
};

struct misbehave;
struct item;

struct behaviour {
    const char *word;
    enum moment moment; /* unless the item names another */
    bool repeats;       /* each turn from then on */
    void (*act)(struct misbehave *worker, const struct item *item);
};

struct item {
    const struct behaviour *behaviour;
    enum moment moment;
    uint64_t after; /* frames, of MOMENT_AFTER */
    char value[MISBEHAVE_VALUE_BYTES];
    bool active; /* its moment came: if it repeats, it acts each turn */
};

struct misbehave {
    bool is_tracker;
    int channel; /* -1: closed */
    struct item items[MISBEHAVE_ITEMS_MAX];
    size_t item_count;

    /* settings and what behaviours switch */
    unsigned int width, height, fps;
    bool ignore_stop, never_ready, stalled;

    bool stopping;
    /* the segments: descriptors are kept, for truncate and scribble */
    bool has_segments, ready_sent;
    struct camd_segment_fds fds;
    struct camd_segments segments;
    int frame_event, space_event;
    uint64_t first_frame_id;
    uint64_t frames; /* of this process */
    struct worker_rate rate;
};

/* The behaviour of that name, or NULL. */
const struct behaviour *misbehave_behaviour(const char *word, size_t length);
/* Reads the items that are for this worker; 0 or -EINVAL, having said why. */
int misbehave_plan(struct misbehave *worker, const char *input);
/* The moment has come: its items act, once. */
void misbehave_reach(struct misbehave *worker, enum moment moment);
/* A turn is over: repeating items act, and those that wait for the number of frames. */
void misbehave_turn(struct misbehave *worker);

/* Sends the text, with descriptors. What becomes of it does not matter. */
void misbehave_send(struct misbehave *worker, const char *text, size_t length, const int *fds,
                    size_t fd_count);
void misbehave_send_type(struct misbehave *worker, const char *type);
void misbehave_send_stream(struct misbehave *worker);

#endif
