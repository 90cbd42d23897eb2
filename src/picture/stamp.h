/* stamp.h - whose picture it is and when it was taken, on the picture; readable on light and dark */
#ifndef CAMD_PICTURE_STAMP_H
#define CAMD_PICTURE_STAMP_H

#include "picture/picture.h"

/* At the right bottom: on one line, or on two where that is too long. name may be NULL. */
void stamp_draw(struct picture *picture, const char *name, const char *time);

#endif
