/*
 * Messages of a worker that may be anything: each line of the input is one message to the daemon's handlers, with a
 * camera behind them that has no processes. The first byte says which worker sends.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet.h"
#include "daemon/events/events.h"
#include "daemon/log/log_pool.h"
#include "daemon/supervise/launcher.h"
#include "daemon/supervise/worker_channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct services fake_services;
static struct config fake_config;
static struct fleet *fleet;
static struct camera *camera;

static void prepare(void)
{
    struct config_camera config = {.name = "front",
                                   .input = (char *)"lavfi:testsrc",
                                   .fps = 5.0,
                                   .stall_timeout_ms = 20000,
                                   .first_frame_timeout_ms = 60000,
                                   .stop_timeout_ms = 5000};
    log_open("/dev/null", LOG_STYLE_TIMED, LOG_DEBUG);
    fake_config.shm_prefix = (char *)"fuzz.";
    fake_services.config = &fake_config;
    fake_services.loop = ev_loop_new(EVBACKEND_EPOLL);
    if (!fake_services.loop ||
        launcher_new(&fake_services.launcher, fake_services.loop, "/nonexistent", NULL) < 0 ||
        events_new(&fake_services.events, 1, NULL, NULL) < 0 ||
        log_pool_new(&fake_services.log_pool, LOG_POOL_BYTES, NULL, NULL) < 0 ||
        fleet_new(&fleet, &fake_services, &(struct fleet_listener){0}) < 0 ||
        camera_new(&camera, fleet, &config) < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!camera)
        prepare();
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
    automaton_init(&worker->automaton, 0);
    ev_timer_stop(worker->loop, &worker->deadline_timer);
    ev_timer_stop(worker->loop, &worker->stall_timer);
    return 0;
}
