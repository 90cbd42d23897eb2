#include "daemon/host/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

enum {
    PATH_BYTES = 1024,
    TEXT_BYTES = 8192, /* of a file of the kernel: as much as is looked at */
    KIB = 1024,
};

/* The two versions of control groups: where the memory's groups are, and what their files are called. */
struct version {
    const char *controllers; /* in /proc/self/cgroup: "4:memory:/a/group", "0::/a/group" */
    const char *mount;
    const char *limit, *usage, *reclaimable;
};
static const struct version versions[] = {
    {"memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
     "total_inactive_file"},
    {"", "/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"},
};

/* Files of the kernel have no size, and are read at once. False: there is none. */
static bool read_text(const char *path, char text[TEXT_BYTES])
{
    int fd = sys_open(path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0)
        return false;
    const ssize_t length = sys_read(fd, text, TEXT_BYTES - 1);
    sys_close(&fd);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* The number behind a word at the beginning of a line; 0: there is none. */
static uint64_t number_after(const char *text, const char *word)
{
    const size_t length = strlen(word);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += line[0] == '\n';
        if (strncmp(line, word, length) == 0 && strchr(" :", line[length]))
            return strtoull(line + length + 1, NULL, 10);
    }
    return 0;
}

/* A file with one number; "max" is none. */
static bool read_number(const char *directory, const char *file, uint64_t *number)
{
    char path[PATH_BYTES + 64], text[TEXT_BYTES], *end;
    snprintf(path, sizeof(path), "%s/%s", directory, file);
    if (!read_text(path, text))
        return false;
    const uint64_t value = strtoull(text, &end, 10);
    if (end == text)
        return false;
    *number = value;
    return true;
}

static uint64_t reclaimable_in(const char *directory, const struct version *version)
{
    char path[PATH_BYTES + 64], text[TEXT_BYTES];
    snprintf(path, sizeof(path), "%s/memory.stat", directory);
    return read_text(path, text) ? number_after(text, version->reclaimable) : 0;
}

/* One group: what is left below its limit, if it has one that the machine has not anyway. */
static void look_at_group(struct memory *memory, uint64_t machine_bytes, const char *directory,
                          const struct version *version)
{
    uint64_t limit, used;
    if (!read_number(directory, version->limit, &limit) || limit >= machine_bytes ||
        !read_number(directory, version->usage, &used))
        return;
    const uint64_t reclaimable = reclaimable_in(directory, version);
    used -= reclaimable < used ? reclaimable : used;
    const uint64_t left = used < limit ? limit - used : 0;
    if (limit < memory->total_bytes)
        memory->total_bytes = limit;
    if (left < memory->available_bytes) {
        memory->available_bytes = left;
        memory->is_group = true;
    }
}

/* The group and all above it. In a container they may be another's, and only what is mounted there be our own. */
static void look_at_groups(struct memory *memory, uint64_t machine_bytes, const char *root, const char *group,
                           const struct version *version)
{
    char directory[PATH_BYTES];
    const int mount = snprintf(directory, sizeof(directory), "%s%s", root, version->mount);
    const int length = (int)strcspn(group, "\n");
    if (mount < 0 || mount + length >= PATH_BYTES)
        return;
    memcpy(directory + mount, group, (size_t)length);
    directory[mount + length] = '\0';
    for (char *end = directory + mount + length; end && end >= directory + mount;
         end = strrchr(directory, '/')) {
        *end = '\0';
        look_at_group(memory, machine_bytes, directory, version);
    }
}

/* "NUMBER:CONTROLLER,CONTROLLER:GROUP" */
static bool is_of(const char *controllers, const char *wanted)
{
    const size_t length = strlen(wanted);
    for (const char *word = controllers; *word != ':' && *word != '\0';) {
        const size_t end = strcspn(word, ",:\n");
        if (end == length && length > 0 && strncmp(word, wanted, length) == 0)
            return true;
        word += end + (word[end] == ',');
        if (*word == '\n')
            break;
    }
    return length == 0 && *controllers == ':';
}

static void look_at_line(struct memory *memory, uint64_t machine_bytes, const char *root, const char *line)
{
    const char *controllers = strchr(line, ':');
    const char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    for (size_t i = 0; group && i < sizeof(versions) / sizeof(versions[0]); i++) {
        if (is_of(controllers + 1, versions[i].controllers))
            look_at_groups(memory, machine_bytes, root, group + 1, &versions[i]);
    }
}

static void look_at_machine(struct memory *memory, const char *root)
{
    char path[PATH_BYTES], text[TEXT_BYTES];
    snprintf(path, sizeof(path), "%s/proc/meminfo", root);
    if (!read_text(path, text))
        return;
    const uint64_t total = number_after(text, "MemTotal"), available = number_after(text, "MemAvailable");
    memory->total_bytes = total > 0 ? total * KIB : MEMORY_UNKNOWN;
    memory->available_bytes = total > 0 ? available * KIB : MEMORY_UNKNOWN;
}

void memory_look(struct memory *memory, const char *root)
{
    char path[PATH_BYTES], text[TEXT_BYTES];
    *memory = (struct memory){.total_bytes = MEMORY_UNKNOWN, .available_bytes = MEMORY_UNKNOWN};
    look_at_machine(memory, root);
    const uint64_t machine_bytes = memory->total_bytes;
    snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
    if (!read_text(path, text))
        return;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += line[0] == '\n';
        look_at_line(memory, machine_bytes, root, line);
    }
}
