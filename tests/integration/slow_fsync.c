/*
 * slow_fsync.c - a disk that takes as long as a test wants; preloaded into the programs
 *
 * With CAMD_TEST_FSYNC_GATE every fsync and its like first makes the file $CAMD_TEST_FSYNC_GATE.entered and then waits
 * until somebody writes to the FIFO $CAMD_TEST_FSYNC_GATE, or has it open for writing and closes it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int fsync(int fd);
int fdatasync(int fd);

static void wait_at_gate(void)
{
    const char *gate = getenv("CAMD_TEST_FSYNC_GATE");
    char entered[512], byte;
    if (!gate)
        return;
    snprintf(entered, sizeof(entered), "%s.entered", gate);
    const int mark = open(entered, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (mark >= 0)
        close(mark);
    const int fd = open(gate, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    while (read(fd, &byte, 1) < 0)
        ;
    close(fd);
}

static int call_next(const char *name, int fd)
{
    int (*next)(int);
    /* the way that POSIX has for it */
    *(void **)&next = dlsym(RTLD_NEXT, name);
    return next ? next(fd) : -1;
}

__attribute__((visibility("default"))) int fsync(int fd)
{
    wait_at_gate();
    return call_next("fsync", fd);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    wait_at_gate();
    return call_next("fdatasync", fd);
}
