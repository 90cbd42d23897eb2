/* capture_settings.h - the part of a camera's configuration that capture uses */
#ifndef CAMD_CAPTURE_CAPTURE_SETTINGS_H
#define CAMD_CAPTURE_CAPTURE_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture/colours.h"
#include "capture/picture_health.h"

enum { SETTINGS_TIMEOUT_MAX_S = 3600 };

struct settings {
    char *input;            /* URL, file or lavfi:GRAPH; may hold secrets: redact before printing */
    uint32_t width, height; /* of the pictures delivered; 0: the stream's */
    double fps;             /* pictures a second that are chosen */
    bool fps_is_own;        /* written for this camera, not a default */
    bool loop;              /* files: from the start again at the end */
    bool pace;              /* files: in real time; false: as fast as the tracker takes them */
    char *rtsp_transport;   /* "tcp" or "udp" */
    struct colours colours; /* what the camera really sends, over what it says */
    char *hwaccel;          /* "none", "auto", or a kind of libavutil's */
    bool all_media;         /* RTSP: ask for sound, too; for probing only */
    int64_t open_timeout_ns, read_timeout_ns;
    struct picture_limits limits;
    /* Key pictures alone are decoded while nothing moves, if no further apart; 0: never. */
    int64_t idle_limit_ns;
};

/*
 * Reads the members of config that are named like the keys, with the defaults for absent ones. 0, -ENOMEM, or
 * -EINVAL with *problem, a text (static or config's) that says what is wrong; settings is untouched then.
 */
int capture_settings_read(struct settings *settings, const json_t *config, const char **problem);
void capture_settings_fini(struct settings *settings);

/*
 * Takes over from config what can change while the stream runs: fps, loop, pace, colours and limits, that of
 * idle_decode among them. Bad values are left out. Returns true when fps changed.
 */
bool capture_settings_update(struct settings *settings, const json_t *config);

#endif
