#include "daemon/host/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/control_group.h"
#include "base/kernel_text.h"

enum {
    PATH_BYTES = CONTROL_GROUP_PATH_BYTES + 64,
    KIB = 1024,
};

/* What a group's files are called. */
static const struct names {
    const char *limit, *usage, *reclaimable;
} names[] = {
    [CONTROL_GROUP_1] = {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"},
    [CONTROL_GROUP_2] = {"memory.max", "memory.current", "inactive_file"},
};

/* A file with one number; "max" is none. */
static bool read_number(const char *directory, const char *file, uint64_t *number)
{
    char path[PATH_BYTES], text[64], *end;
    snprintf(path, sizeof(path), "%s/%s", directory, file);
    if (!kernel_text_of(path, text, sizeof(text)))
        return false;
    const uint64_t value = strtoull(text, &end, 10);
    if (end == text)
        return false;
    *number = value;
    return true;
}

static uint64_t number_in(const char *directory, const char *file, const char *word)
{
    char path[PATH_BYTES], text[KERNEL_TEXT_BYTES];
    uint64_t number = 0;
    snprintf(path, sizeof(path), "%s/%s", directory, file);
    if (kernel_text_of(path, text, sizeof(text)))
        kernel_text_number(text, word, &number);
    return number;
}

struct look {
    struct memory *memory;
    uint64_t machine_bytes;
};

/* One group: what is left below its limit, if it has one that the machine has not anyway. */
static bool look_at_group(void *context, enum control_group_version version, const char *directory,
                          bool is_own)
{
    const struct look *look = context;
    struct memory *memory = look->memory;
    uint64_t limit, used;
    (void)is_own;
    if (!read_number(directory, names[version].limit, &limit) || limit >= look->machine_bytes ||
        !read_number(directory, names[version].usage, &used))
        return false;
    const uint64_t reclaimable = number_in(directory, "memory.stat", names[version].reclaimable);
    used -= reclaimable < used ? reclaimable : used;
    const uint64_t left = used < limit ? limit - used : 0;
    if (limit < memory->total_bytes)
        memory->total_bytes = limit;
    if (left < memory->available_bytes) {
        memory->available_bytes = left;
        memory->is_group = true;
    }
    return false;
}

static void look_at_machine(struct memory *memory, const char *root)
{
    char directory[PATH_BYTES - 16];
    snprintf(directory, sizeof(directory), "%s/proc", root);
    const uint64_t total = number_in(directory, "meminfo", "MemTotal"),
                   available = number_in(directory, "meminfo", "MemAvailable");
    memory->total_bytes = total > 0 ? total * KIB : MEMORY_UNKNOWN;
    memory->available_bytes = total > 0 ? available * KIB : MEMORY_UNKNOWN;
}

void memory_look(struct memory *memory, const char *root)
{
    look_at_machine(memory, root);
    memory->is_group = false;
    control_group_each(root, look_at_group, &(struct look){memory, memory->total_bytes});
}
