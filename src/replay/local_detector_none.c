/* In place of local_detector.c in a program that was built without OpenCV. */
#include <errno.h>
#include <stdio.h>

#include "replay/local_detector.h"

int local_detector_open(const json_t *config, uint32_t label_count, bool rgb,
                        struct local_detector **detector, char problem[REPLAY_PROBLEM_BYTES])
{
    (void)config;
    (void)label_count;
    (void)rgb;
    (void)detector;
    snprintf(problem, REPLAY_PROBLEM_BYTES,
             "this camd-replay was built without OpenCV: expected the detector motion, or --detections");
    return -ENOTSUP;
}

void local_detector_close(struct local_detector *detector)
{
    (void)detector;
}

struct replay_detector local_detector_replay(struct local_detector *detector)
{
    (void)detector;
    return (struct replay_detector){0};
}
