#include "camctl/contact_sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "camctl/picture_file.h"
#include "camctl/shot.h"
#include "camctl/words.h"
#include "picture/part.h"
#include "picture/sheet.h"

enum {
    TEXT_BYTES = 256,
    LINES_A_DOT = 135, /* of a tile: letters are larger beside it than on a picture */
    SCALE_LEAST = 2,   /* of letters, unless that is too large for what has to be said */
};

struct maker {
    struct command *command;
    unsigned int layers;
    json_t *cameras; /* the status of each, by its name */
    struct sheet sheet;
    struct picture whole, tile;
    json_t *tiles; /* what is on them, for the document */
};

static size_t letters_a_line(const struct picture *tile, uint32_t scale)
{
    return tile->width / (uint32_t)(picture_text_width(1, scale) - picture_text_width(0, scale));
}

/* The largest at which so many letters fit into so many pixels of the tile's height. */
static uint32_t text_scale(const struct picture *tile, size_t letters, int32_t room)
{
    uint32_t scale = tile->height / LINES_A_DOT;
    for (scale = scale > SCALE_LEAST ? scale : SCALE_LEAST; scale > 1; scale--) {
        const int32_t lines = room / picture_text_height(scale);
        if (letters <= letters_a_line(tile, scale) * (size_t)(lines > 1 ? lines : 1))
            break;
    }
    return scale;
}

/* ---- the states ---- */

static void note_camera(void *context, json_t *part)
{
    json_t *cameras = context, *camera = json_object_get(part, "camera");
    if (camera)
        json_object_set(cameras, json_member_string(camera, "name", ""), camera);
}

/* What is as it should be does not catch the eye. */
static enum picture_colour state_colour(const char *state)
{
    static const enum picture_colour colours[STYLE_COUNT] = {
        [STYLE_PLAIN] = PICTURE_DOUBTFUL, [STYLE_GOOD] = PICTURE_SHADE,     [STYLE_WAIT] = PICTURE_WARM,
        [STYLE_BAD] = PICTURE_HOT,        [STYLE_FAINT] = PICTURE_DOUBTFUL, [STYLE_STRONG] = PICTURE_DOUBTFUL,
    };
    return colours[words_state_style(state)];
}

/* ---- one tile ---- */

/* Name and state, and of a camera that has pictures but is not well why: along the lower side. Returns how high that is. */
static int32_t draw_bar(struct picture *tile, const char *name, const char *state, const char *reason)
{
    char text[TEXT_BYTES];
    const int length = snprintf(text, sizeof(text), "%s  %s%s%s", name, state, reason[0] ? ": " : "", reason);
    const size_t used = (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1;
    const uint32_t scale = text_scale(tile, used, 0);
    const int32_t height = picture_text_height(scale);

    /* to the right side, and no further */
    for (size_t i = used; i <= letters_a_line(tile, scale) && i + 1 < sizeof(text); i++)
        memcpy(text + i, " ", 2);
    picture_draw_text_scaled(tile, 0, (int32_t)tile->height - height, scale, state_colour(state), text);
    return height;
}

/* Why there is no picture, in as many lines as there is room for. */
static void draw_reason(struct picture *tile, int32_t bar, const json_t *camera, const char *reason)
{
    char waiting[WORDS_WAITING_BYTES];
    const char *words = words_waiting(camera, waiting);
    const int32_t room = (int32_t)tile->height - bar;
    const uint32_t scale = text_scale(tile, strlen(reason) + (words ? strlen(words) : 0), room * 2 / 3);
    const int32_t gap = picture_text_height(scale), bottom = room - gap;
    const int32_t used = sheet_draw_lines(tile, gap, gap, bottom, scale, PICTURE_SHADE, reason);
    if (words)
        sheet_draw_lines(tile, gap, 2 * gap + used, bottom, scale, PICTURE_SHADE, words);
}

/* The picture, made as small as is needed, in the middle above the bar. */
static int draw_picture(struct picture *tile, int32_t bar, struct shot *shot)
{
    const struct view *view = &shot->view;
    const uint32_t room = (tile->height - (uint32_t)bar) & ~1u;
    const struct camd_box all = {0, 0, (int32_t)view->picture.width & ~1, (int32_t)view->picture.height & ~1};
    uint32_t width = (uint32_t)all.x2, height = (uint32_t)all.y2;
    struct picture small;
    sheet_fit(&width, &height, tile->width, room);
    if (picture_make(&small, width, height) < 0)
        return -1;
    picture_part(&small, view->picture.pixels, view->picture.width, view->picture.height, &all);
    shot->drawn = drawing_draw(&shot->drawing, view, &small);
    sheet_paste(tile, &small, (tile->width - width) / 2 & ~1u, (room - height) / 2 & ~1u);
    free(small.pixels);
    return 0;
}

/* Pictures may well come while something else of the camera is not as it should be. */
static bool has_pictures(const json_t *camera, const char *state)
{
    const char *capture = json_member_string(json_object_get(camera, "capture"), "state", "");
    return words_state_has_pictures(state) || strcmp(capture, "up") == 0;
}

/* Takes it. Else false, and in *problem why there is none: the caller's to free; NULL when memory is short. */
static bool take_picture(struct maker *maker, struct shot *shot, const json_t *camera, const char *state,
                         char **problem)
{
    struct command *command = maker->command;
    if (!camera) {
        *problem = strdup("it was removed meanwhile");
        return false;
    }
    if (has_pictures(camera, state)) {
        if (shot_take(command, shot, 0, 0) == STATUS_DONE)
            return true;
        *problem = strdup(json_member_string(command->error, "text", "there is no picture"));
        command_forget_error(command);
        return false;
    }
    *problem = words_reason(camera);
    if (*problem && (*problem)[0] == '\0') {
        free(*problem);
        *problem = strdup(state);
    }
    return false;
}

static json_t *tile_document(const struct maker *maker, size_t index, const char *name, const char *state,
                             const char *problem, const struct shot *shot)
{
    const struct sheet *sheet = &maker->sheet;
    json_t *document = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i}", "camera", name, "state", state,
                                 "problem", problem, "x", (int)(index % sheet->columns * sheet->tile_width),
                                 "y", (int)(index / sheet->columns * sheet->tile_height), "width",
                                 (int)sheet->tile_width, "height", (int)sheet->tile_height);
    char time[CLOCK_TEXT_BYTES];
    json_object_set_new(document, "frame_id", json_null());
    json_object_set_new(document, "time", json_null());
    if (problem[0])
        return document;
    clock_format_utc(shot->view.frame.wall_ns, time);
    json_object_set_new(document, "frame_id", json_integer((json_int_t)shot->view.frame.frame_id));
    json_object_set_new(document, "time", json_string(time));
    return document;
}

static int draw_tile(struct maker *maker, const char *name, const json_t *camera, struct shot *shot,
                     char **problem)
{
    const char *state = json_member_string(camera, "state", "removed");
    const bool is_there = take_picture(maker, shot, camera, state, problem);
    char *reason = is_there && strcmp(state, "up") != 0 ? words_reason(camera) : NULL;
    picture_fill(&maker->tile, PICTURE_SHADE);
    const int32_t bar = draw_bar(&maker->tile, name, state, reason ? reason : "");
    free(reason);
    if (is_there)
        return draw_picture(&maker->tile, bar, shot);
    if (!*problem)
        return -1;
    draw_reason(&maker->tile, bar, camera, *problem);
    return 0;
}

static enum status add_tile(struct maker *maker, size_t index, const char *name)
{
    const json_t *camera = json_object_get(maker->cameras, name);
    struct shot shot = {.view = {.camera = name},
                        .drawing = {.layers = maker->layers, .stamp_has_no_name = true}};
    char *problem = NULL;
    const int result = draw_tile(maker, name, camera, &shot, &problem);
    if (result == 0) {
        sheet_place(&maker->sheet, &maker->whole, index, &maker->tile);
        json_array_append_new(maker->tiles, tile_document(maker, index, name,
                                                          json_member_string(camera, "state", "removed"),
                                                          problem ? problem : "", &shot));
    }
    shot_fini(&shot);
    free(problem);
    return result == 0 ? STATUS_DONE : status_fail(&maker->command->error, "failed", NULL, "memory is short");
}

/* ---- the sheet ---- */

static enum status make(struct maker *maker, const json_t *names)
{
    const size_t count = json_array_size(names);
    enum status status = STATUS_DONE;
    maker->sheet = sheet_arrange(count);
    if (picture_make(&maker->tile, maker->sheet.tile_width, maker->sheet.tile_height) < 0 ||
        picture_make(&maker->whole, sheet_width(&maker->sheet), sheet_height(&maker->sheet)) < 0)
        return status_fail(&maker->command->error, "failed", NULL, "memory is short");
    picture_fill(&maker->whole, PICTURE_SHADE);
    for (size_t i = 0; i < count && status == STATUS_DONE; i++)
        status = add_tile(maker, i, json_string_value(json_array_get(names, i)));
    return status;
}

enum status contact_sheet_write(struct command *command, const json_t *names, unsigned int layers,
                                json_t **document)
{
    const char *path = command->options->output;
    struct maker maker = {
        .command = command, .layers = layers, .cameras = json_object(), .tiles = json_array()};
    size_t bytes = 0;
    enum status status = command_request(command, VERB_STATUS, NULL, note_camera, maker.cameras, NULL);
    if (status == STATUS_DONE)
        status = make(&maker, names);
    if (status == STATUS_DONE)
        status = picture_file_write(command, &maker.whole, path, &bytes);
    if (status == STATUS_DONE)
        *document = json_pack("{s:o, s:i, s:i, s:i, s:i, s:I, s:O}", "file", json_string_lossy(path), "width",
                              (int)maker.whole.width, "height", (int)maker.whole.height, "columns",
                              (int)maker.sheet.columns, "rows", (int)maker.sheet.rows, "bytes",
                              (json_int_t)bytes, "cameras", maker.tiles);
    free(maker.whole.pixels);
    free(maker.tile.pixels);
    json_decref(maker.cameras);
    json_decref(maker.tiles);
    return status;
}

void contact_sheet_show(struct writer *output, const json_t *document)
{
    const json_t *tiles = json_object_get(document, "cameras");
    size_t dark = 0;
    for (size_t i = 0; i < json_array_size(tiles); i++) {
        const json_t *tile = json_array_get(tiles, i);
        const char *problem = json_member_string(tile, "problem", "");
        dark += problem[0] != '\0';
        if (problem[0])
            writer_line(output, STYLE_WAIT, 4, "%s: no picture: %s", json_member_string(tile, "camera", ""),
                        problem);
    }
    writer_line(
        output, STYLE_PLAIN, 4, "%" PRId64 "x%" PRId64 " with %zu camera%s, %zu of them dark, written to %s",
        json_member_int(document, "width", 0), json_member_int(document, "height", 0), json_array_size(tiles),
        json_array_size(tiles) == 1 ? "" : "s", dark, json_member_string(document, "file", ""));
}
