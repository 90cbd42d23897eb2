#include "tracker/best_message.h"

json_t *best_message(const struct best_report *report)
{
    const char *state = best_state_word(report->state);
    const struct camd_box *box = &report->box;
    if (report->state != BEST_KEPT)
        return json_pack("{s:s}", "state", state);
    return json_pack("{s:s, s:I, s:I, s:[i, i, i, i]}", "state", state, "frame_id",
                     (json_int_t)report->frame_id, "wall_ns", (json_int_t)report->wall_ns, "box", box->x1,
                     box->y1, box->x2, box->y2);
}
