#include "tracker/restless.h"

#include <string.h>

enum {
    MEMORY_SHIFT = 7, /* 128 pictures, about */
    ALWAYS = UINT16_MAX,
    RAISE = 10,       /* thresholds more for a pixel that always turns */
    RAISE_MOST = 3,   /* but at most so many */
    SMALL_PART = 100, /* of the picture: a contour's box that is larger is no drop */
    GROWTH = 1,       /* pixels, and half of its size: so far may it have moved */
};

static const double SUDDEN_SHARE = 0.03; /* of a picture in the mean */
static const double SUDDEN_USUAL = 0.7;  /* contours a picture */

/* How many levels more it takes: RAISE thresholds for what always turns. In 16 bits, which are quick. */
static uint16_t raise_of(uint16_t restless, uint8_t threshold)
{
    uint16_t part = (uint16_t)((restless >> 8) * threshold);
    _Static_assert(RAISE == 10, "8 and 2 of 256");
    return (uint16_t)((part >> 5) + (part >> 7));
}

/* Marks what differs by more than it has to; tells whether anything does. */
static uint8_t mark(const struct restless_row *row, uint8_t threshold)
{
    const uint8_t *restrict picture = row->picture, *restrict levels = row->levels;
    const uint16_t *restrict restless = row->restless;
    uint8_t *restrict changed = row->changed;
    uint32_t width = row->width;
    uint16_t most = (uint16_t)(threshold * RAISE_MOST);
    uint8_t any = 0;
    for (size_t x = 0; x < width; x++) {
        uint8_t more = picture[x] > levels[x] ? picture[x] : levels[x];
        uint8_t less = picture[x] > levels[x] ? levels[x] : picture[x];
        uint16_t raise = raise_of(restless[x], threshold);
        raise = raise < most ? raise : most;
        changed[x] = (uint16_t)(more - less) > (uint16_t)(raise + threshold);
        any |= changed[x];
    }
    return any;
}

static void remember(const struct restless_row *row, uint8_t threshold)
{
    const uint8_t *restrict picture = row->picture, *restrict levels = row->levels;
    uint8_t *restrict differed = row->differed;
    uint16_t *restrict restless = row->restless;
    uint32_t width = row->width;
    for (size_t x = 0; x < width; x++) {
        uint8_t more = picture[x] > levels[x] ? picture[x] : levels[x];
        uint8_t less = picture[x] > levels[x] ? levels[x] : picture[x];
        uint8_t differs = (uint8_t)(more - less) > threshold, turned = differs ^ differed[x];
        restless[x] =
            (uint16_t)(restless[x] - (restless[x] >> MEMORY_SHIFT) + turned * (ALWAYS >> MEMORY_SHIFT));
        differed[x] = differs;
    }
}

bool restless_compare(const struct restless_row *row, uint8_t threshold)
{
    bool any = mark(row, threshold) != 0;
    remember(row, threshold);
    return any;
}

static bool are_near(const struct contour *a, const struct contour *b)
{
    uint32_t reach_x = b->width / 2 + GROWTH, reach_y = b->height / 2 + GROWTH;
    return a->x < b->x + b->width + reach_x && b->x < a->x + a->width + reach_x &&
           a->y < b->y + b->height + reach_y && b->y < a->y + a->height + reach_y;
}

static bool is_sudden(const struct restless_contours *contours, uint32_t pixels,
                      const struct contour *contour)
{
    if ((uint64_t)contour->width * contour->height * SMALL_PART > pixels)
        return false;
    for (uint32_t i = 0; i < contours->count; i++)
        if (are_near(contour, &contours->before[i]))
            return false;
    return true;
}

void restless_filter(struct restless_contours *contours, uint32_t pixels, struct contour_list *list)
{
    struct contour kept[CONTOUR_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (!is_sudden(contours, pixels, &list->kept[i]))
            kept[count++] = list->kept[i];
    uint32_t sudden = list->count - count;
    contours->sudden += SUDDEN_SHARE * (sudden - contours->sudden);
    memcpy(contours->before, list->kept, list->count * sizeof(*list->kept));
    contours->count = list->count;
    if (contours->sudden <= SUDDEN_USUAL)
        return;
    memcpy(list->kept, kept, count * sizeof(*kept));
    list->found -= sudden;
    list->count = count;
}
