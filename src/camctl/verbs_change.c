/* verbs_change.c - the verbs that change something and have little to say: one table, one handler */
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/sys.h"
#include "base/text.h"
#include "camctl/command.h"
#include "camctl/several.h"

/* What a verb of one or more cameras does, unless camd says otherwise of one. */
static const struct {
    enum verb verb;
    const char *done;
} changes[] = {
    {VERB_REMOVE, "removed"},    {VERB_ENABLE, "enabled"}, {VERB_DISABLE, "disabled"},
    {VERB_START, "starting"},    {VERB_STOP, "stopped"},   {VERB_RESTART, "restarting"},
    {VERB_KICK, "trying again"},
};

static void show_change(struct writer *output, const json_t *document)
{
    const json_t *cameras = json_object_get(document, "cameras"),
                 *outcomes = json_object_get(document, "outcomes"),
                 *errors = json_object_get(document, "errors");
    for (size_t i = 0; i < json_array_size(cameras); i++) {
        const char *name = json_string_value(json_array_get(cameras, i));
        if (!json_object_get(errors, name))
            writer_line(output, STYLE_PLAIN, 4, "%s: %s", name,
                        json_member_string(outcomes, name, json_member_string(document, "done", "")));
    }
}

/* What was done to all of them, if it was the same. */
static const char *common_outcome(const json_t *outcomes, const char *usual)
{
    const char *common = NULL, *name;
    json_t *outcome;
    json_members_foreach(outcomes, name, outcome) {
        const char *words = json_string_value(outcome);
        if (!words || (common && strcmp(common, words) != 0))
            return usual;
        common = words;
    }
    return common ? common : usual;
}

/* Sends the request and shows {"done", "cameras", "outcomes"} with whatever the daemon had to add. body is stolen. */
static enum status change(struct command *command, json_t *body, const char *done)
{
    json_t *ok = NULL, *cameras = several_cameras(body);
    enum status status = command_request(command, (enum verb)command->options->verb, body, NULL, NULL, &ok);
    if (status == STATUS_DONE) {
        json_t *document = json_pack("{s:s}", "done", common_outcome(json_object_get(ok, "outcomes"), done));
        if (json_is_object(ok))
            json_object_update_missing(document, ok);
        if (!json_object_get(document, "cameras"))
            json_object_set(document, "cameras", cameras);
        writer_document(command->output, document, show_change);
        status = several_errors(command, document);
        json_decref(document);
    }
    json_decref(ok);
    json_decref(cameras);
    return status;
}

enum status verbs_change(struct command *command)
{
    const struct options *options = command->options;
    json_t *body = NULL;
    size_t row = 0;
    while ((int)changes[row].verb != options->verb)
        row++;
    enum status status = several_body(command, options->operand_count, &body);
    if (status == STATUS_DONE && options->given[OPTION_KEEP_GRID])
        json_object_set_new(body, "keep_grid", json_true());
    if (status == STATUS_DONE && options->verb == VERB_REMOVE)
        status = several_confirm(command, body, "Remove",
                                 options->given[OPTION_KEEP_GRID] ? "with their files"
                                                                  : "with their files and region grids");
    if (status != STATUS_DONE) {
        json_decref(body);
        return status;
    }
    return change(command, body, changes[row].done);
}

enum status verbs_ptz(struct command *command)
{
    const struct options *options = command->options;
    const char *word = options->operands[options->operand_count - 1];
    const bool is_moving = strcmp(word, "moving") == 0;
    json_t *body = NULL;
    if (!is_moving && strcmp(word, "stopped") != 0)
        return status_fail(&command->error, "usage", "camctl help ptz", "ptz %s: expected moving or stopped",
                           word);
    enum status status = several_body(command, options->operand_count - 1, &body);
    if (status != STATUS_DONE)
        return status;
    json_object_set_new(body, "moving", json_boolean(is_moving));
    return change(command, body, word);
}

/* The daemon's own time runs out first. */
enum { WAIT_GRACE_MS = 5000 };

enum status verbs_wait(struct command *command)
{
    const struct options *options = command->options;
    const char *word = options->operands[options->operand_count - 1];
    json_t *body = NULL, *state = json_string(word);
    if (!state)
        return status_fail(&command->error, "usage", NULL, "the state is not valid UTF-8 text");
    enum status status = several_body(command, options->operand_count - 1, &body);
    if (status == STATUS_DONE)
        status = command_connect(command, WAIT_GRACE_MS);
    if (status != STATUS_DONE) {
        json_decref(state);
        json_decref(body);
        return status;
    }
    json_object_set_new(body, "state", state);
    json_object_set_new(body, "timeout_s", json_real((double)command_timeout_ms(command) / 1000));
    return change(command, body, word);
}

/* ---- reload ---- */

static void show_cameras(struct writer *output, const json_t *cameras)
{
    for (size_t i = 0; i < json_array_size(cameras); i++) {
        const json_t *camera = json_array_get(cameras, i);
        const char *text = json_member_string(camera, "text", "");
        writer_line(output, STYLE_PLAIN, 4, "%s: %s%s%s", json_member_string(camera, "name", "?"),
                    json_member_string(camera, "change", "?"), text[0] ? ": " : "", text);
    }
}

static void show_reload(struct writer *output, const json_t *document)
{
    const char *restart = json_member_string(document, "restart_needed", "");
    const json_t *unfinished = json_object_get(document, "unfinished");
    int unchanged = (int)json_member_int(document, "unchanged", 0);
    show_cameras(output, json_object_get(document, "cameras"));
    writer_line(output, STYLE_PLAIN, 0, "%d camera%s unchanged", unchanged, unchanged == 1 ? "" : "s");
    for (size_t i = 0; i < json_array_size(unfinished); i++) {
        const char *name = json_string_value(json_array_get(unfinished, i));
        writer_line(output, STYLE_WAIT, 4, "%s: not finished yet, see camctl status", name ? name : "");
    }
    if (restart[0])
        writer_line(output, STYLE_WAIT, 4, "only a new start of camd applies: %s", restart);
}

enum status verbs_reload(struct command *command)
{
    return command_request_shown(command, VERB_RELOAD, NULL, show_reload);
}

/* ---- upgrade ---- */

/* What comes in parts, put together. */
struct collected {
    struct command *command;
    json_t *document;
};

static void show_upgrade(struct writer *output, const json_t *document)
{
    const int cameras = (int)json_member_int(document, "cameras", 0);
    writer_line(output, STYLE_PLAIN, 0, "camd %s goes on in place of %s, with %d camera%s",
                json_member_string(document, "version", "?"), json_member_string(document, "before", "?"),
                cameras, cameras == 1 ? "" : "s");
    if (json_member_bool(document, "restarts_cameras", false))
        writer_line(output, STYLE_WAIT, 0,
                    "cameras whose shared memory it could not take over restart, one after the other");
}

static void show_restarted(struct writer *output, const json_t *restarted)
{
    const char *outcome = json_member_string(restarted, "outcome", "?");
    const bool is_well = strcmp(outcome, "up again") == 0;
    writer_line(output, is_well ? STYLE_PLAIN : STYLE_WAIT, 2, "%s %s: %s",
                json_member_string(restarted, "camera", json_member_string(restarted, "detector", "?")),
                json_member_string(restarted, "worker", "?"), outcome);
}

static void show_all_restarted(struct writer *output, const json_t *document)
{
    const json_t *all = json_object_get(document, "restarted");
    if (json_array_size(all) == 0)
        writer_line(output, STYLE_PLAIN, 0, "no worker runs an older program");
    for (size_t i = 0; i < json_array_size(all); i++)
        show_restarted(output, json_array_get(all, i));
}

static void collect_restarted(void *context, json_t *part)
{
    struct collected *collected = context;
    json_t *restarted = json_object_get(part, "restarted");
    json_array_append(json_object_get(collected->document, "restarted"), restarted);
    command_restart_time(collected->command); /* for each of them */
}

static enum status restart_workers(struct command *command)
{
    struct collected collected = {command, json_pack("{s:[]}", "restarted")};
    enum status status = command_request(command, VERB_UPGRADE, json_pack("{s:b}", "workers", 1),
                                         collect_restarted, &collected, NULL);
    if (status == STATUS_DONE)
        writer_document(command->output, collected.document, show_all_restarted);
    json_decref(collected.document);
    return status;
}

enum status verbs_upgrade(struct command *command)
{
    return command->options->given[OPTION_WORKERS]
               ? restart_workers(command)
               : command_request_shown(command, VERB_UPGRADE, NULL, show_upgrade);
}

/* ---- shutdown ---- */

static void show_shutdown(struct writer *output, const json_t *document)
{
    (void)document;
    writer_line(output, STYLE_PLAIN, 0, "camd has stopped");
}

/* True when the process has ended before the deadline. */
static bool process_ends(int pidfd, int64_t deadline_ns)
{
    struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
    int64_t left_ns;
    while ((left_ns = deadline_ns - clock_monotonic_ns()) > 0)
        if (poll(&poll_fd, 1, (int)((left_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS)) > 0)
            return true;
    return false;
}

/*
 * The connection may end before the daemon does, so its process is what is waited for; the descriptor is
 * taken while the daemon runs, when its pid cannot be another's.
 */
enum status verbs_shutdown(struct command *command)
{
    enum status status = command_connect(command, 0);
    char waited[TEXT_DURATION_BYTES];
    json_t *ok = NULL;
    if (status != STATUS_DONE)
        return status;
    pid_t pid = connection_daemon_pid(command->connection);
    int pidfd = pid > 0 ? sys_pidfd_open(pid) : -1;
    status = command_request(command, VERB_SHUTDOWN, NULL, NULL, NULL, &ok);
    if (status == STATUS_DONE) {
        bool gone = pidfd >= 0 ? process_ends(pidfd, connection_deadline_ns(command->connection))
                               : connection_wait_end(command->connection);
        if (gone) {
            json_t *document = json_pack("{s:s}", "done", "stopped");
            writer_document(command->output, document, show_shutdown);
            json_decref(document);
        } else {
            status = status_fail(&command->error, "failed",
                                 "wait longer with --timeout; its log says what it waits for",
                                 "camd is stopping, but has not ended within %s",
                                 text_duration((double)command_timeout_ms(command) / 1000, waited));
        }
    }
    if (pidfd >= 0)
        sys_close(&pidfd);
    json_decref(ok);
    return status;
}
