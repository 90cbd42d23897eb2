#include "sandbox/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sandbox/sandbox_private.h"

/* ---- the wish ---- */

bool sandbox_allow_path(struct sandbox_wish *wish, const char *path, unsigned int use)
{
    if (wish->path_count == SANDBOX_PATHS_MAX)
        return false;
    wish->paths[wish->path_count++] = (struct sandbox_path){.path = path, .use = use};
    return true;
}

bool sandbox_allow_port(struct sandbox_wish *wish, uint16_t port)
{
    if (wish->port_count == SANDBOX_PORTS_MAX)
        return false;
    wish->ports[wish->port_count++] = port;
    return true;
}

static bool allow_readable(struct sandbox_wish *wish, const char *const *paths, size_t count)
{
    bool fits = true;
    for (size_t i = 0; fits && i < count; i++)
        fits = sandbox_allow_path(wish, paths[i], SANDBOX_READ);
    return fits;
}

bool sandbox_allow_libraries(struct sandbox_wish *wish)
{
    static const char *const paths[] = {"/lib", "/lib64", "/usr/lib", "/usr/local/lib", "/etc/ld.so.cache"};
    return allow_readable(wish, paths, sizeof(paths) / sizeof(paths[0]));
}

/* glibc's resolver loads its modules when the first name is asked for; a name server may be asked over TCP. */
bool sandbox_allow_names(struct sandbox_wish *wish)
{
    enum { PORT_DNS = 53 };
    static const char *const paths[] = {
        "/etc/resolv.conf",
        "/run/systemd/resolve",
        "/etc/hosts",
        "/etc/nsswitch.conf",
        "/etc/host.conf",
        "/etc/gai.conf",
        "/etc/ssl",
        "/usr/share/ca-certificates",
        "/usr/local/share/ca-certificates", /* what /etc/ssl/certs links to when an administrator has added one */
        "/etc/gnutls/config",
        "/etc/crypto-policies",
        "/dev/urandom",
    };
    return sandbox_allow_port(wish, PORT_DNS) && sandbox_allow_libraries(wish) &&
           allow_readable(wish, paths, sizeof(paths) / sizeof(paths[0]));
}

/* ---- giving up ---- */

__attribute__((format(printf, 3, 4))) static int failed(char problem[SANDBOX_TEXT_BYTES], int error,
                                                        const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(problem, SANDBOX_TEXT_BYTES, format, arguments);
    va_end(arguments);
    if (length > 0 && length < SANDBOX_TEXT_BYTES)
        snprintf(problem + length, SANDBOX_TEXT_BYTES - (size_t)length, ": %s", strerror(error));
    return -error;
}

/* The groups first: the user that is left may not change them any more. */
static int drop_user(const struct sandbox_wish *wish, struct sandbox_state *state,
                     char problem[SANDBOX_TEXT_BYTES])
{
    int death_signal = 0;
    if (!wish->drops_user)
        return 0;
    prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0);
    if (setgroups(wish->group_count, wish->groups) < 0)
        return failed(problem, errno, "cannot give up the groups");
    if (setresgid(wish->group, wish->group, wish->group) < 0)
        return failed(problem, errno, "cannot become group %u", (unsigned int)wish->group);
    if (setresuid(wish->user, wish->user, wish->user) < 0)
        return failed(problem, errno, "cannot become user %u", (unsigned int)wish->user);
    /* another user is no reason to outlive the parent, but the kernel forgets the request with the change */
    if (death_signal != 0 && prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) < 0)
        return failed(problem, errno, "cannot ask for the end with camd's");
    state->user = true;
    return 0;
}

static int set_limits(const struct sandbox_wish *wish, char problem[SANDBOX_TEXT_BYTES])
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) < 0)
        return failed(problem, errno, "cannot limit core files");
    if (wish->data_bytes > 0) {
        const struct rlimit data = {wish->data_bytes, wish->data_bytes};
        if (setrlimit(RLIMIT_DATA, &data) < 0)
            return failed(problem, errno, "cannot limit memory");
    }
    return 0;
}

int sandbox_enter(const struct sandbox_wish *wish, struct sandbox_state *state,
                  char problem[SANDBOX_TEXT_BYTES])
{
    *state = (struct sandbox_state){0};
    problem[0] = '\0';
    int error = drop_user(wish, state, problem);
    if (error == 0)
        error = set_limits(wish, problem);
    if (error < 0)
        return error;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return failed(problem, errno, "cannot give up new privileges");
    /* a change of the user has switched this on again; another process of the same user must not read us */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    sandbox_restrict_paths(wish, state);
    sandbox_restrict_calls(wish, state);
    return 0;
}

void sandbox_explain_missing(const struct sandbox_state *state, char text[SANDBOX_TEXT_BYTES])
{
    const struct {
        bool is_there;
        const char *words;
    } parts[] = {
        {state->user, "a user of its own (worker_user)"},
        {state->files, "landlock for files (Linux 5.13, and landlock among the kernel's lsm=)"},
        {state->ports, "landlock for TCP ports (Linux 6.7)"},
        {state->calls, "a seccomp filter"},
    };
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!parts[i].is_there && length < SANDBOX_TEXT_BYTES)
            length += (size_t)snprintf(text + length, SANDBOX_TEXT_BYTES - length, "%s%s", length ? ", " : "",
                                       parts[i].words);
    }
}
