#include "companion/companion_files.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/access.h"
#include "base/text.h"
#include "config/config_problem.h"

void companion_files_problem(const struct companion_files *files, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = text_format_arguments(format, arguments);
    va_end(arguments);
    const uint32_t line = config_plain_line(files->plain, files->config_path, key);
    config_problem_add(files->problems, line > 0 ? files->config_path : NULL, line, key, "%s",
                       text ? text : "memory is short");
    free(text);
}

static bool tell(const struct companion_files *files, const char *key, int error, const char *path, int mode)
{
    char *problem = access_problem(error, path, mode, files->user.name);
    companion_files_problem(files, key, "%s", problem ? problem : strerror(-error));
    free(problem);
    return false;
}

static int ask(const struct companion_files *files, const char *path, int mode)
{
    return files->becomes_user ? access_may(&files->user, path, mode) : access_may_ourselves(path, mode);
}

bool companion_files_look(const struct companion_files *files, const char *key, const char *path, int mode)
{
    const int error = path ? access_to_file(ask(files, path, mode), path) : 0;
    return error == 0 || error == -EAGAIN || tell(files, key, error, path, mode);
}

bool companion_files_look_at_directory(const struct companion_files *files, const char *key, const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode)) {
        companion_files_problem(files, key, "%s is no directory: expected one that %s may write to", path,
                                files->user.name);
        return false;
    }
    const int error = ask(files, path, W_OK | X_OK);
    if (error == -ENOENT) {
        companion_files_problem(
            files, key,
            "there is no directory %s: expected one that %s may write to (install -d -o %s -m 750 %s)", path,
            files->user.name, files->user.name, path);
        return false;
    }
    return error == 0 || error == -EAGAIN || tell(files, key, error, path, W_OK);
}
