/* camd-mqtt(8): what this program is made of, for companion_main */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "companion/companion.h"
#include "companion/companion_files.h"
#include "mqtt/bridge.h"
#include "mqtt/fleet_view.h"
#include "mqtt/mqtt_settings.h"
#include "mqtt/tls_files.h"

static char *password; /* at the broker; NULL: none */
static const char *fleet, *host, *json, *timeout;
static double timeout_s = 10;

static const struct companion_option options[] = {
    {"fleet", 0, NULL, "show all nodes and cameras that the broker knows, and end", &fleet},
    {"host", 'H', "HOST", "with --fleet: another broker, as HOST or HOST:PORT", &host},
    {"json", 0, NULL, "with --fleet: as JSON", &json},
    {"timeout", 't', "S", "with --fleet: how many seconds to wait for the broker (10)", &timeout},
};

/* A name is asked for within a call: a name server that does not answer holds us up for so long and not longer. */
static void limit_resolver(void)
{
    setenv("RES_OPTIONS", "timeout:2 attempts:2", 0);
}

static void read_password(const char *path, const struct companion_files *files)
{
    char *problem = NULL;
    if (path && secret_read(path, &password, &problem) < 0)
        companion_files_problem(files, "password_file", "%s", problem ? problem : "memory is short");
    free(problem);
}

static void read_files(const void *owner, const struct companion_files *files)
{
    const struct mqtt_settings *settings = owner;
    read_password(settings->password_file, files);
    tls_files_look(settings, files);
    if (!fleet)
        companion_files_look_at_directory(files, "state_dir", settings->state_dir);
}

static bool is_fleet(void)
{
    return fleet != NULL;
}

static int prepare(const void *settings)
{
    (void)settings;
    limit_resolver();
    return 0;
}

static int check_options(void)
{
    if (!fleet && (host || json || timeout)) {
        fputs("camd-mqtt: -H, --json and --timeout go with --fleet\n", stderr);
        return 2;
    }
    if (timeout && (!text_to_double(timeout, &timeout_s) || timeout_s < 0.1 || timeout_s > 3600)) {
        fputs("camd-mqtt: --timeout: expected seconds from 0.1 to 3600\n", stderr);
        return 2;
    }
    return 0;
}

static int show_fleet(const void *settings)
{
    if (!fleet)
        return -1;
    limit_resolver();
    const struct fleet_view_wish wish = {
        .host = host, .password = password, .timeout_ms = (int64_t)(timeout_s * 1000), .json = json != NULL};
    return fleet_view_run(settings, &wish);
}

static bool allow_if_set(struct sandbox_wish *wish, const char *path)
{
    return !path || sandbox_allow_path(wish, path, SANDBOX_READ);
}

static bool allow(const void *owner, struct sandbox_wish *wish)
{
    const struct mqtt_settings *settings = owner;
    wish->connects = true;
    return sandbox_allow_names(wish) && sandbox_allow_port(wish, (uint16_t)mqtt_port(settings)) &&
           allow_if_set(wish, settings->ca_file) && allow_if_set(wish, settings->certificate_file) &&
           allow_if_set(wish, settings->key_file) && sandbox_allow_path(wish, "/dev/shm", SANDBOX_READ) &&
           sandbox_allow_path(wish, settings->state_dir, SANDBOX_READ | SANDBOX_WRITE | SANDBOX_MAKE);
}

static int start(struct companion *companion, void **context)
{
    struct bridge *bridge = NULL;
    const int error = bridge_new(&bridge, companion, password);
    *context = bridge;
    return error;
}

static void stop(void *context)
{
    bridge_stop(context);
}

static void finish(void *context)
{
    bridge_free(context);
}

int main(int argc, char **argv)
{
    static const struct companion_program program = {
        .name = "camd-mqtt",
        .summary = "What camd knows, at an MQTT broker. See camd-mqtt(8).",
        .file = CAMD_SYSCONFDIR "/camd/mqtt.ini",
        .plain = &mqtt_plain,
        .settings_size = sizeof(struct mqtt_settings),
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .check_options = check_options,
        .read_files = read_files,
        .shows_only = is_fleet,
        .instead = show_fleet,
        .prepare = prepare,
        .wish = allow,
        .start = start,
        .stop = stop,
        .free = finish,
    };
    const int status = companion_main(&program, argc, argv);
    secret_free(password);
    return status;
}
