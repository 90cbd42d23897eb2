/*
 * verbs_snapshot.c - snapshot: the newest picture as JPEG
 *
 * The daemon is only asked for the camera's segments; the picture comes from shared memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "camctl/command.h"
#include "camctl/file.h"
#include "camctl/picture.h"
#include "camctl/words.h"
#include "camd/client.h"
#include "common/clock.h"
#include "common/json.h"

enum {
    REPLACED_CHECK_MS = 250, /* how often it is noticed, while waiting, that the segments were replaced */
    REPLACED_PAUSE_MS = 10,
    RESULT_AGE_MS = 1000, /* boxes of another frame are drawn when it is at most so far away */
};

/* What is known about the picture that was taken. */
struct snapshot {
    const char *camera; /* its name */
    struct picture picture;
    struct camd_frame frame;
    size_t boxes;
};

/* ---- from shared memory -----------------------------------------------------------------------------------
 */

static enum status fail_attach(struct command *command, const char *camera, int problem)
{
    switch (problem) {
    case -EACCES:
    case -EPERM:
        return failure_set(&command->error, "denied",
                           "be root, camd's user, or in the group that camd is told of",
                           "%s: you may not read its pictures", camera);
    case -EPROTO:
        return failure_set(&command->error, "failed", "install camctl and camd of the same version",
                           "%s: its segments are of another version", camera);
    case -ENOENT:
    case -ESTALE:
        return failure_set(&command->error, "failed", "camctl status shows why; --timeout waits longer",
                           "%s: no picture came in time", camera);
    default:
        return failure_set(&command->error, "failed", NULL, "%s: its segments cannot be read: %s", camera,
                           strerror(-problem));
    }
}

/* Waits for a whole frame and copies it. 0, -ETIMEDOUT, or -ESTALE when the segments were replaced meanwhile.
 */
static int copy_frame(const struct camd_segments *segments, int64_t deadline_ns, uint8_t *pixels,
                      struct camd_frame *frame)
{
    for (;;) {
        uint32_t published =
            camd_frame_published(segments); /* before looking, so that no frame is slept through */
        int64_t left_ns = deadline_ns - clock_monotonic_ns();

        if (camd_frame_copy(segments, pixels, frame) == 0)
            return 0;
        if (left_ns <= 0)
            return -ETIMEDOUT;
        if (camd_segments_gone(segments))
            return -ESTALE;
        if (left_ns > REPLACED_CHECK_MS * CLOCK_NS_PER_MS)
            left_ns = REPLACED_CHECK_MS * CLOCK_NS_PER_MS;
        camd_frame_wait(segments, published, left_ns);
    }
}

/* Draws what was found in this frame, or in one close by when the tracker is not that far. */
static void draw_boxes(const struct camd_segments *segments, struct snapshot *snapshot)
{
    struct camd_result *result = malloc(sizeof *result);

    if (!result)
        return;
    int found = camd_result_of_frame(segments, snapshot->frame.frame_id, result);
    if (found != 0) {
        found = camd_result_newest(segments, result);
        if (found == 0 &&
            llabs(result->arrival_ns - snapshot->frame.arrival_ns) > RESULT_AGE_MS * CLOCK_NS_PER_MS)
            found = -ENOENT;
    }
    if (found == 0 && !(result->flags & CAMD_RESULT_CALIBRATING)) {
        for (uint32_t i = 0; i < result->motion_count; i++)
            picture_draw_box(&snapshot->picture, &result->motion[i], PICTURE_MOTION);
        snapshot->boxes = result->motion_count;
    }
    free(result);
}

/* Copies the newest frame of mapped segments into a picture of ours. 0 or -errno. */
static int take_from(const struct camd_segments *segments, int64_t deadline_ns, bool boxes,
                     struct snapshot *snapshot)
{
    uint8_t *pixels = malloc(segments->frame_bytes);

    if (!pixels)
        return -ENOMEM;
    int result = copy_frame(segments, deadline_ns, pixels, &snapshot->frame);
    if (result != 0) {
        free(pixels);
        return result;
    }
    snapshot->picture = (struct picture){segments->width, segments->height, pixels};
    if (boxes)
        draw_boxes(segments, snapshot);
    return 0;
}

static enum status take(struct command *command, const char *prefix, struct snapshot *snapshot)
{
    int64_t deadline_ns = connection_deadline_ns(command->connection);
    bool boxes = command->options->given[OPTION_BOXES];
    struct camd_segments segments;
    int result;

    for (;;) {
        result = camd_client_attach(&segments, prefix, snapshot->camera);
        if (result == 0) {
            result = take_from(&segments, deadline_ns, boxes, snapshot);
            camd_segments_unmap(&segments);
        }
        if (result != -ESTALE || clock_monotonic_ns() >= deadline_ns)
            break;
        poll(NULL, 0, REPLACED_PAUSE_MS); /* the new ones are being made */
    }
    if (result == -ETIMEDOUT)
        result = -ENOENT;
    return result == 0 ? STATUS_DONE : fail_attach(command, snapshot->camera, result);
}

/* ---- into a file ------------------------------------------------------------------------------------------
 */

static void show_snapshot(struct output *output, const json_t *document)
{
    char age[WORDS_BYTES];

    output_line(output, STYLE_PLAIN, 4,
                "%s: %" PRId64 "x%" PRId64 ", frame %" PRId64 ", %s old, written to %s",
                json_member_string(document, "camera", ""), json_member_int(document, "width", 0),
                json_member_int(document, "height", 0), json_member_int(document, "frame_id", 0),
                words_duration(json_member_double(document, "age_s", 0), age),
                json_member_string(document, "file", ""));
}

static void show_taken(struct command *command, const struct snapshot *snapshot, size_t bytes)
{
    const struct camd_frame *frame = &snapshot->frame;
    double age = round((double)(clock_monotonic_ns() - frame->arrival_ns) / (double)CLOCK_NS_PER_MS) / 1000;
    char time[CLOCK_TEXT_BYTES];

    clock_format_utc(frame->wall_ns, time);
    json_t *document =
        json_pack("{s:s, s:s?, s:I, s:s, s:f, s:i, s:i, s:i, s:I}", "camera", snapshot->camera, "file",
                  command->options->output, "frame_id", (json_int_t)frame->frame_id, "time", time, "age_s",
                  age, "width", (int)snapshot->picture.width, "height", (int)snapshot->picture.height,
                  "boxes", (int)snapshot->boxes, "bytes", (json_int_t)bytes);
    output_document(command->output, document, show_snapshot);
    json_decref(document);
}

static enum status write_picture(struct command *command, struct snapshot *snapshot)
{
    const char *path = command->options->output;
    uint8_t *jpeg = NULL;
    size_t bytes = 0;

    picture_to_full_range(&snapshot->picture);
    int result = picture_jpeg(&snapshot->picture, command->options->quality, &jpeg, &bytes);
    if (result != 0)
        return failure_set(&command->error, "failed", NULL, "%s: the picture cannot be made a JPEG: %s",
                           snapshot->camera, strerror(-result));
    result =
        strcmp(path, "-") == 0 ? file_write(STDOUT_FILENO, jpeg, bytes) : file_replace(path, jpeg, bytes);
    picture_jpeg_free(jpeg);
    if (result != 0)
        return failure_set(&command->error, "failed", NULL, "%s cannot be written: %s", path,
                           strerror(-result));
    if (strcmp(path, "-") != 0)
        show_taken(command, snapshot, bytes);
    return STATUS_DONE;
}

static enum status check_options(struct command *command)
{
    const char *path = command->options->output;

    if (!path || !path[0])
        return failure_set(&command->error, "usage", NULL, "where to? camctl snapshot NAME -o FILE.jpg");
    if (strcmp(path, "-") == 0 && command->output->json)
        return failure_set(&command->error, "usage", "write the picture to a file",
                           "-o - and --json both want standard output");
    if (strcmp(path, "-") == 0 && command->output->terminal)
        return failure_set(&command->error, "usage", "send it to a file or another program",
                           "-o -: a picture is not for a terminal");
    return STATUS_DONE;
}

enum status verbs_snapshot(struct command *command)
{
    struct snapshot snapshot = {.camera = command->options->operands[0]};
    json_t *body = json_pack("{s:s}", "name", snapshot.camera), *ok = NULL;
    enum status status = check_options(command);

    if (status == STATUS_DONE && !body)
        status = failure_set(&command->error, "usage", NULL, "a camera's name is not valid UTF-8 text");
    if (status != STATUS_DONE) {
        json_decref(body);
        return status;
    }
    status = command_request(command, VERB_SNAPSHOT, body, NULL, NULL, &ok);
    if (status == STATUS_DONE)
        status = take(command, json_member_string(ok, "prefix", NULL), &snapshot);
    if (status == STATUS_DONE)
        status = write_picture(command, &snapshot);
    free(snapshot.picture.pixels);
    json_decref(ok);
    return status;
}
