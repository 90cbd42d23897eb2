/*
 * live.h - streams of live pictures: of one camera, or of many over one connection
 *
 * Each is a multipart/x-mixed-replace whose parts are JPEGs, and say in X-Camera whose. A picture is made when a viewer has
 * room for it, of the newest frame then, once for all viewers of that width; a viewer who takes one slowly gets fewer.
 */
#ifndef CAMD_WEB_LIVE_H
#define CAMD_WEB_LIVE_H

#include <ev.h>
#include <sys/queue.h>

#include "web/camera_list.h"
#include "web/http.h"

enum {
    LIVE_CAMERAS_MAX = 256, /* of a stream */
};

struct live_viewer;

struct live {
    struct ev_loop *loop;
    const struct camera_list *cameras;
    unsigned int count, most;
    int quality;
    double fps; /* the most a viewer gets */
    ev_timer look;
    TAILQ_HEAD(, live_viewer) viewers;
};

void live_init(struct live *live, struct ev_loop *loop, const struct camera_list *cameras, unsigned int most,
               double fps, int quality);

/*
 * Answers a request with a stream of the cameras that are named, with commas between them; parameters: width in pixels, and
 * fps, which may be below one. What there is no camera for is left out; none at all is refused.
 */
void live_open(struct live *live, struct http_request *request, const char *names);
/* Answers it with the newest picture of one. */
void live_answer_picture(struct live *live, struct http_request *request, const char *name);

#endif
