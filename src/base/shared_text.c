#include "base/shared_text.h"

#include <stdlib.h>
#include <string.h>

struct shared_text *shared_text_new(const char *bytes, size_t length)
{
    struct shared_text *text = malloc(sizeof(*text) + length + 1);
    if (!text)
        return NULL;
    text->references = 1;
    text->length = length;
    memcpy(text->bytes, bytes, length);
    text->bytes[length] = '\0';
    return text;
}

struct shared_text *shared_text_keep(struct shared_text *text)
{
    text->references++;
    return text;
}

void shared_text_release(struct shared_text *text)
{
    if (text && --text->references == 0)
        free(text);
}
