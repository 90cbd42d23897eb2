/*
 * stream_changes.h - how often a stream may become another one: at once the first time, then ever more seldom
 *
 * New segments are work for the whole machine, and a tracker that gets them begins again. A camera that changes the size
 * of its pictures for ever must not cost more than one that does so twice a minute. Pure: the time is an argument.
 */
#ifndef CAMD_DAEMON_CAMERA_STREAM_CHANGES_H
#define CAMD_DAEMON_CAMERA_STREAM_CHANGES_H

#include <stdint.h>

enum {
    STREAM_CHANGES_FIRST_MS = 1000, /* between the first change and the second; doubles with each */
    STREAM_CHANGES_MOST_MS = 30000,
    STREAM_CHANGES_FORGET_MS = 60000, /* without one: the next is the first again */
};

/* All zero: there was none. */
struct stream_changes {
    unsigned int in_a_row;
    int64_t last_ms;
};

/* How long the next one has to wait; 0: not at all. */
int64_t stream_changes_wait_ms(const struct stream_changes *changes, int64_t now_ms);
/* It is made now. */
void stream_changes_count(struct stream_changes *changes, int64_t now_ms);

#endif
