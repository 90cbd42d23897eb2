#include "camctl/grid_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "camctl/file.h"

enum { FILE_BYTES = 16384 }; /* a record has less than a thousand: what is longer is none */

/* ---- export ---- */

static int write_bytes(const char *path, const char *bytes, size_t count)
{
    return strcmp(path, "-") == 0 ? whole_file_write_to(STDOUT_FILENO, bytes, count)
                                  : file_replace(path, bytes, count);
}

enum status grid_file_check(struct command *command)
{
    const bool is_output = strcmp(command->options->file, "-") == 0;
    if (is_output && command->output->json)
        return status_fail(&command->error, "usage", "write it to a file",
                           "--export - and --json both want standard output");
    if (is_output && command->output->terminal)
        return status_fail(&command->error, "usage", "camctl grid NAME shows it; --export FILE writes it",
                           "--export -: a region grid's record is not for a terminal");
    return STATUS_DONE;
}

enum status grid_file_export(struct command *command, const char *camera, const char *path, json_t **document)
{
    json_t *ok = NULL;
    size_t count = 0;
    enum status status = command_ask_camera(command, VERB_GRID_EXPORT, camera, &ok);
    if (status != STATUS_DONE)
        return status;
    char bytes[FILE_BYTES];
    const bool is_record =
        hex_read(json_member_string(ok, "record", ""), bytes, sizeof(bytes), &count) && count > 0;
    const int result = is_record ? write_bytes(path, bytes, count) : -EPROTO;
    if (result == 0)
        *document = json_pack("{s:s, s:o, s:O, s:O, s:O, s:I}", "camera", camera, "file",
                              json_string_lossy(path), "samples", json_object_get(ok, "samples"),
                              "generation", json_object_get(ok, "generation"), "version",
                              json_object_get(ok, "version"), "bytes", (json_int_t)count);
    else if (!is_record)
        status =
            status_fail(&command->error, FAILURE_NO_ANSWER, "camctl and camd should be of the same version",
                        "%s: the daemon's answer has no region grid in it", camera);
    else
        status = file_unwritten(&command->error, path, result);
    json_decref(ok);
    return status;
}

/* ---- import ---- */

static int read_file(const char *path, char **bytes, size_t *count)
{
    return strcmp(path, "-") == 0 ? whole_file_read_from(STDIN_FILENO, FILE_BYTES, bytes, count)
                                  : whole_file_read(path, FILE_BYTES, bytes, count);
}

/* The daemon says what is wrong with what it was given; which file that was is known here. */
static void name_file(struct command *command, const char *path)
{
    char *text = text_format("%s: %s", path, json_member_string(command->error, "text", ""));
    if (text)
        json_object_set_new(command->error, "text", json_string_lossy(text));
    free(text);
}

enum status grid_file_import(struct command *command, const char *camera, const char *path, json_t **document)
{
    char *bytes = NULL;
    size_t count = 0;
    const int result = read_file(path, &bytes, &count);
    if (result == -EFBIG)
        return status_fail(&command->error, "failed", "camctl grid NAME --export FILE writes one",
                           "%s is no region grid: it is far too long", path);
    if (result < 0)
        return status_fail(&command->error, "failed", NULL, "%s cannot be read: %s", path,
                           whole_file_problem(result));
    char *text = malloc(2 * count + 1);
    if (text)
        hex_write(bytes, count, text);
    json_t *body = text ? json_pack("{s:s, s:s}", "name", camera, "record", text) : NULL;
    enum status status =
        body ? command_request(command, VERB_GRID_IMPORT, body, NULL, NULL, document)
             : status_fail(&command->error, "usage", NULL, "a camera's name is not valid UTF-8 text");
    if (status == STATUS_FAILED)
        name_file(command, path);
    free(text);
    free(bytes);
    return status;
}
