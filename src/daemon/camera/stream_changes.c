#include "daemon/camera/stream_changes.h"

int64_t stream_changes_wait_ms(const struct stream_changes *changes, int64_t now_ms)
{
    int64_t gap_ms = STREAM_CHANGES_FIRST_MS, since_ms = now_ms - changes->last_ms;
    if (changes->in_a_row == 0 || since_ms >= STREAM_CHANGES_FORGET_MS)
        return 0;
    for (unsigned int i = 1; i < changes->in_a_row && gap_ms < STREAM_CHANGES_MOST_MS; i++)
        gap_ms *= 2;
    if (gap_ms > STREAM_CHANGES_MOST_MS)
        gap_ms = STREAM_CHANGES_MOST_MS;
    return since_ms < gap_ms ? gap_ms - since_ms : 0;
}

void stream_changes_count(struct stream_changes *changes, int64_t now_ms)
{
    if (now_ms - changes->last_ms >= STREAM_CHANGES_FORGET_MS)
        changes->in_a_row = 0;
    changes->in_a_row++;
    changes->last_ms = now_ms;
}
