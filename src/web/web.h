/*
 * web.h - the page of a camd: what it serves, and to whom
 *
 *   /                  the page, and the files that belong to it
 *   /events            what happens, as server-sent events: state (all cameras), event, missed
 *   /live?cameras=A,B  live pictures of cameras over one connection
 *   /stream/NAME       those of one, as MJPEG; /picture/NAME the newest one, as JPEG
 *   /object/NAME/ID    the best picture of an object
 *   /grid/NAME, /zones/NAME   where objects appear; zones and masks
 *   /metrics           all that status knows, for Prometheus
 *   /healthz, /readyz  for whoever watches camd-web
 */
#ifndef CAMD_WEB_WEB_H
#define CAMD_WEB_WEB_H

#include "web/web_settings.h"
#include "web/web_users.h"

struct web;

/* users NULL: everybody on this machine. listen_fd is the web's from then on. 0 or -errno, logged. */
int web_start(struct web **web, struct ev_loop *loop, const struct web_settings *settings,
              const struct web_users *users, int listen_fd);
void web_stop(struct web *web); /* NULL is fine */

#endif
