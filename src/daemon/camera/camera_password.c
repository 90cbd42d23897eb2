/*
 * A camera that did not accept its password is left alone for minutes. Its password_file is looked at meanwhile: another
 * password is worth a try at once. With a timer, since libev's ev_stat has a struct stat in it, which on machines of 32 bits
 * is another one here than in a libev that was built without large files and times.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file_identity.h"
#include "daemon/camera/camera_private.h"
#include "daemon/handoff/handoff_fields.h"

struct camera_password {
    ev_timer look;    /* active while the camera waits */
    struct stat read; /* the file as capture was given its password last, or as it was found changed since */
};

#define LOOK_S 1.0

/* Who may read it counts, too: one that others may read has been refused. */
static bool is_as_before(const struct stat *now, const struct stat *before)
{
    return file_is_same(now, before) && now->st_mode == before->st_mode && now->st_uid == before->st_uid;
}

static void look_at_file(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct camera *camera = timer->data;
    const char *path = camera->config.password_file;
    struct stat now;
    (void)loop;
    (void)events;
    /* one that is gone is no new password; that somebody has read it is none, either */
    if (!path || stat(path, &now) < 0 || is_as_before(&now, &camera->password->read))
        return;
    camera->password->read = now;
    worker_credentials_changed(camera_capture(camera));
}

void camera_password_note(struct camera *camera)
{
    if (!camera->config.password_file)
        return;
    if (!camera->password) {
        camera->password = calloc(1, sizeof(*camera->password));
        if (!camera->password)
            return;
        ev_timer_init(&camera->password->look, look_at_file, 0.0, LOOK_S);
        camera->password->look.data = camera;
    }
    if (stat(camera->config.password_file, &camera->password->read) < 0)
        camera->password->read = (struct stat){0};
}

void camera_password_look(struct camera *camera)
{
    const struct automaton *capture = &camera_capture(camera)->automaton;
    if (!camera->password)
        return;
    const bool waits = (capture->state == AUTOMATON_BACKOFF || capture->state == AUTOMATON_FAILED) &&
                       capture->error_class == CAMD_CLASS_AUTH && camera->config.password_file;
    if (!waits) {
        ev_timer_stop(camera->services->loop, &camera->password->look);
    } else if (!ev_is_active(&camera->password->look)) {
        /* the first time at once: it may have changed while the camera was being asked */
        ev_timer_set(&camera->password->look, 0.0, LOOK_S);
        ev_timer_start(camera->services->loop, &camera->password->look);
    }
}

/* ---- upgrade ---- */

/* What tells one content of the file from another, and never the content. */
struct seen_file {
    uint64_t device, inode;
    int64_t size, changed_s, changed_ns;
    uint32_t mode, owner;
};

static const struct handoff_field fields[] = {
    HANDOFF(struct seen_file, device),     HANDOFF(struct seen_file, inode),
    HANDOFF(struct seen_file, size),       HANDOFF(struct seen_file, changed_s),
    HANDOFF(struct seen_file, changed_ns), HANDOFF(struct seen_file, mode),
    HANDOFF(struct seen_file, owner),
};

json_t *camera_password_hand_over(const struct camera *camera)
{
    if (!camera->password)
        return json_null();
    const struct stat *read = &camera->password->read;
    const struct seen_file seen = {.device = read->st_dev,
                                   .inode = read->st_ino,
                                   .size = read->st_size,
                                   .changed_s = read->st_mtim.tv_sec,
                                   .changed_ns = read->st_mtim.tv_nsec,
                                   .mode = read->st_mode,
                                   .owner = read->st_uid};
    return handoff_write(&seen, fields, HANDOFF_COUNT(fields));
}

int camera_password_take_over(struct camera *camera, const json_t *record)
{
    struct seen_file seen = {0};
    if (!json_is_object(record))
        return 0;
    const int error = handoff_read(record, &seen, fields, HANDOFF_COUNT(fields));
    if (error < 0)
        return error;
    camera_password_note(camera);
    if (!camera->password)
        return 0;
    camera->password->read = (struct stat){.st_dev = seen.device,
                                           .st_ino = seen.inode,
                                           .st_size = seen.size,
                                           .st_mtim = {(time_t)seen.changed_s, (long)seen.changed_ns},
                                           .st_mode = seen.mode,
                                           .st_uid = seen.owner};
    camera_password_look(camera);
    return 0;
}

void camera_password_free(struct camera *camera)
{
    if (!camera->password)
        return;
    ev_timer_stop(camera->services->loop, &camera->password->look);
    free(camera->password);
    camera->password = NULL;
}

void camera_credentials_changed(struct camera *camera)
{
    worker_credentials_changed(camera_capture(camera));
}
