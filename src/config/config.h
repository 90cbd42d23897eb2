/*
 * config.h - the configuration: reading, checking, printing, comparing
 *
 * One table (config_keys.h) lists every key with its section, type, unit, range, default and meaning; parser,
 * printer and documentation are made from it. All problems of a file are collected, none stops the reading.
 * inih is used here and nowhere else.
 */
#ifndef CAMD_CONFIG_CONFIG_H
#define CAMD_CONFIG_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "camd/shm.h"
#include "camd/worker.h"

enum {
    CONFIG_CAMERAS_MAX = 4096,
    CONFIG_VALUE_BYTES = 4096, /* the longest value, continuation lines joined */
    CONFIG_DETECTORS_MAX = 16,
    CONFIG_MASKS_MAX = 32,        /* masks of one camera */
    CONFIG_ZONES_MAX = 16,        /* zones of one camera */
    CONFIG_FILTERS_MAX = 32,      /* labels of one camera that have a filter */
    CONFIG_ZONE_FILTERS_MAX = 16, /* labels that a zone has a filter for */
    CONFIG_LIMITS_MAX = 32,       /* labels of one camera with a stationary_max_frames of their own */
    CONFIG_SIDES = 4,             /* of a zone with distances */
    CONFIG_ALLOWS_MAX = 32,       /* users that may do something beside looking */
    CONFIG_LIST_MAX = 32,         /* labels in a list */
    CONFIG_POINTS_MAX = 64,       /* corners of one polygon */
    CONFIG_CORNERS_MAX = 1024,    /* corners of all masks and zones of a camera */
    /* A worker's settings as text: one message holds them. */
    CONFIG_SETTINGS_BYTES = CAMD_MESSAGE_BYTES - 4096,
    CONFIG_PROBLEMS_MAX = 200,     /* problems kept; further ones are only counted */
    CONFIG_FILE_PROBLEMS_MAX = 50, /* of them of one file, so that there is room for those of others */
};

/* What a change of a key asks for: bits, the weakest first. */
enum config_apply {
    CONFIG_APPLY_LIVE = 1,       /* sent to the workers as `config` */
    CONFIG_APPLY_CAPTURE = 2,    /* restarts capture */
    CONFIG_APPLY_TRACKER = 4,    /* restarts the tracker */
    CONFIG_APPLY_SEGMENTS = 8,   /* new segments: both workers get them again */
    CONFIG_APPLY_WANT = 16,      /* enabled, autostart: whether it runs */
    CONFIG_APPLY_POLICY = 32,    /* the daemon's own rules: used from the next occasion */
    CONFIG_APPLY_START = 64,     /* keys of [camd] that are read once: needs a new start of the daemon */
    CONFIG_APPLY_DETECTOR = 128, /* restarts the detector */
};

struct config_point {
    float x, y; /* 0..1 of the frame */
};

enum config_mask_kind {
    CONFIG_MASK_MOTION, /* pixels inside are not looked at for motion */
    CONFIG_MASK_OBJECT, /* objects that stand inside are not believed */
};

/* The value of mask.NAME and zone.NAME. Without padding: compared as a whole. */
struct config_polygon {
    uint32_t kind;                /* enum config_mask_kind */
    char label[CAMD_LABEL_BYTES]; /* of CONFIG_MASK_OBJECT; empty: every label */
    uint32_t point_count;         /* 0: a zone of which only something else was written */
    struct config_point points[CONFIG_POINTS_MAX];
};

struct config_mask {
    char name[CAMD_NAME_MAX + 1];
    struct config_polygon polygon;
};

/* filter.LABEL.KEY: which objects of a label are believed; zone.NAME.filter.LABEL.KEY: which of them are in a zone */
struct config_filter {
    char name[CAMD_NAME_MAX + 1]; /* the label */
    double min_score, threshold;  /* 0..1 */
    double min_area, max_area;    /* pixels; below 1: a share of the frame */
    double min_ratio, max_ratio;  /* width by height */
};

/* The value of zone.NAME.distances: metres, the sides in the order of the corners; all 0: none. */
struct config_distances {
    double sides[CONFIG_SIDES];
};

/* zone.NAME = x,y x,y x,y … and zone.NAME.KEY: where an object is when its bottom centre is inside */
struct config_zone {
    char name[CAMD_NAME_MAX + 1];
    struct config_polygon polygon;
    int64_t inertia;           /* frames that an object has to be inside */
    int64_t loitering_time_ms; /* that it has to stay; 0: none */
    char *objects;             /* labels, comma-separated; NULL: all */
    struct config_distances distances;
    double speed_threshold;        /* metres a second that an object has to have; 0: none */
    struct config_filter *filters; /* of labels: which objects are in it */
    size_t filter_count;
};

/* stationary_max_frames.LABEL */
struct config_limit {
    char name[CAMD_NAME_MAX + 1]; /* the label */
    int64_t frames;               /* 0: none */
};

/* allow.USER: what a user may do beside looking */
struct config_allow {
    char name[CAMD_NAME_MAX + 1]; /* the user */
    char *words;                  /* verbs and set:KEY, with one space between them */
};

/* [detector NAME], or one that is there without being written: motion and opencv-hog */
struct config_detector {
    char name[CAMD_NAME_MAX + 1];
    uint32_t line; /* of its section; 0: not written */
    char *backend; /* "motion", "opencv-hog", "opencv-dnn", or the path of a program */
    char *model;   /* NULL: none */
    char *labels;  /* path of the file; NULL: the back-end's own */
    int64_t input_width, input_height;
    bool letterbox;
    char *colour_order; /* "rgb", "bgr" or NULL: the model's, and the tensor is bgr */
    char *mean, *scale; /* three numbers; NULL: the model's */
    char *head;
    double score_threshold, nms_threshold; /* 0: the model's */
    int64_t threads;
    int64_t answer_timeout_ms;
    /* read from the file, or the back-end's own; row i is the label with the number i */
    char (*label_list)[CAMD_LABEL_BYTES];
    uint32_t label_count;
};

struct config_camera {
    char name[CAMD_NAME_MAX + 1];
    char *file;    /* where it was written; NULL for one added with --runtime */
    uint32_t line; /* of its section */
    char *written; /* which of its settings were, and where: see config_show.h; NULL: none */

    /* pictures */
    char *input; /* URL, file or lavfi:GRAPH; never NULL. May hold secrets: secret_redact before printing */
    int64_t width, height; /* 0: the stream's */
    double fps;            /* 0.1..60 */
    bool fps_is_own;       /* fps is written for this camera, not in [defaults] or nowhere */
    bool enabled;          /* no: known but down, until `enable` */
    bool autostart;        /* no: down at start, until `start` */
    bool loop;             /* files: from the start again at the end */
    bool pace;             /* files: in real time; no: as fast as the tracker takes them */
    char *colours;         /* "auto" or what the camera sends, such as "bt709-full" */
    char *rtsp_transport;  /* "tcp" or "udp" */
    char *hwaccel;         /* "none", "auto" or a kind of device */
    char *password_file;   /* whose first line is the password of input's user; NULL: none */
    int64_t open_timeout_ms, read_timeout_ms;
    int64_t frozen_timeout_ms, black_timeout_ms, covered_timeout_ms; /* 0: not looked for */
    /* Key pictures alone are decoded while nothing moves, if no further apart; 0: never. */
    int64_t idle_decode_ms;

    /* motion */
    bool motion;
    int64_t motion_threshold, motion_contour_area, motion_frame_height;
    double motion_frame_alpha, motion_lightning_threshold;
    double motion_skip_threshold; /* 0: none */
    bool motion_improve_contrast, motion_ignore_light, motion_ignore_restless;
    int64_t motion_off_delay_ms;
    struct config_mask *masks; /* in the order of their names, those of [defaults] among them */
    size_t mask_count;

    /* objects */
    char *detector;      /* name of a detector; NULL: none, motion only */
    char *objects_track; /* labels, comma-separated */
    struct config_filter *filters;
    size_t filter_count;
    struct config_zone *zones;
    size_t zone_count;
    int64_t max_regions; /* of one frame */
    int64_t detection_budget_ms;
    int64_t stationary_interval, stationary_threshold; /* frames; 0: ten seconds of them */
    int64_t stationary_max_frames;          /* for which an object may be stationary; 0: any number */
    struct config_limit *stationary_limits; /* of labels */
    size_t stationary_limit_count;
    int64_t max_disappeared, min_initialized; /* frames; 0: from the frame rate */
    int64_t best_pictures, best_max_kb;       /* kept of objects, 0: none; KiB of one */
    char *on_event;                           /* a command; NULL: none */
    int64_t on_event_timeout_ms;
    char *on_state; /* a command; NULL: none */
    int64_t on_state_delay_ms;
    char *on_failure; /* a command; NULL: none */
    int64_t on_failure_after, on_failure_cooldown_ms;
    char *event_user; /* whose these programs are, when camd is root */

    /* supervision */
    char *capture, *tracker; /* other programs; NULL: ours */
    int64_t restart_delay_ms, restart_max_delay_ms;
    int64_t restart_limit; /* failures in a row before `failed`; 0: none */
    int64_t stall_timeout_ms, first_frame_timeout_ms, stop_timeout_ms;
    int64_t max_memory_mb; /* of each worker's own; 0: no limit */
};

/* A file of cameras_dir with problems, when a start goes on without it. */
struct config_bad_file {
    char name[CAMD_NAME_MAX + 1]; /* of the camera that stands for it, after the file; none else has it */
    char *file, *problem;         /* the first problem, without file and line */
    uint32_t line;                /* of the problem; 0: of the whole file */
    size_t further;               /* problems of the file */
    char (*cameras)[CAMD_NAME_MAX + 1]; /* sections that could be made out: what was learnt of them is kept */
    size_t camera_count;
};

struct config {
    char *file;
    bool is_empty; /* there was nothing in it, not even a comment */
    char *written; /* which keys of [camd] were, and where, as a camera's; NULL: none */
    /* [camd] */
    char *run_dir, *state_dir, *shm_prefix;
    char *cameras_dir;           /* NULL: none, cameras are only those of the file */
    char *group;                 /* NULL: none, only root and camd's user have access */
    char *worker_user;           /* as whom workers run when camd is root; NULL: as root */
    char *sandbox;               /* "yes", "no" or "require" */
    char *log;                   /* a path, or "syslog"; NULL: stderr */
    int64_t log_level;           /* enum log_level */
    struct config_allow *allows; /* in the order of their names */
    size_t allow_count;
    char *pass_environment; /* names of variables, comma-separated; NULL: none */
    int64_t shm_reserve_mb, slots_max, grid_keep_days;
    int64_t events_keep_days; /* 0: they are not kept over restarts */
    int64_t events_max_mb;
    /* [defaults] over the defaults of the keys; its name is empty and its input NULL */
    struct config_camera defaults;
    struct config_detector *detectors; /* those of the file, then those that need not be written */
    size_t detector_count;
    struct config_camera *cameras; /* in the order of the files */
    size_t camera_count;
    struct config_bad_file *bad_files; /* only after config_load_start */
    size_t bad_file_count;
};

/*
 * A problem: "FILE:LINE: KEY: TEXT", TEXT saying what is wrong and what was expected. line 0: of the whole
 * file. file and key may be NULL. Values are quoted shortened and redacted.
 */
struct config_problem {
    char *file, *key, *text;
    uint32_t line;
};

/* Starts as zeros; functions append to it. Problems of a file are in the order of their lines. */
struct config_problems {
    struct config_problem list[CONFIG_PROBLEMS_MAX];
    size_t count;   /* in list */
    size_t dropped; /* found beyond that */
};

/* Without problems, and on the heap, since it is large. NULL: memory is short. */
struct config_problems *config_problems_new(void);
/* With what is in it. NULL is fine. */
void config_problems_free(struct config_problems *problems);
/* Frees what is in it; it is empty then and can be used again. */
void config_problems_clear(struct config_problems *problems);
/* One line, without newline, the caller's to free. */
char *config_problem_text(const struct config_problem *problem);
/* All of them, each on a line that begins with prefix, and how many more there were. */
void config_problems_print(const struct config_problems *problems, const char *prefix, FILE *out);

/*
 * Reads path, then every *.ini of its cameras_dir in the order of their names (a missing directory is none;
 * a file there holds only [camera NAME] sections; names that begin with a point are left out). path NULL: no
 * file, defaults and the default cameras_dir. SHM_MAX_FRAMES of the environment stands in for an absent
 * slots_max. 0 and a new configuration, or -EINVAL with problems (at least one), or -ENOMEM. A missing file
 * is a problem.
 */
int config_load(const char *path, struct config **config, struct config_problems *problems);
/*
 * The same for the start of the daemon, where one bad file must not keep all cameras dark: a file of cameras_dir
 * with problems costs only the cameras in it, and is among the configuration's bad_files. It is 0 then, and problems
 * has what is wrong.
 */
int config_load_start(const char *path, struct config **config, struct config_problems *problems);
/*
 * The same as config_load for a reload of a configuration that is in use. What is gone by mistake is a problem then, and not
 * the end of cameras: cameras_dir, as when its file system is not mounted, and what was in the main file that is empty now.
 */
struct config_in_use {
    const char *directory; /* that cameras which run were read from; NULL: none was */
    bool was_empty;        /* the main file, when it was read last */
};

int config_load_again(const char *path, const struct config_in_use *in_use, struct config **config,
                      struct config_problems *problems);
/* Nothing is read: the keys' defaults, no cameras, and the detectors that need no section. 0 or -ENOMEM. */
int config_standard(struct config **config);
void config_free(struct config *config);
const struct config_camera *config_camera_find(const struct config *config, const char *name);
/* Whether a camera of that name is in the configuration, or in a bad file of it, or stands for one. */
bool config_camera_is_known(const struct config *config, const char *name);

/*
 * A camera made of the configuration's [defaults] and the given key/value pairs (as in `camctl add`), checked
 * the same way. Problems have file NULL. 0, -EINVAL with problems, or -ENOMEM; only after 0 there is a
 * camera, to be freed with config_camera_fini.
 */
struct config_setting {
    const char *key, *value;
};
/*
 * Of {KEY: VALUE or null}: an array, the caller's to free, whose texts are the object's; the value is NULL for null. NULL
 * when memory is short.
 */
struct config_setting *config_settings_of(const json_t *object, size_t *count);
int config_camera_make(const struct config *config, const char *name, const struct config_setting *settings,
                       size_t count, struct config_camera *camera, struct config_problems *problems);
/* Deep copy; 0 or -ENOMEM. */
int config_camera_copy(struct config_camera *to, const struct config_camera *from);
void config_camera_fini(struct config_camera *camera);

/*
 * The text of a cameras.d file with exactly these settings, secrets included, long values in continuation
 * lines, which reads back to the same values. The caller's to free; NULL when memory is short or a value
 * cannot be written (a line break, " ;" and the like: config_camera_make has refused those).
 */
char *config_camera_file_text(const char *name, const struct config_setting *settings, size_t count);
/*
 * What is in such a file besides the camera's settings, a comment or another section for instance, that somebody else
 * has put there, in words (static text), with its line; NULL: nothing.
 */
const char *config_camera_file_foreign(const char *name, const char *text, uint32_t *line);

/*
 * The whole effective configuration in one file, defaults written out, parsing back to itself (with secrets
 * shown). When there are cameras that were not written in config->file, cameras_dir is printed as none, for
 * they would be there twice otherwise.
 */
void config_print(const struct config *config, FILE *out, bool show_secrets);

/*
 * The same in two pieces, for a configuration that runs, and only what was written: what all cameras share, with
 * cameras_dir as none, and then a camera each. enabled: as it is, whatever was written.
 */
void config_print_shared(const struct config *config, FILE *out);
void config_print_camera(const struct config *config, const struct config_camera *camera, bool enabled,
                         bool show_secrets, FILE *out);

/*
 * What is not wrong, but dangerous: files with passwords in URLs that others can read, files and directories that
 * others can write, and programs that others can replace; or of no use: zones and masks that nothing is within. warn gets a
 * sentence with what to do.
 */
typedef void config_warning(void *context, const char *text);
void config_warn(const struct config *config, config_warning *warn, void *context);
/* Its worker_user is the one that comes with the package, without which workers run as camd does, and none is required. */
bool config_may_lack_worker_user(const struct config *config);
/* The programs, zones and masks of one camera. */
void config_warn_camera(const struct config_camera *camera, config_warning *warn, void *context);

/* What differs between two cameras: bits of enum config_apply, 0 for nothing. */
unsigned int config_camera_compare(const struct config_camera *a, const struct config_camera *b);

/*
 * Keys that differ between two cameras and whose bits have one of with and none of without, or NULL when there are
 * none: comma-separated, the caller's to free.
 */
char *config_camera_changes(const struct config_camera *a, const struct config_camera *b, unsigned int with,
                            unsigned int without);

/* Keys of [camd] that differ and need a new start of the daemon, or NULL: comma-separated, the caller's to free. */
char *config_daemon_changes(const struct config *a, const struct config *b);
/* Those keys exchanged: config has what running has been started with, and still uses. */
void config_daemon_keep(struct config *config, struct config *running);

/*
 * The settings a worker gets in `hello` and `config`: members named as the keys, times in seconds, what is
 * not set null, and
 *   "fps_is_own": whether fps is written for this camera
 *   "masks":   [{"name", "kind": "motion"|"object", "label": null or for which, "points": [[x, y], ...]}, ...]
 *   "zones":   [{"name", "points", "inertia", "loitering_time", "objects": [LABEL, ...], empty: all, "filters": as below,
 *               "distances": null or [a, b, c, d], "speed_threshold": null or a number}, ...]
 *   "filters": {LABEL: {"min_score", "threshold", "min_area", "max_area", "min_ratio", "max_ratio"}, ...}
 *   "stationary_max_frames_by_label": {LABEL: null or a number, ...}
 *   "detector": null or {"name", "backend", "width", "height", "letterbox"}
 * At most CONFIG_SETTINGS_BYTES of compact text. detector: the camera's, or NULL. New reference; NULL when
 * memory is short.
 */
json_t *config_camera_json(const struct config_camera *camera, const struct config_detector *detector);
/* One of them, by its key's name, which there is. New reference; NULL when memory is short. */
json_t *config_camera_member_json(const struct config_camera *camera, const char *key);

/* ---- detectors */

/* The detector of that name, or NULL; name may be NULL. */
const struct config_detector *config_detector_find(const struct config *config, const char *name);
/* False for motion: the tracker detects itself then. */
bool config_detector_has_process(const struct config_detector *detector);
/* The settings a detector's worker gets: members named as the keys but "width", "height" and "labels", an array. */
json_t *config_detector_json(const struct config_detector *detector);
/*
 * What differs: bits of CONFIG_APPLY_SEGMENTS (size of the tensor, labels: every camera that uses it),
 * CONFIG_APPLY_DETECTOR (its process), CONFIG_APPLY_LIVE (what trackers get), CONFIG_APPLY_POLICY.
 */
unsigned int config_detector_compare(const struct config_detector *a, const struct config_detector *b);
/* Deep copy; 0 or -ENOMEM. */
int config_detector_copy(struct config_detector *to, const struct config_detector *from);
void config_detector_fini(struct config_detector *detector);

/* The table as text, for people (camctl help keys) and as mdoc for camd.ini(5). */
void config_print_keys(FILE *out, bool mdoc);
/*
 * What there is to know of one key, with an example. A family's name alone (zone) means all its keys; names may have the
 * placeholders of the table (zone.NAME.inertia) or somebody's own in them. False: there is no such key.
 */
bool config_print_key(FILE *out, const char *name);
/* An array of {"key", "meaning", "value", "unit", "words", "default", "example", "sections", "effect"}; NULL: of all keys. */
json_t *config_keys_json(const char *name);

#endif
