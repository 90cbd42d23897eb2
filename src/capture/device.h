/* device.h - libavdevice, loaded only when an input needs it: linked, it would triple the start-up time */
#ifndef CAMD_CAPTURE_DEVICE_H
#define CAMD_CAPTURE_DEVICE_H

/* Makes libavdevice's formats known to libavformat. 0, or a negative libav error with the reason logged. */
int device_load(const char *subject);

#endif
