/*
 * tree.h - a YAML document as a tree of nodes; the only one who knows libyaml
 *
 * An alias is the node that it stands for, never a copy: a file of a kilobyte that would unfold to a terabyte costs a
 * kilobyte. Merge keys (<<) are gone: what they bring is in a map, behind its own pairs. All that is looked for is
 * counted, and a document that makes it too much is empty from then on.
 */
#ifndef CAMD_IMPORT_TREE_H
#define CAMD_IMPORT_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct tree;

/* By value; it lives as long as its tree. */
struct node {
    struct tree *tree;
    int id; /* 0: none */
};

enum node_kind { NODE_NONE, NODE_NULL, NODE_TEXT, NODE_LIST, NODE_MAP };

/* The document of a text, which has one, and in each map a key once. NULL with *problem, a new string with the line, or NULL when memory is short. */
struct tree *tree_read(const char *text, size_t length, char **problem);
void tree_free(struct tree *tree);
/* Whether more was looked for than a document that people wrote needs. */
bool tree_is_exhausted(const struct tree *tree);

struct node tree_root(struct tree *tree);
enum node_kind node_kind(struct node node);
/* Of a text, its characters; else NULL. */
const char *node_text(struct node node);
/* Where it begins, counted from 1. */
size_t node_line(struct node node);

/* Elements of a list or pairs of a map; 0 for all else. */
size_t node_count(struct node node);
struct node node_item(struct node list, size_t index);
/* key may be any node. */
void node_pair(struct node map, size_t index, struct node *key, struct node *value);
/* The value of a key; NODE_NONE: there is none, or map is no map. */
struct node node_member(struct node map, const char *key);
/* The same down a path of keys with points between them, "detect.fps". */
struct node node_at(struct node map, const char *path);

#endif
