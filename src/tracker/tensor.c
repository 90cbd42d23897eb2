#include "tracker/tensor.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    GREY = 114,      /* beside the region, in all channels */
    BLACK_LUMA = 16, /* outside of the frame */
    BLACK_CHROMA = 128,
    REGION_GROWTH = 2,   /* a region is at most so many times as large as what it is made for */
    REGION_MIN = 320,    /* the least region's side; regions of small frames are larger than these */
    REGION_ROUNDING = 4, /* to which sides of regions are rounded up */
    WEIGHT_ONE = 256,    /* so that a sum of bytes by weights fits 16 bits */
    WEIGHT_SHIFT = 8,
};

/* ---- sizes ---- */

struct tensor_size tensor_content(uint32_t region_width, uint32_t region_height, uint32_t tensor_width,
                                  uint32_t tensor_height)
{
    double across = (double)tensor_width / region_width, down = (double)tensor_height / region_height;
    double ratio = across < down ? across : down;
    struct tensor_size size = {(uint32_t)lround(region_width * ratio),
                               (uint32_t)lround(region_height * ratio)};
    if (size.width == 0)
        size.width = 1;
    if (size.height == 0)
        size.height = 1;
    return size;
}

struct tensor_plane tensor_luma(const struct camd_box *region)
{
    return (struct tensor_plane){(uint32_t)region->x1, (uint32_t)region->y1,
                                 (uint32_t)(region->x2 - region->x1), (uint32_t)(region->y2 - region->y1)};
}

struct tensor_plane tensor_chroma(const struct camd_box *region)
{
    const struct tensor_plane luma = tensor_luma(region);
    return (struct tensor_plane){luma.x / 2, luma.y / 4 * 2, (luma.width + 1) / 2, (luma.height + 1) / 2};
}

/* ---- memory ---- */

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static bool side_is_good(uint32_t side)
{
    return side >= 1 && side <= CAMD_SIZE_MAX;
}

/* A sample that covers s others has at most 2s + 2 weights. */
static int taps_init(struct tensor_taps *taps, uint32_t samples, uint32_t side_max)
{
    taps->first = calloc(samples, sizeof(*taps->first));
    taps->weights = calloc(2 * ((size_t)side_max + 2 * (size_t)samples), sizeof(*taps->weights));
    return taps->first && taps->weights ? 0 : -ENOMEM;
}

static void taps_fini(struct tensor_taps *taps)
{
    free(taps->first);
    free(taps->weights);
}

int tensor_init(struct tensor_maker *maker, uint32_t frame_width, uint32_t frame_height,
                const struct tensor_format *format)
{
    if (!side_is_good(frame_width) || !side_is_good(frame_height) || !side_is_good(format->width) ||
        !side_is_good(format->height) || frame_width % 2 != 0 || frame_height % 2 != 0)
        return -EINVAL;
    struct tensor_maker made = {.frame_width = frame_width, .frame_height = frame_height, .format = *format};
    uint32_t frame_side = larger(frame_width, frame_height),
             tensor_side = larger(format->width, format->height);
    made.side_max = larger(larger(REGION_GROWTH * frame_side, tensor_side), REGION_MIN) + REGION_ROUNDING;

    /* Behind a line there is black, for as many samples as one can have weights. */
    made.line = malloc(((size_t)frame_width + 2 * ((size_t)made.side_max + 2)) * sizeof(*made.line));
    made.samples = malloc((size_t)format->width * 3);
    int result = made.line && made.samples ? 0 : -ENOMEM;
    for (int plane = 0; plane < 2 && result == 0; plane++) {
        result = taps_init(&made.columns[plane], format->width, made.side_max);
        if (result == 0)
            result = taps_init(&made.rows[plane], format->height, made.side_max);
    }
    if (result < 0)
        tensor_fini(&made);
    else
        *maker = made;
    return result;
}

void tensor_fini(struct tensor_maker *maker)
{
    for (int plane = 0; plane < 2; plane++) {
        taps_fini(&maker->columns[plane]);
        taps_fini(&maker->rows[plane]);
    }
    free(maker->line);
    free(maker->samples);
    memset(maker, 0, sizeof(*maker));
}

/* ---- resizing ---- */

static uint32_t clamped(double position, uint32_t count)
{
    return position <= 0 ? 0 : position >= count - 1 ? count - 1 : (uint32_t)position;
}

/* The weights of one sample around centre: a triangle of this radius. At the picture's border its last sample goes on. */
static void taps_fill_one(struct tensor_taps *taps, uint32_t sample, double centre, double radius,
                          uint32_t source)
{
    uint16_t *weights = taps->weights + (size_t)sample * taps->count;
    double lowest = floor(centre - radius) + 1, sum = 0, given = 0;
    uint32_t first = clamped(lowest, source);
    if (source >= taps->count && first > source - taps->count)
        first = source - taps->count; /* all of them lie in the picture */
    taps->first[sample] = first;
    memset(weights, 0, taps->count * sizeof(*weights));
    for (double at = lowest; at < centre + radius; at++)
        sum += 1 - fabs(at - centre) / radius;
    /* Each weight is the difference of two rounded sums, so that all of them together are exactly one. */
    double total = 0;
    for (double at = lowest; at < centre + radius; at++) {
        total += (1 - fabs(at - centre) / radius) / sum * WEIGHT_ONE;
        double rounded = floor(total + 0.5);
        uint16_t *weight = &weights[clamped(at, source) - first];
        *weight = (uint16_t)(*weight + rounded - given);
        given = rounded;
    }
}

/*
 * Sample i of `samples` stands for the place (i + 1/2) * source / samples - 1/2. Only the first `shown` samples of
 * the source lie in the frame: those that begin behind it begin at its end, where it is as black.
 */
static void taps_fill(struct tensor_taps *taps, uint32_t samples, uint32_t source, uint32_t shown)
{
    double step = (double)source / samples, radius = step > 2 ? step / 2 : 1;
    taps->count = (uint32_t)ceil(2 * radius);
    for (uint32_t i = 0; i < samples; i++) {
        taps_fill_one(taps, i, (i + 0.5) * step - 0.5, radius, source);
        if (taps->first[i] > shown)
            taps->first[i] = shown;
    }
}

/* A plane of the frame, and the region's part of it. */
struct plane {
    const uint8_t *pixels; /* of the region's first sample */
    uint32_t stride;
    uint32_t width, height; /* of what lies in the frame */
    uint8_t black;
};

static struct plane plane_of(const uint8_t *pixels, uint32_t stride, uint32_t rows,
                             const struct tensor_plane *part, uint8_t black)
{
    uint32_t right = stride - part->x, below = rows - part->y;
    return (struct plane){
        .pixels = pixels + (size_t)part->y * stride + part->x,
        .stride = stride,
        .width = part->width < right ? part->width : right,
        .height = part->height < below ? part->height : below,
        .black = black,
    };
}

static void line_add(uint16_t *restrict line, const uint8_t *restrict row, uint16_t weight, uint32_t count)
{
    for (uint32_t x = 0; x < count; x++)
        line[x] = (uint16_t)(line[x] + weight * row[x]);
}

/* One row between the plane's rows, and black behind it. */
static void resize_rows(const struct plane *plane, const struct tensor_taps *rows, uint32_t row,
                        uint32_t behind, uint16_t *line)
{
    const uint16_t *weights = rows->weights + (size_t)row * rows->count;
    memset(line, 0, plane->width * sizeof(*line));
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t y = rows->first[row] + i;
        if (weights[i] == 0)
            continue;
        if (y < plane->height)
            line_add(line, plane->pixels + (size_t)y * plane->stride, weights[i], plane->width);
        else
            for (uint32_t x = 0; x < plane->width; x++)
                line[x] = (uint16_t)(line[x] + weights[i] * plane->black);
    }
    for (uint32_t x = plane->width; x < plane->width + behind; x++)
        line[x] = (uint16_t)(plane->black * WEIGHT_ONE);
}

/* count is known where this is inlined, so that the inner loop is unrolled. */
static inline __attribute__((always_inline)) void resize_line_by(const uint16_t *restrict line,
                                                                 const struct tensor_taps *columns,
                                                                 uint32_t samples, uint8_t *restrict row,
                                                                 uint32_t count)
{
    const uint16_t *weights = columns->weights;
    for (uint32_t x = 0; x < samples; x++, weights += count) {
        const uint16_t *from = line + columns->first[x];
        uint32_t sum = 1U << (2 * WEIGHT_SHIFT - 1);
        for (uint32_t i = 0; i < count; i++)
            sum += (uint32_t)weights[i] * from[i];
        row[x] = (uint8_t)(sum >> (2 * WEIGHT_SHIFT));
    }
}

static void resize_line(const uint16_t *line, const struct tensor_taps *columns, uint32_t samples,
                        uint8_t *row)
{
    switch (columns->count) {
    case 2:
        resize_line_by(line, columns, samples, row, 2);
        break;
    case 3:
        resize_line_by(line, columns, samples, row, 3);
        break;
    case 4:
        resize_line_by(line, columns, samples, row, 4);
        break;
    default:
        resize_line_by(line, columns, samples, row, columns->count);
    }
}

/* ---- colours ---- */

/* BT.601, limited range: the factors of OpenCV's conversion, times 2^13. */
enum {
    BY_Y = 9535,
    BY_U_BLUE = 16531,
    BY_U_GREEN = -3203,
    BY_V_GREEN = -6660,
    BY_V_RED = 13074,
    COLOUR_SHIFT = 13
};

static uint8_t to_byte(int32_t value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void convert_row(const uint8_t *restrict y, const uint8_t *restrict u, const uint8_t *restrict v,
                        uint32_t count, uint32_t red, uint8_t *restrict pixel)
{
    uint32_t blue = 2 - red;
    for (uint32_t x = 0; x < count; x++, pixel += 3) {
        int32_t luma = (y[x] < BLACK_LUMA ? 0 : y[x] - BLACK_LUMA) * BY_Y + (1 << (COLOUR_SHIFT - 1));
        int32_t cb = u[x] - BLACK_CHROMA, cr = v[x] - BLACK_CHROMA;
        pixel[red] = to_byte((luma + BY_V_RED * cr) >> COLOUR_SHIFT);
        pixel[1] = to_byte((luma + BY_U_GREEN * cb + BY_V_GREEN * cr) >> COLOUR_SHIFT);
        pixel[blue] = to_byte((luma + BY_U_BLUE * cb) >> COLOUR_SHIFT);
    }
}

/* ---- a tensor ---- */

static bool region_is_good(const struct tensor_maker *maker, const struct camd_box *region)
{
    const int64_t width = (int64_t)region->x2 - region->x1, height = (int64_t)region->y2 - region->y1;
    return region->x1 >= 0 && region->y1 >= 0 && (uint32_t)region->x1 < maker->frame_width &&
           (uint32_t)region->y1 < maker->frame_height && width >= 1 && height >= 1 &&
           width <= maker->side_max && height <= maker->side_max;
}

static void write_rows(struct tensor_maker *maker, const struct plane planes[3], struct tensor_size content,
                       uint8_t *tensor)
{
    const uint32_t width = maker->format.width, red = maker->format.rgb ? 0 : 2;
    for (uint32_t y = 0; y < content.height; y++, tensor += (size_t)width * 3) {
        for (uint32_t i = 0; i < 3; i++) {
            const struct tensor_taps *columns = &maker->columns[i > 0];
            resize_rows(&planes[i], &maker->rows[i > 0], y, columns->count, maker->line);
            resize_line(maker->line, columns, content.width, maker->samples + (size_t)i * width);
        }
        convert_row(maker->samples, maker->samples + width, maker->samples + 2 * (size_t)width, content.width,
                    red, tensor);
        memset(tensor + (size_t)content.width * 3, GREY, (size_t)(width - content.width) * 3);
    }
}

int tensor_write(struct tensor_maker *maker, const uint8_t *pixels, const struct camd_box *region,
                 uint8_t *tensor)
{
    if (!region_is_good(maker, region))
        return -EINVAL;
    const uint32_t width = maker->frame_width, height = maker->frame_height;
    const struct tensor_plane luma = tensor_luma(region), chroma = tensor_chroma(region);
    const uint8_t *u = pixels + (size_t)width * height, *v = u + (size_t)(width / 2) * (height / 2);
    const struct plane planes[3] = {
        plane_of(pixels, width, height, &luma, BLACK_LUMA),
        plane_of(u, width / 2, height / 2, &chroma, BLACK_CHROMA),
        plane_of(v, width / 2, height / 2, &chroma, BLACK_CHROMA),
    };
    const struct tensor_size content =
        tensor_content(luma.width, luma.height, maker->format.width, maker->format.height);

    taps_fill(&maker->columns[0], content.width, luma.width, planes[0].width);
    taps_fill(&maker->columns[1], content.width, chroma.width, planes[1].width);
    taps_fill(&maker->rows[0], content.height, luma.height, planes[0].height);
    taps_fill(&maker->rows[1], content.height, chroma.height, planes[1].height);
    write_rows(maker, planes, content, tensor);
    size_t shown = (size_t)content.height * maker->format.width * 3;
    memset(tensor + shown, GREY, (size_t)maker->format.height * maker->format.width * 3 - shown);
    return 0;
}
