#include "config/config_written.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The length of the key in one line of the text: all up to the last space. */
static size_t key_length(const char *text)
{
    size_t length = strcspn(text, "\n");
    while (length > 0 && text[length] != ' ')
        length--;
    return length;
}

static const char *next_line(const char *text)
{
    text += strcspn(text, "\n");
    return text + (*text == '\n');
}

bool config_written_find(const char *written, const char *key, uint32_t *line)
{
    const size_t length = strlen(key);
    for (const char *at = written ? written : ""; *at; at = next_line(at)) {
        if (key_length(at) != length || strncmp(at, key, length) != 0)
            continue;
        *line = (uint32_t)strtoul(at + length, NULL, 10);
        return true;
    }
    return false;
}

static bool is_in(const struct config_section *section, const char *key, size_t length)
{
    for (size_t i = 0; i < section->count; i++) {
        const char *name = section->entries[i].name;
        if (strlen(name) == length && strncmp(name, key, length) == 0)
            return true;
    }
    return false;
}

int config_written_add(char **written, const struct config_section *section)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    for (const char *at = *written ? *written : ""; *at; at = next_line(at)) {
        if (!is_in(section, at, key_length(at)))
            fprintf(out, "%.*s\n", (int)strcspn(at, "\n"), at);
    }
    for (size_t i = 0; i < section->count; i++)
        fprintf(out, "%s %" PRIu32 "\n", section->entries[i].name, section->entries[i].line);
    if (fclose(out) != 0) {
        free(text);
        return -ENOMEM;
    }
    free(*written);
    *written = text;
    return 0;
}
