#include "base/file_identity.h"

#include <stdint.h>
#include <stdio.h>

bool file_is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

const char *file_identity(const struct stat *status, char text[FILE_IDENTITY_BYTES])
{
    snprintf(text, FILE_IDENTITY_BYTES, "%ju:%ju:%jd:%jd.%09ld", (uintmax_t)status->st_dev,
             (uintmax_t)status->st_ino, (intmax_t)status->st_size, (intmax_t)status->st_mtim.tv_sec,
             status->st_mtim.tv_nsec);
    return text;
}
