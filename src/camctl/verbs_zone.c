/*
 * verbs_zone.c - zone: the zones and masks of a camera, and new ones from corners that were read off a picture
 *
 * Nothing is changed: what comes out is the line for camctl set.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "camctl/command.h"
#include "camctl/corners.h"
#include "camctl/picture_file.h"
#include "camctl/shot.h"

enum { KEY_BYTES = 64 };

/* What is to be made. */
struct making {
    const char *camera;
    json_t *answer; /* to the verb zone */
    struct corners corners;
    char key[KEY_BYTES]; /* "zone.yard" */
    const char *kind;    /* of a mask: "motion", "object", "object:LABEL"; NULL for a zone */
    bool replaces;       /* there is one of that name */
    char value[CORNERS_TEXT_BYTES + CAMD_LABEL_BYTES + 16];
};

/* ---- what there is ---- */

static void show_corners(struct writer *output, const char *kind, const json_t *item)
{
    const json_t *points = json_object_get(item, "points");
    const char *label = json_member_string(item, "label", NULL);
    char *text = text_format("%s %s%s%s:", kind, json_member_string(item, "name", ""), label ? " for " : "",
                             label ? label : "");
    for (size_t i = 0; text && i < json_array_size(points); i++) {
        const json_t *point = json_array_get(points, i);
        char *longer = text_format("%s %.4g,%.4g", text, json_number_value(json_array_get(point, 0)),
                                   json_number_value(json_array_get(point, 1)));
        free(text);
        text = longer;
    }
    writer_line(output, STYLE_PLAIN, 4, "%s", text ? text : "memory is short");
    free(text);
}

static void show_places(struct writer *output, const json_t *document)
{
    const json_t *zones = json_object_get(document, "zones"), *masks = json_object_get(document, "masks");
    const char *name = json_member_string(document, "name", "?");
    for (size_t i = 0; i < json_array_size(zones); i++)
        show_corners(output, "zone", json_array_get(zones, i));
    for (size_t i = 0; i < json_array_size(masks); i++) {
        const json_t *mask = json_array_get(masks, i);
        const bool is_motion = strcmp(json_member_string(mask, "kind", ""), "motion") == 0;
        show_corners(output, is_motion ? "motion mask" : "object mask", mask);
    }
    if (json_array_size(zones) + json_array_size(masks) == 0)
        writer_line(output, STYLE_PLAIN, 4, "%s has no zones and no masks", name);
}

/* ---- the name ---- */

static bool has_place(const struct making *making, const char *list, const char *name)
{
    const json_t *places = json_object_get(making->answer, list);
    for (size_t i = 0; i < json_array_size(places); i++)
        if (strcmp(json_member_string(json_array_get(places, i), "name", ""), name) == 0)
            return true;
    return false;
}

/* zone1, or the next one that there is not. */
static void choose_key(struct making *making)
{
    const char *name = making->key + strlen("zone.");
    for (unsigned int number = 1; number <= CONFIG_ZONES_MAX + 1; number++) {
        snprintf(making->key, sizeof(making->key), "zone.zone%u", number);
        if (!has_place(making, "zones", name))
            break;
    }
}

static bool is_kind(const char *kind)
{
    return strcmp(kind, "motion") == 0 || strcmp(kind, "object") == 0 ||
           (strncmp(kind, "object:", strlen("object:")) == 0 && kind[strlen("object:")] != '\0' &&
            strlen(kind) - strlen("object:") < CAMD_LABEL_BYTES && !strpbrk(kind, "'\n\r"));
}

/* "zone.yard", "mask.tree", "mask.road=object:car" */
static enum status take_key(struct command *command, struct making *making)
{
    const char *as = command->options->as;
    if (!as) {
        choose_key(making);
        return STATUS_DONE;
    }
    const size_t length = strcspn(as, "="), family = strlen("zone."); /* as long as "mask." */
    const bool is_zone = strncmp(as, "zone.", family) == 0, is_mask = strncmp(as, "mask.", family) == 0;
    snprintf(making->key, sizeof(making->key), "%.*s", (int)length, as);
    making->kind = as[length] ? as + length + 1 : is_mask ? "motion" : NULL;
    if (!(is_zone || is_mask) || length >= sizeof(making->key) || !text_is_camera_name(making->key + family))
        return status_fail(&command->error, "usage", "camctl zone front 10,20 300,20 300,200 --as zone.yard",
                           "--as %s: expected zone.NAME or mask.NAME, a NAME of " TEXT_NAME_RULE, as);
    if (making->kind && (is_zone || !is_kind(making->kind)))
        return status_fail(&command->error, "usage", "--as mask.road=object:car",
                           "--as %s: expected motion, object or object:LABEL behind the = of a mask", as);
    making->replaces = has_place(making, is_zone ? "zones" : "masks", making->key + family);
    return STATUS_DONE;
}

/* ---- the corners ---- */

static enum status refuse(struct command *command, int64_t width, int64_t height,
                          const struct corners_problem *problem)
{
    char **words = command->options->operands;
    json_t **error = &command->error;
    switch (problem->fault) {
    case CORNERS_NO_POINT:
        return status_fail(error, "usage", "pixels of the picture, or 0 to 1", "%s: expected a corner, X,Y",
                           words[problem->first]);
    case CORNERS_TOO_MANY:
        return status_fail(error, "usage", NULL, "a place has %d corners at most", CONFIG_POINTS_MAX);
    case CORNERS_TOO_FEW:
        return status_fail(error, "usage", NULL, "a place has 3 corners at least: these are %zu",
                           problem->first);
    case CORNERS_OUTSIDE:
        return status_fail(error, "usage", "--size WxH says at which size the picture was looked at",
                           "corner %zu, %s, is not in the picture, which is %" PRId64 "x%" PRId64 " pixels",
                           problem->first, words[problem->first], width, height);
    case CORNERS_CROSSING:
        return status_fail(error, "usage", "name the corners in their order around the place",
                           "the side that begins at corner %zu crosses the one that begins at corner %zu",
                           problem->first, problem->second);
    default:
        return status_fail(error, "usage", NULL, "the corners are on one line: nothing is inside");
    }
}

static enum status take_corners(struct command *command, struct making *making)
{
    const struct options *options = command->options;
    const bool has_size = options->given[OPTION_SIZE];
    const int64_t width = has_size ? options->size_width : json_member_int(making->answer, "width", 0),
                  height = has_size ? options->size_height : json_member_int(making->answer, "height", 0);
    struct corners_problem problem;
    if (!corners_read(&making->corners, options->operands + 1, (size_t)options->operand_count - 1, &problem))
        return refuse(command, width, height, &problem);
    if (making->corners.are_pixels && (width < 2 || height < 2))
        return status_fail(&command->error, "failed", "--size WxH says of what size the picture is",
                           "%s: the size of its pictures is not known yet, so pixels say nothing",
                           making->camera);
    if (!corners_scale(&making->corners, (double)width, (double)height, &problem) ||
        !corners_check(&making->corners, &problem))
        return refuse(command, width, height, &problem);
    return STATUS_DONE;
}

/* ---- what comes of it ---- */

static void show_made(struct writer *output, const json_t *document)
{
    const int moved = (int)json_member_int(document, "moved", 0);
    if (moved > 0)
        writer_line(output, STYLE_WAIT, 2, "# %d corner%s outside, and %s on the edge now", moved,
                    moved == 1 ? " was" : "s were", moved == 1 ? "is" : "are");
    if (json_member_bool(document, "replaces", false))
        writer_line(output, STYLE_WAIT, 2, "# takes the place of the %s that there is",
                    json_member_string(document, "key", ""));
    /* whole, however wide the terminal is: it is to be copied */
    writer_escaped(output, STYLE_PLAIN, json_member_string(document, "command", ""));
    writer_blank(output);
}

static void show(struct command *command, const struct making *making)
{
    char *line = text_format("camctl set %s%s '%s=%s'", text_before_operand(making->camera), making->camera,
                             making->key, making->value);
    json_t *points = json_array();
    for (size_t i = 0; i < making->corners.count; i++)
        json_array_append_new(points,
                              json_pack("[f, f]", making->corners.points[i].x, making->corners.points[i].y));
    json_t *document =
        json_pack("{s:s, s:s, s:s, s:o, s:i, s:b, s:s}", "camera", making->camera, "key", making->key,
                  "value", making->value, "points", points, "moved", (int)making->corners.moved, "replaces",
                  (int)making->replaces, "command", line ? line : "");
    writer_document(command->output, document, show_made);
    json_decref(document);
    free(line);
}

/* The newest picture with what there is, and the new one, and coordinates. */
static enum status draw(struct command *command, const struct making *making)
{
    const struct place place = {PLACE_NEW, making->key, NULL, making->corners.points, making->corners.count};
    struct shot shot = {.view = {.camera = making->camera},
                        .drawing = {.layers = DRAWING_ZONES | DRAWING_RULER,
                                    .extra = making->corners.count > 0 ? &place : NULL}};
    size_t bytes = 0;
    enum status status = shot_take(command, &shot, command_timeout_ms(command) * CLOCK_NS_PER_MS, 0);
    if (status == STATUS_DONE) {
        shot_draw(&shot);
        status = picture_file_write(command, &shot.view.picture, command->options->output, &bytes);
    }
    shot_fini(&shot);
    return status;
}

static enum status make(struct command *command, struct making *making)
{
    enum status status = take_key(command, making);
    if (status == STATUS_DONE)
        status = take_corners(command, making);
    if (status != STATUS_DONE)
        return status;
    char corners[CORNERS_TEXT_BYTES];
    corners_write(&making->corners, corners);
    snprintf(making->value, sizeof(making->value), "%s%s%s", making->kind ? making->kind : "",
             making->kind ? " " : "", corners);
    return STATUS_DONE;
}

enum status verbs_zone(struct command *command)
{
    const struct options *options = command->options;
    const bool draws = options->given[OPTION_OUTPUT], makes = options->operand_count > 1;
    struct making making = {.camera = options->operands[0]};
    enum status status = draws ? picture_file_check(command) : STATUS_DONE;
    if (status == STATUS_DONE)
        status = command_ask_camera(command, VERB_ZONE, making.camera, &making.answer);
    if (status == STATUS_DONE && makes)
        status = make(command, &making);
    if (status == STATUS_DONE && draws)
        status = draw(command, &making);
    if (status != STATUS_DONE || (draws && strcmp(options->output, "-") == 0)) {
        /* refused, or the picture is what was asked for */
    } else if (makes) {
        show(command, &making);
    } else {
        writer_document(command->output, making.answer, show_places);
    }
    json_decref(making.answer);
    return status;
}
