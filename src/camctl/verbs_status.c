/* verbs_status.c - status: all cameras in a table; one in words is status_one.c */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_queue.h"
#include "base/json.h"
#include "base/text.h"
#include "camctl/command.h"
#include "camctl/status_check.h"
#include "camctl/status_one.h"
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

static void add_notes(struct table *table, const json_t *camera, enum style style)
{
    char text[WORDS_WAITING_BYTES];
    const char *waiting = words_waiting(camera, text);
    char *reason = words_reason(camera);
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
    return show(command, body, !name ? show_all : is_detector ? status_one_detector : status_one_camera);
}
