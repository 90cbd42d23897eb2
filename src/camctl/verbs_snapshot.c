/*
 * verbs_snapshot.c - snapshot: the newest picture as JPEG
 *
 * The daemon is only asked for the camera's segments; the picture comes from shared memory.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "camctl/command.h"
#include "camctl/file.h"
#include "camctl/view.h"
#include "camctl/words.h"
#include "common/clock.h"
#include "common/json.h"
#include "picture/encode.h"

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

static void show_taken(struct command *command, const struct view *view, size_t bytes)
{
    const struct camd_frame *frame = &view->frame;
    double age = round((double)(clock_monotonic_ns() - frame->arrival_ns) / (double)CLOCK_NS_PER_MS) / 1000;
    char time[CLOCK_TEXT_BYTES];

    clock_format_utc(frame->wall_ns, time);
    json_t *document =
        json_pack("{s:s, s:s?, s:I, s:s, s:f, s:i, s:i, s:i, s:I}", "camera", view->camera, "file",
                  command->options->output, "frame_id", (json_int_t)frame->frame_id, "time", time, "age_s",
                  age, "width", (int)view->picture.width, "height", (int)view->picture.height, "boxes",
                  (int)view->boxes, "bytes", (json_int_t)bytes);
    output_document(command->output, document, show_snapshot);
    json_decref(document);
}

static enum status write_picture(struct command *command, struct view *view)
{
    const char *path = command->options->output;
    uint8_t *jpeg = NULL;
    size_t bytes = 0;

    picture_to_full_range(&view->picture);
    int result = picture_jpeg(&view->picture, command->options->quality, &jpeg, &bytes);
    if (result != 0)
        return failure_set(&command->error, "failed", NULL, "%s: the picture cannot be made a JPEG: %s",
                           view->camera, strerror(-result));
    result =
        strcmp(path, "-") == 0 ? file_write(STDOUT_FILENO, jpeg, bytes) : file_replace(path, jpeg, bytes);
    picture_jpeg_free(jpeg);
    if (result != 0)
        return failure_set(&command->error, "failed", NULL, "%s cannot be written: %s", path,
                           strerror(-result));
    if (strcmp(path, "-") != 0)
        show_taken(command, view, bytes);
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

static enum status take(struct command *command, struct view *view)
{
    int result =
        view_next(view, connection_deadline_ns(command->connection), command->options->given[OPTION_BOXES]);

    return result == 0 ? STATUS_DONE : view_failure(command, view, result);
}

enum status verbs_snapshot(struct command *command)
{
    struct view view = {.camera = command->options->operands[0]};
    json_t *body = json_pack("{s:s}", "name", view.camera), *ok = NULL;
    enum status status = check_options(command);

    if (status == STATUS_DONE && !body)
        status = failure_set(&command->error, "usage", NULL, "a camera's name is not valid UTF-8 text");
    if (status != STATUS_DONE) {
        json_decref(body);
        return status;
    }
    status = command_request(command, VERB_SNAPSHOT, body, NULL, NULL, &ok);
    if (status == STATUS_DONE) {
        view.prefix = json_member_string(ok, "prefix", NULL);
        status = take(command, &view);
    }
    if (status == STATUS_DONE)
        status = write_picture(command, &view);
    view_fini(&view);
    json_decref(ok);
    return status;
}
