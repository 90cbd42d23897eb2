/* verbs_grid.c - grid: where objects of which size appear, as a map in text */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "camctl/command.h"
#include "camctl/picture_file.h"
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

    while ((double)count < heats[heat].least * (double)map->most)
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

    snprintf(text, sizeof text, "%*zu ", LABEL_COLUMNS - 1, y);
    writer_escaped(output, STYLE_FAINT, text);
    for (size_t x = 0; x < map->width; x++) {
        int64_t count = count_at(map, x, y);
        size_t heat = heat_of(map, count);

        writer_escaped(output, STYLE_FAINT, "|");
        if (count > 0)
            snprintf(text, sizeof text, "%c%4" PRId64 " ", heats[heat].mark, count);
        else
            snprintf(text, sizeof text, "%*s", CELL_COLUMNS - 1, "");
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
            snprintf(text, sizeof text, "%4.0f%% ",
                     100.0 * json_member_double(cell_at(map, x, y), "mean", 0.0));
        else
            snprintf(text, sizeof text, "%*s", CELL_COLUMNS - 1, "");
        writer_escaped(output, STYLE_PLAIN, text);
    }
    writer_escaped(output, STYLE_FAINT, "|");
    writer_blank(output);
}

static void show_map(struct writer *output, const struct map *map)
{
    char text[CELL_BYTES];

    writer_pad(output, LABEL_COLUMNS);
    for (size_t x = 0; x < map->width; x++) {
        snprintf(text, sizeof text, "%*zu   ", CELL_COLUMNS - 3, x);
        writer_escaped(output, STYLE_FAINT, text);
    }
    writer_blank(output);
    for (size_t y = 0; y < map->height; y++) {
        show_rule(output, map);
        show_counts(output, map, y);
        show_sizes(output, map, y);
    }
    show_rule(output, map);
    writer_line(output, STYLE_FAINT, 0,
                "above: objects (- few to # many); below: size of a region around them, %% of the width");
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
    if (filled > 0)
        show_map(output, &map);
}

static void show_cleared(struct writer *output, const json_t *document)
{
    writer_line(output, STYLE_PLAIN, 4, "%s: its region grid is empty now",
                json_member_string(document, "name", "?"));
}

/* The camera's newest picture with its region grid. */
static enum status draw(struct command *command)
{
    struct shot shot = {.view = {.camera = command->options->operands[0]},
                        .drawing = {.layers = DRAWING_GRID}};
    const char *path = command->options->output;
    size_t bytes = 0;
    enum status status = shot_take(command, &shot, command_timeout_ms(command) * CLOCK_NS_PER_MS, 0);

    if (status == STATUS_DONE) {
        shot_draw(&shot);
        status = picture_file_write(command, &shot.view.picture, path, &bytes);
    }
    if (status == STATUS_DONE && strcmp(path, "-") != 0) {
        json_t *document = picture_file_document(&shot.view, path, shot.drawn, bytes);

        writer_document(command->output, document, picture_file_show);
        json_decref(document);
    }
    shot_fini(&shot);
    return status;
}

enum status verbs_grid(struct command *command)
{
    const bool clears = command->options->given[OPTION_CLEAR], draws = command->options->given[OPTION_OUTPUT];
    json_t *ok = NULL;
    enum status status = draws ? picture_file_check(command) : STATUS_DONE;

    if (status != STATUS_DONE)
        return status;
    if (clears && draws)
        return status_fail(&command->error, "usage", "first the picture, then the clearing",
                           "--clear and -o: what is forgotten can't be drawn");
    if (draws)
        return draw(command);
    status =
        command_ask_camera(command, clears ? VERB_GRID_CLEAR : VERB_GRID, command->options->operands[0], &ok);
    if (status == STATUS_DONE)
        writer_document(command->output, ok, clears ? show_cleared : show_grid);
    json_decref(ok);
    return status;
}
