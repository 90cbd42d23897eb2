/* camd-web: a page with the cameras of a camd; see camd-web(8) */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/limits.h"
#include "companion/companion_files.h"
#include "web/http.h"
#include "web/web.h"

/* What root had to open and read, for the time when it is given up. */
static struct {
    int listen_fd;
    struct web_users *users;
} prepared = {.listen_fd = -1};

/* Pictures for people come after the cameras' own work. */
enum { NICENESS = 10 };

static void read_files(const void *settings, const struct companion_files *files)
{
    const char *path = ((const struct web_settings *)settings)->users_file;
    char problem[WEB_USERS_TEXT_BYTES], *rest = problem, *line;
    if (!path || web_users_read(&prepared.users, path, problem) == 0)
        return;
    while ((line = strsep(&rest, "\n")))
        companion_files_problem(files, "users_file", "%s", line);
}

static int listen_at(const char *where)
{
    struct sockaddr_storage address;
    const socklen_t length = web_settings_address(where, &address);
    prepared.listen_fd = http_listen((const struct sockaddr *)&address, length);
    if (prepared.listen_fd >= 0)
        return 0;
    fprintf(stderr, "camd-web: cannot listen at %s: %s\n", where, strerror(-prepared.listen_fd));
    return prepared.listen_fd;
}

static int prepare(const void *settings)
{
    const struct web_settings *web = settings;
    (void)setpriority(PRIO_PROCESS, 0, NICENESS);
    limits_raise_open_files();
    return listen_at(web->listen);
}

static bool wish(const void *settings, struct sandbox_wish *wish)
{
    (void)settings;
    wish->accepts = true;
    return sandbox_allow_path(wish, "/dev/shm", SANDBOX_READ);
}

static struct companion *running;

static int start(struct companion *companion, void **context)
{
    struct web *web = NULL;
    running = companion;
    const int result =
        web_start(&web, companion->loop, companion->settings, prepared.users, prepared.listen_fd);

    *context = web;
    return result;
}

static void stop(void *context)
{
    (void)context;
    companion_end(running, 0);
}

static void release(void *context)
{
    web_stop(context);
    web_users_free(prepared.users);
}

int main(int argc, char **argv)
{
    static const struct companion_program program = {
        .name = "camd-web",
        .summary = "A page with the cameras of a camd: live pictures, states, events.",
        .file = CAMD_SYSCONFDIR "/camd/web.ini",
        .plain = &web_settings_file,
        .settings_size = sizeof(struct web_settings),
        .read_files = read_files,
        .prepare = prepare,
        .wish = wish,
        .start = start,
        .stop = stop,
        .free = release,
    };

    return companion_main(&program, argc, argv);
}
