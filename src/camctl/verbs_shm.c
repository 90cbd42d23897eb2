/* verbs_shm.c - shm: the budget, explained */
#include <inttypes.h>

#include "base/json.h"
#include "base/text.h"
#include "camctl/command.h"
#include "camctl/table.h"

static const struct table_column columns[] = {
    {"CAMERA", false, 0},
    {"SIZE", false, 0},
    {"SLOTS", true, 0},
    {"MB", true, 0},
};

static void show_cameras(struct writer *output, const json_t *cameras)
{
    struct table *table = table_new(columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < json_array_size(cameras); i++) {
        const json_t *camera = json_array_get(cameras, i);
        table_cell(table, STYLE_STRONG, "%s", json_member_string(camera, "name", "?"));
        if (json_member_int(camera, "width", 0) > 0)
            table_cell(table, STYLE_PLAIN, "%" PRId64 "x%" PRId64, json_member_int(camera, "width", 0),
                       json_member_int(camera, "height", 0));
        else
            table_cell(table, STYLE_FAINT, "not known yet");
        table_cell(table, STYLE_PLAIN, "%" PRId64, json_member_int(camera, "slots", 0));
        table_cell(table, STYLE_PLAIN, "%.1f", json_member_double(camera, "mb", 0));
        if (json_member_bool(camera, "restart_advised", false))
            table_note(table, STYLE_WAIT, "there is room for %" PRId64 " slots now: camctl restart %s%s",
                       json_member_int(camera, "slots_possible", 0),
                       text_before_operand(json_member_string(camera, "name", "")),
                       json_member_string(camera, "name", "?"));
    }
    writer_blank(output);
    table_print(table, output);
    table_free(table);
}

/* What a camera gets that starts now: the answer that add would give. */
static void show_next(struct writer *output, const json_t *next, int64_t slots_max)
{
    int64_t slots = json_member_int(next, "slots", 0), width = json_member_int(next, "width", 0),
            height = json_member_int(next, "height", 0);
    if (slots > 0) {
        writer_field(output, STYLE_PLAIN, "slots",
                     "%" PRId64 " for a camera of %" PRId64 "x%" PRId64
                     " that starts now: what is left, shared, at most %" PRId64 " (slots_max)",
                     slots, width, height, slots_max);
        return;
    }
    writer_field(output, STYLE_BAD, "slots", "none for a camera that starts now: %s",
                 json_member_string(next, "problem", ""));
    writer_field(output, STYLE_WAIT, "what to do", "%s", json_member_string(next, "hint", ""));
}

/* Segments are memory; where that is shorter than /dev/shm is large, it is what counts. */
static void show_memory(struct writer *output, const json_t *memory)
{
    if (!json_is_real(json_object_get(memory, "total_mb")))
        return;
    writer_field(output, STYLE_PLAIN, "memory",
                 "%.0f MB of %s, %.0f MB available; the workers of one more camera take %.0f MB",
                 json_member_double(memory, "total_mb", 0),
                 json_member_bool(memory, "is_group", false) ? "the control group" : "the machine",
                 json_member_double(memory, "free_mb", 0), json_member_double(memory, "workers_mb", 0));
}

static void show_shm(struct writer *output, const json_t *document)
{
    double total = json_member_double(document, "total_mb", 0),
           sum = json_member_double(document, "camera_sum_mb", 0);
    double recommended = json_member_double(document, "recommended_mb", 0);
    const json_t *cameras = json_object_get(document, "cameras");
    writer_line(output, STYLE_STRONG, 0, "/dev/shm: %.1f MB, %.1f MB free", total,
                json_member_double(document, "free_mb", 0));
    writer_field(output, STYLE_PLAIN, "reserve", "%g MB are left to others (shm_reserve_mb)",
                 json_member_double(document, "reserve_mb", 0));
    writer_field(output, STYLE_PLAIN, "one of each",
                 "%.1f MB: one slot of every camera and of two spare ones", sum);
    if (json_member_double(document, "best_mb", 0) > 0)
        writer_field(output, STYLE_PLAIN, "best pictures",
                     "%.1f MB are kept for those of objects (best_pictures, best_max_kb of each camera)",
                     json_member_double(document, "best_mb", 0));
    show_memory(output, json_object_get(document, "memory"));
    show_next(output, json_object_get(document, "next"), json_member_int(document, "slots_max", 0));
    if (json_member_bool(document, "spare_given_up", false))
        writer_field(output, STYLE_WAIT, "note",
                     "too small for the two spare cameras: nothing is kept for them");
    if (json_member_bool(document, "reserve_given_up", false))
        writer_field(output, STYLE_WAIT, "note",
                     "too small for the reserve, too: others may find /dev/shm full");
    if (recommended > total)
        writer_field(output, STYLE_WAIT, "hint",
                     "%.0f MB are recommended: mount -o remount,size=%.0fM /dev/shm", recommended,
                     recommended);
    if (json_array_size(cameras) > 0)
        show_cameras(output, cameras);
}

enum status verbs_shm(struct command *command)
{
    return command_request_shown(command, VERB_SHM, NULL, show_shm);
}
