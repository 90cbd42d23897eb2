/* video.h - pictures into a video file; its name's ending says of which kind. libav's encoders are used here only. */
#ifndef CAMD_REPLAY_VIDEO_H
#define CAMD_REPLAY_VIDEO_H

#include <stdint.h>

#include "replay/problem.h"

struct video;

/* I420 pictures of limited range. 0 and *video, or -errno with the file's name and the reason in problem. */
int video_open(const char *path, uint32_t width, uint32_t height, double fps, struct video **video,
               char problem[REPLAY_PROBLEM_BYTES]);
int video_write(struct video *video, const uint8_t *pixels, char problem[REPLAY_PROBLEM_BYTES]);
/* Completes the file. NULL is nothing. */
int video_close(struct video *video, char problem[REPLAY_PROBLEM_BYTES]);

#endif
