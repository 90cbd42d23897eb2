/*
 * pending.h - requests that are answered later
 *
 * Each waits for something to become true of cameras, and has a deadline. They are looked at after every change of
 * a worker's state.
 */
#ifndef CAMD_DAEMON_VERBS_PENDING_H
#define CAMD_DAEMON_VERBS_PENDING_H

#include <stdbool.h>
#include <stdint.h>

struct control_request;
struct requests;
struct pending;

struct pending_kind {
    /* True when it has answered and is finished. late: the deadline has come, and it must finish. */
    bool (*look)(struct requests *requests, struct control_request *request, void *state, bool late);
    void (*release)(void *state);
};

/*
 * Takes state over and looks at once on the next turn of the loop. 0, or -ENOMEM with state released and nothing answered.
 */
int pending_add(struct requests *requests, struct control_request *request, const struct pending_kind *kind,
                void *state, int64_t timeout_ms);
/* Looks at all. */
void pending_look(struct requests *requests);
void pending_free_all(struct requests *requests);

#endif
