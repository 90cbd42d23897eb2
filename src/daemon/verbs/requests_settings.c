/* show and export: the effective settings of cameras and where each comes from, and all that was written as one file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/secret.h"
#include "config/config_show.h"
#include "daemon/verbs/names.h"
#include "daemon/verbs/requests_private.h"

struct showing {
    struct requests *requests;
    json_t *names;
    size_t next;
    bool show_secrets;
};

/* Whether passwords are asked for by one who may not see them, which has been answered. */
static bool refuse_secrets(struct control_request *request, const json_t *body)
{
    if (!json_member_bool(body, "show_secrets", false) || control_request_uid(request) == 0)
        return false;
    control_reply_error(request, CONTROL_DENIED, "ask as root, or without it", "only root may see passwords");
    return true;
}

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
    json_t *names = refuse_secrets(request, body) ? NULL : names_of_any(requests, request, body);
    struct showing *showing = names ? calloc(1, sizeof(*showing)) : NULL;
    if (!names)
        return;
    if (!showing) {
        json_decref(names);
        request_no_memory(request);
        return;
    }
    *showing = (struct showing){
        .requests = requests, .names = names, .show_secrets = json_member_bool(body, "show_secrets", false)};
    control_reply_parts(request, show_next, showing_release, showing);
}

/* ---- export ---- */

struct exporting {
    struct requests *requests;
    struct fleet_cursor cursor;
    bool has_begun, show_secrets;
};

static void export_camera(const struct exporting *exporting, const struct camera *camera, FILE *out)
{
    if (camera_is_bad_file(camera))
        fprintf(out, "\n# the cameras of %s are left out: it has problems\n", camera_config(camera)->file);
    else
        config_print_camera(exporting->requests->services->config, camera_config(camera),
                            camera_is_enabled(camera), exporting->show_secrets, out);
}

/* A section a part, as text. */
static int export_next(void *state, struct control_part *part)
{
    struct exporting *exporting = state;
    const struct camera *camera = exporting->has_begun ? fleet_cursor_next(&exporting->cursor) : NULL;
    char *text = NULL;
    size_t size = 0;
    if (exporting->has_begun && !camera)
        return -1;
    FILE *out = open_memstream(&text, &size);
    if (out && camera)
        export_camera(exporting, camera, out);
    else if (out)
        config_print_shared(exporting->requests->services->config, out);
    exporting->has_begun = true;
    if (!out || fclose(out) != 0)
        part->json.failed = true;
    json_write_begin_object(&part->json, NULL);
    json_write_string(&part->json, "text", text);
    json_write_end_object(&part->json);
    secret_free(text);
    return 1;
}

static void exporting_release(void *state)
{
    struct exporting *exporting = state;
    fleet_cursor_close(&exporting->cursor);
    free(exporting);
}

void request_export(struct requests *requests, struct control_request *request, const json_t *body)
{
    if (refuse_secrets(request, body))
        return;
    struct exporting *exporting = calloc(1, sizeof(*exporting));
    if (!exporting) {
        request_no_memory(request);
        return;
    }
    exporting->requests = requests;
    exporting->show_secrets = json_member_bool(body, "show_secrets", false);
    fleet_cursor_open(requests->fleet, &exporting->cursor);
    control_reply_parts(request, export_next, exporting_release, exporting);
}
