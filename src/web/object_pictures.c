#include "web/object_pictures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "picture/encode.h"
#include "picture/object_cut.h"
#include "picture/part.h"
#include "picture/sheet.h"

enum {
    SIDE_MOST = 320, /* of an object that was cut out: it is shown small */
    QUALITY = 80,
};

/* ---- made ---- */

/* A picture with sides of at most SIDE_MOST. 0 or -ENOMEM. */
static int shrink(struct object_cut *cut)
{
    const struct picture from = cut->picture;
    const uint32_t longer = from.width > from.height ? from.width : from.height;
    const struct camd_box whole = {0, 0, (int32_t)from.width, (int32_t)from.height};
    uint32_t width = from.width, height = from.height;
    struct picture to;
    if (longer <= SIDE_MOST)
        return 0;
    sheet_fit(&width, &height, SIDE_MOST, SIDE_MOST);
    const int result = picture_make(&to, width, height);
    if (result < 0)
        return result;
    picture_part(&to, from.pixels, from.width, from.height, &whole);
    free(from.pixels);
    cut->picture = to;
    return 0;
}

static int encode(const struct object_cut *cut, const struct camd_best *head, struct picture_jpeg **jpeg)
{
    struct picture_jpeg *made = calloc(1, sizeof(*made));
    const int result = made ? picture_jpeg(&cut->picture, QUALITY, &made->data, &made->bytes) : -ENOMEM;
    if (result < 0) {
        free(made);
        return result;
    }
    made->references = 1;
    made->frame_id = head->frame_id;
    made->wall_ns = head->wall_ns;
    made->width = cut->picture.width;
    made->height = cut->picture.height;
    *jpeg = made;
    return 0;
}

static int make_of(const struct camd_best *head, const uint8_t *written, bool whole,
                   struct picture_jpeg **jpeg)
{
    struct object_cut cut = {0};
    int result = object_cut_decode(&cut, head, written);
    if (result == 0 && !whole)
        result = object_cut_crop(&cut);
    if (result == 0 && !whole)
        result = shrink(&cut);
    if (result == 0)
        result = encode(&cut, head, jpeg);
    object_cut_fini(&cut);
    return result;
}

static int make(const struct camera_view *view, uint64_t object_id, bool whole, struct picture_jpeg **jpeg)
{
    struct camd_best_reader reader;
    struct camd_best head;
    int result = camd_best_open(&reader, view->prefix, view->camera);
    if (result < 0)
        return result;
    uint8_t *written = malloc(reader.bytes);
    result = written ? camd_best_find(&reader, object_id, &head, written) : -ENOMEM;
    if (result == 0)
        result = make_of(&head, written, whole, jpeg);
    free(written);
    camd_best_close(&reader);
    return result;
}

/* ---- kept ---- */

static void forget(struct object_picture_kept *kept)
{
    picture_jpeg_release(kept->jpeg);
    *kept = (struct object_picture_kept){0};
}

void object_pictures_fini(struct object_pictures *pictures)
{
    for (size_t i = 0; i < OBJECT_PICTURES_MAX; i++)
        forget(&pictures->kept[i]);
}

static bool is_of(const struct object_picture_kept *kept, const struct camera_view *view, uint64_t object_id,
                  bool whole)
{
    return kept->jpeg && kept->object_id == object_id && kept->whole == whole &&
           strcmp(kept->camera, view->camera) == 0;
}

/* Where it is, or the place of the one that nobody has asked for for longest. */
static struct object_picture_kept *place_of(struct object_pictures *pictures, const struct camera_view *view,
                                            uint64_t object_id, bool whole)
{
    struct object_picture_kept *oldest = &pictures->kept[0];
    for (size_t i = 0; i < OBJECT_PICTURES_MAX; i++) {
        struct object_picture_kept *kept = &pictures->kept[i];
        if (is_of(kept, view, object_id, whole))
            return kept;
        if (kept->used < oldest->used)
            oldest = kept;
    }
    return oldest;
}

static void keep(struct object_pictures *pictures, struct object_picture_kept *place,
                 const struct camera_view *view, uint64_t object_id, bool whole, struct picture_jpeg *jpeg)
{
    forget(place);
    strcpy(place->camera, view->camera);
    place->object_id = object_id;
    place->whole = whole;
    place->used = ++pictures->asked;
    place->jpeg = jpeg;
}

int object_pictures_find(struct object_pictures *pictures, const struct camera_view *view, uint64_t object_id,
                         uint64_t frame_id, bool whole, struct picture_jpeg **jpeg)
{
    struct object_picture_kept *place = place_of(pictures, view, object_id, whole);
    const bool kept = is_of(place, view, object_id, whole);
    struct picture_jpeg *made = NULL;
    if (!kept || place->jpeg->frame_id != frame_id) {
        /* a better one has been taken since, or the one that was wanted is gone and a later one is there */
        const int result = make(view, object_id, whole, &made);
        if (result == 0)
            keep(pictures, place, view, object_id, whole, made);
        else if (!kept)
            return result;
    }
    place->used = ++pictures->asked;
    *jpeg = picture_jpeg_hold(place->jpeg);
    return 0;
}
