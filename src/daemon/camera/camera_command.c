/* The programs of on_event, on_state and on_failure: which are started for a camera, and as which user. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config_command.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet_private.h"

/* One that was started once; most cameras have none. */
struct camera_command {
    struct camera *camera;
    enum camera_command_kind kind;
    struct event_command command;
};

static const char *const keys[CAMERA_COMMANDS] = {
    [CAMERA_ON_EVENT] = "on_event",
    [CAMERA_ON_STATE] = "on_state",
    [CAMERA_ON_FAILURE] = "on_failure",
};

static const char *text_of(const struct camera_command *command)
{
    const struct config_camera *config = &command->camera->config;
    const char *const texts[CAMERA_COMMANDS] = {
        [CAMERA_ON_EVENT] = config->on_event,
        [CAMERA_ON_STATE] = config->on_state,
        [CAMERA_ON_FAILURE] = config->on_failure,
    };
    return texts[command->kind];
}

/*
 * What a script has to know to ask camctl about the event, so that it need not read JSON. What there is no memory for is left
 * out: the line has it all.
 */
static void fill_variables(const struct camera *camera, const char *line, char **variables)
{
    json_error_t error;
    json_t *event = json_parse_object(line, strlen(line), &error);
    const char *phase = json_member_string(event, "phase", NULL);
    const json_int_t id = json_member_int(event, "id", 0);
    size_t count = 0;
    char *const made[] = {
        text_format("CAMD_SOCKET=%s/camd.sock", camera->services->config->run_dir),
        text_format("CAMD_CAMERA=%s", camera->config.name),
        text_format("CAMD_EVENT=%s", json_member_string(event, "event", "")),
        phase ? text_format("CAMD_PHASE=%s", phase) : NULL,
        id > 0 ? text_format("CAMD_OBJECT=%" JSON_INTEGER_FORMAT, id) : NULL,
    };
    _Static_assert(sizeof(made) / sizeof(made[0]) <= EVENT_COMMAND_VARIABLES, "as many as have room");
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
        if (made[i])
            variables[count++] = made[i];
    json_decref(event);
}

/* Only root can start it as another user; without root it runs as camd's own. */
static bool program_of(void *context, const char *line, struct event_program *program)
{
    const struct camera_command *command = context;
    const struct config_camera *config = &command->camera->config;
    const char *text = text_of(command);
    program->words = NULL;
    program->user = geteuid() == 0 ? config->event_user : NULL;
    program->timeout_ms = config->on_event_timeout_ms;
    if (text)
        fill_variables(command->camera, line, program->variables);
    /* it was split before, when the configuration was read: only memory can be short */
    return text && !config_command_split(text, &program->words);
}

static void is_idle(void *context)
{
    struct camera *camera = ((struct camera_command *)context)->camera;
    fleet_camera_changed(camera->fleet, camera);
}

static struct camera_command *make(struct camera *camera, enum camera_command_kind kind)
{
    struct camera_command *command = calloc(1, sizeof(*command));
    if (!command)
        return NULL;
    command->camera = camera;
    command->kind = kind;
    const struct event_command_owner owner = {.program = program_of, .idle = is_idle, .context = command};
    event_command_init(&command->command, camera->services->launcher, camera->services->log_pool,
                       camera->config.name, keys[kind], &owner);
    return command;
}

void camera_command_run(struct camera *camera, enum camera_command_kind kind, const char *line)
{
    if (!camera->commands[kind])
        camera->commands[kind] = make(camera, kind);
    if (camera->commands[kind])
        event_command_run(&camera->commands[kind]->command, line);
    else
        log_error(camera->config.name, "memory is short: the program of %s is not started", keys[kind]);
}

bool camera_commands_stop(struct camera *camera)
{
    bool are_running = false;
    for (int kind = 0; kind < CAMERA_COMMANDS; kind++)
        if (camera->commands[kind] && event_command_stop(&camera->commands[kind]->command))
            are_running = true;
    return are_running;
}

void camera_commands_free(struct camera *camera)
{
    for (int kind = 0; kind < CAMERA_COMMANDS; kind++) {
        if (camera->commands[kind])
            event_command_fini(&camera->commands[kind]->command);
        free(camera->commands[kind]);
        camera->commands[kind] = NULL;
    }
}

/* ---- upgrade ---- */

json_t *camera_commands_hand_over(struct camera *camera)
{
    json_t *record = json_object();
    for (int kind = 0; kind < CAMERA_COMMANDS; kind++)
        if (camera->commands[kind])
            json_object_set_new(record, keys[kind],
                                event_command_hand_over(&camera->commands[kind]->command));
    return record;
}

int camera_commands_take_over(struct camera *camera, const json_t *record)
{
    int error = 0;
    for (int kind = 0; kind < CAMERA_COMMANDS && error == 0; kind++) {
        const json_t *command = json_object_get(record, keys[kind]);
        if (!command)
            continue;
        camera->commands[kind] = make(camera, (enum camera_command_kind)kind);
        error = camera->commands[kind] ? event_command_take_over(&camera->commands[kind]->command, command)
                                       : -ENOMEM;
    }
    return error;
}
