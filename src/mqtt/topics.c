#include "mqtt/topics.h"

#include <stdio.h>
#include <string.h>

const char *topic_of_node(const struct topics *topics, const char *what, char topic[TOPIC_BYTES])
{
    snprintf(topic, TOPIC_BYTES, "%s/%s/%s", topics->prefix, topics->node, what);
    return topic;
}

const char *topic_of_camera(const struct topics *topics, const char *camera, const char *what,
                            char topic[TOPIC_BYTES])
{
    snprintf(topic, TOPIC_BYTES, "%s/%s/camera/%s/%s", topics->prefix, topics->node, camera, what);
    return topic;
}

/* Node and camera are levels of their own, so that no two pairs make one name. */
const char *topic_of_discovery(const struct topics *topics, const char *camera, char topic[TOPIC_BYTES])
{
    if (camera)
        snprintf(topic, TOPIC_BYTES, "%s/device/camd_%s/%s/config", topics->discovery, topics->node, camera);
    else
        snprintf(topic, TOPIC_BYTES, "%s/device/camd_%s/config", topics->discovery, topics->node);
    return topic;
}

/*
 * The bytes of a letter that no topic may have (MQTT 5, 1.5.4), control characters above those of ASCII and what Unicode
 * keeps for no letter; 0: it is none of them. text is UTF-8.
 */
static size_t forbidden_bytes(const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (byte[0] == 0xc2 && byte[1] >= 0x80 && byte[1] <= 0x9f)
        return 2;
    if (byte[0] == 0xef && byte[1] == 0xb7 && byte[2] >= 0x90 && byte[2] <= 0xaf)
        return 3;
    if (byte[0] == 0xef && byte[1] == 0xbf && byte[2] >= 0xbe)
        return 3;
    return byte[0] >= 0xf0 && (byte[1] & 0x0f) == 0x0f && byte[2] == 0xbf && byte[3] >= 0xbe ? 4 : 0;
}

const char *topic_level(const char *text, char level[TOPIC_LEVEL_BYTES])
{
    size_t length = 0;
    while (*text && length < TOPIC_LEVEL_BYTES - 1) {
        const size_t forbidden = forbidden_bytes(text);
        const bool is_special =
            forbidden > 0 || (unsigned char)*text <= ' ' || *text == 0x7f || strchr("/+#$", *text);
        level[length++] = is_special ? '_' : *text;
        text += forbidden > 0 ? forbidden : 1;
    }
    level[length] = '\0';
    return level;
}

/* Copies what there is room for of the level that text begins with; NULL when nothing follows it, else what follows its /. */
static const char *take_level(const char *text, char *level, size_t size)
{
    const size_t length = strcspn(text, "/"), taken = length < size ? length : size - 1;
    if (text[length] != '/')
        return NULL;
    memcpy(level, text, taken);
    level[taken] = '\0';
    return text + length + 1;
}

bool topic_parse_set(const struct topics *topics, const char *topic, char camera[TOPIC_NAME_BYTES],
                     char what[TOPIC_LEVEL_BYTES])
{
    char beginning[TOPIC_BYTES];
    topic_of_node(topics, "camera/", beginning);
    const size_t length = strlen(beginning);
    if (strncmp(topic, beginning, length) != 0)
        return false;
    const char *rest = take_level(topic + length, camera, TOPIC_NAME_BYTES);
    if (rest)
        rest = take_level(rest, what, TOPIC_LEVEL_BYTES);
    return rest && strcmp(rest, "set") == 0;
}
