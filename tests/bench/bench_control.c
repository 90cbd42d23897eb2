/*
 * bench_control - what a request on an open connection costs, beside a bare echo of JSON
 *
 *   bench-control SOCKET [CAMERA]
 *
 * Prints the median and the least time of a round trip: of `version`, of `status` of one camera, and of a process that
 * does nothing but read a line of JSON, parse it, print it and send it back. For an idle machine; camd runs already.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 20000, LINE_BYTES = 1 << 20 };

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* What has come so far ends with the answer's last line. */
static bool is_answered(const char *text, size_t length)
{
    if (length == 0 || text[length - 1] != '\n')
        return false;
    const char *before = memrchr(text, '\n', length - 1);
    const char *line = before == NULL ? text : before + 1;
    return strncmp(line, "{\"id\":1,\"part\"", strlen("{\"id\":1,\"part\"")) != 0;
}

static void round_trip(int fd, const char *request, size_t size, char *answer)
{
    size_t length = 0;
    if (send(fd, request, size, 0) != (ssize_t)size)
        fail("send");
    do {
        const ssize_t got = recv(fd, answer + length, LINE_BYTES - length, 0);
        if (got <= 0)
            fail("recv");
        length += (size_t)got;
    } while (!is_answered(answer, length));
}

static void measure(const char *what, int fd, const char *request)
{
    static int64_t times[ROUNDS];
    static char answer[LINE_BYTES];
    for (int i = 0; i < ROUNDS; i++) {
        const int64_t begun = now_ns();
        round_trip(fd, request, strlen(request), answer);
        times[i] = now_ns() - begun;
    }
    qsort(times, ROUNDS, sizeof(times[0]), compare);
    printf("%-24s median %6.1f us, least %6.1f us\n", what, (double)times[ROUNDS / 2] / 1e3,
           (double)times[0] / 1e3);
}

static void echo(int fd)
{
    static char line[LINE_BYTES];
    for (;;) {
        const ssize_t got = recv(fd, line, sizeof(line), 0);
        if (got <= 0)
            _exit(0);
        json_t *value = json_loadb(line, (size_t)got, 0, NULL);
        char *text = json_dumps(value, JSON_COMPACT);
        const size_t length = strlen(text);
        text[length] = '\n';
        if (send(fd, text, length + 1, 0) < 0)
            _exit(1);
        free(text);
        json_decref(value);
    }
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char greeting[256];
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        recv(fd, greeting, sizeof(greeting), 0) <= 0)
        fail(path);
    return fd;
}

int main(int argc, char **argv)
{
    int fds[2];
    char request[128];
    if (argc < 2 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0) {
        fprintf(stderr, "usage: bench-control SOCKET [CAMERA]\n");
        return 2;
    }
    if (fork() == 0) {
        close(fds[0]);
        echo(fds[1]);
    }
    close(fds[1]);
    const int fd = connect_to(argv[1]);
    for (int round = 0; round < 2; round++) {
        measure("bare echo", fds[0], "{\"id\":1,\"verb\":\"version\"}\n");
        measure("version", fd, "{\"id\":1,\"verb\":\"version\"}\n");
        if (argc < 3)
            continue;
        snprintf(request, sizeof(request), "{\"id\":1,\"verb\":\"status\",\"name\":\"%s\"}\n", argv[2]);
        measure("status of one camera", fd, request);
    }
    return 0;
}
