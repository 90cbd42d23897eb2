/*
 * served.h - a camera that the detector serves: its requests, and its answers
 *
 * Nothing in a segment that a tracker can write to is believed or mapped: `in` and the numbers in it are read with
 * pread and checked, and the detector's block in `ctl` is written with pwrite, so that a tracker that truncates them
 * harms its own camera only. `out` is mapped; only camd and this program have it writable.
 */
#ifndef CAMD_DETECTOR_SERVED_H
#define CAMD_DETECTOR_SERVED_H

#include "detector/backend.h"
#include "detector/turns.h"

/* Descriptors of one camera, -1 where absent. */
struct served_fds {
    int in, out, ctl, request_event, answer_event;
};

/* One camera. Made by served_init, freed by served_fini; one owner. */
struct served {
    char camera[CAMD_NAME_MAX + 1];
    uint32_t width, height; /* of its tensors */
    struct served_fds fds;
    struct camd_answer_ring *out;
    struct camd_detector_block block; /* what was written to ctl last */
    bool is_failing;                  /* the last answer was an error, and it was logged */
};

/* A request as it was read; checked are the sizes only. */
struct served_request {
    uint32_t entry, generation;
    uint64_t request_id;
    uint32_t region_width, region_height; /* pixels, 1..2^31 */
    uint64_t offset;                      /* of the tensor in `in` */
};

/*
 * Checks the descriptors' sizes and maps `out`. Takes the descriptors only on success. -EBADMSG: a segment is too small for
 * these numbers, or width or height is out of range; -EPROTO: a descriptor is missing.
 */
int served_init(struct served *served, const char *camera, uint32_t width, uint32_t height,
                const struct served_fds *fds);
void served_fini(struct served *served);

/* Which requests wait now. What can't be read counts as nothing. */
void served_look(const struct served *served, struct turns_camera *waiting);

/*
 * Reads the request of an entry that waits, and its tensor (width * height * 3 bytes). -ESTALE: it does not wait any
 * more. Other errors are the request's own: *request has what the answer needs. -EINVAL: its sizes aren't those of
 * the camera, or its region is empty; -EIO: the segment ends before the tensor does.
 */
int served_read(const struct served *served, uint32_t entry, struct served_request *request, uint8_t *tensor);

/* From here on the camera's request is worked at. */
void served_begin(struct served *served, int64_t now_ns);
/*
 * Answers it and signals the tracker: status 0 and rows, or -errno and no rows. An answer to which the tracker no longer
 * waits is only counted.
 */
void served_answer(struct served *served, const struct served_request *request, int status,
                   const struct detector_rows *rows, int64_t begun_ns, int64_t now_ns);

#endif
