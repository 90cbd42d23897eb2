#include "capture/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int status;
    struct classification classification;
} statuses[] = {
    {400,
     {CAMD_CLASS_FORMAT,
      "check input: the camera does not understand the request; its manual or its web page has the right path"}},
    {407,
     {CAMD_CLASS_AUTH,
      "a proxy answered, and wants a login of its own: give the camera's own address in input; for http:// write the proxy's user and password into http_proxy, or let no_proxy name the camera (pass_environment in camd.ini)"}},
    {429,
     {CAMD_CLASS_NETWORK,
      "the camera is asked too often: look for other programs that ask it, or raise restart_delay"}},
    {453,
     {CAMD_CLASS_NETWORK,
      "too many viewers: end one (a recorder, an app that was left open), or let the camera allow more, or a lower bit rate"}},
    {454,
     {CAMD_CLASS_NETWORK, "nothing if it happens once; if often, look for a newer firmware of the camera"}},
    {461,
     {CAMD_CLASS_FORMAT,
      "set rtsp_transport to the other of tcp and udp: the camera does not take this one"}},
    {503,
     {CAMD_CLASS_NETWORK,
      "nothing if the camera has just been switched on; else it has too many viewers: end one, or let it allow more"}},
};

static void copy_field(char *to, size_t size, const char *from, size_t length)
{
    snprintf(to, size, "%.*s", (int)(length < size ? length : size - 1), from);
}

/* A status of three digits and the camera's words for it, up to the end of the line. */
static bool read_status(const char *text, struct answer *answer)
{
    text += strspn(text, " ");
    if (strspn(text, "0123456789") != 3)
        return false;
    answer->status = atoi(text);
    text += 3;
    text += strspn(text, " ");
    copy_field(answer->reason, sizeof(answer->reason), text, strcspn(text, "\r\n"));
    return answer->status >= 300;
}

bool answer_find(const char *message, struct answer *answer)
{
    static const char method[] = "method ", failed[] = " failed: ", http[] = "HTTP error ";
    struct answer found = {0};
    const char *rtsp_at = strstr(message, method), *http_at = strstr(message, http);
    const char *failed_at = rtsp_at ? strstr(rtsp_at, failed) : NULL;
    if (failed_at) {
        const char *request = rtsp_at + sizeof(method) - 1;
        copy_field(found.request, sizeof(found.request), request, (size_t)(failed_at - request));
        if (!read_status(failed_at + sizeof(failed) - 1, &found))
            return false;
    } else if (!http_at || !read_status(http_at + sizeof(http) - 1, &found)) {
        return false;
    }
    *answer = found;
    return true;
}

const struct classification *answer_classify(int status)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (statuses[i].status == status)
            return &statuses[i].classification;
    return NULL;
}

void answer_words(const struct answer *answer, char *text, size_t size)
{
    snprintf(text, size, "the camera answered %s%swith %d%s%s", answer->request,
             answer->request[0] ? " " : "", answer->status, answer->reason[0] ? " " : "", answer->reason);
}
