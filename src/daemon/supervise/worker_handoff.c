/* A worker, from one program to the next: its process runs on meanwhile, and notices nothing. */
#include <errno.h>

#include "base/clock.h"
#include "camd/worker.h"
#include "daemon/handoff/handoff_fields.h"
#include "daemon/supervise/worker_process.h"

/* ---- the automaton ---- */

static const struct handoff_field automaton_fields[] = {
    HANDOFF_ENUM(struct automaton, state, AUTOMATON_STATE_COUNT),
    HANDOFF(struct automaton, want_up),
    HANDOFF(struct automaton, failing),
    HANDOFF(struct automaton, failures),
    HANDOFF(struct automaton, failed_starts),
    HANDOFF(struct automaton, refusals),
    HANDOFF(struct automaton, good_run_ms),
    HANDOFF(struct automaton, restarts),
    HANDOFF_NUMBERS(struct automaton, restarts_by, uint64_t),
    HANDOFF_ENUM(struct automaton, cause, AUTOMATON_CAUSE_COUNT),
    HANDOFF(struct automaton, since_ms),
    HANDOFF(struct automaton, deadline_ms),
    HANDOFF_ENUM(struct automaton, reason, AUTOMATON_REASON_COUNT),
    HANDOFF(struct automaton, error_class),
};

/* A time of the monotonic clock that can be counted with in nanoseconds. */
static bool is_time(int64_t ms)
{
    return ms >= 0 && ms <= INT64_MAX / CLOCK_NS_PER_MS / 2;
}

static bool is_sane(const struct automaton *automaton)
{
    const bool has_deadline = automaton->deadline_ms != AUTOMATON_NO_DEADLINE;
    return automaton->error_class >= -1 && automaton->error_class < CAMD_CLASS_COUNT &&
           (has_deadline ? is_time(automaton->deadline_ms) : !automaton_state_is_timed(automaton->state)) &&
           is_time(automaton->since_ms) && is_time(automaton->good_run_ms);
}

/* ---- what keeps it from being up ---- */

static const struct handoff_field trouble_fields[] = {
    HANDOFF(struct trouble, since_ms), HANDOFF(struct trouble, up_ms),    HANDOFF(struct trouble, failures),
    HANDOFF(struct trouble, is_said),  HANDOFF(struct trouble, is_known), HANDOFF(struct trouble, text),
    HANDOFF(struct trouble, hint),
};

static const struct handoff_field reason_fields[] = {
    HANDOFF(struct trouble_reason, hash),
    HANDOFF(struct trouble_reason, said_ms),
    HANDOFF(struct trouble_reason, unsaid),
};

static json_t *write_trouble(const struct trouble *trouble)
{
    json_t *record = handoff_write(trouble, trouble_fields, HANDOFF_COUNT(trouble_fields));
    json_t *reasons = json_array();
    for (size_t i = 0; i < TROUBLE_REASONS; i++)
        json_array_append_new(
            reasons, handoff_write(&trouble->reasons[i], reason_fields, HANDOFF_COUNT(reason_fields)));
    json_object_set_new(record, "reasons", reasons);
    return record;
}

static int read_trouble(struct trouble *trouble, const json_t *record)
{
    const json_t *reasons = json_object_get(record, "reasons");
    int error = handoff_read(record, trouble, trouble_fields, HANDOFF_COUNT(trouble_fields));
    for (size_t i = 0; i < TROUBLE_REASONS && i < json_array_size(reasons) && error == 0; i++)
        error = handoff_read(json_array_get(reasons, i), &trouble->reasons[i], reason_fields,
                             HANDOFF_COUNT(reason_fields));
    return error;
}

/* ---- the process and its words ---- */

static const struct handoff_field fields[] = {
    HANDOFF_ENUM(struct worker_process, end.kind, CHILD_NOT_EXECUTED + 1),
    HANDOFF(struct worker_process, end.code),
    HANDOFF_ENUM(struct worker_process, end.stage, EXEC_STAGE_COUNT),
    HANDOFF(struct worker_process, started_ms),
    HANDOFF(struct worker_process, progress_ms),
    HANDOFF(struct worker_process, sandbox.is_told),
    HANDOFF(struct worker_process, sandbox.user),
    HANDOFF(struct worker_process, sandbox.files),
    HANDOFF(struct worker_process, sandbox.ports),
    HANDOFF(struct worker_process, sandbox.hosts),
    HANDOFF(struct worker_process, sandbox.calls),
    HANDOFF(struct worker_process, sandbox.missing),
    HANDOFF(struct worker_process, sandbox.said_hash),
    HANDOFF(struct worker_process, told_libraries),
    HANDOFF(struct worker_process, said_ended),
    HANDOFF(struct worker_process, said_error),
    HANDOFF(struct worker_process, terminated),
    HANDOFF(struct worker_process, error_class),
    HANDOFF(struct worker_process, error_text),
    HANDOFF(struct worker_process, error_hint),
    HANDOFF(struct worker_process, waits_for),
    HANDOFF_ENUM(struct worker_process, last_exit.kind, WORKER_EXIT_SPAWN + 1),
    HANDOFF(struct worker_process, last_exit.code),
    HANDOFF(struct worker_process, last_exit.signal_number),
    HANDOFF(struct worker_process, last_exit.reason),
};

json_t *worker_hand_over(struct worker_process *worker)
{
    json_t *record = handoff_write(worker, fields, HANDOFF_COUNT(fields));
    json_object_set_new(record, "peers", worker_peers_write(&worker->sandbox.peers));
    json_object_set_new(record, "automaton",
                        handoff_write(&worker->automaton, automaton_fields, HANDOFF_COUNT(automaton_fields)));
    json_object_set_new(record, "trouble", write_trouble(&worker->trouble));
    json_object_set_new(record, "child", child_hand_over(&worker->child));
    json_object_set_new(record, "channel", worker_channel_hand_over(worker));
    json_object_set_new(record, "log", log_pipe_hand_over(&worker->log_pipe));
    return record;
}

int worker_take_over(struct worker_process *worker, const json_t *record)
{
    struct automaton *automaton = &worker->automaton;
    int error = handoff_read(record, worker, fields, HANDOFF_COUNT(fields));
    if (error == 0)
        error = worker_peers_read(&worker->sandbox.peers, json_object_get(record, "peers"));
    if (error == 0)
        error = handoff_read(json_object_get(record, "automaton"), automaton, automaton_fields,
                             HANDOFF_COUNT(automaton_fields));
    if (error == 0)
        error = read_trouble(&worker->trouble, json_object_get(record, "trouble"));
    if (error == 0)
        error = child_take_over(&worker->child, json_object_get(record, "child"));
    if (error == 0)
        error = log_pipe_take_over(&worker->log_pipe, worker->loop, json_object_get(record, "log"));
    if (error == 0)
        error = worker_channel_take_over(worker, json_object_get(record, "channel"));
    if (error == 0 && (!is_sane(automaton) || !is_time(worker->progress_ms) || !is_time(worker->started_ms) ||
                       worker->error_class < -1 || worker->error_class >= CAMD_CLASS_COUNT))
        error = -EINVAL;
    if (error == 0)
        worker_arm(worker);
    return error;
}
