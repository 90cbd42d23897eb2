#include "tracker/appearance.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum {
    SIDE = APPEARANCE_SIDE,
    PIXELS = SIDE * SIDE,
    RADIX_MAX = 4,
    PEAK_REACH = 2, /* pixels about the peak that count for the centroid */
};

/* ---- taking it ---- */

/* The part of a line of `from` units that the index-th of SIDE equal parts covers. */
struct span {
    uint32_t first, last; /* units, last included */
    float first_share, last_share;
};

static struct span span_of(uint32_t index, uint32_t from)
{
    double begin = (double)index * from / SIDE, end = (double)(index + 1) * from / SIDE;
    struct span span = {.first = (uint32_t)begin, .last = (uint32_t)ceil(end) - 1};
    if (span.last >= from)
        span.last = from - 1;
    if (span.first >= span.last) {
        span.last = span.first;
        span.first_share = (float)(end - begin);
        return span;
    }
    span.first_share = (float)(span.first + 1.0 - begin);
    span.last_share = (float)(end - span.last);
    return span;
}

static float share_at(const struct span *span, uint32_t unit)
{
    return unit == span->first ? span->first_share : unit == span->last ? span->last_share : 1.0F;
}

static void add_row(float *sum, const uint8_t *row, uint32_t width, float share)
{
    for (uint32_t x = 0; x < width; x++)
        sum[x] += share * row[x];
}

static void reduce(const uint8_t *luma, uint32_t stride, uint32_t width, uint32_t height,
                   float reduced[SIDE][SIDE])
{
    float sum[CAMD_SIZE_MAX];
    struct span spans[SIDE];
    for (uint32_t x = 0; x < SIDE; x++)
        spans[x] = span_of(x, width);
    float scale = (float)((double)PIXELS / ((double)width * height));
    for (uint32_t y = 0; y < SIDE; y++) {
        struct span rows = span_of(y, height);
        memset(sum, 0, width * sizeof(*sum));
        for (uint32_t row = rows.first; row <= rows.last; row++)
            add_row(sum, luma + (size_t)row * stride, width, share_at(&rows, row));
        for (uint32_t x = 0; x < SIDE; x++) {
            const struct span *columns = &spans[x];
            float value = 0.0F;
            for (uint32_t column = columns->first; column <= columns->last; column++)
                value += share_at(columns, column) * sum[column];
            reduced[y][x] = rintf(value * scale);
        }
    }
}

/* 3x3 Gaussian of sigma 0.5; at the border the picture is mirrored about its outermost pixels. */
static void blur(float picture[SIDE][SIDE], struct appearance *appearance)
{
    static const float CENTRE = 0.78698604F, NEIGHBOUR = 0.10650698F;
    float line[SIDE + 2];
    for (int y = 0; y < SIDE; y++) {
        const float *above = picture[y > 0 ? y - 1 : 1], *below = picture[y < SIDE - 1 ? y + 1 : SIDE - 2];
        for (int x = 0; x < SIDE; x++)
            line[x + 1] = CENTRE * picture[y][x] + NEIGHBOUR * (above[x] + below[x]);
        line[0] = line[2];
        line[SIDE + 1] = line[SIDE - 1];
        for (int x = 0; x < SIDE; x++)
            appearance->levels[y][x] =
                (uint8_t)(CENTRE * line[x + 1] + NEIGHBOUR * (line[x] + line[x + 2]) + 0.5F);
    }
}

static int32_t clamp(int32_t value, int32_t least, int32_t most)
{
    return value < least ? least : value > most ? most : value;
}

void appearance_take(const uint8_t *luma, uint32_t frame_width, uint32_t frame_height,
                     const struct camd_box *box, struct appearance *appearance)
{
    float reduced[SIDE][SIDE];
    int32_t right = (int32_t)frame_width, bottom = (int32_t)frame_height;
    int32_t x1 = clamp(box->x1, 0, right - 1), y1 = clamp(box->y1, 0, bottom - 1);
    int32_t x2 = clamp(box->x2, x1 + 1, right), y2 = clamp(box->y2, y1 + 1, bottom);
    reduce(luma + (size_t)y1 * frame_width + x1, frame_width, (uint32_t)(x2 - x1), (uint32_t)(y2 - y1),
           reduced);
    blur(reduced, appearance);
}

/* ---- correlation ---- */

double appearance_correlation(const struct appearance *a, const struct appearance *b)
{
    const uint8_t *p = a->levels[0], *q = b->levels[0];
    uint32_t sum_p = 0, sum_q = 0, sum_pp = 0, sum_qq = 0, sum_pq = 0;
    for (int i = 0; i < PIXELS; i++) {
        uint32_t x = p[i], y = q[i];
        sum_p += x;
        sum_q += y;
        sum_pp += x * x;
        sum_qq += y * y;
        sum_pq += x * y;
    }
    double mean_p = (double)sum_p / PIXELS, mean_q = (double)sum_q / PIXELS;
    double p_variance = sum_pp - mean_p * sum_p, q_variance = sum_qq - mean_q * sum_q;
    bool p_is_flat = p_variance < 0.5, q_is_flat = q_variance < 0.5; /* sums of squares of levels */
    if (p_is_flat || q_is_flat)
        return p_is_flat && q_is_flat ? 1.0 : 0.0;
    return (sum_pq - mean_p * sum_q) / sqrt(p_variance * q_variance);
}

/* ---- shift ---- */

/* Complex numbers, real and imaginary parts apart, so that whole rows are worked on at a time. */
struct plane {
    float re[SIDE][SIDE], im[SIDE][SIDE];
};

/*
 * The transform along the columns, in Stockham's order: in each stage every row is a sum of `radix` rows of the stage
 * before, each by one complex factor.
 */
static const struct stage {
    int radix;
} stages[] = {{4}, {4}, {3}, {2}};
enum { STAGES = sizeof(stages) / sizeof(stages[0]) };

static struct {
    int source[RADIX_MAX];
    float re[RADIX_MAX], im[RADIX_MAX];
} terms[STAGES][SIDE];
static float hann[SIDE];

static const double TURN = 6.283185307179586;

static void make_tables(void)
{
    int length = SIDE, stride = 1;
    for (int i = 0; i < STAGES; i++) {
        int radix = stages[i].radix, part = length / radix;
        for (int p = 0; p < part; p++)
            for (int k = 0; k < radix; k++)
                for (int q = 0; q < stride; q++)
                    for (int j = 0; j < radix; j++) {
                        int row = q + stride * (radix * p + k);
                        double angle = -TURN * ((double)j * k / radix + (double)p * k / length);
                        terms[i][row].source[j] = q + stride * (p + part * j);
                        terms[i][row].re[j] = (float)cos(angle);
                        terms[i][row].im[j] = (float)sin(angle);
                    }
        length = part;
        stride *= radix;
    }
    for (int i = 0; i < SIDE; i++)
        hann[i] = (float)(0.5 - 0.5 * cos(TURN * i / (SIDE - 1)));
}

/* Two terms at a time: a sum is read and written half as often. */
static void add_terms(float *restrict re, float *restrict im, const struct plane *from, int first, int second,
                      const float *factor_re, const float *factor_im)
{
    const float *restrict a_re = from->re[first], *restrict a_im = from->im[first];
    const float *restrict b_re = from->re[second], *restrict b_im = from->im[second];
    const float p_re = factor_re[0], p_im = factor_im[0], q_re = factor_re[1], q_im = factor_im[1];
    for (int x = 0; x < SIDE; x++) {
        re[x] += p_re * a_re[x] - p_im * a_im[x] + q_re * b_re[x] - q_im * b_im[x];
        im[x] += p_re * a_im[x] + p_im * a_re[x] + q_re * b_im[x] + q_im * b_re[x];
    }
}

/* The result is in from again: the number of stages is even. */
static void transform_columns(struct plane *from, struct plane *to)
{
    for (int i = 0; i < STAGES; i++) {
        for (int row = 0; row < SIDE; row++) {
            float re[SIDE] = {0}, im[SIDE] = {0};
            /* of an odd number of terms, the last pair's second has the factor 0 */
            for (int j = 0; j < stages[i].radix; j += 2)
                add_terms(re, im, from, terms[i][row].source[j], terms[i][row].source[j + 1],
                          terms[i][row].re + j, terms[i][row].im + j);
            memcpy(to->re[row], re, sizeof(re));
            memcpy(to->im[row], im, sizeof(im));
        }
        struct plane *next = from;
        from = to;
        to = next;
    }
}

static void transpose(float matrix[SIDE][SIDE])
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < y; x++) {
            float value = matrix[y][x];
            matrix[y][x] = matrix[x][y];
            matrix[x][y] = value;
        }
}

/* In both directions; what comes out is transposed. */
static void transform(struct plane *plane, struct plane *work)
{
    transform_columns(plane, work);
    transpose(plane->re);
    transpose(plane->im);
    transform_columns(plane, work);
}

/*
 * spectrum: of a + i b, both real. Puts in its place the cross-power spectrum A conj(B), each value of length 1; and its
 * conjugate, so that another forward transform is the inverse one.
 */
static void cross_power(const struct plane *spectrum, struct plane *power)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            int v = (SIDE - y) % SIDE, u = (SIDE - x) % SIDE;
            float re = spectrum->re[y][x], im = spectrum->im[y][x];
            float mirrored_re = spectrum->re[v][u], mirrored_im = -spectrum->im[v][u];
            float a_re = (re + mirrored_re) / 2, a_im = (im + mirrored_im) / 2;
            float b_re = (im - mirrored_im) / 2, b_im = -(re - mirrored_re) / 2;
            float c_re = a_re * b_re + a_im * b_im, c_im = a_im * b_re - a_re * b_im;
            float length = sqrtf(c_re * c_re + c_im * c_im);
            power->re[y][x] = length > 0.0F ? c_re / length : 0.0F;
            power->im[y][x] = length > 0.0F ? -c_im / length : 0.0F;
        }
}

/* Of the pixels about the peak by their values, from the middle, once the quadrants are exchanged: a fraction of the side. */
static double shift_of_peak(float surface[SIDE][SIDE])
{
    enum { MIDDLE = SIDE / 2 };
    int peak_x = 0, peak_y = 0;
    float peak = surface[0][0];
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            if (surface[y][x] > peak) {
                peak = surface[y][x];
                peak_x = x;
                peak_y = y;
            }
    peak_x = (peak_x + MIDDLE) % SIDE;
    peak_y = (peak_y + MIDDLE) % SIDE;
    double sum = 0.0, sum_x = 0.0, sum_y = 0.0;
    for (int y = clamp(peak_y - PEAK_REACH, 0, SIDE - 1); y <= clamp(peak_y + PEAK_REACH, 0, SIDE - 1); y++)
        for (int x = clamp(peak_x - PEAK_REACH, 0, SIDE - 1); x <= clamp(peak_x + PEAK_REACH, 0, SIDE - 1);
             x++) {
            double value = surface[(y + MIDDLE) % SIDE][(x + MIDDLE) % SIDE];
            sum += value;
            sum_x += value * x;
            sum_y += value * y;
        }
    if (!(sum > 0.0))
        return 0.0;
    double shift = hypot(sum_x / sum - MIDDLE, sum_y / sum - MIDDLE) / SIDE;
    return shift < 1.0 ? shift : 1.0;
}

double appearance_shift(const struct appearance *a, const struct appearance *b)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct plane plane, work;
    pthread_once(&once, make_tables);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            plane.re[y][x] = a->levels[y][x] * hann[y] * hann[x];
            plane.im[y][x] = b->levels[y][x] * hann[y] * hann[x];
        }
    transform(&plane, &work);
    cross_power(&plane, &work);
    transform(&work, &plane);
    return shift_of_peak(work.re);
}
