/* A detector, from one program to the next. */
#include "base/sys.h"
#include "daemon/camera/detector_private.h"
#include "daemon/handoff/handoff_fields.h"

static const struct handoff_field fields[] = {
    HANDOFF_FD(struct detector, request_event),
    HANDOFF(struct detector, is_up),
    HANDOFF(struct detector, seen_answers),
};

json_t *detector_hand_over(struct detector *detector)
{
    json_t *record = handoff_write(detector, fields, HANDOFF_COUNT(fields));
    json_object_set_new(record, "name", json_string(detector->config.name));
    json_object_set_new(record, "process", worker_hand_over(&detector->worker));
    return record;
}

/* The descriptor that it was made with is none that anybody knows. */
int detector_take_over(struct detector *detector, const json_t *record)
{
    int made = detector->request_event;
    int error = handoff_read(record, detector, fields, HANDOFF_COUNT(fields));
    if (detector->request_event != made)
        sys_close(&made);
    return error == 0 ? worker_take_over(&detector->worker, json_object_get(record, "process")) : error;
}
