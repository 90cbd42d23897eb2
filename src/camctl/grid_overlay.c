#include "camctl/grid_overlay.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "camctl/verbs_grid.h"

enum { STRENGTH = 90, TEXT_BYTES = 32 };

static const enum picture_colour colours[GRID_HEATS] = {PICTURE_COLD, PICTURE_MOTION, PICTURE_WARM,
                                                        PICTURE_HOT};

static struct camd_box cell_box(const struct picture *picture, size_t x, size_t y)
{
    return (struct camd_box){
        .x1 = (int32_t)(picture->width * x / CAMD_GRID_SIDE),
        .y1 = (int32_t)(picture->height * y / CAMD_GRID_SIDE),
        .x2 = (int32_t)(picture->width * (x + 1) / CAMD_GRID_SIDE),
        .y2 = (int32_t)(picture->height * (y + 1) / CAMD_GRID_SIDE),
    };
}

/* The number of objects, and the mean size and its deviation in pixels. */
static void draw_cell(struct picture *picture, const json_t *cell, const struct camd_box *box,
                      enum picture_colour colour)
{
    char text[TEXT_BYTES];
    double width = picture->width;
    int32_t gap = (int32_t)picture_text_scale(picture) * 2;
    uint32_t line;
    picture_tint(picture, box, colour, STRENGTH);
    picture_draw_box(picture, box, colour);
    snprintf(text, sizeof(text), "%" PRId64, json_member_int(cell, "count", 0));
    line = picture_draw_text(picture, box->x1 + gap, box->y1 + gap, colour, text);
    snprintf(text, sizeof(text), "%.0f+-%.0f", width * json_member_double(cell, "mean", 0),
             width * json_member_double(cell, "deviation", 0));
    picture_draw_text(picture, box->x1 + gap, box->y1 + gap + (int32_t)line, colour, text);
}

size_t grid_overlay_draw(struct picture *picture, const json_t *cells)
{
    int64_t most = 0;
    size_t drawn = 0;
    for (size_t i = 0; i < CAMD_GRID_SIDE * CAMD_GRID_SIDE; i++) {
        const json_t *cell = json_array_get(json_array_get(cells, i / CAMD_GRID_SIDE), i % CAMD_GRID_SIDE);
        int64_t count = json_member_int(cell, "count", 0);
        most = count > most ? count : most;
    }
    for (size_t i = 0; i < CAMD_GRID_SIDE * CAMD_GRID_SIDE; i++) {
        size_t x = i / CAMD_GRID_SIDE, y = i % CAMD_GRID_SIDE;
        const json_t *cell = json_array_get(json_array_get(cells, x), y);
        const struct camd_box box = cell_box(picture, x, y);
        int64_t count = json_member_int(cell, "count", 0);
        if (count <= 0)
            continue;
        draw_cell(picture, cell, &box, colours[grid_heat(count, most)]);
        drawn++;
    }
    return drawn;
}
