/*
 * redirection.h - how far a camera may send us on: within its own host, and not in a circle
 *
 * What it leads to gets the camera's user and password, and sees what else this machine can reach.
 */
#ifndef CAMD_CAPTURE_REDIRECTION_H
#define CAMD_CAPTURE_REDIRECTION_H

#include <stdbool.h>
#include <stdint.h>

enum { REDIRECTIONS_MAX = 5 }; /* with OPTIONS and DESCRIBE each, an RTSP camera gets twelve requests */

enum redirection_fault {
    REDIRECTION_GOOD,
    REDIRECTION_CIRCLE,
    REDIRECTION_FOREIGN,    /* to another host */
    REDIRECTION_OTHER_KIND, /* such as from http to rtsp, or to a file */
    REDIRECTION_NOWHERE,    /* play lists name further ones, or pieces that are none, without end */
    REDIRECTION_OTHER_PORT, /* of its own host, to which the sandbox lets nobody go */
    REDIRECTION_LATE,       /* over RTSP, in another answer than the one to DESCRIBE, or without an address */
};

/* Judges the last of a number of redirections, to location, of the input. May ask name servers. */
enum redirection_fault redirection_judge(const char *input, const char *location, uint32_t redirections);

/* A connection was refused for that: libavformat goes to some of what a list names without a word that could be judged. */
void redirection_refuse(enum redirection_fault fault);
/* Why the last one was since the last call; REDIRECTION_GOOD: none was. */
enum redirection_fault redirection_take_refusal(void);

/* Of a URL that an answer names: whether it leads to the host of input, or an address of it, and in the same way. */
enum redirection_fault redirection_judge_url(const char *input, const char *url);

#endif
