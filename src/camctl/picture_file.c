/* picture_file.c - a view's picture into the file of -o */
#include "camctl/picture_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "camctl/file.h"

enum status picture_file_check(struct command *command)
{
    const char *path = command->options->output;

    if (!path || !path[0])
        return status_fail(&command->error, "usage", NULL, "where to? camctl %s NAME -o FILE",
                           verb_table[command->options->verb].word);
    if (strcmp(path, "-") == 0 && command->output->json)
        return status_fail(&command->error, "usage", "write the picture to a file",
                           "-o - and --json both want standard output");
    if (strcmp(path, "-") == 0 && command->output->terminal)
        return status_fail(&command->error, "usage", "send it to a file or another program",
                           "-o -: a picture is not for a terminal");
    return STATUS_DONE;
}

static void show_file(struct writer *output, const json_t *document)
{
    char age[TEXT_DURATION_BYTES];

    writer_line(output, STYLE_PLAIN, 4,
                "%s: %" PRId64 "x%" PRId64 ", frame %" PRId64 ", %s old, written to %s",
                json_member_string(document, "camera", ""), json_member_int(document, "width", 0),
                json_member_int(document, "height", 0), json_member_int(document, "frame_id", 0),
                text_duration(json_member_double(document, "age_s", 0), age),
                json_member_string(document, "file", ""));
}

static void show_written(struct command *command, const struct view *view, size_t bytes)
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
    writer_document(command->output, document, show_file);
    json_decref(document);
}

int picture_file_bytes(const char *path, const uint8_t *data, size_t bytes)
{
    return strcmp(path, "-") == 0 ? whole_file_write_to(STDOUT_FILENO, data, bytes)
                                  : file_replace(path, data, bytes);
}

bool picture_file_is_png(const char *path)
{
    const char *suffix = strrchr(path, '.');

    return suffix && strcasecmp(suffix, ".png") == 0;
}

/* 0 with the bytes that were written, or -errno: encoding is what failed while *bytes is 0. */
int picture_file_png(const struct picture *picture, const char *path, size_t *bytes)
{
    uint8_t *png = NULL;
    int result = picture_png(picture, &png, bytes);

    if (result == 0)
        result = picture_file_bytes(path, png, *bytes);
    free(png);
    return result;
}

int picture_file_full_range_jpeg(const struct picture *picture, int quality, const char *path, size_t *bytes)
{
    uint8_t *jpeg = NULL;
    int result = picture_jpeg(picture, quality, &jpeg, bytes);

    if (result == 0) {
        result = picture_file_bytes(path, jpeg, *bytes);
        picture_jpeg_free(jpeg);
    }
    return result;
}

int picture_file_jpeg(struct picture *picture, int quality, const char *path, size_t *bytes)
{
    picture_to_full_range(picture);
    return picture_file_full_range_jpeg(picture, quality, path, bytes);
}

enum status picture_file_write(struct command *command, struct view *view)
{
    const char *path = command->options->output;
    size_t bytes = 0;
    int result = picture_file_is_png(path)
                     ? picture_file_png(&view->picture, path, &bytes)
                     : picture_file_jpeg(&view->picture, command->options->quality, path, &bytes);

    if (result != 0 && bytes == 0)
        return status_fail(&command->error, "failed", NULL, "%s: the picture cannot be encoded: %s",
                           view->camera, strerror(-result));
    if (result != 0)
        return status_fail(&command->error, "failed", NULL, "%s cannot be written: %s", path,
                           strerror(-result));
    if (strcmp(path, "-") != 0)
        show_written(command, view, bytes);
    return STATUS_DONE;
}
