/*
 * follow.h - to follow what camd tells, over its upgrades
 *
 * In an upgrade connections end, and camd goes on: so does who follows, behind the last thing that was seen. A camd that
 * never says anything, or again and again ends what it has just begun, is no such one. One to which the command is connected
 * already may say nothing for as long as it likes.
 */
#ifndef CAMD_CAMCTL_FOLLOW_H
#define CAMD_CAMCTL_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "camctl/command.h"

struct follow {
    struct command *command;
    enum verb verb;
    uint64_t news; /* what has been shown: counted by who shows it */
    bool is_again; /* connected again */
};

/* The members of the request, the caller's to free: those of a further one when is_again says so. */
typedef json_t *follow_request(const struct follow *follow);

/* Returns when camd has answered, or is gone. part gets the follow, which is the first member of what its owner has. */
enum status follow_run(struct follow *follow, follow_request *request, command_part *part);

#endif
