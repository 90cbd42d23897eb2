#include "capture/access_units.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_NS INT64_C(40000000) /* nothing for so long: what was sent for one picture has come */

/*
 * Longer when slices seem to be missing: TCP sends a lost packet again after 200 ms and a round trip. Cameras that cut slices
 * by size have fewer again and again, and wait no longer than until the next picture, from three a second on.
 */
#define SLICES_PAUSE_NS INT64_C(300000000)

/* What a NAL unit's header says, and where: ITU-T H.264 7.3.1, H.265 7.3.1.2. */
struct nal_syntax {
    int codec;
    size_t header_bytes;
    unsigned int shift, mask; /* of the type in the first byte */
    unsigned int slices_first, slices_last, keys_first, keys_last;
};

static const struct nal_syntax syntaxes[] = {
    {AV_CODEC_ID_H264, 1, 0, 0x1f, 1, 5, 5, 5},
    {AV_CODEC_ID_HEVC, 2, 1, 0x3f, 0, 31, 16, 21},
};

enum {
    START_CODE_BYTES = 4, /* as libavformat writes them: 0 0 0 1 */
    /* Nobody makes fragments that are shorter than what every host takes, but the last one. */
    PIECE_BYTES_MIN = 536,
    PATTERN_BYTES_MAX = 64 /* of a picture of one colour, what its code repeats is a few bytes long */
};

bool access_units_init(struct access_units *units, int codec)
{
    *units = (struct access_units){.time = AV_NOPTS_VALUE};
    for (size_t i = 0; i < sizeof(syntaxes) / sizeof(syntaxes[0]); i++)
        if (syntaxes[i].codec == codec)
            units->syntax = &syntaxes[i];
    return units->syntax != NULL;
}

void access_units_fini(struct access_units *units)
{
    free(units->data);
    *units = (struct access_units){0};
}

/* Leaves out the first bytes, and all that was known about them. */
static void forget(struct access_units *units, size_t length)
{
    if (length < units->length)
        memmove(units->data, units->data + length, units->length - length);
    units->length -= length;
    units->slices_end = 0;
    units->has_slice = units->is_slice_open = false;
    units->is_key = units->next_is_key;
    units->next_is_key = false;
}

static int append(struct access_units *units, const uint8_t *data, size_t length)
{
    if (length == 0)
        return 0; /* a fragment without a byte, and perhaps nothing before it */
    if (units->length + length > ACCESS_UNIT_BYTES_MAX)
        forget(units, units->length);
    size_t needed = units->length + length;
    if (needed > units->capacity) {
        uint8_t *larger = realloc(units->data, needed * 2);
        if (!larger)
            return AVERROR(ENOMEM);
        units->data = larger;
        units->capacity = needed * 2;
    }
    memcpy(units->data + units->length, data, length);
    units->length += length;
    return 0;
}

/* ---- what is in a piece ---- */

static bool is_start_code(const uint8_t *data, size_t length)
{
    static const uint8_t code[START_CODE_BYTES] = {0, 0, 0, 1};
    return length > START_CODE_BYTES && memcmp(data, code, sizeof(code)) == 0;
}

/* Length of the NAL unit that begins there with its start code: to the next one, or to the end of the piece. */
static size_t nal_length(const uint8_t *data, size_t length)
{
    for (size_t i = START_CODE_BYTES; i + START_CODE_BYTES < length; i++)
        if (is_start_code(data + i, length - i))
            return i;
    return length;
}

static unsigned int nal_type(const struct nal_syntax *syntax, const uint8_t *nal)
{
    return nal[START_CODE_BYTES] >> syntax->shift & syntax->mask;
}

static bool nal_is_slice(const struct nal_syntax *syntax, const uint8_t *nal)
{
    unsigned int type = nal_type(syntax, nal);
    return type >= syntax->slices_first && type <= syntax->slices_last;
}

/* H.265 D.2.8: a stream that renews itself in pieces has no key pictures, but says where one may begin. */
static bool nal_is_recovery_point(const struct nal_syntax *syntax, const uint8_t *nal, size_t length)
{
    enum { PREFIX_SEI = 39, RECOVERY_POINT = 6 };
    size_t at = START_CODE_BYTES + syntax->header_bytes;

    return syntax->codec == AV_CODEC_ID_HEVC && nal_type(syntax, nal) == PREFIX_SEI && length > at &&
           nal[at] == RECOVERY_POINT;
}

/* The first bit behind the header is set in the first slice of a picture only, with both codecs. */
static bool nal_begins_picture(const struct nal_syntax *syntax, const uint8_t *nal, size_t length)
{
    size_t at = START_CODE_BYTES + syntax->header_bytes;
    return nal_is_slice(syntax, nal) && length > at && (nal[at] & 0x80);
}

/* ---- pictures ---- */

/* Moves the picture before that offset into unit. */
static int take_out(struct access_units *units, size_t length, AVPacket *unit, int64_t *arrival_ns)
{
    int result = av_new_packet(unit, (int)length);
    if (result < 0)
        return result;
    memcpy(unit->data, units->data, length);
    unit->pts = units->time;
    unit->flags = units->is_key ? AV_PKT_FLAG_KEY : 0;
    *arrival_ns = units->arrival_ns;
    forget(units, length);
    return 1;
}

static void begin_at(struct access_units *units, int64_t time, int64_t now_ns)
{
    units->time = time;
    units->arrival_ns = now_ns;
}

static int add_nal(struct access_units *units, const uint8_t *nal, size_t length)
{
    bool is_slice = nal_is_slice(units->syntax, nal);
    unsigned int type = nal_type(units->syntax, nal);
    int result = append(units, nal, length);
    units->is_slice_open = is_slice;
    if (nal_is_recovery_point(units->syntax, nal, length)) /* it goes before the slices of its picture */
        *(units->has_slice ? &units->next_is_key : &units->is_key) = true;
    if (is_slice) {
        if (nal_begins_picture(units->syntax, nal, length)) {
            units->usual_slices = units->slices;
            units->slices = 0;
        }
        units->slices++;
        units->has_slice = true;
        units->is_key |= type >= units->syntax->keys_first && type <= units->syntax->keys_last;
        units->slices_end = units->length;
    }
    return result;
}

/* The rest of a NAL unit whose beginning was in an earlier piece. */
static int add_fragment(struct access_units *units, const uint8_t *data, size_t length)
{
    int result = append(units, data, length);
    if (units->is_slice_open)
        units->slices_end = units->length;
    return result;
}

static bool piece_begins_picture(const struct access_units *units, const uint8_t *data, size_t length)
{
    while (is_start_code(data, length)) {
        size_t step = nal_length(data, length);
        if (nal_begins_picture(units->syntax, data, step))
            return true;
        data += step;
        length -= step;
    }
    return false;
}

static int add_piece(struct access_units *units, const uint8_t *data, size_t length)
{
    int result = 0;
    if (!is_start_code(data, length))
        return add_fragment(units, data, length);
    while (length > 0 && result >= 0) {
        size_t step = nal_length(data, length);
        result = add_nal(units, data, step);
        data += step;
        length -= step;
    }
    return result;
}

/* The same again and again, as the code of a picture of one colour is: pieces of it can't be told apart. */
static bool is_pattern(const uint8_t *data, size_t length)
{
    for (size_t step = 1; step <= PATTERN_BYTES_MAX && 2 * step <= length; step++)
        if (memcmp(data, data + step, length - step) == 0)
            return true;
    return length <= 1;
}

/* An RTP packet that came twice in a row: libavformat takes the second one for another. */
static bool is_repeated(const struct access_units *units, const AVPacket *piece, size_t length)
{
    return piece->pts == units->time && length == units->fragment_bytes && length > 0 &&
           length <= units->length &&
           memcmp(units->data + units->length - length, piece->data, length) == 0 &&
           !is_pattern(piece->data, length);
}

int access_units_add(struct access_units *units, const AVPacket *piece, int64_t now_ns, AVPacket *unit,
                     int64_t *arrival_ns)
{
    size_t length = piece->size > 0 ? (size_t)piece->size : 0;
    bool has_other_time = piece->pts != units->time;
    int completed = 0;
    if (is_repeated(units, piece, length)) {
        units->last_ns = now_ns;
        return 0;
    }
    if (units->has_slice && (has_other_time || piece_begins_picture(units, piece->data, length))) {
        /* With the same time, what came since the last slice belongs to the picture that begins. */
        completed = take_out(units, has_other_time ? units->length : units->slices_end, unit, arrival_ns);
        if (completed < 0)
            return completed;
    }
    if (!units->has_slice && (has_other_time || units->length == 0 || completed))
        begin_at(units, piece->pts, now_ns);
    units->last_ns = now_ns;
    units->fragment_bytes = length;
    if (length > units->longest_bytes)
        units->longest_bytes = length;
    int result = add_piece(units, piece->data, length);
    return result < 0 ? result : completed;
}

int64_t access_units_pause_ns(const struct access_units *units, int64_t now_ns)
{
    int64_t passed_ns = now_ns - units->last_ns;
    /* A start code and a header are added to the first fragment only. */
    bool is_full = units->fragment_bytes >= PIECE_BYTES_MIN &&
                   units->fragment_bytes + 2 * START_CODE_BYTES >= units->longest_bytes;
    /* That long nobody waits on the spot: libavformat asks again. */
    bool lacks_slices = units->slices < units->usual_slices && passed_ns < SLICES_PAUSE_NS;
    if (!units->has_slice || is_full || lacks_slices)
        return -1;
    return passed_ns < PAUSE_NS ? PAUSE_NS - passed_ns : 0;
}

int access_units_finish(struct access_units *units, AVPacket *unit, int64_t *arrival_ns)
{
    return units->has_slice ? take_out(units, units->length, unit, arrival_ns) : 0;
}
