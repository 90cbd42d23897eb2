/*
 * status_groups.h - cameras with the same trouble together, the worst first
 *
 * What is said of a camera names its input and itself: apart from these, the words of several are the same when the
 * trouble is.
 */
#ifndef CAMD_CAMCTL_STATUS_GROUPS_H
#define CAMD_CAMCTL_STATUS_GROUPS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The worst first. */
enum status_rank {
    STATUS_RANK_FAILED,   /* camd has given up */
    STATUS_RANK_DARK,     /* wanted, and not up */
    STATUS_RANK_DEGRADED, /* up, and its pictures are not well */
    STATUS_RANK_REMARK,   /* up, and something could be better */
    STATUS_RANK_WELL,
    STATUS_RANK_UNWANTED, /* stopped or disabled */
};

struct status_group {
    enum status_rank rank;
    json_t *cameras;     /* an array, or of detectors; at least one */
    char *reason, *hint; /* of one: its own words; "": there is nothing to say */
};

struct status_groups {
    struct status_group *groups;
    size_t count;
};

/* cameras: an array of them, or of detectors, as status has them. 0 or -ENOMEM; to be freed in any case. */
int status_groups_make(struct status_groups *groups, const json_t *cameras);
void status_groups_free(struct status_groups *groups);

/* Whether this is something that somebody should look after. */
bool status_group_is_problem(const struct status_group *group);

#endif
