#include "camctl/status_groups.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "camctl/words.h"

/* ---- words without what differs from camera to camera ---- */

static bool is_name_character(char character)
{
    return isalnum((unsigned char)character) || character == '_' || character == '-';
}

/* A name stands by itself: that of a camera "a" is not in "as". */
static bool stands_alone(const char *text, const char *at, size_t length)
{
    return (at == text || !is_name_character(at[-1])) && !is_name_character(at[length]);
}

/* The text with other words for what, at its first place; the caller's to free. NULL: memory is short. */
static char *replace(const char *text, const char *what, const char *words, bool is_name)
{
    const size_t length = strlen(what);
    const char *at = length > 0 ? strstr(text, what) : NULL;
    while (at && is_name && !stands_alone(text, at, length))
        at = strstr(at + 1, what);
    if (!at)
        return strdup(text);
    return text_format("%.*s%s%s", (int)(at - text), text, words, at + length);
}

static char *common_words(const json_t *camera, const char *member)
{
    const char *text = json_member_string(camera, member, ""), *name = json_member_string(camera, "name", "");
    char *without_input = replace(text, json_member_string(camera, "input", ""), "its input", false);
    char *common = without_input ? replace(without_input, name, "NAME", true) : NULL;
    free(without_input);
    return common;
}

/* ---- the groups ---- */

static enum status_rank rank_of(const json_t *camera)
{
    const char *state = json_member_string(camera, "state", "");
    if (strcmp(state, "failed") == 0)
        return STATUS_RANK_FAILED;
    if (strcmp(json_member_string(camera, "want", "up"), "up") != 0)
        return STATUS_RANK_UNWANTED;
    if (strcmp(state, "degraded") == 0)
        return STATUS_RANK_DEGRADED;
    if (strcmp(state, "up") != 0)
        return STATUS_RANK_DARK;
    return json_member_string(camera, "reason", "")[0] ? STATUS_RANK_REMARK : STATUS_RANK_WELL;
}

/* What need not be told: a state that says it all, or of one that nobody wants. */
static bool says_nothing(const json_t *camera, enum status_rank rank, const char *reason)
{
    return rank == STATUS_RANK_UNWANTED || strcmp(reason, json_member_string(camera, "state", "")) == 0;
}

static void group_fini(struct status_group *group)
{
    json_decref(group->cameras);
    free(group->reason);
    free(group->hint);
}

/* That of a degraded one with its cause. */
static char *reason_of(const json_t *camera)
{
    const char *cause = json_member_string(camera, "cause", "");
    char *reason = common_words(camera, "reason");
    char *whole = reason ? text_format("%s%s%s", reason, cause[0] ? ": " : "", cause) : NULL;
    free(reason);
    return whole;
}

static int group_init(struct status_group *group, const json_t *camera)
{
    *group = (struct status_group){.rank = rank_of(camera), .cameras = json_array()};
    group->reason = reason_of(camera);
    group->hint = group->rank == STATUS_RANK_UNWANTED ? strdup("") : common_words(camera, "hint");
    if (group->reason && says_nothing(camera, group->rank, group->reason))
        group->reason[0] = '\0';
    return group->cameras && group->reason && group->hint ? 0 : -ENOMEM;
}

static bool is_same(const struct status_group *a, const struct status_group *b)
{
    return a->rank == b->rank && strcmp(a->reason, b->reason) == 0 && strcmp(a->hint, b->hint) == 0;
}

/* Takes the group over: into the one that is the same, or as a new one. */
static int add_group(struct status_groups *groups, struct status_group *group)
{
    for (size_t i = 0; i < groups->count; i++) {
        if (!is_same(&groups->groups[i], group))
            continue;
        const int result = json_array_extend(groups->groups[i].cameras, group->cameras);
        group_fini(group);
        return result < 0 ? -ENOMEM : 0;
    }
    struct status_group *more = realloc(groups->groups, (groups->count + 1) * sizeof(*more));
    if (!more) {
        group_fini(group);
        return -ENOMEM;
    }
    groups->groups = more;
    more[groups->count++] = *group;
    return 0;
}

/* The worst first, and the largest of the same rank. */
static int compare(const void *a, const void *b)
{
    const struct status_group *one = a, *other = b;
    const size_t size = json_array_size(one->cameras), other_size = json_array_size(other->cameras);
    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    if (size != other_size)
        return size > other_size ? -1 : 1;
    return strcmp(json_member_string(json_array_get(one->cameras, 0), "name", ""),
                  json_member_string(json_array_get(other->cameras, 0), "name", ""));
}

/* One that is alone may be told in its own words. */
static int own_words(struct status_group *group)
{
    const json_t *camera = json_array_get(group->cameras, 0);
    if (json_array_size(group->cameras) > 1)
        return 0;
    if (group->reason[0]) {
        free(group->reason);
        group->reason = words_reason(camera);
    }
    if (group->hint[0]) {
        free(group->hint);
        group->hint = strdup(json_member_string(camera, "hint", ""));
    }
    return group->reason && group->hint ? 0 : -ENOMEM;
}

int status_groups_make(struct status_groups *groups, const json_t *cameras)
{
    int result = 0;
    *groups = (struct status_groups){.count = 0};
    for (size_t i = 0; i < json_array_size(cameras) && result == 0; i++) {
        json_t *camera = json_array_get(cameras, i);
        struct status_group group;
        result = group_init(&group, camera);
        if (result == 0 && json_array_append(group.cameras, camera) < 0)
            result = -ENOMEM;
        if (result == 0)
            result = add_group(groups, &group);
        else
            group_fini(&group);
    }
    if (groups->count > 0)
        qsort(groups->groups, groups->count, sizeof(*groups->groups), compare);
    for (size_t i = 0; i < groups->count && result == 0; i++)
        result = own_words(&groups->groups[i]);
    return result;
}

void status_groups_free(struct status_groups *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        group_fini(&groups->groups[i]);
    free(groups->groups);
}

bool status_group_is_problem(const struct status_group *group)
{
    return group->rank < STATUS_RANK_WELL;
}
