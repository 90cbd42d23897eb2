/* status_one.h - status of one camera or detector in words, a field a line */
#ifndef CAMD_CAMCTL_STATUS_ONE_H
#define CAMD_CAMCTL_STATUS_ONE_H

#include <jansson.h>

#include "camctl/writer.h"

/* Of status' document: each camera in it. */
void status_one_camera(struct writer *output, const json_t *document);
/* Each detector in it. */
void status_one_detector(struct writer *output, const json_t *document);

#endif
