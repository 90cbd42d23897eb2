#include "daemon/supervise/worker_process.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/timer.h"
#include "camd/shm.h"
#include "daemon/supervise/launcher.h"
#include "daemon/supervise/worker_log.h"

/* Words for people that depend on the kind. */
static const struct {
    const char *word;
    const char *owner;                           /* member of `hello` with the owner's name */
    const char *prefix;                          /* of the name for camctl */
    const char *not_there, *not_ready, *stalled; /* hints */
} kinds[] = {
    [WORKER_CAPTURE] = {"capture", "camera", "",
                        "check the installation, or the key that names another program",
                        "look whether the camera sends; first_frame_timeout says how long camd waits",
                        "look whether the camera still sends; stall_timeout says how long camd waits"},
    [WORKER_TRACKER] = {"tracker", "camera", "",
                        "check the installation, or the key that names another program",
                        "look at the machine's load; stall_timeout says how long camd waits",
                        "look at the machine's load; stall_timeout says how long camd waits"},
    [WORKER_DETECTOR] =
        {"detector", "detector", "detector:",
         "install the package camd-detector, or build camd with OpenCV; or check the key backend",
         "look at the model's size and the machine's load",
         "look at the machine's load, or take a smaller model; answer_timeout says how long camd waits"},
};

const char *worker_name_prefix(enum worker_kind kind)
{
    return kinds[kind].prefix;
}

const char *worker_kind_word(enum worker_kind kind)
{
    return kinds[kind].word;
}

/* ---- timers ---- */

static void arm(struct worker_process *worker, ev_timer *timer, int64_t at_ms)
{
    if (at_ms == AUTOMATON_NO_DEADLINE) {
        ev_timer_stop(worker->loop, timer);
        return;
    }
    /* to the nanosecond, since those that are to come at the same moment shall not come a millisecond apart */
    int64_t left_ns = at_ms * CLOCK_NS_PER_MS - clock_monotonic_ns();
    timer_start_s(worker->loop, timer, left_ns > 0 ? (double)left_ns / (double)CLOCK_NS_PER_S : 0.0);
}

/* Those that nobody waits for fall together with those of other workers. */
static void arm_deadline(struct worker_process *worker)
{
    const struct automaton *automaton = &worker->automaton;
    bool rounded = automaton->state == AUTOMATON_UP && automaton->deadline_ms != AUTOMATON_NO_DEADLINE;
    arm(worker, &worker->deadline_timer,
        rounded ? clock_whole_second_ms(automaton->deadline_ms) : automaton->deadline_ms);
}

static void look_for_stall_at(struct worker_process *worker, int64_t at_ms)
{
    worker->stall_look_ms = clock_whole_second_ms(at_ms);
    arm(worker, &worker->stall_timer, worker->stall_look_ms);
}

static void arm_stall(struct worker_process *worker)
{
    worker->is_doubted = false;
    look_for_stall_at(worker, worker->progress_ms + worker->owner->stall_ms(worker->context, worker->kind));
}

static void deadline_came(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct worker_process *worker = timer->data;
    const int64_t now_ms = clock_monotonic_ms(), late_ms = now_ms - worker->automaton.deadline_ms;
    (void)loop;
    (void)events;
    /* the machine stood still, and the worker could not use the time either: it gets as much again */
    if (late_ms >= WORKER_LATE_MS && automaton_has_process(worker->automaton.state))
        automaton_postpone(&worker->automaton, now_ms + late_ms);
    /* the loop's clock and ours round differently */
    if (now_ms < worker->automaton.deadline_ms)
        arm_deadline(worker);
    else
        worker_event(worker, AUTOMATON_EVENT_DEADLINE);
}

static bool is_look_late(const struct worker_process *worker, int64_t now_ms)
{
    return now_ms - worker->stall_look_ms >= WORKER_LATE_MS;
}

/*
 * A look that comes late, since the machine stood still, says nothing about the worker: it begins again. And one that has
 * made no progress is looked at a second time, since the machine may have stood still before.
 */
static bool is_given_time(struct worker_process *worker, int64_t now_ms)
{
    if (is_look_late(worker, now_ms)) {
        worker->progress_ms = now_ms;
        arm_stall(worker);
        return true;
    }
    if (worker->is_doubted)
        return false;
    worker->is_doubted = true;
    look_for_stall_at(worker, now_ms + WORKER_DOUBT_MS);
    return true;
}

/* Ours mind it themselves, and sooner. True: it is at fault, and being stopped. */
static bool takes_too_much(struct worker_process *worker)
{
    const int64_t most_mb = worker->owner->max_memory_mb(worker->context, worker->kind);
    const int64_t kb = most_mb > 0 ? worker_memory_kb(worker) : -1;
    if (kb / 1024 < most_mb || most_mb <= 0)
        return false;
    worker_fault(worker, AUTOMATON_REASON_MEMORY, CAMD_CLASS_LOCAL,
                 "if what it takes in is large, raise max_memory; else look at what sends that",
                 "took more than max_memory: %lld MB are allowed", (long long)most_mb);
    return true;
}

/* Looks at the progress when its deadline comes, not in between. */
static void stall_looked_at(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct worker_process *worker = timer->data;
    (void)loop;
    (void)events;
    int64_t now_ms = clock_monotonic_ms();
    int64_t stall_ms = worker->owner->stall_ms(worker->context, worker->kind);
    int64_t at_ms = now_ms;
    if (!worker->owner->progress(worker->context, worker->kind, &at_ms)) {
        if (!is_look_late(worker, now_ms)) /* one of whose turns came late stays late to its end */
            worker->stall_look_ms = now_ms;
        arm(worker, &worker->stall_timer, now_ms);
        return;
    }
    /* the worker's own time is believed only between the last look and now */
    worker->progress_ms = at_ms < worker->progress_ms ? worker->progress_ms : at_ms > now_ms ? now_ms : at_ms;
    if (takes_too_much(worker))
        return;
    if (now_ms - worker->progress_ms < stall_ms) {
        arm_stall(worker);
        return;
    }
    if (is_given_time(worker, now_ms))
        return;
    char stall[TEXT_DURATION_BYTES];
    kept_text_set(&worker->error_text, "no progress for %s", text_duration((double)stall_ms / 1000.0, stall));
    kept_text_set(&worker->error_hint, "%s", kinds[worker->kind].stalled);
    worker_event(worker, AUTOMATON_EVENT_STALLED);
}

void worker_arm(struct worker_process *worker)
{
    arm_deadline(worker);
    if (worker->automaton.state == AUTOMATON_UP)
        arm_stall(worker);
}

/* ---- the process ---- */

pid_t worker_pid(const struct worker_process *worker)
{
    return worker->child.pid;
}

int64_t worker_memory_kb(struct worker_process *worker)
{
    const pid_t pid = automaton_has_process(worker->automaton.state) ? worker_pid(worker) : 0;
    return pid > 0 ? worker_usage_memory_kb(&worker->usage, pid, clock_monotonic_ms()) : -ESRCH;
}

static const enum worker_exit_kind exit_kinds[] = {
    [CHILD_EXITED] = WORKER_EXIT_CODE,
    [CHILD_SIGNALLED] = WORKER_EXIT_SIGNAL,
    [CHILD_NOT_EXECUTED] = WORKER_EXIT_SPAWN,
};

/* A file that does not loop has come to its end: said before, and meant so by the status. */
static bool came_to_its_end(const struct worker_process *worker)
{
    return worker->said_ended && worker->end.kind == CHILD_EXITED && worker->end.code == 0;
}

static void explain_exit(const struct worker_process *worker, struct kept_text *reason)
{
    const bool exited = worker->end.kind == CHILD_EXITED;
    char end[WORKER_TEXT_BYTES / 2];
    child_explain(&worker->child, &worker->end, end, sizeof(end));
    if (!kept_text_is_empty(&worker->error_text))
        kept_text_set(reason, "%s", kept_text(&worker->error_text));
    else if (came_to_its_end(worker))
        kept_text_set(reason, "came to the end of its file");
    else
        kept_text_set(reason, "%s%s", end, worker->terminated && exited ? " on request" : "");
}

static void record_exit(struct worker_process *worker)
{
    const struct child_end *end = &worker->end;
    struct worker_exit *last = &worker->last_exit;
    last->kind = exit_kinds[end->kind];
    last->code = end->kind == CHILD_SIGNALLED ? 0 : end->code;
    last->signal_number = end->kind == CHILD_SIGNALLED ? end->code : 0;
    explain_exit(worker, &last->reason);
}

/* A program that was not executed: why, unless camd's own verdict stands already. */
static void explain_start(struct worker_process *worker)
{
    const struct child_end *end = &worker->end;
    const char *hint = child_hint(end);
    if (!kept_text_is_empty(&worker->error_text))
        return;
    char why[WORKER_TEXT_BYTES];
    child_explain(&worker->child, end, why, sizeof(why));
    kept_text_set(&worker->error_text, "%s", why);
    kept_text_set(&worker->error_hint, "%s", hint ? hint : kinds[worker->kind].not_there);
}

/* It died without a word of its own, and nobody has asked it to: what can be done is known of some ends. */
static void explain_death(struct worker_process *worker)
{
    const char *hint = child_hint(&worker->end);
    if (hint && !worker->terminated && kept_text_is_empty(&worker->error_text))
        kept_text_set(&worker->error_hint, "%s", hint);
}

/* What it wrote last may say why it died, when nobody else does: not itself, and not whoever asked for it. */
static bool needs_last_words(const struct worker_process *worker)
{
    if (worker->said_error)
        return false;
    if (worker->automaton.failing) /* we ended it for a fault or a stall, and have said so, or not again */
        return !worker->trouble.is_known;
    return !worker->terminated &&
           !trouble_is_known(&worker->trouble, clock_monotonic_ms(), kept_text(&worker->last_exit.reason));
}

/* Somebody killed it, and it was not camd. */
static void explain_kill(struct worker_process *worker)
{
    if (!kept_text_is_empty(&worker->error_text) || !oom_has_killed(&worker->child.launcher->oom))
        return;
    kept_text_set(&worker->error_text, "was killed by the kernel, since memory was short (out of memory)");
    kept_text_set(
        &worker->error_hint, "%s",
        "give camd more memory (MemoryMax= in camd.service, or the machine's), or its cameras smaller frames (width, height)");
    worker->error_class = CAMD_CLASS_LOCAL;
}

void worker_ended(struct worker_process *worker)
{
    const struct child_end *end = &worker->end;
    if (end->kind == CHILD_SIGNALLED && end->code == SIGKILL && !worker->terminated)
        explain_kill(worker);
    if (end->kind == CHILD_NOT_EXECUTED)
        explain_start(worker);
    else
        explain_death(worker);
    record_exit(worker);
    ev_timer_stop(worker->loop, &worker->stall_timer);
    worker->owner->gone(worker->context, worker->kind);

    bool ended = came_to_its_end(worker);
    if (!ended && needs_last_words(worker))
        log_pipe_last_words(&worker->log_pipe);
    worker_event(worker, ended ? AUTOMATON_EVENT_FINISHED : AUTOMATON_EVENT_EXIT);
}

static void process_ended(void *context, const struct child_end *end)
{
    struct worker_process *worker = context;
    worker->end = *end;
    worker_channel_finish(worker);
}

static void greet(struct worker_process *worker)
{
    json_t *config = worker->owner->config(worker->context, worker->kind);
    json_t *hello = json_pack(
        "{s:s, s:[i,i], s:s, s:s, s:s, s:o}", "type", "hello", "abi", CAMD_ABI_MAJOR, CAMD_ABI_MINOR,
        kinds[worker->kind].owner, worker->camera, "worker", worker_kind_word(worker->kind), "log_level",
        log_level_word(log_enabled(LOG_DEBUG) ? LOG_DEBUG : LOG_INFO), "config", config);
    if (hello)
        json_object_set_new(hello, "libraries", json_true());
    if (hello && worker->child.launcher->sandbox)
        json_object_set(hello, "sandbox", worker->child.launcher->sandbox);
    worker_send_message(worker, hello, NULL, 0);
}

/* 0 with camd's end of the channel; or -errno, and worker->end says why. */
static int start(struct worker_process *worker, int *channel)
{
    const char *base = strrchr(worker->program, '/');
    char *argv[] = {(char *)(base ? base + 1 : worker->program), (char *)worker->camera, NULL};
    const struct child_program program = {
        .path = worker->program,
        .argv = argv,
        .user = worker->user,
        .gains_nothing = worker->user != NULL,
        .goes_first = true,
        .input = -1,
        .channel = channel,
    };
    return child_start(&worker->child, &program, &worker->end);
}

static void forget_words(struct worker_process *worker)
{
    kept_text_forget(&worker->error_text);
    kept_text_forget(&worker->error_hint);
    kept_text_forget(&worker->waits_for);
}

static void spawn(struct worker_process *worker)
{
    int channel = -1;
    worker->said_ended = worker->said_error = worker->terminated = worker->told_libraries = false;
    worker_sandbox_clear(&worker->sandbox);
    worker->error_class = -1;
    forget_words(worker);
    /* what it says while it tries again is told only when it fails in another way */
    worker->log_pipe.is_quiet = worker->trouble.since_ms > 0;
    if (start(worker, &channel) < 0) {
        explain_start(worker);
        record_exit(worker);
        worker_event(worker, AUTOMATON_EVENT_EXIT);
        return;
    }
    worker->started_ms = clock_monotonic_ms();
    worker_channel_open(worker, channel);
    log_debug(worker->subject, "started %s, pid %d", worker->program, (int)worker_pid(worker));
    greet(worker);
    worker->owner->spawned(worker->context, worker->kind);
}

static void signal_process(const struct worker_process *worker, int signal_number)
{
    int error = child_signal(&worker->child, signal_number);
    if (error < 0 && error != -ESRCH)
        log_error(worker->subject, "cannot signal pid %d: %s", (int)worker_pid(worker), strerror(-error));
}

static void terminate(struct worker_process *worker)
{
    worker->terminated = true;
    worker_channel_hurry(worker);
    worker_channel_say(worker, json_pack("{s:s}", "type", "stop"));
    signal_process(worker, SIGTERM);
    signal_process(worker, SIGCONT); /* a stopped process gets its TERM only when it runs */
}

/* ---- the automaton ---- */

/* The program's file is still being opened: longer than that takes where all is well. */
static bool hangs_in_execution(const struct worker_process *worker)
{
    return child_is_executing(&worker->child) &&
           clock_monotonic_ms() - worker->started_ms >= WORKER_EXECUTION_MS;
}

void worker_explain(const struct worker_process *worker, char *text, size_t size)
{
    const struct automaton *automaton = &worker->automaton;
    const enum automaton_state state = automaton->state;
    text[0] = '\0';
    if (state == AUTOMATON_UP)
        return;
    if (state == AUTOMATON_STARTING && hangs_in_execution(worker))
        snprintf(text, size, "%s is not executed yet: its file system does not answer", worker->program);
    else if (state == AUTOMATON_CREATING || state == AUTOMATON_STARTING)
        snprintf(
            text, size, "%s",
            kept_text(kept_text_is_empty(&worker->waits_for) ? &worker->trouble.text : &worker->waits_for));
    else if (!kept_text_is_empty(&worker->error_text))
        snprintf(text, size, "%s", kept_text(&worker->error_text));
    else if (automaton->reason == AUTOMATON_REASON_EXIT_STATUS ||
             automaton->reason == AUTOMATON_REASON_SIGNAL)
        snprintf(text, size, "%s", kept_text(&worker->last_exit.reason));
    else if (automaton->reason == AUTOMATON_REASON_NOT_READY && !kept_text_is_empty(&worker->waits_for))
        snprintf(text, size, "%s: %s", automaton_reason_words(automaton->reason),
                 kept_text(&worker->waits_for));
    else
        snprintf(text, size, "%s", automaton_reason_words(automaton->reason));
}

void worker_waits_for(struct worker_process *worker, const char *text, const char *hint)
{
    if (worker->automaton.state != AUTOMATON_STARTING)
        return;
    kept_text_set(&worker->waits_for, "%s", text);
    kept_text_set(&worker->error_hint, "%s", hint);
    if (!kept_text_is_empty(&worker->waits_for) && worker->trouble.since_ms == 0)
        log_info(worker->subject, "waits: %s; %s", kept_text(&worker->waits_for),
                 kept_text(&worker->error_hint));
}

const char *worker_hint(const struct worker_process *worker)
{
    const enum automaton_state state = worker->automaton.state;
    if ((state != AUTOMATON_CREATING && state != AUTOMATON_STARTING) ||
        !kept_text_is_empty(&worker->waits_for))
        return kept_text(&worker->error_hint);
    return kept_text(&worker->trouble.hint);
}

static void carry_out(struct worker_process *worker, unsigned int effects)
{
    if (effects & AUTOMATON_CANCEL)
        worker->owner->cancel(worker->context, worker->kind);
    if (effects & AUTOMATON_TERMINATE)
        terminate(worker);
    if (effects & AUTOMATON_KILL)
        child_kill(&worker->child);
    if (effects & AUTOMATON_CREATE)
        worker->owner->provide(worker->context, worker->kind);
    if (effects & AUTOMATON_SPAWN)
        spawn(worker);
}

/* Reason of an exit that was not asked for, for the automaton. */
static enum automaton_reason exit_reason(const struct worker_process *worker)
{
    if (worker->last_exit.kind == WORKER_EXIT_SPAWN)
        return AUTOMATON_REASON_SPAWN;
    if (!kept_text_is_empty(&worker->error_text))
        return AUTOMATON_REASON_ERROR;
    return worker->last_exit.kind == WORKER_EXIT_SIGNAL ? AUTOMATON_REASON_SIGNAL
                                                        : AUTOMATON_REASON_EXIT_STATUS;
}

static void take_event(struct worker_process *worker, enum automaton_event event,
                       struct automaton_input *input)
{
    struct automaton_policy policy = worker->owner->policy(worker->context, worker->kind);
    enum automaton_state before = worker->automaton.state;
    input->now_ms = clock_monotonic_ms();
    input->jitter = 2.0 * drand48() - 1.0;
    const bool was_failing = worker->automaton.failing;
    unsigned int effects = automaton_step(&worker->automaton, event, input, &policy);
    const bool changed = worker->automaton.state != before;
    const bool may_be_sooner = event == AUTOMATON_EVENT_STOP && ev_is_active(&worker->deadline_timer);
    if (changed || may_be_sooner || event == AUTOMATON_EVENT_DEADLINE)
        arm_deadline(worker);

    if (changed)
        worker_log_change(worker, before, worker->automaton.failing && !was_failing);
    if (changed && worker->automaton.state == AUTOMATON_UP) {
        worker->log_pipe.is_quiet = false;
        worker->progress_ms = input->now_ms;
        arm_stall(worker);
    } else if (changed) {
        ev_timer_stop(worker->loop, &worker->stall_timer);
    }
    /* the owner hears of this change before the effects bring the next one */
    if (changed)
        worker->owner->changed(worker->context, worker->kind, before);
    carry_out(worker, effects);
}

/* It is to be ready by now. */
static void explain_late_start(struct worker_process *worker)
{
    if (!kept_text_is_empty(&worker->error_text))
        return;
    const char *hint = kinds[worker->kind].not_ready;
    if (child_is_executing(&worker->child)) {
        kept_text_set(&worker->error_text,
                      "%s could not be executed in time: its file system does not answer", worker->program);
        hint = "look at the file system that it is on: one of the network, perhaps";
    }
    kept_text_set(&worker->error_hint, "%s", hint);
}

void worker_event(struct worker_process *worker, enum automaton_event event)
{
    struct automaton_input input = {.error_class = -1};
    if (event == AUTOMATON_EVENT_EXIT) {
        input.reason = exit_reason(worker);
        input.error_class = worker->error_class;
    }
    if (event == AUTOMATON_EVENT_DEADLINE && worker->automaton.state == AUTOMATON_STARTING)
        explain_late_start(worker);
    take_event(worker, event, &input);
}

void worker_stop(struct worker_process *worker, int64_t deadline_ms)
{
    struct automaton_input input = {.error_class = -1, .stop_deadline_ms = deadline_ms};
    take_event(worker, AUTOMATON_EVENT_STOP, &input);
}

void worker_fault(struct worker_process *worker, enum automaton_reason reason, int error_class,
                  const char *hint, const char *format, ...)
{
    enum automaton_state state = worker->automaton.state;
    /* elsewhere a fault changes nothing, and must not explain anything either */
    if (state != AUTOMATON_CREATING && state != AUTOMATON_STARTING && state != AUTOMATON_UP)
        return;
    va_list arguments;
    va_start(arguments, format);
    kept_text_set_list(&worker->error_text, format, arguments);
    va_end(arguments);
    kept_text_set(&worker->error_hint, "%s", hint ? hint : "");
    worker->error_class = error_class;
    struct automaton_input input = {.error_class = error_class, .reason = reason};
    take_event(worker, AUTOMATON_EVENT_FAULT, &input);
}

void worker_credentials_changed(struct worker_process *worker)
{
    const struct automaton *automaton = &worker->automaton;
    automaton_forgive_refusals(&worker->automaton);
    if ((automaton->state == AUTOMATON_BACKOFF || automaton->state == AUTOMATON_FAILED) &&
        automaton->error_class == CAMD_CLASS_AUTH)
        worker_event(worker, AUTOMATON_EVENT_KICK);
}

void worker_policy_changed(struct worker_process *worker)
{
    if (worker->automaton.state == AUTOMATON_UP)
        arm_stall(worker);
}

void worker_send_message(struct worker_process *worker, json_t *object, const int *fds, size_t fd_count)
{
    int error = worker_channel_send(worker, object, fds, fd_count);
    /* a closed channel is seen by its reader, and by the pidfd */
    if (error < 0 && error != -EPIPE && error != -ECONNRESET && error != -ENOTCONN && error != -EBADF)
        worker_fault(worker, AUTOMATON_REASON_CONTRACT, -1,
                     "a worker reads its channel at all times: see camd-worker(7)", "cannot send to it: %s",
                     strerror(-error));
}

void worker_init(struct worker_process *worker, struct launcher *launcher, struct log_pool *pool,
                 enum worker_kind kind, const char *camera, const struct worker_owner *owner, void *context)
{
    *worker = (struct worker_process){.loop = launcher->loop,
                                      .owner = owner,
                                      .context = context,
                                      .kind = kind,
                                      .camera = camera,
                                      .error_class = -1};
    snprintf(worker->subject, sizeof(worker->subject), "%s %s", camera, worker_kind_word(kind));
    automaton_init(&worker->automaton, clock_monotonic_ms());
    char name[LOG_POOL_NAME_BYTES];
    snprintf(name, sizeof(name), "%s%s", kinds[kind].prefix, camera);
    log_pipe_init(&worker->log_pipe, pool, worker->subject, worker->camera, name, worker_kind_word(kind));
    child_init(&worker->child, launcher, &worker->log_pipe, process_ended, worker);
    worker_channel_init(worker);
    ev_timer_init(&worker->deadline_timer, deadline_came, 0.0, 0.0);
    ev_timer_init(&worker->stall_timer, stall_looked_at, 0.0, 0.0);
    /* whatever else shows that it lives comes first */
    ev_set_priority(&worker->stall_timer, EV_MINPRI);
    worker->deadline_timer.data = worker->stall_timer.data = worker;
}

void worker_fini(struct worker_process *worker)
{
    worker_sandbox_clear(&worker->sandbox);
    ev_timer_stop(worker->loop, &worker->deadline_timer);
    ev_timer_stop(worker->loop, &worker->stall_timer);
    worker_channel_close(worker);
    child_fini(&worker->child);
    trouble_clear(&worker->trouble);
    forget_words(worker);
    kept_text_forget(&worker->last_exit.reason);
    log_pipe_fini(&worker->log_pipe);
}
