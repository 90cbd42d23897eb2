#include "capture/failure.h"

#include <inttypes.h>
#include <libavutil/error.h>
#include <stdarg.h>
#include <stdio.h>

#include "camd/shm.h"

int failure_set(struct failure *failure, enum camd_stage stage, int error, const char *format, ...)
{
    failure->stage = stage;
    failure->error = error;
    failure->reason[0] = '\0';
    if (format) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(failure->reason, sizeof(failure->reason), format, arguments);
        va_end(arguments);
    }
    return error;
}

int failure_set_size(struct failure *failure, int64_t width, int64_t height)
{
    return failure_set(failure, CAMD_STAGE_PROBE, AVERROR(EFBIG),
                       "its pictures are %" PRId64 " x %" PRId64 ", and only %d to %d are possible", width,
                       height, CAMD_SIZE_MIN, CAMD_SIZE_MAX);
}
