/*
 * Messages of a worker that may be anything: each line of the input is one message to the daemon's handlers, with a
 * camera behind them that has no processes. The first byte says which worker sends.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/supervise/worker_channel.h"
#include "fake_camera.h"
#include "fuzz.h"

/* Before the C library's: whatever a worker asks for, no packet leaves. */
int connect_nowhere(int fd, const struct sockaddr *address, socklen_t length) __asm__("connect");

int connect_nowhere(int fd, const struct sockaddr *address, socklen_t length)
{
    (void)fd;
    (void)address;
    (void)length;
    errno = EINPROGRESS;
    return -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct camera *camera = fake_camera();
    if (size == 0)
        return 0;
    struct worker_process *worker = &camera->workers[data[0] % WORKER_KINDS];
    /* a worker that is there, as far as the automaton knows; every effect on a process finds none */
    worker->automaton.state = AUTOMATON_STARTING;
    worker->automaton.want_up = true;
    const char *text = (const char *)data + 1, *end = (const char *)data + size;
    while (text < end) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        size_t length = line_end ? (size_t)(line_end - text) : (size_t)(end - text);
        worker_channel_handle(worker, text, length);
        text += length + 1;
    }
    worker_sandbox_clear(&worker->sandbox);
    automaton_init(&worker->automaton, 0);
    ev_timer_stop(worker->loop, &worker->deadline_timer);
    ev_timer_stop(worker->loop, &worker->stall_timer);
    return 0;
}
