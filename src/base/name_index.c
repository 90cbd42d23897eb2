#include "base/name_index.h"

#include <errno.h>
#include <search.h>
#include <stddef.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct name_node *)a)->name, ((const struct name_node *)b)->name);
}

int name_index_add(void **root, struct name_node *node)
{
    struct name_node *const *found = tsearch(node, root, compare);
    if (!found)
        return -ENOMEM;
    return *found == node ? 0 : -EEXIST;
}

void *name_index_find(void *const *root, const char *name)
{
    const struct name_node key = {.name = name};
    struct name_node *const *found = tfind(&key, root, compare);
    return found ? (*found)->item : NULL;
}

void name_index_remove(void **root, const struct name_node *node)
{
    tdelete(node, root, compare);
}
