#include "daemon/history/event_digest.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "base/little_endian.h"
#include "protocol/event_words.h"

enum { AT_CRC = 0, AT_VERSION = 4, AT_ZERO = 5, AT_LAST = 8, AT_COUNT = 16, AT_FROM = 24, AT_UPTO = 32 };

uint64_t event_digest_first(uint64_t place)
{
    return place - place % EVENT_DIGEST_PLACES;
}

uint64_t event_digest_end(uint64_t place)
{
    return event_digest_first(place) + EVENT_DIGEST_PLACES - 1;
}

void event_digest_init(struct event_digest *digest, uint64_t place)
{
    *digest =
        (struct event_digest){.first = event_digest_first(place), .from_ns = INT64_MAX, .upto_ns = INT64_MIN};
}

/* NULL: it has no row, and there is no room for one. */
static struct event_digest_row *row_of(struct event_digest *digest, uint32_t camera)
{
    size_t at = 0;
    while (at < digest->rows && digest->row[at].camera != camera)
        at++;
    if (at == EVENT_DIGEST_PLACES)
        return NULL;
    if (at == digest->rows)
        digest->row[digest->rows++] = (struct event_digest_row){.camera = camera};
    return &digest->row[at];
}

bool event_digest_add(struct event_digest *digest, uint64_t place, uint32_t camera, const char *word,
                      int64_t wall_ns)
{
    struct event_digest_row *row = digest->count < EVENT_DIGEST_PLACES ? row_of(digest, camera) : NULL;
    if (!row)
        return false;
    row->words |= UINT64_C(1) << event_word_find(word);
    digest->count++;
    if (place > digest->last)
        digest->last = place;
    if (wall_ns < digest->from_ns)
        digest->from_ns = wall_ns;
    if (wall_ns > digest->upto_ns)
        digest->upto_ns = wall_ns;
    return true;
}

bool event_digest_is_dense(const struct event_digest *digest)
{
    const uint64_t first = digest->first > 0 ? digest->first : 1; /* nothing is at place 0 */
    return digest->count > 0 && digest->count == digest->last - first + 1;
}

/* ---- as it is stored ---- */

static uint32_t checksum(const uint8_t *bytes, size_t size)
{
    return (uint32_t)crc32(0, bytes + AT_VERSION, (uInt)(size - AT_VERSION));
}

size_t event_digest_encode(const struct event_digest *digest, uint8_t bytes[EVENT_DIGEST_BYTES_MAX])
{
    const size_t size = EVENT_DIGEST_HEADER_BYTES + digest->rows * EVENT_DIGEST_ROW_BYTES;
    uint8_t *at = bytes + EVENT_DIGEST_HEADER_BYTES;
    bytes[AT_VERSION] = EVENT_DIGEST_VERSION;
    little_endian_put(bytes + AT_ZERO, 0, AT_LAST - AT_ZERO);
    little_endian_put(bytes + AT_LAST, digest->last, 8);
    little_endian_put(bytes + AT_COUNT, digest->count, 8);
    little_endian_put(bytes + AT_FROM, (uint64_t)digest->from_ns, 8);
    little_endian_put(bytes + AT_UPTO, (uint64_t)digest->upto_ns, 8);
    for (size_t i = 0; i < digest->rows; i++, at += EVENT_DIGEST_ROW_BYTES) {
        little_endian_put(at, digest->row[i].camera, 4);
        little_endian_put(at + 4, digest->row[i].words, 8);
    }
    little_endian_put(bytes + AT_CRC, checksum(bytes, size), 4);
    return size;
}

/* Its numbers fit together: what counts on them is safe. */
static bool is_sound(const struct event_digest *digest)
{
    return digest->count > 0 && digest->count <= EVENT_DIGEST_PLACES && digest->rows <= digest->count &&
           digest->last >= digest->first && digest->last <= event_digest_end(digest->first);
}

int event_digest_decode(const uint8_t *bytes, size_t size, uint64_t place, struct event_digest *digest)
{
    if (size < EVENT_DIGEST_HEADER_BYTES || size > EVENT_DIGEST_BYTES_MAX ||
        (size - EVENT_DIGEST_HEADER_BYTES) % EVENT_DIGEST_ROW_BYTES != 0 ||
        little_endian_get(bytes + AT_CRC, 4) != checksum(bytes, size) ||
        bytes[AT_VERSION] != EVENT_DIGEST_VERSION)
        return -EBADMSG;
    event_digest_init(digest, place);
    digest->last = little_endian_get(bytes + AT_LAST, 8);
    digest->count = little_endian_get(bytes + AT_COUNT, 8);
    digest->from_ns = (int64_t)little_endian_get(bytes + AT_FROM, 8);
    digest->upto_ns = (int64_t)little_endian_get(bytes + AT_UPTO, 8);
    digest->rows = (size - EVENT_DIGEST_HEADER_BYTES) / EVENT_DIGEST_ROW_BYTES;
    for (size_t i = 0; i < digest->rows; i++) {
        const uint8_t *at = bytes + EVENT_DIGEST_HEADER_BYTES + i * EVENT_DIGEST_ROW_BYTES;
        digest->row[i].camera = (uint32_t)little_endian_get(at, 4);
        digest->row[i].words = little_endian_get(at + 4, 8);
    }
    return is_sound(digest) ? 0 : -EBADMSG;
}
