/*
 * camera_list.h - the cameras as camd's last status has them, with their pictures
 *
 * A camera that is gone stays while somebody holds it, and says so. What the page is shown of them is one text, made
 * when there is something new.
 */
#ifndef CAMD_WEB_CAMERA_LIST_H
#define CAMD_WEB_CAMERA_LIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/name_index.h"
#include "web/camera_view.h"

struct web_camera {
    char name[CAMD_NAME_MAX + 1];
    unsigned int references;
    bool gone;            /* it is in the list no longer */
    unsigned int seen_in; /* the number of the last status that had it */
    json_t *shown;        /* what the page is told of it */
    struct camera_view view;
    struct name_node node;
    TAILQ_ENTRY(web_camera) links;
};

struct camera_list {
    char *prefix; /* of segments; NULL until a status said it */
    unsigned int status;
    size_t count;
    void *index;
    TAILQ_HEAD(, web_camera) cameras; /* as status has them: by name */
    json_t *daemon;                   /* what the page is told of camd */
};

void camera_list_init(struct camera_list *list);
void camera_list_fini(struct camera_list *list);

/*
 * A whole answer to `status`: begin, each part, and end, with which cameras that it did not have are gone. What is no part of
 * a status is left out.
 */
void camera_list_begin(struct camera_list *list);
void camera_list_part(struct camera_list *list, const json_t *part);
void camera_list_end(struct camera_list *list);

/* {"daemon":{...},"cameras":[...]}: a new reference, or NULL when memory is short. */
json_t *camera_list_json(const struct camera_list *list);

/* NULL: there is none of that name. The list's. */
struct web_camera *camera_list_find(const struct camera_list *list, const char *name);
struct web_camera *web_camera_hold(struct web_camera *camera);
void web_camera_release(struct web_camera *camera);

/* Leaves the segments of cameras at which nobody has looked for a while. True: some are still attached. */
bool camera_list_leave_unused(struct camera_list *list, int64_t now_ms);

#endif
