#include "capture/classify.h"

#include <errno.h>
#include <libavutil/error.h>
#include <netdb.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "capture/answer.h"

#define HINT_REFUSED "check address and port in input, and that the camera's video service is switched on"
#define HINT_SILENT                                                                                          \
    "check that the camera is on and that this machine reaches it (ping, firewall, rtsp_transport)"
#define HINT_UDP                                                                                             \
    "set rtsp_transport = tcp; a firewall may keep UDP away, or the camera sends from another port than it says"
#define HINT_SLOW                                                                                             \
    "look with a browser at what the URL gives; if it is the camera's pictures, the network is too slow for " \
    "them, and smaller ones or a longer open_timeout and read_timeout will do"
#define HINT_PROTOCOL                                                                                        \
    "check that the port in input is the camera's port for that kind of stream, and that it takes one more " \
    "viewer"
#define HINT_TLS                                                                                             \
    "check that the port in input is the camera's port for encrypted connections; without encryption it is " \
    "http:// or rtsp://, mostly with another port"
#define HINT_ENDED                                                                                           \
    "nothing if it happens once; if often, look at the camera's log and how many viewers it allows"
#define HINT_SERVER   "look at the camera's own log or restart it: it answered with an error"
#define HINT_STANDS   "look at the camera's own log or restart it: what makes its stream may have stopped"
#define HINT_NAME     "check the host name in input, or use the camera's IP address"
#define HINT_DNS      "check the name servers of this machine, or use the camera's IP address"
#define HINT_FILE     "check the path in input, and that the workers' user may go there (worker_user in camd.ini)"
#define HINT_FIREWALL "look at this machine's firewall (nft list ruleset): it forbids the connection"
#define HINT_HANG_UP                                                                                         \
    "check that the camera takes one more viewer, and the path in input; its own log may say why it hangs up"
#define HINT_HALF                                                                                            \
    "check that the camera takes one more viewer, and look at its own log; if it is only slow, a longer "    \
    "open_timeout will do"
#define HINT_NOT_FOUND "check the path in input; the camera's manual or its web page has the right one"
#define HINT_REQUEST                                                                                         \
    "check input: the camera did not accept the request; another path or rtsp_transport may do"
#define HINT_FORMAT "check that input is a video that ffprobe understands"
#define HINT_CODEC                                                                                           \
    "set the camera to a codec that FFmpeg decodes, such as H.264, or install an FFmpeg that has it"
#define HINT_NO_VIDEO "give an input that has a video stream"
#define HINT_SCHEME                                                                                          \
    "use rtsp://, http://, https://, a file, a device such as /dev/video0 or lavfi:GRAPH, and an FFmpeg "    \
    "that has it"
#define HINT_ACCESS                                                                                          \
    "let the workers' user read it (worker_user in camd.ini): the file, and every directory above it"
#define HINT_CLIP      "check the path"
#define HINT_MINE      "this needs the right to read it, and to go into every directory above it"
#define HINT_MEMORY    "free some memory, or make the pictures smaller"
#define HINT_LOCAL     "look at the log lines before this one; if it stays, report it with them"
#define HINT_DISK      "look at the kernel log: the disk or the file system has errors"
#define HINT_DIRECTORY "name a file in the directory"
#define HINT_DEVICE    "name a video device: v4l2-ctl --list-devices shows them"
#define HINT_UNPLUGGED "check that the device is plugged in (v4l2-ctl --list-devices, the kernel's log)"
#define HINT_OPEN                                                                                            \
    "let the workers' user open it (worker_user in camd.ini); video devices mostly are the group's video"
#define HINT_FILTER "check the names of the graph's filters and of their options: ffmpeg -filters lists them"
#define HINT_BUSY   "end the other program that uses the device (fuser -v shows it), or choose another device"
#define HINT_CHANGED                                                                                         \
    "nothing if the camera was set up differently; if often, look for packets that get lost on the way"
#define HINT_SIZE                                                                                            \
    "let the camera send pictures of another size, use another stream of it, or set width and height, to "   \
    "which they are scaled"
#define HINT_PAGE                                                                                            \
    "open the URL in a browser: the page may ask to log in, or say that too many are looking already"
#define HINT_CIRCLE                                                                                          \
    "look in the camera's manual for the address of its stream; a path that it does not know may lead there"
#define HINT_FOREIGN "give the address that it leads to as input, if you trust it"
#define HINT_LIST                                                                                            \
    "name a file that has the pictures itself: ffmpeg -i LIST -c copy FILE.mkv makes one; a play list that " \
    "goes on is read from a server, by its http:// address"
#define HINT_INDEX                                                                                           \
    "move its index to the front (ffmpeg -i FILE -c copy -movflags +faststart NEW.mp4), let the server "     \
    "answer requests for ranges, or copy the file to this machine"
#define HINT_NO_KEY                                                                                          \
    "set the camera to a key frame (I frame) every one to four seconds, and its smart codec (H.264+, H.265+, Zip) off"
#define HINT_ENDLESS                                                                                         \
    "look with a browser at what the URL gives; the camera's manual has the address of its stream"
#define HINT_NO_PICTURE                                                                                      \
    "play it with ffplay: if that shows nothing either, it is damaged, encrypted, or was cut behind its only key frame; set the camera to another codec, or have the file written again"
#define HINT_REPLACED "nothing: capture begins again with that one"
#define HINT_INPUT    "check how input is written"

const char classify_login_hint[] =
    "correct user name and password in input or password_file (camctl status names the file), then camctl reload; camd waits before it tries again, since cameras lock accounts";

struct entry {
    int error;
    struct classification classification;
};

static const struct entry classifications[] = {
    {AVERROR_HTTP_UNAUTHORIZED, {CAMD_CLASS_AUTH, classify_login_hint}},
    {AVERROR_HTTP_FORBIDDEN, {CAMD_CLASS_AUTH, classify_login_hint}},

    {AVERROR(ECONNREFUSED), {CAMD_CLASS_NETWORK, HINT_REFUSED}},
    {AVERROR(ETIMEDOUT), {CAMD_CLASS_NETWORK, HINT_SILENT}},
    {AVERROR(EINPROGRESS), {CAMD_CLASS_NETWORK, HINT_HALF}},
    {AVERROR(ETIME), {CAMD_CLASS_NETWORK, HINT_SLOW}},
    {AVERROR(ENOLINK), {CAMD_CLASS_NETWORK, HINT_UDP}},
    {AVERROR(ESTALE), {CAMD_CLASS_NETWORK, HINT_STANDS}},
    {AVERROR(EHOSTUNREACH), {CAMD_CLASS_NETWORK, HINT_SILENT}},
    {AVERROR(EHOSTDOWN), {CAMD_CLASS_NETWORK, HINT_SILENT}},
    {AVERROR(ENETUNREACH), {CAMD_CLASS_NETWORK, HINT_SILENT}},
    {AVERROR(ENETDOWN), {CAMD_CLASS_NETWORK, HINT_SILENT}},
    {AVERROR(ENETRESET), {CAMD_CLASS_NETWORK, HINT_ENDED}},
    {AVERROR(ECONNRESET), {CAMD_CLASS_NETWORK, HINT_ENDED}},
    {AVERROR(ECONNABORTED), {CAMD_CLASS_NETWORK, HINT_ENDED}},
    {AVERROR(EPIPE), {CAMD_CLASS_NETWORK, HINT_ENDED}},
    {AVERROR(ENOTCONN), {CAMD_CLASS_NETWORK, HINT_ENDED}},
    {AVERROR(EPROTO), {CAMD_CLASS_NETWORK, HINT_PROTOCOL}},
    {AVERROR(EADDRNOTAVAIL), {CAMD_CLASS_NETWORK, HINT_SILENT}},
    {AVERROR(EIO), {CAMD_CLASS_NETWORK, HINT_SILENT}},
    {AVERROR_EOF, {CAMD_CLASS_NETWORK, HINT_ENDED}},
    {AVERROR_INPUT_CHANGED, {CAMD_CLASS_NETWORK, HINT_CHANGED}},
    {AVERROR_HTTP_SERVER_ERROR, {CAMD_CLASS_NETWORK, HINT_SERVER}},

    {AVERROR_HTTP_NOT_FOUND, {CAMD_CLASS_NOT_FOUND, HINT_NOT_FOUND}},
    {AVERROR(ENOENT), {CAMD_CLASS_NOT_FOUND, HINT_NOT_FOUND}},
    {AVERROR(ENOTDIR), {CAMD_CLASS_NOT_FOUND, HINT_NOT_FOUND}},
    {AVERROR(ENXIO), {CAMD_CLASS_NOT_FOUND, HINT_NOT_FOUND}},
    {AVERROR(ENODEV), {CAMD_CLASS_NOT_FOUND, HINT_NOT_FOUND}},
    {AVERROR(ENAMETOOLONG), {CAMD_CLASS_NOT_FOUND, HINT_NOT_FOUND}},

    {AVERROR_INVALIDDATA, {CAMD_CLASS_FORMAT, HINT_FORMAT}},
    {AVERROR_PATCHWELCOME, {CAMD_CLASS_FORMAT, HINT_FORMAT}},
    {AVERROR_STREAM_NOT_FOUND, {CAMD_CLASS_FORMAT, HINT_NO_VIDEO}},
    {AVERROR_DECODER_NOT_FOUND, {CAMD_CLASS_FORMAT, HINT_CODEC}},
    {AVERROR_DEMUXER_NOT_FOUND, {CAMD_CLASS_FORMAT, HINT_FORMAT}},
    {AVERROR_PROTOCOL_NOT_FOUND, {CAMD_CLASS_FORMAT, HINT_SCHEME}},
    {AVERROR_FILTER_NOT_FOUND, {CAMD_CLASS_FORMAT, HINT_FILTER}},
    {AVERROR_OPTION_NOT_FOUND, {CAMD_CLASS_FORMAT, HINT_INPUT}},
    {AVERROR_HTTP_BAD_REQUEST, {CAMD_CLASS_FORMAT, HINT_REQUEST}},
    {AVERROR_HTTP_OTHER_4XX, {CAMD_CLASS_FORMAT, HINT_REQUEST}},
    {AVERROR(EPROTONOSUPPORT), {CAMD_CLASS_FORMAT, HINT_REQUEST}},
    {AVERROR(ENOSYS), {CAMD_CLASS_FORMAT, HINT_FORMAT}},
    {AVERROR(EINVAL), {CAMD_CLASS_FORMAT, HINT_INPUT}},
    {AVERROR(ENOTTY), {CAMD_CLASS_FORMAT, HINT_DEVICE}},
    {AVERROR(EBUSY), {CAMD_CLASS_LOCAL, HINT_BUSY}},
    {AVERROR(EISDIR), {CAMD_CLASS_FORMAT, HINT_DIRECTORY}},
    {AVERROR(EFBIG), {CAMD_CLASS_FORMAT, HINT_SIZE}},
    {AVERROR(EBADMSG), {CAMD_CLASS_FORMAT, HINT_PAGE}},
    {AVERROR(ELOOP), {CAMD_CLASS_FORMAT, HINT_CIRCLE}},
    {AVERROR(EXDEV), {CAMD_CLASS_FORMAT, HINT_FOREIGN}},
    {AVERROR(EOVERFLOW), {CAMD_CLASS_FORMAT, HINT_ENDLESS}},
    {AVERROR(ESPIPE), {CAMD_CLASS_FORMAT, HINT_INDEX}},
    {AVERROR(ENOMSG), {CAMD_CLASS_FORMAT, HINT_NO_KEY}},
    {AVERROR(ENODATA), {CAMD_CLASS_FORMAT, HINT_NO_PICTURE}},

    {AVERROR(EACCES), {CAMD_CLASS_LOCAL, HINT_ACCESS}},
    {AVERROR(EPERM), {CAMD_CLASS_LOCAL, HINT_ACCESS}},
    {AVERROR(ENOMEM), {CAMD_CLASS_LOCAL, HINT_MEMORY}},
};

/* What only means something else when the source is on this machine. */
static const struct entry file_classifications[] = {
    {AVERROR(EIO), {CAMD_CLASS_LOCAL, HINT_DISK}},
    {AVERROR(ESTALE), {CAMD_CLASS_LOCAL, HINT_DISK}}, /* of NFS */
    {AVERROR_EOF, {CAMD_CLASS_FORMAT, HINT_FORMAT}},
    {AVERROR(ENOENT), {CAMD_CLASS_NOT_FOUND, HINT_FILE}},
    {AVERROR(ENOTDIR), {CAMD_CLASS_NOT_FOUND, HINT_FILE}},
    {AVERROR(ENAMETOOLONG), {CAMD_CLASS_NOT_FOUND, HINT_FILE}},
    {AVERROR(ELOOP), {CAMD_CLASS_NOT_FOUND, HINT_FILE}}, /* of symbolic links */
    {AVERROR(EXDEV), {CAMD_CLASS_FORMAT, HINT_LIST}},
    {AVERROR_INPUT_CHANGED, {CAMD_CLASS_LOCAL, HINT_REPLACED}},
};

static const struct entry clip_classifications[] = {
    {AVERROR(ENOENT), {CAMD_CLASS_NOT_FOUND, HINT_CLIP}},
    {AVERROR(ENOTDIR), {CAMD_CLASS_NOT_FOUND, HINT_CLIP}},
    {AVERROR(ENAMETOOLONG), {CAMD_CLASS_NOT_FOUND, HINT_CLIP}},
    {AVERROR(ELOOP), {CAMD_CLASS_NOT_FOUND, HINT_CLIP}},
    {AVERROR(EACCES), {CAMD_CLASS_LOCAL, HINT_MINE}},
    {AVERROR(EPERM), {CAMD_CLASS_LOCAL, HINT_MINE}},
};

static const struct entry device_classifications[] = {
    {AVERROR(EIO), {CAMD_CLASS_LOCAL, HINT_UNPLUGGED}},
    {AVERROR(ENOENT), {CAMD_CLASS_NOT_FOUND, HINT_DEVICE}},
    {AVERROR(ENXIO), {CAMD_CLASS_NOT_FOUND, HINT_UNPLUGGED}},
    {AVERROR(ENODEV), {CAMD_CLASS_NOT_FOUND, HINT_UNPLUGGED}},
    {AVERROR(EACCES), {CAMD_CLASS_LOCAL, HINT_OPEN}},
    {AVERROR(EPERM), {CAMD_CLASS_LOCAL, HINT_OPEN}},
};

/* libavformat's tcp and udp protocols print this and return EIO when getaddrinfo fails. */
static const char resolve_words[] = "resolve hostname";

static bool message_is_about_name(const char *message)
{
    return message && strstr(message, resolve_words);
}

/* Of GnuTLS and OpenSSL, such as "An unexpected TLS packet was received.": what answers does not speak it. */
static bool message_is_about_tls(const char *message)
{
    return message && (strstr(message, "TLS") || strstr(message, "SSL"));
}

static const struct classification *entry_find(const struct entry *entries, size_t count, int error)
{
    for (size_t i = 0; i < count; i++)
        if (entries[i].error == error)
            return &entries[i].classification;
    return NULL;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum classify_origin classify_origin_of(const char *input, bool remote)
{
    static const char devices[] = "/dev/";
    if (remote)
        return CLASSIFY_NETWORK;
    return strncasecmp(input, devices, sizeof(devices) - 1) == 0 ? CLASSIFY_DEVICE : CLASSIFY_FILE;
}

bool classify_is_hang_up(int error, enum classify_origin origin, const char *message)
{
    return origin == CLASSIFY_NETWORK && error == AVERROR(EPERM) &&
           !(message && strstr(message, strerror(EPERM)));
}

/* Of the network; NULL: as the code says. */
static const struct classification *classify_message(int error, const char *message)
{
    static const struct classification dns = {CAMD_CLASS_NETWORK, HINT_DNS},
                                       name = {CAMD_CLASS_NOT_FOUND, HINT_NAME},
                                       hang_up = {CAMD_CLASS_NETWORK, HINT_HANG_UP},
                                       firewall = {CAMD_CLASS_NETWORK, HINT_FIREWALL},
                                       tls = {CAMD_CLASS_NETWORK, HINT_TLS};
    struct answer answer;

    /* "Temporary failure": the name servers did not answer, so nobody knows whether there is such a host. */
    if (error == AVERROR(EIO) && message_is_about_name(message))
        return strstr(message, gai_strerror(EAI_AGAIN)) ? &dns : &name;
    if (error == AVERROR(EIO) && message_is_about_tls(message))
        return &tls;
    if (classify_is_hang_up(error, CLASSIFY_NETWORK, message))
        return &hang_up;
    if (error == AVERROR(EPERM) || error == AVERROR(EACCES))
        return &firewall;
    return message && answer_find(message, &answer) ? answer_classify(answer.status) : NULL;
}

struct classification classify_error(int error, enum classify_origin origin, const char *message)
{
    const struct classification *found = NULL;
    if (origin == CLASSIFY_NETWORK)
        found = classify_message(error, message);
    if (origin == CLASSIFY_DEVICE)
        found = entry_find(device_classifications, COUNT(device_classifications), error);
    if (origin == CLASSIFY_CLIP)
        found = entry_find(clip_classifications, COUNT(clip_classifications), error);
    if (!found && origin != CLASSIFY_NETWORK)
        found = entry_find(file_classifications, COUNT(file_classifications), error);
    if (!found)
        found = entry_find(classifications, COUNT(classifications), error);
    return found ? *found : (struct classification){CAMD_CLASS_LOCAL, HINT_LOCAL};
}

bool classify_is_vague(int error)
{
    return error == AVERROR(EIO) || error == AVERROR(EINVAL) || error == AVERROR_UNKNOWN ||
           error == AVERROR_EXTERNAL;
}
