/*
 * control_group.h - which control groups this process is in, and where the kernel keeps what it tells of their memory
 *
 * Both versions of control groups are known, and controllers of the first that are mounted together. The group is where
 * the kernel says that the process is, and every group above it counts, too; in a container these may be another's, and
 * only what is mounted there be our own.
 */
#ifndef CAMD_BASE_CONTROL_GROUP_H
#define CAMD_BASE_CONTROL_GROUP_H

#include <stdbool.h>

enum control_group_version { CONTROL_GROUP_1, CONTROL_GROUP_2 };

enum { CONTROL_GROUP_PATH_BYTES = 1024 };

/* A group's directory, which may not be there. is_own: the process is in it, and not only below. True ends the walk. */
typedef bool control_group_visit(void *context, enum control_group_version version, const char *directory,
                                 bool is_own);

/*
 * Each group that has a say on the memory of this process, from its own to where they are mounted. root: where /proc and
 * /sys are, "" for those of the machine.
 */
void control_group_each(const char *root, control_group_visit *visit, void *context);

#endif
