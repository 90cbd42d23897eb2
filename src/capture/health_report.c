#include "capture/health_report.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "capture/damage_words.h"

struct words {
    const char *cause, *hint;
};

/* By where the pictures come from; the first of each is for what is missing, the second for errors. */
static const struct words udp_words[] = {
    {"packets get lost on the way (rtsp_transport = udp)",
     "set rtsp_transport = tcp; if the camera cannot do that, look at the network on the way to it, wireless first"},
    {"what comes has errors (rtsp_transport = udp)",
     "set rtsp_transport = tcp; if it stays, set the camera to another codec or profile, or look for a newer firmware"},
};
static const struct words network_words[] = {
    {"the camera leaves out what it cannot get rid of in time",
     "lower its bit rate or its number of viewers, or look at the network on the way to it, wireless first"},
    {"what comes has errors",
     "look at the network on the way to the camera; if it stays, set it to another codec or profile, or look for a newer firmware"},
};
static const struct words local_words[] = {
    {"parts of it are missing",
     "ffmpeg -v error -i FILE -f null - shows where; a device may need another cable"},
    {"it has errors", "ffmpeg -v error -i FILE -f null - shows where; a device may need another cable"},
};

static struct words words_of_damage(const struct settings *settings, bool remote, const struct health *health)
{
    bool is_udp =
        strncasecmp(settings->input, "rtsp", 4) == 0 && strcmp(settings->rtsp_transport, "udp") == 0;
    const struct words *words = !remote ? local_words : is_udp ? udp_words : network_words;
    return words[health_has_losses(health) ? 0 : 1];
}

static struct words waiting_words(bool has_no_keys)
{
    if (has_no_keys)
        return (struct words){
            "pictures come, but none of them can be decoded yet",
            "look at them with ffplay; if it shows none either, set the camera to another codec or size, or look for a newer firmware"};
    if (damage_words_get().unset > 0)
        return (struct words){
            "packets come, but no key frame with its parameter sets (SPS, PPS) yet",
            "set the camera to a key frame (I frame) every one to four seconds; if it stays, look for a newer firmware, or set it to another codec or profile"};
    return (struct words){
        "packets come, but no key frame yet",
        "set the camera to a key frame (I frame) every one to four seconds, and its smart codec (H.264+, H.265+, Zip) off"};
}

/* What is wrong with what the pictures show. */
static const struct {
    const char *reason, *member; /* of the measure */
    const char *cause, *hint;
} sights[PICTURE_TROUBLES] = {
    [PICTURE_BLACK] =
        {"black", "brightness", "its pictures are black, without even the noise of a night",
         "look at the camera: its sensor, the cable between it and its encoder, or a cap on its lens"},
    [PICTURE_COVERED] =
        {"covered", "detail", "hardly anything can be made out in its pictures",
         "look whether something is in front of the lens, or on it, or has turned the camera to a wall"},
    [PICTURE_FROZEN] = {"frozen", "unchanged_s",
                        "its pictures keep coming, and are the same ones again and again",
                        "switch the camera itself off and on: a restart of the stream seldom helps"},
};

static json_t *sight_message(const struct health *health)
{
    const enum picture_trouble sight = health->sight;
    return json_pack("{s:s, s:s, s:f, s:s, s:s}", "type", "health", "reason", sights[sight].reason,
                     sights[sight].member, round(health->measure * 1000) / 1000, "cause", sights[sight].cause,
                     "hint", sights[sight].hint);
}

static json_t *message_of(const struct settings *settings, bool remote, const struct health *health)
{
    struct words words;
    switch (health->state) {
    case HEALTH_WAITING:
        words = waiting_words(health->has_no_keys);
        return json_pack("{s:s, s:s, s:s, s:s}", "type", "health", "reason", "waiting", "cause", words.cause,
                         "hint", words.hint);
    case HEALTH_DAMAGED:
        words = words_of_damage(settings, remote, health);
        return json_pack("{s:s, s:s, s:f, s:s, s:s}", "type", "health", "reason", "damaged", "share",
                         round(health_share(health) * 100) / 100, "cause", words.cause, "hint", words.hint);
    case HEALTH_SIGHT:
        return sight_message(health);
    case HEALTH_GOOD:
        break;
    }
    return json_pack("{s:s, s:s}", "type", "health", "reason", "");
}

void health_report(struct worker *worker, const struct settings *settings, bool remote,
                   const struct health *health)
{
    json_t *message = message_of(settings, remote, health);
    if (!message || worker_send(worker, message) < 0)
        log_debug(worker->camera, "camd could not be told how the pictures are");
}
