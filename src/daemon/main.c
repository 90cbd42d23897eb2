/* camd(8): options, turning into a daemon, the order of the start. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/background.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "base/secret.h"
#include "base/standard_output.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "config/config.h"
#include "daemon/camera/services.h"
#include "daemon/daemon.h"
#include "daemon/host/respawn.h"
#include "daemon/start.h"

#define USUAL_CONFIG CAMD_SYSCONFDIR "/camd/camd.ini"

enum {
    OPTION_SHOW_SECRETS = 256,
    OPTION_VERSION,
    OPTION_RESPAWN,
    OPTION_RESPAWNED,
    OPTION_TAKE_OVER,
    OPTION_CHECK_HANDOFF
};

static void usage(FILE *out)
{
    fputs("usage: camd [-d [--respawn]] [-v] [-c FILE] [-p PIDFILE]\n"
          "       camd -n [-v [--show-secrets]] [-c FILE]\n"
          "Runs the cameras of this machine. See camd(8); camctl(1) operates it.\n"
          "  -c FILE         configuration (" USUAL_CONFIG ")\n"
          "  -d              run in the background; returns when camd answers, or says why it cannot\n"
          "  -n              check the configuration and exit; with -v print all of it\n"
          "  -p PIDFILE      (camd.pid in run_dir)\n"
          "  -v              log more\n"
          "  --respawn       with -d: start camd again when it dies, where no init system does so\n"
          "  --show-secrets  print passwords, too\n"
          "  --version\n",
          out);
}

/* The options that are only kept: in a member that is a text, or in one that says that it was given. */
static const struct kept_option {
    int value; /* getopt_long's */
    bool has_text;
    size_t member;
} kept_options[] = {
    {'c', true, offsetof(struct options, config_path)},
    {'p', true, offsetof(struct options, pid_path)},
    {OPTION_TAKE_OVER, true, offsetof(struct options, takes_over)},
    {'d', false, offsetof(struct options, background)},
    {'n', false, offsetof(struct options, check)},
    {'v', false, offsetof(struct options, verbose)},
    {OPTION_SHOW_SECRETS, false, offsetof(struct options, show_secrets)},
    {OPTION_RESPAWN, false, offsetof(struct options, respawn)},
    {OPTION_RESPAWNED, false, offsetof(struct options, is_respawned)},
    {OPTION_CHECK_HANDOFF, false, offsetof(struct options, checks_handoff)},
};

static bool keep_option(struct options *options, int value, const char *text)
{
    for (size_t i = 0; i < sizeof(kept_options) / sizeof(kept_options[0]); i++) {
        const struct kept_option *kept = &kept_options[i];
        if (kept->value != value)
            continue;
        if (kept->has_text)
            *(const char **)((char *)options + kept->member) = text;
        else
            *(bool *)((char *)options + kept->member) = true;
        return true;
    }
    return false;
}

/* Returns -1 to go on, or the exit status. */
static int take_option(struct options *options, int value, const char *text)
{
    if (keep_option(options, value, text))
        return -1;
    if (value == OPTION_VERSION) {
        puts("camd " CAMD_VERSION);
        return 0;
    }
    usage(value == 'h' ? stdout : stderr);
    return value == 'h' ? 0 : 2;
}

/* Returns -1 to go on, or the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"help", no_argument, NULL, 'h'},
        {"respawn", no_argument, NULL, OPTION_RESPAWN},
        {"respawned", no_argument, NULL, OPTION_RESPAWNED},
        {"take-over", required_argument, NULL, OPTION_TAKE_OVER},
        {"check-handoff", no_argument, NULL, OPTION_CHECK_HANDOFF},
        {"show-secrets", no_argument, NULL, OPTION_SHOW_SECRETS},
        {"version", no_argument, NULL, OPTION_VERSION},
        {NULL, 0, NULL, 0},
    };
    char shown[SECRET_OPTION_BYTES];
    int value;
    opterr = 0;
    while ((value = getopt_long(argc, argv, "c:dhnp:v", longs, NULL)) != -1) {
        if (value == '?')
            fprintf(stderr, "camd: " SECRET_OPTION_REFUSED "\n", secret_refused_option(argv, shown));
        int status = take_option(options, value, optarg);
        if (status >= 0)
            return status;
    }
    if (optind < argc) {
        char *operand = secret_redact_value(argv[optind]);
        fprintf(stderr, "camd: %s: camd takes no operands\n", operand ? operand : "***");
        free(operand);
        return 2;
    }
    if (options->respawn && !options->background) {
        fputs("camd: --respawn is for camd in the background: give it with -d\n", stderr);
        return 2;
    }
    return -1;
}

typedef int load_function(const char *path, struct config **config, struct config_problems *problems);

/* NULL when it has problems; all that there are have been printed. */
static struct config *load(const struct options *options, load_function *function)
{
    struct config_problems *problems = config_problems_new();
    struct config *config = NULL;
    int error = problems ? function(options->config_path, &config, problems) : -ENOMEM;
    if (problems)
        config_problems_print(problems, "", stderr);
    if (error < 0 && error != -EINVAL)
        fprintf(stderr, "camd: %s: %s\n", options->config_path ? options->config_path : "configuration",
                strerror(-error));
    config_problems_free(problems);
    return error < 0 ? NULL : config;
}

static void print_warning(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "%s\n", text);
}

static int check(const struct options *options)
{
    struct config *config = load(options, config_load);
    if (!config)
        return EX_CONFIG;
    config_warn(config, print_warning, NULL);
    if (options->verbose)
        config_print(config, stdout, options->show_secrets);
    config_free(config);
    return 0;
}

/* Paths are what they were from where camd was started. */
static void leave_directory(struct options *options)
{
    const char *libexec = getenv("CAMD_LIBEXECDIR");
    options->config_path = background_absolute_path(options->config_path);
    options->pid_path = background_absolute_path(options->pid_path);
    if (libexec && libexec[0] != '/')
        setenv("CAMD_LIBEXECDIR", background_absolute_path(libexec), 1);
    background_leave_directory("camd");
}

/* The caller's to free. */
static char *pid_path_of(const struct config *config, const struct options *options)
{
    return options->pid_path ? strdup(options->pid_path) : text_format("%s/camd.pid", config->run_dir);
}

static struct pidfile *take_pidfile(const struct config *config, const struct options *options)
{
    struct pidfile *pidfile = NULL;
    char *path = pid_path_of(config, options);
    if (path && pidfile_new(&pidfile, path) < 0)
        pidfile = NULL;
    free(path);
    return pidfile;
}

static int run(const struct options *options, struct config *config, int *ready_fd)
{
    struct daemon *daemon;
    struct daemon_program program;
    start_upgrade_program(options, start_program_path(), *ready_fd >= 0, &program);
    log_set_level(options->verbose ? LOG_DEBUG : (enum log_level)config->log_level);
    if (daemon_new(&daemon, config, options->config_path) < 0)
        return 1;
    if (options->is_respawned)
        daemon_tell_parent(daemon, sys_dup_above(*ready_fd, 0));
    if (program.path)
        daemon_set_program(daemon, &program);
    const struct config *running = daemon_services(daemon)->config;
    struct pidfile *pidfile = take_pidfile(running, options);
    int status = pidfile && start_log(running, options->verbose, program.background) == 0 ? 0 : 1;
    if (status == 0) {
        background_release(ready_fd);
        status = daemon_run(daemon, pidfile);
    }
    daemon_free(daemon);
    pidfile_free(pidfile);
    free(program.path);
    log_close();
    return status;
}

/* ---- --respawn ---- */

/* The configuration says only where the parent's own words and its pid file go; camd reads it for itself. */
static int respawn(const struct options *options, const struct config *config, int ready_fd)
{
    static char respawned[] = "--respawned";
    char *argv[START_WORDS], *program = start_program_path(), *pid_path = pid_path_of(config, options);
    char *parent_path = pid_path ? text_format("%s.respawn", pid_path) : NULL;
    struct respawn respawn = {
        .program = program, .argv = argv, .pid_path = parent_path, .log = config->log, .ready_fd = ready_fd};
    int status = 1;
    start_arguments(options, respawned, NULL, argv);
    if (program && parent_path) {
        sys_mkdir(config->run_dir, 0755); /* camd says when that can't be */
        status = respawn_run(&respawn);
    } else {
        fputs("camd: memory is short, or /proc is not mounted\n", stderr);
    }
    free(parent_path);
    free(pid_path);
    free(program);
    return status;
}

/* ---- the whole ---- */

static int run_program(int argc, char **argv)
{
    struct options options = {0};
    int ready_fd = -1;
    limits_remember();
    int status = parse_options(argc, argv, &options);
    if (status >= 0)
        return status;
    /* in an upgrade a signal that came meanwhile is kept for the daemon to read */
    background_clean_inheritance(options.takes_over != NULL);
    secret_guard_process();
    if (options.takes_over)
        return upgrade_run(&options);
    if (options.checks_handoff)
        return upgrade_check();
    if (!options.config_path && whole_file_may_be_there(USUAL_CONFIG))
        options.config_path = USUAL_CONFIG;
    if (options.check)
        return check(&options);
    if (options.background) {
        leave_directory(&options);
        ready_fd = background_begin("camd");
    }
    if (options.is_respawned && fcntl(RESPAWN_FD, F_SETFD, FD_CLOEXEC) == 0)
        ready_fd = RESPAWN_FD;
    if (!options.respawn)
        limits_raise_open_files();
    struct config *config = load(&options, config_load_start);
    if (!config)
        return EX_CONFIG;
    if (!options.respawn)
        return run(&options, config, &ready_fd);
    status = respawn(&options, config, ready_fd);
    config_free(config);
    return status;
}

int main(int argc, char **argv)
{
    return standard_output_finish("camd", run_program(argc, argv));
}
