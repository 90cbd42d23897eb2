/*
 * connection.h - libcamd's connection as camctl uses it: with a deadline, and failures in words
 *
 * One request after the other; every wait ends at a deadline, so that camctl never hangs on a daemon that
 * does not answer, answers nonsense, or stops in the middle.
 */
#ifndef CAMD_CAMCTL_CONNECTION_H
#define CAMD_CAMCTL_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "camctl/exit_status.h"

struct connection;

/* Connects and reads the greeting; path must outlive the connection. The deadline is timeout_ms from now. */
enum status connection_open(struct connection **connection, const char *path, int64_t timeout_ms,
                            json_t **error);
/* NULL is fine. */
void connection_close(struct connection *connection);

/* Sets a new deadline, timeout_ms after begun_ns (monotonic); negative: none. */
void connection_set_timeout(struct connection *connection, int64_t begun_ns, int64_t timeout_ms);

/*
 * Sends a verb with its parameters (borrowed), over a connection that is made again if camd has closed it. When camd closes it
 * before the answer, as in an upgrade, a request that changes nothing is made once more, and a listing of events goes on
 * behind the last one that came; one that follows is not repeated: see follow.h.
 */
enum status connection_send(struct connection *connection, const char *verb, const json_t *parameters,
                            json_t **error);

/*
 * Reads the next line of the answer. STATUS_DONE and either *part or *ok (new references, NULL before), the
 * latter being the answer's end.
 */
enum status connection_receive(struct connection *connection, json_t **part, json_t **ok, json_t **error);

/*
 * The same without reading the part: *part (NULL before) is its text, of *length bytes without a NUL, valid until the
 * next call.
 */
enum status connection_receive_text(struct connection *connection, const char **part, size_t *length,
                                    json_t **ok, json_t **error);

/* Waits until the daemon closes the connection; false when the deadline comes first. */
bool connection_wait_end(struct connection *connection);

/* The daemon's process, as the kernel knows it; 0 when it is in another pid namespace. */
pid_t connection_daemon_pid(const struct connection *connection);
int64_t connection_deadline_ns(const struct connection *connection);
/* How long ago camd greeted on it. */
int64_t connection_stood_ms(const struct connection *connection);

#endif
