/*
 * Prints the layout of the structs that src/python/camd/_library.py has again: STRUCT SIZE, and STRUCT MEMBER OFFSET; and of
 * those that camd-worker(7) has, by their names in C, the sizes.
 */
#include <stdio.h>

#include "camd/client.h"

#define SIZE(type, name)           printf("%s %zu\n", name, sizeof(type))
#define OFFSET(type, name, member) printf("%s %s %zu\n", name, #member, offsetof(type, member))
#define SHARED(name)               SIZE(struct camd_##name, "camd_" #name)

int main(void)
{
    SIZE(struct camd_place, "Place");
    SIZE(struct camd_reply, "Reply");
    OFFSET(struct camd_reply, "Reply", place);
    OFFSET(struct camd_reply, "Reply", missed_to);
    OFFSET(struct camd_reply, "Reply", hint);
    OFFSET(struct camd_reply, "Reply", problem);
    SIZE(struct camd_box, "Box");
    SIZE(struct camd_info, "Info");
    OFFSET(struct camd_info, "Info", label_count);
    OFFSET(struct camd_info, "Info", labels);
    SIZE(struct camd_segments, "Segments");
    OFFSET(struct camd_segments, "Segments", info);
    OFFSET(struct camd_segments, "Segments", frames);
    OFFSET(struct camd_segments, "Segments", width);
    OFFSET(struct camd_segments, "Segments", frame_bytes);
    OFFSET(struct camd_segments, "Segments", best_bytes);
    SIZE(struct camd_frame, "Frame");
    OFFSET(struct camd_frame, "Frame", wall_ns);
    SIZE(struct camd_object, "Object");
    OFFSET(struct camd_object, "Object", box);
    SIZE(struct camd_result, "Result");
    OFFSET(struct camd_result, "Result", object_count);
    OFFSET(struct camd_result, "Result", objects);
    OFFSET(struct camd_result, "Result", motion);
    OFFSET(struct camd_result, "Result", regions);
    SIZE(struct camd_best_reader, "BestReader");
    SIZE(struct camd_best, "Best");
    OFFSET(struct camd_best, "Best", box);
    OFFSET(struct camd_best, "Best", jpeg_bytes);
    OFFSET(struct camd_best, "Best", worth);
    printf(
        "Reply.PART %d\nReply.OK %d\nReply.ERROR %d\nReply.SNAPSHOT %d\nReply.EVENT %d\nReply.MISSED %d\nReply.LOST %d\n",
        CAMD_REPLY_PART, CAMD_REPLY_OK, CAMD_REPLY_ERROR, CAMD_REPLY_SNAPSHOT, CAMD_REPLY_EVENT,
        CAMD_REPLY_MISSED, CAMD_REPLY_LOST);
    SHARED(info);
    SHARED(capture_block);
    SHARED(slot);
    SHARED(ring_entry);
    SHARED(tracker_block);
    SHARED(detector_block);
    SHARED(result);
    SHARED(request);
    SHARED(answer);
    SHARED(best);
    return 0;
}
