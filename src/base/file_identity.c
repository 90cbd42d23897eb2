#include "base/file_identity.h"

#include <stdint.h>
#include <stdio.h>

const char *file_identity(const struct stat *status, char text[FILE_IDENTITY_BYTES])
{
    snprintf(text, FILE_IDENTITY_BYTES, "%ju:%ju:%jd:%jd.%09ld", (uintmax_t)status->st_dev,
             (uintmax_t)status->st_ino, (intmax_t)status->st_size, (intmax_t)status->st_mtim.tv_sec,
             status->st_mtim.tv_nsec);
    return text;
}
