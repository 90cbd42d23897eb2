/* failure.h - why capture can't go on: what is told to camd before the exit */
#ifndef CAMD_CAPTURE_FAILURE_H
#define CAMD_CAPTURE_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/worker.h"

struct failure {
    enum camd_stage stage;
    int error;        /* a negative libav error, from which class and hint follow */
    bool remote;      /* the source is on the network */
    char reason[256]; /* in words; "": the error's own text, or FFmpeg's last line where that says more */
};

/* Fills in all of it and returns error. format NULL: no words of our own. */
int failure_set(struct failure *failure, enum camd_stage stage, int error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same for pictures whose size is not one that frames can have. */
int failure_set_size(struct failure *failure, int64_t width, int64_t height);

#endif
