/*
 * worker_news.h - what subscribers hear of a worker: its state and its errors, of a camera's and of a detector alike
 */
#ifndef CAMD_DAEMON_CAMERA_WORKER_NEWS_H
#define CAMD_DAEMON_CAMERA_WORKER_NEWS_H

#include <jansson.h>

#include "daemon/camera/services.h"
#include "daemon/supervise/worker_process.h"

/* Whose news they are: camera is its name, or NULL; who has the first fields of the event, and is stolen. */
struct worker_news {
    const struct services *services;
    const char *event;
    const char *camera;
    json_t *who;
};

/* The state that the worker has now, and why it has it, unless it does well. */
void worker_news_state(const struct worker_news *news, const struct worker_process *worker);
/* The error that it told last: text and hint as the worker process keeps them, without secrets. */
void worker_news_error(const struct worker_news *news, const struct worker_process *worker);

#endif
