/* config_camera.h - from a section's settings to a camera */
#ifndef CAMD_CONFIG_CONFIG_CAMERA_H
#define CAMD_CONFIG_CONFIG_CAMERA_H

#include "config/config.h"
#include "config/config_document.h"

/*
 * Sets the fields of owner, a struct config for [camd], a struct config_detector, or a struct config_camera. Values that are
 * not right are problems. 0 or -ENOMEM.
 */
int config_section_apply(struct config_section *section, const char *file, void *owner,
                         struct config_problems *problems);

/* What has to fit together in the camera that the section was applied to; config has the detectors. */
void config_camera_check(const struct config *config, const struct config_camera *camera,
                         const struct config_section *section, const char *file,
                         struct config_problems *problems);

/* Part of it: some detector has the labels in the section (config_known.c). */
void config_camera_check_labels(const struct config *config, const struct config_camera *camera,
                                const struct config_section *section, const char *file,
                                struct config_problems *problems);

/* A camera of the configuration's defaults and the section. 0 and a camera, with problems perhaps, or -ENOMEM and none. */
int config_camera_build(const struct config *config, struct config_section *section, const char *file,
                        struct config_camera *camera, struct config_problems *problems);

/* Settings of filters that do not go together, of zones, too. */
void config_camera_check_filters(const struct config_camera *camera, const struct config_section *section,
                                 const char *file, struct config_problems *problems);
/* Settings of zones that do not go together. */
void config_camera_check_zones(const struct config_camera *camera, const struct config_section *section,
                               const char *file, struct config_problems *problems);

#endif
