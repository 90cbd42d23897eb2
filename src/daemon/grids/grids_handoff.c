/* The region grids, from one program to the next: what is not in the database yet is not lost, disk or no disk. */
#include <errno.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/text.h"
#include "daemon/grids/grids_private.h"
#include "daemon/handoff/handoff_fields.h"

static const struct handoff_field fields[] = {
    HANDOFF(struct grids, keep_s), HANDOFF(struct grids, loaded),  HANDOFF(struct grids, hurry),
    HANDOFF(struct grids, error),  HANDOFF(struct grids, problem), HANDOFF(struct grids, transaction),
};

static const struct handoff_field kept_fields[] = {
    HANDOFF(struct kept_grid, dirty),
    HANDOFF(struct kept_grid, stored),
    HANDOFF(struct kept_grid, replaced),
    HANDOFF(struct kept_grid, gone),
};

bool grids_is_idle(const struct grids *grids)
{
    return grids->job == GRIDS_IDLE;
}

const struct child *grids_helper(const struct grids *grids)
{
    return child_is_running(&grids->helper) ? &grids->helper : NULL;
}

/* ---- one grid: as it would be stored, as text ---- */

static json_t *write_kept(const struct kept_grid *kept)
{
    char text[GRID_RECORD_TEXT_BYTES];
    json_t *record = handoff_write(kept, kept_fields, HANDOFF_COUNT(kept_fields));
    grid_record_write(&kept->record, text);
    json_object_set_new(record, "camera", json_string(kept->camera));
    json_object_set_new(record, "record", json_string(text));
    return record;
}

static int read_record(const json_t *record, struct grid_record *result)
{
    uint8_t bytes[GRID_RECORD_BYTES];
    size_t size;
    return hex_read(json_member_string(record, "record", ""), bytes, sizeof(bytes), &size)
               ? grid_record_decode(bytes, size, result)
               : -EINVAL;
}

static int read_kept(struct grids *grids, const json_t *record)
{
    const char *camera = json_member_string(record, "camera", "");
    int error = text_is_camera_name(camera) ? 0 : -EINVAL;
    struct kept_grid *kept = error == 0 ? grids_make(grids, camera, &error) : NULL;
    if (!kept)
        return error;
    error = read_record(record, &kept->record);
    if (error == 0)
        error = handoff_read(record, kept, kept_fields, HANDOFF_COUNT(kept_fields));
    const bool dirty = kept->dirty;
    kept->dirty = false; /* it is in no list yet */
    if (dirty)
        grids_mark_dirty(grids, kept);
    return error;
}

/* ---- all of them ---- */

json_t *grids_hand_over(const struct grids *grids)
{
    const struct kept_grid *kept;
    json_t *record = handoff_write(grids, fields, HANDOFF_COUNT(fields)), *list = json_array();
    TAILQ_FOREACH(kept, &grids->list, link) {
        json_array_append_new(list, write_kept(kept));
    }
    json_object_set_new(record, "grids", list);
    json_object_set_new(record, "start_timer", handoff_write_timer(grids->loop, &grids->start_timer));
    json_object_set_new(record, "look_timer", handoff_write_timer(grids->loop, &grids->look_timer));
    return record;
}

int grids_take_over(struct grids *grids, const json_t *record)
{
    const json_t *kept;
    size_t i;
    int error = handoff_read(record, grids, fields, HANDOFF_COUNT(fields));
    json_array_foreach(json_object_get(record, "grids"), i, kept) {
        if (error == 0)
            error = read_kept(grids, kept);
    }
    if (error < 0)
        return error;
    grids_store_watch(grids);
    ev_timer_stop(grids->loop, &grids->start_timer); /* what it was going to read is here */
    handoff_read_timer(json_object_get(record, "start_timer"), grids->loop, &grids->start_timer);
    handoff_read_timer(json_object_get(record, "look_timer"), grids->loop, &grids->look_timer);
    return 0;
}
