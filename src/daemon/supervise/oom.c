#include "daemon/supervise/oom.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/control_group.h"
#include "base/kernel_text.h"
#include "base/sys.h"

enum { PATH_BYTES = CONTROL_GROUP_PATH_BYTES + 32 };

static bool read_count(int fd, uint64_t *count)
{
    char text[KERNEL_TEXT_BYTES];
    return kernel_text_read(fd, text, sizeof(text)) && kernel_text_number(text, "oom_kill", count);
}

/* Where the kernel counts what it kills in a control group. */
static bool open_group(void *context, enum control_group_version version, const char *directory, bool is_own)
{
    static const char *const files[] = {
        [CONTROL_GROUP_1] = "memory.oom_control", [CONTROL_GROUP_2] = "memory.events"};
    struct oom *oom = context;
    char path[PATH_BYTES];
    uint64_t count;
    snprintf(path, sizeof(path), "%s/%s", directory, files[version]);
    oom->fd = kernel_text_open(path);
    oom->counts_others = !is_own;
    if (oom->fd >= 0 && read_count(oom->fd, &count))
        return true;
    sys_close(&oom->fd);
    return false;
}

static void open_machine(struct oom *oom, const char *root)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "%s/proc/vmstat", root);
    oom->fd = kernel_text_open(path);
    oom->counts_others = true;
}

static void choose_adjustment(struct oom *oom, const char *root)
{
    char path[PATH_BYTES], text[32];
    snprintf(path, sizeof(path), "%s/proc/self/oom_score_adj", root);
    if (!kernel_text_of(path, text, sizeof(text)))
        return;
    const long wanted = strtol(text, NULL, 10) + OOM_ADJUSTMENT;
    const short adjustment = (short)(wanted < -1000 ? -1000 : wanted > 1000 ? 1000 : wanted);
    snprintf(oom->adjustment, sizeof(oom->adjustment), "%hd", adjustment);
}

void oom_init(struct oom *oom, const char *root)
{
    *oom = (struct oom){.fd = -1};
    control_group_each(root, open_group, oom);
    if (oom->fd < 0)
        open_machine(oom, root);
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
    if (oom->fd >= 0 && oom->counts_others)
        read_count(oom->fd, &oom->told);
}

bool oom_has_killed(struct oom *oom)
{
    uint64_t count;
    if (oom->fd < 0 || !read_count(oom->fd, &count) || count <= oom->told)
        return false;
    oom->told = oom->counts_others ? count : oom->told + 1;
    return true;
}
