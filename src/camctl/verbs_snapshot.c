/*
 * verbs_snapshot.c - snapshot: newest pictures, a frame, or an object's best picture, into files
 *
 * The daemon is only asked for what is to be drawn and for the cameras' segments; pictures come from shared memory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "camctl/command.h"
#include "camctl/contact_sheet.h"
#include "camctl/object_picture.h"
#include "camctl/picture_file.h"
#include "camctl/several.h"
#include "camctl/shot.h"
#include "camctl/watch.h"

static const char jpeg_ending[] = ".jpg"; /* of files whose names are only of cameras */

static void show(struct command *command, json_t *document, writer_render *render)
{
    const bool watches = command->options->given[OPTION_WATCH];
    if (strcmp(command->options->output, "-") == 0 || (watches && !command->output->json)) {
        /* it has been written, or is written all the time */
    } else if (watches) {
        writer_stream(command->output, document, render);
    } else {
        writer_document(command->output, document, render);
    }
    json_decref(document);
}

/* ---- one picture of one camera ---- */

/* Takes, draws and writes it; *document says what was written. */
static enum status write_shot(struct command *command, struct shot *shot, const char *path, json_t **document)
{
    const int64_t wait_ns = command_timeout_ms(command) * CLOCK_NS_PER_MS;
    size_t bytes = 0;
    enum status status = shot_take(command, shot, wait_ns, command->options->frame_id);
    if (status != STATUS_DONE)
        return status;
    shot_draw(shot);
    status = picture_file_write(command, &shot->view.picture, path, &bytes);
    if (status == STATUS_DONE)
        *document = picture_file_document(&shot->view, path, shot->drawn, bytes);
    return status;
}

static enum status write_single(struct command *command, void *context)
{
    json_t *document = NULL;
    enum status status = write_shot(command, context, command->options->output, &document);
    if (status == STATUS_DONE)
        show(command, document, picture_file_show);
    return status;
}

static void reset_single(void *context)
{
    struct shot *shot = context;
    const char *camera = shot->view.camera;
    const unsigned int layers = shot->drawing.layers;
    shot_fini(shot);
    *shot = (struct shot){.view = {.camera = camera}, .drawing = {.layers = layers}};
}

static enum status single(struct command *command)
{
    struct shot shot = {.view = {.camera = command->options->operands[0]},
                        .drawing = {.layers = drawing_layers(command->options)}};
    enum status status = command->options->given[OPTION_WATCH]
                             ? watch_run(command, write_single, reset_single, &shot)
                             : write_single(command, &shot);
    shot_fini(&shot);
    return status;
}

static enum status best_of_object(struct command *command)
{
    const char *camera = command->options->operands[0], *given = command->options->output;
    char *own = picture_file_has_name(given) ? picture_file_path(given, camera, jpeg_ending) : NULL;
    json_t *ok = NULL;
    enum status status = command_ask_camera(command, VERB_SNAPSHOT, camera, &ok);
    if (status == STATUS_DONE)
        status =
            object_picture_write(command, camera, json_member_string(ok, "prefix", NULL), own ? own : given);
    json_decref(ok);
    free(own);
    return status;
}

/* ---- several cameras ---- */

static enum status write_sheet(struct command *command, void *context)
{
    json_t *names = NULL, *document = NULL;
    enum status status = several_names(command, &names);
    (void)context;
    if (status == STATUS_DONE)
        status = contact_sheet_write(command, names, drawing_layers(command->options), &document);
    if (status == STATUS_DONE)
        show(command, document, contact_sheet_show);
    json_decref(names);
    return status;
}

static void show_files(struct writer *output, const json_t *document)
{
    const json_t *pictures = json_object_get(document, "pictures");
    for (size_t i = 0; i < json_array_size(pictures); i++)
        picture_file_show(output, json_array_get(pictures, i));
}

/* What is wrong with one camera is said of it, and the others get their files. */
static void write_file_of(struct command *command, const char *name, json_t *pictures, json_t *errors)
{
    struct shot shot = {.view = {.camera = name}, .drawing = {.layers = drawing_layers(command->options)}};
    char *path = picture_file_path(command->options->output, name, jpeg_ending);
    json_t *document = NULL;
    enum status status = path ? write_shot(command, &shot, path, &document)
                              : status_fail(&command->error, "failed", NULL, "memory is short");
    if (status == STATUS_DONE) {
        json_array_append_new(pictures, document);
    } else {
        json_object_set_new(errors, name, command->error);
        command->error = NULL;
    }
    shot_fini(&shot);
    free(path);
}

static enum status write_files(struct command *command, void *context)
{
    json_t *names = NULL, *pictures = json_array(), *errors = json_object();
    enum status status = several_names(command, &names);
    (void)context;
    for (size_t i = 0; i < json_array_size(names); i++) {
        command_restart_time(command); /* for each of them */
        write_file_of(command, json_string_value(json_array_get(names, i)), pictures, errors);
    }
    if (status == STATUS_DONE) {
        json_t *document = json_pack("{s:O}", "pictures", pictures);
        if (json_object_size(errors) > 0)
            json_object_set(document, "errors", errors);
        status = several_errors(command, document);
        show(command, document, show_files);
    }
    json_decref(names);
    json_decref(pictures);
    json_decref(errors);
    return status;
}

static void reset_nothing(void *context)
{
    (void)context;
}

static enum status several(struct command *command, watch_round *round)
{
    return command->options->given[OPTION_WATCH] ? watch_run(command, round, reset_nothing, NULL)
                                                 : round(command, NULL);
}

/* ---- the verb ---- */

/* Options that need something, or that don't go together. */
static enum status check_options(struct command *command)
{
    const struct options *options = command->options;
    const bool *given = options->given;
    const bool is_one_frame = given[OPTION_OBJECT] || given[OPTION_FRAME];
    if (given[OPTION_CROP] && !given[OPTION_OBJECT])
        return status_fail(&command->error, "usage", "camctl snapshot NAME --object ID --crop -o FILE",
                           "--crop cuts out an object: of which one?");
    if (given[OPTION_OBJECT] && (given[OPTION_FRAME] || drawing_layers(options) != 0))
        return status_fail(&command->error, "usage", "leave one of them out",
                           "%s a picture of the camera, and --object is another one",
                           given[OPTION_FRAME] ? "--frame takes" : "what is drawn is drawn into");
    if (is_one_frame && given[OPTION_WATCH])
        return status_fail(&command->error, "usage", "leave --watch out",
                           "--watch takes new pictures, and this one does not change");
    if (is_one_frame && several_is_asked(options))
        return status_fail(&command->error, "usage", NULL, "%s is of one camera: expected one name",
                           given[OPTION_FRAME] ? "--frame" : "--object");
    return picture_file_check(command);
}

enum status verbs_snapshot(struct command *command)
{
    const struct options *options = command->options;
    enum status status = check_options(command);
    if (status != STATUS_DONE)
        return status;
    if (options->given[OPTION_OBJECT])
        return best_of_object(command);
    if (picture_file_has_name(options->output))
        return several(command, write_files);
    return several_is_asked(options) ? several(command, write_sheet) : single(command);
}
