#include "import/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/text.h"

enum {
    STEPS_MAX = 5000000,    /* keys that are compared: a second at most */
    DEPTH_MAX = 64,         /* maps and lists within each other: libyaml's time grows with its square */
    MERGES_MAX = 8,         /* merge keys within merged maps */
    MERGED_PAIR_STEPS = 10, /* it takes room, too */
};

struct tree {
    yaml_document_t document;
    unsigned int steps;
};

/* ---- reading ---- */

static size_t count_lines(const char *text, size_t length)
{
    size_t lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    return lines;
}

/* Of bytes that are no characters, libyaml knows only how many came before. */
static char *parser_problem(const yaml_parser_t *parser, const char *text, size_t length)
{
    const bool is_of_bytes = parser->error == YAML_READER_ERROR && parser->problem_offset <= length;
    const size_t line = is_of_bytes ? count_lines(text, parser->problem_offset) : parser->problem_mark.line;
    return text_format("line %zu: %s", line + 1, parser->problem ? parser->problem : "it cannot be read");
}

/* How much deeper it is behind that event. */
static int step_of(yaml_event_type_t type)
{
    if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
        return 1;
    return type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT ? -1 : 0;
}

/* Whether an event so deep within others can be taken. False: with *problem, or NULL in it when memory is short. */
static bool check_event(const yaml_event_t *event, int depth, unsigned int documents, char **problem)
{
    const size_t line = event->start_mark.line + 1;
    if (depth > DEPTH_MAX)
        *problem = text_format("line %zu: more than %d lists and maps within each other", line, DEPTH_MAX);
    else if (documents > 1)
        *problem = text_format(
            "line %zu: a second document begins here: expected one, as Frigate does; put what it has into the first, or into a file of its own",
            line);
    return depth <= DEPTH_MAX && documents <= 1;
}

/* Goes through the text without keeping it. False: with *problem, or NULL in it when the parser has it or memory is short. */
static bool look_through(yaml_parser_t *parser, char **problem)
{
    unsigned int documents = 0;
    int depth = 0;
    bool is_good = true, is_end = false;
    while (is_good && !is_end) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return false;
        depth += step_of(event.type);
        documents += event.type == YAML_DOCUMENT_START_EVENT;
        is_end = event.type == YAML_STREAM_END_EVENT;
        is_good = check_event(&event, depth, documents, problem);
        yaml_event_delete(&event);
    }
    return is_good;
}

/* tree NULL: it is only looked through. False: with *problem, or memory is short. */
static bool with_parser(const char *text, size_t length, struct tree *tree, char **problem)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return false;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    const bool is_good = tree ? yaml_parser_load(&parser, &tree->document) : look_through(&parser, problem);
    if (!is_good && !*problem)
        *problem = parser_problem(&parser, text, length);
    yaml_parser_delete(&parser);
    return is_good;
}

void tree_free(struct tree *tree)
{
    if (!tree)
        return;
    yaml_document_delete(&tree->document);
    free(tree);
}

bool tree_is_exhausted(const struct tree *tree)
{
    return tree->steps >= STEPS_MAX;
}

/* ---- nodes ---- */

static const struct node none = {NULL, 0};

static yaml_node_t *find(struct node node)
{
    if (node.id == 0 || tree_is_exhausted(node.tree))
        return NULL;
    return yaml_document_get_node(&node.tree->document, node.id);
}

struct node tree_root(struct tree *tree)
{
    return yaml_document_get_root_node(&tree->document) ? (struct node){tree, 1} : none;
}

static bool is_null(const yaml_node_t *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    const char *text = (const char *)node->data.scalar.value;
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(text, words[i]) == 0)
            return true;
    }
    return false;
}

enum node_kind node_kind(struct node node)
{
    const yaml_node_t *found = find(node);
    if (!found || found->type == YAML_NO_NODE)
        return NODE_NONE;
    if (found->type == YAML_SEQUENCE_NODE)
        return NODE_LIST;
    if (found->type == YAML_MAPPING_NODE)
        return NODE_MAP;
    /* with a zero byte in it, which an escape can make, it is nothing that we could mean */
    return strlen((const char *)found->data.scalar.value) != found->data.scalar.length ? NODE_NONE
           : is_null(found)                                                            ? NODE_NULL
                                                                                       : NODE_TEXT;
}

const char *node_text(struct node node)
{
    return node_kind(node) == NODE_TEXT ? (const char *)find(node)->data.scalar.value : NULL;
}

size_t node_line(struct node node)
{
    const yaml_node_t *found = find(node);
    return found ? found->start_mark.line + 1 : 0;
}

size_t node_count(struct node node)
{
    const yaml_node_t *found = find(node);
    if (found && found->type == YAML_SEQUENCE_NODE)
        return (size_t)(found->data.sequence.items.top - found->data.sequence.items.start);
    if (found && found->type == YAML_MAPPING_NODE)
        return (size_t)(found->data.mapping.pairs.top - found->data.mapping.pairs.start);
    return 0;
}

struct node node_item(struct node list, size_t index)
{
    if (node_kind(list) != NODE_LIST || index >= node_count(list))
        return none;
    const int id = find(list)->data.sequence.items.start[index];
    list.tree->steps++;
    return (struct node){list.tree, id};
}

void node_pair(struct node map, size_t index, struct node *key, struct node *value)
{
    *key = *value = none;
    if (node_kind(map) != NODE_MAP || index >= node_count(map))
        return;
    const yaml_node_pair_t pair = find(map)->data.mapping.pairs.start[index];
    map.tree->steps++;
    *key = (struct node){map.tree, pair.key};
    *value = (struct node){map.tree, pair.value};
}

struct node node_member(struct node map, const char *name)
{
    for (size_t i = node_count(map); i > 0; i--) {
        struct node key, value;
        node_pair(map, i - 1, &key, &value);
        const char *text = node_text(key);
        if (text && strcmp(text, name) == 0)
            return value;
    }
    return none;
}

struct node node_at(struct node map, const char *path)
{
    char key[64];
    for (;;) {
        const size_t length = strcspn(path, ".");
        snprintf(key, sizeof(key), "%.*s", (int)length, path);
        map = node_member(map, key);
        if (path[length] == '\0')
            return map;
        path += length + 1;
    }
}

/* ---- merge keys ---- */

static void merge_into(struct tree *tree, int id, bool *is_merged, unsigned int depth);

/* Puts the pairs of another map, whose own merge keys come first, behind those of the map that does not have them. */
static void merge_map(struct tree *tree, int id, struct node other, bool *is_merged, unsigned int depth)
{
    const struct node map = {tree, id};
    if (node_kind(other) != NODE_MAP || other.id == id)
        return;
    merge_into(tree, other.id, is_merged, depth + 1);
    for (size_t i = 0, count = node_count(other); i < count && !tree_is_exhausted(tree); i++) {
        struct node key, value;
        node_pair(other, i, &key, &value);
        const char *name = node_text(key);
        if (!name || strcmp(name, "<<") == 0 || node_member(map, name).id != 0)
            continue;
        tree->steps += MERGED_PAIR_STEPS;
        if (!yaml_document_append_mapping_pair(&tree->document, id, key.id, value.id))
            tree->steps = STEPS_MAX;
    }
}

static void remove_merge_keys(struct tree *tree, int id)
{
    yaml_node_t *map = yaml_document_get_node(&tree->document, id);
    yaml_node_pair_t *to = map->data.mapping.pairs.start;
    for (const yaml_node_pair_t *pair = to; pair < map->data.mapping.pairs.top; pair++) {
        const char *name = node_text((struct node){tree, pair->key});
        if (!name || strcmp(name, "<<") != 0)
            *to++ = *pair;
    }
    map->data.mapping.pairs.top = to;
}

/* Each map once; of maps that merge each other in a circle, too. */
static void merge_into(struct tree *tree, int id, bool *is_merged, unsigned int depth)
{
    const struct node map = {tree, id};
    if (is_merged[id] || depth == MERGES_MAX)
        return;
    is_merged[id] = true;
    const struct node merged = node_member(map, "<<");
    if (node_kind(merged) != NODE_LIST)
        merge_map(tree, id, merged, is_merged, depth);
    for (size_t i = 0; node_kind(merged) == NODE_LIST && i < node_count(merged); i++)
        merge_map(tree, id, node_item(merged, i), is_merged, depth);
    remove_merge_keys(tree, id);
}

/* False: memory is short. */
static bool merge_all(struct tree *tree)
{
    const int count = (int)(tree->document.nodes.top - tree->document.nodes.start);
    bool *is_merged = calloc((size_t)count + 1, sizeof(*is_merged));
    for (int id = 1; is_merged && id <= count; id++) {
        if (tree->document.nodes.start[id - 1].type == YAML_MAPPING_NODE)
            merge_into(tree, id, is_merged, 0);
    }
    const bool is_done = is_merged;
    free(is_merged);
    return is_done;
}

/* ---- keys that are there twice ---- */

static int compare_keys(const void *first, const void *second)
{
    const yaml_node_t *one = *(const yaml_node_t *const *)first, *other = *(const yaml_node_t *const *)second;
    const int order = strcmp((const char *)one->data.scalar.value, (const char *)other->data.scalar.value);
    return order != 0 ? order : (one > other) - (one < other); /* nodes are in the file's order */
}

/* The keys of a map that are texts, sorted, those that are equal in the file's order. How many. */
static size_t sort_keys(struct tree *tree, const yaml_node_t *map, const yaml_node_t **keys)
{
    size_t count = 0;
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *key = yaml_document_get_node(&tree->document, pair->key);
        if (key && key->type == YAML_SCALAR_NODE)
            keys[count++] = key;
    }
    qsort(keys, count, sizeof(*keys), compare_keys);
    return count;
}

/* Of a map: a new string that says which key is there twice, or NULL. */
static char *find_twice(struct tree *tree, const yaml_node_t *map, const yaml_node_t **keys)
{
    const size_t count = sort_keys(tree, map, keys);
    for (size_t i = 1; i < count; i++) {
        const char *key = (const char *)keys[i]->data.scalar.value;
        if (strcmp((const char *)keys[i - 1]->data.scalar.value, key) == 0)
            return text_format("line %zu: %s is there already, in line %zu: expected once, as Frigate does",
                               keys[i]->start_mark.line + 1, key, keys[i - 1]->start_mark.line + 1);
    }
    return NULL;
}

/* Of the map that has the most. Where keys are aliases, these are more than there are nodes. */
static size_t most_pairs(const struct tree *tree)
{
    size_t most = 0;
    for (const yaml_node_t *node = tree->document.nodes.start; node < tree->document.nodes.top; node++) {
        if (node->type != YAML_MAPPING_NODE)
            continue;
        const size_t pairs = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
        most = pairs > most ? pairs : most;
    }
    return most;
}

/* One of them would be left out without a word. False: with *problem, or memory is short. */
static bool check_keys(struct tree *tree, char **problem)
{
    const size_t count = (size_t)(tree->document.nodes.top - tree->document.nodes.start);
    const yaml_node_t **keys = calloc(most_pairs(tree) + 1, sizeof(*keys));
    for (size_t i = 0; keys && !*problem && i < count; i++) {
        if (tree->document.nodes.start[i].type == YAML_MAPPING_NODE)
            *problem = find_twice(tree, &tree->document.nodes.start[i], keys);
    }
    const bool is_good = keys && !*problem;
    free(keys);
    return is_good;
}

/* ---- the whole ---- */

struct tree *tree_read(const char *text, size_t length, char **problem)
{
    struct tree *tree = calloc(1, sizeof(*tree));
    *problem = NULL;
    if (!tree || !with_parser(text, length, NULL, problem) || !with_parser(text, length, tree, problem)) {
        free(tree);
        return NULL;
    }
    if (check_keys(tree, problem) && merge_all(tree))
        return tree;
    tree_free(tree);
    return NULL;
}
