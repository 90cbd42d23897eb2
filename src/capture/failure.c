#include "capture/failure.h"

#include <stdarg.h>
#include <stdio.h>

int failure_set(struct failure *failure, enum camd_stage stage, int error, const char *format, ...)
{
    failure->stage = stage;
    failure->error = error;
    failure->reason[0] = '\0';
    if (format) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(failure->reason, sizeof failure->reason, format, arguments);
        va_end(arguments);
    }
    return error;
}
