#include "tracker/light.h"

#include <string.h>

enum {
    REACH = 2, /* of the window to each side */
    WINDOW = 2 * REACH + 1,
    NINTH = 57 << 7, /* of 2^16: the upper half of a product of 16 bits, which vectors have everywhere */
    NINTH_SHIFT = 16,
    DARK = 8, /* nearer to black or white structure is lost to the sensor, not to a thing */
    BRIGHT = 247,
};

/* The energy that counts, of a window, in squares of the threshold: half of what an edge of that height has there. */
#define NEW_ENERGY  0.5F
#define LOST_ENERGY 1.0F
/* And the part of all its energy there: a correlation of 0.7. */
#define SHARE 0.5F

/* Sums over the structures of both pictures: now * now, before * before, now * before. */
enum { NOW, BEFORE, BOTH, PRODUCTS };

/* The room's parts. A row is as wide as the area with REACH columns more on each side, as far as the picture goes. */
struct room {
    uint32_t left, width;  /* columns of the picture */
    size_t row;            /* numbers from one row to the next */
    int32_t *products;     /* of the last WINDOW rows, PRODUCTS rows each */
    int32_t *columns;      /* their sums: PRODUCTS rows, with REACH zeros at each end */
    int32_t *windows;      /* sums of the columns in each window of a row: PRODUCTS rows */
    float *gained, *lost;  /* of a row: what speaks for a thing */
    int16_t *sums;         /* of three pixels above each other, with one more at each end */
    int16_t *now, *before; /* a row's structure */
};

static size_t row_length(uint32_t width)
{
    return ((size_t)width + 2 * REACH + 3) / 4 * 4;
}

static size_t room_bytes(size_t row)
{
    return row * (PRODUCTS * (WINDOW + 2) * sizeof(int32_t) + 2 * sizeof(float) + 3 * sizeof(int16_t));
}

size_t light_room_bytes(uint32_t width)
{
    return room_bytes(row_length(width));
}

static struct room divide(const struct light_pictures *pictures, const struct light_area *area, void *memory)
{
    uint32_t left = area->x > REACH ? area->x - REACH : 0, right = area->x + area->width + REACH;
    if (right > pictures->width)
        right = pictures->width;
    struct room room = {
        .left = left, .width = right - left, .row = row_length(right - left), .products = memory};
    memset(memory, 0, room_bytes(room.row));
    room.columns = room.products + room.row * PRODUCTS * WINDOW;
    room.windows = room.columns + room.row * PRODUCTS;
    room.gained = (float *)(room.windows + room.row * PRODUCTS);
    room.lost = room.gained + room.row;
    room.sums = (int16_t *)(room.lost + room.row);
    room.now = room.sums + room.row;
    room.before = room.now + room.row;
    return room;
}

/* ---- structure, and its products in windows ---------------------------------------------------------------------- */

/*
 * Indices within a row are size_t: x + 1 of a narrower one may wrap, which leaves the compiler nothing but to fetch each
 * sample by itself.
 */

/* Beyond the edges the picture goes on with its last pixel. */
static void sum_three(const struct room *room, const struct light_pictures *pictures, const uint8_t *middle,
                      uint32_t y)
{
    const uint8_t *above = y > 0 ? middle - pictures->width : middle,
                  *below = y + 1 < pictures->height ? middle + pictures->width : middle;
    int16_t *restrict sums = room->sums;
    size_t width = room->width, first = room->left > 0 ? 0 : 1,
           end = width + (room->left + width < pictures->width ? 2 : 1);
    for (size_t x = first; x < end; x++) {
        ptrdiff_t at = (ptrdiff_t)x - 1;
        sums[x] = (int16_t)(above[at] + middle[at] + below[at]);
    }
    if (first == 1)
        sums[0] = sums[1];
    if (end == width + 1)
        sums[end] = sums[end - 1];
}

static void find_structure(const struct room *room, const struct light_pictures *pictures,
                           const uint8_t *picture, uint32_t y, int16_t *restrict structure)
{
    const uint8_t *restrict middle = picture + (size_t)y * pictures->width + room->left;
    const int16_t *restrict sums = room->sums;
    uint32_t width = room->width;
    sum_three(room, pictures, middle, y);
    for (size_t x = 0; x < width; x++) {
        int16_t nine = (int16_t)(sums[x] + sums[x + 1] + sums[x + 2]);
        int16_t mean = (int16_t)(nine * NINTH >> NINTH_SHIFT);
        structure[x] = (int16_t)(middle[x] - mean);
    }
}

/* Takes a product into the sums of the columns, in the place of the one that leaves the window. */
static void replace(int32_t *restrict columns, int32_t *restrict old, const int16_t *restrict a,
                    const int16_t *restrict b, uint32_t width)
{
    for (size_t x = 0; x < width; x++) {
        int32_t product = a[x] * b[x];
        columns[x] += product - old[x];
        old[x] = product;
    }
}

static void take_products(const struct room *room, uint32_t y, int kind, const int16_t *a, const int16_t *b)
{
    replace(room->columns + room->row * (size_t)kind + REACH,
            room->products + room->row * (size_t)(PRODUCTS * (y % WINDOW) + (uint32_t)kind), a, b,
            room->width);
}

/* Row y comes into the window and y - WINDOW leaves it. */
static void advance(const struct room *room, const struct light_pictures *pictures, uint32_t y)
{
    if (y < pictures->height) {
        find_structure(room, pictures, pictures->now, y, room->now);
        find_structure(room, pictures, pictures->before, y, room->before);
    } else {
        memset(room->now, 0, room->width * sizeof(*room->now));
        memset(room->before, 0, room->width * sizeof(*room->before));
    }
    take_products(room, y, NOW, room->now, room->now);
    take_products(room, y, BEFORE, room->before, room->before);
    take_products(room, y, BOTH, room->now, room->before);
}

static void sum_windows(const int32_t *restrict columns, int32_t *restrict windows, uint32_t width)
{
    for (size_t x = 0; x < width; x++)
        windows[x] = columns[x] + columns[x + 1] + columns[x + 2] + columns[x + 3] + columns[x + 4];
}

/* ---- verdicts ------------------------------------------------------------------------------------------------------ */

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/*
 * What of a window's energy light does not explain, less what is allowed: above 0 a thing shows. With n and b the energies
 * and m what they have in common, n - m * m / b is new. All is multiplied by the divisor, at least 1.
 */
static void weigh(const int32_t *restrict energies, const int32_t *restrict divisors,
                  const int32_t *restrict commons, int32_t least, float *restrict weights, uint32_t width)
{
    for (size_t x = 0; x < width; x++) {
        float divisor = (float)larger(divisors[x], 1), common = (float)larger(commons[x], 0);
        float allowed = SHARE * (float)larger(energies[x], least);
        weights[x] = ((float)energies[x] - allowed) * divisor - common * common;
    }
}

static void judge_row(const struct room *room, const struct light_pictures *pictures,
                      const struct light_area *area, uint32_t y)
{
    size_t row = room->row;
    for (size_t i = 0; i < PRODUCTS; i++)
        sum_windows(room->columns + row * i, room->windows + row * i, room->width);
    const int32_t *now = room->windows + row * NOW, *before = room->windows + row * BEFORE,
                  *both = room->windows + row * BOTH;
    float square = (float)pictures->threshold * (float)pictures->threshold;
    weigh(now, before, both, (int32_t)(NEW_ENERGY / SHARE * square), room->gained, room->width);
    weigh(before, now, both, (int32_t)(LOST_ENERGY / SHARE * square), room->lost, room->width);

    const float *restrict gained = room->gained + (area->x - room->left), *restrict lost =
                                                                              room->lost +
                                                                              (area->x - room->left);
    const uint8_t *restrict picture = pictures->now + (size_t)y * pictures->width + area->x;
    uint8_t *restrict changed = pictures->changed + y * pictures->stride + area->x;
    uint32_t width = area->width;
    for (size_t x = 0; x < width; x++) {
        uint8_t is_exposed = (uint8_t)(picture[x] - DARK) < BRIGHT - DARK;
        changed[x] &= (uint8_t)((gained[x] > 0.0F) | ((lost[x] > 0.0F) & is_exposed));
    }
}

void light_clear(const struct light_pictures *pictures, const struct light_area *area, void *memory)
{
    struct room room = divide(pictures, area, memory);
    uint32_t end = area->y + area->height;
    for (uint32_t y = area->y > REACH ? area->y - REACH : 0; y < end + REACH; y++) {
        advance(&room, pictures, y);
        if (y >= area->y + REACH)
            judge_row(&room, pictures, area, y - REACH);
    }
}
