#include "base/control_group.h"

#include <stdio.h>
#include <string.h>

#include "base/kernel_text.h"

#define MOUNTS "/sys/fs/cgroup"
static const char memory[] = "memory";

/* A part of a line, which has no end of its own. */
struct part {
    const char *text;
    int length;
};

/* A line of /proc/self/cgroup: "NUMBER:CONTROLLER,CONTROLLER:GROUP"; "0::GROUP" is of version 2. */
struct line {
    struct part controllers, group;
};

static struct part part_until(const char *text, const char *ends)
{
    return (struct part){text, (int)strcspn(text, ends)};
}

static bool read_line(const char *text, struct line *line)
{
    const struct part number = part_until(text, ":\n");
    if (number.text[number.length] != ':')
        return false;
    line->controllers = part_until(number.text + number.length + 1, ":\n");
    const char *end = line->controllers.text + line->controllers.length;
    if (*end != ':')
        return false;
    line->group = part_until(end + 1, "\n");
    return true;
}

static bool has_memory(struct part controllers)
{
    const int length = (int)strlen(memory);
    for (const char *word = controllers.text, *end = word + controllers.length; word < end;) {
        const struct part one = part_until(word, ",:\n");
        if (one.length == length && strncmp(one.text, memory, (size_t)length) == 0)
            return true;
        word += one.length + 1;
    }
    return false;
}

/* From the group up to where the first `mount` characters end. */
static bool walk(char directory[CONTROL_GROUP_PATH_BYTES], int mount, enum control_group_version version,
                 control_group_visit *visit, void *context)
{
    bool is_own = true;
    for (char *end = directory + strlen(directory); end && end >= directory + mount;
         end = strrchr(directory, '/')) {
        *end = '\0';
        if (end[-1] == '/')
            continue; /* the mount itself: "/" is its group */
        if (visit(context, version, directory, is_own))
            return true;
        is_own = false;
    }
    return false;
}

static bool walk_mount(const char *root, struct part mount, struct part group,
                       enum control_group_version version, control_group_visit *visit, void *context)
{
    char directory[CONTROL_GROUP_PATH_BYTES];
    const int length = snprintf(directory, sizeof(directory), "%s" MOUNTS "%s%.*s", root,
                                mount.length > 0 ? "/" : "", mount.length, mount.text);
    if (length < 0 || length + group.length >= (int)sizeof(directory))
        return false;
    snprintf(directory + length, sizeof(directory) - (size_t)length, "%.*s", group.length, group.text);
    return walk(directory, length, version, visit, context);
}

/* Of controllers that are mounted together some have a name for each of them, and some only one for all. */
static bool walk_line(const char *root, const struct line *line, control_group_visit *visit, void *context)
{
    const struct part alone = part_until(memory, "");
    if (line->controllers.length == 0)
        return walk_mount(root, line->controllers, line->group, CONTROL_GROUP_2, visit, context);
    if (!has_memory(line->controllers))
        return false;
    if (walk_mount(root, alone, line->group, CONTROL_GROUP_1, visit, context))
        return true;
    return line->controllers.length > alone.length &&
           walk_mount(root, line->controllers, line->group, CONTROL_GROUP_1, visit, context);
}

void control_group_each(const char *root, control_group_visit *visit, void *context)
{
    char path[CONTROL_GROUP_PATH_BYTES], text[KERNEL_TEXT_BYTES];
    struct line line;
    snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
    kernel_text_of(path, text, sizeof(text));
    for (const char *next = text; next[0] != '\0'; next += next[0] == '\n') {
        if (read_line(next, &line) && walk_line(root, &line, visit, context))
            return;
        next += strcspn(next, "\n");
    }
}
