#include "daemon/camera/quality.h"

#define BYTES_A_MS_MOST INT64_C(1250000) /* ten gigabits a second */

static const struct {
    uint32_t first, count; /* steps */
    int64_t step_ms;
} spans[QUALITY_SPANS] = {
    [QUALITY_HOUR] = {0, QUALITY_HOUR_STEPS, 600000},
    [QUALITY_DAY] = {QUALITY_HOUR_STEPS, QUALITY_DAY_STEPS, 7200000},
};

static void clear_step(struct quality *quality, uint32_t step)
{
    quality->kilobytes[step] = 0;
    quality->measured_s[step] = quality->dark_s[step] = 0;
    for (int what = 0; what < QUALITY_COUNTS; what++)
        quality->counts[what][step] = 0;
}

/* Where the step of that number is. */
static uint32_t place_of(int span, uint32_t number)
{
    return spans[span].first + number % spans[span].count;
}

/* Steps that have begun since the last time are empty. */
static void go_on(struct quality *quality, int64_t now_ms)
{
    for (int span = 0; span < QUALITY_SPANS; span++) {
        const uint32_t number = (uint32_t)(now_ms / spans[span].step_ms);
        if (number - quality->step[span] > spans[span].count)
            quality->step[span] = number - spans[span].count;
        while (quality->step[span] != number)
            clear_step(quality, place_of(span, ++quality->step[span]));
    }
}

static void add(uint16_t *sum, int64_t more)
{
    *sum = (uint16_t)(*sum + more > UINT16_MAX ? UINT16_MAX : *sum + more);
}

static void add_wide(uint32_t *sum, uint64_t more)
{
    *sum = more > UINT32_MAX - *sum ? UINT32_MAX : *sum + (uint32_t)more;
}

void quality_count(struct quality *quality, enum quality_count what, int64_t now_ms)
{
    go_on(quality, now_ms);
    quality->total_counts[what]++;
    for (int span = 0; span < QUALITY_SPANS; span++)
        add(&quality->counts[what][place_of(span, quality->step[span])], 1);
}

/* ---- darkness ---- */

/* Of a time that ends now and lasted for seconds, what each step has of it. */
static void add_dark(struct quality *quality, int span, int64_t seconds, int64_t now_ms)
{
    int64_t end_ms = now_ms, left_ms = seconds * 1000;
    for (uint32_t i = 0; i < spans[span].count && left_ms > 0; i++) {
        const int64_t begin_ms = end_ms - 1 - (end_ms - 1) % spans[span].step_ms;
        const int64_t part_ms = end_ms - begin_ms < left_ms ? end_ms - begin_ms : left_ms;
        add(&quality->dark_s[place_of(span, (uint32_t)(begin_ms / spans[span].step_ms))],
            (part_ms + 500) / 1000);
        left_ms -= part_ms;
        end_ms = begin_ms;
    }
}

/* The darkness until now is in the steps. */
static void settle_dark(struct quality *quality, int64_t now_ms)
{
    const int64_t passed_ms = now_ms - quality->dark_ms + quality->dark_rest_ms;
    go_on(quality, now_ms);
    for (int span = 0; span < QUALITY_SPANS; span++)
        add_dark(quality, span, passed_ms / 1000, now_ms);
    quality->total_dark_s += (uint32_t)(passed_ms / 1000);
    quality->dark_rest_ms = (uint16_t)(passed_ms % 1000);
    quality->dark_ms = now_ms;
}

void quality_dark(struct quality *quality, int64_t since_ms, bool is_failure, int64_t now_ms)
{
    if (quality->dark_ms == 0)
        quality->dark_ms = since_ms;
    if (is_failure && !quality->is_out) {
        quality->is_out = true;
        quality_count(quality, QUALITY_OUTAGES, now_ms);
    }
}

void quality_light(struct quality *quality, int64_t now_ms)
{
    if (quality->dark_ms > 0)
        settle_dark(quality, now_ms);
    quality->dark_ms = 0;
    quality->is_out = false;
}

/* ---- bytes ---- */

static void add_bytes(struct quality *quality, uint64_t more, int64_t passed_ms)
{
    for (int span = 0; span < QUALITY_SPANS; span++) {
        const uint32_t place = place_of(span, quality->step[span]);
        add_wide(&quality->kilobytes[place], more / 1000);
        add(&quality->measured_s[place], (passed_ms + 500) / 1000);
    }
}

void quality_bytes(struct quality *quality, uint64_t bytes, int64_t now_ms)
{
    const int64_t passed_ms = now_ms - quality->bytes_ms;
    const bool begins_again = bytes < quality->bytes;
    uint64_t more = begins_again ? bytes : bytes - quality->bytes;
    go_on(quality, now_ms);
    if (quality->bytes_ms > 0 && passed_ms < 1000)
        return; /* times are counted in seconds */
    if (quality->bytes_ms > 0 && more <= (uint64_t)(passed_ms * BYTES_A_MS_MOST)) {
        add_bytes(quality, more, passed_ms);
        more %= 1000; /* is for the next time */
    } else {
        more = 0;
    }
    quality->bytes = bytes - more;
    quality->bytes_ms = now_ms;
}

void quality_bytes_end(struct quality *quality)
{
    quality->bytes_ms = 0;
}

/* ---- sums ---- */

void quality_sum(const struct quality *quality, enum quality_span span, int64_t now_ms,
                 struct quality_sum *sum)
{
    struct quality now = *quality;
    uint64_t kilobytes = 0, measured_s = 0;
    go_on(&now, now_ms);
    if (now.dark_ms > 0)
        settle_dark(&now, now_ms);
    *sum = (struct quality_sum){.kilobits_a_second = -1.0};
    for (uint32_t step = spans[span].first; step < spans[span].first + spans[span].count; step++) {
        for (int what = 0; what < QUALITY_COUNTS; what++)
            sum->counts[what] += now.counts[what][step];
        sum->dark_s += now.dark_s[step];
        kilobytes += now.kilobytes[step];
        measured_s += now.measured_s[step];
    }
    if (measured_s > 0)
        sum->kilobits_a_second = 8.0 * (double)kilobytes / (double)measured_s;
}

void quality_total(const struct quality *quality, int64_t now_ms, struct quality_sum *sum)
{
    struct quality now = *quality;
    if (now.dark_ms > 0)
        settle_dark(&now, now_ms);
    *sum = (struct quality_sum){.dark_s = now.total_dark_s, .kilobits_a_second = -1.0};
    for (int what = 0; what < QUALITY_COUNTS; what++)
        sum->counts[what] = now.total_counts[what];
}
