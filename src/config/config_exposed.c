/* Files with passwords that others may read. */
#include <string.h>
#include <sys/stat.h>

#include "base/secret.h"
#include "config/config.h"

static bool is_exposed(const char *file, unsigned int *mode)
{
    struct stat status;

    if (stat(file, &status) != 0 || !(status.st_mode & (S_IRGRP | S_IROTH)))
        return false;
    *mode = status.st_mode & 07777u;
    return true;
}

/* Cameras are in the order of their files, so that only the one before has to be looked at. */
void config_tell_exposed(const struct config *config, config_exposed_tell *tell, void *context)
{
    const char *told = NULL;
    unsigned int mode;

    for (size_t i = 0; i < config->camera_count; i++) {
        const struct config_camera *camera = &config->cameras[i];
        if (!camera->file || (told && strcmp(told, camera->file) == 0) || !secret_is_in(camera->input) ||
            secret_url_fault(camera->input) == NULL) /* a user alone is no secret worth a warning */
            continue;
        told = camera->file;
        if (is_exposed(camera->file, &mode))
            tell(context, camera->file, mode);
    }
}
