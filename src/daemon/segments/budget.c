#include "daemon/segments/budget.h"

#include "camd/shm.h"

enum {
    MB = 1 << 20,
    CAMERA_EXTRA_BYTES = 270480, /* the reference adds it to every picture */
    SPARE_CAMERAS = 2,

    OWN_DESCRIPTORS = 24,   /* the loop, sockets, locks, logs, helpers */
    OPENED_DESCRIPTORS = 6, /* for a tracker, besides the slots: info, ctl, result, in, out, best */
};

static const uint64_t bytes_limit = UINT64_C(1) << 59; /* keeps ten times the bytes within 64 bits */
static const int64_t reserve_limit_mb = INT64_C(1) << 40;

/* Bytes as tenths of an MB, half to even, which is how Python's round() treats a number it can hold exactly. */
static int64_t tenths_of_bytes(uint64_t bytes)
{
    uint64_t scaled = (bytes < bytes_limit ? bytes : bytes_limit) * 10;
    uint64_t tenths = scaled / MB, rest = scaled % MB;
    if (rest > MB / 2 || (rest == MB / 2 && tenths % 2 == 1))
        tenths++;
    return (int64_t)tenths;
}

static uint64_t picture_bytes(uint32_t width, uint32_t height)
{
    return (uint64_t)width * height * 3 / 2;
}

static int64_t camera_tenths(uint32_t width, uint32_t height)
{
    return tenths_of_bytes(picture_bytes(width, height) + CAMERA_EXTRA_BYTES);
}

static int64_t size_tenths(struct budget_size size)
{
    return size.width > 0 ? camera_tenths(size.width, size.height)
                          : camera_tenths(BUDGET_USUAL_WIDTH, BUDGET_USUAL_HEIGHT);
}

static uint64_t size_workers(struct budget_size size)
{
    return size.width > 0 ? budget_workers_bytes(size.width, size.height)
                          : budget_workers_bytes(BUDGET_USUAL_WIDTH, BUDGET_USUAL_HEIGHT);
}

static int64_t reserve_within_limits(int64_t reserve_mb)
{
    if (reserve_mb < 0)
        return 0;
    return reserve_mb < reserve_limit_mb ? reserve_mb : reserve_limit_mb;
}

void budget_add(struct budget_sum *sum, struct budget_size size)
{
    sum->tenths_mb += size_tenths(size);
    sum->workers_bytes += size_workers(size);
}

void budget_remove(struct budget_sum *sum, struct budget_size size)
{
    sum->tenths_mb -= size_tenths(size);
    sum->workers_bytes -= size_workers(size);
}

void budget_add_best(struct budget_sum *sum, uint64_t bytes)
{
    sum->best_tenths_mb += tenths_of_bytes(bytes);
}

void budget_remove_best(struct budget_sum *sum, uint64_t bytes)
{
    sum->best_tenths_mb -= tenths_of_bytes(bytes);
}

void budget_compute(struct budget *budget, uint64_t total_bytes, int64_t reserve_mb, uint32_t slots_max,
                    const struct budget_sum *cameras)
{
    int64_t total = tenths_of_bytes(total_bytes);
    int64_t reserve = reserve_within_limits(reserve_mb) * 10;
    int64_t most = slots_max < CAMD_SLOTS_MAX ? slots_max : CAMD_SLOTS_MAX;
    int64_t sum = cameras->tenths_mb + SPARE_CAMERAS * camera_tenths(BUDGET_USUAL_WIDTH, BUDGET_USUAL_HEIGHT);
    int64_t left = total - reserve - cameras->best_tenths_mb;
    int64_t slots = left / sum;

    if (most < CAMD_SLOTS_MIN)
        most = CAMD_SLOTS_MIN;
    *budget = (struct budget){
        .total_mb = (double)total / 10,
        .camera_sum_mb = (double)sum / 10,
        .best_mb = (double)cameras->best_tenths_mb / 10,
        .recommended_mb =
            (double)(reserve / 10 + (sum * BUDGET_SLOTS_ADVISED + cameras->best_tenths_mb) / 10),
        .small = slots < BUDGET_SLOTS_ADVISED && slots < most,
    };
    if (slots < CAMD_SLOTS_MIN) {
        budget->spare_given_up = true;
        budget->reserve_given_up = left < CAMD_SLOTS_MIN * cameras->tenths_mb;
        slots = CAMD_SLOTS_MIN;
    }
    budget->slots = (uint32_t)(slots < most ? slots : most);
}

/* Measured: 17 MB at 768x576, 43 MB at 1920x1080. */
uint64_t budget_workers_bytes(uint32_t width, uint32_t height)
{
    enum { ANY_SIZE_BYTES = 10 * MB, PIXEL_BYTES = 16 };

    return ANY_SIZE_BYTES + (uint64_t)PIXEL_BYTES * width * height;
}

uint64_t budget_for_segments(uint64_t memory_bytes, uint64_t workers_bytes)
{
    const uint64_t others = BUDGET_OWN_BYTES + workers_bytes;
    return memory_bytes > others ? memory_bytes - others : 0;
}

static uint64_t whole_pages(uint64_t bytes, uint64_t page_bytes)
{
    return (bytes + page_bytes - 1) / page_bytes * page_bytes;
}

uint64_t budget_camera_bytes(uint32_t width, uint32_t height, uint32_t slots, uint64_t page_bytes)
{
    return whole_pages(sizeof(struct camd_info), page_bytes) + whole_pages(CAMD_CTL_BYTES, page_bytes) +
           whole_pages(sizeof(struct camd_result_ring), page_bytes) +
           slots * whole_pages(picture_bytes(width, height), page_bytes);
}

uint32_t budget_tensor_stride(uint32_t input_width, uint32_t input_height)
{
    enum { LINE_BYTES = 64 }; /* of a processor's cache */

    return (uint32_t)whole_pages((uint64_t)input_width * input_height * 3, LINE_BYTES);
}

uint64_t budget_detection_bytes(uint32_t input_width, uint32_t input_height, uint64_t page_bytes)
{
    if (input_width == 0)
        return 0;
    uint64_t tensors = (uint64_t)CAMD_REQUESTS * budget_tensor_stride(input_width, input_height);

    return whole_pages(CAMD_BLOCK_BYTES + tensors, page_bytes) +
           whole_pages(sizeof(struct camd_answer_ring), page_bytes);
}

uint32_t budget_camera_files(uint32_t slots, bool has_detection, bool has_best_pictures)
{
    enum { DETECTION = 2, BEST = 1 }; /* in, out; best */

    return slots + BUDGET_FILES_ALWAYS + (has_detection ? DETECTION : 0) + (has_best_pictures ? BEST : 0);
}

uint64_t budget_best_bytes(uint32_t pictures, uint32_t max_kb, uint64_t page_bytes)
{
    enum { KB = 1024 };

    return whole_pages((uint64_t)pictures * (CAMD_BEST_HEAD_BYTES + max_kb * KB), page_bytes);
}

uint32_t budget_fit(uint32_t width, uint32_t height, uint32_t slots, uint64_t free_bytes, int64_t reserve_mb,
                    uint64_t page_bytes)
{
    uint64_t reserve = (uint64_t)reserve_within_limits(reserve_mb) * MB;
    for (uint32_t fit = slots; fit >= CAMD_SLOTS_MIN; fit--) {
        uint64_t bytes = budget_camera_bytes(width, height, fit, page_bytes);
        if (bytes <= free_bytes && free_bytes - bytes >= reserve)
            return fit;
    }
    return budget_camera_bytes(width, height, CAMD_SLOTS_MIN, page_bytes) <= free_bytes ? CAMD_SLOTS_MIN : 0;
}

bool budget_is_worth_a_restart(uint32_t slots, uint32_t possible)
{
    return slots < BUDGET_SLOTS_ADVISED && (possible >= BUDGET_SLOTS_ADVISED || possible >= 2 * slots);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void budget_descriptors(struct budget_descriptors *budget, uint64_t limit, uint32_t clients, size_t cameras,
                        size_t detectors)
{
    /* what is enough for all slots and clients of a large limit is a fourth or less of a small one */
    const uint64_t opened = least(OPENED_DESCRIPTORS + CAMD_SLOTS_MAX, limit / 4);
    const uint64_t own = OWN_DESCRIPTORS + least(clients, limit / 16);
    const uint64_t used =
        own + opened + BUDGET_DETECTOR_DESCRIPTORS * detectors + BUDGET_CAMERA_DESCRIPTORS * (cameras + 1);
    const uint64_t slots = opened > OPENED_DESCRIPTORS ? opened - OPENED_DESCRIPTORS : 0;
    *budget = (struct budget_descriptors){
        .slots_max = (uint32_t)slots,
        .missing = used > limit ? used - limit : 0,
    };
    if (slots < CAMD_SLOTS_MIN && budget->missing == 0)
        budget->missing = CAMD_SLOTS_MIN - slots;
}

uint64_t budget_descriptors_enough(uint32_t clients, size_t cameras, size_t detectors)
{
    return (uint64_t)OWN_DESCRIPTORS + clients + OPENED_DESCRIPTORS + CAMD_SLOTS_MAX +
           BUDGET_DETECTOR_DESCRIPTORS * detectors + BUDGET_CAMERA_DESCRIPTORS * cameras;
}
