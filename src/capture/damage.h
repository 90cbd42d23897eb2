/*
 * damage.h - which pictures show damage: those with errors, and those that were made from them
 *
 * A picture that refers to a damaged one carries the smear on, without an error of its own, until a picture that refers to
 * none. Packets have rising numbers, in the order of decoding; pictures come out in the order of presentation. Pure: times
 * come in as arguments, in nanoseconds.
 */
#ifndef CAMD_CAPTURE_DAMAGE_H
#define CAMD_CAPTURE_DAMAGE_H

#include <stdbool.h>
#include <stdint.h>

/* A stream without key pictures renews itself in pieces: so long after the last error it has. */
#define DAMAGE_LASTS_NS INT64_C(10000000000)

struct damage {
    uint64_t bad;     /* a bit for each of the last 64 packets */
    uint32_t last;    /* number of the last one */
    uint32_t from;    /* pictures of this packet on are damaged, while is_open */
    int64_t error_ns; /* of the last error */
    bool is_open;
};

/* Before the packet of that number is decoded. */
void damage_packet(struct damage *damage, uint32_t number);
/* Something is missing before the last packet, or there is an error in it. */
void damage_missing(struct damage *damage, int64_t now_ns);
void damage_bad(struct damage *damage, uint32_t number, int64_t now_ns);
/* The picture of that packet has come out: whether it is damaged. is_key: it refers to no other one. */
bool damage_of_picture(struct damage *damage, uint32_t number, bool is_key, int64_t now_ns);

#endif
