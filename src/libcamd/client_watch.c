#include "libcamd/client_watch.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static const struct client_watch unopened = {
    .epoll_fd = -1, .timer_fd = -1, .socket_fd = -1, .wake_ns = INT64_MAX};

void client_watch_init(struct client_watch *watch)
{
    *watch = unopened;
}

void client_watch_fini(struct client_watch *watch)
{
    if (watch->epoll_fd >= 0)
        close(watch->epoll_fd);
    if (watch->timer_fd >= 0)
        close(watch->timer_fd);
    *watch = unopened;
}

int client_watch_open(struct client_watch *watch)
{
    struct epoll_event event = {.events = EPOLLIN};
    if (watch->epoll_fd >= 0)
        return 0;
    watch->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    watch->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (watch->epoll_fd < 0 || watch->timer_fd < 0 ||
        epoll_ctl(watch->epoll_fd, EPOLL_CTL_ADD, watch->timer_fd, &event) < 0) {
        const int problem = -errno;

        client_watch_fini(watch);
        return problem;
    }
    return 0;
}

static void set_socket(struct client_watch *watch, int socket_fd, uint32_t events)
{
    struct epoll_event event = {.events = events};
    if (socket_fd != watch->socket_fd) {
        client_watch_forget(watch);
        if (socket_fd >= 0 && epoll_ctl(watch->epoll_fd, EPOLL_CTL_ADD, socket_fd, &event) == 0) {
            watch->socket_fd = socket_fd;
            watch->socket_events = events;
        }
    } else if (socket_fd >= 0 && events != watch->socket_events) {
        if (epoll_ctl(watch->epoll_fd, EPOLL_CTL_MOD, socket_fd, &event) == 0)
            watch->socket_events = events;
    }
}

/* A timer that has expired stays readable until it is set again, or read: setting it is enough. */
static void set_time(struct client_watch *watch, int64_t wake_ns)
{
    struct itimerspec time = {.it_value = {0, 0}};
    if (wake_ns == watch->wake_ns)
        return;
    if (wake_ns != INT64_MAX) {
        const int64_t at_ns = wake_ns < 1 ? 1 : wake_ns; /* 0 would switch it off */
        time.it_value.tv_sec = (time_t)(at_ns / 1000000000);
        time.it_value.tv_nsec = (long)(at_ns % 1000000000);
    }
    (void)timerfd_settime(watch->timer_fd, TFD_TIMER_ABSTIME, &time, NULL);
    watch->wake_ns = wake_ns;
}

void client_watch_set(struct client_watch *watch, int socket_fd, uint32_t events, int64_t wake_ns)
{
    if (watch->epoll_fd >= 0) {
        set_socket(watch, socket_fd, events);
        set_time(watch, wake_ns);
    }
}

void client_watch_forget(struct client_watch *watch)
{
    if (watch->socket_fd >= 0) {
        (void)epoll_ctl(watch->epoll_fd, EPOLL_CTL_DEL, watch->socket_fd, NULL);
        watch->socket_fd = -1;
    }
}
