/* config_show.h - the effective settings of a camera, and where each of them comes from */
#ifndef CAMD_CONFIG_CONFIG_SHOW_H
#define CAMD_CONFIG_CONFIG_SHOW_H

#include "config/config.h"

enum config_source {
    CONFIG_SOURCE_OWN,      /* the camera's section */
    CONFIG_SOURCE_RUNTIME,  /* said while camd runs, in no file */
    CONFIG_SOURCE_DEFAULTS, /* [defaults] */
    CONFIG_SOURCE_BUILT_IN,
};

struct config_shown {
    const char *key;   /* the whole one */
    const char *value; /* as in a file; "none" and the like for what is not set */
    enum config_source source;
    const char *file; /* of the line; NULL: none */
    uint32_t line;
};

/* Calls show for each setting, in the order of the table; secrets are masked unless show_secrets. 0 or -ENOMEM. */
typedef void config_show(void *context, const struct config_shown *shown);
int config_camera_show(const struct config *config, const struct config_camera *camera, bool show_secrets,
                       config_show *show, void *context);

/*
 * What may be seen, in a log for instance, of a setting that somebody asked for, right or wrong: "***" stands where a
 * password may, such as the value of a key that there is not. New string, the caller's to free; NULL when memory is short.
 */
char *config_setting_shown(const char *key, const char *value);

#endif
