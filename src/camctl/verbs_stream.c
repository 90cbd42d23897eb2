/* verbs_stream.c - stream: the pictures one after the other, as YUV4MPEG2, for a player or an encoder */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/whole_file.h"
#include "camctl/command.h"
#include "camctl/file.h"
#include "camctl/view.h"
#include "picture/encode.h"

enum { DEFAULT_FPS_MILLI = 5000 };

/* Whoever reads has had enough: that is an end, no failure. */
static enum status written(struct command *command, int result)
{
    if (result == 0)
        return STATUS_DONE;
    return status_fail(&command->error, "failed", NULL, "the stream cannot be written: %s",
                       strerror(-result));
}

static int write_header(const struct view *view, double fps)
{
    char header[Y4M_HEADER_BYTES];
    uint32_t fps_milli = fps > 0 ? (uint32_t)(fps * 1000.0 + 0.5) : DEFAULT_FPS_MILLI;
    return whole_file_write_to(STDOUT_FILENO, header,
                               y4m_header(header, view->picture.width, view->picture.height, fps_milli));
}

static int write_frame(const struct view *view)
{
    int result = whole_file_write_to(STDOUT_FILENO, Y4M_FRAME, strlen(Y4M_FRAME));
    if (result == 0)
        result = whole_file_write_to(STDOUT_FILENO, view->picture.pixels,
                                     (size_t)view->picture.width * view->picture.height / 2 * 3);
    return result;
}

static enum status stream_pictures(struct command *command, struct view *view, double fps)
{
    const struct options *options = command->options;
    int64_t wait_ns = command_timeout_ms(command) * CLOCK_NS_PER_MS;
    uint32_t width = 0, height = 0;
    int result = 0;
    for (int64_t count = 0; options->frames == 0 || count < options->frames; count++) {
        int problem = view_next(view, clock_monotonic_ns() + wait_ns, options->given[OPTION_BOXES]);
        if (problem < 0)
            return view_failure(command, view, problem);
        if (options->given[OPTION_BOXES])
            view_draw_boxes(view, &view->picture);
        if (count == 0) {
            width = view->picture.width;
            height = view->picture.height;
            result = write_header(view, fps);
        } else if (width != view->picture.width || height != view->picture.height) {
            return status_fail(&command->error, "failed", "start it again",
                               "%s: its pictures are %ux%u now, and a stream has one size", view->camera,
                               view->picture.width, view->picture.height);
        }
        if (result == 0)
            result = write_frame(view);
        if (result == -EPIPE)
            return STATUS_DONE;
        if (result < 0)
            return written(command, result);
    }
    return STATUS_DONE;
}

enum status verbs_stream(struct command *command)
{
    struct view view = {.camera = command->options->operands[0]};
    json_t *ok = NULL, *body;
    if (command->output->json)
        return status_fail(&command->error, "usage", "camctl status --json has what can be said in JSON",
                           "a stream of pictures is not JSON");
    if (isatty(STDOUT_FILENO))
        return status_fail(&command->error, "usage", "camctl stream NAME | ffplay -",
                           "pictures are not for a terminal");
    body = json_pack("{s:s}", "name", view.camera);
    if (!body)
        return status_fail(&command->error, "usage", NULL, "a camera's name is not valid UTF-8 text");
    signal(SIGPIPE, SIG_IGN);
    enum status status = command_request(command, VERB_STREAM, body, NULL, NULL, &ok);
    if (status == STATUS_DONE) {
        view.prefix = json_member_string(ok, "prefix", NULL);
        status = stream_pictures(command, &view, json_member_double(ok, "fps", 0));
    }
    view_fini(&view);
    json_decref(ok);
    return status;
}
