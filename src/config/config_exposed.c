/* Files with passwords that others can read, and what others can write. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/secret.h"
#include "base/text.h"
#include "config/config.h"
#include "config/config_writer.h"

struct warning {
    config_warning *warn;
    void *context;
};

static void warn_text(const struct warning *warning, char *text)
{
    warning->warn(warning->context, text ? text : "memory is short: not everything was checked");
    free(text);
}

static void warn_readable(const struct warning *warning, const char *file)
{
    struct stat status;
    if (stat(file, &status) != 0 || !(status.st_mode & (S_IRGRP | S_IROTH)))
        return;
    warn_text(warning, text_format("%s has a password and others may read it (mode %04o): chmod 600 %s", file,
                                   (unsigned int)status.st_mode & 07777U, file));
}

static void warn_writable(const struct warning *warning, const char *path)
{
    char who[CONFIG_WRITER_BYTES];
    if (!path)
        return;
    config_writer_of_path(path, who);
    if (who[0] != '\0')
        warn_text(warning,
                  text_format(
                      "%s can be written by %s, who can change what camd does: chown root and chmod go-w %s",
                      path, who, path));
}

/* Cameras are in the order of their files, so that only the one before has to be looked at. */
void config_warn(const struct config *config, config_warning *warn, void *context)
{
    const struct warning warning = {warn, context};
    const char *const paths[] = {config->file, config->cameras_dir, config->run_dir, config->state_dir};
    const char *readable = NULL, *writable = config->file;

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        warn_writable(&warning, paths[i]);
    for (size_t i = 0; i < config->camera_count; i++) {
        const char *file = config->cameras[i].file;
        if (!file)
            continue;
        if (!writable || strcmp(writable, file) != 0)
            warn_writable(&warning, file);
        writable = file;
        if (secret_is_in(config->cameras[i].input) && (!readable || strcmp(readable, file) != 0)) {
            warn_readable(&warning, file);
            readable = file;
        }
    }
}
