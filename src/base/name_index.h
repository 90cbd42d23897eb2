/*
 * name_index.h - finding things by their names without walking: a thin cover over tsearch(3)
 *
 * What is found has a node of it, and owns its name. An index is a root, NULL while it is empty; a name is in it once.
 */
#ifndef CAMD_BASE_NAME_INDEX_H
#define CAMD_BASE_NAME_INDEX_H

struct name_node {
    const char *name; /* stays as it is while the node is in an index */
    void *item;
};

/* 0, -EEXIST, or -ENOMEM. */
int name_index_add(void **root, struct name_node *node);
/* The item of that name, or NULL. */
void *name_index_find(void *const *root, const char *name);
/* One that is in the index. */
void name_index_remove(void **root, const struct name_node *node);

#endif
