/*
 * shot.h - one picture of one camera, with what is to be drawn into it
 *
 * It can be taken again and again, each time a newer one: what camd is asked for is asked for each time, pictures come from
 * shared memory.
 */
#ifndef CAMD_CAMCTL_SHOT_H
#define CAMD_CAMCTL_SHOT_H

#include "camctl/drawing.h"

struct shot {
    struct view view;
    struct drawing drawing;
    json_t *answer; /* to the verb snapshot */
    size_t drawn;   /* boxes, or cells */
};

/*
 * Takes a picture, with a frame that is newer than the last one's; at most wait_ns are waited for it (0: what is
 * there). frame_id: that one, or 0: the newest. Nothing is drawn yet.
 */
enum status shot_take(struct command *command, struct shot *shot, int64_t wait_ns, uint64_t frame_id);
/* Draws into the picture itself. */
void shot_draw(struct shot *shot);
void shot_fini(struct shot *shot);

#endif
