/*
 * pending.h - requests that are answered later, by what happens to cameras, or when the disk has it
 *
 * Each waits for cameras, to which it listens, or for what is saved, and has a deadline. It is answered when every one of
 * them has settled, whatever that means for its kind, and the disk has it.
 */
#ifndef CAMD_DAEMON_VERBS_PENDING_H
#define CAMD_DAEMON_VERBS_PENDING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct camera;
struct control_request;
struct pending;
struct requests;
struct saving;

struct pending_kind {
    /* True when nothing more has to be waited for of this camera. Asked when it has changed. */
    bool (*is_settled)(const void *state, const struct camera *camera);
    /*
     * All have settled, or have left, and the disk has it; or (late, once) the deadline has come. True when it has
     * answered; else it goes on waiting for that, without a deadline.
     */
    bool (*answer)(struct requests *requests, struct control_request *request, void *state, bool late);
    void (*release)(void *state);
    /* What the disk has to have by then, apart from the cameras. NULL, or returns NULL: nothing. */
    struct saving *(*saving)(const void *state);
};

/*
 * Takes state over. names: an array of those of the cameras to wait for, which may be leaving; one that there is not
 * has settled. NULL: for none. A camera that leaves and comes again is waited for on. Asked of all at the end of this
 * turn at the latest. 0, or -ENOMEM with state released and nothing answered.
 */
int pending_add(struct requests *requests, struct control_request *request, const struct pending_kind *kind,
                void *state, const json_t *names, int64_t timeout_ms);
/* All are answered with an error: text. */
void pending_free_all(struct requests *requests, const char *text);

#endif
