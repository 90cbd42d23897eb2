#include "daemon/segments/shm_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "camd/shm.h"
#include "daemon/segments/shm_obstacle.h"

int shm_file_read(int fd, void *buffer, size_t size, off_t offset)
{
    ssize_t length = sys_pread(fd, buffer, size, offset);
    if (length < 0)
        return (int)length;
    return (size_t)length == size ? 0 : -EIO;
}

/* Into a file that has this part: a write past the end would make a truncated one longer. */
static int write_whole(int fd, const void *buffer, size_t size, off_t offset)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (status.st_size < offset + (off_t)size)
        return -EIO;
    ssize_t length = sys_pwrite(fd, buffer, size, offset);

    if (length < 0)
        return (int)length;
    return (size_t)length == size ? 0 : -EIO;
}

/*
 * The kernel copies into pages that others have mapped, by plain stores: the fences order them against those
 * of the writes before and after.
 */
int shm_file_write(int fd, const void *buffer, size_t size, off_t offset)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    int result = write_whole(fd, buffer, size, offset);

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return result;
}

/*
 * Sets the word of a sequence lock. The kernel may copy a word byte by byte (x86's rep_movs_alternative does), and a
 * carry seen half done is an even word of long ago: so the higher bytes come while the word is odd, and the byte
 * that makes it even comes last, alone.
 */
static int write_sequence(int fd, uint32_t sequence, off_t offset)
{
    const off_t lowest = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : (off_t)sizeof(sequence) - 1;
    const uint8_t low_byte = (uint8_t)sequence;
    uint32_t odd = sequence | 1;
    int result = shm_file_write(fd, &odd, sizeof(odd), offset);
    if (result == 0 && odd != sequence)
        result = shm_file_write(fd, &low_byte, 1, offset + lowest);
    return result;
}

int shm_file_write_guarded(int fd, const void *guarded, size_t size, off_t offset, uint32_t *sequence)
{
    const size_t word_bytes = sizeof(*sequence);
    uint32_t next = (*sequence | 1) + 1;
    int result = write_sequence(fd, *sequence | 1, offset);
    if (result == 0)
        result = shm_file_write(fd, (const char *)guarded + word_bytes, size - word_bytes,
                                offset + (off_t)word_bytes);
    if (next == 0)
        next = 2; /* 0 means never written */
    if (result == 0)
        result = write_sequence(fd, next, offset);
    if (result == 0)
        *sequence = next;
    return result;
}

int shm_file_mark_gone(int fd)
{
    uint32_t state = CAMD_SEGMENTS_GONE;
    return shm_file_write(fd, &state, sizeof(state), offsetof(struct camd_info, state));
}

void shm_file_mark_left_over(const char *name)
{
    uint64_t magic;
    struct stat status;
    if (strcmp(strrchr(name, '.'), ".info") != 0)
        return;
    int fd = sys_shm_open(name, O_RDWR | O_NONBLOCK, 0);

    if (fd < 0)
        return;
    /* a second name of a file that has a name elsewhere is no left-over */
    if (fstat(fd, &status) == 0 && shm_obstacle_is_own_file(&status) && status.st_nlink == 1 &&
        shm_file_read(fd, &magic, sizeof(magic), offsetof(struct camd_info, magic)) == 0 &&
        magic == CAMD_INFO_MAGIC)
        (void)shm_file_mark_gone(fd);
    sys_close(&fd);
}
