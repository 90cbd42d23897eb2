/*
 * camd/worker.h - the worker contract (contract 2)
 *
 * camd starts a worker with an empty signal mask, default dispositions, in a session of its own, and with
 * these descriptors and no others: 0 /dev/null; 1 and 2 a pipe that camd reads as the worker's log (a line
 * may start with "<N>", N a syslog priority 0..7); 3 the channel.
 *
 * The channel is a SOCK_SEQPACKET socket. Every message is one JSON object of at most CAMD_MESSAGE_BYTES with
 * a member "type". File descriptors travel with the message that names them in "fds" (an array of strings, in
 * the order of the descriptors). Unknown types and members are to be ignored.
 *
 *   camd to worker
 *     hello    {abi: [major, minor], camera, worker: "capture"|"tracker"|"detector", config: {…}, log_level, libraries,
 *              sandbox: {mode, user, group, devices: […], connects}}   always first; a detector's has detector (its name)
 *              instead of camera; libraries: camd wants to hear of them; sandbox: as whom to run, and what to give up
 *     frames   {width, height, slots, frame_bytes, generation, first_frame_id, fds: [...]} fds: "info", "ctl", "result"
 *              and "best" (tracker only), "frame0" ..., "frame_event" (capture signals it when it queues a frame, the tracker
 *              waits for it), with pace = no "space_event" (the tracker signals it when it took one, capture waits for it);
 *              for a tracker that uses a detector "in", "out", "request_event" (the tracker signals it when it posted a
 *              request) and "answer_event" (the detector signals it when it answered). A second `frames` replaces the
 *              segments of the first.
 *     attach   {camera, generation, width, height, fds: ["in", "out", "ctl", "request_event", "answer_event"]}   to a
 *              detector: serve this camera; width and height are the tensor's. A second one replaces the first.
 *     detach   {camera}          to a detector: forget this camera
 *     detector {state: "up"|"down"}   to a tracker: its detector; after each `frames` that has "in", and when it changes.
 *              Down means that the process is gone: what it had is the tracker's again, with another generation
 *     connected {id, error, fds: ["socket"]}   the answer to connect; error: errno, with 0 and EINPROGRESS there is a socket
 *     config   {config: {…}}     changed settings, whole
 *     stop     {}                finish; SIGTERM comes with it and means the same
 *   worker to camd
 *     stream   {codec, width, height, fps, pixel_format, colours, sample_aspect_ratio, rotation, mirrored, still}   capture,
 *              once it knows; again when the size changes. The size is needed
 *     ready    {}                capture: first frame published; tracker: mapped and waiting; detector: model loaded
 *     event    {event, …}        tracker: what subscribers see, see camd-ipc(7): event is "motion" or "object"
 *     health   {reason, cause, hint, …}   capture or tracker, when it changes: how the pictures are, or what a start waits for
 *     libraries {paths: […]}   the files that the program was linked with, if camd wants to hear of them. The first one counts
 *     sandbox  {user, files, ports, hosts, calls, landlock, missing, peers: [{address, scope, port}, …]}   what it has given up,
 *              before anything from outside is parsed; peers: whom camd may connect it with. The first one counts
 *     connect  {id, address, scope, port, from_port}   connect it with one of these; from_port: for datagrams
 *     error    {stage, class, text, hint}   before an exit for a reason (CAMD_STAGE_*, CAMD_CLASS_*)
 *     ended    {}                capture: the end of a file that does not loop; exit with 0 after it
 *     grid_sample {box: [x1, y1, x2, y2], label}   tracker: an object that turned out to be one has ended, and was
 *              seen best there (pixels, within the frame); camd learns the region grid in info from it
 *
 * End of file on the channel means that camd is gone: exit at once. A worker that exits without `ended` and
 * without having been told to stop has failed and is started again.
 */
#ifndef CAMD_WORKER_H
#define CAMD_WORKER_H

#include <stddef.h>
#include <sys/types.h>

#include "camd/api.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    CAMD_CHANNEL_FD = 3,
    CAMD_MESSAGE_BYTES = 65536,
    CAMD_MESSAGE_FDS = 80, /* CAMD_SLOTS_MAX and the other segments and events; SCM_RIGHTS allows 253 */
};

/* Where it failed (stage), as in `error` messages. X(identifier, word) */
#define CAMD_STAGES(X)                                                                                       \
    X(SETUP, "setup") /* mapping segments, reading the configuration */                                      \
    X(OPEN, "open")   /* opening the source */                                                               \
    X(PROBE, "probe") /* finding the video stream and its decoder */                                         \
    X(READ, "read")   /* reading packets */                                                                  \
    X(DECODE, "decode")                                                                                      \
    X(SCALE, "scale")                                                                                        \
    X(TRACK, "track")                                                                                        \
    X(DETECT, "detect") /* loading the model, looking for objects */

/* What kind of failure (class): decides when camd tries again. */
#define CAMD_CLASSES(X)                                                                                      \
    X(NETWORK, "network") /* refused, unreachable, timed out, reset, unexpected end */                       \
    X(AUTH, "auth")       /* wrong or missing credentials: from 5 minutes up, since cameras lock accounts */ \
    X(NOT_FOUND, "not_found") /* no such host, path or file */                                               \
    X(FORMAT, "format")       /* not video, or a codec that is not supported */                              \
    X(LOCAL, "local")         /* this machine: memory, permissions, a fault in the program */

enum camd_stage {
#define CAMD_CONSTANT(id, word) CAMD_STAGE_##id,
    CAMD_STAGES(CAMD_CONSTANT)
#undef CAMD_CONSTANT
        CAMD_STAGE_COUNT
};

enum camd_class {
#define CAMD_CONSTANT(id, word) CAMD_CLASS_##id,
    CAMD_CLASSES(CAMD_CONSTANT)
#undef CAMD_CONSTANT
        CAMD_CLASS_COUNT
};

/* The word of one of the above; static text. */
CAMD_API const char *camd_stage_word(enum camd_stage stage);
CAMD_API const char *camd_class_word(enum camd_class class_);
/* And back: -1 for an unknown word. */
CAMD_API int camd_stage_from_word(const char *word);
CAMD_API int camd_class_from_word(const char *word);

/*
 * One message with its descriptors. send: 0 or -errno (-EMSGSIZE over the limit, -EINVAL for an empty message, which
 * would look like the end of file, or for more than CAMD_MESSAGE_FDS descriptors, -EAGAIN when the socket is non-blocking
 * and full, -EPIPE when camd is gone, without a SIGPIPE); descriptors stay the caller's. receive: the length (> 0), 0 at
 * the end of file, when fd_count is untouched, or -errno: -EMSGSIZE for a message that was longer than size, -EPROTO for
 * more descriptors than fd_room, which is at most CAMD_MESSAGE_FDS (else -EINVAL), -EMFILE when the process has no room for
 * them; the message is lost then and its descriptors are closed. Received descriptors are close-on-exec and the caller's.
 * The text gets a NUL, so size has room for one byte more than the longest message. flags: as of sendmsg and recvmsg. Both
 * may return -EINTR.
 */
CAMD_API int camd_channel_send(int channel, const char *text, size_t length, const int *fds, size_t fd_count,
                               int flags);
CAMD_API ssize_t camd_channel_receive(int channel, char *text, size_t size, int *fds, size_t fd_room,
                                      size_t *fd_count, int flags);

#ifdef __cplusplus
}
#endif

#endif
