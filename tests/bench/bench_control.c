/*
 * bench_control - what requests and subscribers cost on open connections, beside programs that do nothing else
 *
 *   bench-control ask SOCKET REQUEST CLIENTS COUNT     asks camd, from CLIENTS connections at once, COUNT times in all
 *   bench-control echo REQUEST CLIENTS COUNT           the same of a process that parses a line of JSON and prints it again
 *   bench-control subscribe SOCKET CLIENTS SECONDS     subscribes so often, and reads
 *   bench-control copy BYTES CLIENTS COUNT             sends COUNT times so many bytes to each of CLIENTS sockets
 *
 * Prints one line of JSON: microseconds, events and bytes. For an idle machine; camd runs already.
 */
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

enum { CLIENTS_MAX = 100, COUNT_MAX = 1000000, ANSWER_BYTES = 1 << 20 };

struct client {
    int fd;
    int64_t asked_ns;
    size_t length;
    char answer[ANSWER_BYTES];
};

static struct client clients[CLIENTS_MAX];
static int64_t times[COUNT_MAX];

static void require(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

static int number_of(const char *text, int most)
{
    const int number = atoi(text);
    require(number > 0 && number <= most, text);
    return number;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char greeting[1024];
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    require(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                recv(fd, greeting, sizeof(greeting), 0) > 0,
            path);
    return fd;
}

/* What has come so far ends with the answer's last line. */
static bool is_answered(const struct client *client)
{
    static const char part[] = "{\"id\":1,\"part\"";
    if (client->length == 0 || client->answer[client->length - 1] != '\n')
        return false;
    const char *before = memrchr(client->answer, '\n', client->length - 1);
    const char *line = before ? before + 1 : client->answer;
    return strncmp(line, part, sizeof(part) - 1) != 0;
}

static void ask(struct client *client, const char *request)
{
    client->length = 0;
    client->asked_ns = now_ns();
    require(send(client->fd, request, strlen(request), 0) == (ssize_t)strlen(request), "send");
}

/* Every client has one request under way until all were asked. */
static void ask_all(const char *request, int count_of_clients, int count)
{
    struct epoll_event events[CLIENTS_MAX];
    int asked = 0, answered = 0;
    const int epoll = epoll_create1(0);
    for (int i = 0; i < count_of_clients; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
        require(epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event) == 0, "epoll_ctl");
    }
    const int64_t begun_ns = now_ns();
    for (; asked < count_of_clients && asked < count; asked++)
        ask(&clients[asked], request);
    while (answered < count) {
        const int ready = epoll_wait(epoll, events, CLIENTS_MAX, -1);
        for (int i = 0; i < ready; i++) {
            struct client *client = events[i].data.ptr;
            const ssize_t got =
                recv(client->fd, client->answer + client->length, ANSWER_BYTES - client->length, 0);
            require(got > 0, "recv");
            client->length += (size_t)got;
            if (!is_answered(client))
                continue;
            times[answered++] = now_ns() - client->asked_ns;
            if (asked < count && ++asked)
                ask(client, request);
        }
    }
    const double all_us = (double)(now_ns() - begun_ns) / 1e3;
    sort_times(times, (size_t)count);
    printf("{\"median_us\": %.2f, \"each_us\": %.2f, \"answer_bytes\": %zu}\n",
           (double)times[count / 2] / 1e3, all_us / count, clients[0].length);
}

static int ask_main(char **argv)
{
    char request[4096];
    const int count_of_clients = number_of(argv[4], CLIENTS_MAX);
    snprintf(request, sizeof(request), "%s\n", argv[3]);
    for (int i = 0; i < count_of_clients; i++)
        clients[i].fd = connect_to(argv[2]);
    ask_all(request, count_of_clients, number_of(argv[5], COUNT_MAX));
    return 0;
}

/* A process that parses what comes and prints it again. */
static void echo(const int *fds, int count)
{
    static char line[ANSWER_BYTES];
    struct epoll_event event = {.events = EPOLLIN}, events[CLIENTS_MAX];
    const int epoll = epoll_create1(0);
    for (int i = 0; i < count; i++) {
        event.data.fd = fds[i];
        require(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) == 0, "epoll_ctl");
    }
    for (;;) {
        const int ready = epoll_wait(epoll, events, CLIENTS_MAX, -1);
        for (int i = 0; i < ready; i++) {
            const ssize_t got = recv(events[i].data.fd, line, sizeof(line), 0);
            if (got <= 0)
                _exit(0);
            json_t *value = json_loadb(line, (size_t)got, 0, NULL);
            char *text = json_dumps(value, JSON_COMPACT);
            const size_t length = strlen(text);
            text[length] = '\n';
            require(send(events[i].data.fd, text, length + 1, 0) > 0, "send");
            free(text);
            json_decref(value);
        }
    }
}

static void make_pairs(int count, int others[CLIENTS_MAX])
{
    for (int i = 0; i < count; i++) {
        int pair[2];
        require(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
        clients[i].fd = pair[0];
        others[i] = pair[1];
    }
}

static int echo_main(char **argv)
{
    char request[4096];
    int others[CLIENTS_MAX];
    const int count_of_clients = number_of(argv[3], CLIENTS_MAX);
    snprintf(request, sizeof(request), "%s\n", argv[2]);
    make_pairs(count_of_clients, others);
    const pid_t child = fork();
    require(child >= 0, "fork");
    if (child == 0)
        echo(others, count_of_clients);
    ask_all(request, count_of_clients, number_of(argv[4], COUNT_MAX));
    kill(child, SIGTERM);
    return 0;
}

/* Reads from all until a time, or until all have ended. Returns the lines and the bytes. */
static void drain(const int *fds, int count, int64_t until_ns, uint64_t *lines, uint64_t *bytes)
{
    static char text[1 << 16];
    struct pollfd polled[CLIENTS_MAX];
    for (int i = 0; i < count; i++)
        polled[i] = (struct pollfd){fds[i], POLLIN, 0};
    for (int open = count; open > 0;) {
        const int64_t left_ms = (until_ns - now_ns()) / 1000000;
        if (left_ms <= 0)
            return;
        poll(polled, (nfds_t)count, left_ms > 1000 ? 1000 : (int)left_ms);
        for (int i = 0; i < count; i++) {
            const ssize_t got = polled[i].revents ? recv(polled[i].fd, text, sizeof(text), 0) : -1;
            if (got == 0) {
                polled[i].fd = -1;
                open--;
            }
            for (ssize_t at = 0; at < got; at++)
                *lines += text[at] == '\n';
            *bytes += got > 0 ? (uint64_t)got : 0;
        }
    }
}

static int subscribe_main(char **argv)
{
    static const char request[] = "{\"id\":1,\"verb\":\"subscribe\"}\n";
    int fds[CLIENTS_MAX];
    uint64_t lines = 0, bytes = 0;
    const int count = number_of(argv[3], CLIENTS_MAX);
    for (int i = 0; i < count; i++) {
        fds[i] = connect_to(argv[2]);
        require(send(fds[i], request, sizeof(request) - 1, 0) > 0, "send");
    }
    drain(fds, count, now_ns() + number_of(argv[4], 3600) * INT64_C(1000000000), &lines, &bytes);
    printf("{\"lines\": %llu, \"bytes\": %llu}\n", (unsigned long long)lines, (unsigned long long)bytes);
    return 0;
}

static int copy_main(char **argv)
{
    int others[CLIENTS_MAX];
    const int bytes = number_of(argv[2], ANSWER_BYTES), count_of_clients = number_of(argv[3], CLIENTS_MAX);
    const int count = number_of(argv[4], COUNT_MAX);
    make_pairs(count_of_clients, others);
    const pid_t child = fork();
    require(child >= 0, "fork");
    if (child == 0) {
        uint64_t lines = 0, read = 0;
        for (int i = 0; i < count_of_clients; i++)
            close(clients[i].fd);
        drain(others, count_of_clients, INT64_MAX, &lines, &read);
        _exit(0);
    }
    int64_t used_ns = 0; /* by the sending alone: falling asleep and waking up are no part of a copy */
    for (int i = 0; i < count; i++) {
        const struct timespec pause = {0, 5000000}; /* as events come: the reader sleeps before each */
        const int64_t begun_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
        for (int k = 0; k < count_of_clients; k++)
            require(send(clients[k].fd, clients[0].answer, (size_t)bytes, 0) == bytes, "send");
        used_ns += clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begun_ns;
        nanosleep(&pause, NULL);
    }
    printf("{\"each_us\": %.2f}\n", (double)used_ns / 1e3 / count / count_of_clients);
    kill(child, SIGTERM);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *word;
        int arguments;
        int (*run)(char **argv);
    } ways[] = {{"ask", 6, ask_main},
                {"echo", 5, echo_main},
                {"subscribe", 5, subscribe_main},
                {"copy", 5, copy_main}};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        if (argc == ways[i].arguments && strcmp(argv[1], ways[i].word) == 0)
            return ways[i].run(argv);
    fprintf(stderr, "usage: bench-control ask SOCKET REQUEST CLIENTS COUNT | echo REQUEST CLIENTS COUNT | "
                    "subscribe SOCKET CLIENTS SECONDS | copy BYTES CLIENTS COUNT\n");
    return 2;
}
