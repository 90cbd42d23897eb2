/* `logs`: what the workers wrote, built in parts while the client takes them. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "daemon/log/log_pool.h"
#include "daemon/verbs/requests_private.h"

enum { LINES_USUAL = 100 };

struct following {
    struct requests *requests;
    bool follow;
    struct log_reader reader;
};

static void following_release(void *state)
{
    struct following *following = state;
    log_reader_close(&following->reader);
    free(following);
}

static json_t *line_json(const struct log_line *line)
{
    char time[CLOCK_TEXT_BYTES];
    clock_format_utc(line->wall_ns, time);
    json_t *json = json_pack("{s:I, s:s, s:s, s:s, s:s, s:o}", "number", (json_int_t)line->number, "time",
                             time, "camera", line->source->name, "worker", line->source->worker, "level",
                             log_level_word(line->level), "text", json_string_lossy(line->text));
    if (json && line->dropped > 0)
        json_object_set_new(json, "dropped", json_integer((json_int_t)line->dropped));
    return json_pack("{s:o}", "line", json);
}

/* Nothing more can come of a camera that is gone. A detector comes and goes with its cameras. */
static bool is_over(const struct following *following)
{
    const char *name = following->reader.name;
    return text_is_camera_name(name) && !fleet_find(following->requests->fleet, name) &&
           !fleet_find_leaving(following->requests->fleet, name);
}

static int following_next(void *state, json_t **part)
{
    struct following *following = state;
    uint64_t missed = log_reader_take_missed(&following->reader);
    if (missed > 0) {
        *part = json_pack("{s:{s:I}}", "missed", "lines", (json_int_t)missed);
        return 1;
    }
    const struct log_line *line = log_reader_next(&following->reader);
    *part = line ? line_json(line) : NULL;
    if (line)
        return 1;
    return following->follow && !is_over(following) ? 0 : -1;
}

/* The member "lines", or what is usual; false when an error has been answered. */
static bool read_lines(struct control_request *request, const json_t *body, int64_t *lines)
{
    const json_t *given = json_object_get(body, "lines");
    *lines = given ? json_integer_value(given) : LINES_USUAL;
    if (!given || (json_is_integer(given) && *lines >= 0))
        return true;
    control_reply_error(request, CONTROL_USAGE, NULL, "\"lines\" is a whole number from 0 up");
    return false;
}

void request_logs(struct requests *requests, struct control_request *request, const json_t *body)
{
    struct detector *detector;
    int64_t lines;
    const char *name = json_object_get(body, "name") ? json_member_string(body, "name", "") : NULL;
    if (name && request_detector(requests, request, body, &detector)) {
        if (!detector)
            return;
    } else if (name && !request_camera(requests, request, body)) {
        return;
    }
    if (!read_lines(request, body, &lines))
        return;
    struct following *following = calloc(1, sizeof(*following));
    if (!following) {
        control_reply_error(request, CONTROL_FAILED, NULL, "out of memory");
        return;
    }
    following->requests = requests;
    following->follow = json_member_bool(body, "follow", false);
    log_reader_open(&following->reader, requests->services->log_pool, name, (uint64_t)lines);
    control_reply_parts(request, following_next, following_release, following);
}
