/* movers_scene.h - a noisy wall, picture by picture, and what moves before it */
#ifndef CAMD_TESTS_TRACKER_MOVERS_SCENE_H
#define CAMD_TESTS_TRACKER_MOVERS_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tracker/movers.h"

enum { WIDTH = 640, HEIGHT = 480, FPS = 10, LEARN_FRAMES = 40, PERSON_WIDTH = 30, PERSON_HEIGHT = 80 };

extern struct movers movers;
extern struct tracks tracks;
extern struct detection_list found; /* in the last picture */
extern struct mask_polygon masks[1];
extern size_t mask_count;
extern uint8_t pixels[WIDTH * HEIGHT * 3 / 2]; /* the picture */
extern uint32_t noise;                         /* its next value */
extern int light;                              /* levels that the wall is lighter */
extern bool light_is_motion;                   /* motion_ignore_light = no */

int set_up(void **state);
int tear_down(void **state);

/* The wall. */
void begin_picture(void);
/* What is drawn stands before it. */
void draw(int32_t x, int32_t y, int32_t width, int32_t height, uint8_t level);
struct camd_box person(int32_t x, int32_t y, uint8_t level);
/* Stripes, or a fence, which are in the scene along any outline. */
void draw_stripes(void);
/* As if the camera let in so many times as much light. */
void expose(double times);

/* Finds and tracks what is in the picture. */
void look(void);
void learn_the_wall(void);
/* What is seen of a person who walks, of all the pictures since he can be known. stripes: he walks before them. */
void walk_and_be_seen(uint8_t level, bool stripes);

/* Tracks that are there. */
uint32_t present(void);
/* The id of the track that is there; 0: none. */
uint64_t track_at(const struct camd_box *box, double least);
/* A track is there, with the same id each time; *id: 0 before the first one. */
void expect_followed(const struct camd_box *box, uint64_t *id);
/* Whether what was found in the picture may begin a track. */
bool any_is_believed(void);

#define MOVERS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
