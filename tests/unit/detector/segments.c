#include "segments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sys.h"
#include "runtime/runtime.h"

static void require(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

static int make_file(size_t bytes)
{
    const int fd = memfd_create("segment", MFD_CLOEXEC);
    require(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0, "no memfd");
    return fd;
}

static void *map(int fd, size_t bytes, off_t offset)
{
    void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
    require(mapped != MAP_FAILED, "no mapping");
    return mapped;
}

static size_t tensor_bytes(const struct segments *segments)
{
    return (size_t)segments->width * segments->height * 3;
}

static size_t in_bytes(const struct segments *segments)
{
    return CAMD_BLOCK_BYTES + CAMD_REQUESTS * tensor_bytes(segments);
}

void segments_make(struct segments *segments, uint32_t width, uint32_t height)
{
    *segments = (struct segments){.width = width, .height = height};
    segments->fds = (struct served_fds){
        .in = make_file(in_bytes(segments)),
        .out = make_file(sizeof(*segments->out)),
        .ctl = make_file(CAMD_CTL_BYTES),
        .request_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
        .answer_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
    };
    segments->in = map(segments->fds.in, in_bytes(segments), 0);
    segments->out = map(segments->fds.out, sizeof(*segments->out), 0);
    segments->block = map(segments->fds.ctl, CAMD_BLOCK_BYTES, CAMD_BLOCK_DETECTOR);
    segments->in->tensor_stride = (uint32_t)tensor_bytes(segments);
}

void segments_drop(struct segments *segments)
{
    munmap(segments->in, in_bytes(segments));
    munmap(segments->out, sizeof(*segments->out));
    munmap(segments->block, CAMD_BLOCK_BYTES);
    sys_close(&segments->fds.in);
    sys_close(&segments->fds.out);
    sys_close(&segments->fds.ctl);
    sys_close(&segments->fds.request_event);
    sys_close(&segments->fds.answer_event);
}

struct served_fds segments_fds(const struct segments *segments)
{
    const struct served_fds *fds = &segments->fds;
    const struct served_fds copies = {dup(fds->in), dup(fds->out), dup(fds->ctl), dup(fds->request_event),
                                      dup(fds->answer_event)};
    require(copies.answer_event >= 0, "dup");
    return copies;
}

static uint8_t *tensor_of(const struct segments *segments, uint32_t entry)
{
    return (uint8_t *)segments->in + CAMD_BLOCK_BYTES + entry * tensor_bytes(segments);
}

uint64_t segments_post(struct segments *segments, uint32_t entry, uint8_t value)
{
    struct camd_request *request = &segments->in->requests[entry];
    memset(tensor_of(segments, entry), value, tensor_bytes(segments));
    request->request_id = ++segments->last_id;
    request->region = (struct camd_box){0, 0, (int32_t)segments->width, (int32_t)segments->height};
    request->width = segments->width;
    request->height = segments->height;
    __atomic_store_n(&request->state, CAMD_REQUEST_POSTED, __ATOMIC_RELEASE);
    worker_event_signal(segments->fds.request_event);
    return request->request_id;
}

bool segments_answered(const struct segments *segments, uint32_t entry)
{
    const struct camd_request *request = &segments->in->requests[entry];
    const struct camd_answer *answer = &segments->out->answers[entry];
    return __atomic_load_n(&answer->request_id, __ATOMIC_ACQUIRE) == request->request_id &&
           answer->generation == request->generation;
}

void segments_free(struct segments *segments, uint32_t entry)
{
    __atomic_store_n(&segments->in->requests[entry].state, CAMD_REQUEST_FREE, __ATOMIC_RELEASE);
}
