/*
 * change.h - another configuration for a camera that there is
 *
 * What is written in files, and in front of it what was said while camd runs (`set --runtime`), which lasts until the
 * camera is removed or camd starts again, and over every reload.
 */
#ifndef CAMD_DAEMON_CAMERA_CHANGE_H
#define CAMD_DAEMON_CAMERA_CHANGE_H

#include <jansson.h>
#include <stdbool.h>

struct camera;
struct config_camera;
struct config_problems;

/*
 * Gives it this configuration (taken over), touching only what has to be touched, and says so in the log and to
 * subscribers. by_reload: not by `set`; what enable and disable said, which may not have been known before, counts from then on.
 * detector: what its detector's section means for it, or NULL.
 * A new string of what is done, for people, "" when nothing differs; NULL when memory is short.
 */
char *change_camera(struct camera *camera, struct config_camera *config, const char *detector,
                    bool by_reload);

/*
 * config, which is what the files say, with what was said at run time in front. What does not fit the files any more is
 * forgotten, and the log says why. 0 or -ENOMEM.
 */
int change_overlay(struct camera *camera, struct config_camera *config);

/*
 * The configuration that it will have when these settings ({KEY: VALUE}, null: what was said is taken back) are said at run
 * time, too, remembered then. 0 and a configuration for change_camera, -EINVAL with problems, -ENOMEM.
 */
int change_runtime(struct camera *camera, const json_t *settings, struct config_camera *config,
                   struct config_problems *problems);
/* It was added at run time, with these settings, of which it is made again when they change. 0 or -ENOMEM. */
int change_begin_runtime(struct camera *camera, const json_t *settings);
/*
 * What was set at run time, for the same camera under another name: taken from the one (NULL: nothing), given to the
 * other, of which it counts but for what was set of that one itself. A reference. 0 or -ENOMEM.
 */
json_t *change_take_runtime(struct camera *camera);
int change_give_runtime(struct camera *camera, json_t *runtime);
/* Its section, which says what it said, is in this file now. 0 or -ENOMEM. */
int change_file(struct camera *camera, const char *file);
/* These settings are written in its file now: what was said of them at run time is over. 0 or -ENOMEM. */
int change_forget_runtime(struct camera *camera, const json_t *settings);

#endif
