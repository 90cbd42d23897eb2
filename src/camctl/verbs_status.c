/* verbs_status.c - status: all cameras in a table, or one in words */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_queue.h"
#include "base/json.h"
#include "base/text.h"
#include "camctl/command.h"
#include "camctl/status_check.h"
#include "camctl/table.h"
#include "camctl/words.h"

/* ---- getting it ---- */

static void collect(void *context, json_t *part)
{
    json_t *document = context;
    json_t *daemon = json_object_get(part, "daemon");
    json_t *camera = json_object_get(part, "camera");

    if (daemon)
        json_object_set(document, "daemon", daemon);
    if (camera)
        json_array_append(json_object_get(document, "cameras"), camera);
    if (json_object_get(part, "detectors"))
        json_object_set(document, "detectors", json_object_get(part, "detectors"));
}

/* ---- all ---- */

static const struct table_column columns[] = {
    {"CAMERA", false, 0}, {"STATE", false, 0},  {"SIZE", false, 3}, {"FPS", true, 0},
    {"TRACKED", true, 5}, {"SKIPPED", true, 4}, {"AGE", true, 1},   {"MOTION", false, 2},
    {"OUTAGES", true, 2}, {"UP", true, 3},
};

static void cell_rate(struct table *table, const json_t *camera, const char *member, bool known)
{
    if (known)
        table_cell(table, STYLE_PLAIN, "%.1f", json_member_double(camera, member, 0));
    else
        table_cell(table, STYLE_FAINT, "-");
}

/* "dark for 2 min; next try in 12 s", or one of both; NULL: nothing to say. */
static const char *waiting_words(const json_t *camera, char text[2 * TEXT_DURATION_BYTES + 32])
{
    double dark_s = json_member_double(camera, "dark_s", -1);
    double next_s = json_member_double(camera, "next_start_ms", -1) / 1000;
    char dark[TEXT_DURATION_BYTES], next[TEXT_DURATION_BYTES];

    if (dark_s < 0 && next_s < 0)
        return NULL;
    snprintf(text, 2 * TEXT_DURATION_BYTES + 32, "%s%s%s%s%s", dark_s >= 0 ? "no pictures for " : "",
             dark_s >= 0 ? text_duration(dark_s, dark) : "", dark_s >= 0 && next_s >= 0 ? "; " : "",
             next_s >= 0 ? "next try in " : "", next_s >= 0 ? text_duration(next_s, next) : "");
    return text;
}

/* Its reason; of a degraded camera with what is known besides. The caller's to free; NULL when memory is short. */
static char *reason_of(const json_t *camera)
{
    const char *reason = json_member_string(camera, "reason", "");
    const char *cause = json_member_string(camera, "cause", "");
    char measure[MEASURE_TEXT_BYTES];

    return text_format("%s%s%s%s", reason, words_measure(camera, measure), cause[0] ? ": " : "", cause);
}

static void add_notes(struct table *table, const json_t *camera, enum style style)
{
    char text[2 * TEXT_DURATION_BYTES + 32];
    const char *waiting = waiting_words(camera, text);
    char *reason = reason_of(camera);
    const char *hint = json_member_string(camera, "hint", "");

    if (reason && reason[0] && strcmp(reason, json_member_string(camera, "state", "")) != 0)
        table_note(table, style, "%s", reason);
    free(reason);
    if (waiting)
        table_note(table, STYLE_WAIT, "%s", waiting);
    if (hint[0])
        table_note(table, STYLE_PLAIN, "hint: %s", hint);
}

static void add_camera(struct table *table, const json_t *camera)
{
    const char *state = json_member_string(camera, "state", "?");
    enum style style = words_state_style(state);
    int64_t width = json_member_int(camera, "width", 0), height = json_member_int(camera, "height", 0);
    bool up = words_state_has_pictures(state);
    char text[TEXT_DURATION_BYTES];

    table_cell(table, STYLE_STRONG, "%s", json_member_string(camera, "name", "?"));
    table_cell(table, style, "%s", state);
    if (width > 0)
        table_cell(table, STYLE_PLAIN, "%" PRId64 "x%" PRId64, width, height);
    else
        table_cell(table, STYLE_FAINT, "-");
    cell_rate(table, camera, "camera_fps", up);
    cell_rate(table, camera, "process_fps", up);
    cell_rate(table, camera, "skipped_fps", up);
    table_cell(table, STYLE_PLAIN, "%s",
               text_short_duration(up ? json_member_double(camera, "frame_age_s", -1) : -1, text));
    table_cell(table, STYLE_PLAIN, "%s",
               !up                                         ? "-"
               : json_member_bool(camera, "motion", false) ? "yes"
                                                           : "no");
    table_cell(table, STYLE_PLAIN, "%" PRId64, json_member_int(json_object_get(camera, "day"), "outages", 0));
    table_cell(table, STYLE_PLAIN, "%s",
               text_short_duration(
                   up ? json_member_double(json_object_get(camera, "capture"), "uptime_s", -1) : -1, text));
    add_notes(table, camera, style == STYLE_GOOD ? STYLE_WAIT : style);
}

static void show_daemon(struct writer *output, const json_t *document)
{
    const json_t *daemon = json_object_get(document, "daemon");
    const json_t *shm = json_object_get(daemon, "shm");
    const json_t *cameras = json_object_get(document, "cameras");
    const char *grids_problem = json_member_string(daemon, "grids_problem", "");
    size_t up = 0;
    char text[TEXT_DURATION_BYTES];

    for (size_t i = 0; i < json_array_size(cameras); i++)
        up += words_state_has_pictures(json_member_string(json_array_get(cameras, i), "state", ""));
    writer_line(output, STYLE_PLAIN, 2,
                "camd %s, pid %" PRId64 ", up %s; %zu of %zu camera%s up; %.0f of %.0f MB shm free",
                json_member_string(daemon, "version", "?"), json_member_int(daemon, "pid", 0),
                text_duration(json_member_double(daemon, "uptime_s", -1), text), up, json_array_size(cameras),
                json_array_size(cameras) == 1 ? "" : "s", json_member_double(shm, "available_mb", 0),
                json_member_double(shm, "total_mb", 0));
    if (grids_problem[0])
        writer_line(output, STYLE_BAD, 2, "region grids will be forgotten when camd stops: %s",
                    grids_problem);
}

/* ---- older programs ---- */

static size_t count_older(const json_t *cameras, const char *worker)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(cameras); i++) {
        const json_t *owner = json_array_get(cameras, i);
        count += json_member_bool(worker ? json_object_get(owner, worker) : owner, "older_program", false);
    }
    return count;
}

/* After an upgrade of a program or its libraries: what still has to be done. */
static void show_older(struct writer *output, const json_t *document)
{
    const json_t *cameras = json_object_get(document, "cameras");
    const size_t count = count_older(cameras, "capture") + count_older(cameras, "tracker") +
                         count_older(json_object_get(document, "detectors"), NULL);

    if (json_member_bool(json_object_get(document, "daemon"), "older_program", false))
        writer_line(output, STYLE_WAIT, 2,
                    "camd runs an older program than the one installed: camctl upgrade");
    if (count > 0)
        writer_line(output, STYLE_WAIT, 2,
                    "%zu worker%s an older program than the one installed: camctl upgrade --workers", count,
                    count == 1 ? " runs" : "s run");
}

/* ---- detectors ---- */

static const struct table_column detector_columns[] = {
    {"DETECTOR", false, 0}, {"STATE", false, 0}, {"BACKEND", false, 4}, {"CAMERAS", true, 2},
    {"MS", true, 1},        {"PID", true, 3},    {"RESTARTS", true, 2}, {"UP", true, 3},
};

static void add_detector(struct table *table, const json_t *detector)
{
    const char *state = json_member_string(detector, "state", "?");
    enum style style = words_state_style(state);
    int64_t pid = json_member_int(detector, "pid", 0);
    char text[TEXT_DURATION_BYTES];

    table_cell(table, STYLE_STRONG, "%s", json_member_string(detector, "name", "?"));
    table_cell(table, style, "%s", state);
    table_cell(table, STYLE_PLAIN, "%s", json_member_string(detector, "backend", "?"));
    table_cell(table, STYLE_PLAIN, "%zu", json_array_size(json_object_get(detector, "cameras")));
    table_cell(table, STYLE_PLAIN, "%.1f", json_member_double(detector, "inference_ms", 0));
    if (pid > 0)
        table_cell(table, STYLE_PLAIN, "%" PRId64, pid);
    else
        table_cell(table, STYLE_FAINT, "-");
    table_cell(table, STYLE_PLAIN, "%" PRId64, json_member_int(detector, "restarts", 0));
    table_cell(table, STYLE_PLAIN, "%s",
               text_short_duration(json_member_double(detector, "uptime_s", -1), text));
    add_notes(table, detector, style == STYLE_GOOD ? STYLE_WAIT : style);
}

static void show_detectors(struct writer *output, const json_t *detectors)
{
    if (json_array_size(detectors) == 0)
        return;
    struct table *table = table_new(detector_columns, sizeof detector_columns / sizeof *detector_columns);
    for (size_t i = 0; i < json_array_size(detectors); i++)
        add_detector(table, json_array_get(detectors, i));
    writer_blank(output);
    table_print(table, output);
    table_free(table);
}

static void show_all(struct writer *output, const json_t *document)
{
    const json_t *cameras = json_object_get(document, "cameras");

    show_daemon(output, document);
    show_older(output, document);
    if (json_array_size(cameras) == 0) {
        writer_line(output, STYLE_PLAIN, 4, "no cameras: camctl add NAME input=URL adds one");
        return;
    }
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < json_array_size(cameras); i++)
        add_camera(table, json_array_get(cameras, i));
    writer_blank(output);
    table_print(table, output);
    table_free(table);
    show_detectors(output, json_object_get(document, "detectors"));
}

/* ---- one ---- */

static void field_state(struct writer *output, const json_t *camera)
{
    const char *state = json_member_string(camera, "state", "?");
    const char *want = json_member_string(camera, "want", "");
    double uptime = json_member_double(json_object_get(camera, "capture"), "uptime_s", -1);
    bool up = words_state_has_pictures(state);
    char text[TEXT_DURATION_BYTES];

    writer_field(output, words_state_style(state), "state", "%s%s%s%s", state,
                 up && uptime >= 0 ? " for " : "", up && uptime >= 0 ? text_duration(uptime, text) : "",
                 up && json_member_bool(camera, "motion", false) ? ", motion now" : "");
    if (json_member_string(camera, "since", NULL))
        writer_field(output, STYLE_PLAIN, "since", "%s", json_member_string(camera, "since", ""));
    if (want[0] && strcmp(want, up ? "up" : state) != 0)
        writer_field(output, STYLE_PLAIN, "wanted", "%s", want);
    if (json_member_bool(camera, "calibrating", false))
        writer_field(output, STYLE_PLAIN, "motion",
                     "not reported yet: the picture's background is being learnt");
    if (json_member_bool(camera, "ptz_moving", false))
        writer_field(output, STYLE_PLAIN, "mount", "moving, as camctl ptz said");
    if (!json_member_bool(camera, "enabled", true))
        writer_field(output, STYLE_PLAIN, "enabled", "no: camctl enable %s lets it run",
                     json_member_string(camera, "name", "NAME"));
}

static void field_reason(struct writer *output, const json_t *camera)
{
    char text[2 * TEXT_DURATION_BYTES + 32];
    const char *waiting = waiting_words(camera, text);
    const char *state = json_member_string(camera, "state", "?");
    char *reason = reason_of(camera);
    const char *hint = json_member_string(camera, "hint", "");

    if (reason && reason[0])
        writer_field(output, words_state_style(state) == STYLE_GOOD ? STYLE_WAIT : words_state_style(state),
                     strcmp(state, "up") == 0 ? "trouble" : "why", "%s", reason);
    free(reason);
    if (waiting)
        writer_field(output, STYLE_WAIT, "waiting", "%s", waiting);
    if (hint[0])
        writer_field(output, STYLE_PLAIN, "what to do", "%s", hint);
}

/* What is done to its pictures, or is left to who looks at them. */
static void field_shape(struct writer *output, const json_t *stream)
{
    const char *aspect = json_member_string(stream, "sample_aspect_ratio", ""),
               *colours = json_member_string(stream, "colours", "");
    int64_t rotation = json_member_int(stream, "rotation", 0);
    bool mirrored = json_member_bool(stream, "mirrored", false);

    if (rotation != 0 || mirrored)
        writer_field(output, STYLE_PLAIN, "turned", "%" PRId64 " degrees clockwise%s", rotation,
                     mirrored ? ", then mirrored" : "");
    if (aspect[0] && strcmp(aspect, "1:1") != 0)
        writer_field(output, STYLE_PLAIN, "pixels",
                     "%s: broader or narrower than high, which is left as it is", aspect);
    if (colours[0])
        writer_field(output, STYLE_PLAIN, "colours", "marked as %s", colours);
}

static void field_source(struct writer *output, const json_t *camera)
{
    const json_t *stream = json_object_get(camera, "stream");
    const char *file = json_member_string(camera, "file", NULL);

    writer_field(output, STYLE_PLAIN, "input", "%s", json_member_string(camera, "input", "-"));
    if (json_is_object(stream))
        writer_field(output, STYLE_PLAIN, "stream", "%s %" PRId64 "x%" PRId64 ", %.3g %s, %s",
                     json_member_string(stream, "codec", "?"), json_member_int(stream, "width", 0),
                     json_member_int(stream, "height", 0), json_member_double(stream, "fps", 0),
                     json_member_bool(stream, "still", false) ? "answers a second with a still picture"
                                                              : "fps",
                     json_member_string(stream, "pixel_format", "?"));
    if (json_is_object(stream))
        field_shape(output, stream);
    writer_field(output, STYLE_PLAIN, "configured", "%s", file ? file : "at run time: gone when camd stops");
}

/* What did not go as it should, since the segments were made; nothing when all did. */
static void field_losses(struct writer *output, const json_t *camera)
{
    int64_t skipped = json_member_int(camera, "skipped", 0), damaged = json_member_int(camera, "damaged", 0);
    int64_t gaps = json_member_int(camera, "gaps", 0), lost = json_member_int(camera, "lost", 0);

    if (skipped + damaged + gaps + lost > 0)
        writer_field(output, STYLE_PLAIN, "losses",
                     "%" PRId64 " skipped by the tracker, %" PRId64 " overwritten, %" PRId64
                     " damaged, %" PRId64 " gap%s in the stream",
                     skipped, lost, damaged, gaps, gaps == 1 ? "" : "s");
}

/* "2 outages, no pictures for 34 s; 3 tries to connect, 1 stall; 1.2 Mbit/s" */
static void field_quality(struct writer *output, const json_t *camera, const char *member, const char *label)
{
    const json_t *sums = json_object_get(camera, member);
    int64_t outages = json_member_int(sums, "outages", 0),
            reconnects = json_member_int(sums, "reconnects", 0), stalls = json_member_int(sums, "stalls", 0),
            dark_s = json_member_int(sums, "dark_s", 0);
    double rate = json_member_double(sums, "bit_rate_kbps", -1);
    char dark[TEXT_DURATION_BYTES], bits[32] = "";

    if (!sums)
        return;
    if (rate >= 0)
        snprintf(bits, sizeof bits, "; %.3g %s", rate < 1000 ? rate : rate / 1000,
                 rate < 1000 ? "kbit/s" : "Mbit/s");
    writer_field(output, STYLE_PLAIN, label,
                 "%" PRId64 " outage%s, no pictures for %s; %" PRId64 " tr%s to connect again, %" PRId64
                 " stall%s%s",
                 outages, outages == 1 ? "" : "s", text_duration((double)dark_s, dark), reconnects,
                 reconnects == 1 ? "y" : "ies", stalls, stalls == 1 ? "" : "s", bits);
}

static void field_frames(struct writer *output, const json_t *camera)
{
    double age = json_member_double(camera, "frame_age_s", -1);
    char text[TEXT_DURATION_BYTES];

    if (json_member_int(camera, "width", 0) > 0)
        writer_field(output, STYLE_PLAIN, "frames",
                     "%" PRId64 "x%" PRId64 " at %g fps wanted, %" PRId64 " so far in %" PRId64 " slots",
                     json_member_int(camera, "width", 0), json_member_int(camera, "height", 0),
                     json_member_double(camera, "fps", 0), json_member_int(camera, "frames", 0),
                     json_member_int(camera, "slots", 0));
    if (age >= 0) {
        writer_field(output, STYLE_PLAIN, "newest", "%s old", text_duration(age, text));
        writer_field(
            output, STYLE_PLAIN, "per second", "%.1f captured, %.1f tracked, %.1f skipped, %.1f detections",
            json_member_double(camera, "camera_fps", 0), json_member_double(camera, "process_fps", 0),
            json_member_double(camera, "skipped_fps", 0), json_member_double(camera, "detection_fps", 0));
    }
    field_losses(output, camera);
    if (json_member_int(camera, "objects", 0) > 0)
        writer_field(output, STYLE_PLAIN, "objects", "%" PRId64, json_member_int(camera, "objects", 0));
}

/* How the worker's last process ended: the daemon's words, else what the numbers say. */
static void field_last_exit(struct writer *output, const json_t *last_exit)
{
    const char *kind = json_member_string(last_exit, "kind", "");
    const char *reason = json_member_string(last_exit, "reason", "");

    if (reason[0])
        writer_field(output, STYLE_PLAIN, "", "last exit: %s", reason);
    else if (strcmp(kind, "exit") == 0)
        writer_field(output, STYLE_PLAIN, "", "last exit: status %" PRId64,
                     json_member_int(last_exit, "code", 0));
    else if (strcmp(kind, "signal") == 0)
        writer_field(output, STYLE_PLAIN, "", "last exit: signal %" PRId64,
                     json_member_int(last_exit, "signal", 0));
    else
        writer_field(output, STYLE_PLAIN, "", "last exit: it could not be started");
}

static void field_worker_state(struct writer *output, const json_t *worker, const char *which)
{
    const char *state = json_member_string(worker, "state", "?");
    int64_t restarts = json_member_int(worker, "restarts", 0),
            failures = json_member_int(worker, "failures", 0);
    int64_t pid = json_member_int(worker, "pid", 0);
    char process[TEXT_DURATION_BYTES] = "", in_a_row[TEXT_DURATION_BYTES] = "", uptime[TEXT_DURATION_BYTES];

    if (pid > 0)
        snprintf(process, sizeof process, ", pid %" PRId64 " for %s", pid,
                 text_duration(json_member_double(worker, "uptime_s", -1), uptime));
    if (failures > 0)
        snprintf(in_a_row, sizeof in_a_row, ", %" PRId64 " failure%s in a row", failures,
                 failures == 1 ? "" : "s");
    writer_field(output, words_state_style(state), which, "%s%s, %" PRId64 " restart%s%s", state, process,
                 restarts, restarts == 1 ? "" : "s", in_a_row);
}

/* prefix: of the owner's name for camctl. */
static void field_worker_next(struct writer *output, const json_t *worker, const char *prefix,
                              const json_t *owner)
{
    const json_t *last_exit = json_object_get(worker, "last_exit");
    int64_t next_ms = json_member_int(worker, "next_start_ms", -1);
    char text[TEXT_DURATION_BYTES];

    if (next_ms >= 0)
        writer_field(output, STYLE_WAIT, "", "next try in %s; camctl kick %s%s tries at once",
                     text_duration((double)next_ms / 1000, text), prefix,
                     json_member_string(owner, "name", "NAME"));
    if (json_is_object(last_exit))
        field_last_exit(output, last_exit);
}

static void field_worker(struct writer *output, const json_t *camera, const char *which)
{
    const json_t *worker = json_object_get(camera, which);
    const char *reason = json_member_string(worker, "reason", "");

    field_worker_state(output, worker, which);
    if (reason[0] && !strstr(json_member_string(camera, "reason", ""), reason)) /* said above already */
        writer_field(output, STYLE_PLAIN, "", "%s", reason);
    field_worker_next(output, worker, "", camera);
}

static void field_detector(struct writer *output, const json_t *camera)
{
    const char *name = json_member_string(camera, "detector", NULL);

    if (!name)
        return;
    writer_field(output, STYLE_PLAIN, "detector", "%s, %" PRId64 " regions looked into", name,
                 json_member_int(camera, "regions", 0));
    int64_t left_out = json_member_int(camera, "regions_left_out", 0),
            timeouts = json_member_int(camera, "detector_timeouts", 0),
            late = json_member_int(camera, "late_answers", 0);
    if (left_out + timeouts + late > 0)
        writer_field(output, STYLE_WAIT, "",
                     "%" PRId64 " regions left out, %" PRId64 " frames without an answer, %" PRId64
                     " answers came too late",
                     left_out, timeouts, late);
}

static void field_best_pictures(struct writer *output, const json_t *camera)
{
    const json_t *best = json_object_get(camera, "best_pictures");
    int64_t written = json_member_int(best, "written", 0);

    if (written > 0)
        writer_field(output, STYLE_PLAIN, "best pictures", "%" PRId64 " written, %.1f ms each", written,
                     json_member_double(best, "time_ms", 0));
}

/* What had no room: the log says what it was and what can be done. */
static void field_left_out(struct writer *output, const json_t *camera)
{
    int64_t left_out = json_member_int(camera, "left_out", 0);

    if (left_out > 0)
        writer_field(output, STYLE_WAIT, "left out",
                     "%" PRId64 " objects or boxes for which there was no room: see camctl logs %s", left_out,
                     json_member_string(camera, "name", "?"));
}

static void show_camera(struct writer *output, const json_t *camera)
{
    writer_line(output, STYLE_STRONG, 0, "%s", json_member_string(camera, "name", "?"));
    field_state(output, camera);
    field_reason(output, camera);
    field_source(output, camera);
    field_frames(output, camera);
    field_quality(output, camera, "hour", "last hour");
    field_quality(output, camera, "day", "last day");
    field_detector(output, camera);
    field_best_pictures(output, camera);
    field_left_out(output, camera);
    field_worker(output, camera, "capture");
    field_worker(output, camera, "tracker");
}

static void show_detector(struct writer *output, const json_t *detector)
{
    const char *state = json_member_string(detector, "state", "?");
    const json_t *cameras = json_object_get(detector, "cameras");

    writer_line(output, STYLE_STRONG, 0, "detector %s", json_member_string(detector, "name", "?"));
    writer_field(output, words_state_style(state), "state", "%s", state);
    field_reason(output, detector);
    writer_field(output, STYLE_PLAIN, "backend", "%s", json_member_string(detector, "backend", "?"));
    for (size_t i = 0; i < json_array_size(cameras); i++)
        writer_field(output, STYLE_PLAIN, i == 0 ? "cameras" : "", "%s",
                     json_string_value(json_array_get(cameras, i)));
    if (json_member_double(detector, "inference_ms", 0) > 0)
        writer_field(output, STYLE_PLAIN, "inference", "%.1f ms in the mean",
                     json_member_double(detector, "inference_ms", 0));
    field_worker_state(output, detector, "process");
    field_worker_next(output, detector, "detector:", detector);
}

static void show_one_detector(struct writer *output, const json_t *document)
{
    const json_t *detectors = json_object_get(document, "detectors");

    for (size_t i = 0; i < json_array_size(detectors); i++)
        show_detector(output, json_array_get(detectors, i));
}

static void show_one(struct writer *output, const json_t *document)
{
    const json_t *cameras = json_object_get(document, "cameras");

    for (size_t i = 0; i < json_array_size(cameras); i++)
        show_camera(output, json_array_get(cameras, i));
}

/* ---- as JSON for programs: put together of what camd printed ---- */

enum kind { KIND_DAEMON, KIND_CAMERAS, KIND_DETECTORS, KIND_COUNT };

struct texts {
    struct byte_queue of[KIND_COUNT];
    bool failed;
};

static void append(struct texts *texts, struct byte_queue *queue, const char *text, size_t length)
{
    if ((queue->length > 0 && byte_queue_append(queue, ",", 1) < 0) ||
        byte_queue_append(queue, text, length) < 0)
        texts->failed = true;
}

static void collect_text(void *context, const char *text, size_t length)
{
    static const char *const begins[KIND_COUNT] = {"{\"daemon\":", "{\"camera\":", "{\"detectors\":"};
    struct texts *texts = context;

    for (int kind = 0; kind < KIND_COUNT; kind++) {
        const size_t before = strlen(begins[kind]);

        if (length > before && memcmp(text, begins[kind], before) == 0)
            append(texts, &texts->of[kind], text + before, length - before - 1);
    }
}

static void print_text(FILE *stream, const char *before, const struct byte_queue *queue, const char *nothing)
{
    fputs(before, stream);
    if (queue->length > 0)
        fwrite(byte_queue_front(queue), 1, queue->length, stream);
    else
        fputs(nothing, stream);
}

static enum status pass_on(struct command *command, json_t *body)
{
    FILE *stream = command->output->stream;
    struct texts texts = {.failed = false};
    enum status status = command_request_text(command, VERB_STATUS, body, collect_text, &texts);

    if (status == STATUS_DONE && texts.failed)
        status = status_fail(&command->error, "failed", NULL, "memory is short");
    if (status == STATUS_DONE) {
        print_text(stream, "{\"daemon\":", &texts.of[KIND_DAEMON], "{}");
        print_text(stream, ",\"cameras\":[", &texts.of[KIND_CAMERAS], "");
        print_text(stream, "],\"detectors\":", &texts.of[KIND_DETECTORS], "[]");
        fputs("}\n", stream);
    }
    for (int kind = 0; kind < KIND_COUNT; kind++)
        byte_queue_fini(&texts.of[kind]);
    return status;
}

static enum status show(struct command *command, json_t *body, writer_render *render)
{
    json_t *document = json_pack("{s:{}, s:[], s:[]}", "daemon", "cameras", "detectors");
    enum status status = command_request(command, VERB_STATUS, body, collect, document, NULL);

    if (status == STATUS_DONE)
        writer_document(command->output, document, render);
    json_decref(document);
    return status;
}

enum status verbs_status(struct command *command)
{
    const struct options *options = command->options;
    const char *name = options->operand_count ? options->operands[0] : NULL;

    if (options->given[OPTION_CHECK])
        return status_check(command);
    if (options->operand_count > 1)
        return status_fail(&command->error, "usage", "with --check it takes several names",
                           "status does not take the word %s: camctl status [NAME]", options->operands[1]);
    json_t *body = name ? json_pack("{s:s}", "name", name) : json_object();

    if (!body)
        return status_fail(&command->error, "usage", NULL, "a camera's name is not valid UTF-8 text");
    if (writer_passes_json_on(command->output))
        return pass_on(command, body);
    bool is_detector = name && strncmp(name, "detector:", strlen("detector:")) == 0;
    return show(command, body, !name ? show_all : is_detector ? show_one_detector : show_one);
}
