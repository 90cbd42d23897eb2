#include "motion_scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct motion_settings DEFAULTS = {
    .threshold = 30,
    .contour_area = 10,
    .frame_alpha = 0.01,
    .lightning_threshold = 0.8,
    .skip_threshold = 0.0,
    .improve_contrast = true,
};

struct fixture f;

void set_up(uint32_t width, uint32_t height, uint32_t motion_height)
{
    f = (struct fixture){.settings = DEFAULTS, .width = width, .height = height};
    f.luma = calloc(width, height);
    assert_non_null(f.luma);
    assert_int_equal(motion_init(&f.motion, width, height, motion_height), 0);
}

void tear_down(void)
{
    motion_fini(&f.motion);
    free(f.luma);
}

void fill(uint8_t level)
{
    memset(f.luma, level, (size_t)f.width * f.height);
}

void fill_box(uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint8_t level)
{
    for (uint32_t row = y; row < y + height; row++)
        memset(f.luma + (size_t)row * f.width + x, level, width);
}

void fill_gradient(uint32_t first, uint32_t last)
{
    for (uint32_t y = 0; y < f.height; y++)
        for (uint32_t x = 0; x < f.width; x++)
            f.luma[(size_t)y * f.width + x] = (uint8_t)(first + x * (last - first) / (f.width - 1));
}

void detect(void)
{
    motion_detect(&f.motion, &f.settings, f.luma, &f.outcome);
}

void assert_box(uint32_t index, int x1, int y1, int x2, int y2)
{
    assert_true(index < f.outcome.box_count);
    const struct camd_box *box = &f.outcome.boxes[index];
    assert_int_equal(box->x1, x1);
    assert_int_equal(box->y1, y1);
    assert_int_equal(box->x2, x2);
    assert_int_equal(box->y2, y2);
}

void assert_average(float level)
{
    for (uint32_t i = 0; i < f.motion.width * f.motion.height; i++)
        assert_true(fabsf(f.motion.average[i] - level) < 1e-3F);
}
