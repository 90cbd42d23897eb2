/*
 * options.h - the command line: options and operands
 *
 * One table has every option with the verbs it belongs to; parser, help and the suggestions in usage errors
 * are made from it.
 */
#ifndef CAMD_CAMCTL_OPTIONS_H
#define CAMD_CAMCTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "camctl/exit_status.h"
#include "protocol/verbs.h"

enum {
    OPTIONS_TIME_MAX_S = CLOCK_S_PER_DAY,
    OPTIONS_QUALITY = 90, /* of JPEG pictures, when none is given */
    OPTIONS_WATCH_S = 1,
    OPTIONS_SIZE_MAX = 65535, /* of a picture's sides, at which it was looked at */
};

#define OPTIONS_EVERY_VERB UINT64_MAX
#define OPTIONS_OF(id)     (UINT64_C(1) << VERB_##id)

/* X(identifier, word, letter or 0, value's name (in brackets: a time that may be missing) or NULL, verbs, meaning) */
#define OPTIONS(X)                                                                                           \
    X(SOCKET, "socket", 's', "SOCKET", OPTIONS_EVERY_VERB, "the daemon's socket (else $CAMD_SOCKET)")        \
    X(JSON, "json", 0, NULL, OPTIONS_EVERY_VERB, "print JSON, errors too, on standard output")               \
    X(TIMEOUT, "timeout", 0, "TIME", OPTIONS_EVERY_VERB, "wait at most so long: 20 (seconds), 5min")         \
    X(UTC, "utc", 0, NULL, OPTIONS_EVERY_VERB, "show times in UTC instead of local time")                    \
    X(HELP, "help", 'h', NULL, OPTIONS_EVERY_VERB, "explain camctl or a verb")                               \
    X(VERSION, "version", 'V', NULL, OPTIONS_EVERY_VERB, "show camctl's version")                            \
    X(ALL, "all", 0, NULL,                                                                                   \
      OPTIONS_OF(REMOVE) | OPTIONS_OF(ENABLE) | OPTIONS_OF(DISABLE) | OPTIONS_OF(START) | OPTIONS_OF(STOP) | \
          OPTIONS_OF(RESTART) | OPTIONS_OF(KICK) | OPTIONS_OF(PTZ) | OPTIONS_OF(SET) | OPTIONS_OF(SHOW) |    \
          OPTIONS_OF(WAIT) | OPTIONS_OF(SNAPSHOT) | OPTIONS_OF(GRID) | OPTIONS_OF(STATUS) |                  \
          OPTIONS_OF(LOGS),                                                                                  \
      "every camera, instead of names")                                                                      \
    X(SHOW_SECRETS, "show-secrets", 0, NULL, OPTIONS_OF(EXPORT), "with passwords, for root only")            \
    X(REPLACE, "replace", 0, NULL, OPTIONS_OF(IMPORT), "change cameras that exist to what the file has")     \
    X(DRY_RUN, "dry-run", 'n', NULL, OPTIONS_OF(IMPORT), "only say what would be done")                      \
    X(KEEP_GRID, "keep-grid", 0, NULL, OPTIONS_OF(REMOVE), "keep the region grid, for grid_keep_days")       \
    X(YES, "yes", 'y', NULL, OPTIONS_OF(REMOVE), "do not ask whether all of them are meant")                 \
    X(RUNTIME, "runtime", 0, NULL, OPTIONS_OF(ADD) | OPTIONS_OF(SET),                                        \
      "write no file: it lasts until camd stops")                                                            \
    X(REQUIRE_FRAME, "require-frame", 0, NULL, OPTIONS_OF(ADD),                                              \
      "take it back unless a picture comes in time")                                                         \
    X(FOLLOW, "follow", 'f', NULL, OPTIONS_OF(EVENTS) | OPTIONS_OF(LOGS),                                    \
      "go on with new ones as they come")                                                                    \
    X(LINES, "lines", 'n', "N", OPTIONS_OF(EVENTS) | OPTIONS_OF(LOGS),                                       \
      "show the last N (events: 1000, lines: 100)")                                                          \
    X(SINCE, "since", 0, "WHEN", OPTIONS_OF(EVENTS), "begin there: 2h, today, 07:30, 2026-01-31 ...")        \
    X(UNTIL, "until", 0, "WHEN", OPTIONS_OF(EVENTS), "end there")                                            \
    X(TYPE, "type", 0, "WORD,...", OPTIONS_OF(EVENTS), "only those kinds: state, object, motion ...")        \
    X(CLEAR, "clear", 0, NULL, OPTIONS_OF(GRID), "forget what it has learnt")                                \
    X(EXPORT, "export", 0, "FILE", OPTIONS_OF(GRID), "write it into a file that --import reads")             \
    X(IMPORT, "import", 0, "FILE", OPTIONS_OF(GRID), "the one of a file takes its place")                    \
    X(AS, "as", 0, "KEY", OPTIONS_OF(ZONE), "what it is to be: zone.NAME or mask.NAME[=KIND]")               \
    X(SIZE, "size", 0, "WxH", OPTIONS_OF(ZONE), "the size of the picture that pixels are of")                \
    X(CHECK, "check", 0, NULL, OPTIONS_OF(STATUS), "one line and an exit status, for monitoring systems")    \
    X(ONCE, "once", 'n', NULL, OPTIONS_OF(TOP), "one table instead of a screen")                             \
    X(SORT, "sort", 0, "COLUMN", OPTIONS_OF(TOP), "state (what is wrong), name, fps, cpu ...")               \
    X(EVERY, "every", 0, "TIME", OPTIONS_OF(TOP), "how often camd is asked (2 s)")                           \
    X(PROBLEMS, "problems", 0, NULL, OPTIONS_OF(STATUS), "only what is not well; exit status 1 if any is")   \
    X(OUTPUT, "output", 'o', "FILE",                                                                         \
      OPTIONS_OF(SNAPSHOT) | OPTIONS_OF(GRID) | OPTIONS_OF(PROBE) | OPTIONS_OF(ZONE) | OPTIONS_OF(METRICS),  \
      "write it there; - is standard output")                                                                \
    X(WORKERS, "workers", 0, NULL, OPTIONS_OF(UPGRADE), "restart workers of an older program, one by one")   \
    X(BOXES, "boxes", 0, NULL, OPTIONS_OF(SNAPSHOT) | OPTIONS_OF(STREAM),                                    \
      "draw what was found: motion, objects")                                                                \
    X(ZONES, "zones", 0, NULL, OPTIONS_OF(SNAPSHOT), "draw zones and masks, with their names")               \
    X(GRID, "grid", 0, NULL, OPTIONS_OF(SNAPSHOT), "draw the region grid")                                   \
    X(RULER, "ruler", 0, NULL, OPTIONS_OF(SNAPSHOT), "draw coordinates, 0 to 1, to read places off")         \
    X(STAMP, "stamp", 0, NULL, OPTIONS_OF(SNAPSHOT), "write name and time on it")                            \
    X(FRAME, "frame", 0, "ID", OPTIONS_OF(SNAPSHOT), "the frame of that number, as events name it")          \
    X(WATCH, "watch", 0, "[TIME]", OPTIONS_OF(SNAPSHOT), "keep the file fresh: how often (1 s)")             \
    X(OBJECT, "object", 0, "ID", OPTIONS_OF(SNAPSHOT), "write the best picture of an object")                \
    X(CROP, "crop", 0, NULL, OPTIONS_OF(SNAPSHOT), "of --object: cut the object out")                        \
    X(QUALITY, "quality", 0, "N", OPTIONS_OF(SNAPSHOT) | OPTIONS_OF(GRID) | OPTIONS_OF(ZONE),                \
      "JPEG quality, 1 to 100 (90)")                                                                         \
    X(HOST, "host", 'H', "HOST", OPTIONS_OF(FLEET), "another broker than that of mqtt.ini")                  \
    X(FRAMES, "frames", 0, "N", OPTIONS_OF(STREAM), "end after so many pictures")

enum option_id {
#define X(id, word, letter, value, verbs, meaning) OPTION_##id,
    OPTIONS(X)
#undef X
        OPTION_COUNT
};

struct option_info {
    const char *word;
    char letter;
    const char *value; /* NULL: a switch; "[TIME]": may be missing */
    uint64_t verbs;    /* bits, 1 << enum verb */
    const char *meaning;
};

extern const struct option_info option_table[OPTION_COUNT];

/* A command line, taken apart. Strings stay those of argv. */
struct options {
    bool given[OPTION_COUNT];
    const char *socket; /* NULL: the environment's, else the default */
    const char *output;
    const char *host;         /* NULL: not given */
    const char *sort, *every; /* of top; NULL: its own */
    double timeout_s;         /* 0: the verb's own */
    int quality;
    int64_t lines;
    int64_t since_ns, until_ns; /* wall clock */
    const char *type;           /* words of events or of kinds with commas between them; NULL: all */
    int64_t frames;             /* 0: no end */
    uint64_t object_id;         /* 0: none */
    uint64_t frame_id;          /* 0: the newest */
    double watch_s;
    const char *as, *file;           /* file: of --export or --import */
    int64_t size_width, size_height; /* 0: not given */
    int verb;                        /* enum verb; -1: none was given, for --help and --version only */
    char **operands;
    int operand_count;
};

/*
 * Takes argv apart; its operands are moved behind the options. Numbers are checked, and how many operands
 * there are. Global options may stand before the verb and after it.
 */
enum status options_parse(int argc, char **argv, struct options *options, json_t **error);

/* True when --json, or its beginning, is among the arguments: how errors of the rest are to be reported. */
bool options_ask_json(int argc, char *const *argv);

#endif
