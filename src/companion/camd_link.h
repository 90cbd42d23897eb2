/*
 * camd_link.h - the connections to camd, in a libev loop
 *
 * Two of them, since camd answers nothing else on one that is subscribed. Both come back by themselves: the subscription
 * goes on behind the last event, also when camd has refused it, and what was asked when a connection was lost is answered by
 * an error. So is what a camd that hangs does not answer in time; and when nothing is asked for a while, it is asked for its
 * version, so that one that hangs is noticed then, too.
 */
#ifndef CAMD_COMPANION_CAMD_LINK_H
#define CAMD_COMPANION_CAMD_LINK_H

#include <ev.h>
#include <stdbool.h>

#include "camd/client.h"

struct camd_link;

/*
 * A reply, valid until the function returns. Of a subscription: CAMD_REPLY_SNAPSHOT, EVENT, MISSED, LOST, or ERROR: camd
 * refuses it, and is asked for it again, after a second and up to a minute. Of what was asked: any number of CAMD_REPLY_PART,
 * then OK or ERROR; when the connection was lost, that is an ERROR with the code "lost".
 */
typedef void camd_link_function(void *context, const struct camd_reply *reply);

enum {
    CAMD_LINK_REQUESTS_MAX = 64, /* that wait for their answers */
    CAMD_LINK_SILENCE_S = 15,
    CAMD_LINK_TEXT_BYTES = 320,
};

/*
 * socket: the path. silence_s: without a word for so long while something waits for its answer, camd is silent; and without
 * a question for so long it is asked (CAMD_LINK_SILENCE_S, but in tests). 0 or -errno.
 */
int camd_link_new(struct camd_link **link, struct ev_loop *loop, const char *socket, double silence_s);
/* What waits for an answer gets an error. NULL is fine. */
void camd_link_free(struct camd_link *link);
const char *camd_link_socket(const struct camd_link *link);

/* Once. from: behind that event, NULL: from now on. 0 or -errno. */
int camd_link_subscribe(struct camd_link *link, const struct camd_place *from, camd_link_function *function,
                        void *context);
/* To be told when camd has become silent, before what waits gets an error for it; and when it answers again. */
typedef void camd_link_silence_function(void *context, bool is_silent);
void camd_link_watch_silence(struct camd_link *link, camd_link_silence_function *function, void *context);
bool camd_link_is_silent(const struct camd_link *link);
/* Of a LOST or ERROR: why, and what can be done, in words for people. Returns text. */
const char *camd_link_explain(const struct camd_reply *reply, char text[CAMD_LINK_TEXT_BYTES]);
/* Whether events are read: what is not read waits in camd, and may be missed in the end. */
void camd_link_pause(struct camd_link *link, bool is_paused);

/*
 * Asks a verb of camd-ipc(7); parameters: the text of a JSON object, or NULL. 0, and function is called with the answer;
 * -EBUSY: too many wait already; or -errno, as of camd_connection_ask, and function is not called.
 */
int camd_link_ask(struct camd_link *link, const char *verb, const char *parameters,
                  camd_link_function *function, void *context);

#endif
