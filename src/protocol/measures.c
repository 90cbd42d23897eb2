#include "protocol/measures.h"

#include <stdio.h>

#include "base/text.h"

const struct measure measures[] = {
    {"share", 1, "", " % of its pictures", 0, 100, false},
    {"unchanged_s", 1e9, "nothing new for ", NULL, 0, 1, true},
    {"brightness", 255, "brightness ", " of 255", 0, 1, false},
    {"detail", 1, "detail in ", " % of the picture", 1, 100, false},
    {.name = NULL},
};

const char *measure_text(const struct measure *measure, double value, char text[MEASURE_TEXT_BYTES])
{
    char duration[TEXT_DURATION_BYTES];
    text[0] = '\0';
    if (value < 0)
        return text;
    if (measure->after)
        snprintf(text, MEASURE_TEXT_BYTES, " (%s%.*f%s)", measure->before, measure->digits,
                 measure->scale * value, measure->after);
    else
        snprintf(text, MEASURE_TEXT_BYTES, " (%s%s)", measure->before, text_duration(value, duration));
    return text;
}
