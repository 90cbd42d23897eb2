/*
 * idle.h - when a stream is decoded at its key pictures only, since nothing moves (idle_decode)
 *
 * Key pictures come in a rhythm that the stream has to show first. What comes between two of them is kept and not decoded, so
 * that the decoder can catch up when something begins to move. Pure: times come in as arguments, in nanoseconds.
 */
#ifndef CAMD_CAPTURE_IDLE_H
#define CAMD_CAPTURE_IDLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    IDLE_INTERVALS = 4, /* of key pictures, of which the longest one counts, and which must have been seen */
    IDLE_OTHERS = 3,    /* packets between two of them, at least: else nothing is saved */
    IDLE_UNEVEN = 8,    /* of an interval, such a part is forgiven: packets come early and late */
    IDLE_FAILURES = 3,  /* key pictures in a row that were none by themselves: the stream has no such ones */
};

enum idle_way {
    IDLE_NOT,  /* the packet is decoded as ever */
    IDLE_KEY,  /* it is decoded by itself, and those since the last one are not needed any more */
    IDLE_KEEP, /* it is kept */
    IDLE_WAKE, /* those that were kept are decoded, then this one: all is looked at from here on */
};

struct idle {
    int64_t key_ns; /* when the last key picture came; 0: none has */
    int64_t intervals_ns[IDLE_INTERVALS];
    uint32_t next;
    uint32_t others;   /* packets since then */
    uint32_t failures; /* key pictures in a row that were none by themselves */
    bool is_idle;
};

/*
 * What to do with a packet that arrives. is_quiet: nothing moves, as far as is known; has_room: it can be kept;
 * limit_ns: the longest interval of key pictures, 0: all are decoded.
 */
enum idle_way idle_packet(struct idle *idle, bool is_key, bool is_quiet, bool has_room, int64_t limit_ns,
                          int64_t now_ns);
/*
 * Whether the packet of IDLE_KEY was a picture by itself. It is none where a stream renews its pictures strip by
 * strip (intra refresh), or has its fields in packets of their own: then the next packet wakes, and the rhythm has to
 * be seen again.
 */
void idle_note_key(struct idle *idle, bool is_picture);

#endif
