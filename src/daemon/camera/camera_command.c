/* A camera's on_event: which program is started for its events, and as which user. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_command.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet_private.h"

/* "SHIM USER WORDS...", in one piece of memory as words are; NULL when it is short. */
static char **words_through(const char *shim, const char *user, char *const *words)
{
    size_t count = 0, bytes = strlen(shim) + strlen(user) + 2;
    for (; words[count]; count++)
        bytes += strlen(words[count]) + 1;
    char **all = malloc((count + 3) * sizeof(*all) + bytes);
    char *text = all ? (char *)(all + count + 3) : NULL;
    for (size_t i = 0; all && i < count + 2; i++) {
        all[i] = text;
        text = stpcpy(text, i == 0 ? shim : i == 1 ? user : words[i - 2]) + 1;
    }
    if (all)
        all[count + 2] = NULL;
    return all;
}

/* Through camd-exec, since posix_spawn cannot change the user. Only root can; others run it as who they are. */
static char **event_words(void *context, int64_t *timeout_ms)
{
    const struct config_camera *config = &((const struct camera *)context)->config;
    char **words = NULL;
    /* it was split before, when the configuration was read: only memory can be short */
    if (!config->on_event || config_command_split(config->on_event, &words))
        return NULL;
    char *shim = services_program("camd-exec");
    char **all = shim ? words_through(shim, geteuid() == 0 ? config->event_user : "-", words) : NULL;
    free(shim);
    free(words);
    *timeout_ms = config->on_event_timeout_ms;
    return all;
}

static void event_command_idle(void *context)
{
    struct camera *camera = context;
    fleet_camera_changed(camera->fleet, camera);
}

void camera_command_init(struct camera *camera)
{
    event_command_init(&camera->command, camera->services->loop, camera->services->log_pool,
                       camera->config.name, event_words, event_command_idle, camera);
}
