/* verbs_change.c - the verbs that change something and have little to say: one table, one handler */
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/sys.h"
#include "camctl/command.h"

/* What a verb of one or more cameras does, unless camd says otherwise of one. */
static const struct {
    enum verb verb;
    bool many; /* "names" instead of "name" */
    const char *done;
} changes[] = {
    {VERB_REMOVE, false, "removed"},    {VERB_ENABLE, false, "enabled"}, {VERB_DISABLE, false, "disabled"},
    {VERB_START, true, "starting"},     {VERB_STOP, true, "stopped"},    {VERB_RESTART, true, "restarting"},
    {VERB_KICK, false, "trying again"},
};

static void show_change(struct writer *output, const json_t *document)
{
    const json_t *cameras = json_object_get(document, "cameras");

    const json_t *outcomes = json_object_get(document, "outcomes");

    for (size_t i = 0; i < json_array_size(cameras); i++) {
        const char *name = json_string_value(json_array_get(cameras, i));

        writer_line(output, STYLE_PLAIN, 4, "%s: %s", name,
                    json_member_string(outcomes, name, json_member_string(document, "done", "")));
    }
}

/* What was done to all of them, if it was the same. */
static const char *common_outcome(const json_t *outcomes, const char *usual)
{
    const char *common = NULL, *name;
    json_t *outcome;

    json_object_foreach((json_t *)outcomes, name, outcome)
    {
        const char *words = json_string_value(outcome);

        if (!words || (common && strcmp(common, words) != 0))
            return usual;
        common = words;
    }
    return common ? common : usual;
}

/* Sends the request and shows {"done", "cameras", "outcomes"} with whatever the daemon had to add. */
static enum status change(struct command *command, json_t *body, json_t *cameras, const char *done)
{
    json_t *ok = NULL;

    if (!body) {
        json_decref(cameras);
        return status_fail(&command->error, "usage", NULL, "a camera's name is not valid UTF-8 text");
    }
    enum status status = command_request(command, (enum verb)command->options->verb, body, NULL, NULL, &ok);
    if (status == STATUS_DONE) {
        json_t *document = json_pack(
            "{s:s, s:O}", "done", common_outcome(json_object_get(ok, "outcomes"), done), "cameras", cameras);

        if (json_is_object(ok))
            json_object_update_missing(document, ok);
        writer_document(command->output, document, show_change);
        json_decref(document);
    }
    json_decref(ok);
    json_decref(cameras);
    return status;
}

static enum status change_ptz(struct command *command)
{
    char **operands = command->options->operands;
    bool moving = strcmp(operands[1], "moving") == 0;

    if (!moving && strcmp(operands[1], "stopped") != 0)
        return status_fail(&command->error, "usage", NULL, "ptz %s: expected moving or stopped", operands[1]);
    return change(command, json_pack("{s:s, s:b}", "name", operands[0], "moving", moving),
                  json_pack("[s]", operands[0]), operands[1]);
}

enum status verbs_change(struct command *command)
{
    const struct options *options = command->options;
    json_t *cameras = json_array();
    size_t row = 0;

    if (options->verb == VERB_PTZ) {
        json_decref(cameras);
        return change_ptz(command);
    }
    while ((int)changes[row].verb != options->verb)
        row++;
    for (int i = 0; i < options->operand_count; i++) {
        if (json_array_append_new(cameras, json_string(options->operands[i])) != 0)
            return change(command, NULL, cameras, "");
    }
    json_t *body = changes[row].many ? json_pack("{s:O}", "names", cameras)
                                     : json_pack("{s:s}", "name", options->operands[0]);
    return change(command, body, cameras, changes[row].done);
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
    json_t *ok = NULL;
    enum status status = command_request(command, VERB_RELOAD, NULL, NULL, NULL, &ok);

    if (status == STATUS_DONE)
        writer_document(command->output, ok, show_reload);
    json_decref(ok);
    return status;
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
                                 "camd is stopping, but has not ended within %g s",
                                 (double)command_timeout_ms(command) / 1000);
        }
    }
    if (pidfd >= 0)
        sys_close(&pidfd);
    json_decref(ok);
    return status;
}
