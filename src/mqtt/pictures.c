#include "mqtt/pictures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "camd/client.h"

static const int64_t KEPT_NS =
    60 * CLOCK_NS_PER_S; /* camd keeps a picture for a minute after its object's end */

/* 0 with *jpeg, the caller's, and its length; or -errno. */
static int fetch(const char *prefix, const char *camera, uint64_t object, void **jpeg, size_t *bytes)
{
    struct camd_best_reader reader;
    struct camd_best head;
    int error = camd_best_open(&reader, prefix, camera);
    if (error < 0)
        return error;
    void *room = malloc(reader.bytes > 0 ? reader.bytes : 1);
    error = room ? camd_best_find(&reader, object, &head, room) : -ENOMEM;
    camd_best_close(&reader);
    if (error < 0) {
        free(room);
        return error;
    }
    *jpeg = room;
    *bytes = head.jpeg_bytes;
    return 0;
}

static void set(const struct topics *topics, const char *camera, const char *label, const void *jpeg,
                size_t bytes, struct retained *retained)
{
    char topic[TOPIC_BYTES], what[TOPIC_BYTES], level[TOPIC_LEVEL_BYTES];
    snprintf(what, sizeof(what), "picture/%s", topic_level(label, level));
    int error = retained_set(retained, topic_of_camera(topics, camera, "picture", topic), jpeg, bytes);
    if (error == 0)
        error = retained_set(retained, topic_of_camera(topics, camera, what, topic), jpeg, bytes);
    if (error < 0)
        log_error(camera, "memory is short: the picture of an object is not published");
}

void pictures_take_event(const struct topics *topics, const char *prefix, const json_t *event,
                         struct retained *retained)
{
    const char *camera = json_member_string(event, "camera", "");
    const json_t *picture = json_object_get(event, "picture");
    const uint64_t id = (uint64_t)json_member_int(event, "id", 0);
    void *jpeg = NULL;
    size_t bytes = 0;
    if (strcmp(json_member_string(event, "event", ""), "object") != 0 ||
        strcmp(json_member_string(picture, "state", ""), "kept") != 0 ||
        clock_wall_ns() - json_member_int(event, "wall_ns", 0) > KEPT_NS)
        return;
    int error = fetch(prefix, camera, id, &jpeg, &bytes);
    if (error == 0)
        set(topics, camera, json_member_string(event, "label", ""), jpeg, bytes, retained);
    else if (error != -ENOENT && error != -ENODATA)
        log_debug(camera, "the picture of object %llu cannot be read: %s", (unsigned long long)id,
                  strerror(-error));
    free(jpeg);
}
