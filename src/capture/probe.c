#include "capture/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/sys.h"
#include "capture/avlog.h"
#include "capture/capture_settings.h"
#include "capture/connector.h"
#include "capture/decode.h"
#include "capture/failure_words.h"
#include "capture/pace.h"
#include "capture/slot_picture.h"
#include "capture/source.h"

enum { REQUEST_BYTES = 65536, PICTURE_FD = 3, PICTURE_PACKETS_MAX = 300, PACKETS_LEAST = 4 };

/* How long the stream is watched for its rates: a file in its own time, a camera until it has sent some pictures. */
#define WATCH_NS        (2 * CLOCK_NS_PER_S)
#define WATCH_MOST_NS   (8 * CLOCK_NS_PER_S)
#define PICTURE_MOST_NS (20 * CLOCK_NS_PER_S)
/* A camera's first packets may be a burst out of its buffer. */
#define BURST_NS (CLOCK_NS_PER_S / 2)
/* What came within less than that came in a burst, too: a piece of a play list. */
#define ARRIVAL_LEAST_NS (5 * CLOCK_NS_PER_S / 4)

/* Packets whose times rise, and the bytes of all but the first. */
struct tally {
    uint64_t packets, bytes;
    int64_t first_ns, last_ns;
};

struct probe {
    struct settings settings;
    char *anonymous; /* the input without a name, to which a source that was opened with it refers */
    struct source_user source_user;
    struct source source;
    struct decoder decoder;
    struct failure failure;
    int packet_result; /* what became of the last packet */
    json_t *report;

    bool has_picture, has_key;
    uint64_t packets;              /* all that came */
    int64_t begun_ns;              /* when the first one did */
    struct pace_timeline timeline; /* of its own times, over jumps */
    bool has_decoding_times;
    struct tally by_own, by_arrival;
};

static bool never_stops(void *data)
{
    (void)data;
    return false; /* camctl kills us; the time-outs are kept by the source */
}

/* ---- rights ---- */

/* Files and devices are the caller's own business, and only the caller may be able to read them. */
static int drop_rights(const char *input)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (geteuid() != 0 || !strstr(input, "://"))
        return 0;
    const struct passwd *user = getpwnam("camd");
    if (!user)
        user = getpwnam("nobody");
    if (!user || setgroups(0, NULL) != 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
        return -EPERM;
    return 0;
}

/* As in the daemon: what the camera answers leads to no other host. */
static void restrict_connections(const struct settings *settings)
{
    static struct peers peers; /* asked for as long as the process runs */
    peers_name(settings, &peers);
    connector_restrict(&peers);
}

/* ---- the stream ---- */

static void report_set(struct probe *probe, const char *name, json_t *value)
{
    json_object_set_new(probe->report, name, value ? value : json_null());
}

static int probe_open(struct probe *probe)
{
    return source_open(&probe->source, &probe->settings, "probe", &probe->source_user, &probe->failure);
}

/*
 * Whether the camera asks who we are is seen by coming without a name first: FFmpeg does not tell. A camera that lets
 * everybody in is worth knowing.
 */
static int probe_authentication(struct probe *probe)
{
    char *input = probe->settings.input;
    const char *authentication = NULL;
    probe->anonymous = secret_url_strip(input);
    if (!probe->anonymous)
        return failure_set(&probe->failure, CAMD_STAGE_SETUP, AVERROR(ENOMEM), NULL);
    probe->settings.input = probe->anonymous;
    int result = probe_open(probe);
    probe->settings.input = input;
    bool refused = result == AVERROR_HTTP_UNAUTHORIZED || result == AVERROR_HTTP_FORBIDDEN;
    bool named = strcmp(probe->anonymous, input) != 0;
    if (probe->source.remote && (refused || result >= 0))
        authentication = refused ? "asked" : "none";
    report_set(probe, "authentication", authentication ? json_string(authentication) : NULL);
    if (!refused || !named)
        return result;
    return probe_open(probe);
}

static void describe_audio(struct probe *probe)
{
    const AVFormatContext *format = probe->source.format;
    report_set(probe, "audio", NULL);
    for (unsigned int i = 0; i < format->nb_streams; i++)
        if (format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) {
            report_set(probe, "audio", json_string(avcodec_get_name(format->streams[i]->codecpar->codec_id)));
            return;
        }
}

static void describe_stream(struct probe *probe)
{
    struct source_description description;
    source_describe(&probe->source, &description);
    report_set(probe, "codec", json_string(description.codec));
    report_set(probe, "fps", description.fps > 0 ? json_real(description.fps) : NULL);
    report_set(probe, "live", json_boolean(probe->source.live));
    describe_audio(probe);
}

/* ---- the picture ---- */

static int picture_store(struct probe *probe, const struct decoded *decoded, uint32_t width, uint32_t height)
{
    struct picture picture;
    size_t bytes = (size_t)width * height * 3 / 2;
    uint8_t *pixels = malloc(bytes + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!pixels)
        return failure_set(&probe->failure, CAMD_STAGE_SCALE, AVERROR(ENOMEM), NULL);
    picture_init(&picture, &probe->settings.colours);
    int result = picture_write(&picture, decoded->frame, decoded->orientation, pixels, width, height);
    picture_fini(&picture);
    for (size_t done = 0; result >= 0 && done < bytes;) {
        ssize_t length = sys_pwrite(PICTURE_FD, pixels + done, bytes - done, (off_t)done);
        if (length < 0)
            result = AVERROR((int)-length);
        else
            done += (size_t)length;
    }
    free(pixels);
    return result < 0 ? failure_set(&probe->failure, CAMD_STAGE_SCALE, result, NULL) : 0;
}

static int picture_take(struct probe *probe)
{
    struct decoded decoded;
    while (!probe->has_picture && decoder_receive(&probe->decoder, &decoded) >= 0) {
        const AVFrame *frame = decoded.frame;
        const char *pixel_format = av_get_pix_fmt_name((enum AVPixelFormat)frame->format);
        int width = frame->width, height = frame->height;
        orientation_turn_size(decoded.orientation, &width, &height);
        bool is_possible = picture_size_is_possible(picture_even(width), picture_even(height));
        if (!is_possible && !probe->settings.width)
            return failure_set_size(&probe->failure, width, height);
        probe->has_picture = true;
        report_set(probe, "width", json_integer(width));
        report_set(probe, "height", json_integer(height));
        report_set(probe, "pixel_format", pixel_format ? json_string(pixel_format) : NULL);
        if (is_possible && fcntl(PICTURE_FD, F_GETFD) >= 0)
            return picture_store(probe, &decoded, picture_even(width), picture_even(height));
    }
    return 0;
}

/* ---- rates ---- */

/* The first packet is where measuring begins; one that goes back in time does not count. */
static void tally_add(struct tally *tally, int64_t time_ns, int size)
{
    if (tally->packets == 0)
        tally->first_ns = time_ns;
    else if (time_ns <= tally->last_ns)
        return;
    else
        tally->bytes += (uint64_t)size;
    tally->packets++;
    tally->last_ns = time_ns;
}

static double tally_seconds(const struct tally *tally)
{
    return (double)(tally->last_ns - tally->first_ns) / (double)CLOCK_NS_PER_S;
}

/*
 * The times of decoding rise evenly; those of presentation, which are all that some streams have, go to and fro where there
 * are B-frames. libavformat may find out the former after some packets: then measuring begins with them.
 */
static void count_own(struct probe *probe, const AVPacket *packet)
{
    bool has_one = packet->dts != AV_NOPTS_VALUE, jumped;
    int64_t time = has_one ? packet->dts : packet->pts;
    if (has_one && !probe->has_decoding_times)
        probe->by_own = (struct tally){0};
    probe->has_decoding_times |= has_one;
    if (time == AV_NOPTS_VALUE || probe->source.clockless || (probe->has_decoding_times && !has_one))
        return;
    int64_t time_ns =
        av_rescale_q(time, probe->source.stream->time_base, (AVRational){1, (int)CLOCK_NS_PER_S});
    time_ns = pace_timeline_packet(&probe->timeline, time_ns, probe->source.period_ns, &jumped);
    tally_add(&probe->by_own, time_ns, packet->size);
}

static void count(struct probe *probe, const AVPacket *packet, int64_t arrival_ns)
{
    if (probe->packets++ == 0)
        probe->begun_ns = arrival_ns;
    probe->has_key |= (packet->flags & AV_PKT_FLAG_KEY) != 0;
    count_own(probe, packet);
    if (arrival_ns - probe->begun_ns >= BURST_NS)
        tally_add(&probe->by_arrival, arrival_ns, packet->size);
}

static bool has_seen_enough(const struct probe *probe)
{
    int64_t watched_ns = clock_monotonic_ns() - probe->begun_ns;
    if (!probe->has_picture)
        return false;
    if (!probe->source.live)
        return probe->by_own.last_ns - probe->by_own.first_ns >= WATCH_NS || watched_ns >= WATCH_NS;
    return (watched_ns >= WATCH_NS && probe->by_arrival.packets >= PACKETS_LEAST) ||
           watched_ns >= WATCH_MOST_NS;
}

/* The stream's own times are the more exact ones, if they agree with those of arrival. */
static const struct tally *tally_believed(const struct probe *probe)
{
    const struct tally *by_own = &probe->by_own, *by_arrival = &probe->by_arrival;
    if (!probe->source.live ||
        (by_own->packets > 1 && by_arrival->last_ns - by_arrival->first_ns < ARRIVAL_LEAST_NS))
        return by_own;
    double own = tally_seconds(by_own) / (double)by_own->packets;
    double arrival = tally_seconds(by_arrival) / (double)by_arrival->packets;
    return by_own->packets > 1 && own > arrival / 1.5 && own < arrival * 1.5 ? by_own : by_arrival;
}

static void report_rates(struct probe *probe)
{
    const struct tally *tally = tally_believed(probe);
    double seconds = tally_seconds(tally);
    bool is_known = tally->packets > 1 && seconds > 0;
    report_set(probe, "measured_fps", is_known ? json_real((double)(tally->packets - 1) / seconds) : NULL);
    report_set(probe, "bit_rate",
               is_known ? json_integer((json_int_t)((double)tally->bytes * 8 / seconds)) : NULL);
}

/* Of a camera, longer than there may be between two key frames of one that is set up well. */
static bool has_waited_enough(const struct probe *probe)
{
    if (probe->has_picture)
        return false;
    return probe->source.live ? clock_monotonic_ns() - probe->begun_ns > PICTURE_MOST_NS
                              : probe->packets > PICTURE_PACKETS_MAX;
}

static int explain_no_picture(struct probe *probe)
{
    struct failure *failure = &probe->failure;
    if (!probe->source.live)
        return failure_set(failure, CAMD_STAGE_DECODE, AVERROR(ENODATA), "no picture in its first %d packets",
                           PICTURE_PACKETS_MAX);
    if (probe->has_key || decoder_has_no_keys(&probe->decoder))
        return failure_set(failure, CAMD_STAGE_DECODE, AVERROR(ENODATA),
                           "pictures come, but none of them can be decoded");
    return failure_set(failure, CAMD_STAGE_DECODE, AVERROR(ENOMSG), "packets come, but no key frame");
}

static int packet_take(struct probe *probe, AVPacket *packet, int64_t arrival_ns)
{
    count(probe, packet, arrival_ns);
    if (probe->has_picture)
        return 0;
    if (decoder_send(&probe->decoder, packet, 0) == AVERROR(ENOMEM))
        return failure_set(&probe->failure, CAMD_STAGE_DECODE, AVERROR(ENOMEM), NULL);
    int result = picture_take(probe);
    if (result >= 0 && !probe->has_picture)
        result = source_refuse_size(&probe->failure);
    return result >= 0 && has_waited_enough(probe) ? explain_no_picture(probe) : result;
}

static bool packet_handed_over(void *data, AVPacket *packet, int64_t arrival_ns)
{
    struct probe *probe = data;
    probe->packet_result = packet_take(probe, packet, arrival_ns);
    return probe->packet_result >= 0;
}

/* Why there is no picture after the reading came to that end. */
static int explain_end(struct probe *probe, int error)
{
    if (error == AVERROR_EOF && !probe->source.live)
        return failure_set(&probe->failure, CAMD_STAGE_DECODE, AVERROR(ENODATA),
                           "no picture in it can be decoded");
    return source_read_failed(&probe->source, error, &probe->failure);
}

/* Reads until there are a picture and enough for the rates. */
static int probe_watch(struct probe *probe)
{
    int result = 0;
    while (result >= 0 && !has_seen_enough(probe)) {
        result = source_read(&probe->source);
        if (probe->packet_result < 0)
            return probe->packet_result;
    }
    if (result == AVERROR_EOF && !probe->has_picture) {
        decoder_send(&probe->decoder, NULL, 0);
        int last = picture_take(probe);
        if (last < 0)
            return last;
    }
    bool is_still = probe->source.has_pictures && result == AVERROR_EOF && probe->packets == 1;
    report_set(probe, "still", json_boolean(is_still));
    /* With a picture, the rates are of what there was. */
    return probe->has_picture ? 0 : explain_end(probe, result);
}

static int probe_run(struct probe *probe)
{
    int result = probe_authentication(probe);
    if (result < 0)
        return result;
    describe_stream(probe);
    result = decoder_open(&probe->decoder, probe->source.stream, probe->settings.hwaccel, "probe");
    if (result < 0) {
        source_close(&probe->source);
        if (source_refuse_size(&probe->failure) < 0)
            return probe->failure.error;
        return failure_set(&probe->failure, CAMD_STAGE_PROBE, result, "its codec %s cannot be decoded here",
                           json_member_string(probe->report, "codec", "?"));
    }
    result = probe_watch(probe);
    report_rates(probe);
    decoder_close(&probe->decoder);
    source_close(&probe->source);
    return result;
}

/* ---- the request ---- */

static void print_report(const json_t *report)
{
    char *text = json_text(report);
    puts(text ? text : "{}");
    free(text);
}

static int refuse(const char *problem)
{
    json_t *report = json_pack("{s:{s:s, s:s, s:s, s:s}}", "error", "stage", "setup", "class", "local",
                               "text", problem, "hint", "correct the settings");
    print_report(report);
    json_decref(report);
    return EXIT_FAILURE;
}

/* Nothing that is tried again, and no file to be corrected. */
static const char *hint_of(const struct classification *classification)
{
    return classification->hint == classify_login_hint
               ? "check user name and password; cameras lock accounts after some wrong ones"
               : classification->hint;
}

static void report_error(struct probe *probe)
{
    char text[REPORT_BYTES];
    struct classification classification = report_explain(&probe->settings, &probe->failure, text);
    char *redacted = secret_redact(text);
    report_set(probe, "error",
               json_pack("{s:s, s:s, s:o, s:s}", "stage", camd_stage_word(probe->failure.stage), "class",
                         camd_class_word(classification.class_), "text",
                         json_string_lossy(redacted ? redacted : ""), "hint", hint_of(&classification)));
    free(redacted);
}

static json_t *read_request(void)
{
    static char text[REQUEST_BYTES + 1];
    json_error_t error;
    size_t length = fread(text, 1, REQUEST_BYTES, stdin);
    json_t *request = json_parse_object(text, length, &error);
    explicit_bzero(text, sizeof(text));
    return request;
}

int probe_main(void)
{
    struct probe probe = {
        .source_user = {&probe, NULL, false, never_stops, packet_handed_over},
        .report = json_object(),
    };
    const char *problem = "memory is short";
    json_t *request;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    avlog_start("probe");
    request = read_request();
    if (!request || capture_settings_read(&probe.settings, request, &problem) < 0) {
        json_decref(request);
        return refuse(request ? problem : "standard input has no JSON object");
    }
    json_decref(request);
    probe.settings.all_media = true;
    if (drop_rights(probe.settings.input) < 0)
        return refuse("the rights of root cannot be given up");
    restrict_connections(&probe.settings);
    secret_guard_process(); /* after the change of user, which undoes it */
    int result = probe_run(&probe);
    if (result < 0)
        report_error(&probe);
    print_report(probe.report);
    json_decref(probe.report);
    secret_free(probe.anonymous);
    capture_settings_fini(&probe.settings);
    return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
