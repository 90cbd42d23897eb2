/*
 * camd-detector - looks for objects in the regions that trackers ask for
 *
 * Started by camd (camd/worker.h), one process a [detector NAME]. Loads the model, then serves all the cameras that
 * camd attaches, in turn: one request of each. One loop, which waits for camd and for requests.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "detector/cameras.h"
#include "detector/detector_settings.h"
#include "runtime/runtime.h"
#include "sandbox/sandbox.h"

enum { HINT_BYTES = 256 };

struct program {
    struct worker worker;
    struct cameras cameras;
    struct cameras_engine engine; /* backend NULL: none yet */
};

static struct program program;

/* ---- the back-end ---- */

static enum camd_class class_of(int error)
{
    switch (-error) {
    case ENOENT:
        return CAMD_CLASS_NOT_FOUND;
    case EBADMSG:
    case EINVAL:
        return CAMD_CLASS_FORMAT;
    default:
        return CAMD_CLASS_LOCAL;
    }
}

static int open_engine(const json_t *config, struct cameras_engine *engine,
                       char problem[DETECTOR_PROBLEM_BYTES])
{
    struct detector_settings settings;
    struct cameras_engine opened;
    const char *name;
    int result = detector_settings_read(config, &name, &settings, problem);
    if (result < 0)
        return result;
    opened.backend = detector_backend_find(name);
    if (!opened.backend) {
        snprintf(problem, DETECTOR_PROBLEM_BYTES,
                 "backend: there is no \"%.64s\"; expected opencv-dnn or opencv-hog", name);
        return -EINVAL;
    }
    result = opened.backend->open(&settings, &opened.detector, problem);
    if (result == 0)
        *engine = opened;
    return result;
}

static void close_engine(struct cameras_engine *engine)
{
    if (engine->backend)
        engine->backend->close(engine->detector);
    engine->backend = NULL;
}

static int adopt_config(struct program *self)
{
    char problem[DETECTOR_PROBLEM_BYTES];
    struct cameras_engine engine;
    self->worker.config_changed = false;
    int result = open_engine(self->worker.config, &engine, problem);
    if (result < 0) {
        char hint[HINT_BYTES];
        snprintf(
            hint, sizeof(hint),
            "correct [detector %s] in camd.ini (camctl check) and reload; or its files, then camctl kick detector:%s tries again",
            self->worker.camera, self->worker.camera);
        (void)worker_send_error(&self->worker, CAMD_STAGE_DETECT, class_of(result), hint, "%s", problem);
        return result;
    }
    close_engine(&self->engine);
    self->engine = engine;
    return worker_send_ready(&self->worker);
}

/* Settings that can't be used change nothing: those before hold. */
static void adopt_changes(struct program *self)
{
    if (self->worker.config_changed && adopt_config(self) < 0)
        log_error(self->worker.camera, "detector: new settings are not used");
}

/* ---- what camd sends ---- */

/* Where the descriptor named so belongs; NULL for a name that a newer camd may know. */
static int *place_of(struct served_fds *fds, const char *name)
{
    const struct {
        const char *name;
        int *place;
    } places[] = {
        {"in", &fds->in},
        {"out", &fds->out},
        {"ctl", &fds->ctl},
        {"request_event", &fds->request_event},
        {"answer_event", &fds->answer_event},
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (strcmp(places[i].name, name) == 0)
            return places[i].place;
    return NULL;
}

/* Sorts the message's descriptors by name; they stay the message's. */
static int sort_fds(const json_t *message, const int *fds, size_t fd_count, struct served_fds *sorted)
{
    const json_t *names = json_object_get(message, "fds");
    if (!json_is_array(names) || json_array_size(names) != fd_count)
        return -EPROTO;
    *sorted = (struct served_fds){-1, -1, -1, -1, -1};
    for (size_t i = 0; i < fd_count; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        int *place = name ? place_of(sorted, name) : NULL;
        if (place && *place < 0)
            *place = fds[i];
    }
    return 0;
}

/* They are the camera's from here on. */
static void keep(int *fds, size_t fd_count, const struct served_fds *kept)
{
    const int keeps[] = {kept->in, kept->out, kept->ctl, kept->request_event, kept->answer_event};
    for (size_t i = 0; i < fd_count; i++)
        for (size_t k = 0; k < sizeof(keeps) / sizeof(keeps[0]); k++)
            if (fds[i] == keeps[k]) {
                fds[i] = -1;
                break;
            }
}

static uint32_t side_of(const json_t *message, const char *name)
{
    const int64_t side = json_member_int(message, name, 0);
    return side < 0 || side > CAMD_SIZE_MAX ? 0 : (uint32_t)side;
}

static void attach(struct program *self, const json_t *message, int *fds, size_t fd_count)
{
    const char *camera = json_member_string(message, "camera", "");
    struct served_fds sorted;
    int result = text_is_camera_name(camera) ? sort_fds(message, fds, fd_count, &sorted) : -EPROTO;
    if (result == 0)
        result = cameras_attach(&self->cameras, camera, side_of(message, "width"), side_of(message, "height"),
                                &sorted);
    if (result == 0)
        keep(fds, fd_count, &sorted);
    else
        (void)worker_send_error(
            &self->worker, CAMD_STAGE_SETUP, CAMD_CLASS_LOCAL,
            "camd and its workers have to be of the same version, and memory and descriptors enough",
            "camera %.*s cannot be served: %s", CAMD_NAME_MAX, camera, strerror(-result));
}

static void detach(struct program *self, const json_t *message, int *fds, size_t fd_count)
{
    (void)fds;
    (void)fd_count;
    (void)cameras_detach(&self->cameras, json_member_string(message, "camera", ""));
}

static const struct {
    const char *type;
    void (*handle)(struct program *self, const json_t *message, int *fds, size_t fd_count);
} handlers[] = {
    {"attach", attach},
    {"detach", detach},
};

/* One camera's trouble is not the others': nothing here ends the program. */
static int handle(void *context, const char *type, const json_t *message, int *fds, size_t fd_count)
{
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
        if (strcmp(handlers[i].type, type) == 0)
            handlers[i].handle(context, message, fds, fd_count);
    return 0;
}

/* ---- the loop ---- */

/* Until camd says stop: 0, or -errno. One request a turn, so that camd is heard in between. */
static int run(struct program *self)
{
    struct worker *worker = &self->worker;
    bool is_busy = false;
    while (!worker->stop) {
        bool is_ready = false;
        int result = worker_poll(worker, is_busy ? 0 : -1, self->cameras.poll, &is_ready);
        if (result < 0)
            return result;
        adopt_changes(self);
        if (is_ready)
            cameras_clear(&self->cameras);
        is_busy = !worker->stop && cameras_serve(&self->cameras, &self->engine);
    }
    return 0;
}

/* Its model is a file; OpenCV asks what the processor can do. Pictures come through segments. */
static int enter_sandbox(struct program *self)
{
    struct sandbox_wish wish = {0};
    const char *model = json_member_string(self->worker.config, "model", NULL);
    if (model)
        sandbox_allow_path(&wish, model, SANDBOX_READ);
    sandbox_allow_path(&wish, "/proc/cpuinfo", SANDBOX_READ);
    sandbox_allow_path(&wish, "/sys/devices/system/cpu", SANDBOX_READ);
    sandbox_allow_libraries(&wish);
    wish.threads = true; /* OpenCV's */
    return worker_enter_sandbox(&self->worker, &wish, false);
}

static int start(struct program *self)
{
    int result = worker_start(&self->worker, "detector", CAMD_ROLE_READER);
    if (result < 0)
        return result;
    self->worker.handle = handle;
    self->worker.handle_context = self;
    result = cameras_init(&self->cameras);
    if (result < 0)
        (void)worker_send_error(&self->worker, CAMD_STAGE_SETUP, CAMD_CLASS_LOCAL, "free memory",
                                "the detector cannot be set up: %s", strerror(-result));
    if (result == 0)
        result = enter_sandbox(self);
    if (result == 0)
        result = adopt_config(self);
    return result;
}

int main(void)
{
    if (start(&program) < 0)
        return EXIT_FAILURE;
    int result = run(&program);
    close_engine(&program.engine);
    cameras_fini(&program.cameras);
    worker_finish(&program.worker);
    return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
