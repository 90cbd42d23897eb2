#include "detector/served.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "runtime/runtime.h"

enum { MEAN_ANSWERS = 10 }; /* the mean of inference_ns takes a tenth of each answer's time */

/* ---- a camera comes and goes ---- */

static int check_size(int fd, uint64_t size)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    return status.st_size < 0 || (uint64_t)status.st_size < size ? -EBADMSG : 0;
}

static bool side_is_good(uint32_t side)
{
    return side >= 1 && side <= CAMD_SIZE_MAX;
}

static int check(uint32_t width, uint32_t height, const struct served_fds *fds)
{
    if (fds->in < 0 || fds->out < 0 || fds->ctl < 0 || fds->request_event < 0 || fds->answer_event < 0)
        return -EPROTO;
    if (!side_is_good(width) || !side_is_good(height))
        return -EBADMSG;
    const uint64_t tensors = (uint64_t)CAMD_REQUESTS * width * height * 3;
    int result = check_size(fds->in, CAMD_BLOCK_BYTES + tensors);
    if (result == 0)
        result = check_size(fds->out, sizeof(struct camd_answer_ring));
    return result == 0 ? check_size(fds->ctl, CAMD_CTL_BYTES) : result;
}

static void store_block(struct served *served)
{
    (void)sys_pwrite(served->fds.ctl, &served->block, sizeof(served->block), CAMD_BLOCK_DETECTOR);
}

int served_init(struct served *served, const char *camera, uint32_t width, uint32_t height,
                const struct served_fds *fds)
{
    struct served made = {.width = width, .height = height, .fds = *fds};
    int result = check(width, height, fds);
    if (result < 0)
        return result;
    made.out = mmap(NULL, sizeof(*made.out), PROT_READ | PROT_WRITE, MAP_SHARED, fds->out, 0);
    if (made.out == MAP_FAILED)
        return -errno;
    snprintf(made.camera, sizeof(made.camera), "%s", camera);

    /* Counters go on over restarts; what a predecessor was at, it is not at any more. */
    if (sys_pread(fds->ctl, &made.block, sizeof(made.block), CAMD_BLOCK_DETECTOR) != sizeof(made.block))
        memset(&made.block, 0, sizeof(made.block));
    made.block.busy_since_ns = 0;
    store_block(&made);
    *served = made;
    return 0;
}

void served_fini(struct served *served)
{
    munmap(served->out, sizeof(*served->out));
    sys_close(&served->fds.in);
    sys_close(&served->fds.out);
    sys_close(&served->fds.ctl);
    sys_close(&served->fds.request_event);
    sys_close(&served->fds.answer_event);
}

/* ---- requests ---- */

/* The acquire fence stands between the state that was read and what the tracker wrote before it. */
static bool read_ring(const struct served *served, struct camd_request_ring *ring)
{
    const bool is_whole = sys_pread(served->fds.in, ring, sizeof(*ring), 0) == (ssize_t)sizeof(*ring);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return is_whole;
}

/* Only we write answers, so ours are read without a check. */
static bool waits(const struct served *served, uint32_t entry, const struct camd_request *request)
{
    const struct camd_answer *answer = &served->out->answers[entry];
    return request->state == CAMD_REQUEST_POSTED && request->request_id != 0 &&
           (answer->request_id != request->request_id || answer->generation != request->generation);
}

void served_look(const struct served *served, struct turns_camera *waiting)
{
    struct camd_request_ring ring;
    waiting->waiting = 0;
    if (!read_ring(served, &ring))
        return;
    for (uint32_t i = 0; i < CAMD_REQUESTS; i++) {
        waiting->request_ids[i] = ring.requests[i].request_id;
        if (waits(served, i, &ring.requests[i]))
            waiting->waiting |= 1U << i;
    }
}

/* Signed differences could overflow: the numbers are a stranger's. */
static uint32_t length(int32_t from, int32_t to)
{
    const int64_t difference = (int64_t)to - from;
    return difference < 1 || difference > INT32_MAX ? 0 : (uint32_t)difference;
}

static bool is_answered_for(const struct camd_request *request, const struct served_request *asked)
{
    return request->state != CAMD_REQUEST_POSTED || request->request_id != asked->request_id ||
           request->generation != asked->generation;
}

int served_read(const struct served *served, uint32_t entry, struct served_request *request, uint8_t *tensor)
{
    struct camd_request_ring ring;
    const struct camd_request *read = &ring.requests[entry];
    /* The second time, since the first look may have been before the tracker's other stores. */
    for (int i = 0; i < 2; i++)
        if (!read_ring(served, &ring) || !waits(served, entry, read))
            return -ESTALE;
    const size_t bytes = (size_t)served->width * served->height * 3;
    *request = (struct served_request){
        .entry = entry,
        .generation = read->generation,
        .request_id = read->request_id,
        .region_width = length(read->region.x1, read->region.x2),
        .region_height = length(read->region.y1, read->region.y2),
        .offset = CAMD_BLOCK_BYTES + (uint64_t)entry * ring.tensor_stride,
    };
    if (read->width != served->width || read->height != served->height || ring.tensor_stride < bytes ||
        request->region_width == 0 || request->region_height == 0)
        return -EINVAL;
    const ssize_t length_read = sys_pread(served->fds.in, tensor, bytes, (off_t)request->offset);
    return length_read == (ssize_t)bytes ? 0 : -EIO;
}

/* ---- answers ---- */

void served_begin(struct served *served, int64_t now_ns)
{
    served->block.busy_since_ns = now_ns;
    store_block(served);
}

static void write_answer(struct camd_answer *answer, const struct served_request *request, int status,
                         const struct detector_rows *rows, uint32_t inference_ns)
{
    /* Meanwhile it is the answer to nothing. */
    __atomic_store_n(&answer->request_id, 0, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    answer->generation = request->generation;
    answer->status = status;
    answer->rows = status == 0 ? rows->count : 0;
    answer->inference_ns = inference_ns;
    if (status == 0)
        memcpy(answer->row, rows->row, rows->count * sizeof(rows->row[0]));
    __atomic_store_n(&answer->request_id, request->request_id, __ATOMIC_RELEASE);
}

/* In which of the counts an answer's time belongs. */
static size_t time_place(int64_t spent_ns)
{
    static const int64_t limits_us[] = CAMD_DETECTOR_TIME_LIMITS_US;
    size_t place = 0;
    _Static_assert(sizeof(limits_us) / sizeof(*limits_us) == CAMD_DETECTOR_TIMES - 1, "the last has none");
    while (place < CAMD_DETECTOR_TIMES - 1 && spent_ns > limits_us[place] * 1000)
        place++;
    return place;
}

static void count_time(struct camd_detector_block *block, int64_t spent_ns)
{
    block->times_sum_ns += (uint64_t)spent_ns;
    block->times[time_place(spent_ns)]++;
}

static uint32_t mean_ns(uint32_t mean, uint32_t spent)
{
    const uint64_t sum = (uint64_t)mean * (MEAN_ANSWERS - 1) + spent;
    return mean == 0 ? spent : (uint32_t)(sum / MEAN_ANSWERS);
}

void served_answer(struct served *served, const struct served_request *request, int status,
                   const struct detector_rows *rows, int64_t begun_ns, int64_t now_ns)
{
    struct camd_request_ring ring;
    struct camd_detector_block *block = &served->block;
    const int64_t spent_ns = now_ns - begun_ns;
    const uint32_t inference_ns = spent_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)spent_ns;
    const bool is_late = read_ring(served, &ring) && is_answered_for(&ring.requests[request->entry], request);
    block->busy_since_ns = 0;
    block->progress_ns = now_ns;
    if (status == 0) {
        block->inference_ns = mean_ns(block->inference_ns, inference_ns);
        count_time(block, spent_ns);
    } else {
        block->errors++;
    }
    if (is_late)
        block->late++;
    else
        block->answered++;
    store_block(served);
    if (is_late)
        return;
    write_answer(&served->out->answers[request->entry], request, status, rows, inference_ns);
    worker_event_signal(served->fds.answer_event);
}
