/*
 * cameras.h - the cameras that the detector serves, and their turns
 */
#ifndef CAMD_DETECTOR_CAMERAS_H
#define CAMD_DETECTOR_CAMERAS_H

#include "detector/served.h"

enum { CAMERAS_MAX = 4096 };

/* The back-end, opened. */
struct cameras_engine {
    const struct detector_backend *backend;
    void *detector;
};

/* Made by cameras_init, freed by cameras_fini; one owner. */
struct cameras {
    uint32_t count;
    struct served *list;          /* CAMERAS_MAX */
    struct turns_camera *waiting; /* the same; for cameras_serve only */
    struct turns turns;
    int poll; /* an epoll descriptor: readable when a tracker has posted a request */
    uint8_t *tensor;
    size_t tensor_bytes;
};

/* 0 or -errno. */
int cameras_init(struct cameras *cameras);
void cameras_fini(struct cameras *cameras);

/*
 * Adds a camera, or replaces the one of that name, which keeps its place. The descriptors are taken only on success.
 * -ENOSPC: there are CAMERAS_MAX; others as served_init.
 */
int cameras_attach(struct cameras *cameras, const char *camera, uint32_t width, uint32_t height,
                   const struct served_fds *fds);
/* -ENOENT: it isn't there. */
int cameras_detach(struct cameras *cameras, const char *camera);

/* To be called when poll is readable, before cameras_serve: a request that is posted later makes it readable again. */
void cameras_clear(struct cameras *cameras);
/* Looks at all cameras and answers one request, that of the camera whose turn it is. False when none waits. */
bool cameras_serve(struct cameras *cameras, const struct cameras_engine *engine);

#endif
