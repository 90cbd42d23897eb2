/*
 * picture_health.h - whether the camera still sees: pictures that are frozen, black or covered
 *
 * Frozen: nothing new is shown. An encoder sends little of a still scene, but sensors are never quite still: their noise is
 * in each key picture at least. So a picture is new whose bytes are none of those that were shown lately, and it is waited
 * for as long as two intervals of key pictures last, whatever the limit. What was shown lately may come again, since
 * encoders make the same few versions of one picture after each key picture; but these hardly differ, and come to rest: of
 * pictures in which anything moves, as in a short clip that is played again and again, none counts as frozen.
 *
 * Black: all of the picture is, without any noise. A night has some.
 *
 * Covered: hardly any detail is left of it. A cap leaves noise, a hand slopes of brightness; edges and lines are in
 * pictures of any place, however dim or foggy. Single pictures' noise would look like detail: the mean of the last few is
 * taken. Darkness, in which there is no detail either, came slowly or was there before; a cap comes at once.
 *
 * The upper and the lower ninth of the picture, where cameras write their name and the time, are not looked at for the
 * last two. Time counts only while pictures come. Pure: times come in as arguments, in nanoseconds.
 */
#ifndef CAMD_CAPTURE_PICTURE_HEALTH_H
#define CAMD_CAPTURE_PICTURE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/picture_sample.h"

enum {
    PICTURE_SHOWN = 24,    /* versions of one picture that an encoder makes */
    PICTURE_INTERVALS = 4, /* of key pictures, of which the longest one counts */
    PICTURE_SAME_MIN = 5,  /* pictures in a row with nothing new, before they are frozen */
    PICTURE_SUDDEN = 20,   /* or so few pictures before */
};

#define PICTURE_STEP_NS   INT64_C(2000000000)  /* between two pictures no more time than this counts */
#define PICTURE_SUDDEN_NS INT64_C(10000000000) /* what was clear so shortly before became dark at once */

/* In the order in which they explain: of several that hold, the first. */
enum picture_trouble { PICTURE_GOOD, PICTURE_BLACK, PICTURE_COVERED, PICTURE_FROZEN, PICTURE_TROUBLES };

/* For how long each has to last; 0: it is not looked for. */
struct picture_limits {
    int64_t ns[PICTURE_TROUBLES];
    /* Pictures may come no more often than that, and each counts in full; 0: PICTURE_STEP_NS. */
    int64_t apart_ns;
};

/* Whether anything is looked for. */
bool picture_limits_any(const struct picture_limits *limits);

/* The bytes of a picture that was shown, by its sample and, once that was looked at, as a whole (else 0). */
struct picture_shown {
    uint64_t sample, whole;
};

struct picture_health {
    int64_t picture_ns; /* of the last one; 0: there was none */
    uint64_t pictures;

    /* frozen */
    struct picture_shown shown[PICTURE_SHOWN];
    uint32_t shown_next;
    uint64_t last; /* the sample's bytes */
    int64_t key_ns, intervals_ns[PICTURE_INTERVALS];
    uint32_t interval_next;
    int64_t whole_ns; /* when a whole picture was looked at */
    bool is_frozen;   /* until something new is shown */
    uint32_t alike,
        repeated; /* pictures with nothing new, and those of them that were the same as the one before */

    /* black, covered */
    uint32_t columns, rows;
    uint32_t averaged; /* pictures of this size */
    double brightness; /* of the last picture */
    double roughness;  /* the means of the last few pictures, as the next three */
    float level[PICTURE_BLOCKS], across[PICTURE_BLOCKS], down[PICTURE_BLOCKS];
    uint16_t before[PICTURE_BLOCKS]; /* brightness of the picture before */
    double detail;                   /* the share of the blocks that have some */
    int64_t clear_ns;                /* when there was plenty of it; 0: never */
    uint64_t clear_picture;
    bool is_plain, is_sudden;

    int64_t lasts_ns[PICTURE_TROUBLES]; /* for how long each has been so */
};

/* A file begins again: what was shown before may well come again, but for a picture that goes on. */
void picture_health_begin(struct picture_health *health);
/* A key picture came, whether it was looked at or not. */
void picture_health_note_key(struct picture_health *health, int64_t now_ns);
/* A picture was looked at. True: all bytes of it have to be looked at, too, to be sure; at most once a second. */
bool picture_health_note(struct picture_health *health, const struct picture_sample *sample, int64_t now_ns,
                         const struct picture_limits *limits);
/* After that: a number for them. */
void picture_health_note_whole(struct picture_health *health, uint64_t bytes);

/* What is wrong. *measure is set with it: seconds without anything new, brightness (16: black), or detail (0 to 1). */
enum picture_trouble picture_health_judge(const struct picture_health *health,
                                          const struct picture_limits *limits, double *measure);

#endif
