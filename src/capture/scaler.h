/*
 * scaler.h - libswscale, in whichever of its ways is the quicker one on this processor
 *
 * Where a processor has instructions that gather bytes from many places, libswscale scales rows with them, unless it knows
 * that they are slow there. It does not know that of every processor, nor where a mitigation (of Downfall, for instance) has
 * made them slow; then it takes up to 1.4 times as long as without them. So the first pictures are scaled in both ways by
 * turns, and the quicker one stays. What comes out is the same to the byte.
 */
#ifndef CAMD_CAPTURE_SCALER_H
#define CAMD_CAPTURE_SCALER_H

#include <stdbool.h>
#include <stdint.h>

struct SwsContext;

enum { SCALER_WAYS = 2 };

/* What a scaler is made for. */
struct scaling {
    int source_width, source_height, source_format; /* not one of the old full-range formats */
    int width, height; /* of the result, in AV_PIX_FMT_YUV420P and limited range */
    bool from_full_range;
};

struct scaler {
    struct scaling scaling;
    struct SwsContext *ways[SCALER_WAYS]; /* NULL: not made yet, or not needed any more */
    int64_t least_ns[SCALER_WAYS];        /* processor time of a picture; 0: none was measured */
    unsigned int pictures;                /* scaled, as long as it is not decided */
    unsigned int way;                     /* the one that stays, when it is decided */
    bool is_decided, is_made;
};

/* Gets it ready for a scaling; what it was ready for before is given up. 0, or AVERROR(EINVAL): it can't be done. */
int scaler_prepare(struct scaler *scaler, const struct scaling *scaling);
/* May be called for one that is all zero. */
void scaler_free(struct scaler *scaler);

/* The rows that were written, or a negative libav error. Data and strides as for sws_scale. */
int scaler_run(struct scaler *scaler, const uint8_t *const from[], const int from_strides[],
               uint8_t *const to[], const int to_strides[]);

/* ---- for tests ---- */

/* A picture took so long in the way whose turn it was; decides when there were enough. */
void scaler_note(struct scaler *scaler, int64_t used_ns);
/* Whose turn it is. */
unsigned int scaler_turn(const struct scaler *scaler);

#endif
