/*
 * access_units.h - whole pictures of H.264 and HEVC out of the pieces in which RTP brings them
 *
 * libavformat hands out what was in one RTP packet: NAL units, or fragments of one. Its parser would put them together, but
 * lets go of a picture only when the next one begins, which is ten seconds later when a camera sends one in ten seconds;
 * and it cuts pictures whose slices have parameter sets between them. Here a picture ends where the time stamp changes, or
 * where the first slice of another one begins, and can be taken out before that when nothing more comes.
 *
 * Pure but for memory; times in nanoseconds on the monotonic clock.
 */
#ifndef CAMD_CAPTURE_ACCESS_UNITS_H
#define CAMD_CAPTURE_ACCESS_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct AVPacket;
struct nal_syntax;

enum { ACCESS_UNIT_BYTES_MAX = 32 * 1024 * 1024 }; /* more is no picture: it is thrown away */

struct access_units {
    const struct nal_syntax *syntax; /* NULL: not in use */
    uint8_t *data;
    size_t length, capacity;
    size_t slices_end; /* what is behind it goes before the slices of the next picture */
    bool has_slice, is_key, next_is_key, is_slice_open;
    int64_t time; /* in the stream's time base; INT64_MIN: unknown */
    int64_t arrival_ns, last_ns;
    size_t fragment_bytes, longest_bytes; /* of the last piece, and of the longest one so far */
    unsigned int slices, usual_slices;    /* since one that begins a picture, and of the picture before */
};

/* False when codec (enum AVCodecID) is another one: libavformat has to put together what it is of. */
bool access_units_init(struct access_units *units, int codec);
void access_units_fini(struct access_units *units);

/*
 * Adds what one RTP packet brought. 1 when a picture has been completed by it, which is the one before: unit, blank, is
 * filled in, and *arrival_ns is when its first piece came. 0 when not, or AVERROR(ENOMEM).
 */
int access_units_add(struct access_units *units, const struct AVPacket *piece, int64_t now_ns,
                     struct AVPacket *unit, int64_t *arrival_ns);

/*
 * Whether a picture may be there as a whole, since its last piece was no full one, and it has as many slices as the one
 * before, or nothing has come for longer: how long nothing more may come until it is sure enough; 0: it is, below 0: it is
 * not there yet.
 */
int64_t access_units_pause_ns(const struct access_units *units, int64_t now_ns);

/* Takes out what is there, whole or not. 1, 0 when there is no picture, or AVERROR(ENOMEM). */
int access_units_finish(struct access_units *units, struct AVPacket *unit, int64_t *arrival_ns);

#endif
