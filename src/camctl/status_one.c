#include "camctl/status_one.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "camctl/status_log.h"
#include "camctl/words.h"

/* ---- what the matter is ---- */

/* What its state means, in words: the text after "STATE: ". The caller's to free. */
static char *explain_state(const json_t *camera, const char *state)
{
    static const struct {
        const char *state, *text;
    } meanings[] = {
        {"degraded", "its pictures come, but are not well"},
        {"starting", "its first picture has not come yet"},
        {"failed", "camd does not try any more"},
        {"ended", "the file was played to its end"},
        {"stopping", "its processes are being ended"},
    };
    const char *name = json_member_string(camera, "name", "NAME");
    const int64_t failures = json_member_int(json_object_get(camera, "capture"), "failures", 0);
    if (strcmp(state, "backoff") == 0 && failures > 0)
        return text_format("it has failed %" PRId64 " time%s in a row, and is tried again and again",
                           failures, failures == 1 ? "" : "s");
    if (strcmp(state, "disabled") == 0)
        return text_format("it stays down, over restarts of camd, too, until camctl enable %s%s",
                           text_before_operand(name), name);
    if (strcmp(state, "down") == 0 && strcmp(json_member_string(camera, "want", ""), "down") == 0)
        return text_format("it is stopped until camctl start %s%s, or until camd starts again",
                           text_before_operand(name), name);
    for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
        if (strcmp(meanings[i].state, state) == 0)
            return text_format("%s", meanings[i].text);
    return NULL;
}

static void field_state(struct writer *output, const json_t *camera)
{
    const char *state = json_member_string(camera, "state", "?");
    double uptime = json_member_double(json_object_get(camera, "capture"), "uptime_s", -1);
    const bool up = words_state_has_pictures(state);
    char text[TEXT_DURATION_BYTES], *meaning = explain_state(camera, state);
    writer_field(output, words_state_style(state), "state", "%s%s%s%s%s%s", state,
                 up && uptime >= 0 ? " for " : "", up && uptime >= 0 ? text_duration(uptime, text) : "",
                 up && json_member_bool(camera, "motion", false) ? ", motion now" : "", meaning ? ": " : "",
                 meaning ? meaning : "");
    free(meaning);
}

/* Since when it is so; and who wanted it so, when it is not to run. */
static void field_since(struct writer *output, const json_t *camera)
{
    const json_t *asked = json_object_get(camera, "asked");
    char since[WRITER_TIME_BYTES], time[WRITER_TIME_BYTES], user[WORDS_USER_BYTES];
    if (json_member_string(camera, "since", NULL))
        writer_field(output, STYLE_PLAIN, "since", "%s",
                     writer_time(output, json_member_string(camera, "since", ""), since));
    if (!json_is_object(asked) || strcmp(json_member_string(camera, "want", ""), "down") != 0)
        return;
    writer_field(output, STYLE_PLAIN, "asked for", "%s, by %s, at %s", json_member_string(asked, "verb", "?"),
                 words_user(asked, user), writer_time(output, json_member_string(asked, "time", ""), time));
}

static void field_notes(struct writer *output, const json_t *camera)
{
    if (json_member_bool(camera, "calibrating", false))
        writer_field(output, STYLE_PLAIN, "motion",
                     "not reported yet: the picture's background is being learnt");
    if (json_member_bool(camera, "idle", false))
        writer_field(output, STYLE_PLAIN, "idle",
                     "nothing moves: only key pictures are decoded and looked at (idle_decode)");
    if (json_member_bool(camera, "ptz_moving", false))
        writer_field(output, STYLE_PLAIN, "mount", "moving, as camctl ptz said");
}

/* What is said of a camera that is stopped or disabled, its state has said. */
static bool is_said(const json_t *camera, const char *reason)
{
    const char *state = json_member_string(camera, "state", "?");
    return !reason[0] || strcmp(reason, state) == 0 ||
           (strcmp(state, "down") == 0 && strcmp(reason, "stopped") == 0);
}

/* prefix: of its name for camctl. */
static void field_waiting(struct writer *output, const json_t *owner, const char *prefix)
{
    char text[WORDS_WAITING_BYTES];
    const char *waiting = words_waiting(owner, text), *name = json_member_string(owner, "name", "NAME");
    const bool is_told = strstr(json_member_string(owner, "hint", ""), "camctl kick") != NULL;
    const bool may_kick = json_member_double(owner, "next_start_ms", -1) >= 0 && !is_told;
    if (!prefix[0])
        prefix = text_before_operand(name);
    if (waiting)
        writer_field(output, STYLE_WAIT, "waiting", "%s%s%s%s%s", waiting, may_kick ? "; camctl kick " : "",
                     may_kick ? prefix : "", may_kick ? name : "", may_kick ? " tries at once" : "");
}

static void field_reason(struct writer *output, const json_t *camera, const char *prefix)
{
    const char *state = json_member_string(camera, "state", "?");
    char *reason = words_reason(camera);
    const char *hint = json_member_string(camera, "hint", "");
    const bool said = !reason || is_said(camera, reason);
    if (!said)
        writer_field(output, words_state_style(state) == STYLE_GOOD ? STYLE_WAIT : words_state_style(state),
                     strcmp(state, "up") == 0 ? "trouble" : "why", "%s", reason);
    field_waiting(output, camera, prefix);
    if (hint[0] && !said)
        writer_field(output, STYLE_PLAIN, "what to do", "%s", hint);
    free(reason);
}

/* ---- what it is ---- */

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
    char rate[TEXT_NUMBER_BYTES];
    writer_field(output, STYLE_PLAIN, "input", "%s", json_member_string(camera, "input", "-"));
    if (json_is_object(stream))
        writer_field(
            output, STYLE_PLAIN, "stream", "%s %" PRId64 "x%" PRId64 ", %s %s, %s",
            json_member_string(stream, "codec", "?"), json_member_int(stream, "width", 0),
            json_member_int(stream, "height", 0), text_rate(json_member_double(stream, "fps", 0), rate),
            json_member_bool(stream, "still", false) ? "answers a second with a still picture" : "fps",
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

/* "2 outages, no pictures for 34 s; 3 new tries, 1 stall; 1.2 Mbit/s" */
static void field_quality(struct writer *output, const json_t *camera, const char *member, const char *label)
{
    const json_t *sums = json_object_get(camera, member);
    int64_t outages = json_member_int(sums, "outages", 0),
            reconnects = json_member_int(sums, "reconnects", 0), stalls = json_member_int(sums, "stalls", 0),
            dark_s = json_member_int(sums, "dark_s", 0);
    double rate = json_member_double(sums, "bit_rate_kbps", -1);
    char dark[TEXT_DURATION_BYTES], bits[WORDS_BIT_RATE_BYTES];
    if (!sums)
        return;
    writer_field(output, STYLE_PLAIN, label,
                 "%" PRId64 " outage%s, no pictures for %s; %" PRId64 " new tr%s, %" PRId64 " stall%s%s%s",
                 outages, outages == 1 ? "" : "s", text_duration((double)dark_s, dark), reconnects,
                 reconnects == 1 ? "y" : "ies", stalls, stalls == 1 ? "" : "s", rate >= 0 ? "; " : "",
                 rate >= 0 ? words_bit_rate(rate, bits) : "");
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

/* How the worker's last process ended, unless that was said: the daemon's words, else what the numbers say. */
static void field_last_exit(struct writer *output, const json_t *last_exit, const char *said)
{
    const char *kind = json_member_string(last_exit, "kind", "");
    const char *reason = json_member_string(last_exit, "reason", "");
    if (reason[0] && strstr(said, reason))
        return;
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

/* ", 1.2 s of CPU, 12 MB", as far as it is known; the caller's to free. */
static char *describe_usage(const json_t *worker)
{
    const double cpu_s = json_member_double(worker, "cpu_s", -1),
                 mb = json_member_double(worker, "memory_mb", -1);
    char cpu[TEXT_DURATION_BYTES];
    if (cpu_s < 0 || mb < 0)
        return NULL;
    return text_format(", %s of CPU, %.0f MB", text_duration(cpu_s, cpu), mb);
}

static void field_worker_state(struct writer *output, const json_t *worker, const char *which)
{
    const char *state = json_member_string(worker, "state", "?");
    int64_t restarts = json_member_int(worker, "restarts", 0),
            failures = json_member_int(worker, "failures", 0);
    int64_t pid = json_member_int(worker, "pid", 0);
    char *usage = describe_usage(worker), process[TEXT_DURATION_BYTES] = "",
         in_a_row[TEXT_DURATION_BYTES] = "", uptime[TEXT_DURATION_BYTES];
    if (pid > 0)
        snprintf(process, sizeof(process), ", pid %" PRId64 " for %s", pid,
                 text_duration(json_member_double(worker, "uptime_s", -1), uptime));
    if (failures > 0)
        snprintf(in_a_row, sizeof(in_a_row), ", %" PRId64 " failure%s in a row", failures,
                 failures == 1 ? "" : "s");
    writer_field(output, words_state_style(state), which, "%s%s%s, %" PRId64 " restart%s%s", state, process,
                 usage ? usage : "", restarts, restarts == 1 ? "" : "s", in_a_row);
    free(usage);
}

static void field_worker(struct writer *output, const json_t *camera, const char *which)
{
    const json_t *worker = json_object_get(camera, which), *last_exit = json_object_get(worker, "last_exit");
    const char *reason = json_member_string(worker, "reason", ""),
               *said = json_member_string(camera, "reason", "");
    field_worker_state(output, worker, which);
    if (strcmp(json_member_string(camera, "want", "up"), "up") != 0)
        return;                             /* it was asked for */
    if (reason[0] && !strstr(said, reason)) /* said above already */
        writer_field(output, STYLE_PLAIN, "", "%s", reason);
    if (json_is_object(last_exit))
        field_last_exit(output, last_exit, said);
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
    char each[TEXT_DURATION_BYTES];
    if (written > 0)
        writer_field(output, STYLE_PLAIN, "best pictures", "%" PRId64 " written, %s each", written,
                     text_duration(json_member_double(best, "time_ms", 0) / 1000, each));
}

/* What had no room: the log says what it was and what can be done. */
static void field_left_out(struct writer *output, const json_t *camera)
{
    int64_t left_out = json_member_int(camera, "left_out", 0);
    if (left_out > 0)
        writer_field(output, STYLE_WAIT, "left out",
                     "%" PRId64 " objects or boxes for which there was no room: see camctl logs %s%s",
                     left_out, text_before_operand(json_member_string(camera, "name", "")),
                     json_member_string(camera, "name", "?"));
}

static void show_camera(struct writer *output, const json_t *camera)
{
    writer_line(output, STYLE_STRONG, 0, "%s", json_member_string(camera, "name", "?"));
    field_state(output, camera);
    field_since(output, camera);
    field_reason(output, camera, "");
    field_notes(output, camera);
    field_source(output, camera);
    field_frames(output, camera);
    field_quality(output, camera, "hour", "last hour");
    field_quality(output, camera, "day", "last day");
    field_detector(output, camera);
    field_best_pictures(output, camera);
    field_left_out(output, camera);
    field_worker(output, camera, "capture");
    field_worker(output, camera, "tracker");
    status_log_show(output, camera);
}

static void show_detector(struct writer *output, const json_t *detector)
{
    const char *state = json_member_string(detector, "state", "?");
    const json_t *cameras = json_object_get(detector, "cameras"),
                 *last_exit = json_object_get(detector, "last_exit");
    char inference[TEXT_DURATION_BYTES];
    writer_line(output, STYLE_STRONG, 0, "detector %s", json_member_string(detector, "name", "?"));
    writer_field(output, words_state_style(state), "state", "%s", state);
    field_reason(output, detector, "detector:");
    writer_field(output, STYLE_PLAIN, "backend", "%s", json_member_string(detector, "backend", "?"));
    for (size_t i = 0; i < json_array_size(cameras); i++)
        writer_field(output, STYLE_PLAIN, i == 0 ? "cameras" : "", "%s",
                     json_string_value(json_array_get(cameras, i)));
    if (json_member_double(detector, "inference_ms", 0) > 0)
        writer_field(output, STYLE_PLAIN, "inference", "%s in the mean",
                     text_duration(json_member_double(detector, "inference_ms", 0) / 1000, inference));
    field_worker_state(output, detector, "process");
    if (json_is_object(last_exit))
        field_last_exit(output, last_exit, json_member_string(detector, "reason", ""));
    status_log_show(output, detector);
}

/* ---- the whole ---- */

void status_one(struct writer *output, const json_t *document)
{
    const json_t *detectors = json_object_get(document, "detectors"),
                 *cameras = json_object_get(document, "cameras");
    for (size_t i = 0; i < json_array_size(cameras); i++) {
        if (i > 0)
            writer_blank(output);
        show_camera(output, json_array_get(cameras, i));
    }
    for (size_t i = 0; i < json_array_size(detectors); i++)
        show_detector(output, json_array_get(detectors, i));
}
