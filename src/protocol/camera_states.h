/* camera_states.h - the states of a camera, as status has them and wait waits for them: one list */
#ifndef CAMD_PROTOCOL_CAMERA_STATES_H
#define CAMD_PROTOCOL_CAMERA_STATES_H

/* FIRST(word), X(word) for all others: for lists with something between the words */
#define CAMERA_STATES(FIRST, X)                                                                              \
    FIRST("up")                                                                                              \
    X("degraded")                                                                                            \
    X("starting")                                                                                            \
    X("backoff")                                                                                             \
    X("failed")                                                                                              \
    X("ended")                                                                                               \
    X("stopping")                                                                                            \
    X("down")                                                                                                \
    X("disabled")

/* "up|degraded|...", "up, degraded, ...": string constants. */
#define CAMERA_STATES_ALONE(word)  word
#define CAMERA_STATES_BAR(word)    "|" word
#define CAMERA_STATES_COMMA(word)  ", " word
#define CAMERA_STATES_ALTERNATIVES CAMERA_STATES(CAMERA_STATES_ALONE, CAMERA_STATES_BAR)
#define CAMERA_STATES_LISTED       CAMERA_STATES(CAMERA_STATES_ALONE, CAMERA_STATES_COMMA)

#define CAMERA_STATES_ONE(word) +1
enum { CAMERA_STATES_COUNT = CAMERA_STATES(CAMERA_STATES_ONE, CAMERA_STATES_ONE) };
extern const char *const camera_states[CAMERA_STATES_COUNT];

#endif
