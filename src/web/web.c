#include "web/web.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "companion/camd_link.h"
#include "web/address.h"
#include "web/camera_watch.h"
#include "web/guarded.h"
#include "web/host_name.h"
#include "web/http.h"
#include "web/live.h"
#include "web/login.h"
#include "web/object_pictures.h"
#include "web/page_files.h"
#include "web/relay.h"

enum {
    LEAVE_S = 5,
    TITLE_BYTES = 128,
    /* A viewer has two connections, and a few more for a moment: pictures of objects, the page itself. */
    CONNECTIONS_A_VIEWER = 4,
    CONNECTIONS_MORE = 32,
};

struct web {
    struct ev_loop *loop;
    const struct web_settings *settings;
    const struct web_users *users;
    char title[TITLE_BYTES];
    struct http *http;
    struct login *login;
    struct camd_link *link;
    struct camera_list cameras;
    struct event_log log;
    struct event_streams streams;
    struct camera_watch watch;
    struct relays relays;
    struct live live;
    struct object_pictures objects;
    ev_timer leave; /* while segments are attached */
};

/* ---- what is served; rest is what follows the path of the route ---- */

static void serve_file(struct web *web, struct http_request *request, const char *rest)
{
    const struct page_file *file = page_file_find(http_request_path(request));
    (void)web;
    (void)rest;
    const struct http_answer answer = {
        .status = 200,
        .type = file->type,
        .body = file->bytes,
        .bytes = file->length,
        .body_stays = true,
        .cache = HTTP_CACHE_CHECK,
        .tag = file->tag,
    };
    http_answer(request, &answer);
}

static void serve_events(struct web *web, struct http_request *request, const char *rest)
{
    const bool first = web->streams.count == 0, is_old = camera_watch_look(&web->watch);
    (void)rest;
    if (event_streams_open(&web->streams, request, is_old) && first && !is_old)
        camera_watch_show(&web->watch);
}

static void look_at_pictures(struct web *web)
{
    if (!ev_is_active(&web->leave))
        ev_timer_again(web->loop, &web->leave);
}

static void serve_live(struct web *web, struct http_request *request, const char *rest)
{
    const char *names = http_request_parameter(request, "cameras");
    (void)rest;
    look_at_pictures(web);
    live_open(&web->live, request, names ? names : "");
}

static void serve_stream(struct web *web, struct http_request *request, const char *rest)
{
    look_at_pictures(web);
    live_open(&web->live, request, rest);
}

static void serve_picture(struct web *web, struct http_request *request, const char *rest)
{
    look_at_pictures(web);
    live_answer_picture(&web->live, request, rest);
}

/* The camera of NAME/NUMBER, and the number; NULL: it is none, or there is no such camera. */
static const struct web_camera *object_of(const struct web *web, const char *rest, int64_t *number)
{
    char name[CAMD_NAME_MAX + 1];
    const size_t length = strcspn(rest, "/");
    if (length == 0 || length > CAMD_NAME_MAX || rest[length] == '\0' ||
        !text_to_int(rest + length + 1, number) || *number <= 0)
        return NULL;
    memcpy(name, rest, length);
    name[length] = '\0';
    return camera_list_find(&web->cameras, name);
}

static void serve_object(struct web *web, struct http_request *request, const char *rest)
{
    const char *frame = http_request_parameter(request, "frame");
    int64_t object_id = 0, frame_id = 0;
    const struct web_camera *camera = object_of(web, rest, &object_id);
    struct picture_jpeg *jpeg = NULL;
    if (frame && !text_to_int(frame, &frame_id))
        frame_id = 0;
    if (!camera || object_pictures_find(&web->objects, &camera->view, (uint64_t)object_id, (uint64_t)frame_id,
                                        http_request_parameter(request, "whole") != NULL, &jpeg) < 0) {
        /* a page that shows many events expects that some are gone: a browser complains of each 404 */
        http_answer_text(request, http_request_parameter(request, "quiet") ? 204 : 404,
                         "There is no picture of that object, or not any more.");
        return;
    }
    /* a better one may come, unless it is the one of that frame which was asked for */
    const struct http_answer answer = {.status = 200,
                                       .type = "image/jpeg",
                                       .body = jpeg->data,
                                       .bytes = jpeg->bytes,
                                       .cache = jpeg->frame_id == (uint64_t)frame_id ? HTTP_CACHE_KEEP
                                                                                     : HTTP_CACHE_NEVER};
    http_answer(request, &answer);
    picture_jpeg_release(jpeg);
}

static void serve_relayed(struct web *web, struct http_request *request, relay_function *relay,
                          const char *name)
{
    if (camera_list_find(&web->cameras, name))
        relay(&web->relays, web->link, request, name);
    else
        http_answer_text(request, 404, "There is no such camera.");
}

static void serve_grid(struct web *web, struct http_request *request, const char *rest)
{
    serve_relayed(web, request, relay_grid, rest);
}

static void serve_zones(struct web *web, struct http_request *request, const char *rest)
{
    serve_relayed(web, request, relay_zones, rest);
}

static void serve_metrics(struct web *web, struct http_request *request, const char *rest)
{
    (void)rest;
    relay_metrics(&web->relays, web->link, request);
}

static void serve_health(struct web *web, struct http_request *request, const char *rest)
{
    (void)web;
    (void)rest;
    http_answer_text(request, 200, "ok");
}

static void serve_readiness(struct web *web, struct http_request *request, const char *rest)
{
    (void)rest;
    if (!camera_watch_is_well(&web->watch))
        http_answer_busy(request, web->watch.reason);
    else if (!web->watch.knows_cameras)
        http_answer_busy(request, "the cameras are being asked for");
    else
        http_answer_text(request, 200, "ok");
}

/* ---- which request is for what ---- */

static const struct route {
    const char *path;
    bool begins;     /* the path goes on with a rest */
    bool is_for_all; /* without a login */
    void (*serve)(struct web *web, struct http_request *request, const char *rest);
} routes[] = {
    {.path = "/events", .serve = serve_events},
    {.path = "/live", .serve = serve_live},
    {.path = "/stream/", .begins = true, .serve = serve_stream},
    {.path = "/picture/", .begins = true, .serve = serve_picture},
    {.path = "/object/", .begins = true, .serve = serve_object},
    {.path = "/grid/", .begins = true, .serve = serve_grid},
    {.path = "/zones/", .begins = true, .serve = serve_zones},
    {.path = "/metrics", .serve = serve_metrics},
    {.path = "/healthz", .is_for_all = true, .serve = serve_health},
    {.path = "/readyz", .is_for_all = true, .serve = serve_readiness},
};

static const struct route file_route = {.path = "", .begins = true, .serve = serve_file};

static const struct route *route_of(const char *path)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        const size_t length = strlen(routes[i].path);
        if (strncmp(path, routes[i].path, length) == 0 && (routes[i].begins || path[length] == '\0'))
            return &routes[i];
    }
    return page_file_find(path) ? &file_route : NULL;
}

static void serve_route(void *context, struct http_request *request)
{
    const char *path = http_request_path(request);
    const struct route *route = route_of(path);
    route->serve(context, request, path + strlen(route->path));
}

/* To a document of its own; what is shown within another page is navigated to as well. */
static bool follows_link(const struct http_request *request)
{
    const char *mode = http_request_header(request, "Sec-Fetch-Mode"),
               *destination = http_request_header(request, "Sec-Fetch-Dest");
    return mode && strcmp(mode, "navigate") == 0 && (!destination || strcmp(destination, "document") == 0);
}

/* A page of somebody else's has made the browser ask. Who follows a link to the page may. */
static bool is_of_another_page(const struct http_request *request)
{
    const char *site = http_request_header(request, "Sec-Fetch-Site");
    return site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0 && !follows_link(request);
}

static void serve(void *context, struct http_request *request)
{
    struct web *web = context;
    const struct route *route = route_of(http_request_path(request));
    const char *host = http_request_header(request, "Host"); /* none with HTTP/1.0, which no browser speaks */
    if (!web->users && host && !host_name_is_ours(host, web->settings->listen, web->settings->hosts))
        http_answer_text(request, 421, "The page is not served under this name: see hosts in camd-web(8).");
    else if (is_of_another_page(request))
        http_answer_text(request, 403, "Other pages may not ask.");
    else if (!route)
        http_answer_text(request, 404, "There is nothing here.");
    else if (route->is_for_all)
        serve_route(web, request);
    else
        login_check(web->login, request, serve_route, web);
}

/* ---- start and stop ---- */

static void leave_unused(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct web *web = timer->data;
    (void)events;
    if (!camera_list_leave_unused(&web->cameras, clock_monotonic_ms()))
        ev_timer_stop(loop, timer);
}

static void set_title(struct web *web)
{
    if (web->settings->title)
        snprintf(web->title, sizeof(web->title), "%s", web->settings->title);
    else if (gethostname(web->title, sizeof(web->title)) < 0)
        snprintf(web->title, sizeof(web->title), "camd");
    web->title[sizeof(web->title) - 1] = '\0';
}

static int start_http(struct web *web, int listen_fd)
{
    const unsigned int most = CONNECTIONS_MORE + CONNECTIONS_A_VIEWER * (unsigned int)web->settings->viewers;
    struct sockaddr_storage address;
    const bool alone = web_settings_address(web->settings->listen, &address) > 0 &&
                       address_is_loopback((const struct sockaddr *)&address);
    const struct http_settings settings = {
        .listen_fd = listen_fd,
        .connections_max = most,
        /* a reverse proxy on this machine has all its clients' connections from one address */
        .address_connections_max = alone ? 0 : most / 4,
        .behind_proxy = web->settings->proxy,
    };
    return http_start(&web->http, web->loop, &settings, serve, web);
}

static int start_all(struct web *web, int listen_fd)
{
    const unsigned int viewers = (unsigned int)web->settings->viewers;
    int result = guarded_start();
    camera_list_init(&web->cameras);
    event_streams_init(&web->streams, web->loop, &web->log, viewers);
    relays_init(&web->relays);
    live_init(&web->live, web->loop, &web->cameras, viewers, web->settings->fps, (int)web->settings->quality);
    ev_timer_init(&web->leave, leave_unused, LEAVE_S, LEAVE_S);
    web->leave.data = web;
    if (result == 0)
        result = login_new(&web->login, web->loop, web->users);
    if (result == 0)
        result = camd_link_new(&web->link, web->loop, web->settings->companion.socket, CAMD_LINK_SILENCE_S);
    if (result == 0)
        result = camera_watch_start(&web->watch, web->loop, web->link, web->title, &web->cameras, &web->log,
                                    &web->streams);
    if (result == 0)
        result = start_http(web, listen_fd);
    return result;
}

int web_start(struct web **web, struct ev_loop *loop, const struct web_settings *settings,
              const struct web_users *users, int listen_fd)
{
    struct web *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->loop = loop;
    made->settings = settings;
    made->users = users;
    set_title(made);
    const int result = start_all(made, listen_fd);
    if (result < 0) {
        log_error(NULL, "cannot start: %s", strerror(-result));
        web_stop(made);
        return result;
    }
    log_notice(NULL, "serving http://%s/", settings->listen);
    *web = made;
    return 0;
}

/* The requests first: they hold what the others own. */
void web_stop(struct web *web)
{
    if (!web)
        return;
    http_stop(web->http);
    if (web->watch.loop)
        camera_watch_stop(&web->watch);
    camd_link_free(web->link);
    relays_fini(&web->relays);
    login_free(web->login);
    ev_timer_stop(web->loop, &web->leave);
    object_pictures_fini(&web->objects);
    event_streams_fini(&web->streams);
    event_log_fini(&web->log);
    camera_list_fini(&web->cameras);
    free(web);
}
