/*
 * damage_words.h - what FFmpeg says of damage in its log only
 *
 * Decoders mark few of the pictures that they had to make up: HEVC's marks none, and H.264's not those whose references are
 * missing. Counted since the start of the process, for there is one log, and one stream, a process. A message that a later
 * FFmpeg words in another way is not counted.
 */
#ifndef CAMD_CAPTURE_DAMAGE_WORDS_H
#define CAMD_CAPTURE_DAMAGE_WORDS_H

#include <stdint.h>

struct damage_words {
    uint32_t lost;    /* data is missing: the demuxer's word */
    uint32_t missing; /* pictures are missing: the decoder's word, of what it decodes */
    uint32_t broken;  /* errors in what is decoded */
    uint32_t unset;   /* packets that need parameter sets (SPS, PPS) that are not there */
    uint32_t whole;   /* HEVC's only: packets whose picture was decoded to its end */
};

/* For avlog: every message of libav, whatever its level. */
void damage_words_listen(const char *format);

struct damage_words damage_words_get(void);

#endif
