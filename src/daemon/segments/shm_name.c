#include "daemon/segments/shm_name.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

bool shm_prefix_is_usable(const char *prefix)
{
    return strlen(prefix) <= SHM_PREFIX_MAX && !strchr(prefix, '/');
}

static const char *const words[] = {
#define X(id, word) word,
    SHM_PARTS(X)
#undef X
};

const char *shm_part_word(enum shm_part part)
{
    return words[part];
}

static bool part_is_known(const char *part)
{
    const char *frame = words[SHM_PART_FRAME];
    for (int i = 0; i < SHM_PART_COUNT; i++) {
        if (i != SHM_PART_FRAME && strcmp(part, words[i]) == 0)
            return true;
    }
    if (strncmp(part, frame, strlen(frame)) != 0)
        return false;
    const char *digits = part + strlen(frame);
    size_t length = strspn(digits, "0123456789");

    if (length < 1 || length > 2 || digits[length] != '\0' || (digits[0] == '0' && length > 1))
        return false;
    return atoi(digits) < CAMD_SLOTS_MAX;
}

bool shm_name_parse(const char *prefix, const char *name, char camera[CAMD_NAME_MAX + 1])
{
    char found[CAMD_NAME_MAX + 1];
    size_t prefix_length = strlen(prefix);
    if (strncmp(name, prefix, prefix_length) != 0)
        return false;
    name += prefix_length;
    size_t length = strcspn(name, "."); /* a camera's name has none, so the first one ends it */

    if (length > CAMD_NAME_MAX || name[length] != '.')
        return false;
    memcpy(found, name, length);
    found[length] = '\0';
    if (!text_is_camera_name(found) || !part_is_known(name + length + 1))
        return false;
    if (camera)
        memcpy(camera, found, length + 1);
    return true;
}
