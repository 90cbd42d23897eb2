#include "daemon/camera/detector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/sys.h"
#include "daemon/camera/camera.h"
#include "daemon/daemon.h"
#include "daemon/verbs/requests.h"

enum { READY_MS = 60000 }; /* to load a model */

/* ---- who uses it ---- */

static const struct config_detector *config_of(const struct camera *camera)
{
    const struct config_detector *config =
        config_detector_find(camera->daemon->config, camera->config.detector);
    return config && config_detector_has_process(config) ? config : NULL;
}

static bool is_used_by(const struct detector *detector, const struct camera *camera)
{
    const struct config_detector *config = config_of(camera);
    return config && strcmp(config->name, detector->config.name) == 0;
}

static bool is_wanted(const struct detector *detector)
{
    const struct daemon *daemon = detector->daemon;
    for (size_t i = 0; i < daemon->camera_count; i++) {
        const struct camera *camera = daemon->cameras[i];
        if (is_used_by(detector, camera) && (camera->want_up || !camera_is_down(camera)))
            return true;
    }
    return false;
}

typedef void camera_function(struct detector *detector, struct camera *camera);

static void for_each_camera(struct detector *detector, camera_function *function)
{
    const struct daemon *daemon = detector->daemon;
    for (size_t i = 0; i < daemon->camera_count; i++) {
        if (is_used_by(detector, daemon->cameras[i]))
            function(detector, daemon->cameras[i]);
    }
}

/* ---- messages ---- */

static void attach(struct detector *detector, struct camera *camera)
{
    enum { FDS = 8 };
    int fds[FDS];
    char names[FDS][16];
    if (!camera->store_ready || !automaton_has_process(detector->worker.automaton.state))
        return;
    size_t count = shm_store_descriptors(camera->store, SHM_SIDE_DETECTOR, fds, names);
    if (count == 0)
        return;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(names[i]));
    fds[count++] = detector->request_event;
    fds[count++] = camera->answer_event;
    json_array_append_new(list, json_string("request_event"));
    json_array_append_new(list, json_string("answer_event"));
    worker_send_message(&detector->worker,
                        json_pack("{s:s, s:s, s:I, s:i, s:i, s:o}", "type", "attach", "camera",
                                  camera->config.name, "generation",
                                  (json_int_t)shm_store_generation(camera->store), "width",
                                  (int)shm_store_input_width(camera->store), "height",
                                  (int)shm_store_input_height(camera->store), "fds", list),
                        fds, count);
}

static void tell(struct detector *detector, struct camera *camera)
{
    struct worker_process *tracker = &camera->workers[WORKER_TRACKER];
    if (camera->frames_sent[WORKER_TRACKER] && automaton_has_process(tracker->automaton.state))
        worker_send_message(
            tracker, json_pack("{s:s, s:s}", "type", "detector", "state", detector->is_up ? "up" : "down"),
            NULL, 0);
}

void detector_attach(struct camera *camera)
{
    struct detector *detector = detector_of(camera);
    if (detector)
        attach(detector, camera);
}

void detector_detach(struct camera *camera)
{
    struct daemon *daemon = camera->daemon;
    /* whichever had it: the camera may name another one by now */
    for (size_t i = 0; i < daemon->detector_count && camera->answer_event >= 0; i++) {
        struct worker_process *worker = &daemon->detectors[i]->worker;
        if (automaton_has_process(worker->automaton.state))
            worker_send_message(
                worker, json_pack("{s:s, s:s}", "type", "detach", "camera", camera->config.name), NULL, 0);
    }
}

void detector_tell(struct camera *camera)
{
    struct detector *detector = detector_of(camera);
    if (detector)
        tell(detector, camera);
}

/* ---- what the worker asks for ---- */

static void provide(void *context, enum worker_kind kind)
{
    struct detector *detector = context;
    (void)kind;
    worker_event(&detector->worker, AUTOMATON_EVENT_CREATED);
}

static void cancel(void *context, enum worker_kind kind)
{
    (void)context;
    (void)kind;
}

static json_t *worker_config(void *context, enum worker_kind kind)
{
    const struct detector *detector = context;
    (void)kind;
    return config_detector_json(&detector->config);
}

static void spawned(void *context, enum worker_kind kind)
{
    (void)kind;
    for_each_camera(context, attach);
}

static void message(void *context, enum worker_kind kind, const char *type, const json_t *body)
{
    const struct detector *detector = context;
    const struct worker_process *worker = &detector->worker;
    int class_ = worker->error_class;
    (void)kind;
    (void)body;
    if (strcmp(type, "error") != 0)
        return;
    daemon_emit(
        detector->daemon, "error", NULL,
        json_pack("{s:s, s:s, s:s, s:o, s:o}", "worker", "detector", "detector", detector->config.name,
                  "class", class_ >= 0 ? camd_class_word((enum camd_class)class_) : "unknown", "text",
                  json_string_lossy(worker->error_text), "hint", json_string_lossy(worker->error_hint)));
}

/* Only now nobody writes answers any more: what was asked is the trackers' again. */
static void gone(void *context, enum worker_kind kind)
{
    struct detector *detector = context;
    (void)kind;
    detector->is_up = false;
    for_each_camera(detector, tell);
}

static void changed(void *context, enum worker_kind kind, enum automaton_state before)
{
    struct detector *detector = context;
    const struct worker_process *worker = &detector->worker;
    enum automaton_state state = worker->automaton.state;
    char why[WORKER_TEXT_BYTES];
    (void)kind;
    (void)before;
    worker_explain(worker, why, sizeof(why));
    if (state == AUTOMATON_UP || state == AUTOMATON_STARTING)
        why[0] = '\0';
    daemon_emit(detector->daemon, "detector_state", NULL,
                json_pack("{s:s, s:s, s:o}", "detector", detector->config.name, "state",
                          automaton_state_word(state), "reason", json_string_lossy(why)));
    if (state == AUTOMATON_UP) {
        detector->is_up = true;
        for_each_camera(detector, tell);
    }
    daemon_look_soon(detector->daemon);
}

static struct automaton_policy policy(void *context, enum worker_kind kind)
{
    const struct config_camera *defaults = &((const struct detector *)context)->daemon->config->defaults;
    (void)kind;
    return (struct automaton_policy){
        .ready_ms = READY_MS,
        .stop_ms = defaults->stop_timeout_ms,
        .restart_delay_ms = defaults->restart_delay_ms,
        .restart_max_ms = defaults->restart_max_delay_ms,
        .restart_limit = defaults->restart_limit,
    };
}

/* ---- the stall guard ---- */

struct look {
    uint64_t answers;
    int64_t oldest_ns; /* of the requests that wait; INT64_MAX: none */
};

static void look_at(struct look *look, const struct camera *camera)
{
    struct shm_exchange exchange;
    if (!camera->store_ready || shm_store_read_exchange(camera->store, &exchange) < 0)
        return;
    for (int i = 0; i < CAMD_REQUESTS; i++) {
        const struct camd_request *request = &exchange.requests[i];
        look->answers += exchange.answered[i];
        bool is_answered =
            exchange.answered[i] == request->request_id && exchange.generations[i] == request->generation;
        if (request->state == CAMD_REQUEST_POSTED && !is_answered && request->posted_ns < look->oldest_ns)
            look->oldest_ns = request->posted_ns;
    }
}

/*
 * The time counts from the oldest request on that waits; that one may wait longer while others are answered. A tracker that writes
 * nonsense there can at most spare or restart a detector, which harms nobody for long.
 */
static bool progress(void *context, enum worker_kind kind, int64_t *at_ms)
{
    struct detector *detector = context;
    struct look look = {.oldest_ns = INT64_MAX};
    (void)kind;
    for (size_t i = 0; i < detector->daemon->camera_count; i++) {
        if (is_used_by(detector, detector->daemon->cameras[i]))
            look_at(&look, detector->daemon->cameras[i]);
    }
    bool has_answered = look.answers != detector->seen_answers;
    detector->seen_answers = look.answers;
    if (look.oldest_ns == INT64_MAX)
        return true;
    int64_t oldest_ms = look.oldest_ns / CLOCK_NS_PER_MS;
    if (!has_answered || *at_ms - oldest_ms < detector->config.answer_timeout_ms)
        *at_ms = oldest_ms;
    return true;
}

static int64_t stall_ms(void *context, enum worker_kind kind)
{
    (void)kind;
    return ((const struct detector *)context)->config.answer_timeout_ms;
}

static const struct worker_owner owner = {
    .provide = provide,
    .cancel = cancel,
    .config = worker_config,
    .spawned = spawned,
    .message = message,
    .gone = gone,
    .changed = changed,
    .policy = policy,
    .progress = progress,
    .stall_ms = stall_ms,
};

/* ---- life ---- */

static char *program_of(const struct config_detector *config)
{
    return config->backend[0] == '/' ? strdup(config->backend) : daemon_program("camd-detector");
}

static void detector_free(struct detector *detector)
{
    if (detector->worker.owner)
        worker_fini(&detector->worker);
    sys_close(&detector->request_event);
    config_detector_fini(&detector->config);
    free(detector->program);
    free(detector);
}

static int detector_new(struct detector **result, struct daemon *daemon, const struct config_detector *config)
{
    struct detector *detector = calloc(1, sizeof(*detector));
    if (!detector)
        return -ENOMEM;
    detector->daemon = daemon;
    detector->request_event = sys_eventfd(0, EFD_NONBLOCK);
    int error = detector->request_event < 0 ? detector->request_event
                                            : config_detector_copy(&detector->config, config);
    if (error == 0) {
        detector->program = program_of(config);
        error = detector->program ? 0 : -ENOMEM;
    }
    if (error < 0) {
        detector_free(detector);
        return error;
    }
    worker_init(&detector->worker, daemon->loop, daemon->log_pool, WORKER_DETECTOR, detector->config.name,
                &owner, detector);
    detector->worker.program = detector->program;
    *result = detector;
    return 0;
}

struct detector *detector_find(const struct daemon *daemon, const char *name)
{
    for (size_t i = 0; i < daemon->detector_count; i++) {
        if (strcmp(daemon->detectors[i]->config.name, name) == 0)
            return daemon->detectors[i];
    }
    return NULL;
}

/* One of another configuration may still be known, unused: it makes room. */
static bool forget_unused(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->detector_count; i++) {
        if (is_wanted(daemon->detectors[i]) || daemon->detectors[i]->worker.automaton.state != AUTOMATON_DOWN)
            continue;
        detector_free(daemon->detectors[i]);
        daemon->detectors[i] = daemon->detectors[--daemon->detector_count];
        return true;
    }
    return false;
}

struct detector *detector_of(const struct camera *camera)
{
    struct daemon *daemon = camera->daemon;
    const struct config_detector *config = config_of(camera);
    if (!config)
        return NULL;
    struct detector *detector = detector_find(daemon, config->name);
    if (detector)
        return detector;
    if (daemon->detector_count == DAEMON_DETECTORS_MAX && !forget_unused(daemon)) {
        log_error(config->name, "detector: too many are in use: cameras that name it go on without");
        return NULL;
    }
    int error = detector_new(&detector, daemon, config);
    if (error < 0) {
        log_error(config->name, "detector: cannot be set up: %s: cameras that name it go on without",
                  strerror(-error));
        return NULL;
    }
    daemon->detectors[daemon->detector_count++] = detector;
    return detector;
}

void detectors_update(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->camera_count; i++) {
        if (daemon->cameras[i]->want_up)
            (void)detector_of(daemon->cameras[i]); /* makes it when it is new */
    }
    for (size_t i = 0; i < daemon->detector_count; i++) {
        struct detector *detector = daemon->detectors[i];
        bool wanted = is_wanted(detector);
        if (wanted == detector->worker.automaton.want_up)
            continue;
        if (wanted)
            worker_event(&detector->worker, AUTOMATON_EVENT_START);
        else
            worker_stop(&detector->worker, clock_monotonic_ms() + daemon->config->defaults.stop_timeout_ms);
    }
}

int detectors_configure(struct daemon *daemon)
{
    int count = 0;
    for (size_t i = 0; i < daemon->detector_count; i++) {
        struct detector *detector = daemon->detectors[i];
        const struct config_detector *config = config_detector_find(daemon->config, detector->config.name);
        unsigned int bits = config ? config_detector_compare(&detector->config, config) : 0;
        struct config_detector copy;
        char *program = bits ? program_of(config) : NULL;
        if (!program || config_detector_copy(&copy, config) < 0) {
            free(program);
            continue;
        }
        config_detector_fini(&detector->config);
        detector->config = copy;
        free(detector->program);
        detector->program = program;
        detector->worker.program = program;
        count++;
        if (bits & CONFIG_APPLY_DETECTOR && detector->worker.automaton.want_up)
            worker_event(&detector->worker, AUTOMATON_EVENT_RESTART);
    }
    return count;
}

bool detectors_stop(struct daemon *daemon)
{
    bool down = true;
    detectors_update(daemon);
    for (size_t i = 0; i < daemon->detector_count; i++)
        down = down && daemon->detectors[i]->worker.automaton.state == AUTOMATON_DOWN;
    return down;
}

void detectors_free(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->detector_count; i++)
        detector_free(daemon->detectors[i]);
    daemon->detector_count = 0;
}

/* ---- status ---- */

static uint32_t inference_ns(const struct detector *detector)
{
    const struct daemon *daemon = detector->daemon;
    int64_t newest_ns = 0;
    uint32_t mean_ns = 0;
    for (size_t i = 0; i < daemon->camera_count; i++) {
        const struct camera *camera = daemon->cameras[i];
        struct camd_detector_block block;
        if (!is_used_by(detector, camera) || !camera->store_ready ||
            shm_store_read_detector(camera->store, &block) < 0 || block.progress_ns <= newest_ns)
            continue;
        newest_ns = block.progress_ns;
        mean_ns = block.inference_ns;
    }
    return mean_ns;
}

static json_t *status_of(const struct detector *detector)
{
    const struct daemon *daemon = detector->daemon;
    json_t *status = status_worker(&detector->worker);
    json_t *cameras = json_array();
    for (size_t i = 0; i < daemon->camera_count; i++) {
        if (!daemon->cameras[i]->removed && is_used_by(detector, daemon->cameras[i]))
            json_array_append_new(cameras, json_string(daemon->cameras[i]->config.name));
    }
    json_object_set_new(status, "name", json_string(detector->config.name));
    json_object_set_new(status, "backend", json_string(detector->config.backend));
    json_object_set_new(status, "hint",
                        json_string_lossy(detector->is_up ? "" : detector->worker.error_hint));
    json_object_set_new(status, "inference_ms", json_real((double)(inference_ns(detector) / 10000) / 100.0));
    json_object_set_new(status, "cameras", cameras);
    return status;
}

json_t *detectors_status(const struct daemon *daemon)
{
    json_t *list = json_array();
    for (size_t i = 0; i < daemon->detector_count; i++)
        json_array_append_new(list, status_of(daemon->detectors[i]));
    return list;
}
