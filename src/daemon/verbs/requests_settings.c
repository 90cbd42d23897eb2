/* show: the effective settings of cameras, and where each comes from. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "config/config_show.h"
#include "daemon/verbs/names.h"
#include "daemon/verbs/requests_private.h"

struct showing {
    struct requests *requests;
    json_t *names;
    size_t next;
    bool show_secrets;
};

static const char *const source_words[] = {
    [CONFIG_SOURCE_OWN] = "file",
    [CONFIG_SOURCE_RUNTIME] = "runtime",
    [CONFIG_SOURCE_DEFAULTS] = "defaults",
    [CONFIG_SOURCE_BUILT_IN] = "built in",
};

/* One camera's settings being written. */
struct writing {
    struct json_writer *json;
    const struct camera *camera;
};

static void write_setting(void *context, const struct config_shown *shown)
{
    const struct writing *writing = context;
    struct json_writer *json = writing->json;
    /* what enable and disable said counts, whatever is written */
    const bool is_override = strcmp(shown->key, "enabled") == 0 &&
                             camera_is_enabled(writing->camera) != camera_config(writing->camera)->enabled;
    const bool has_line = shown->file && !is_override;
    json_write_begin_object(json, NULL);
    json_write_string(json, "key", shown->key);
    json_write_string(json, "value",
                      !is_override                         ? shown->value
                      : camera_is_enabled(writing->camera) ? "yes"
                                                           : "no");
    json_write_string(json, "source", is_override ? "override" : source_words[shown->source]);
    json_write_string(json, "file", has_line ? shown->file : NULL);
    if (has_line)
        json_write_int(json, "line", shown->line);
    else
        json_write_null(json, "line");
    json_write_end_object(json);
}

static void write_camera(struct json_writer *json, const struct showing *showing, const struct camera *camera)
{
    const struct config_camera *config = camera_config(camera);
    struct writing writing = {json, camera};
    json_write_begin_object(json, NULL);
    json_write_string(json, "name", config->name);
    json_write_string(json, "file", config->file);
    if (config->file)
        json_write_int(json, "line", config->line);
    else
        json_write_null(json, "line");
    json_write_begin_array(json, "settings");
    if (!camera_is_bad_file(camera) && config_camera_show(showing->requests->services->config, config,
                                                          showing->show_secrets, write_setting, &writing) < 0)
        json->failed = true;
    json_write_end_array(json);
    json_write_end_object(json);
}

static int show_next(void *state, struct control_part *part)
{
    struct showing *showing = state;
    const struct camera *camera = NULL;
    while (!camera && showing->next < json_array_size(showing->names))
        camera = fleet_find(showing->requests->fleet,
                            json_string_value(json_array_get(showing->names, showing->next++)));
    if (!camera)
        return -1;
    write_camera(&part->json, showing, camera);
    return 1;
}

static void showing_release(void *state)
{
    struct showing *showing = state;
    json_decref(showing->names);
    free(showing);
}

void request_show(struct requests *requests, struct control_request *request, const json_t *body)
{
    struct camera *camera = names_are_several(body) ? NULL : request_camera(requests, request, body);
    json_t *names = camera                    ? json_pack("[s]", camera_name(camera))
                    : names_are_several(body) ? names_of(requests, request, body)
                                              : NULL;
    struct showing *showing = names ? calloc(1, sizeof(*showing)) : NULL;
    if (!names)
        return;
    if (!showing) {
        json_decref(names);
        request_no_memory(request);
        return;
    }
    *showing = (struct showing){.requests = requests, .names = names};
    control_reply_parts(request, show_next, showing_release, showing);
}
