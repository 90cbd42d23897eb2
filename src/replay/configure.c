#include "replay/configure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/config.h"

static void print_problems(const struct config_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        char *text = config_problem_text(&problems->list[i]);
        fprintf(stderr, "camd-replay: %s\n", text ? text : "out of memory");
        free(text);
    }
}

static int read_tracker(const json_t *json, struct settings *settings)
{
    char problem[SETTINGS_PROBLEM_BYTES];
    if (!json) {
        fputs("camd-replay: out of memory\n", stderr);
        return -ENOMEM;
    }
    int result = settings_read(json, settings, problem);
    if (result < 0)
        fprintf(stderr, "camd-replay: %s\n", problem);
    return result;
}

static int use_camera(const struct config *config, const struct config_camera *camera,
                      struct replay_settings *settings)
{
    json_t *json =
        config_camera_json(camera, camera->detector ? config_detector_find(config, camera->detector) : NULL);
    int result = read_tracker(json, &settings->tracker);
    json_decref(json);
    settings->width = (uint32_t)camera->width;
    settings->height = (uint32_t)camera->height;
    return result;
}

static int use_file(const char *path, const char *name, struct replay_settings *settings)
{
    struct config_problems problems = {0};
    struct config *config = NULL;
    int result = config_load(path, &config, &problems);
    print_problems(&problems);
    config_problems_clear(&problems);
    if (result < 0) {
        if (result == -ENOMEM)
            fputs("camd-replay: out of memory\n", stderr);
        return result;
    }
    const struct config_camera *camera = name ? config_camera_find(config, name) : &config->defaults;
    if (camera) {
        result = use_camera(config, camera, settings);
    } else {
        fprintf(stderr, "camd-replay: %s: there is no [camera %s] in it\n", path, name);
        result = -ENOENT;
    }
    config_free(config);
    return result;
}

int configure(const char *path, const char *camera, struct replay_settings *settings)
{
    *settings = (struct replay_settings){0};
    if (path)
        return use_file(path, camera, settings);
    if (camera) {
        fputs("camd-replay: --camera needs the file with the camera: -c FILE\n", stderr);
        return -EINVAL;
    }
    json_t *json = json_object();
    int result = read_tracker(json, &settings->tracker);
    json_decref(json);
    return result;
}
