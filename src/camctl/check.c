#include "camctl/check.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/access.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/user.h"
#include "camctl/check_surroundings.h"
#include "config/config_command.h"
#include "config/config_problem.h"
#include "config/config_show.h"
#include "config/config_written.h"

/* Who uses a file, and for what. */
enum reader { READER_CAMD, READER_WORKER, READER_COMMAND };

struct check {
    const struct config *config;
    struct check_result *result;
    json_t *told; /* an object: each is told once, though all cameras inherit it */
    struct user worker;
    bool has_worker;                    /* else workers are camd */
    const struct config_camera *camera; /* whose settings are looked at */
};

/* Where a setting stands. */
struct place {
    const char *file, *key;
    uint32_t line;
};

void check_note(json_t *list, char *text)
{
    json_array_append_new(list, json_string(text ? text : "memory is short: not everything was checked"));
    free(text);
}

/* Whether this has not been told yet. */
static bool is_new(const struct check *check, const struct place *place, const char *path)
{
    char *mark = text_format("%s:%u:%s:%s", place->file ? place->file : "", place->line, place->key, path);
    const bool is = mark && !json_object_get(check->told, mark);
    if (is)
        json_object_set_new(check->told, mark, json_true());
    free(mark);
    return is;
}

/* ---- files ---- */

static void tell_unseen(const struct check *check, const struct place *place, const char *path)
{
    if (place->line > 0)
        check_note(check->result->unseen,
                   text_format("%s:%u: %s: %s", place->file, place->line, place->key, path));
    else
        check_note(check->result->unseen, text_format("%s: %s", place->key, path));
}

static void add_problem(const struct check *check, const struct place *place, char *text)
{
    if (text)
        config_problem_add(check->result->problems, place->file, place->line, place->key, "%s", text);
    free(text);
}

static void look_at_file(const struct check *check, const struct place *place, const char *path,
                         const struct user *user, const char *who, int mode)
{
    if (!is_new(check, place, path))
        return;
    const int error = access_to_file(access_may(user, path, mode), path);
    if (error == -EAGAIN)
        tell_unseen(check, place, path);
    else if (error < 0)
        add_problem(check, place, access_problem(error, path, mode, who));
}

static void look_as_worker(const struct check *check, const struct place *place, const char *path, int mode)
{
    look_at_file(check, place, path, check->has_worker ? &check->worker : NULL,
                 check->has_worker ? check->worker.name : "camd", mode);
}

/* As camd reads it, or as far as it shows from outside when that is all that this user may. */
static void look_at_password(const struct check *check, const struct place *place, const char *path)
{
    const char *shown = secret_path_shown(path);
    struct stat status;
    char *password = NULL, *problem = NULL;
    if (!is_new(check, place, path))
        return;
    const int error = access_to_file(access_may(NULL, path, R_OK), path);
    if (error == -EAGAIN)
        tell_unseen(check, place, shown);
    else if (error < 0)
        problem = access_problem(error, shown, R_OK, "camd");
    else if (secret_read(path, &password, &problem) == -EACCES) {
        free(problem);
        problem = stat(path, &status) == 0 ? secret_file_problem(path, &status) : NULL;
    }
    add_problem(check, place, problem);
    secret_free(password);
}

/* ---- users ---- */

static void look_at_user(const struct check *check, const struct place *place, const char *name,
                         struct user *user, bool *is_there)
{
    const int error = user_find(user, name);
    *is_there = error == 0;
    if (error == 0 || !is_new(check, place, name))
        return;
    config_problem_add(check->result->problems, place->file, place->line, place->key,
                       "there is no user %s: %s", name,
                       error == -ENOENT ? "expected one of this machine" : strerror(-error));
}

static void look_at_command(const struct check *check, const struct place *place, const char *command)
{
    char **words = NULL;
    struct user user;
    const char *name = check->camera->event_user;
    if (config_command_split(command, &words) || !words[0]) {
        free(words);
        return;
    }
    const bool is_there =
        name && user_find(&user, name) == 0; /* that there is none is told where it is named */
    if (words[0][0] == '/' && (!name || is_there))
        look_at_file(check, place, words[0], is_there ? &user : NULL, is_there ? user.name : "camd", X_OK);
    if (is_there)
        user_fini(&user);
    free(words);
}

static void look_at_event_user(const struct check *check, const struct place *place, const char *name)
{
    struct user user;
    bool is_there;
    const struct config_camera *camera = check->camera;
    if (!camera->on_event && !camera->on_state && !camera->on_failure)
        return; /* nothing runs as it */
    look_at_user(check, place, name, &user, &is_there);
    if (is_there)
        user_fini(&user);
}

/* ---- cameras ---- */

static void look_at_input(const struct check *check, const struct place *place, const char *input)
{
    static const char scheme[] = "file:";
    const char *path = strncmp(input, scheme, sizeof(scheme) - 1) == 0 ? input + sizeof(scheme) - 1 : input;
    const bool is_device = strncmp(path, "/dev/", strlen("/dev/")) == 0; /* which is told what is wanted */
    if (path[0] == '/' && !check->camera->capture)
        look_as_worker(check, place, path, is_device ? R_OK | W_OK : R_OK);
}

static void look_at_program(const struct check *check, const struct place *place, const char *path)
{
    if (path[0] == '/')
        look_as_worker(check, place, path, X_OK);
}

static const struct {
    const char *key;
    void (*look)(const struct check *check, const struct place *place, const char *value);
} looks[] = {
    {"input", look_at_input},        {"password_file", look_at_password}, {"capture", look_at_program},
    {"tracker", look_at_program},    {"on_event", look_at_command},       {"on_state", look_at_command},
    {"on_failure", look_at_command}, {"event_user", look_at_event_user},
};

static void look_at_setting(void *context, const struct config_shown *shown)
{
    const struct check *check = context;
    const struct place place = {shown->file, shown->key, shown->line};
    for (size_t i = 0; strcmp(shown->value, "none") != 0 && i < sizeof(looks) / sizeof(looks[0]); i++) {
        if (strcmp(looks[i].key, shown->key) == 0)
            looks[i].look(check, &place, shown->value);
    }
}

static bool look_at_cameras(struct check *check)
{
    const struct config *config = check->config;
    for (size_t i = 0; i < config->camera_count; i++) {
        check->camera = &config->cameras[i];
        if (config_camera_show(config, check->camera, true, look_at_setting, check) < 0)
            return false;
    }
    return true;
}

static void look_at_detectors(const struct check *check)
{
    const struct config *config = check->config;
    for (size_t i = 0; i < config->detector_count; i++) {
        const struct config_detector *detector = &config->detectors[i];
        const struct place model = {config->file, "model", detector->line};
        const struct place backend = {config->file, "backend", detector->line};
        if (detector->model)
            look_as_worker(check, &model, detector->model, R_OK);
        if (detector->backend[0] == '/')
            look_as_worker(check, &backend, detector->backend, X_OK);
    }
}

/* ---- [camd] ---- */

static struct place place_of(const struct config *config, const char *key)
{
    struct place place = {.key = key};
    if (config_written_find(config->written, key, &place.line))
        place.file = config->file;
    return place;
}

static void look_for_worker(struct check *check)
{
    const struct place place = place_of(check->config, "worker_user");
    const char *name = check->config->worker_user;
    if (!name || strcmp(check->config->sandbox, "no") == 0)
        return;
    if (!config_may_lack_worker_user(check->config))
        look_at_user(check, &place, name, &check->worker, &check->has_worker);
    else if (!(check->has_worker = user_find(&check->worker, name) == 0))
        check_note(check->result->warnings,
                   text_format("there is no user %s: workers run as camd itself does", name));
}

static void look_for_group(const struct check *check)
{
    const struct place place = place_of(check->config, "group");
    const char *name = check->config->group;
    if (name && !getgrnam(name))
        config_problem_add(check->result->problems, place.file, place.line, place.key,
                           "there is no group %s: expected one of this machine", name);
}

static void look_for_allowed(const struct check *check)
{
    const struct config *config = check->config;
    for (size_t i = 0; i < config->allow_count; i++) {
        struct user user;
        bool is_there;
        char *key = text_format("allow.%s", config->allows[i].name);
        const struct place place = key ? place_of(config, key) : (struct place){.key = "allow"};
        look_at_user(check, &place, config->allows[i].name, &user, &is_there);
        if (is_there)
            user_fini(&user);
        free(key);
    }
}

/* One that is not there yet is made by camd, but not in the place of something else. */
static void look_at_directory(const struct check *check, const char *key, const char *path)
{
    const struct place place = place_of(check->config, key);
    struct stat status;
    if (!path)
        return;
    if (stat(path, &status) < 0 && errno == EACCES)
        tell_unseen(check, &place, path);
    else if (stat(path, &status) < 0 ? errno == ENOTDIR : !S_ISDIR(status.st_mode))
        config_problem_add(check->result->problems, place.file, place.line, key, "%s is no directory", path);
}

/* camd makes the file, but not its directory. */
static void look_at_log(const struct check *check)
{
    const struct place place = place_of(check->config, "log");
    const char *path = check->config->log, *slash = path ? strrchr(path, '/') : NULL;
    struct stat status;
    char *directory = slash && slash > path ? text_format("%.*s", (int)(slash - path), path) : NULL;
    if (directory && stat(directory, &status) < 0 && errno == EACCES)
        tell_unseen(check, &place, path);
    else if (directory && (stat(directory, &status) < 0 || !S_ISDIR(status.st_mode)))
        config_problem_add(check->result->problems, place.file, place.line, place.key,
                           "%s is no directory: expected one for the log", directory);
    else if (directory && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        config_problem_add(check->result->problems, place.file, place.line, place.key, "%s: %s", path,
                           strerror(EISDIR));
    free(directory);
}

static void warn(void *context, const char *text)
{
    json_array_append_new(context, json_string(text));
}

bool check_machine(const struct config *config, struct check_result *result)
{
    struct check check = {.config = config, .result = result, .told = json_object()};
    const size_t first = result->problems->count;
    if (!check.told)
        return false;
    look_for_worker(&check);
    look_for_group(&check);
    look_for_allowed(&check);
    look_at_directory(&check, "run_dir", config->run_dir);
    look_at_directory(&check, "state_dir", config->state_dir);
    look_at_directory(&check, "cameras_dir", config->cameras_dir);
    look_at_log(&check);
    look_at_detectors(&check);
    const bool is_whole = look_at_cameras(&check);
    check_surroundings(config, check.has_worker ? &check.worker : NULL, result->warnings);
    config_warn(config, warn, result->warnings);
    config_problem_sort(result->problems, first);
    if (check.has_worker)
        user_fini(&check.worker);
    json_decref(check.told);
    return is_whole;
}
