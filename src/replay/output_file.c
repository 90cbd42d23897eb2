#include "replay/output_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* What is replaced by another file would be no link, device or pipe any more. */
static bool is_replaceable(const char *path)
{
    struct stat status;
    return lstat(path, &status) < 0 || S_ISREG(status.st_mode);
}

int output_file_open(struct output_file *output, const char *path)
{
    struct output_file opened = {.file = stdout, .path = path};
    if (strcmp(path, "-") != 0) {
        bool is_direct = !is_replaceable(path);
        if (!is_direct && !(opened.partial = text_format("%s.partial", path)))
            return -ENOMEM;
        opened.file = fopen(is_direct ? path : opened.partial, "we");
    }
    if (!opened.file) {
        int error = errno;
        free(opened.partial);
        return -error;
    }
    *output = opened;
    return 0;
}

int output_file_close(struct output_file *output)
{
    if (!output->file)
        return 0;
    int result = ferror(output->file) ? -EIO : 0;
    if (fflush(output->file) != 0)
        result = -errno;
    if (output->file != stdout && fclose(output->file) != 0 && result == 0)
        result = -errno;
    output->file = NULL;
    return result;
}

int output_file_keep(struct output_file *output, bool is_complete)
{
    int result = 0;
    if (output->partial && !is_complete)
        unlink(output->partial);
    else if (output->partial && rename(output->partial, output->path) < 0)
        result = -errno;
    free(output->partial);
    output->partial = NULL;
    return result;
}
