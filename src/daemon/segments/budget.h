/*
 * budget.h - how many frame slots a camera gets
 *
 * Pure: sizes in, numbers out. The wish is the reference's: min(slots_max, (total - reserve) / S) in MB (2^20
 * bytes), S the sum over all enabled cameras of round((width*height*1.5 + 270480) / 2^20, 1), plus two spare
 * cameras of 1280x720. All MB are counted in whole tenths, as the reference rounds them, so the arithmetic is
 * exact. Best pictures, which the reference has not, are a term of their own beside the reserve: cameras without them get what
 * the reference gives.
 *
 * When the wish is below CAMD_SLOTS_MIN, a camera gets CAMD_SLOTS_MIN all the same: first from what was kept
 * for the spare cameras, then from the reserve. It never gets more than that out of them, so that a smaller
 * /dev/shm never gives more slots than a larger one. A camera is refused only when CAMD_SLOTS_MIN don't fit
 * in what is free.
 */
#ifndef CAMD_DAEMON_SEGMENTS_BUDGET_H
#define CAMD_DAEMON_SEGMENTS_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BUDGET_SLOTS_ADVISED = 20, /* the reference warns below it and recommends a size that gives it */
    BUDGET_USUAL_WIDTH = 1280, /* of a spare camera, and of one whose size is not known yet */
    BUDGET_USUAL_HEIGHT = 720,

    /*
     * What a camera keeps open at most: info, ctl, three eventfds, a process, a channel and a log for each of two workers,
     * and the report of one that is being executed.
     */
    BUDGET_CAMERA_DESCRIPTORS = 12,
    BUDGET_DETECTOR_DESCRIPTORS = 4,
};

struct budget_size {
    uint32_t width, height; /* pixels; 0: not known yet, counted as the usual size, as the reference does */
};

/*
 * What the enabled cameras' sizes come to: kept by adding and taking away, so that a change of one camera costs the same
 * however many there are. All zero: no cameras.
 */
struct budget_sum {
    int64_t tenths_mb;
    uint64_t workers_bytes;
    int64_t best_tenths_mb; /* what their best pictures take, which the reference has not */
};

void budget_add(struct budget_sum *sum, struct budget_size size);
/* size as it was added. */
void budget_remove(struct budget_sum *sum, struct budget_size size);
/* The same for a camera's best pictures, bytes as budget_best_bytes says. */
void budget_add_best(struct budget_sum *sum, uint64_t bytes);
void budget_remove_best(struct budget_sum *sum, uint64_t bytes);

struct budget {
    double total_mb;       /* for segments, to 0.1 */
    double camera_sum_mb;  /* S, the spare cameras included */
    double best_mb;        /* of best pictures: goes off the total, as the reserve does */
    double recommended_mb; /* round(reserve + 20 * S), what the reference recommends, and the best pictures */
    uint32_t slots;        /* for a camera whose segments are made now */
    bool spare_given_up, reserve_given_up; /* what it took to get there; the second only after the first */
    bool small; /* memory, not slots_max, keeps it below BUDGET_SLOTS_ADVISED: worth a warning */
};

/*
 * The wish for cameras of this sum (all enabled ones, the one being added included); slots is within
 * CAMD_SLOTS_MIN..min(slots_max, CAMD_SLOTS_MAX), CAMD_SLOTS_MIN whatever slots_max is.
 */
void budget_compute(struct budget *budget, uint64_t total_bytes, int64_t reserve_mb, uint32_t slots_max,
                    const struct budget_sum *cameras);

/*
 * Memory. Segments are memory, too, and beside them a camera's workers need some of their own: where memory is shorter
 * than /dev/shm is large, a camera may have what would leave camd and the other cameras theirs.
 */
enum { BUDGET_OWN_BYTES = 8 << 20 }; /* are left to camd itself */
/* What a camera's capture and tracker take beside the segments, while they decode H.264, rather too much than too little. */
uint64_t budget_workers_bytes(uint32_t width, uint32_t height);
/* What may be used for segments of so much memory, camd and all workers counted in. */
uint64_t budget_for_segments(uint64_t memory_bytes, uint64_t workers_bytes);

/* Bytes of /dev/shm that one camera's segments take with so many slots, whole pages, for a page size. */
uint64_t budget_camera_bytes(uint32_t width, uint32_t height, uint32_t slots, uint64_t page_bytes);

/* From one tensor of a detector's input (three bytes a pixel) to the next, in bytes. */
uint32_t budget_tensor_stride(uint32_t input_width, uint32_t input_height);
/* Bytes of /dev/shm for requests and answers of one camera, whole pages; 0 for a width of 0. They come on top. */
uint64_t budget_detection_bytes(uint32_t input_width, uint32_t input_height, uint64_t page_bytes);

/* Files of /dev/shm that a camera's segments are; so many of them it has whatever it does. */
enum { BUDGET_FILES_ALWAYS = 3 };
uint32_t budget_camera_files(uint32_t slots, bool has_detection, bool has_best_pictures);

/* Bytes of /dev/shm for so many best pictures of max_kb KiB, whole pages; 0 for none. They come on top, too. */
uint64_t budget_best_bytes(uint32_t pictures, uint32_t max_kb, uint64_t page_bytes);

/*
 * What of a wish fits in what is free now: running cameras keep the slots they have, so the rest may be short
 * of it. The largest number up to slots that leaves the reserve free; else CAMD_SLOTS_MIN when those fit at
 * all; else 0: refuse the camera, naming budget_camera_bytes(width, height, CAMD_SLOTS_MIN, page_bytes).
 */
uint32_t budget_fit(uint32_t width, uint32_t height, uint32_t slots, uint64_t free_bytes, int64_t reserve_mb,
                    uint64_t page_bytes);

/*
 * True when a camera that has so many slots, since room was short when it started, is to be told that it could have so
 * many now: few enough to matter, and a difference that does.
 */
bool budget_is_worth_a_restart(uint32_t slots, uint32_t possible);

/*
 * Descriptors. A part of what may be open is camd's own, a part serves to open a camera's slots for a worker, and the rest
 * is divided among cameras and detectors. How large the parts are depends on the limit only, so that a camera that has
 * started never lacks what it needs for a restart because another came.
 */
struct budget_descriptors {
    uint32_t slots_max; /* that can be opened at a time: a camera can't have more */
    uint64_t missing;   /* for one camera more; 0: it can start */
};

/* clients: the most that connect to camd; cameras, detectors: those that have their descriptors. */
void budget_descriptors(struct budget_descriptors *budget, uint64_t limit, uint32_t clients, size_t cameras,
                        size_t detectors);
/* A limit with which so many cameras and detectors can run, with all slots that a camera can have. */
uint64_t budget_descriptors_enough(uint32_t clients, size_t cameras, size_t detectors);

#endif
