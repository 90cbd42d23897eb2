/* client_output.h - requests that wait to be sent, 64 KiB of them at most */
#ifndef CAMD_CLIENT_OUTPUT_H
#define CAMD_CLIENT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* All zero at first. */
struct client_output {
    char *bytes;
    size_t length, sent; /* what is not sent yet begins at sent */
};

void client_output_fini(struct client_output *output);
void client_output_clear(struct client_output *output);
bool client_output_waits(const struct client_output *output);
/* Puts a request behind the others, with its newline. 0, -E2BIG, -ENOBUFS as camd_connection_ask, -ENOMEM. */
int client_output_append(struct client_output *output, const char *text);
/*
 * Sends what can be sent without waiting. When the other side no longer listens it is forgotten: there may still be something
 * to read, which says why.
 */
void client_output_send(struct client_output *output, int fd);

#endif
