/* The best pictures: written by the tracker, read by those who have the segment open. */
#include <errno.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "camd/client.h"
#include "libcamd/segment_info.h"

enum {
    BEST_READ_TRIES = 16, /* before a reader that is overtaken each time gives up */
    BEST_SIDE_MIN = 2,    /* of a JPEG */
};

struct camd_best *camd_best_entry(const struct camd_segments *segments, uint32_t i)
{
    return (struct camd_best *)(void *)(segments->best + segment_best_size(i, segments->best_bytes));
}

/* ---- a reader ---- */

int camd_best_attach(struct camd_best_reader *reader, int info, int best)
{
    struct camd_info numbers;
    int result = segment_read_info(info, &numbers);
    if (result < 0)
        return result;
    if (numbers.best_count == 0)
        return -ENODATA;
    result = segment_check_best(&numbers);
    if (result < 0 || numbers.width > CAMD_SIZE_MAX || numbers.height > CAMD_SIZE_MAX)
        return -EBADMSG;
    result = segment_check_size(best, segment_best_size(numbers.best_count, numbers.best_bytes));
    if (result < 0)
        return result;
    *reader = (struct camd_best_reader){.fd = best,
                                        .count = numbers.best_count,
                                        .bytes = numbers.best_bytes,
                                        .width = numbers.width,
                                        .height = numbers.height};
    return 0;
}

void camd_best_close(struct camd_best_reader *reader)
{
    if (reader->fd >= 0)
        close(reader->fd);
    reader->fd = -1;
}

/* The head and some of the JPEG. A file that ends before was truncated. */
static int best_read(const struct camd_best_reader *reader, uint32_t i, struct camd_best *head, void *jpeg,
                     size_t jpeg_bytes)
{
    const struct iovec parts[] = {{head, sizeof(*head)}, {jpeg, jpeg_bytes}};
    const off_t offset = (off_t)segment_best_size(i, reader->bytes);
    const ssize_t length = preadv(reader->fd, parts, 2, offset);
    if (length < 0)
        return -errno;
    return (size_t)length < sizeof(*head) + jpeg_bytes ? -EBADMSG : 0;
}

static bool best_is_side(uint32_t side, int32_t most)
{
    return side >= BEST_SIDE_MIN && side <= (uint32_t)most && side % 2 == 0;
}

/* Within the frame, and of at least so many pixels from its left to its right, and from top to bottom. */
static bool best_is_box(const struct camd_best_reader *reader, const struct camd_box *box, int32_t least)
{
    const bool is_in_frame = box->x1 >= 0 && box->y1 >= 0 && box->x2 >= 0 && box->y2 >= 0 &&
                             box->x2 <= (int32_t)reader->width && box->y2 <= (int32_t)reader->height;
    return is_in_frame && box->x1 <= box->x2 - least && box->y1 <= box->y2 - least;
}

/* So whoever decodes it needs no more memory and time than for a frame. */
static bool best_is_possible(const struct camd_best_reader *reader, const struct camd_best *head)
{
    const struct camd_box *const view = &head->view;
    return head->jpeg_bytes > 0 && head->jpeg_bytes <= reader->bytes &&
           best_is_box(reader, view, BEST_SIDE_MIN) && best_is_box(reader, &head->box, 0) &&
           best_is_side(head->width, view->x2 - view->x1) && best_is_side(head->height, view->y2 - view->y1);
}

/* A read in the kernel may be of several pieces: the word before, the word with the rest, and the word after are one. */
static bool best_is_whole(const struct camd_best *before, const struct camd_best *copy,
                          const struct camd_best *after)
{
    return before->sequence != 0 && before->sequence % 2 == 0 && copy->sequence == before->sequence &&
           after->sequence == before->sequence;
}

/* Entry i, if it is that object's: 0; -ENOENT: another's; -EAGAIN: it is being written. */
static int best_try(const struct camd_best_reader *reader, uint32_t i, uint64_t object_id,
                    struct camd_best *head, void *jpeg)
{
    struct camd_best before, copy, after;
    int result = best_read(reader, i, &before, NULL, 0);
    if (result < 0)
        return result;
    if (before.sequence % 2 != 0)
        return -EAGAIN;
    if (before.sequence == 0 || before.object_id == 0 || before.object_id != object_id)
        return -ENOENT;
    const uint32_t bytes = before.jpeg_bytes < reader->bytes ? before.jpeg_bytes : reader->bytes;

    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    result = best_read(reader, i, &copy, jpeg, bytes);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (result == 0)
        result = best_read(reader, i, &after, NULL, 0);
    if (result < 0)
        return result;
    if (!best_is_whole(&before, &copy, &after) || copy.jpeg_bytes != before.jpeg_bytes)
        return -EAGAIN;
    if (!best_is_possible(reader, &copy))
        return -EBADMSG;
    *head = copy;
    return 0;
}

uint32_t camd_best_list(const struct camd_best_reader *reader, struct camd_best *heads, uint32_t most)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < reader->count && count < most; i++) {
        struct camd_best copy, after;
        if (best_read(reader, i, &copy, NULL, 0) < 0)
            continue;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (best_read(reader, i, &after, NULL, 0) == 0 && best_is_whole(&copy, &copy, &after) &&
            copy.object_id != 0)
            heads[count++] = copy;
    }
    return count;
}

/* All entries once: what is being written may be the one that is looked for. */
static int best_look(const struct camd_best_reader *reader, uint64_t object_id, struct camd_best *head,
                     void *jpeg)
{
    int result = -ENOENT;
    for (uint32_t i = 0; i < reader->count; i++) {
        const int tried = best_try(reader, i, object_id, head, jpeg);
        if (tried == -EAGAIN)
            result = -EAGAIN;
        else if (tried != -ENOENT)
            return tried;
    }
    return result;
}

int camd_best_find(const struct camd_best_reader *reader, uint64_t object_id, struct camd_best *head,
                   void *jpeg)
{
    int result = -EAGAIN;
    for (int tries = 0; tries < BEST_READ_TRIES && result == -EAGAIN; tries++)
        result = best_look(reader, object_id, head, jpeg);
    return result;
}
