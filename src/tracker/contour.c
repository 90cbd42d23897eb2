#include "tracker/contour.h"

#include <stdbool.h>
#include <string.h>

/*
 * Marks of border pixels. When a row is scanned from the left, the last mark passed tells whether the scan is
 * inside a figure (or in a hole of it) or right of it.
 */
enum {
    BACKGROUND = 0,
    FIGURE = 1,
    BORDER = 2,       /* on a traced border */
    BORDER_RIGHT = -2 /* the same, and the pixel to the right was seen to be outside */
};

enum { DIRECTIONS = 8, EAST = 0, WEST = 4 };

/* Counter-clockwise from the east, y growing downwards. */
static const int STEP_X[DIRECTIONS] = {1, 1, 0, -1, -1, -1, 0, 1};
static const int STEP_Y[DIRECTIONS] = {0, -1, -1, -1, 0, 1, 1, 1};

struct tracer {
    ptrdiff_t step[DIRECTIONS]; /* to the neighbour in the padded picture */
    /* of the border so far, relative to its first pixel, which is the leftmost of the topmost row */
    int min_x, max_x, max_y;
    int64_t doubled_area;
};

size_t contour_picture_bytes(uint32_t width, uint32_t height)
{
    return ((size_t)width + 2 * CONTOUR_PAD) * ((size_t)height + 2 * CONTOUR_PAD);
}

/* The first figure pixel clockwise from the west of start, or -1 when start stands alone. */
static int last_neighbour(const struct tracer *tracer, const int8_t *start)
{
    for (int turn = 1; turn < DIRECTIONS; turn++) {
        int direction = (WEST + DIRECTIONS - turn) % DIRECTIONS;
        if (start[tracer->step[direction]])
            return direction;
    }
    return -1;
}

/*
 * Follows the border from its first pixel (whose western neighbour is background) counter-clockwise, marking
 * it, until it is back there and would leave it as it did at first.
 */
static void trace(struct tracer *tracer, int8_t *start)
{
    tracer->min_x = tracer->max_x = tracer->max_y = 0;
    tracer->doubled_area = 0;
    int back = last_neighbour(tracer, start);
    if (back < 0) {
        *start = BORDER_RIGHT;
        return;
    }
    const int8_t *last = start + tracer->step[back];
    int8_t *pixel = start;
    int x = 0, y = 0;
    for (;;) {
        bool east_is_outside = false;
        int direction = (back + 1) % DIRECTIONS;
        while (!pixel[tracer->step[direction]]) {
            east_is_outside |= direction == EAST;
            direction = (direction + 1) % DIRECTIONS;
        }
        if (east_is_outside)
            *pixel = BORDER_RIGHT;
        else if (*pixel == FIGURE)
            *pixel = BORDER;

        int next_x = x + STEP_X[direction], next_y = y + STEP_Y[direction];
        tracer->doubled_area += (int64_t)x * next_y - (int64_t)next_x * y;
        int8_t *next = pixel + tracer->step[direction];
        if (next == start && pixel == last)
            return;
        pixel = next;
        x = next_x;
        y = next_y;
        back = (direction + WEST) % DIRECTIONS;
        if (x < tracer->min_x)
            tracer->min_x = x;
        if (x > tracer->max_x)
            tracer->max_x = x;
        if (y > tracer->max_y)
            tracer->max_y = y;
    }
}

/* Keeps the contour; when the list is full it takes the place of the smallest one, if that is smaller. */
static void list_add(struct contour_list *list, const struct contour *contour)
{
    list->found++;
    if (list->count < CONTOUR_MAX) {
        list->kept[list->count++] = *contour;
        return;
    }
    struct contour *smallest = &list->kept[0];
    for (uint32_t i = 1; i < CONTOUR_MAX; i++)
        if (list->kept[i].area < smallest->area)
            smallest = &list->kept[i];
    if (contour->area > smallest->area)
        *smallest = *contour;
}

static void trace_and_add(struct tracer *tracer, int8_t *start, uint32_t x, uint32_t y, double min_area,
                          struct contour_list *list)
{
    trace(tracer, start);
    int64_t doubled = tracer->doubled_area;
    struct contour contour = {
        .x = (uint32_t)((int)x + tracer->min_x),
        .y = y,
        .width = (uint32_t)(tracer->max_x - tracer->min_x + 1),
        .height = (uint32_t)(tracer->max_y + 1),
        .area = (double)(doubled < 0 ? -doubled : doubled) / 2.0,
    };
    list->total_area += contour.area;
    if (contour.area > min_area)
        list_add(list, &contour);
}

/* The next column from x on that is not value, eight at a time; width when there is none. */
static uint32_t skip(const int8_t *row, uint32_t x, uint32_t width, int8_t value)
{
    const uint64_t same = UINT64_C(0x0101010101010101) * (uint8_t)value;
    uint64_t eight;
    for (; x + sizeof(eight) <= width; x += (uint32_t)sizeof(eight)) {
        memcpy(&eight, row + x, sizeof(eight));
        if (eight != same)
            break;
    }
    while (x < width && row[x] == value)
        x++;
    return x;
}

/*
 * Scans a row for the left ends of figures: a figure that begins right of all others (not in a hole of one)
 * and bears no mark yet is traced.
 */
static void scan_row(struct tracer *tracer, int8_t *row, uint32_t y, uint32_t width, double min_area,
                     struct contour_list *list)
{
    bool inside = false;
    uint32_t x = skip(row, 0, width, BACKGROUND);
    while (x < width) {
        if (row[x] == FIGURE && !inside)
            trace_and_add(tracer, row + x, x, y, min_area, list);
        while (x < width && row[x] != BACKGROUND) {
            if (row[x] == FIGURE) {
                x = skip(row, x, width, FIGURE);
            } else {
                inside = row[x] == BORDER;
                x++;
            }
        }
        x = skip(row, x, width, BACKGROUND);
    }
}

void contour_find(int8_t *picture, uint32_t width, uint32_t height, double min_area,
                  struct contour_list *list)
{
    ptrdiff_t stride = (ptrdiff_t)width + 2 * CONTOUR_PAD;
    struct tracer tracer;
    for (int direction = 0; direction < DIRECTIONS; direction++)
        tracer.step[direction] = STEP_X[direction] + STEP_Y[direction] * stride;

    list->total_area = 0.0;
    list->found = list->count = 0;
    for (uint32_t y = 0; y < height; y++)
        scan_row(&tracer, picture + (ptrdiff_t)(y + CONTOUR_PAD) * stride + CONTOUR_PAD, y, width, min_area,
                 list);
}
