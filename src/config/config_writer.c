#include "config/config_writer.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In a directory like /tmp nobody can replace what is another one's; what somebody adds is his, which is seen. */
static bool is_shared_directory(const struct stat *status)
{
    return S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX);
}

void config_writer_of(const struct stat *status, char who[CONFIG_WRITER_BYTES])
{
    unsigned int mode = status->st_mode & 07777U;
    who[0] = '\0';
    if (status->st_uid != 0 && status->st_uid != geteuid())
        snprintf(who, CONFIG_WRITER_BYTES, "user %u, who owns it", (unsigned int)status->st_uid);
    else if (is_shared_directory(status))
        return;
    else if (mode & S_IWOTH)
        snprintf(who, CONFIG_WRITER_BYTES, "everybody (mode %04o)", mode);
    else if ((mode & S_IWGRP) && status->st_gid != 0 && status->st_gid != getegid())
        snprintf(who, CONFIG_WRITER_BYTES, "group %u (mode %04o)", (unsigned int)status->st_gid, mode);
}

void config_writer_of_path(const char *path, char who[CONFIG_WRITER_BYTES])
{
    struct stat status;
    who[0] = '\0';
    if (stat(path, &status) == 0)
        config_writer_of(&status, who);
}

void config_writer_of_directory(const char *file, char who[CONFIG_WRITER_BYTES])
{
    char directory[PATH_MAX];
    const char *slash = strrchr(file, '/');
    size_t length = !slash ? 0 : slash == file ? 1 : (size_t)(slash - file);
    who[0] = '\0';
    if (length >= sizeof(directory))
        return; /* nor can the file be opened */
    memcpy(directory, length > 0 ? file : ".", length > 0 ? length : 1);
    directory[length > 0 ? length : 1] = '\0';
    config_writer_of_path(directory, who);
}

void config_writer_of_place(const char *file, char who[CONFIG_WRITER_BYTES], char where[PATH_MAX])
{
    who[0] = '\0';
    if (file[0] != '/' || strlen(file) >= PATH_MAX)
        return;
    strcpy(where, file);
    for (;;) {
        config_writer_of_path(where, who);
        char *slash = strrchr(where, '/');
        if (who[0] != '\0' || strcmp(where, "/") == 0)
            return;
        slash[slash == where] = '\0';
    }
}
