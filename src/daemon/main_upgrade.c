/*
 * camd --take-over, which goes on where another program has left off, and camd --check-handoff, which says whether it
 * could.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "base/sys.h"
#include "config/config.h"
#include "daemon/handoff/handoff_fallback.h"
#include "daemon/handoff/handoff_fields.h"
#include "daemon/handoff/handoff_record.h"
#include "daemon/start.h"

#ifndef UPGRADE_PATIENCE_S
#define UPGRADE_PATIENCE_S 20
#endif

enum { CHECK_CONFIG_FD = 3 };

/*
 * ---- faults, for tests of the way back: a program that is compiled with them stands for a new one that does not
 * work ----
 */

#ifdef CAMD_UPGRADE_FAULTS

static bool is_fault(const char *word)
{
    const char *fault = getenv("CAMD_TEST_UPGRADE_FAULT");
    return fault && strcmp(fault, word) == 0;
}

/* As if this program had another layout of segments. */
static void change_record(const json_t *record)
{
    json_t *camera;
    size_t i;
    json_array_foreach(json_object_get(json_object_get(record, "fleet"), "cameras"), i, camera) {
        if (is_fault("layout"))
            json_object_set_new(json_object_get(camera, "store"), "abi_major", json_integer(0));
    }
}

static int be_at_fault(void)
{
    if (is_fault("crash"))
        abort();
    while (is_fault("hang"))
        pause();
    return is_fault("error") ? -EIO : 0;
}

#else

static void change_record(const json_t *record)
{
    (void)record;
}

static int be_at_fault(void)
{
    return 0;
}

#endif

/* ---- the configuration ---- */

static void log_problems(const struct config_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        char *text = config_problem_text(&problems->list[i]);
        log_error(NULL, "%s", text ? text : "memory is short");
        free(text);
    }
}

typedef int load_function(const char *path, struct config **config, struct config_problems *problems);

static int load(const char *path, load_function *function, struct config **config)
{
    struct config_problems *problems = config_problems_new();
    const int error = problems ? function(path, config, problems) : -ENOMEM;
    if (problems && error < 0)
        log_problems(problems);
    config_problems_free(problems);
    return error;
}

static int set_text(char **text, const json_t *value)
{
    char *copy = json_is_string(value) ? strdup(json_string_value(value)) : NULL;
    if (json_is_string(value) && !copy)
        return -ENOMEM;
    free(*text);
    *text = copy;
    return 0;
}

/* Of files that a start has left out: whom they stand for, so that nothing of those is forgotten. */
static int take_bad_file(struct config_bad_file *bad, const json_t *record)
{
    const json_t *cameras = json_object_get(record, "cameras");
    const size_t count = json_array_size(cameras);
    snprintf(bad->name, sizeof(bad->name), "%s", json_member_string(record, "name", ""));
    bad->cameras = calloc(count + 1, sizeof(bad->cameras[0]));
    if (!bad->cameras)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(cameras, i));
        snprintf(bad->cameras[bad->camera_count++], sizeof(bad->cameras[0]), "%s", name ? name : "");
    }
    return 0;
}

static int take_bad_files(struct config *config, const json_t *list)
{
    const size_t count = json_array_size(list);
    config->bad_files = calloc(count + 1, sizeof(*config->bad_files));
    int error = config->bad_files ? 0 : -ENOMEM;
    for (size_t i = 0; i < count && error == 0; i++)
        error = take_bad_file(&config->bad_files[config->bad_file_count++], json_array_get(list, i));
    return error;
}

/* As it ran, and as if it had been read from where it was: the files may be others by now. */
static int load_running(const json_t *record, struct config **result)
{
    char path[32];
    struct config *config = NULL;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", handoff_read_fd(json_object_get(record, "config")));
    int error = load(path, config_load, &config);
    if (error == 0)
        error = set_text(&config->file, json_object_get(record, "config_file"));
    if (error == 0) /* an older program does not say: one that is meant to be empty must not be refused */
        config->is_empty = !json_is_false(json_object_get(record, "config_empty"));
    if (error == 0)
        error = set_text(&config->defaults.written, json_object_get(record, "defaults_written"));
    if (error == 0)
        error = set_text(&config->cameras_dir, json_object_get(record, "cameras_dir"));
    if (error == 0)
        error = take_bad_files(config, json_object_get(record, "bad_files"));
    if (error < 0)
        log_error(NULL, "the configuration that was handed over cannot be used: %s", strerror(-error));
    else
        *result = config;
    return error;
}

/* ---- --check-handoff ---- */

/* The configuration as it is on the disk: a camd that can't be started with it is no better than the one that runs. */
static int check_files(const json_t *record)
{
    struct config *config = NULL;
    const char *path = json_member_string(record, "config_path", NULL);
    const int error = load(path, config_load_start, &config);
    if (error < 0)
        log_error(NULL, "the configuration %s has problems: camd -n shows them", path ? path : "");
    config_free(config);
    return error;
}

/*
 * All is put together as it would be, but for the descriptors, of which there are none here: a socket stands for
 * each. What was made is left to the end of the process, since giving it back would touch what is in use.
 */
int upgrade_check(void)
{
    struct daemon *daemon;
    struct pidfile *pidfile;
    struct config *config;
    json_t *record = NULL;
    log_open(NULL, LOG_STYLE_PRIORITY, LOG_ERROR);
    int error = handoff_record_read(STDIN_FILENO, &record);
    if (error < 0) {
        log_error(NULL, "what is handed over cannot be read: %s",
                  error == -EPROTONOSUPPORT ? "it is of another version" : strerror(-error));
        return 1;
    }
    const int any = sys_socket(AF_UNIX, SOCK_STREAM, 0);
    error = any < 0 ? any : check_files(record);
    handoff_record_replace_fds(record, any);
    json_object_set_new(record, "config", handoff_write_fd(CHECK_CONFIG_FD));
    if (error == 0)
        error = load_running(record, &config);
    if (error == 0)
        error = daemon_take_over(&daemon, &pidfile, config, NULL, record);
    if (error == 0)
        error = dprintf(STDOUT_FILENO, "%s\n", HANDOFF_ACCEPTED) < 0 ? -EIO : 0;
    _exit(error == 0 ? 0 : 1);
}

/* ---- --take-over ---- */

static void take_limits(const json_t *list)
{
    struct limit limits[LIMITS_MAX] = {0};
    size_t count = 0;
    for (; count < LIMITS_MAX && count < json_array_size(list); count++) {
        const json_t *limit = json_array_get(list, count);
        limits[count].resource = (int)json_integer_value(json_array_get(limit, 0));
        limits[count].value.rlim_cur = (rlim_t)json_integer_value(json_array_get(limit, 1));
        limits[count].value.rlim_max = (rlim_t)json_integer_value(json_array_get(limit, 2));
    }
    limits_remember_these(limits, count);
}

/* What the next upgrade executes: it is looked for where the first camd was found. */
static int make_program(struct daemon_program *program, const struct options *options, const json_t *record)
{
    char *path = NULL;
    const int error = set_text(&path, json_object_get(record, "program"));
    start_upgrade_program(options, path, json_member_bool(record, "background", false), program);
    return error;
}

/* 0 or -errno; there is a way back meanwhile. */
static int take_over(const struct options *options, const struct daemon_program *program,
                     const json_t *record, struct daemon **daemon, struct pidfile **pidfile)
{
    struct config *config;
    int error = load_running(record, &config);
    /* where the log can't be opened, which the files say, what is logged goes to standard error: no reason to go back */
    if (error == 0)
        (void)start_log(config, options->verbose, program->background);
    change_record(record);
    if (error == 0)
        error = daemon_take_over(daemon, pidfile, config, options->config_path, record);
    if (error == 0)
        daemon_set_program(*daemon, program);
    return error == 0 ? be_at_fault() : error;
}

/* The program before us is the one that was to go on in our place when we fail; when it failed itself, there is none. */
static void arm_way_back(const json_t *record, const char *failure, const char *number,
                         struct daemon_program *program)
{
    const int old = handoff_read_fd(json_object_get(record, "old")),
              why = handoff_read_fd(json_object_get(record, "why"));
    snprintf(program->number, DAEMON_NUMBER_BYTES, "%s", number);
    if (!failure)
        handoff_fallback_arm(old, why, program->argv, UPGRADE_PATIENCE_S);
}

int upgrade_run(const struct options *options)
{
    struct daemon *daemon;
    struct pidfile *pidfile = NULL;
    struct daemon_program program;
    json_t *record;
    int fd = atoi(options->takes_over);
    int error = handoff_record_read(fd, &record);
    if (error < 0)
        return EX_SOFTWARE;
    char *failure = handoff_fallback_reason(handoff_read_fd(json_object_get(record, "why")));
    take_limits(json_object_get(record, "limits"));
    error = make_program(&program, options, record);
    arm_way_back(record, failure, options->takes_over, &program);
    if (error == 0)
        error = take_over(options, &program, record, &daemon, &pidfile);
    if (error < 0) {
        handoff_fallback_go("it could not take over: its log has the reason");
        return EX_SOFTWARE;
    }
    handoff_fallback_disarm();
    daemon_commit(daemon, record, failure);
    sys_close(&fd);
    json_decref(record);
    free(failure);
    const int status = daemon_run(daemon, pidfile);
    daemon_free(daemon);
    pidfile_free(pidfile);
    free(program.path);
    log_close();
    return status;
}
