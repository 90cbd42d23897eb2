#include "base/kept_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *kept_text(const struct kept_text *kept)
{
    return kept->text ? kept->text : "";
}

bool kept_text_is_empty(const struct kept_text *kept)
{
    return !kept->text;
}

void kept_text_set_list(struct kept_text *kept, const char *format, va_list arguments)
{
    char text[KEPT_TEXT_BYTES] = "";
    vsnprintf(text, sizeof(text), format, arguments);
    kept_text_forget(kept);
    if (text[0] != '\0')
        kept->text = strdup(text);
}

void kept_text_set(struct kept_text *kept, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    kept_text_set_list(kept, format, arguments);
    va_end(arguments);
}

void kept_text_forget(struct kept_text *kept)
{
    free(kept->text);
    kept->text = NULL;
}
