/* pass_on.h - the parts of an answer as camd printed them, put together to one document: programs read it, not camctl */
#ifndef CAMD_CAMCTL_PASS_ON_H
#define CAMD_CAMCTL_PASS_ON_H

#include "camctl/command.h"

/* A member of the document. */
struct pass_on_member {
    const char *part; /* the one member of its parts */
    const char *name;
    bool is_list;        /* of all parts of that kind; else it is the one that there is */
    const char *nothing; /* when there is none, and it is no list */
};

enum { PASS_ON_MEMBERS_MAX = 4 };

/* Asks (body is stolen) and writes the document, when the answer is whole. */
enum status pass_on(struct command *command, enum verb verb, json_t *body,
                    const struct pass_on_member *members, size_t count);

#endif
