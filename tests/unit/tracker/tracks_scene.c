#include "tracks_scene.h"

struct tracks tracks;
int64_t now_ns, step_ns;

void begin(const struct tracks_settings *settings)
{
    now_ns = 0;
    step_ns = settings->fps >= 1.0 && settings->fps <= 1000.0 ? (int64_t)(1e9 / settings->fps) : 1000000000;
    tracks_init(&tracks, settings, FRAME_WIDTH, FRAME_HEIGHT);
    tracks_update(&tracks, NULL, 0, NULL, 0); /* what comes now appears */
}

void begin_at(double fps)
{
    begin(&(struct tracks_settings){.fps = fps});
}

struct detection person(int32_t x, int32_t y, float score)
{
    return (struct detection){.box = {x, y, x + 40, y + 100}, .score = score};
}

void see(const struct detection *detections, uint32_t count)
{
    tracks_update(&tracks, detections, count, NULL, now_ns += step_ns);
}

void see_one(int32_t x, int32_t y, float score)
{
    const struct detection detection = person(x, y, score);
    see(&detection, 1);
}

void see_nothing(int frames)
{
    while (frames-- > 0)
        see(NULL, 0);
}

uint32_t count_tracks(void)
{
    uint32_t count = 0;
    for (int i = 0; i < TRACKS_MAX; i++)
        count += tracks.list[i].id != 0;
    return count;
}

const struct track *only(void)
{
    assert_int_equal(count_tracks(), 1);
    for (int i = 0; i < TRACKS_MAX; i++)
        if (tracks.list[i].id != 0)
            return &tracks.list[i];
    return NULL;
}
