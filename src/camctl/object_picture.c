#include "camctl/object_picture.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "camctl/file.h"
#include "camctl/picture_file.h"
#include "camd/client.h"
#include "picture/object_cut.h"
#include "picture/overlay.h"

enum { PAUSE_MS = 5 }; /* between looks at what is being written, or made again */

struct object_picture {
    const char *camera, *prefix, *path; /* path: of the file */
    uint64_t object_id;                 /* as it was given; of the picture, when there is one */
    struct camd_best_reader reader;
    struct camd_best head;
    uint8_t *jpeg;
    struct object_cut cut;
};

/* ---- the picture in shared memory ---- */

static bool is_meant(uint64_t given, uint64_t id)
{
    return id == given || (given < OBJECT_IDS_A_SECOND && id % OBJECT_IDS_A_SECOND == given);
}

/* A short number, as `events` shows it, is that of the object which came last. */
static void complete_id(struct object_picture *object)
{
    struct camd_best heads[CAMD_BEST_MAX];
    const uint32_t count = camd_best_list(&object->reader, heads, CAMD_BEST_MAX);
    uint64_t newest = 0;
    for (uint32_t i = 0; i < count; i++)
        if (is_meant(object->object_id, heads[i].object_id) && heads[i].object_id > newest)
            newest = heads[i].object_id;
    if (newest != 0)
        object->object_id = newest;
}

static int look(struct object_picture *object)
{
    int result = camd_best_open(&object->reader, object->prefix, object->camera);
    if (result < 0)
        return result;
    complete_id(object);
    object->jpeg = malloc(object->reader.bytes);
    result = object->jpeg ? camd_best_find(&object->reader, object->object_id, &object->head, object->jpeg)
                          : -ENOMEM;
    camd_best_close(&object->reader);
    return result;
}

/*
 * What is being written, or made again, is there in a moment; what a tracker that died was writing, when the next has
 * started.
 */
static int find(struct object_picture *object, int64_t deadline_ns)
{
    for (;;) {
        const int result = look(object);
        if ((result != -EAGAIN && result != -ESTALE) || clock_monotonic_ns() >= deadline_ns)
            return result;
        free(object->jpeg);
        object->jpeg = NULL;
        poll(NULL, 0, PAUSE_MS);
    }
}

/* ---- why there is none ---- */

struct history {
    uint64_t object_id;
    json_t *last; /* event of the object */
};

static void note_event(void *context, json_t *part)
{
    struct history *history = context;
    if (strcmp(json_member_string(part, "event", ""), "object") != 0 ||
        !is_meant(history->object_id, (uint64_t)json_member_int(part, "id", 0)))
        return;
    json_decref(history->last);
    history->last = json_incref(part);
}

static enum status say_why_not(struct command *command, const struct object_picture *object,
                               const json_t *event)
{
    const char *state = json_member_string(json_object_get(event, "picture"), "state", "");
    const bool has_ended = strcmp(json_member_string(event, "phase", ""), "end") == 0;
    const uint64_t id = object->object_id;
    char age[TEXT_DURATION_BYTES];
    const double seconds =
        (double)(clock_wall_ns() - json_member_int(event, "wall_ns", 0)) / (double)CLOCK_NS_PER_S;
    if (!event)
        return status_fail(&command->error, "failed",
                           "camctl events NAME shows the objects and their numbers",
                           "%s: there is no object %" PRIu64, object->camera, id);
    if (strcmp(state, "full") == 0)
        return status_fail(&command->error, "failed", "more best_pictures keep more (camd.ini(5))",
                           "%s: of object %" PRIu64
                           " no picture is kept: there are more objects than best_pictures",
                           object->camera, id);
    if (has_ended)
        return status_fail(&command->error, "failed", "a picture is kept for a minute after its object's end",
                           "%s: the picture of object %" PRIu64 " is gone: the object ended %s ago",
                           object->camera, id, text_duration(seconds > 0 ? seconds : 0, age));
    if (strcmp(state, "gone") == 0)
        return status_fail(&command->error, "failed", "more best_pictures keep more (camd.ini(5))",
                           "%s: the picture of object %" PRIu64
                           " is gone: its place was needed for a better one",
                           object->camera, id);
    return status_fail(&command->error, "failed", "try again in a second",
                       "%s: there is no picture of object %" PRIu64 " yet", object->camera, id);
}

static enum status explain_absence(struct command *command, const struct object_picture *object)
{
    struct history history = {.object_id = object->object_id};
    enum status status = command_request(command, VERB_EVENTS, json_pack("{s:s}", "name", object->camera),
                                         note_event, &history, NULL);
    if (status == STATUS_DONE)
        status = say_why_not(command, object, history.last);
    json_decref(history.last);
    return status;
}

static enum status refuse(struct command *command, const struct object_picture *object, int problem)
{
    const struct view view = {.camera = object->camera};
    switch (problem) {
    case -ENOENT:
        return explain_absence(command, object);
    case -ENODATA:
        return status_fail(&command->error, "failed",
                           "its best_pictures says of how many objects one is kept (camd.ini(5))",
                           "%s keeps no pictures of objects: its best_pictures is 0", object->camera);
    case -EAGAIN:
        return status_fail(&command->error, "failed",
                           "try again; camctl status shows whether its tracker runs",
                           "%s: the picture of object %" PRIu64 " is being written all the time",
                           object->camera, object->object_id);
    case -EBADMSG:
        return status_fail(&command->error, "failed",
                           "the camera's tracker program does not keep to camd-worker(7), or is broken",
                           "%s: what its tracker kept of object %" PRIu64 " is no picture", object->camera,
                           object->object_id);
    default:
        return view_failure(command, &view, problem);
    }
}

/* ---- the file ---- */

static void show_file(struct writer *output, const json_t *document)
{
    char age[TEXT_DURATION_BYTES];
    writer_line(output, STYLE_PLAIN, 4,
                "%s: object %" PRId64 ", %" PRId64 "x%" PRId64 " of frame %" PRId64 ", %s old, written to %s",
                json_member_string(document, "camera", ""), json_member_int(document, "object", 0),
                json_member_int(document, "width", 0), json_member_int(document, "height", 0),
                json_member_int(document, "frame_id", 0),
                text_duration(json_member_double(document, "age_s", 0), age),
                json_member_string(document, "file", ""));
}

static void show_written(struct command *command, const struct object_picture *object, size_t bytes)
{
    const struct camd_best *head = &object->head;
    const double age = round((double)(clock_wall_ns() - head->wall_ns) / (double)CLOCK_NS_PER_MS) / 1000;
    char time[CLOCK_TEXT_BYTES];
    clock_format_utc(head->wall_ns, time);
    json_t *document = json_pack(
        "{s:s, s:o, s:I, s:b, s:I, s:s, s:f, s:i, s:i, s:[i, i, i, i], s:f, s:I}", "camera", object->camera,
        "file", json_string_lossy(object->path), "object", (json_int_t)object->object_id, "ended",
        (int)(head->ended_ns != 0), "frame_id", (json_int_t)head->frame_id, "time", time, "age_s",
        age > 0 ? age : 0.0, "width", (int)object->cut.picture.width, "height",
        (int)object->cut.picture.height, "box", object->cut.box.x1, object->cut.box.y1, object->cut.box.x2,
        object->cut.box.y2, "score", isfinite(head->score) ? round((double)head->score * 1e4) / 1e4 : 0.0,
        "bytes", (json_int_t)bytes);

    writer_document(command->output, document, show_file);
    json_decref(document);
}

/* The JPEG as the tracker made it, unless something else is wanted. */
static int write_file(struct command *command, struct object_picture *object, size_t *bytes)
{
    const char *path = object->path;
    if (picture_file_is_png(path)) {
        picture_to_limited_range(&object->cut.picture);
        return picture_file_png(&object->cut.picture, path, bytes);
    }
    if (command->options->given[OPTION_CROP])
        return picture_file_full_range_jpeg(&object->cut.picture, command->options->quality, path, bytes);
    *bytes = object->head.jpeg_bytes;
    return picture_file_bytes(path, object->jpeg, *bytes);
}

static enum status write_found(struct command *command, struct object_picture *object)
{
    const char *path = object->path;
    size_t bytes = 0;
    int result = object_cut_decode(&object->cut, &object->head, object->jpeg);
    if (result == 0 && command->options->given[OPTION_CROP])
        result = object_cut_crop(&object->cut);
    if (result < 0)
        return refuse(command, object, result);
    result = write_file(command, object, &bytes);
    if (result < 0)
        return file_unwritten(&command->error, path, result);
    if (strcmp(path, "-") != 0)
        show_written(command, object, bytes);
    return STATUS_DONE;
}

enum status object_picture_write(struct command *command, const char *camera, const char *prefix,
                                 const char *path)
{
    struct object_picture object = {
        .camera = camera, .prefix = prefix, .path = path, .object_id = command->options->object_id};
    const int result = find(&object, connection_deadline_ns(command->connection));
    enum status status = result < 0 ? refuse(command, &object, result) : write_found(command, &object);
    object_cut_fini(&object.cut);
    free(object.jpeg);
    return status;
}
