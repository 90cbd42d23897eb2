#include "camctl/status_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "camctl/words.h"

enum {
    LINES_OF_EACH = 40, /* that are looked at */
    LINES_SHOWN = 5,    /* of them that are shown; those with the same text in a row are one */
    OWNERS_MAX = 16,    /* of more of them the logs are not what is looked for */
};

static void collect(void *context, json_t *part)
{
    json_t *line = json_object_get(part, "line");
    if (line)
        json_array_append(context, line);
}

/* prefix: of the owner's name for camd. */
static enum status fetch(struct command *command, json_t *owner, const char *prefix)
{
    json_t *lines = json_array();
    char *name = text_format("%s%s", prefix, json_member_string(owner, "name", ""));
    json_t *body = name ? json_pack("{s:s, s:i}", "name", name, "lines", (int)LINES_OF_EACH) : NULL;
    enum status status = command_request(command, VERB_LOGS, body, collect, lines, NULL);
    json_object_set_new(owner, "log", lines);
    free(name);
    if (status != STATUS_NO_CAMERA)
        return status;
    command_forget_error(command); /* it has gone meanwhile */
    return STATUS_DONE;
}

static enum status fetch_all(struct command *command, const json_t *owners, const char *prefix)
{
    enum status status = STATUS_DONE;
    for (size_t i = 0; i < json_array_size(owners) && status == STATUS_DONE; i++)
        status = fetch(command, json_array_get(owners, i), prefix);
    return status;
}

enum status status_log_fetch(struct command *command, json_t *document)
{
    const json_t *cameras = json_object_get(document, "cameras"),
                 *detectors = json_object_get(document, "detectors");
    if (json_array_size(cameras) + json_array_size(detectors) > OWNERS_MAX)
        return STATUS_DONE;
    enum status status = fetch_all(command, cameras, "");
    return status == STATUS_DONE ? fetch_all(command, detectors, "detector:") : status;
}

static bool is_same(const json_t *a, const json_t *b)
{
    return strcmp(json_member_string(a, "text", ""), json_member_string(b, "text", "")) == 0 &&
           strcmp(json_member_string(a, "worker", ""), json_member_string(b, "worker", "")) == 0;
}

/* How many lines in a row, up to the one at last, say the same. */
static size_t count_same(const json_t *lines, size_t last)
{
    const json_t *line = json_array_get(lines, last);
    size_t count = 1;
    while (count <= last && is_same(json_array_get(lines, last - count), line))
        count++;
    return count;
}

/* Where the first of those that are shown is: the last so many that differ. */
static size_t find_first(const json_t *lines)
{
    size_t at = json_array_size(lines);
    for (size_t shown = 0; shown < LINES_SHOWN && at > 0; shown++)
        at -= count_same(lines, at - 1);
    return at;
}

static void show_line(struct writer *output, const json_t *line, size_t count, bool is_first)
{
    char time[WRITER_TIME_BYTES], times[48] = "";
    if (count > 1)
        snprintf(times, sizeof(times), " (%zu times, this is the last)", count);
    writer_field(output, words_level_style(json_member_string(line, "level", "")), is_first ? "log" : "",
                 "%s %s: %s%s", writer_short_time(output, json_member_string(line, "time", ""), time),
                 json_member_string(line, "worker", "?"), json_member_string(line, "text", ""), times);
}

void status_log_show(struct writer *output, const json_t *owner)
{
    const json_t *lines = json_object_get(owner, "log");
    const size_t first = find_first(lines);
    size_t same = 0;
    for (size_t i = first; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        same++;
        if (i + 1 < json_array_size(lines) && is_same(line, json_array_get(lines, i + 1)))
            continue;
        show_line(output, line, same, i + 1 - same == first);
        same = 0;
    }
}
