/* Those who wait for something of a camera, and those who keep it from being freed. */
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet_private.h"

void camera_listen(struct camera *camera, struct camera_listener *listener)
{
    listener->camera = camera;
    TAILQ_INSERT_TAIL(&camera->listeners, listener, in_camera);
    fleet_camera_changed(camera->fleet, camera);
}

void camera_unlisten(struct camera_listener *listener)
{
    if (!listener->camera)
        return;
    TAILQ_REMOVE(&listener->camera->listeners, listener, in_camera);
    listener->camera = NULL;
}

/* Each goes to the end of the list before it is told, whatever it does then; the last one of the round is a mark. */
void camera_tell(struct camera *camera)
{
    struct camera_listener mark = {0}, *listener;
    TAILQ_INSERT_TAIL(&camera->listeners, &mark, in_camera);
    while ((listener = TAILQ_FIRST(&camera->listeners)) != &mark) {
        TAILQ_REMOVE(&camera->listeners, listener, in_camera);
        TAILQ_INSERT_TAIL(&camera->listeners, listener, in_camera);
        listener->tell(listener, camera);
    }
    TAILQ_REMOVE(&camera->listeners, &mark, in_camera);
}

void camera_tell_left(struct camera *camera)
{
    struct camera_listener *listener;
    while ((listener = TAILQ_FIRST(&camera->listeners))) {
        camera_unlisten(listener);
        listener->tell(listener, NULL);
    }
}

void camera_tell_soon(struct camera *camera)
{
    fleet_camera_changed(camera->fleet, camera);
}

void camera_hold(struct camera *camera)
{
    camera->holders++;
}

void camera_release(struct camera *camera)
{
    camera->holders--;
    fleet_camera_changed(camera->fleet, camera);
}
