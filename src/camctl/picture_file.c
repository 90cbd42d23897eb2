#include "camctl/picture_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "camctl/file.h"

/* ---- names ---- */

static const struct {
    const char *ending;
    bool is_png;
} endings[] = {{".jpg", false}, {".jpeg", false}, {".png", true}};

/* ".png" of "/srv/a.b/front.png"; NULL: the file's name has none. */
static const char *ending_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *point = strrchr(name, '.');
    return point && point != name ? point : NULL;
}

static bool ending_is_known(const char *ending, bool *is_png)
{
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (strcasecmp(ending, endings[i].ending) == 0) {
            *is_png = endings[i].is_png;
            return true;
        }
    }
    return false;
}

bool picture_file_is_png(const char *path)
{
    const char *ending = ending_of(path);
    bool is_png = false;
    return ending && ending_is_known(ending, &is_png) && is_png;
}

static bool is_directory(const char *path)
{
    const size_t length = strlen(path);
    struct stat info;
    return (length > 0 && path[length - 1] == '/') || (stat(path, &info) == 0 && S_ISDIR(info.st_mode));
}

bool picture_file_has_name(const char *output)
{
    return strstr(output, PICTURE_FILE_NAME) || is_directory(output);
}

/* In each of its places; a camera's name never has it. */
static char *insert_name(const char *output, const char *camera)
{
    char *path = strdup(output);
    const char *place;
    while (path && (place = strstr(path, PICTURE_FILE_NAME))) {
        char *next =
            text_format("%.*s%s%s", (int)(place - path), path, camera, place + strlen(PICTURE_FILE_NAME));
        free(path);
        path = next;
    }
    return path;
}

char *picture_file_path(const char *output, const char *camera, const char *ending)
{
    const size_t length = strlen(output);
    if (strstr(output, PICTURE_FILE_NAME))
        return insert_name(output, camera);
    return text_format("%s%s%s%s", output, length > 0 && output[length - 1] == '/' ? "" : "/", camera,
                       ending);
}

enum status picture_file_check(struct command *command)
{
    const char *path = command->options->output;
    const char *ending = path ? ending_of(path) : NULL;
    bool is_png;
    if (!path || !path[0])
        return status_fail(&command->error, "usage", NULL, "where to? camctl %s NAME -o FILE",
                           verb_table[command->options->verb].word);
    if (strcmp(path, "-") == 0 && command->output->json)
        return status_fail(&command->error, "usage", "write the picture to a file",
                           "-o - and --json both want standard output");
    if (strcmp(path, "-") == 0 && command->output->terminal)
        return status_fail(&command->error, "usage", "send it to a file or another program",
                           "-o -: a picture is not for a terminal");
    if (ending && !ending_is_known(ending, &is_png) && !is_directory(path))
        return status_fail(&command->error, "usage",
                           "a name that ends in .jpg or .jpeg, or without an ending, gets a JPEG, .png a PNG",
                           "-o %s: camctl makes no pictures of the kind %s", path, ending);
    return STATUS_DONE;
}

/* ---- what was written ---- */

void picture_file_show(struct writer *output, const json_t *document)
{
    char age[TEXT_DURATION_BYTES];
    writer_line(output, STYLE_PLAIN, 4,
                "%s: %" PRId64 "x%" PRId64 ", frame %" PRId64 ", %s old, written to %s",
                json_member_string(document, "camera", ""), json_member_int(document, "width", 0),
                json_member_int(document, "height", 0), json_member_int(document, "frame_id", 0),
                text_duration(json_member_double(document, "age_s", 0), age),
                json_member_string(document, "file", ""));
}

json_t *picture_file_document(const struct view *view, const char *path, size_t boxes, size_t bytes)
{
    const struct camd_frame *frame = &view->frame;
    double age = round((double)(clock_monotonic_ns() - frame->arrival_ns) / (double)CLOCK_NS_PER_MS) / 1000;
    char time[CLOCK_TEXT_BYTES];
    clock_format_utc(frame->wall_ns, time);
    return json_pack("{s:s, s:o, s:I, s:s, s:f, s:i, s:i, s:i, s:I}", "camera", view->camera, "file",
                     json_string_lossy(path), "frame_id", (json_int_t)frame->frame_id, "time", time, "age_s",
                     age, "width", (int)view->picture.width, "height", (int)view->picture.height, "boxes",
                     (int)boxes, "bytes", (json_int_t)bytes);
}

/* ---- writing ---- */

int picture_file_bytes(const char *path, const uint8_t *data, size_t bytes)
{
    return strcmp(path, "-") == 0 ? whole_file_write_to(STDOUT_FILENO, data, bytes)
                                  : file_replace(path, data, bytes);
}

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

int picture_file_save(struct picture *picture, int quality, const char *path, size_t *bytes)
{
    if (picture_file_is_png(path))
        return picture_file_png(picture, path, bytes);
    picture_to_full_range(picture);
    return picture_file_full_range_jpeg(picture, quality, path, bytes);
}

enum status picture_file_write(struct command *command, struct picture *picture, const char *path,
                               size_t *bytes)
{
    *bytes = 0;
    const int result = picture_file_save(picture, command->options->quality, path, bytes);

    if (result == 0)
        return STATUS_DONE;
    const enum status status =
        *bytes == 0 ? status_fail(&command->error, "failed", NULL, "%s: the picture cannot be encoded: %s",
                                  path, strerror(-result))
                    : file_unwritten(&command->error, path, result);
    json_object_set_new(command->error, "file", json_string_lossy(path));
    return status;
}
