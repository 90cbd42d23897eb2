/*
 * Reads raw frames from standard input into slots of shared memory, as a recorder does that has a decoder write into a pipe.
 *
 *   pipe-to-slots FRAME_BYTES
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SLOTS = 6 };

int main(int argc, char **argv)
{
    const size_t size = argc > 1 ? (size_t)atol(argv[1]) : 0;
    uint64_t frames = 0;
    uint8_t *slots[SLOTS];
    for (int i = 0; size > 0 && i < SLOTS; i++) {
        const int fd = memfd_create("slot", MFD_CLOEXEC);
        slots[i] = fd >= 0 && ftruncate(fd, (off_t)size) == 0
                       ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                       : MAP_FAILED;
        if (slots[i] == MAP_FAILED)
            return 1;
    }
    for (size_t at = 0; size > 0;) {
        const ssize_t got = read(STDIN_FILENO, slots[frames % SLOTS] + at, size - at);
        if (got <= 0)
            break;
        at += (size_t)got;
        if (at == size) {
            frames++;
            at = 0;
        }
    }
    printf("%llu\n", (unsigned long long)frames);
    return frames == 0;
}
