#include "web/picture_width.h"

static const uint32_t steps[PICTURE_WIDTHS] = {160, 240, 320, 480, 640, 960, 1280, 1920};

size_t picture_width_step(uint32_t wanted)
{
    size_t step = 0;
    while (step < PICTURE_WIDTHS - 1 && steps[step] < wanted)
        step++;
    return step;
}

void picture_width_scale(size_t step, uint32_t frame_width, uint32_t frame_height, uint32_t *width,
                         uint32_t *height)
{
    const uint32_t wide = steps[step];
    if (wide >= frame_width) {
        *width = frame_width;
        *height = frame_height;
        return;
    }
    const uint64_t high = ((uint64_t)frame_height * wide + frame_width) / (2 * (uint64_t)frame_width) * 2;

    *width = wide;
    *height = high < 2 ? 2 : (uint32_t)high;
}
