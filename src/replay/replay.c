#include "replay/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/clip.h"

enum { PROGRESS_FRAMES = 25 };

struct replay {
    const struct replay_options *options;
    struct clip clip;
    struct pipeline pipeline;
    struct tracks tracks; /* of the file's detections */
    struct detection_list found;
};

static void show_progress(const struct replay *replay, bool end)
{
    if (!replay->options->progress || (!end && replay->clip.number % PROGRESS_FRAMES != 0))
        return;
    fprintf(stderr, "\rframe %llu%s", (unsigned long long)replay->clip.number, end ? "\n" : "");
}

static int set_up(struct replay *replay)
{
    const struct clip *clip = &replay->clip;
    const struct tracks_settings tracking = {.fps = clip->fps};
    tracks_init(&replay->tracks, &tracking, clip->width, clip->height);
    return pipeline_set_size(&replay->pipeline, clip->width, clip->height);
}

static int process(struct replay *replay, char problem[REPLAY_PROBLEM_BYTES])
{
    const struct replay_options *options = replay->options;
    const struct clip *clip = &replay->clip;
    if (clip->number == 1) {
        int result = set_up(replay);
        if (result < 0) {
            snprintf(problem, REPLAY_PROBLEM_BYTES, "motion detection can't be set up: %s",
                     strerror(-result));
            return result;
        }
    }
    const struct camd_frame frame = {
        .pixels = clip->pixels,
        .frame_id = clip->number,
        .stream_time_ns = clip->time_ns,
        .arrival_ns = clip->time_ns,
        .wall_ns = clip->time_ns,
    };
    pipeline_frame(&replay->pipeline, &frame, false, clip->time_ns);
    if (options->detections) {
        mot_of_frame(options->detections, clip->number, &replay->found);
        tracks_update(&replay->tracks, replay->found.list, replay->found.count, clip->pixels);
    }
    int result = options->mot ? mot_write(options->mot, clip->number, &replay->tracks) : 0;
    if (result < 0)
        snprintf(problem, REPLAY_PROBLEM_BYTES, "the tracks can't be written: %s", strerror(-result));
    show_progress(replay, false);
    return result;
}

static int run(struct replay *replay, char problem[REPLAY_PROBLEM_BYTES])
{
    for (;;) {
        int result = clip_next(&replay->clip, problem);
        if (result > 0)
            result = process(replay, problem);
        else if (result == 0 && replay->clip.number > 0)
            return 0;
        else if (result == 0) {
            snprintf(problem, REPLAY_PROBLEM_BYTES, "%s: no picture in it can be decoded",
                     replay->options->clip);
            result = -EINVAL;
        }
        if (result < 0)
            return result;
    }
}

int replay_run(const struct replay_options *options, char problem[REPLAY_PROBLEM_BYTES])
{
    struct replay *replay = calloc(1, sizeof *replay);
    if (!replay) {
        snprintf(problem, REPLAY_PROBLEM_BYTES, "out of memory");
        return -ENOMEM;
    }
    replay->options = options;
    pipeline_init(&replay->pipeline, options->settings);
    int result = clip_open(&replay->clip, options->clip, options->width, options->height, problem);
    if (result == 0) {
        result = run(replay, problem);
        show_progress(replay, true);
        clip_close(&replay->clip);
    }
    pipeline_fini(&replay->pipeline);
    free(replay);
    return result;
}
