#include <string.h>

#include "detector/backend.h"

static const struct detector_backend *const backends[] = {&detector_opencv_dnn, &detector_opencv_hog};

const struct detector_backend *detector_backend_find(const char *name)
{
    for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}
