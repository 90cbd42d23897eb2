/* A camera's own file in cameras_dir: what camctl writes there, and what somebody else has put beside it. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/config_keys.h"
#include "config/config_line.h"

char *config_camera_file_text(const char *name, const struct config_setting *settings, size_t count)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    bool is_whole = true;
    fprintf(out, "[camera %s]\n", name);
    for (size_t i = 0; i < count && is_whole; i++) {
        is_whole = config_key_find(settings[i].key) && !config_line_check(settings[i].key, settings[i].value);
        if (is_whole)
            config_line_write(out, settings[i].key, settings[i].value);
    }
    if (fclose(out) != 0 || !is_whole) {
        free(text);
        return NULL;
    }
    return text;
}

/* "[camera NAME]", as it is read. */
static bool is_title(const char *line, const char *name)
{
    static const char begin[] = "[camera";
    const size_t length = strlen(name);
    if (strncmp(line, begin, sizeof(begin) - 1) != 0)
        return false;
    line += sizeof(begin) - 1;
    const size_t blanks = strspn(line, " \t");
    return blanks > 0 && strncmp(line + blanks, name, length) == 0 && line[blanks + length] == ']';
}

/* Of one line, without its end; *seen: that of the camera's section has been before. */
static const char *foreign_in(const char *line, const char *name, bool *seen)
{
    const size_t indent = strspn(line, " \t");
    const char *text = line + indent;
    if (*text == '\0')
        return NULL;
    if (strchr(";#", *text) || config_line_has_comment(line))
        return "a comment";
    if (!*seen && is_title(text, name)) {
        *seen = true;
        return NULL;
    }
    if (*text == '[' && (indent == 0 || config_line_is_mistaken(text)))
        return "another section";
    return *seen ? NULL : "a setting outside of the camera's section";
}

const char *config_camera_file_foreign(const char *name, const char *text, uint32_t *line)
{
    char copy[CONFIG_LINE_BYTES + 2];
    bool seen = false;
    for (*line = 1; *text; ++*line) {
        const size_t length = strcspn(text, "\n");
        if (length >= sizeof(copy))
            return "a line that is longer than any of camctl's";
        snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(text, "\r\n"), text);
        const char *foreign = foreign_in(copy, name, &seen);
        if (foreign)
            return foreign;
        text += length + (text[length] == '\n');
    }
    return NULL;
}
