#include "daemon/camera/explanation.h"

#include <stdarg.h>
#include <stdio.h>

void explain_reason(struct explanation *explanation, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(explanation->reason, sizeof(explanation->reason), format, arguments);
    va_end(arguments);
}

void explain_hint(struct explanation *explanation, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(explanation->hint, sizeof(explanation->hint), format, arguments);
    va_end(arguments);
}
