#include "daemon/supervise/oom.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

enum { PATH_BYTES = 512, FILE_BYTES = 16384 };

/* The number behind a word at the beginning of a line. */
static bool find_number(const char *text, const char *word, uint64_t *number)
{
    const size_t length = strlen(word);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, word, length) == 0 && line[length] == ' ')
            return sscanf(line + length, "%" SCNu64, number) == 1;
        if (*line == '\0')
            break;
    }
    return false;
}

static bool read_text(int fd, char *text, size_t size)
{
    const ssize_t length = pread(fd, text, size - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

static bool read_count(int fd, uint64_t *count)
{
    char text[FILE_BYTES];
    return read_text(fd, text, sizeof(text)) && find_number(text, "oom_kill", count);
}

static int open_file(const char *root, const char *path)
{
    char whole[PATH_BYTES];
    if (snprintf(whole, sizeof(whole), "%s%s", root, path) >= (int)sizeof(whole))
        return -1;
    return open(whole, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/* camd's group in a hierarchy, as /proc/self/cgroup has it: "0::/camd.service", "9:memory:/camd". */
static bool find_group(const char *groups, const char *hierarchy, char *group, size_t size)
{
    const char *line = strstr(groups, hierarchy);
    if (!line)
        return false;
    line += strlen(hierarchy);
    return snprintf(group, size, "%.*s", (int)strcspn(line, "\n"), line) < (int)size;
}

/* Where the kernel counts what it kills in camd's control group; -1: there is none. */
static int open_group(const char *root)
{
    static const struct {
        const char *hierarchy, *before, *after;
    } places[] = {{"0::", "/sys/fs/cgroup", "/memory.events"},
                  {":memory:", "/sys/fs/cgroup/memory", "/memory.oom_control"}};
    char groups[4096], group[PATH_BYTES / 2], path[PATH_BYTES];
    int fd = open_file(root, "/proc/self/cgroup");
    const bool is_read = fd >= 0 && read_text(fd, groups, sizeof(groups));
    sys_close(&fd);
    for (size_t i = 0; is_read && i < sizeof(places) / sizeof(places[0]); i++) {
        uint64_t count;
        if (!find_group(groups, places[i].hierarchy, group, sizeof(group)))
            continue;
        snprintf(path, sizeof(path), "%s%s%s", places[i].before, group, places[i].after);
        fd = open_file(root, path);
        if (fd >= 0 && read_count(fd, &count))
            return fd;
        sys_close(&fd);
    }
    return -1;
}

static void choose_adjustment(struct oom *oom, const char *root)
{
    char text[32];
    int fd = open_file(root, "/proc/self/oom_score_adj");
    if (fd >= 0 && read_text(fd, text, sizeof(text))) {
        const long wanted = strtol(text, NULL, 10) + OOM_ADJUSTMENT;
        const short adjustment = (short)(wanted < -1000 ? -1000 : wanted > 1000 ? 1000 : wanted);
        snprintf(oom->adjustment, sizeof(oom->adjustment), "%hd", adjustment);
    }
    sys_close(&fd);
}

void oom_init(struct oom *oom, const char *root)
{
    *oom = (struct oom){.fd = open_group(root)};
    if (oom->fd < 0) {
        oom->fd = open_file(root, "/proc/vmstat");
        oom->is_machine = true;
    }
    if (oom->fd >= 0 && !read_count(oom->fd, &oom->told))
        sys_close(&oom->fd);
    choose_adjustment(oom, root);
}

void oom_fini(struct oom *oom)
{
    sys_close(&oom->fd);
}

void oom_child_starts(struct oom *oom)
{
    if (oom->fd >= 0 && oom->is_machine)
        read_count(oom->fd, &oom->told);
}

bool oom_has_killed(struct oom *oom)
{
    uint64_t count;
    if (oom->fd < 0 || !read_count(oom->fd, &count) || count <= oom->told)
        return false;
    oom->told = oom->is_machine ? count : oom->told + 1;
    return true;
}
