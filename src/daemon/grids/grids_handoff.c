/* The region grids, from one program to the next: what is not in the database yet is not lost, disk or no disk. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "daemon/grids/grids_private.h"
#include "daemon/handoff/handoff_fields.h"

enum { HEX_BYTES = 2 * GRID_RECORD_BYTES + 1 };

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

/* ---- one grid: as it would be stored, in hexadecimal ---- */

static void to_hex(const uint8_t bytes[GRID_RECORD_BYTES], char text[HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < GRID_RECORD_BYTES; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[HEX_BYTES - 1] = '\0';
}

static bool from_hex(const char *text, uint8_t bytes[GRID_RECORD_BYTES])
{
    if (strlen(text) != HEX_BYTES - 1)
        return false;
    for (size_t i = 0; i < GRID_RECORD_BYTES; i++) {
        unsigned int byte;
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            return false;
        bytes[i] = (uint8_t)byte;
    }
    return true;
}

static json_t *write_kept(const struct kept_grid *kept)
{
    uint8_t bytes[GRID_RECORD_BYTES];
    char text[HEX_BYTES];
    json_t *record = handoff_write(kept, kept_fields, HANDOFF_COUNT(kept_fields));
    grid_record_encode(&kept->record, bytes);
    to_hex(bytes, text);
    json_object_set_new(record, "camera", json_string(kept->camera));
    json_object_set_new(record, "record", json_string(text));
    return record;
}

static int read_kept(struct grids *grids, const json_t *record)
{
    uint8_t bytes[GRID_RECORD_BYTES];
    const char *camera = json_member_string(record, "camera", "");
    int error = text_is_camera_name(camera) && from_hex(json_member_string(record, "record", ""), bytes)
                    ? 0
                    : -EINVAL;
    struct kept_grid *kept = error == 0 ? grids_make(grids, camera, &error) : NULL;
    if (!kept)
        return error;
    error = grid_record_decode(bytes, sizeof(bytes), &kept->record);
    return error < 0 ? error : handoff_read(record, kept, kept_fields, HANDOFF_COUNT(kept_fields));
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
