#include "camctl/status_fetch.h"

static void collect(void *context, json_t *part)
{
    json_t *document = context;
    json_t *daemon = json_object_get(part, "daemon");
    json_t *camera = json_object_get(part, "camera");
    if (daemon)
        json_object_set(document, "daemon", daemon);
    if (camera)
        json_array_append(json_object_get(document, "cameras"), camera);
    if (json_object_get(part, "detectors"))
        json_object_set(document, "detectors", json_object_get(part, "detectors"));
}

enum status status_fetch(struct command *command, json_t *body, json_t **document)
{
    *document = json_pack("{s:{}, s:[], s:[]}", "daemon", "cameras", "detectors");
    return command_request(command, VERB_STATUS, body, collect, *document, NULL);
}
