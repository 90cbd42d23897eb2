/*
 * segments.h - the test as a tracker: segments of one camera (memfds) and requests in them
 */
#ifndef CAMD_TESTS_DETECTOR_SEGMENTS_H
#define CAMD_TESTS_DETECTOR_SEGMENTS_H

#include <stdbool.h>

#include "camd/shm.h"
#include "detector/served.h"

struct segments {
    uint32_t width, height;
    struct served_fds fds;
    struct camd_request_ring *in;
    struct camd_answer_ring *out;
    struct camd_detector_block *block; /* of ctl */
    uint64_t last_id;
};

void segments_make(struct segments *segments, uint32_t width, uint32_t height);
void segments_drop(struct segments *segments);

/* Duplicates, for somebody who takes them. */
struct served_fds segments_fds(const struct segments *segments);
/* Fills the tensor with this value and posts it with the frame's region 0,0 to width,height. Its id. */
uint64_t segments_post(struct segments *segments, uint32_t entry, uint8_t value);
/* Whether the entry's request has its answer. */
bool segments_answered(const struct segments *segments, uint32_t entry);
/* Takes the answer: the entry is free again. */
void segments_free(struct segments *segments, uint32_t entry);

#endif
