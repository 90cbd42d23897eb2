#include "tracker/best_pictures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "picture/encode.h"
#include "picture/part.h"
#include "tracker/best_view.h"
#include "tracker/worth.h"

/*
 * Pixels for a byte of the room: at the second quality below, footage of streets takes a little more than a bit a pixel.
 * Larger pictures are tried at a lower quality, and then smaller.
 */
enum { PIXELS_A_BYTE = 7, REDUCTIONS = 2 };

static const int qualities[] = {80, 70, 55, 40};
enum { QUALITY_COUNT = sizeof(qualities) / sizeof(qualities[0]), QUALITY_FIRST = 1 };

const char *best_state_word(enum best_state state)
{
    static const char *const words[] = {
#define X(id, word) word,
        BEST_STATES(X)
#undef X
    };
    return words[state];
}

/* ---- objects without a place ---- */

/* Its index, or how many there are. */
static uint32_t find_missing(const struct best_pictures *best, uint64_t object_id)
{
    uint32_t i = 0;
    while (i < best->missing_count && best->missing[i].object_id != object_id)
        i++;
    return i;
}

/* What is GONE stays so: that is what somebody who looks for it has to know. */
static void note_missing(struct best_pictures *best, uint64_t object_id, enum best_state state)
{
    const uint32_t i = find_missing(best, object_id);
    if (i == best->missing_count && i < TRACKS_MAX)
        best->missing[best->missing_count++] = (struct best_missing){object_id, state};
    else if (i < best->missing_count && best->missing[i].state != BEST_GONE)
        best->missing[i].state = state;
}

static void forget_missing(struct best_pictures *best, uint64_t object_id)
{
    const uint32_t i = find_missing(best, object_id);
    if (i < best->missing_count)
        best->missing[i] = best->missing[--best->missing_count];
}

/* ---- the segment ---- */

void best_pictures_close(struct best_pictures *best)
{
    for (uint32_t i = 0; best->segments && i < best->ring.count; i++)
        if (best->ring.places[i].object_id != 0 && best->ring.places[i].ended_ns == 0)
            note_missing(best, best->ring.places[i].object_id, BEST_GONE);
    best->segments = NULL;
    best->ring.count = 0;
}

void best_pictures_fini(struct best_pictures *best)
{
    free(best->scratch);
    best->scratch = NULL;
    best->segments = NULL;
}

/* What a predecessor left, half-written perhaps. Its objects were ended by camd when it died. */
static void restore_place(struct best_pictures *best, uint32_t i, int64_t now_ns)
{
    struct camd_best *entry = camd_best_entry(best->segments, i);
    const bool is_whole = camd_sequence_read_begin(&entry->sequence) != 0;
    if (is_whole && entry->object_id == 0)
        return;
    if (!is_whole && __atomic_load_n(&entry->sequence, __ATOMIC_RELAXED) == 0)
        return; /* never written */
    camd_sequence_write_begin(&entry->sequence);
    if (is_whole) {
        best_ring_restore(&best->ring, i, entry->object_id, entry->ended_ns, entry->worth, now_ns);
        entry->ended_ns = best->ring.places[i].ended_ns;
    } else {
        entry->object_id = 0;
    }
    camd_sequence_write_end(&entry->sequence);
}

int best_pictures_attach(struct best_pictures *best, struct camd_segments *segments, int64_t now_ns)
{
    best_pictures_close(best);
    free(best->scratch);
    best->scratch = NULL;
    best->encoded_ns = INT64_MIN;
    best->quality = QUALITY_FIRST;
    if (!segments->best)
        return 0;
    const uint64_t frame_pixels = (uint64_t)segments->width * segments->height;

    best->pixels = (uint64_t)segments->best_bytes * PIXELS_A_BYTE;
    if (best->pixels > frame_pixels)
        best->pixels = frame_pixels;
    best->scratch = malloc((size_t)best->pixels / 2 * 3 + 3);
    if (!best->scratch)
        return -ENOMEM;
    best->segments = segments;
    best_ring_init(&best->ring, segments->best_count);
    for (uint32_t i = 0; i < segments->best_count; i++)
        restore_place(best, i, now_ns);
    return 0;
}

/* ---- choosing ---- */

struct candidate {
    const struct object *object; /* NULL: none */
    int place;                   /* its own, or the one that it would get */
    bool has_place;
    float worth, gain;
};

/* Those without a picture first; then what gains most. */
static bool is_preferred(const struct candidate *candidate, const struct candidate *other)
{
    if (!other->object || candidate->has_place != other->has_place)
        return !other->object || !candidate->has_place;
    return candidate->gain > other->gain;
}

/* Where the object's picture would go, were it worth that much: false when it is not to be had, or not better. */
static bool find_place(const struct best_pictures *best, struct candidate *candidate, float worth,
                       int64_t now_ns)
{
    candidate->place = best_ring_find(&best->ring, candidate->object->id);
    candidate->has_place = candidate->place != BEST_RING_NONE;
    const float kept = candidate->has_place ? best->ring.places[candidate->place].worth : 0.0F;

    candidate->worth = worth;
    candidate->gain = worth - kept;
    if (!candidate->has_place)
        candidate->place = best_ring_room(&best->ring, worth, now_ns);
    return candidate->place != BEST_RING_NONE && best_ring_is_better(worth, kept);
}

/* Looks at one object; looks are what is left for this frame. */
static void consider(struct best_pictures *best, const struct object *object, const struct camd_frame *frame,
                     int64_t now_ns, uint32_t *looks, struct candidate *chosen)
{
    const struct worth_sight sight = {.luma = frame->pixels,
                                      .width = best->segments->width,
                                      .height = best->segments->height,
                                      .box = object->box,
                                      .score = object->score};
    struct candidate candidate = {.object = object};
    const float most = worth_most(&sight);
    if (find_place(best, &candidate, most, now_ns)) {
        --*looks;
        if (find_place(best, &candidate, most * worth_sharpness(&sight), now_ns) &&
            is_preferred(&candidate, chosen))
            *chosen = candidate;
    }
    if (candidate.place == BEST_RING_NONE && most > 0.0F)
        note_missing(best, object->id, BEST_FULL);
}

static struct candidate choose(struct best_pictures *best, const struct objects *objects,
                               const struct camd_frame *frame, int64_t now_ns)
{
    struct candidate chosen = {.object = NULL};
    uint32_t looks = BEST_PICTURES_LOOKS, i;
    for (i = 0; i < TRACKS_MAX && looks > 0; i++) {
        const struct object *object = &objects->list[(best->first + i) % TRACKS_MAX];
        if (object->id != 0 && object->started && object->found_frame_id == frame->frame_id)
            consider(best, object, frame, now_ns, &looks, &chosen);
    }
    best->first = (best->first + i) % TRACKS_MAX; /* whose turn it is in the next frame */
    return chosen;
}

/* ---- encoding ---- */

/* A picture that fits, to be freed with picture_jpeg_free. */
struct encoded {
    struct best_view view;
    uint8_t *jpeg;
    size_t bytes;
};

/* right and bottom of an object's box belong to it */
static struct camd_box outside_of(const struct camd_box *box)
{
    return (struct camd_box){box->x1, box->y1, box->x2 + 1, box->y2 + 1};
}

/*
 * The view's part of the frame in the scratch: false when the frame was changed meanwhile, by a capture that breaks
 * the rules.
 */
static bool cut(struct best_pictures *best, const struct camd_frame *frame, const struct best_view *view,
                struct picture *picture)
{
    *picture = (struct picture){view->width, view->height, best->scratch};
    picture_part(picture, frame->pixels, best->segments->width, best->segments->height, &view->part);
    if (!camd_frame_whole(best->segments, frame))
        return false;
    picture_to_full_range(picture);
    return true;
}

/* The best quality, of those from first on, with which it fits: true, and first is that one's index. */
static bool compress(const struct best_pictures *best, const struct picture *picture, uint32_t *first,
                     struct encoded *encoded)
{
    for (uint32_t i = *first; i < QUALITY_COUNT; i++) {
        if (picture_jpeg(picture, qualities[i], &encoded->jpeg, &encoded->bytes) < 0)
            return false;
        if (encoded->bytes <= best->segments->best_bytes) {
            *first = i;
            return true;
        }
        picture_jpeg_free(encoded->jpeg);
    }
    return false;
}

/* The quality with which the last one fitted is tried first: mostly pictures of a camera are alike. */
static bool encode(struct best_pictures *best, const struct camd_frame *frame, const struct camd_box *box,
                   struct encoded *encoded)
{
    const struct camd_box object = outside_of(box);
    uint32_t quality = best->quality;
    struct picture picture;
    for (uint64_t reduction = 1; reduction <= 1U << REDUCTIONS; reduction *= 2) {
        if (!best_view_choose(&encoded->view, &object, best->segments->width, best->segments->height,
                              best->pixels / reduction) ||
            !cut(best, frame, &encoded->view, &picture))
            return false;
        if (compress(best, &picture, &quality, encoded)) {
            const bool has_room = encoded->bytes < best->segments->best_bytes / 2;
            best->quality = has_room && quality > 0 ? quality - 1 : quality;
            return true;
        }
        quality = QUALITY_COUNT - 1;
    }
    return false;
}

/* ---- keeping ---- */

static int32_t limited(int32_t value, uint32_t side)
{
    return value < 0 ? 0 : value >= (int32_t)side ? (int32_t)side - 1 : value;
}

static void store(struct best_pictures *best, const struct candidate *chosen, const struct camd_frame *frame,
                  const struct encoded *encoded)
{
    struct camd_best *entry = camd_best_entry(best->segments, (uint32_t)chosen->place);
    const struct camd_box *box = &chosen->object->box;
    const uint32_t width = best->segments->width, height = best->segments->height;
    camd_sequence_write_begin(&entry->sequence);
    entry->object_id = chosen->object->id;
    entry->frame_id = frame->frame_id;
    entry->wall_ns = frame->wall_ns;
    entry->ended_ns = 0;
    entry->box = (struct camd_box){limited(box->x1, width), limited(box->y1, height), limited(box->x2, width),
                                   limited(box->y2, height)};
    entry->view = encoded->view.part;
    entry->width = encoded->view.width;
    entry->height = encoded->view.height;
    entry->jpeg_bytes = (uint32_t)encoded->bytes;
    entry->label = chosen->object->label;
    entry->score = chosen->object->score;
    entry->worth = chosen->worth;
    memcpy((uint8_t *)entry + CAMD_BEST_HEAD_BYTES, encoded->jpeg, encoded->bytes);
    camd_sequence_write_end(&entry->sequence);
}

static void keep(struct best_pictures *best, const struct candidate *chosen, const struct camd_frame *frame)
{
    const uint64_t id = chosen->object->id;
    struct encoded encoded;
    if (!encode(best, frame, &chosen->object->box, &encoded))
        return;
    store(best, chosen, frame, &encoded);
    picture_jpeg_free(encoded.jpeg);
    const uint64_t loser = best_ring_take(&best->ring, chosen->place, id, chosen->worth);

    if (loser != 0)
        note_missing(best, loser, BEST_GONE);
    forget_missing(best, id);
    best->written++;
}

void best_pictures_frame(struct best_pictures *best, const struct objects *objects,
                         const struct camd_frame *frame, int64_t now_ns)
{
    const int64_t interval_ns = BEST_PICTURES_INTERVAL_MS * CLOCK_NS_PER_MS;
    if (!best->segments || frame->flags & CAMD_FRAME_DAMAGED || now_ns < best->encoded_ns + interval_ns)
        return;
    const struct candidate chosen = choose(best, objects, frame, now_ns);

    if (!chosen.object)
        return;
    const int64_t begun_ns = clock_monotonic_ns();

    best->encoded_ns = now_ns; /* also of a picture that does not fit, which would cost as much again */
    keep(best, &chosen, frame);
    best->spent_ns = clock_monotonic_ns() - begun_ns;
}

/* ---- events ---- */

void best_pictures_report(const struct best_pictures *best, uint64_t object_id, struct best_report *report)
{
    const uint32_t missing = find_missing(best, object_id);
    const int place = best->segments ? best_ring_find(&best->ring, object_id) : BEST_RING_NONE;
    *report = (struct best_report){.state = best->segments ? BEST_NONE : BEST_OFF};
    if (missing < best->missing_count)
        report->state = best->missing[missing].state;
    if (place == BEST_RING_NONE)
        return;
    const struct camd_best *entry = camd_best_entry(best->segments, (uint32_t)place);

    *report = (struct best_report){BEST_KEPT, entry->frame_id, entry->wall_ns, entry->box};
}

void best_pictures_end(struct best_pictures *best, uint64_t object_id, int64_t now_ns)
{
    const int place = best->segments ? best_ring_find(&best->ring, object_id) : BEST_RING_NONE;
    forget_missing(best, object_id);
    if (place == BEST_RING_NONE)
        return;
    struct camd_best *entry = camd_best_entry(best->segments, (uint32_t)place);

    best_ring_end(&best->ring, place, now_ns);
    camd_sequence_write_begin(&entry->sequence);
    entry->ended_ns = now_ns;
    camd_sequence_write_end(&entry->sequence);
}
