/* motion_scene.h - a motion detector with a frame of its own, for tests of what it sees */
#ifndef CAMD_TESTS_TRACKER_MOTION_SCENE_H
#define CAMD_TESTS_TRACKER_MOTION_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tracker/motion.h"

/* A detector and a frame for it. */
struct fixture {
    struct motion motion;
    struct motion_settings settings;
    struct motion_outcome outcome;
    uint32_t width, height;
    uint8_t *luma;
};

extern struct fixture f;

void set_up(uint32_t width, uint32_t height, uint32_t motion_height);
void tear_down(void);

void fill(uint8_t level);
void fill_box(uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint8_t level);
/* Levels from first to last over the frame's width. */
void fill_gradient(uint32_t first, uint32_t last);

void detect(void);
void assert_box(uint32_t index, int x1, int y1, int x2, int y2);
void assert_average(float level);

#endif
