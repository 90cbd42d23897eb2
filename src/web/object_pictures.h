/*
 * object_pictures.h - the best pictures of objects, kept a little longer than camd does
 *
 * camd has an object's picture for a minute after its end. Here the last ones that somebody looked at stay, so that who looks
 * at the same events later sees them, too. A tracker wrote the JPEGs: what is served is decoded and encoded again.
 */
#ifndef CAMD_WEB_OBJECT_PICTURES_H
#define CAMD_WEB_OBJECT_PICTURES_H

#include "web/camera_view.h"

enum { OBJECT_PICTURES_MAX = 128 };

struct object_picture_kept {
    char camera[CAMD_NAME_MAX + 1];
    uint64_t object_id;
    bool whole;
    uint64_t used; /* when it was asked for last, counted */
    struct picture_jpeg *jpeg;
};

/* Zero-initialised it is empty. */
struct object_pictures {
    struct object_picture_kept kept[OBJECT_PICTURES_MAX];
    uint64_t asked;
};

void object_pictures_fini(struct object_pictures *pictures);

/*
 * The picture of an object: cut out of its frame, or the whole of what there is. frame_id: of the frame that it is to be of, as
 * an event said; 0: whatever is best. 0 and *jpeg, a reference of the caller's; -ENOENT: there is none (any more); or another
 * -errno.
 */
int object_pictures_find(struct object_pictures *pictures, const struct camera_view *view, uint64_t object_id,
                         uint64_t frame_id, bool whole, struct picture_jpeg **jpeg);

#endif
