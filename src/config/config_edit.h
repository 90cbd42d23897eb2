/*
 * config_edit.h - changing a file that people write, too: only what is to change changes
 *
 * Text in, text out. Comments, blank lines, the order of settings and line ends stay; a setting that is there is
 * written in its place, a new one after the section's last. What comes out has been read again and compared: it has the
 * settings that were asked for, and all others as they were. A file with problems is not edited.
 */
#ifndef CAMD_CONFIG_CONFIG_EDIT_H
#define CAMD_CONFIG_CONFIG_EDIT_H

#include "config/config.h"

/*
 * The camera's settings changed; value NULL takes one out, so that the default counts again. file: its path, for
 * problems of what is in it; those of the changes have no file. 0 and a new text in *edited (the same as before when
 * nothing differs); -ENOENT: the text has no such camera; -EINVAL with problems; -ENOMEM.
 */
int config_edit_settings(const char *file, const char *text, size_t length, const char *camera,
                         const struct config_setting *changes, size_t count, char **edited,
                         struct config_problems *problems);

/* The camera's section gets another name. As above; the name is one for a camera and not in the text yet. */
int config_edit_name(const char *file, const char *text, size_t length, const char *camera, const char *name,
                     char **edited, struct config_problems *problems);

/* One section: "camd", "defaults", "camera" or "detector", its name or "", and its settings as they are written. */
typedef void config_section_seen(void *context, const char *title, const char *name,
                                 const struct config_setting *settings, size_t count);
/* Each section of a file, whatever its values mean. 0, -EINVAL with problems, nothing seen then; or -ENOMEM. */
int config_sections_read(const char *file, config_section_seen *seen, void *context,
                         struct config_problems *problems);

/* How many sections the text has, or 0 when it has problems. */
size_t config_edit_sections(const char *text, size_t length);

/*
 * The camera of that name in a text, as a reload would find it in the file: with the running configuration's [defaults] and
 * detectors. 0; -ENOENT, -EINVAL with problems, -ENOMEM. The camera is the caller's to config_camera_fini.
 */
int config_camera_read(const struct config *config, const char *file, const char *text, size_t length,
                       const char *name, struct config_camera *camera, struct config_problems *problems);

/* config_edit_settings, and then the camera as config_camera_read would find it: both there, or neither. */
int config_change_camera(const struct config *config, const char *file, const char *text, size_t length,
                         const char *name, const struct config_setting *changes, size_t count, char **edited,
                         struct config_camera *camera, struct config_problems *problems);

/*
 * A copy of a camera with some settings in front of its own, for as long as they last. 0, -EINVAL with problems (that
 * have no file), -ENOMEM.
 */
int config_camera_overlay(const struct config *config, const struct config_camera *base,
                          const struct config_setting *settings, size_t count, struct config_camera *camera,
                          struct config_problems *problems);

#endif
