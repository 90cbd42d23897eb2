/* client_lines.h - lines from a socket, in a buffer that grows as far as a line may be long and no further */
#ifndef CAMD_CLIENT_LINES_H
#define CAMD_CLIENT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct client_lines {
    char *bytes;
    size_t room, start, used; /* bytes start..used were not taken yet */
    size_t searched;          /* bytes from start that hold no line's end */
};

/* Without memory until the first fill. */
void client_lines_init(struct client_lines *lines);
void client_lines_fini(struct client_lines *lines);
/* Forgets what was not taken: the connection has ended. */
void client_lines_clear(struct client_lines *lines);
/*
 * One read, without waiting: the number of bytes, 0 at the end of the stream, or -errno: -EAGAIN, -EMSGSIZE when the line
 * that began is longer than CAMD_LINE_BYTES, -ENOMEM. Lines that were taken before are no longer valid.
 */
ssize_t client_lines_fill(struct client_lines *lines, int fd);
/* Takes a whole line, which ends with a NUL in place of its newline. false: there is none. */
bool client_lines_next(struct client_lines *lines, char **line, size_t *length);

#endif
