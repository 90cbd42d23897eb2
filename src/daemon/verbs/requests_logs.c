/* `logs`: what the workers wrote, built in parts while the client takes them. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "daemon/log/log_pool.h"
#include "daemon/verbs/names.h"
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

static void write_line(struct json_writer *writer, const struct log_line *line)
{
    char time[CLOCK_TEXT_BYTES];
    clock_format_utc(line->wall_ns, time);
    json_write_begin_object(writer, "line");
    json_write_count(writer, "number", line->number);
    json_write_string(writer, "time", time);
    json_write_string(writer, "camera", line->source->name);
    json_write_string(writer, "worker", line->source->worker);
    json_write_string(writer, "level", log_level_word(line->level));
    json_write_string(writer, "text", line->text);
    if (line->dropped > 0)
        json_write_count(writer, "dropped", line->dropped);
    json_write_end_object(writer);
}

static void write_missed(struct json_writer *writer, uint64_t lines)
{
    json_write_begin_object(writer, "missed");
    json_write_count(writer, "lines", lines);
    json_write_end_object(writer);
}

static bool may_come(const struct fleet *fleet, const char *name)
{
    return !text_is_camera_name(name) || fleet_find(fleet, name) || fleet_find_leaving(fleet, name);
}

/* Nothing more can come of cameras that are gone. A detector comes and goes with its cameras. */
static bool is_over(const struct following *following)
{
    json_t *names = following->reader.names, *value;
    const char *name;
    json_object_foreach(names, name, value) {
        if (may_come(following->requests->fleet, name))
            return false;
    }
    return names != NULL;
}

static int following_next(void *state, struct control_part *part)
{
    struct following *following = state;
    const uint64_t missed = log_reader_take_missed(&following->reader);
    const struct log_line *line = missed > 0 ? NULL : log_reader_next(&following->reader);
    if (missed == 0 && !line)
        return following->follow && !is_over(following) ? 0 : -1;
    json_write_begin_object(&part->json, NULL);
    if (line)
        write_line(&part->json, line);
    else
        write_missed(&part->json, missed);
    json_write_end_object(&part->json);
    return 1;
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

static void begin(struct requests *requests, struct control_request *request, const json_t *names,
                  uint64_t lines, bool follow)
{
    struct following *following = calloc(1, sizeof(*following));
    if (!following || log_reader_open(&following->reader, requests->services->log_pool, names, lines) < 0) {
        free(following);
        request_no_memory(request);
        return;
    }
    following->requests = requests;
    following->follow = follow;
    control_reply_parts(request, following_next, following_release, following);
}

void request_logs(struct requests *requests, struct control_request *request, const json_t *body)
{
    int64_t lines;
    json_t *names;
    if (!names_asked_for(requests, request, body, &names))
        return;
    if (read_lines(request, body, &lines))
        begin(requests, request, names, (uint64_t)lines, json_member_bool(body, "follow", false));
    json_decref(names);
}
