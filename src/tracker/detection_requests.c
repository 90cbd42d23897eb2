#include "tracker/detection_requests.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "runtime/runtime.h"
#include "tracker/filter.h"

void requests_convert(const float row[][6], uint32_t rows, const struct camd_box *region, uint32_t width,
                      uint32_t height, uint32_t label_count, struct detection_list *found)
{
    found->full_answers += rows >= CAMD_ANSWER_ROWS;
    for (uint32_t i = 0; i < rows && i < CAMD_ANSWER_ROWS && found->count < DETECTIONS_MAX; i++)
        if (filter_place(row[i], region, width, height, label_count, &found->list[found->count]))
            found->count++;
}

/* ---- entries ---- */

enum { NOBODY = -1 };

/* One call: which region an entry was posted for. */
struct call {
    const struct camd_frame *frame;
    const struct camd_box *regions;
    uint32_t region_count, posted, done;
    int region_of[CAMD_REQUESTS]; /* NOBODY: none of this call */
    bool is_done[CAMD_REGIONS_MAX];
    struct detection_list *found;
    int error; /* of an answer */
};

static struct camd_request *entry_at(const struct requests *requests, int i)
{
    return &requests->segments->in->requests[i];
}

/* Only this process writes `in`: what it reads there are its own words, or a predecessor's. */
static bool is_free(const struct camd_request *entry)
{
    return __atomic_load_n(&entry->state, __ATOMIC_RELAXED) == CAMD_REQUEST_FREE;
}

static void set_state(struct camd_request *entry, enum camd_request_state state)
{
    __atomic_store_n(&entry->state, (uint32_t)state, __ATOMIC_RELEASE);
}

static uint8_t *tensor_of(const struct requests *requests, int i)
{
    const struct tensor_format *format = &requests->maker.format;
    size_t least = (size_t)format->width * format->height * 3, stride = requests->segments->in->tensor_stride;
    if (stride < least || CAMD_BLOCK_BYTES + CAMD_REQUESTS * stride > requests->segments->in_bytes)
        stride = least;
    return (uint8_t *)requests->segments->in + CAMD_BLOCK_BYTES + (size_t)i * stride;
}

/* 0 is none: what was in the entry may have been nonsense, so that the next number is not always larger. */
static uint64_t number_after(uint64_t request_id)
{
    return request_id < UINT64_MAX ? request_id + 1 : 1;
}

static int post(struct requests *requests, struct call *call, int i)
{
    struct camd_request *entry = entry_at(requests, i);
    const struct camd_box *region = &call->regions[call->posted];
    int error = tensor_write(&requests->maker, call->frame->pixels, region, tensor_of(requests, i));
    if (error < 0)
        return error;
    entry->request_id = requests->next_id;
    requests->next_id = number_after(entry->request_id);
    entry->frame_id = call->frame->frame_id;
    entry->region = *region;
    entry->width = requests->maker.format.width;
    entry->height = requests->maker.format.height;
    entry->posted_ns = clock_monotonic_ns();
    set_state(entry, CAMD_REQUEST_POSTED);
    call->region_of[i] = (int)call->posted++;
    requests->counts.asked++;
    return 0;
}

/* How many can be answered in that time. */
static uint32_t room_for(const struct requests *requests, int64_t left_ns)
{
    if (requests->answer_ns == 0 || left_ns / requests->answer_ns >= CAMD_REQUESTS)
        return CAMD_REQUESTS;
    return left_ns < 0 ? 0 : (uint32_t)(left_ns / requests->answer_ns);
}

/*
 * As many as there are entries and time; the first one always. The detector is signalled once for all of them. 0, or 1
 * when there is no time for more.
 */
static int post_all(struct requests *requests, struct call *call, int64_t left_ns)
{
    uint32_t room = room_for(requests, left_ns), before = call->posted;
    int error = 0;
    for (int i = 0; i < CAMD_REQUESTS && call->posted < call->region_count && error == 0; i++) {
        bool is_in_time = call->posted == 0 || call->posted - call->done < room;
        if (is_in_time && is_free(entry_at(requests, i)))
            error = post(requests, call, i);
    }
    if (call->posted > before)
        worker_event_signal(requests->request_event);
    if (error < 0)
        return error;
    return call->posted == call->done && call->posted < call->region_count && room == 0 ? 1 : 0;
}

static bool is_answered(const struct requests *requests, int i)
{
    const struct camd_request *entry = entry_at(requests, i);
    const struct camd_answer *answer = &requests->segments->out->answers[i];
    return __atomic_load_n(&answer->request_id, __ATOMIC_ACQUIRE) == entry->request_id &&
           answer->generation == entry->generation;
}

/*
 * What the answer to a region says. A detector that failed, or writes nonsense, has not looked. What is checked is a
 * copy, which a detector that writes on can't change: behind the fence nothing is read from the segment again.
 */
static void take_answer(struct requests *requests, struct call *call, int i)
{
    struct camd_answer answer = requests->segments->out->answers[i];
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    int region = call->region_of[i];
    if (answer.status != 0 || answer.rows > CAMD_ANSWER_ROWS) {
        call->error = answer.status < 0 && answer.status > -4096 ? answer.status : -EBADMSG;
        return;
    }
    requests_convert((const float(*)[6])answer.row, answer.rows, &call->regions[region],
                     requests->segments->width, requests->segments->height, requests->label_count,
                     call->found);
    call->is_done[region] = true;
}

/*
 * A longer one counts at once, a shorter one little by little: one that serves many cameras in turn answers now
 * sooner, now later.
 */
static void learn_latency(struct requests *requests, int64_t latency_ns)
{
    enum { CALLS = 4 };
    int64_t mean_ns = ((CALLS - 1) * requests->latency_ns + latency_ns) / CALLS;
    requests->latency_ns = latency_ns > requests->latency_ns ? latency_ns : mean_ns;
}

/* When it was posted may be a predecessor's word, and nonsense. */
static int64_t age_ns(const struct camd_request *entry)
{
    const int64_t now_ns = clock_monotonic_ns(), posted_ns = entry->posted_ns;
    return posted_ns > 0 && posted_ns < now_ns ? now_ns - posted_ns : 0;
}

/*
 * How long to wait for what was asked. The budget of a frame says how much is asked; a detector that takes longer than that
 * for a single answer would never be heard, so it is waited for, and the camera is looked at less often.
 */
static int64_t patience_ns(const struct requests *requests)
{
    int64_t wanted_ns = requests->latency_ns + requests->latency_ns / 2,
            most_ns = REQUESTS_PATIENCE * requests->budget_ns;
    if (wanted_ns < requests->budget_ns)
        return requests->budget_ns;
    return wanted_ns < most_ns ? wanted_ns : most_ns;
}

/* Everything that has been answered is free again; call is NULL when nobody waits. */
static void collect(struct requests *requests, struct call *call)
{
    for (int i = 0; i < CAMD_REQUESTS; i++) {
        if (is_free(entry_at(requests, i)) || !is_answered(requests, i))
            continue;
        if (call && call->region_of[i] != NOBODY) {
            take_answer(requests, call, i);
            call->region_of[i] = NOBODY;
            call->done++;
        } else {
            requests->counts.late++;
            learn_latency(requests, age_ns(entry_at(requests, i)));
        }
        requests->is_behind = false;
        set_state(entry_at(requests, i), CAMD_REQUEST_FREE);
    }
}

static bool has_free(const struct requests *requests)
{
    for (int i = 0; i < CAMD_REQUESTS; i++) {
        if (is_free(entry_at(requests, i)))
            return true;
    }
    return false;
}

/* ---- the port ---- */

/* Until all regions are answered, or there is no time for more. */
static int exchange(struct requests *requests, struct call *call, int64_t begun_ns)
{
    for (;;) {
        int64_t now_ns = clock_monotonic_ns(), left_ns = begun_ns + requests->budget_ns - now_ns,
                wait_ns = begun_ns + patience_ns(requests) - now_ns;
        int result = post_all(requests, call, left_ns);
        if (result != 0)
            return result < 0 ? result : 0;
        /* before looking, so that an answer that comes meanwhile signals again */
        worker_event_clear(requests->answer_event);
        collect(requests, call);
        if (call->done == call->region_count)
            return 0;
        uint32_t asked = call->posted - call->done;
        if (call->posted < call->region_count && has_free(requests) &&
            (asked == 0 || asked < room_for(requests, left_ns)))
            continue;
        if (wait_ns <= 0)
            return -ETIMEDOUT;
        result = requests->waiter.wait(requests->waiter.context, requests->answer_event, wait_ns);
        if (result < 0)
            return result;
    }
}

/* A time-out says that it takes longer than that. */
static void learn_time(struct requests *requests, const struct call *call, int64_t spent_ns)
{
    enum { CALLS = 4 };
    if (call->posted == 0 || spent_ns <= 0)
        return;
    int64_t each_ns = spent_ns / (call->done > 0 ? call->done : 1);
    requests->answer_ns =
        requests->answer_ns == 0 ? each_ns : ((CALLS - 1) * requests->answer_ns + each_ns) / CALLS;
    learn_latency(requests, call->done > 0 ? each_ns : spent_ns);
}

static uint32_t answered_in_order(const struct call *call)
{
    uint32_t count = 0;
    while (count < call->region_count && call->is_done[count])
        count++;
    return count;
}

int requests_detect(void *context, const struct camd_frame *frame, const struct camd_box *regions,
                    uint32_t region_count, struct detection_list *found, uint32_t *answered)
{
    struct requests *requests = context;
    struct call call = {
        .frame = frame,
        .regions = regions,
        .region_count = region_count < CAMD_REGIONS_MAX ? region_count : CAMD_REGIONS_MAX,
        .region_of = {NOBODY, NOBODY, NOBODY, NOBODY},
        .found = found,
    };
    _Static_assert(CAMD_REQUESTS == 4, "the initialiser above");
    *answered = 0;
    if (!requests->segments || !requests->is_up)
        return -EPIPE;
    collect(requests, NULL);
    if (requests->is_behind)
        return -EBUSY;
    int64_t begun_ns = clock_monotonic_ns();
    int error = exchange(requests, &call, begun_ns);
    learn_time(requests, &call, clock_monotonic_ns() - begun_ns);
    *answered = answered_in_order(&call);
    /* whatever ended the wait: entries without an answer are still the detector's */
    requests->is_behind = call.done < call.posted;
    if (error == -ETIMEDOUT)
        requests->counts.timeouts++;
    return error < 0 ? error : call.error;
}

/* ---- life ---- */

void requests_init(struct requests *requests, const struct requests_waiter *waiter)
{
    *requests = (struct requests){.waiter = *waiter, .request_event = -1, .answer_event = -1, .next_id = 1};
}

static void detach(struct requests *requests)
{
    if (requests->has_maker)
        tensor_fini(&requests->maker);
    requests->has_maker = false;
    requests->segments = NULL;
    requests->is_up = false;
    requests->is_behind = false;
    requests->answer_ns = 0;
    requests->latency_ns = 0;
}

void requests_fini(struct requests *requests)
{
    detach(requests);
}

/* Numbers go on after a predecessor's: none is ever used twice in these segments. */
static void take_over(struct requests *requests)
{
    for (int i = 0; i < CAMD_REQUESTS; i++) {
        uint64_t id = entry_at(requests, i)->request_id;
        if (id >= requests->next_id)
            requests->next_id = number_after(id);
        if (!is_free(entry_at(requests, i)))
            requests->is_behind = true;
    }
}

int requests_attach(struct requests *requests, struct camd_segments *segments, int request_event,
                    int answer_event, bool rgb)
{
    detach(requests);
    if (!segments || !segments->in || !segments->out || request_event < 0 || answer_event < 0)
        return 0;
    struct tensor_format format = {segments->info->input_width, segments->info->input_height, rgb};
    uint64_t bytes = CAMD_BLOCK_BYTES + (uint64_t)CAMD_REQUESTS * format.width * format.height * 3;
    if (bytes > segments->in_bytes)
        return -EINVAL;
    int error = tensor_init(&requests->maker, segments->width, segments->height, &format);
    if (error < 0)
        return error;
    requests->has_maker = true;
    requests->segments = segments;
    requests->request_event = request_event;
    requests->answer_event = answer_event;
    requests->label_count = segments->info->label_count;
    take_over(requests);
    return 0;
}

void requests_set_budget(struct requests *requests, int64_t budget_ns)
{
    requests->budget_ns = budget_ns;
}

void requests_set_up(struct requests *requests, bool is_up)
{
    requests->is_up = is_up;
    if (is_up || !requests->segments)
        return;
    for (int i = 0; i < CAMD_REQUESTS; i++) {
        struct camd_request *entry = entry_at(requests, i);
        if (is_free(entry))
            continue;
        __atomic_store_n(&entry->generation, entry->generation + 1, __ATOMIC_RELEASE);
        set_state(entry, CAMD_REQUEST_FREE);
    }
    requests->is_behind = false;
}
