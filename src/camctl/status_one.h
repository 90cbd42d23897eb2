/* status_one.h - status of single cameras and detectors in words, a field a line */
#ifndef CAMD_CAMCTL_STATUS_ONE_H
#define CAMD_CAMCTL_STATUS_ONE_H

#include <jansson.h>

#include "camctl/writer.h"

/* Of status' document: each camera and each detector in it. */
void status_one(struct writer *output, const json_t *document);

#endif
