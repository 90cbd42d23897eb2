#include "capture/capture_settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "camd/shm.h"

#define FPS_DEFAULT       5.0
#define FPS_MAX           240.0
#define TIMEOUT_DEFAULT_S 10.0
#define LIMIT_MAX_S       86400.0

static bool fps_is_good(double fps)
{
    return fps > 0 && fps <= FPS_MAX;
}

static bool size_is_good(int64_t size)
{
    return size >= CAMD_SIZE_MIN && size <= CAMD_SIZE_MAX && size % 2 == 0;
}

/* 0 seconds or less is no time-out at all in other programs; here nothing waits without a limit. */
static int64_t timeout_ns(const json_t *config, const char *name)
{
    double seconds = json_member_double(config, name, TIMEOUT_DEFAULT_S);
    if (!(seconds > 0))
        seconds = TIMEOUT_DEFAULT_S;
    if (seconds > SETTINGS_TIMEOUT_MAX_S)
        seconds = SETTINGS_TIMEOUT_MAX_S;
    return (int64_t)(seconds * (double)CLOCK_NS_PER_S);
}

static int64_t limit_ns(const json_t *config, const char *name)
{
    const double seconds = json_member_double(config, name, 0);
    return seconds > 0 && seconds <= LIMIT_MAX_S ? (int64_t)(seconds * (double)CLOCK_NS_PER_S) : 0;
}

/* Without motion nobody could tell when to look again. */
static int64_t read_idle_limit(const json_t *config)
{
    return json_member_bool(config, "motion", true) ? limit_ns(config, "idle_decode") : 0;
}

static struct picture_limits read_limits(const json_t *config)
{
    return (struct picture_limits){.ns =
                                       {
                                           [PICTURE_BLACK] = limit_ns(config, "black_timeout"),
                                           [PICTURE_COVERED] = limit_ns(config, "covered_timeout"),
                                           [PICTURE_FROZEN] = limit_ns(config, "frozen_timeout"),
                                       },
                                   .apart_ns = read_idle_limit(config)};
}

static const char *settings_problem(const char *input, int64_t width, int64_t height, double fps,
                                    const char *transport, const char *colours_word, struct colours *colours)
{
    if (!*input)
        return "input is missing";
    if ((width == 0) != (height == 0))
        return "width and height go together: give both or neither";
    if (width != 0 && (!size_is_good(width) || !size_is_good(height)))
        return "width and height must be even numbers from 16 to 8192";
    if (!fps_is_good(fps))
        return "fps must be above 0 and at most 240";
    if (strcmp(transport, "tcp") != 0 && strcmp(transport, "udp") != 0)
        return "rtsp_transport must be tcp or udp";
    if (!colours_parse(colours_word, colours))
        return "colours must be auto, or a matrix, a range or both, such as bt709-full";
    return NULL;
}

int capture_settings_read(struct settings *settings, const json_t *config, const char **problem)
{
    const char *input = json_member_string(config, "input", "");
    const char *transport = json_member_string(config, "rtsp_transport", "tcp");
    int64_t width = json_member_int(config, "width", 0), height = json_member_int(config, "height", 0);
    double fps = json_member_double(config, "fps", FPS_DEFAULT);
    struct colours colours;

    /* camd's word on why there is no input: a password file that it can't use */
    const char *input_problem = json_member_string(config, "input_problem", NULL);
    if (input_problem) {
        *problem = input_problem;
        return -EINVAL;
    }
    const char *found = settings_problem(input, width, height, fps, transport,
                                         json_member_string(config, "colours", "auto"), &colours);
    if (found) {
        *problem = found;
        return -EINVAL;
    }
    struct settings read = {
        .input = strdup(input),
        .width = (uint32_t)width,
        .height = (uint32_t)height,
        .fps = fps,
        .fps_is_own = json_member_bool(config, "fps_is_own", false),
        .loop = json_member_bool(config, "loop", false),
        .colours = colours,
        .pace = json_member_bool(config, "pace", true),
        .rtsp_transport = strdup(transport),
        .hwaccel = strdup(json_member_string(config, "hwaccel", "none")),
        .open_timeout_ns = timeout_ns(config, "open_timeout"),
        .read_timeout_ns = timeout_ns(config, "read_timeout"),
        .limits = read_limits(config),
        .idle_limit_ns = read_idle_limit(config),
    };
    if (!read.input || !read.rtsp_transport || !read.hwaccel) {
        capture_settings_fini(&read);
        return -ENOMEM;
    }
    *settings = read;
    return 0;
}

void capture_settings_fini(struct settings *settings)
{
    free(settings->input);
    free(settings->rtsp_transport);
    free(settings->hwaccel);
    *settings = (struct settings){0};
}

bool capture_settings_update(struct settings *settings, const json_t *config)
{
    colours_parse(json_member_string(config, "colours", ""), &settings->colours);
    settings->limits = read_limits(config);
    settings->idle_limit_ns = read_idle_limit(config);
    settings->loop = json_member_bool(config, "loop", settings->loop);
    settings->pace = json_member_bool(config, "pace", settings->pace);
    settings->fps_is_own = json_member_bool(config, "fps_is_own", settings->fps_is_own);

    double fps = json_member_double(config, "fps", settings->fps);
    if (!fps_is_good(fps) || (fps >= settings->fps && fps <= settings->fps))
        return false;
    settings->fps = fps;
    return true;
}
