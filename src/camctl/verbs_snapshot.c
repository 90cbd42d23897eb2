/*
 * verbs_snapshot.c - snapshot: the newest picture, or an object's best one, into a file
 *
 * The daemon is only asked for the camera's segments; the picture comes from shared memory.
 */
#include "base/json.h"
#include "camctl/command.h"
#include "camctl/object_picture.h"
#include "camctl/picture_file.h"
#include "camctl/view.h"

static enum status take(struct command *command, struct view *view)
{
    int64_t deadline_ns = connection_deadline_ns(command->connection);
    int result = command->options->given[OPTION_BOXES] ? view_next_seen(view, deadline_ns)
                                                       : view_next(view, deadline_ns, false);

    return result == 0 ? STATUS_DONE : view_failure(command, view, result);
}

static enum status write_picture(struct command *command, struct view *view, const char *prefix)
{
    if (command->options->given[OPTION_OBJECT])
        return object_picture_write(command, view->camera, prefix);
    view->prefix = prefix;
    enum status status = take(command, view);

    return status == STATUS_DONE ? picture_file_write(command, view) : status;
}

static enum status check_options(struct command *command)
{
    const bool *given = command->options->given;

    if (given[OPTION_CROP] && !given[OPTION_OBJECT])
        return status_fail(&command->error, "usage", "camctl snapshot NAME --object ID --crop -o FILE",
                           "--crop cuts out an object: of which one?");
    if (given[OPTION_BOXES] && given[OPTION_OBJECT])
        return status_fail(&command->error, "usage", "leave one of them out",
                           "--boxes draws into the newest picture, and --object is another one");
    return picture_file_check(command);
}

enum status verbs_snapshot(struct command *command)
{
    struct view view = {.camera = command->options->operands[0]};
    json_t *body = json_pack("{s:s}", "name", view.camera), *ok = NULL;
    enum status status = check_options(command);

    if (status == STATUS_DONE && !body)
        status = status_fail(&command->error, "usage", NULL, "a camera's name is not valid UTF-8 text");
    if (status != STATUS_DONE) {
        json_decref(body);
        return status;
    }
    status = command_request(command, VERB_SNAPSHOT, body, NULL, NULL, &ok);
    if (status == STATUS_DONE)
        status = write_picture(command, &view, json_member_string(ok, "prefix", NULL));
    view_fini(&view);
    json_decref(ok);
    return status;
}
