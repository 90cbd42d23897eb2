/* control.c - see control.h; what a client is and does is in control_client.c and control_request.c */
#include "daemon/control/control.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "daemon/control/control_client.h"
#include "daemon/handoff/handoff_fields.h"

enum {
    CONTROL_ACCEPTS_NS = 2000000, /* connections are taken for so long in one turn of the loop */
    CONTROL_ACCEPT_PAUSE_S = 1,
    CONTROL_START_PATIENCE_MS = 1000,
};

/* ---- accepting ---- */

/* Without a free descriptor the listening socket would stay readable for ever. */
static void control_pause(struct control *control, int error)
{
    if (!control->accept_failing)
        log_warning(NULL, "control socket: cannot take a client: %s; trying again every second",
                    strerror(-error));
    control->accept_failing = true;
    ev_io_stop(control->loop, &control->accept_io);
    ev_timer_again(control->loop, &control->accept_timer);
}

static void control_take(struct control *control, int fd)
{
    struct control_access access;
    const int error = control_access_of_peer(fd, control->group, &access);
    if (error == 0)
        control_client_new(control, fd, &access);
    else
        sys_close(&fd);
}

static void control_on_accept(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    (void)events;
    struct control *control = io->data;
    const int64_t until_ns = clock_monotonic_ns() + CONTROL_ACCEPTS_NS;
    do {
        const int fd = sys_accept(control->listener.fd, SOCK_NONBLOCK);
        if (fd >= 0) {
            control->accept_failing = false;
            control_take(control, fd);
        } else if (fd == -EAGAIN || fd == -EWOULDBLOCK) {
            return;
        } else if (fd != -ECONNABORTED && fd != -EINTR) {
            control_pause(control, fd);
            return;
        }
    } while (clock_monotonic_ns() < until_ns);
}

static void control_on_accept_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    struct control *control = timer->data;
    ev_timer_stop(loop, timer);
    ev_io_start(loop, &control->accept_io);
}

/* ---- who may, in words: looked up once, since asking for names can block ---- */

static char *user_text(uid_t uid)
{
    const struct passwd *user = getpwuid(uid);
    return user ? text_format("%s", user->pw_name) : text_format("user %u", (unsigned int)uid);
}

static char *group_text(gid_t gid)
{
    const struct group *group = getgrgid(gid);
    return group ? text_format("%s", group->gr_name) : text_format("%u", (unsigned int)gid);
}

static int control_describe_access(struct control *control, gid_t group)
{
    const uid_t owner = geteuid();
    char *others = owner == 0 ? text_format("%s", "") : NULL;
    if (owner != 0) {
        char *user = user_text(owner);
        others = user ? text_format(" and %s", user) : NULL;
        free(user);
    }
    if (!others)
        return -ENOMEM;
    control->denied_change = text_format("only root%s may; try again with sudo", others);
    if (group == (gid_t)-1) {
        control->denied_read = control->denied_change ? strdup(control->denied_change) : NULL;
    } else {
        char *members = group_text(group);
        control->denied_read =
            !members
                ? NULL
                : text_format(
                      "only root%s and members of the group %s may; join the group or try again with sudo",
                      others, members);
        free(members);
    }
    free(others);
    return !control->denied_change || !control->denied_read ? -ENOMEM : 0;
}

/* ---- the whole ---- */

static void control_destroy(struct control *control)
{
    free(control->denied_read);
    free(control->denied_change);
    control->denied_read = control->denied_change = NULL;
    control_socket_fini(&control->listener);
}

/* What says how to get the socket: by making it, or by taking it over. */
typedef int control_open(struct control *control, const char *path, const json_t *record);

static int control_make(struct control **result, const struct control *settings, control_open *open,
                        const char *path, const json_t *record)
{
    struct control *control = calloc(1, sizeof(*control));
    if (!control)
        return -ENOMEM;
    control->loop = settings->loop;
    control->handler = settings->handler;
    control->context = settings->context;
    control->group = settings->group;
    LIST_INIT(&control->clients);
    LIST_INIT(&control->dead);
    control_turns_init(control);
    control_socket_init(&control->listener);
    int error = control_describe_access(control, control->group);
    if (error == 0)
        error = open(control, path, record);
    if (error < 0) {
        control_destroy(control);
        free(control);
        return error;
    }
    ev_io_init(&control->accept_io, control_on_accept, control->listener.fd, EV_READ);
    control->accept_io.data = control;
    ev_init(&control->accept_timer, control_on_accept_timer);
    control->accept_timer.repeat = CONTROL_ACCEPT_PAUSE_S;
    control->accept_timer.data = control;
    ev_io_start(control->loop, &control->accept_io);
    *result = control;
    return 0;
}

static int control_listen(struct control *control, const char *path, const json_t *record)
{
    (void)record;
    return control_socket_listen(&control->listener, path, control->group, CONTROL_START_PATIENCE_MS);
}

int control_new(struct control **result, struct ev_loop *loop, const char *path, gid_t group,
                control_handler *handler, void *context)
{
    const struct control settings = {.loop = loop, .group = group, .handler = handler, .context = context};
    return control_make(result, &settings, control_listen, path, NULL);
}

/* ---- upgrade ---- */

json_t *control_hand_over(const struct control *control)
{
    return json_pack("{s:o}", "listener", handoff_write_fd(control->listener.fd));
}

static int control_inherit(struct control *control, const char *path, const json_t *record)
{
    const int fd = handoff_read_fd(json_object_get(record, "listener"));
    return fd < 0 ? -EINVAL : control_socket_take_over(&control->listener, path, fd);
}

int control_take_over(struct control **result, struct ev_loop *loop, const char *path, gid_t group,
                      control_handler *handler, void *context, const json_t *record)
{
    const struct control settings = {.loop = loop, .group = group, .handler = handler, .context = context};
    return control_make(result, &settings, control_inherit, path, record);
}

void control_flush(struct control *control)
{
    struct control_client *client, *next;
    control_enter(control);
    for (client = LIST_FIRST(&control->clients); client; client = next) {
        next = LIST_NEXT(client, link);
        control_client_flush(client);
    }
    control_leave(control);
}

bool control_is_there(const struct control *control)
{
    return control_socket_is_there(&control->listener);
}

int control_restore(struct control *control)
{
    struct control_socket made;
    if (control_socket_is_there(&control->listener))
        return 0;
    const int error = control_socket_listen(&made, control->listener.path, control->group, 0);
    if (error < 0) {
        log_error(NULL,
                  "control socket %s: it has lost its name, and could not be made again; SIGHUP tries again",
                  control->listener.path);
        return error;
    }
    log_warning(NULL, "control socket %s: somebody has removed it; it is made again", made.path);
    control_on_accept(control->loop, &control->accept_io,
                      EV_READ); /* those who are in the queue of the old one */
    const bool accepting = ev_is_active(&control->accept_io);
    ev_io_stop(control->loop, &control->accept_io);
    control_socket_fini(&control->listener);
    control->listener = made;
    ev_io_set(&control->accept_io, made.fd, EV_READ);
    if (accepting)
        ev_io_start(control->loop, &control->accept_io);
    return 0;
}

void control_set_may(struct control *control, control_may *may)
{
    control->may = may;
}

const char *control_path(const struct control *control)
{
    return control->listener.path;
}

void control_free(struct control *control)
{
    if (!control || control->freed)
        return;
    control_enter(control);
    control->freed = true;
    ev_io_stop(control->loop, &control->accept_io);
    ev_timer_stop(control->loop, &control->accept_timer);
    control_destroy(control);
    while (!LIST_EMPTY(&control->clients))
        control_client_finish(LIST_FIRST(&control->clients));
    control_leave(control);
}

void control_wake(struct control *control)
{
    if (!control)
        return;
    struct control_client *client;
    LIST_FOREACH(client, &control->clients, link) {
        if (client->request && client->request->waiting) {
            client->request->waiting = false;
            control_client_schedule(client);
        }
    }
}
