#include "replay/configure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

static int read_tracker(const json_t *json, struct settings *settings)
{
    char problem[SETTINGS_PROBLEM_BYTES];
    if (!json) {
        fputs("camd-replay: memory is short\n", stderr);
        return -ENOMEM;
    }
    int result = tracker_settings_read(json, settings, problem);
    if (result < 0)
        fprintf(stderr, "camd-replay: %s\n", problem);
    return result;
}

static void use_detector(const struct config_detector *detector, struct replay_settings *settings)
{
    settings->label_count = detector->label_count < CAMD_LABELS_MAX ? detector->label_count : CAMD_LABELS_MAX;
    memcpy(settings->labels, detector->label_list, settings->label_count * sizeof(*settings->labels));
    settings->rgb = detector->colour_order && strcmp(detector->colour_order, "rgb") == 0;
    if (config_detector_has_process(detector))
        settings->detector = config_detector_json(detector);
}

static int use_camera(const struct config *config, const struct config_camera *camera, const char *name,
                      struct replay_settings *settings)
{
    if (!name)
        name = camera->detector;
    const struct config_detector *detector = config_detector_find(config, name);
    if (name && !detector) {
        fprintf(
            stderr,
            "camd-replay: there is no detector %s: expected motion, opencv-hog, or the name of a [detector NAME] section of the file given with -c\n",
            name);
        return -ENOENT;
    }
    json_t *json = config_camera_json(camera, detector);
    int result = read_tracker(json, &settings->tracker);
    json_decref(json);
    settings->width = (uint32_t)camera->width;
    settings->height = (uint32_t)camera->height;
    if (result == 0 && detector)
        use_detector(detector, settings);
    return result;
}

static int load(const char *path, struct config **config)
{
    struct config_problems problems = {0};
    int result = path ? config_load(path, config, &problems) : config_standard(config);
    config_problems_print(&problems, "camd-replay: ", stderr);
    config_problems_clear(&problems);
    if (result == -ENOMEM)
        fputs("camd-replay: memory is short\n", stderr);
    return result;
}

int configure(const char *path, const char *camera_name, const char *detector,
              struct replay_settings *settings)
{
    struct config *config = NULL;
    *settings = (struct replay_settings){0};
    int result = load(path, &config);
    if (result < 0)
        return result;
    const struct config_camera *camera =
        camera_name ? config_camera_find(config, camera_name) : &config->defaults;
    if (camera) {
        result = use_camera(config, camera, detector, settings);
    } else {
        fprintf(stderr, "camd-replay: %s: there is no [camera %s] in it\n", path, camera_name);
        result = -ENOENT;
    }
    config_free(config);
    return result;
}

void configure_fini(struct replay_settings *settings)
{
    json_decref(settings->detector);
    settings->detector = NULL;
}
