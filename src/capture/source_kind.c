#include "capture/source_kind.h"

#include <ctype.h>
#include <errno.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "capture/device.h"
#include "capture/redirection.h"

static int out_of_memory(struct failure *failure)
{
    return failure_set(failure, CAMD_STAGE_OPEN, AVERROR(ENOMEM), NULL);
}

/* The URL with its scheme as libavformat knows it: in small letters. */
static char *url_copy(const char *input)
{
    char *url = strdup(input);
    for (char *letter = url; letter && *letter && *letter != ':'; letter++)
        *letter = (char)tolower((unsigned char)*letter);
    return url;
}

/*
 * The deadlines of opening and of each read are kept by the interrupt callback. The socket's own time-out is a second net
 * below it, so the longer one will do.
 */
static int64_t socket_timeout_us(const struct settings *settings)
{
    return (settings->open_timeout_ns > settings->read_timeout_ns ? settings->open_timeout_ns
                                                                  : settings->read_timeout_ns) /
           1000;
}

/* Neither a redirect nor a play list leads to anything else: this machine's files least of all. */
#define RTSP_PROTOCOLS "rtp,srtp,udp,tcp,tls"
#define NO_PROTOCOL    "none"
#define HTTP_PROTOCOLS "http,https,httpproxy,tcp,tls,crypto"

/*
 * In order they come over TCP, but not all of them: a camera throws packets away that it can't get rid of. libavformat
 * notices, and says so, only where it puts packets in order; with the least queue for that nothing waits but what
 * comes behind a gap.
 */
#define RTP_QUEUE_OVER_TCP 2

static int locate_rtsp(const struct settings *settings, const char *subject, struct source_location *location,
                       struct failure *failure)
{
    AVDictionary **options = &location->options;
    (void)subject;
    location->live = true;
    location->url = url_copy(settings->input);
    if (!location->url || av_dict_set(options, "protocol_whitelist", RTSP_PROTOCOLS, 0) < 0 ||
        av_dict_set(options, "rtsp_transport", settings->rtsp_transport, 0) < 0 ||
        (strcmp(settings->rtsp_transport, "tcp") == 0 &&
         av_dict_set_int(options, "reorder_queue_size", RTP_QUEUE_OVER_TCP, 0) < 0) ||
        (strcmp(settings->rtsp_transport, "udp") == 0 &&
         av_dict_set(options, "rtsp_flags", "filter_src", 0) < 0) || /* from the camera only (connector.h) */
        av_dict_set(options, "allowed_media_types", settings->all_media ? "video+audio" : "video", 0) < 0 ||
        av_dict_set_int(options, "timeout", socket_timeout_us(settings), 0) < 0)
        return out_of_memory(failure);
    return 0;
}

/*
 * A play list that goes on begins at its last piece but one: libavformat would begin one before that, which is past, and the last
 * one alone may be of one picture, too few to learn from what there is. A camera calls its pieces as it likes; that they are on
 * its host is looked at elsewhere, and whether they are videos as with all that comes.
 */
static int set_list_options(AVDictionary **options)
{
    int result = av_dict_set(options, "live_start_index", "-2", 0);
    if (result >= 0)
        result = av_dict_set(options, "allowed_segment_extensions", "ALL", 0);
    return result < 0 ? result : av_dict_set(options, "extension_picky", "0", 0);
}

static int locate_http(const struct settings *settings, const char *subject, struct source_location *location,
                       struct failure *failure)
{
    (void)subject;
    location->live = true;
    location->has_bytes = true;
    location->url = url_copy(settings->input);
    if (!location->url || av_dict_set(&location->io_options, "protocol_whitelist", HTTP_PROTOCOLS, 0) < 0 ||
        av_dict_set_int(&location->io_options, "rw_timeout", socket_timeout_us(settings), 0) < 0 ||
        av_dict_set_int(&location->io_options, "max_redirects", REDIRECTIONS_MAX, 0) < 0 ||
        av_dict_copy(&location->options, location->io_options, 0) < 0 ||
        set_list_options(&location->options) < 0)
        return out_of_memory(failure);
    return 0;
}

static int locate_lavfi(const struct settings *settings, const char *subject,
                        struct source_location *location, struct failure *failure)
{
    int result = device_load(subject);
    if (result < 0)
        return failure_set(failure, CAMD_STAGE_OPEN, result,
                           "FFmpeg's libavdevice, which lavfi: needs, cannot be loaded");
    location->format = av_find_input_format("lavfi");
    if (!location->format)
        return failure_set(failure, CAMD_STAGE_OPEN, AVERROR_PROTOCOL_NOT_FOUND, "this FFmpeg has no lavfi");
    location->url = strdup(settings->input + strlen("lavfi:"));
    return location->url ? 0 : out_of_memory(failure);
}

/* Opening a named pipe would wait for its writer, deaf to everything else. */
static int file_check(const char *path, struct failure *failure)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return failure_set(failure, CAMD_STAGE_OPEN, AVERROR(errno), NULL);
    if (S_ISDIR(status.st_mode))
        return failure_set(failure, CAMD_STAGE_OPEN, AVERROR(EISDIR), NULL);
    if (!S_ISREG(status.st_mode))
        return failure_set(failure, CAMD_STAGE_OPEN, AVERROR(EINVAL),
                           "it is neither a regular file nor a video device");
    return 0;
}

static int locate_path(const char *path, struct source_location *location, struct failure *failure)
{
    int result = file_check(path, failure);
    if (result < 0)
        return result;
    location->has_bytes = true;
    /* With the prefix, a colon in the name is not taken for a protocol. */
    location->url = text_format("file:%s", path);
    if (!location->url || av_dict_set(&location->options, "protocol_whitelist", NO_PROTOCOL, 0) < 0)
        return out_of_memory(failure);
    return 0;
}

/* V4L2: a camera on USB, a capture card. */
static int locate_device(const struct settings *settings, const char *subject,
                         struct source_location *location, struct failure *failure)
{
    struct stat status;
    if (stat(settings->input, &status) == 0 && !S_ISCHR(status.st_mode))
        return locate_path(settings->input, location, failure);
    if (access(settings->input, R_OK | W_OK) != 0)
        return failure_set(failure, CAMD_STAGE_OPEN, AVERROR(errno),
                           errno == ENOENT ? "there is no such device" : NULL);

    location->live = true;
    int result = device_load(subject);
    if (result < 0)
        return failure_set(failure, CAMD_STAGE_OPEN, result,
                           "FFmpeg's libavdevice, which devices need, cannot be loaded");
    location->format = av_find_input_format("video4linux2,v4l2");
    if (!location->format)
        return failure_set(failure, CAMD_STAGE_OPEN, AVERROR_PROTOCOL_NOT_FOUND, "this FFmpeg has no v4l2");
    if (settings->width > 0) {
        /* The device takes the nearest that it can; the rest is scaling. */
        char size[32];
        snprintf(size, sizeof(size), "%ux%u", settings->width, settings->height);
        if (av_dict_set(&location->options, "video_size", size, 0) < 0)
            return out_of_memory(failure);
    }
    location->url = strdup(settings->input);
    return location->url ? 0 : out_of_memory(failure);
}

static int locate_file_url(const struct settings *settings, const char *subject,
                           struct source_location *location, struct failure *failure)
{
    (void)subject;
    return locate_path(source_path(settings->input), location, failure);
}

static int locate_path_or_refuse(const struct settings *settings, const char *subject,
                                 struct source_location *location, struct failure *failure)
{
    (void)subject;
    const char *scheme_end = strstr(settings->input, "://");
    if (scheme_end)
        return failure_set(failure, CAMD_STAGE_OPEN, AVERROR_PROTOCOL_NOT_FOUND, "%.*s:// is not supported",
                           (int)(scheme_end - settings->input > 20 ? 20 : scheme_end - settings->input),
                           settings->input);
    return locate_path(settings->input, location, failure);
}

static const struct source_kind kinds[] = {
    {.prefix = "rtsp://", .remote = true, .port = 554, .locate = locate_rtsp},
    {.prefix = "rtsps://", .remote = true, .port = 322, .locate = locate_rtsp},
    {.prefix = "http://", .remote = true, .port = 80, .locate = locate_http},
    {.prefix = "https://", .remote = true, .port = 443, .locate = locate_http},
    {.prefix = "lavfi:", .is_pattern = true, .locate = locate_lavfi},
    {.prefix = "/dev/", .locate = locate_device},
    {.prefix = "file:", .locate = locate_file_url},
    {.prefix = "", .locate = locate_path_or_refuse},
};

const struct source_kind *source_kind_of(const char *input)
{
    const struct source_kind *kind = kinds;
    while (strncasecmp(input, kind->prefix, strlen(kind->prefix)) != 0)
        kind++;
    return kind;
}

const char *source_path(const char *input)
{
    static const char scheme[] = "file:";
    if (strncasecmp(input, scheme, sizeof(scheme) - 1) != 0)
        return input;
    const char *path = input + sizeof(scheme) - 1;
    return strncmp(path, "//", 2) == 0 ? path + 2 : path;
}

void source_location_fini(struct source_location *location)
{
    free(location->url);
    av_dict_free(&location->io_options);
    av_dict_free(&location->options);
    *location = (struct source_location){0};
}
