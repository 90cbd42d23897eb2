/*
 * verbs_snapshot.c - snapshot: the newest picture into a file
 *
 * The daemon is only asked for the camera's segments; the picture comes from shared memory.
 */
#include "base/json.h"
#include "camctl/command.h"
#include "camctl/picture_file.h"
#include "camctl/view.h"

static enum status take(struct command *command, struct view *view)
{
    int64_t deadline_ns = connection_deadline_ns(command->connection);
    int result = command->options->given[OPTION_BOXES] ? view_next_seen(view, deadline_ns)
                                                       : view_next(view, deadline_ns, false);

    return result == 0 ? STATUS_DONE : view_failure(command, view, result);
}

enum status verbs_snapshot(struct command *command)
{
    struct view view = {.camera = command->options->operands[0]};
    json_t *body = json_pack("{s:s}", "name", view.camera), *ok = NULL;
    enum status status = picture_file_check(command);

    if (status == STATUS_DONE && !body)
        status = status_fail(&command->error, "usage", NULL, "a camera's name is not valid UTF-8 text");
    if (status != STATUS_DONE) {
        json_decref(body);
        return status;
    }
    status = command_request(command, VERB_SNAPSHOT, body, NULL, NULL, &ok);
    if (status == STATUS_DONE) {
        view.prefix = json_member_string(ok, "prefix", NULL);
        status = take(command, &view);
    }
    if (status == STATUS_DONE)
        status = picture_file_write(command, &view);
    view_fini(&view);
    json_decref(ok);
    return status;
}
