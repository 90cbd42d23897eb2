/*
 * verbs.h - the verbs of the control socket and of camctl
 *
 * One table yields camctl's parser, its help and the daemon's privileges. A verb of scope LOCAL is camctl's own
 * and never sent; one without a summary is the protocol's and not offered by camctl.
 */
#ifndef CAMD_PROTOCOL_VERBS_H
#define CAMD_PROTOCOL_VERBS_H

#include <stdbool.h>
#include <stddef.h>

enum verb_privilege {
    VERB_READ,   /* the configured group, too */
    VERB_CHANGE, /* root and camd's user */
    VERB_LOCAL,  /* camctl does it by itself */
};

/* X(identifier, word, privilege, fewest operands, most operands (-1: any), operands, summary) */
#define VERBS(X)                                                                                             \
    X(ADD, "add", VERB_CHANGE, 2, -1, "NAME input=URL [KEY=VALUE ...]", "add a camera and start it")         \
    X(SET, "set", VERB_CHANGE, 1, -1, "NAME ... KEY=VALUE ...", "change settings of cameras")                \
    X(IMPORT, "import", VERB_LOCAL, 1, 1, "FILE", "add the cameras of a file: export's, Frigate's, CSV")     \
    X(REMOVE, "remove", VERB_CHANGE, 1, -1, "NAME ...", "stop cameras and remove all that belongs to them")  \
    X(RENAME, "rename", VERB_CHANGE, 2, 2, "NAME NEW", "give a camera another name")                         \
    X(ENABLE, "enable", VERB_CHANGE, 1, -1, "NAME ...", "let cameras run, now and after every start")        \
    X(DISABLE, "disable", VERB_CHANGE, 1, -1, "NAME ...", "stop cameras and keep them down until enabled")   \
    X(START, "start", VERB_CHANGE, 1, -1, "NAME ...", "start cameras")                                       \
    X(STOP, "stop", VERB_CHANGE, 1, -1, "NAME ...", "stop cameras until started or the daemon restarts")     \
    X(RESTART, "restart", VERB_CHANGE, 1, -1, "NAME ...", "stop cameras and start them again")               \
    X(KICK, "kick", VERB_CHANGE, 1, -1, "NAME ...", "try again now instead of waiting for the next try")     \
    X(STATUS, "status", VERB_READ, 0, -1, "[NAME ...]", "show the cameras, or some in detail")               \
    X(TOP, "top", VERB_LOCAL, 0, 0, "", "watch what the cameras do and what they take")                      \
    X(SHOW, "show", VERB_READ, 1, -1, "NAME ...", "show settings of cameras and where each comes from")      \
    X(EXPORT, "export", VERB_READ, 0, 0, "", "write the configuration as one file")                          \
    X(EVENTS, "events", VERB_READ, 0, -1, "[NAME ...]", "show what happened")                                \
    X(LOGS, "logs", VERB_READ, 0, -1, "[NAME ...]", "show what the workers wrote")                           \
    X(MATCH, "match", VERB_READ, 0, 0, "", "")                                                               \
    X(SUBSCRIBE, "subscribe", VERB_READ, 0, 0, "", "")                                                       \
    X(SNAPSHOT, "snapshot", VERB_READ, 1, -1, "NAME ...", "write the newest picture, as JPEG or PNG")        \
    X(STREAM, "stream", VERB_READ, 1, 1, "NAME", "write the pictures to standard output, as y4m")            \
    X(ZONE, "zone", VERB_READ, 1, -1, "NAME [X,Y ...]", "show zones and masks, or make one from a picture")  \
    X(GRID, "grid", VERB_READ, 1, -1, "NAME ...", "show where objects of which size appear")                 \
    X(GRID_CLEAR, "grid_clear", VERB_CHANGE, 0, 0, "", "")                                                   \
    X(GRID_EXPORT, "grid_export", VERB_READ, 0, 0, "", "")                                                   \
    X(GRID_IMPORT, "grid_import", VERB_CHANGE, 0, 0, "", "")                                                 \
    X(WAIT, "wait", VERB_READ, 2, -1, "NAME ... STATE", "wait until cameras are in a state, such as up")     \
    X(SHM, "shm", VERB_READ, 0, 0, "", "explain the shared-memory budget")                                   \
    X(METRICS, "metrics", VERB_LOCAL, 0, 0, "", "write what status knows for Prometheus")                    \
    X(PROBE, "probe", VERB_LOCAL, 1, -1, "URL|NAME [KEY=VALUE ...]",                                         \
      "say what is at a URL, or what a camera sends")                                                        \
    X(CHECK, "check", VERB_LOCAL, 0, 1, "[FILE]", "check a configuration file")                              \
    X(FLEET, "fleet", VERB_LOCAL, 0, 0, "", "show all machines and cameras at an MQTT broker")               \
    X(RELOAD, "reload", VERB_CHANGE, 0, 0, "", "read the configuration again and apply what changed")        \
    X(PTZ, "ptz", VERB_CHANGE, 2, -1, "NAME ... moving|stopped", "say whether a camera's mount moves")       \
    X(UPGRADE, "upgrade", VERB_CHANGE, 0, 0, "", "go on with the camd that is installed now")                \
    X(SHUTDOWN, "shutdown", VERB_CHANGE, 0, 0, "", "stop all cameras and the daemon")                        \
    X(VERSION, "version", VERB_READ, 0, 0, "", "show the versions of camctl and of the daemon")              \
    X(HELP, "help", VERB_LOCAL, 0, 1, "[VERB|KEY]", "explain a verb or a setting")

enum verb {
#define X(id, word, privilege, fewest, most, operands, summary) VERB_##id,
    VERBS(X)
#undef X
        VERB_COUNT
};

struct verb_info {
    const char *word;
    enum verb_privilege privilege;
    int fewest, most;
    const char *operands, *summary;
};

extern const struct verb_info verb_table[VERB_COUNT];

/* -1: unknown. */
int verb_from_word(const char *word);
/* The table's own text of that word, which lasts; NULL: it is no verb. */
const char *verb_word(const char *word);

/* Error codes of replies, and camctl's exit statuses. X(identifier, word, exit status) */
#define CONTROL_ERRORS(X)                                                                                    \
    X(FAILED, "failed", 1)           /* tried, did not work */                                               \
    X(REFUSED, "refused", 1)         /* not done: it would break something; nothing changed */               \
    X(USAGE, "usage", 2)             /* the request is malformed or its values are wrong */                  \
    X(DENIED, "denied", 4)           /* the caller may not */                                                \
    X(NO_CAMERA, "no_camera", 5)     /* no camera of that name */                                            \
    X(NOT_RUNNING, "not_running", 7) /* saved, but not running yet */

enum control_error {
#define X(id, word, status) CONTROL_##id,
    CONTROL_ERRORS(X)
#undef X
        CONTROL_ERROR_COUNT
};

const char *control_error_word(enum control_error error);
int control_error_exit_status(const char *word); /* 1 for unknown words */

#endif
