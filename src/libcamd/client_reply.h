/* client_reply.h - what a line of camd says */
#ifndef CAMD_CLIENT_REPLY_H
#define CAMD_CLIENT_REPLY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "camd/client.h"

enum {
    CLIENT_PROTOCOL = 1,
    CLIENT_VERSION_BYTES = 32,
};

/* A reply and what its strings stand in, the line aside. */
struct client_reply {
    struct camd_reply reply;
    json_t *tree;  /* or NULL */
    char *printed; /* the text of a value that did not come as camd prints it, or NULL */
};

void client_reply_fini(struct client_reply *made);

/* A reply that no line says: the connection was lost, by -errno. What an error said before stays in its words. */
void client_reply_lost(struct client_reply *made, int problem);

/*
 * Reads a line of an answer, or of a subscription, whose parts are events and the like; one that is nothing of these stays a
 * part. The reply's text may stand in the line, which is changed for that. 0, -EPROTO: this is not camd's protocol; -ENOMEM.
 */
int client_reply_read(struct client_reply *made, char *line, size_t length, bool subscribed);

/*
 * Reads camd's first line. 0 and its version, -EPROTONOSUPPORT: it speaks another protocol, and this is its version;
 * -EBUSY and an error as the reply: it takes no more clients; -EPROTO, -ENOMEM.
 */
int client_reply_greeting(struct client_reply *made, char *line, size_t length,
                          char version[CLIENT_VERSION_BYTES]);

#endif
