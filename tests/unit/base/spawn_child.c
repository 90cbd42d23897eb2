/*
 * Tells on descriptor 3, as one line, what it was started with:
 *     SigBlk SigIgn session-leader? open-descriptors arguments...
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned long long status_mask(const char *name)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[256];
    unsigned long long mask = ~0ULL;
    while (status && fgets(line, sizeof(line), status)) {
        if (strncmp(line, name, strlen(name)) == 0)
            mask = strtoull(line + strlen(name) + 1, NULL, 16);
    }
    if (status)
        fclose(status);
    return mask;
}

/* As bits, without the one that reads the directory; those above 62 are bit 63. */
static unsigned long long open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned long long bits = 0;
    if (!directory)
        return ~0ULL;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        const int fd = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && fd != dirfd(directory))
            bits |= 1ULL << (fd > 63 ? 63 : fd);
    }
    (void)closedir(directory);
    return bits;
}

int main(int argc, char **argv)
{
    const int answer = argc > 1 && strcmp(argv[1], "stdout") == 0 ? STDOUT_FILENO : 3;
    const int is_leader = getsid(0) == getpid() && getpgid(0) == getpid();
    const char *variable = getenv("SPAWN_CHILD");
    (void)dprintf(answer, "%llx %llx %d %llx %s %s\n", status_mask("SigBlk:"), status_mask("SigIgn:"),
                  is_leader, open_descriptors(), argc > 1 ? argv[1] : "-", variable ? variable : "-");
    (void)dprintf(STDERR_FILENO, "to stderr\n");
    return 0;
}
