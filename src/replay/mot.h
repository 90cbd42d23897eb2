/*
 * mot.h - detections and tracks as MOTChallenge CSV
 *
 * A box a line: frame,id,left,top,width,height,score and whatever follows; frames count from 1. Source: L. Leal-Taixé et
 * al., MOTChallenge 2015 (2015).
 */
#ifndef CAMD_REPLAY_MOT_H
#define CAMD_REPLAY_MOT_H

#include <stdint.h>
#include <stdio.h>

#include "replay/problem.h"
#include "tracker/detection.h"
#include "tracker/objects.h"

struct mot_row {
    uint64_t frame;
    uint64_t line; /* of the file */
    struct detection detection;
};

/* A file's detections in the order of their frames. Made by mot_read, freed by mot_free. */
struct mot_detections {
    struct mot_row *rows;
    size_t count, next; /* next: the first row of the frames that were not asked for yet */
};

/*
 * All are of the label with index 0. 0, or -errno with FILE:LINE: what is wrong in problem and detections untouched.
 */
int mot_read(struct mot_detections *detections, const char *path, char problem[REPLAY_PROBLEM_BYTES]);
void mot_free(struct mot_detections *detections);

/* 0 when there are none. */
float mot_highest_score(const struct mot_detections *detections);

/* A port (tracker/detection.h) that gives those of a frame, whatever the regions; frames are asked for in rising order. */
struct detection_port mot_port(struct mot_detections *detections);

/* One line for each object that is shown. 0 or -errno. */
int mot_write(FILE *file, uint64_t frame, const struct objects *objects);

#endif
