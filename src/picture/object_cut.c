#include "picture/object_cut.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "picture/decode.h"
#include "picture/part.h"

/* Of the object's larger side, around it: so that a box which is a bit too small cuts off no head. */
enum { MARGIN_SHARE = 12 };

/* The view may be shown at another size. */
static struct camd_box box_in_picture(const struct camd_best *head)
{
    const struct camd_box *box = &head->box, *view = &head->view;
    const double across = (double)head->width / (view->x2 - view->x1),
                 down = (double)head->height / (view->y2 - view->y1);
    return (struct camd_box){
        (int32_t)floor((box->x1 - view->x1) * across), (int32_t)floor((box->y1 - view->y1) * down),
        (int32_t)ceil((box->x2 + 1 - view->x1) * across), (int32_t)ceil((box->y2 + 1 - view->y1) * down)};
}

int object_cut_decode(struct object_cut *cut, const struct camd_best *head, const uint8_t *jpeg)
{
    const int result = picture_make(&cut->picture, head->width, head->height);
    cut->box = box_in_picture(head);
    return result == 0 ? picture_from_jpeg(&cut->picture, jpeg, head->jpeg_bytes) : result;
}

int object_cut_crop(struct object_cut *cut)
{
    const struct picture whole = cut->picture;
    const struct camd_box *box = &cut->box;
    const int32_t across = box->x2 - box->x1, down = box->y2 - box->y1;
    struct camd_box part;
    struct picture object;
    if (!picture_part_around(&part, box, (across > down ? across : down) / MARGIN_SHARE, whole.width,
                             whole.height))
        return -EBADMSG;
    const int result = picture_make(&object, (uint32_t)(part.x2 - part.x1), (uint32_t)(part.y2 - part.y1));
    if (result < 0)
        return result;
    picture_part(&object, whole.pixels, whole.width, whole.height, &part);
    free(whole.pixels);
    *cut = (struct object_cut){object,
                               {box->x1 - part.x1, box->y1 - part.y1, box->x2 - part.x1, box->y2 - part.y1}};
    return 0;
}

void object_cut_fini(struct object_cut *cut)
{
    free(cut->picture.pixels);
    cut->picture.pixels = NULL;
}
