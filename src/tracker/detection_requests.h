/*
 * detection_requests.h - asking a detector process over shared memory (the entries of `in` and `out`, camd/shm.h)
 *
 * Cuts the regions of a frame straight into free entries, posts them, signals the detector and waits for its answers
 * within the budget of a frame. More regions than entries go as entries become free; what would not be answered within
 * the budget, by what the last ones took, is not asked. A detector that needs more than the budget for one answer, being
 * slow or having many cameras, is waited for longer, REQUESTS_PATIENCE budgets at most. An entry whose answer did not
 * come in time stays the detector's until it comes, or until camd says that the detector is down; meanwhile nothing
 * more is asked, so that a stuck detector costs one wait and not one a frame. Nothing that stands in `out` is believed.
 */
#ifndef CAMD_TRACKER_DETECTION_REQUESTS_H
#define CAMD_TRACKER_DETECTION_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "tracker/detection.h"
#include "tracker/tensor.h"

/*
 * Waits until event is readable or the time is over: 0, or -errno when the tracker has something else to do (-EINTR:
 * camd wants it to stop, or has new segments; -EPIPE: camd says something about the detector).
 */
struct requests_waiter {
    void *context;
    int (*wait)(void *context, int event, int64_t timeout_ns);
};

struct requests_counts {
    uint64_t asked, timeouts,
        late; /* regions; calls that ended with -ETIMEDOUT; answers that nobody waited for */
};

/* The longest wait for an answer, in budgets of a frame. */
enum { REQUESTS_PATIENCE = 4 };

struct requests {
    struct requests_waiter waiter;
    struct camd_segments *segments;  /* NULL: none, or without a detector; the caller's */
    int request_event, answer_event; /* the caller's */
    int64_t budget_ns;
    uint32_t label_count;
    bool is_up;         /* as camd says */
    bool is_behind;     /* an answer did not come in time, and none has come since */
    int64_t answer_ns;  /* what an answer took, mean of the recent calls; 0: not known */
    int64_t latency_ns; /* from a request to its answer, late ones included: the longest, forgotten slowly */
    uint64_t next_id;
    struct tensor_maker maker; /* when there are segments */
    bool has_maker;
    struct requests_counts counts;
};

void requests_init(struct requests *requests, const struct requests_waiter *waiter);
void requests_fini(struct requests *requests);

/*
 * New segments; NULL or some without in and out: no detector. What a predecessor had posted is the detector's until it is
 * answered. rgb: order of the tensor's colours. 0, -EINVAL or -ENOMEM, and no detector then. The detector counts as
 * down until camd says that it is up.
 */
int requests_attach(struct requests *requests, struct camd_segments *segments, int request_event,
                    int answer_event, bool rgb);
/* Of a frame, from the next one on. */
void requests_set_budget(struct requests *requests, int64_t budget_ns);
/* What camd said. Down: all entries are free again, and what still comes for them has an old generation. */
void requests_set_up(struct requests *requests, bool is_up);

/*
 * struct detection_port's function; context is the struct requests. 0 also when there was no time for the last regions,
 * which *answered tells. -EBUSY: it is behind; nothing was asked.
 */
int requests_detect(void *context, const struct camd_frame *frame, const struct camd_box *regions,
                    uint32_t region_count, struct detection_list *found, uint32_t *answered);

/*
 * An answer's rows (at most CAMD_ANSWER_ROWS of class, score, ymin, xmin, ymax, xmax of the region) as detections of a frame
 * of that size, as the reference does it: clipped to the frame; what lies outside of it, has an unknown class
 * or is not a number is left out. An answer without room for more counts as full.
 */
void requests_convert(const float row[][6], uint32_t rows, const struct camd_box *region, uint32_t width,
                      uint32_t height, uint32_t label_count, struct detection_list *found);

#endif
