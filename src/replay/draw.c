#include "replay/draw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/whole_file.h"
#include "picture/encode.h"
#include "picture/overlay.h"
#include "replay/video.h"

enum { JPEG_QUALITY = 90, NAME_BYTES = 32, DIRECTORY_MODE = 0777, FILE_MODE = 0666 };

struct draw {
    struct draw_options options;
    int directory; /* -1: no files wanted */
    struct video *video;
    struct picture picture; /* its own copy: pixels are made full range for JPEG */
};

static size_t picture_bytes(const struct draw *draw)
{
    return (size_t)draw->options.width * draw->options.height * 3 / 2;
}

static int open_directory(const char *path, int *directory, char problem[REPLAY_PROBLEM_BYTES])
{
    if (mkdir(path, DIRECTORY_MODE) < 0 && errno != EEXIST)
        goto fail;
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        goto fail;
    *directory = descriptor;
    return 0;
fail:;
    int error = errno;
    snprintf(problem, REPLAY_PROBLEM_BYTES, "%s: the pictures' directory cannot be made: %s", path,
             strerror(error));
    return -error;
}

int draw_open(const struct draw_options *options, struct draw **draw, char problem[REPLAY_PROBLEM_BYTES])
{
    struct draw *opened = calloc(1, sizeof(*opened));
    int result = -ENOMEM;
    if (opened) {
        opened->options = *options;
        opened->directory = -1;
        opened->picture = (struct picture){options->width, options->height, NULL};
        opened->picture.pixels = malloc(picture_bytes(opened));
        result = opened->picture.pixels ? 0 : -ENOMEM;
    }
    if (result < 0) {
        snprintf(problem, REPLAY_PROBLEM_BYTES, "memory is short");
        free(opened);
        return result;
    }
    if (options->frames)
        result = open_directory(options->frames, &opened->directory, problem);
    if (result == 0 && options->video)
        result = video_open(options->video, options->width, options->height, options->fps, &opened->video,
                            problem);
    if (result < 0) {
        char ignored[REPLAY_PROBLEM_BYTES];
        (void)draw_close(opened, ignored);
        return result;
    }
    *draw = opened;
    return 0;
}

static int write_jpeg(struct draw *draw, uint64_t number, char problem[REPLAY_PROBLEM_BYTES])
{
    char name[NAME_BYTES];
    uint8_t *jpeg = NULL;
    size_t bytes = 0;
    snprintf(name, sizeof(name), "%06llu.jpg", (unsigned long long)number);
    picture_to_full_range(&draw->picture);
    int result = picture_jpeg(&draw->picture, JPEG_QUALITY, &jpeg, &bytes);
    if (result == 0) {
        int file = openat(draw->directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
        result = file < 0 ? -errno : whole_file_write_to(file, jpeg, bytes);
        if (file >= 0 && close(file) < 0 && result == 0)
            result = -errno;
        picture_jpeg_free(jpeg);
    }
    if (result < 0)
        snprintf(problem, REPLAY_PROBLEM_BYTES, "%s/%s: cannot be written: %s", draw->options.frames, name,
                 strerror(-result));
    return result;
}

int draw_picture(struct draw *draw, uint64_t number, const uint8_t *pixels, const struct camd_result *result,
                 char problem[REPLAY_PROBLEM_BYTES])
{
    int done = 0;
    memcpy(draw->picture.pixels, pixels, picture_bytes(draw));
    overlay_draw(&draw->picture, result, draw->options.labels, draw->options.label_count, OVERLAY_ALL);
    if (draw->video)
        done = video_write(draw->video, draw->picture.pixels, problem);
    if (done == 0 && draw->directory >= 0)
        done = write_jpeg(draw, number, problem);
    return done;
}

int draw_close(struct draw *draw, char problem[REPLAY_PROBLEM_BYTES])
{
    if (!draw)
        return 0;
    int result = video_close(draw->video, problem);
    if (draw->directory >= 0)
        close(draw->directory);
    free(draw->picture.pixels);
    free(draw);
    return result;
}
