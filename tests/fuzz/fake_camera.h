/* fake_camera.h - a camera of the daemon's without processes, for the fuzzers: everything that it says goes nowhere */
#ifndef FAKE_CAMERA_H
#define FAKE_CAMERA_H

#include "daemon/camera/camera_private.h"

/* The same one each time; made the first time. */
struct camera *fake_camera(void);
/* With segments of 64x48, of which only ctl is there, as a file in memory: its descriptor. */
int fake_camera_ctl(void);

#endif
