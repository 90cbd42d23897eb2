#include "daemon/camera/detector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/libexec.h"
#include "base/log.h"
#include "base/sys.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/camera/parcel.h"
#include "daemon/camera/worker_news.h"
#include "daemon/segments/shm_blocks.h"

enum { READY_MS = 60000 }; /* to load a model */

typedef void camera_function(struct detector *detector, struct camera *camera);

static void for_each_camera(struct detector *detector, camera_function *function)
{
    struct camera *camera;
    TAILQ_FOREACH(camera, &detector->cameras, in_detector) {
        function(detector, camera);
    }
}

/* ---- messages ---- */

static void send_attach(struct detector *detector, struct camera *camera, struct parcel *parcel)
{
    parcel_put(parcel, "request_event", detector->request_event);
    parcel_put(parcel, "answer_event", camera->answer_event);
    worker_send_message(&detector->worker,
                        json_pack("{s:s, s:s, s:I, s:i, s:i, s:O}", "type", "attach", "camera",
                                  camera->config.name, "generation",
                                  (json_int_t)shm_store_generation(camera->store), "width",
                                  (int)shm_store_input_width(camera->store), "height",
                                  (int)shm_store_input_height(camera->store), "fds", parcel->names),
                        parcel->fds, parcel->count);
}

static void attach(struct detector *detector, struct camera *camera)
{
    if (!camera->store_ready || !automaton_has_process(detector->worker.automaton.state))
        return;
    struct parcel parcel;
    int opened = parcel_open(&parcel, camera->store, SHM_SIDE_DETECTOR);
    if (opened > 0)
        send_attach(detector, camera, &parcel);
    parcel_close(&parcel);
    if (opened == -ESTALE)
        camera_check_segments(camera); /* which says what is wrong, and has them made again */
    else if (opened < 0)
        log_warning(camera->config.name, "its segments cannot be opened for the detector: %s",
                    strerror(-opened));
}

static void tell(struct detector *detector, struct camera *camera)
{
    struct worker_process *tracker = camera_tracker(camera);
    if (camera->frames_sent[WORKER_TRACKER] && automaton_has_process(tracker->automaton.state))
        worker_send_message(
            tracker, json_pack("{s:s, s:s}", "type", "detector", "state", detector->is_up ? "up" : "down"),
            NULL, 0);
}

void detector_attach(struct camera *camera)
{
    if (camera->detector)
        attach(camera->detector, camera);
}

void detector_detach(struct camera *camera)
{
    struct detector *detector;
    if (camera->answer_event < 0)
        return;
    /* whichever had it: the camera may name another one by now */
    TAILQ_FOREACH(detector, &camera->fleet->detectors, in_fleet) {
        if (automaton_has_process(detector->worker.automaton.state))
            worker_send_message(&detector->worker,
                                json_pack("{s:s, s:s}", "type", "detach", "camera", camera->config.name),
                                NULL, 0);
    }
}

void detector_tell(struct camera *camera)
{
    if (camera->detector)
        tell(camera->detector, camera);
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
    (void)kind;
    (void)body;
    if (strcmp(type, "error") != 0)
        return;
    const struct worker_news news = {
        detector->services, "error", NULL,
        json_pack("{s:s, s:s}", "worker", "detector", "detector", detector->config.name)};
    worker_news_error(&news, &detector->worker);
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
    const struct worker_news news = {detector->services, "detector_state", NULL,
                                     json_pack("{s:s}", "detector", detector->config.name)};
    (void)kind;
    (void)before;
    worker_news_state(&news, &detector->worker);
    if (detector->worker.automaton.state == AUTOMATON_UP) {
        detector->is_up = true;
        detector->look.is_under_way = false; /* at the one before */
        for_each_camera(detector, tell);
    }
    fleet_detectors_changed(detector->fleet);
}

static struct automaton_policy policy(void *context, enum worker_kind kind)
{
    const struct config_camera *defaults = &((const struct detector *)context)->services->config->defaults;
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

/* Some files are opened for each camera: so many take a fraction of a millisecond. */
enum { LOOK_CAMERAS = 16 };

static void begin_look(struct detector *detector)
{
    detector->look = (struct detector_look){
        .is_under_way = true, .next = TAILQ_FIRST(&detector->cameras), .oldest_ns = INT64_MAX};
}

static void look_at(struct detector_look *look, const struct camera *camera)
{
    struct shm_exchange exchange;
    if (!camera->store_ready || shm_blocks_exchange(camera->store, &exchange) < 0)
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

/* True: all cameras have been looked at. */
static bool look_on(struct detector *detector)
{
    struct detector_look *look = &detector->look;
    if (!look->is_under_way)
        begin_look(detector);
    for (int i = 0; i < LOOK_CAMERAS && look->next; i++) {
        look_at(look, look->next);
        look->next = TAILQ_NEXT(look->next, in_detector);
    }
    look->is_under_way = look->next != NULL;
    return !look->is_under_way;
}

/*
 * The time counts from the oldest request on that waits; that one may wait longer while others are answered. A
 * tracker that writes nonsense there can at most spare or restart a detector, which harms nobody for long.
 */
static bool progress(void *context, enum worker_kind kind, int64_t *at_ms)
{
    struct detector *detector = context;
    const struct detector_look *look = &detector->look;
    (void)kind;
    if (!look_on(detector))
        return false;
    bool has_answered = look->answers != detector->seen_answers;
    detector->seen_answers = look->answers;
    if (look->oldest_ns == INT64_MAX)
        return true;
    int64_t oldest_ms = look->oldest_ns / CLOCK_NS_PER_MS;
    if (!has_answered || *at_ms - oldest_ms < detector->config.answer_timeout_ms)
        *at_ms = oldest_ms;
    return true;
}

void detector_look_without(struct detector *detector, const struct camera *camera)
{
    if (detector->look.next == camera)
        detector->look.next = TAILQ_NEXT(camera, in_detector);
}

static int64_t stall_ms(void *context, enum worker_kind kind)
{
    (void)kind;
    return ((const struct detector *)context)->config.answer_timeout_ms;
}

/* Models are as large as they are. */
static int64_t max_memory_mb(void *context, enum worker_kind kind)
{
    (void)context;
    (void)kind;
    return 0;
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
    .max_memory_mb = max_memory_mb,
};

/* ---- life ---- */

/* One of other people is executed as the workers' user; ours becomes it when it has loaded its model. */
static void take_program(struct detector *detector)
{
    bool is_ours = detector->config.backend[0] != '/';
    detector->worker.program = detector->program;
    detector->worker.user = is_ours ? NULL : services_worker_user(detector->services);
}

static char *program_of(const struct config_detector *config)
{
    return config->backend[0] == '/' ? strdup(config->backend) : libexec_program("camd-detector");
}

void detector_free(struct detector *detector)
{
    if (detector->worker.owner)
        worker_fini(&detector->worker);
    sys_close(&detector->request_event);
    config_detector_fini(&detector->config);
    free(detector->program);
    free(detector);
}

int detector_new(struct detector **result, struct fleet *fleet, const struct config_detector *config)
{
    struct detector *detector = calloc(1, sizeof(*detector));
    if (!detector)
        return -ENOMEM;
    detector->fleet = fleet;
    detector->services = fleet->services;
    TAILQ_INIT(&detector->cameras);
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
    worker_init(&detector->worker, detector->services->launcher, detector->services->log_pool,
                WORKER_DETECTOR, detector->config.name, &owner, detector);
    take_program(detector);
    *result = detector;
    return 0;
}

void detector_configure(struct detector *detector, const struct config_detector *config)
{
    unsigned int bits = config_detector_compare(&detector->config, config);
    struct config_detector copy;
    char *program = bits ? program_of(config) : NULL;
    if (!program || config_detector_copy(&copy, config) < 0) {
        free(program);
        return;
    }
    config_detector_fini(&detector->config);
    detector->config = copy;
    free(detector->program);
    detector->program = program;
    take_program(detector);
    if (bits & CONFIG_APPLY_DETECTOR && detector->worker.automaton.want_up)
        worker_event(&detector->worker, AUTOMATON_EVENT_RESTART);
}

/* ---- for others ---- */

const struct config_detector *detector_config(const struct detector *detector)
{
    return &detector->config;
}

const struct worker_process *detector_worker(const struct detector *detector)
{
    return &detector->worker;
}

int64_t detector_memory_kb(struct detector *detector)
{
    return worker_memory_kb(&detector->worker);
}

bool detector_is_up(const struct detector *detector)
{
    return detector->is_up;
}

void detector_explain(const struct detector *detector, struct explanation *explanation)
{
    const struct worker_process *worker = &detector->worker;
    enum automaton_state state = worker->automaton.state;
    worker_explain(worker, explanation->reason, sizeof(explanation->reason));
    explain_hint(explanation, "%s", worker_hint(worker));
    if (explanation->hint[0] == '\0' && (state == AUTOMATON_BACKOFF || state == AUTOMATON_FAILED))
        explain_hint(explanation, "camctl kick detector:%s tries again now", detector->config.name);
}

int detector_request_event(const struct detector *detector)
{
    return detector->request_event;
}

uint32_t detector_inference_ns(const struct detector *detector)
{
    const struct camera *camera;
    int64_t newest_ns = 0;
    uint32_t mean_ns = 0;
    TAILQ_FOREACH(camera, &detector->cameras, in_detector) {
        struct camd_detector_block block;
        if (!camera->store_ready || shm_blocks_detector(camera->store, &block) < 0 ||
            block.progress_ns <= newest_ns)
            continue;
        newest_ns = block.progress_ns;
        mean_ns = block.inference_ns;
    }
    return mean_ns;
}

void detector_restart(struct detector *detector)
{
    if (detector->worker.automaton.want_up)
        worker_event(&detector->worker, AUTOMATON_EVENT_RESTART);
}

void detector_kick(struct detector *detector)
{
    worker_event(&detector->worker, AUTOMATON_EVENT_KICK);
}
