#include "camctl/status_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/visible_text.h"
#include "camctl/status_groups.h"
#include "camctl/table.h"
#include "camctl/words.h"

/* How much of it is shown; each takes fewer lines than the one before. */
enum extent {
    EXTENT_ALL,
    EXTENT_NAMES,  /* cameras that are well are named, and groups have a few rows */
    EXTENT_COUNTS, /* cameras that are well are counted, and so are the others of a group */
    EXTENT_CAUSES, /* one that is not well has a line, with as much of the cause as has room */
};

enum { GROUP_ROWS = 5 }; /* of a group, unless all are shown */

struct list {
    struct writer *output;
    const json_t *document;
    struct status_groups cameras, detectors;
    enum extent extent;
    size_t why_columns; /* of EXTENT_CAUSES */
    bool only_problems;
};

static const struct table_column columns[] = {
    {"CAMERA", false, 0}, {"STATE", false, 0}, {"SINCE", false, 2}, {"NEXT", true, 1},
    {"OUTAGES", true, 3}, {"DARK", true, 3},   {"FPS", true, 2},    {"TRACKED", true, 6},
    {"SKIPPED", true, 5}, {"AGE", true, 4},    {"SIZE", false, 8},  {"MOTION", false, 7},
};

/* ---- a row ---- */

static void cell_rate(struct table *table, const json_t *camera, const char *member, bool known)
{
    if (known)
        table_cell(table, STYLE_PLAIN, "%.1f", json_member_double(camera, member, 0));
    else
        table_cell(table, STYLE_FAINT, "-");
}

static void cell_duration(struct table *table, double seconds)
{
    char text[TEXT_DURATION_BYTES];
    if (seconds >= 0)
        table_cell(table, STYLE_PLAIN, "%s", text_short_duration(seconds, text));
    else
        table_cell(table, STYLE_FAINT, "-");
}

/* Durations of less than nothing are not known; none at all is no news. */
static double some_seconds(const json_t *object, const char *member, double factor)
{
    const double number = json_member_double(object, member, -1);
    return number > 0 ? number * factor : -1;
}

static void add_time(struct table *table, const struct writer *output, const json_t *owner)
{
    char since[WRITER_TIME_BYTES];
    table_cell(table, STYLE_PLAIN, "%s",
               writer_short_time(output, json_member_string(owner, "since", ""), since));
    cell_duration(table, json_member_double(owner, "next_start_ms", -1) / 1000);
}

static void add_pictures(struct table *table, const json_t *camera, bool up)
{
    const int64_t width = json_member_int(camera, "width", 0), height = json_member_int(camera, "height", 0);
    cell_rate(table, camera, "camera_fps", up);
    cell_rate(table, camera, "process_fps", up);
    cell_rate(table, camera, "skipped_fps", up);
    cell_duration(table, up ? json_member_double(camera, "frame_age_s", -1) : -1);
    if (width > 0)
        table_cell(table, STYLE_PLAIN, "%" PRId64 "x%" PRId64, width, height);
    else
        table_cell(table, STYLE_FAINT, "-");
    table_cell(table, STYLE_PLAIN, "%s",
               !up                                         ? "-"
               : json_member_bool(camera, "motion", false) ? "yes"
                                                           : "no");
}

static void add_camera(struct table *table, const struct writer *output, const json_t *camera)
{
    const char *state = json_member_string(camera, "state", "?");
    const json_t *day = json_object_get(camera, "day");
    table_cell(table, STYLE_STRONG, "%s", json_member_string(camera, "name", "?"));
    table_cell(table, words_state_style(state), "%s", state);
    add_time(table, output, camera);
    table_cell(table, STYLE_PLAIN, "%" PRId64, json_member_int(day, "outages", 0));
    cell_duration(table, some_seconds(day, "dark_s", 1));
    add_pictures(table, camera, words_state_has_pictures(state));
}

/* ---- a row where there is no room for more than one ---- */

static const struct table_column brief_columns[] = {
    {"CAMERA", false, 0}, {"STATE", false, 0}, {"NEXT", true, 1}, {"WHY", false, 0}};

enum {
    BRIEF_COLUMNS = 8 + 6 + 3 * TABLE_GAP, /* of what is between a name and why */
    BRIEF_LEAST = 16,                      /* of why */
};

/* The end of a reason has the cause, and its beginning where that was. The caller's to free; NULL: memory is short. */
static char *end_of(const char *reason, size_t width)
{
    static const char cut[] = "...";
    char *visible = visible_text(reason, NULL);
    const char *at = visible;
    if (!visible || visible_columns(visible, strlen(visible)) <= width)
        return visible;
    while (*at && visible_columns(at, strlen(at)) > width - (sizeof(cut) - 1))
        at += visible_fitting(at, 1) > 0 ? visible_fitting(at, 1) : visible_fitting(at, 2);
    char *end = text_format("%s%s", cut, at);
    free(visible);
    return end;
}

/* What is left of a line for why, behind the longest name. */
static size_t why_columns(const struct writer *output, const struct status_groups *groups)
{
    size_t longest = strlen(brief_columns[0].heading);
    for (size_t i = 0; i < groups->count && status_group_is_problem(&groups->groups[i]); i++)
        for (size_t j = 0; j < json_array_size(groups->groups[i].cameras); j++) {
            const char *name = json_member_string(json_array_get(groups->groups[i].cameras, j), "name", "");
            longest = strlen(name) > longest ? strlen(name) : longest;
        }
    longest += BRIEF_COLUMNS;
    return output->width > longest + BRIEF_LEAST ? output->width - longest : BRIEF_LEAST;
}

static void add_briefly(const struct list *list, struct table *table, const struct status_group *group,
                        const json_t *camera)
{
    const char *state = json_member_string(camera, "state", "?");
    char *why = end_of(group->reason, list->why_columns);
    table_cell(table, STYLE_STRONG, "%s", json_member_string(camera, "name", "?"));
    table_cell(table, words_state_style(state), "%s", state);
    cell_duration(table, json_member_double(camera, "next_start_ms", -1) / 1000);
    table_cell(table, STYLE_PLAIN, "%s", why ? why : "");
    free(why);
}

/* ---- groups ---- */

/* ": a, b, c", the caller's to free; NULL: memory is short. */
static char *list_names(const json_t *cameras, size_t from)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    for (size_t i = from; i < json_array_size(cameras); i++)
        fprintf(out, "%s%s", i == from ? ": " : ", ",
                json_member_string(json_array_get(cameras, i), "name", "?"));
    return fclose(out) == 0 ? text : NULL;
}

static enum style style_of(const struct status_group *group)
{
    static const enum style styles[] = {
        [STATUS_RANK_FAILED] = STYLE_BAD,    [STATUS_RANK_DARK] = STYLE_BAD,
        [STATUS_RANK_DEGRADED] = STYLE_WAIT, [STATUS_RANK_REMARK] = STYLE_WAIT,
        [STATUS_RANK_WELL] = STYLE_PLAIN,    [STATUS_RANK_UNWANTED] = STYLE_PLAIN,
    };
    return styles[group->rank];
}

static void add_notes(struct table *table, const struct status_group *group)
{
    if (group->reason[0])
        table_note(table, style_of(group), "%s", group->reason);
    if (group->hint[0])
        table_note(table, STYLE_PLAIN, "hint: %s", group->hint);
}

static void add_group(const struct list *list, struct table *table, const struct status_group *group)
{
    const size_t count = json_array_size(group->cameras);
    /* a note instead of one row saves nothing */
    const bool are_all = list->extent == EXTENT_ALL || count <= GROUP_ROWS + 1;
    const size_t rows = are_all ? count : GROUP_ROWS;
    for (size_t i = 0; i < rows; i++) {
        const json_t *camera = json_array_get(group->cameras, i);
        if (list->extent == EXTENT_CAUSES)
            add_briefly(list, table, group, camera);
        else
            add_camera(table, list->output, camera);
    }
    if (rows < count) {
        char *names = list->extent == EXTENT_NAMES ? list_names(group->cameras, rows) : NULL;
        table_note(table, STYLE_PLAIN, "and %zu more%s", count - rows, names ? names : "");
        free(names);
    }
    if (list->extent != EXTENT_CAUSES)
        add_notes(table, group);
}

/* Cameras that need nobody: of a state by name, or by number only. */
static void show_briefly(const struct list *list, const struct status_group *group)
{
    const size_t count = json_array_size(group->cameras);
    const char *what = group->rank == STATUS_RANK_WELL ? "up and well" : "not wanted to run";
    char *names = list->extent == EXTENT_NAMES ? list_names(group->cameras, 0) : NULL;
    writer_line(list->output, STYLE_PLAIN, 4, "%zu camera%s %s%s", count, count == 1 ? "" : "s", what,
                names ? names : "");
    free(names);
}

static void show_cameras(const struct list *list)
{
    const bool is_brief = list->extent == EXTENT_CAUSES;
    struct table *table = is_brief ? table_new(brief_columns, sizeof(brief_columns) / sizeof(*brief_columns))
                                   : table_new(columns, sizeof(columns) / sizeof(*columns));
    bool is_empty = true;
    for (size_t i = 0; i < list->cameras.count; i++) {
        const struct status_group *group = &list->cameras.groups[i];
        if (!status_group_is_problem(group) && (list->only_problems || list->extent != EXTENT_ALL))
            continue;
        add_group(list, table, group);
        is_empty = false;
    }
    if (!is_empty)
        table_print(table, list->output);
    table_free(table);
    for (size_t i = 0; i < list->cameras.count && !list->only_problems && list->extent != EXTENT_ALL; i++)
        if (!status_group_is_problem(&list->cameras.groups[i]))
            show_briefly(list, &list->cameras.groups[i]);
}

/* ---- detectors ---- */

static const struct table_column detector_columns[] = {
    {"DETECTOR", false, 0}, {"STATE", false, 0}, {"NEXT", true, 1},     {"BACKEND", false, 4},
    {"CAMERAS", true, 2},   {"TIME", true, 1},   {"RESTARTS", true, 2}, {"UP", true, 3},
};

static void add_detector(struct table *table, const json_t *detector)
{
    const char *state = json_member_string(detector, "state", "?");
    table_cell(table, STYLE_STRONG, "%s", json_member_string(detector, "name", "?"));
    table_cell(table, words_state_style(state), "%s", state);
    cell_duration(table, json_member_double(detector, "next_start_ms", -1) / 1000);
    table_cell(table, STYLE_PLAIN, "%s", json_member_string(detector, "backend", "?"));
    table_cell(table, STYLE_PLAIN, "%zu", json_array_size(json_object_get(detector, "cameras")));
    cell_duration(table, some_seconds(detector, "inference_ms", 0.001));
    table_cell(table, STYLE_PLAIN, "%" PRId64, json_member_int(detector, "restarts", 0));
    cell_duration(table, json_member_double(detector, "uptime_s", -1));
}

/* Their rows have no room for it. */
static void add_cause(const struct list *list, struct table *table, const struct status_group *group)
{
    char *cause = end_of(group->reason, list->why_columns);
    if (cause && cause[0])
        table_note(table, style_of(group), "%s", cause);
    free(cause);
}

static void show_detectors(const struct list *list)
{
    struct table *table = table_new(detector_columns, sizeof(detector_columns) / sizeof(*detector_columns));
    bool is_empty = true;
    for (size_t i = 0; i < list->detectors.count; i++) {
        const struct status_group *group = &list->detectors.groups[i];
        if (list->only_problems && !status_group_is_problem(group))
            continue;
        for (size_t j = 0; j < json_array_size(group->cameras); j++)
            add_detector(table, json_array_get(group->cameras, j));
        if (list->extent == EXTENT_CAUSES)
            add_cause(list, table, group);
        else
            add_notes(table, group);
        is_empty = false;
    }
    if (!is_empty)
        table_print(table, list->output);
    table_free(table);
}

/* ---- the summary ---- */

static size_t count_older(const json_t *cameras, const char *worker)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(cameras); i++) {
        const json_t *owner = json_array_get(cameras, i);
        count += json_member_bool(worker ? json_object_get(owner, worker) : owner, "older_program", false);
    }
    return count;
}

/* After an upgrade of a program or its libraries: what still has to be done. */
static void show_older(struct writer *output, const json_t *document)
{
    const json_t *cameras = json_object_get(document, "cameras");
    const size_t count = count_older(cameras, "capture") + count_older(cameras, "tracker") +
                         count_older(json_object_get(document, "detectors"), NULL);
    if (json_member_bool(json_object_get(document, "daemon"), "older_program", false))
        writer_line(output, STYLE_WAIT, 2,
                    "camd runs an older program than the one installed: camctl upgrade");
    if (count > 0)
        writer_line(output, STYLE_WAIT, 2,
                    "%zu worker%s an older program than the one installed: camctl upgrade --workers", count,
                    count == 1 ? " runs" : "s run");
}

/* " (3 backoff, 1 degraded)": the states that not all have; the caller's to free. */
static char *count_states(const struct status_groups *groups)
{
    static const char *const states[] = {"failed",   "backoff",  "starting", "ended",
                                         "degraded", "stopping", "down",     "disabled"};
    char *text = NULL;
    size_t size = 0, told = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    for (size_t state = 0; state < sizeof(states) / sizeof(*states); state++) {
        size_t count = 0;
        for (size_t i = 0; i < groups->count; i++)
            for (size_t j = 0; j < json_array_size(groups->groups[i].cameras); j++)
                count += strcmp(json_member_string(json_array_get(groups->groups[i].cameras, j), "state", ""),
                                states[state]) == 0;
        if (count > 0)
            fprintf(out, "%s%zu %s", told++ == 0 ? " (" : ", ", count, states[state]);
    }
    fputs(told > 0 ? ")" : "", out);
    return fclose(out) == 0 ? text : NULL;
}

static bool has_problems(const struct status_groups *groups)
{
    return groups->count > 0 && status_group_is_problem(&groups->groups[0]);
}

static void show_summary(const struct list *list)
{
    const json_t *daemon = json_object_get(list->document, "daemon"), *shm = json_object_get(daemon, "shm");
    const json_t *cameras = json_object_get(list->document, "cameras");
    const char *enabled_problem = json_member_string(daemon, "enabled_problem", "");
    const char *grids_problem = json_member_string(daemon, "grids_problem", "");
    const char *prefix_problem = json_member_string(daemon, "prefix_problem", "");
    const char *events_problem = json_member_string(daemon, "events_problem", "");
    char uptime[TEXT_DURATION_BYTES], *states = count_states(&list->cameras);
    size_t up = 0;
    for (size_t i = 0; i < json_array_size(cameras); i++)
        up += words_state_has_pictures(json_member_string(json_array_get(cameras, i), "state", ""));
    if (enabled_problem[0])
        writer_line(list->output, STYLE_BAD, 2,
                    "what enable and disable said does not all count, or last: %s", enabled_problem);
    if (grids_problem[0])
        writer_line(list->output, STYLE_BAD, 2, "region grids will be forgotten when camd stops: %s",
                    grids_problem);
    if (prefix_problem[0])
        writer_line(list->output, STYLE_BAD, 2, "%s", prefix_problem);
    if (events_problem[0])
        writer_line(list->output, STYLE_BAD, 2, "events will be forgotten when camd stops: %s",
                    events_problem);
    show_older(list->output, list->document);
    writer_line(list->output, has_problems(&list->cameras) ? STYLE_BAD : STYLE_PLAIN, 2,
                "%zu of %zu camera%s up%s; camd %s, pid %" PRId64 ", for %s; %.0f of %.0f MB shm free", up,
                json_array_size(cameras), json_array_size(cameras) == 1 ? "" : "s", states ? states : "",
                json_member_string(daemon, "version", "?"), json_member_int(daemon, "pid", 0),
                text_duration(json_member_double(daemon, "uptime_s", -1), uptime),
                json_member_double(shm, "available_mb", 0), json_member_double(shm, "total_mb", 0));
    free(states);
}

/* ---- the whole ---- */

static void show(const struct list *list)
{
    show_cameras(list);
    show_detectors(list);
    if (list->extent == EXTENT_CAUSES)
        writer_line(list->output, STYLE_PLAIN, 2,
                    "there is more to say: camctl status NAME, or camctl status | less");
    show_summary(list);
}

/* Whether it leaves a line for what is typed next. */
static bool fits(const struct list *list)
{
    char *text = NULL;
    size_t size = 0, lines = 0;
    struct writer memory = *list->output;
    struct list trial = *list;
    memory.stream = open_memstream(&text, &size);
    if (!memory.stream)
        return true;
    trial.output = &memory;
    show(&trial);
    fclose(memory.stream);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    free(text);
    return lines < list->output->height;
}

static void show_fitting(struct list *list)
{
    while (list->output->height > 0 && list->extent < EXTENT_CAUSES && !fits(list))
        list->extent++;
    show(list);
}

static void show_list(struct writer *output, const json_t *document, bool only_problems)
{
    struct list list = {.output = output, .document = document, .only_problems = only_problems};
    int result = status_groups_make(&list.cameras, json_object_get(document, "cameras"));
    const int detectors = status_groups_make(&list.detectors, json_object_get(document, "detectors"));
    if (result == 0)
        result = detectors;
    if (result < 0)
        writer_line(output, STYLE_BAD, 0, "memory is short: some cameras may be missing");
    list.why_columns = why_columns(output, &list.cameras);
    show_fitting(&list);
    status_groups_free(&list.cameras);
    status_groups_free(&list.detectors);
}

void status_list_all(struct writer *output, const json_t *document)
{
    if (json_array_size(json_object_get(document, "cameras")) == 0)
        writer_line(output, STYLE_PLAIN, 4, "no cameras: camctl add NAME input=URL adds one");
    show_list(output, document, false);
}

void status_list_problems(struct writer *output, const json_t *document)
{
    show_list(output, document, true);
}

/* ---- as a document ---- */

static json_t *problems_among(const json_t *cameras)
{
    struct status_groups groups;
    json_t *found = json_array();
    const int result = status_groups_make(&groups, cameras);
    for (size_t i = 0; i < groups.count; i++)
        if (status_group_is_problem(&groups.groups[i]))
            json_array_extend(found, groups.groups[i].cameras);
    status_groups_free(&groups);
    if (result == 0)
        return found;
    json_decref(found);
    return NULL;
}

json_t *status_list_problems_of(const json_t *document, bool *has_problems)
{
    json_t *cameras = problems_among(json_object_get(document, "cameras"));
    json_t *detectors = problems_among(json_object_get(document, "detectors"));
    *has_problems = json_array_size(cameras) + json_array_size(detectors) > 0;
    return json_pack("{s:O, s:o, s:o}", "daemon", json_object_get(document, "daemon"), "cameras", cameras,
                     "detectors", detectors);
}
