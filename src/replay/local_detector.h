/*
 * local_detector.h - a detector's back-end in this process, for a replay
 *
 * The same crops, back-end and conversion as with camd-detector; but every region is looked into, however long it takes, so
 * that the results don't depend on the machine. Without OpenCV (Meson option opencv) there is none.
 */
#ifndef CAMD_REPLAY_LOCAL_DETECTOR_H
#define CAMD_REPLAY_LOCAL_DETECTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "replay/problem.h"
#include "replay/replay.h"

struct local_detector;

/*
 * config: the settings of the detector's process; it must stay. rgb: order of the tensor's colours. 0, or -errno with
 * problem.
 */
int local_detector_open(const json_t *config, uint32_t label_count, bool rgb,
                        struct local_detector **detector, char problem[REPLAY_PROBLEM_BYTES]);
/* NULL is nothing. */
void local_detector_close(struct local_detector *detector);

/* What a replay asks; it ends with the detector. */
struct replay_detector local_detector_replay(struct local_detector *detector);

#endif
