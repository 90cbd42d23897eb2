/* tracks_scene.h - tracks of people in a frame, one frame after the other */
#ifndef CAMD_TESTS_TRACKER_TRACKS_SCENE_H
#define CAMD_TESTS_TRACKER_TRACKS_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tracker/tracks.h"

enum { FRAME_WIDTH = 640, FRAME_HEIGHT = 480 };

#define SURE 0.95f
#define WEAK 0.3f

extern struct tracks tracks;
/* Of the last frame, and how much later the next one is taken. */
extern int64_t now_ns, step_ns;

void begin(const struct tracks_settings *settings);
void begin_at(double fps);

struct detection person(int32_t x, int32_t y, float score);
/* The next frame, with these. */
void see(const struct detection *detections, uint32_t count);
void see_one(int32_t x, int32_t y, float score);
void see_nothing(int frames);

uint32_t count_tracks(void);
/* The only track there is. */
const struct track *only(void);

#endif
