/*
 * fuzz_segments.c - what workers write where other workers and outsiders read: ctl, result, in, out, best
 *
 * The segments are those of a small camera that has come some way. The input changes them: pieces of a byte for the
 * segment, two for the place in it, one for the length, and so many bytes. Then everybody looks: an outsider
 * (camctl), capture and tracker as they take over after a crash, the tracker that asks a detector, and the detector.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "camd/client.h"
#include "camd/segment.h"
#include "detector/served.h"
#include "fuzz.h"
#include "tracker/detection_requests.h"

enum {
    WIDTH = 32,
    HEIGHT = 16,
    SLOTS = CAMD_SLOTS_MIN,
    FRAME_BYTES = WIDTH * HEIGHT * 3 / 2,
    INPUT = 8,
    TENSOR_BYTES = INPUT * INPUT * 3,
    BEST_COUNT = 2,
    BEST_BYTES = 512,
    BEST_SEGMENT_BYTES = BEST_COUNT * (CAMD_BEST_HEAD_BYTES + BEST_BYTES),
    IN_BYTES = CAMD_BLOCK_BYTES + CAMD_REQUESTS * TENSOR_BYTES,
    LABELS = 3,
    ROUNDS = 4,
};

enum part { PART_CTL, PART_RESULT, PART_IN, PART_OUT, PART_BEST, PART_COUNT };

static const size_t part_bytes[PART_COUNT] = {
    [PART_CTL] = CAMD_CTL_BYTES,
    [PART_RESULT] = sizeof(struct camd_result_ring),
    [PART_IN] = IN_BYTES,
    [PART_OUT] = sizeof(struct camd_answer_ring),
    [PART_BEST] = BEST_SEGMENT_BYTES,
};

static int files[PART_COUNT], info_file, frame_files[SLOTS], request_event, answer_event;
static uint8_t *maps[PART_COUNT], *good[PART_COUNT];

/* ---- good segments ---- */

static int file_of(const void *bytes, size_t size)
{
    const int file = memfd_create("segment", MFD_CLOEXEC);
    check(file >= 0 && ftruncate(file, (off_t)size) == 0);
    check(!bytes || pwrite(file, bytes, size, 0) == (ssize_t)size);
    return file;
}

static struct camd_segment_fds fds_of(void)
{
    struct camd_segment_fds fds = {.info = info_file,
                                   .ctl = files[PART_CTL],
                                   .result = files[PART_RESULT],
                                   .in = files[PART_IN],
                                   .out = files[PART_OUT],
                                   .frame_count = SLOTS,
                                   .best = files[PART_BEST]};
    memcpy(fds.frames, frame_files, sizeof(frame_files));
    return fds;
}

static void map_as(struct camd_segments *segments, enum camd_role role)
{
    const struct camd_segment_fds fds = fds_of();
    check(camd_segments_map(segments, &fds, role) == 0);
}

/* Some frames, two of them taken, and a result of one. */
static void come_some_way(void)
{
    struct camd_segments capture, tracker;
    struct camd_frame frame;
    const struct camd_frame_times times = {.arrival_ns = 1, .wall_ns = 1};
    map_as(&capture, CAMD_ROLE_CAPTURE);
    map_as(&tracker, CAMD_ROLE_TRACKER);
    camd_capture_begin(&capture, 1);
    camd_tracker_begin(&tracker);
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t slot;
        uint8_t *pixels;
        bool queued;
        check(camd_capture_slot_open(&capture, &slot, &pixels) == 0);
        camd_capture_publish(&capture, slot, &times, &queued);
        if (i % 2 == 0 && camd_tracker_take(&tracker, &frame) == 0) {
            struct camd_result *result = camd_result_begin(&tracker);
            result->frame_id = frame.frame_id;
            result->object_count = 1;
            camd_result_publish(&tracker, result);
            camd_tracker_release(&tracker, &frame);
        }
    }
    tracker.in->tensor_stride = TENSOR_BYTES;
    camd_segments_unmap(&capture);
    camd_segments_unmap(&tracker);
}

static void prepare(void)
{
    struct camd_info info = {.magic = CAMD_INFO_MAGIC,
                             .abi_major = CAMD_ABI_MAJOR,
                             .abi_minor = CAMD_ABI_MINOR,
                             .state = CAMD_SEGMENTS_LIVE,
                             .generation = 1,
                             .width = WIDTH,
                             .height = HEIGHT,
                             .slots = SLOTS,
                             .frame_bytes = FRAME_BYTES,
                             .input_width = INPUT,
                             .input_height = INPUT,
                             .camera = "front",
                             .best_count = BEST_COUNT,
                             .best_bytes = BEST_BYTES,
                             .label_count = LABELS};
    info_file = file_of(&info, sizeof(info));
    for (int i = 0; i < SLOTS; i++)
        frame_files[i] = file_of(NULL, FRAME_BYTES);
    for (int part = 0; part < PART_COUNT; part++) {
        files[part] = file_of(NULL, part_bytes[part]);
        maps[part] = mmap(NULL, part_bytes[part], PROT_READ | PROT_WRITE, MAP_SHARED, files[part], 0);
        good[part] = malloc(part_bytes[part]);
        check(maps[part] != MAP_FAILED && good[part]);
    }
    request_event = eventfd(0, EFD_NONBLOCK);
    answer_event = eventfd(0, EFD_NONBLOCK);
    come_some_way();
    for (int part = 0; part < PART_COUNT; part++)
        memcpy(good[part], maps[part], part_bytes[part]);
}

/* ---- what the input makes of them ---- */

static void change(const uint8_t *data, size_t size)
{
    enum { HEAD_BYTES = 4 };
    for (int part = 0; part < PART_COUNT; part++)
        memcpy(maps[part], good[part], part_bytes[part]);
    while (size >= HEAD_BYTES) {
        const enum part part = data[0] % PART_COUNT;
        const size_t place = ((size_t)data[1] << 8 | data[2]) % part_bytes[part];
        size_t length = data[3];
        data += HEAD_BYTES;
        size -= HEAD_BYTES;
        length = length < size ? length : size;
        const size_t room = part_bytes[part] - place;
        memcpy(maps[part] + place, data, length < room ? length : room);
        data += length;
        size -= length;
    }
}

/* ---- who looks ---- */

static void check_box(const struct camd_box *box, int32_t width, int32_t height)
{
    check(box->x1 >= 0 && box->y1 >= 0 && box->x1 <= box->x2 && box->y1 <= box->y2 && box->x2 <= width &&
          box->y2 <= height);
}

static void check_result(const struct camd_result *result)
{
    check(result->object_count <= CAMD_OBJECTS_MAX && result->motion_count <= CAMD_MOTION_MAX &&
          result->region_count <= CAMD_REGIONS_MAX);
}

static void look_at_best(void)
{
    struct camd_best_reader reader;
    struct camd_best head;
    uint8_t jpeg[BEST_BYTES];
    const int best = dup(files[PART_BEST]);
    check(best >= 0 && camd_best_attach(&reader, info_file, best) == 0);
    for (uint64_t id = 0; id < 4; id++) {
        if (camd_best_find(&reader, id, &head, jpeg) == 0)
            check(head.object_id == id && head.jpeg_bytes <= BEST_BYTES);
    }
    camd_best_close(&reader);
}

static void look_as_outsider(void)
{
    struct camd_segments segments;
    struct camd_frame frame;
    struct camd_result result;
    struct camd_grid grid;
    struct camd_ptz ptz;
    uint8_t pixels[FRAME_BYTES];
    map_as(&segments, CAMD_ROLE_READER);
    if (camd_frame_copy(&segments, pixels, &frame) == 0)
        check(frame.slot < SLOTS);
    for (uint64_t id = 0; id <= ROUNDS; id++) {
        if (camd_frame_copy_of(&segments, id, pixels, &frame) == 0)
            check(frame.slot < SLOTS && frame.frame_id == id);
        if (camd_result_of_frame(&segments, id, &result) == 0)
            check_result(&result);
    }
    if (camd_result_newest(&segments, &result) == 0)
        check_result(&result);
    camd_grid_read(&segments, &grid);
    camd_ptz_read(&segments, &ptz);
    camd_frame_wait(&segments, camd_frame_published(&segments), 0);
    camd_segments_unmap(&segments);
    look_at_best();
}

/* The detector's answers come to nobody: whoever waits has waited too long. */
static int wait_in_vain(void *context, int event, int64_t timeout_ns)
{
    (void)context;
    (void)event;
    (void)timeout_ns;
    return -ETIMEDOUT;
}

static void ask(struct camd_segments *segments, const struct camd_frame *frame)
{
    const struct requests_waiter waiter = {.wait = wait_in_vain};
    const struct camd_box regions[] = {{0, 0, WIDTH, HEIGHT}, {8, 0, 24, 16}};
    static struct detection_list found;
    struct requests requests;
    uint32_t answered;
    requests_init(&requests, &waiter);
    requests_set_budget(&requests, 1000000);
    check(requests_attach(&requests, segments, request_event, answer_event, false) == 0);
    requests_set_up(&requests, true);
    for (int i = 0; i < ROUNDS; i++) {
        found.count = 0;
        requests_detect(&requests, frame, regions, 2, &found, &answered);
        check(found.count <= DETECTIONS_MAX && answered <= 2);
        for (uint32_t k = 0; k < found.count; k++) {
            check(isfinite(found.list[k].score) && found.list[k].label < LABELS);
            check_box(&found.list[k].box, WIDTH, HEIGHT);
        }
    }
    requests_set_up(&requests, false);
    requests_fini(&requests);
}

static void look_as_tracker(void)
{
    struct camd_segments segments;
    struct camd_frame frame;
    map_as(&segments, CAMD_ROLE_TRACKER);
    camd_tracker_begin(&segments);
    for (int i = 0; i < ROUNDS && camd_tracker_take(&segments, &frame) == 0; i++) {
        check(frame.slot < SLOTS);
        ask(&segments, &frame);
        camd_tracker_release(&segments, &frame);
        camd_tracker_progress(&segments, 1);
    }
    camd_result_publish(&segments, camd_result_begin(&segments));
    camd_segments_unmap(&segments);
}

static void look_as_capture(void)
{
    struct camd_segments segments;
    const struct camd_frame_times times = {.arrival_ns = 1, .wall_ns = 1};
    map_as(&segments, CAMD_ROLE_CAPTURE);
    camd_capture_begin(&segments, 1);
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t slot;
        uint8_t *pixels;
        bool queued;
        camd_capture_queue_has_room(&segments);
        if (camd_capture_slot_open(&segments, &slot, &pixels) < 0)
            continue;
        check(slot < SLOTS);
        memset(pixels, i, FRAME_BYTES);
        camd_capture_publish(&segments, slot, &times, &queued);
    }
    camd_segments_unmap(&segments);
}

static void answer(struct served *served, const struct turns_camera *waiting)
{
    static const struct detector_rows rows = {.count = 1, .row = {{0, 0.5f, 0, 0, 1, 1}}};
    uint8_t tensor[TENSOR_BYTES];
    for (uint32_t entry = 0; entry < CAMD_REQUESTS; entry++) {
        struct served_request request;
        if (!(waiting->waiting & 1U << entry))
            continue;
        const int error = served_read(served, entry, &request, tensor);
        if (error == -ESTALE)
            continue;
        served_begin(served, 1);
        served_answer(served, &request, error, &rows, 1, 2);
    }
}

static void look_as_detector(void)
{
    struct served served;
    struct turns_camera waiting;
    const struct served_fds fds = {.in = dup(files[PART_IN]),
                                   .out = dup(files[PART_OUT]),
                                   .ctl = dup(files[PART_CTL]),
                                   .request_event = dup(request_event),
                                   .answer_event = dup(answer_event)};
    check(served_init(&served, "front", INPUT, INPUT, &fds) == 0);
    served_look(&served, &waiting);
    answer(&served, &waiting);
    served_fini(&served);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!maps[0])
        prepare();
    change(data, size);
    look_as_outsider();
    look_as_detector();
    look_as_tracker();
    look_as_capture();
    look_as_outsider();
    return 0;
}
