/* verbs_grid.c - grid: where objects of which size appear, as a map in text, on a picture, and in a file */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "camctl/command.h"
#include "camctl/grid_file.h"
#include "camctl/picture_file.h"
#include "camctl/several.h"
#include "camctl/shot.h"
#include "camctl/verbs_grid.h"

enum {
    SIDE_MAX = 64, /* of a grid that is shown; the daemon's has 8 */
    CELL_COLUMNS = 7,
    CELL_BYTES = 32,
    LABEL_COLUMNS = 4,
};

/* How much a cell has of what the fullest one has. */
static const struct {
    double least; /* share of the fullest cell's count */
    char mark;
    enum style style;
} heats[GRID_HEATS] = {
    {0.75, '#', STYLE_BAD},
    {0.5, '*', STYLE_WAIT},
    {0.25, '+', STYLE_GOOD},
    {0.0, '-', STYLE_PLAIN},
};

struct map {
    const json_t *cells; /* [x][y] */
    size_t width, height;
    int64_t most;
};

static const json_t *cell_at(const struct map *map, size_t x, size_t y)
{
    return json_array_get(json_array_get(map->cells, x), y);
}

static int64_t count_at(const struct map *map, size_t x, size_t y)
{
    return json_member_int(cell_at(map, x, y), "count", 0);
}

static size_t heat_of(const struct map *map, int64_t count)
{
    size_t heat = 0;
    while (heat < GRID_HEATS - 1 && (double)count < heats[heat].least * (double)map->most)
        heat++;
    return heat;
}

int grid_heat(int64_t count, int64_t most)
{
    const struct map map = {.most = most};
    return GRID_HEATS - 1 - (int)heat_of(&map, count);
}

static size_t find_most(struct map *map)
{
    size_t filled = 0;
    for (size_t x = 0; x < map->width; x++) {
        for (size_t y = 0; y < map->height; y++) {
            int64_t count = count_at(map, x, y);
            filled += count > 0;
            map->most = count > map->most ? count : map->most;
        }
    }
    return filled;
}

static void show_rule(struct writer *output, const struct map *map)
{
    writer_pad(output, LABEL_COLUMNS);
    for (size_t x = 0; x < map->width; x++)
        writer_escaped(output, STYLE_FAINT, "+------");
    writer_escaped(output, STYLE_FAINT, "+");
    writer_blank(output);
}

static void show_counts(struct writer *output, const struct map *map, size_t y)
{
    char text[CELL_BYTES];
    snprintf(text, sizeof(text), "%*zu ", LABEL_COLUMNS - 1, y);
    writer_escaped(output, STYLE_FAINT, text);
    for (size_t x = 0; x < map->width; x++) {
        int64_t count = count_at(map, x, y);
        size_t heat = heat_of(map, count);
        writer_escaped(output, STYLE_FAINT, "|");
        if (count > 0)
            snprintf(text, sizeof(text), "%c%4" PRId64 " ", heats[heat].mark, count);
        else
            snprintf(text, sizeof(text), "%*s", CELL_COLUMNS - 1, "");
        writer_escaped(output, count > 0 ? heats[heat].style : STYLE_PLAIN, text);
    }
    writer_escaped(output, STYLE_FAINT, "|");
    writer_blank(output);
}

static void show_sizes(struct writer *output, const struct map *map, size_t y)
{
    char text[CELL_BYTES];
    writer_pad(output, LABEL_COLUMNS);
    for (size_t x = 0; x < map->width; x++) {
        writer_escaped(output, STYLE_FAINT, "|");
        if (count_at(map, x, y) > 0)
            snprintf(text, sizeof(text), "%4.0f%% ",
                     100.0 * json_member_double(cell_at(map, x, y), "mean", 0.0));
        else
            snprintf(text, sizeof(text), "%*s", CELL_COLUMNS - 1, "");
        writer_escaped(output, STYLE_PLAIN, text);
    }
    writer_escaped(output, STYLE_FAINT, "|");
    writer_blank(output);
}

/* With its heading it has to leave room for a prompt on a terminal of 24 lines. */
static void show_map(struct writer *output, const struct map *map)
{
    char text[CELL_BYTES];
    writer_pad(output, LABEL_COLUMNS);
    for (size_t x = 0; x < map->width; x++) {
        snprintf(text, sizeof(text), "%*zu   ", CELL_COLUMNS - 3, x);
        writer_escaped(output, STYLE_FAINT, text);
    }
    writer_blank(output);
    show_rule(output, map);
    for (size_t y = 0; y < map->height; y++) {
        show_counts(output, map, y);
        show_sizes(output, map, y);
    }
    show_rule(output, map);
    writer_line(output, STYLE_FAINT, 0,
                "objects (- few to # many), and below the size of a region in %% of the width");
}

static void show_grid(struct writer *output, const json_t *document)
{
    const char *name = json_member_string(document, "name", "?");
    const char *problem = json_member_string(document, "problem", "");
    struct map map = {.cells = json_object_get(document, "cells")};
    map.width = json_array_size(map.cells);
    map.height = json_array_size(json_array_get(map.cells, 0));
    map.width = map.width < SIDE_MAX ? map.width : SIDE_MAX;
    map.height = map.height < SIDE_MAX ? map.height : SIDE_MAX;
    size_t filled = find_most(&map);
    int64_t samples = json_member_int(document, "samples", 0);
    if (filled == 0)
        writer_line(output, STYLE_STRONG, 4, "%s: its region grid is empty: no object has been seen yet",
                    name);
    else
        writer_line(output, STYLE_STRONG, 4, "%s: %" PRId64 " object%s in %zu of %zu cells", name, samples,
                    samples == 1 ? "" : "s", filled, map.width * map.height);
    if (problem[0])
        writer_line(output, STYLE_BAD, 4, "it is not kept when camd stops: %s", problem);
    else if (!json_member_bool(document, "stored", true))
        writer_line(output, STYLE_FAINT, 4, "what was learnt last is not on the disk yet");
    if (filled > 0)
        show_map(output, &map);
}

static void show_cleared(struct writer *output, const json_t *document)
{
    writer_line(output, STYLE_PLAIN, 4, "%s: its region grid is empty now",
                json_member_string(document, "name", "?"));
}

static void show_exported(struct writer *output, const json_t *document)
{
    const int64_t samples = json_member_int(document, "samples", 0);
    writer_line(output, STYLE_PLAIN, 4, "%s: %" PRId64 " object%s, written to %s",
                json_member_string(document, "camera", "?"), samples, samples == 1 ? "" : "s",
                json_member_string(document, "file", ""));
}

static void show_imported(struct writer *output, const json_t *document)
{
    const int64_t samples = json_member_int(document, "samples", 0);
    writer_line(output, STYLE_PLAIN, 4,
                "%s: its region grid is that of the file now, with %" PRId64 " object%s",
                json_member_string(document, "name", "?"), samples, samples == 1 ? "" : "s");
}

/* ---- what can be done with one ---- */

static enum status look(struct command *command, const char *camera, const char *path, json_t **document)
{
    (void)path;
    return command_ask_camera(command, VERB_GRID, camera, document);
}

static enum status clear(struct command *command, const char *camera, const char *path, json_t **document)
{
    (void)path;
    return command_ask_camera(command, VERB_GRID_CLEAR, camera, document);
}

/* The camera's newest picture with its region grid. */
static enum status draw(struct command *command, const char *camera, const char *path, json_t **document)
{
    struct shot shot = {.view = {.camera = camera}, .drawing = {.layers = DRAWING_GRID}};
    size_t bytes = 0;
    enum status status = shot_take(command, &shot, command_timeout_ms(command) * CLOCK_NS_PER_MS, 0);
    if (status == STATUS_DONE) {
        shot_draw(&shot);
        status = picture_file_write(command, &shot.view.picture, path, &bytes);
    }
    if (status == STATUS_DONE)
        *document = picture_file_document(&shot.view, path, shot.drawn, bytes);
    shot_fini(&shot);
    return status;
}

struct action {
    enum option_id option; /* OPTION_COUNT: none of them */
    enum status (*run)(struct command *command, const char *camera, const char *path, json_t **document);
    writer_render *show;
    const char *documents; /* of several cameras; NULL: it is for one */
    const char *ending;    /* of a camera's own file; NULL: it makes none */
};

static const struct action actions[] = {
    {OPTION_CLEAR, clear, show_cleared, NULL, NULL},
    {OPTION_OUTPUT, draw, picture_file_show, "pictures", ".jpg"},
    {OPTION_EXPORT, grid_file_export, show_exported, "files", ".grid"},
    {OPTION_IMPORT, grid_file_import, show_imported, NULL, NULL},
    {OPTION_COUNT, look, show_grid, "grids", NULL},
};

/* The one that the options ask for. */
static enum status choose(struct command *command, const struct action **chosen)
{
    const bool *given = command->options->given;
    const struct action *action = actions;
    for (*chosen = NULL; action->option != OPTION_COUNT; action++) {
        if (!given[action->option])
            continue;
        if (*chosen)
            return status_fail(&command->error, "usage", "one after the other",
                               "--%s and --%s: expected one of them", option_table[(*chosen)->option].word,
                               option_table[action->option].word);
        *chosen = action;
    }
    if (!*chosen)
        *chosen = action;
    if (given[OPTION_EXPORT])
        return grid_file_check(command);
    return given[OPTION_OUTPUT] ? picture_file_check(command) : STATUS_DONE;
}

static const char *given_path(const struct options *options)
{
    return options->given[OPTION_OUTPUT] ? options->output : options->file;
}

/* ---- cameras ---- */

static enum status run_one(struct command *command, const struct action *action, const char *camera,
                           json_t **document)
{
    const char *given = given_path(command->options);
    char *own = action->ending && picture_file_has_name(given)
                    ? picture_file_path(given, camera, action->ending)
                    : NULL;
    enum status status = action->run(command, camera, own ? own : given, document);
    free(own);
    return status;
}

static enum status single(struct command *command, const struct action *action)
{
    const char *path = given_path(command->options);
    json_t *document = NULL;
    enum status status = run_one(command, action, command->options->operands[0], &document);
    if (status == STATUS_DONE && !(action->ending && strcmp(path, "-") == 0))
        writer_document(command->output, document, action->show);
    json_decref(document);
    return status;
}

/* What cannot be done for one of them is said of it. */
static json_t *run_each(struct command *command, const struct action *action, const json_t *names)
{
    json_t *documents = json_array(), *errors = json_object();
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        json_t *document = NULL;
        command_restart_time(command);
        if (run_one(command, action, name, &document) == STATUS_DONE) {
            json_array_append_new(documents, document);
        } else {
            json_object_set_new(errors, name, command->error);
            command->error = NULL;
        }
    }
    json_t *all = json_pack("{s:o}", action->documents, documents);
    if (json_object_size(errors) > 0)
        json_object_set(all, "errors", errors);
    json_decref(errors);
    return all;
}

static void show_each(struct writer *output, const json_t *document)
{
    for (const struct action *action = actions; action < actions + sizeof(actions) / sizeof(actions[0]);
         action++) {
        const json_t *documents = action->documents ? json_object_get(document, action->documents) : NULL;

        for (size_t i = 0; i < json_array_size(documents); i++)
            action->show(output, json_array_get(documents, i));
    }
}

static enum status several(struct command *command, const struct action *action)
{
    const char *path = given_path(command->options);
    json_t *names = NULL;
    if (!action->documents)
        return status_fail(&command->error, "usage", NULL, "--%s is for one camera: expected one name",
                           option_table[action->option].word);
    if (action->ending && !picture_file_has_name(path))
        return status_fail(&command->error, "usage",
                           "a directory, or a name with %n where the camera's is to be",
                           "%s: expected a file for each camera", path);
    enum status status = several_names(command, &names);
    if (status == STATUS_DONE) {
        json_t *document = run_each(command, action, names);
        writer_document(command->output, document, show_each);
        status = several_errors(command, document);
        json_decref(document);
    }
    json_decref(names);
    return status;
}

enum status verbs_grid(struct command *command)
{
    const struct action *action;
    enum status status = choose(command, &action);
    if (status != STATUS_DONE)
        return status;
    return several_is_asked(command->options) ? several(command, action) : single(command, action);
}
