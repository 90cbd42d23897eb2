#include "capture/overheard.h"

#include <libavutil/log.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct overheard overheard;

static void redirected(const char *location)
{
    overheard.redirections++;
    overheard.locations++;
    snprintf(overheard.location, sizeof(overheard.location), "%s", location);
}

/* The value of a line in an answer's head, if the line has that name. */
static const char *field_value(const char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncasecmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    return line + length + 1 + strspn(line + length + 1, " \t");
}

/* ---- messages: the text without what its format begins and ends with ---- */

static void take_status(const char *text)
{
    enum { ERRORS = 400, LOGIN_WANTED = 401 };

    overheard.http_answers++;
    overheard.status = atoi(text);
    if (overheard.status >= ERRORS && overheard.status != LOGIN_WANTED)
        overheard.refusal = overheard.status;
    if (overheard.status < 300)
        overheard.redirections = 0;
    overheard.entity_tag[0] = overheard.last_modified[0] = '\0';
}

static bool begins_with(const char *text, const char *start)
{
    return strncasecmp(text, start, strlen(start)) == 0;
}

/* Basic, or a digest with MD5, which is meant where none is named. */
static bool is_known_login(const char *challenge, const char *algorithm)
{
    return begins_with(challenge, "Basic") ||
           (begins_with(challenge, "Digest") && (!algorithm || begins_with(algorithm, "MD5")));
}

static int word_length(const char *text)
{
    return (int)strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
}

/* "Digest realm=..., algorithm=SHA-256", "NTLM" */
static void take_challenge(const char *line)
{
    static const char algorithm_name[] = "algorithm=";
    const char *challenge = field_value(line, "WWW-Authenticate");
    const char *algorithm = challenge ? strcasestr(challenge, algorithm_name) : NULL;
    if (!challenge)
        return;
    if (algorithm)
        algorithm += sizeof(algorithm_name) - 1;
    if (algorithm && *algorithm == '"')
        algorithm++;
    const bool is_known = is_known_login(challenge, algorithm);
    if (begins_with(challenge, "Digest"))
        overheard.has_unknown_digest = !is_known;
    if (is_known)
        overheard.wants_known_login = true;
    else if (begins_with(challenge, "Digest") || !overheard.has_unknown_digest)
        snprintf(overheard.unknown_login, sizeof(overheard.unknown_login), "%.*s%s%.*s",
                 word_length(challenge), challenge, algorithm ? " " : "",
                 algorithm ? word_length(algorithm) : 0, algorithm ? algorithm : "");
}

/* A line of the head of an RTSP answer; the first one has the status. */
static void take_rtsp_line(const char *line)
{
    unsigned int status;
    if (sscanf(line, "RTSP/%*s %3u", &status) == 1) {
        overheard.rtsp_answers++;
        overheard.rtsp_status = (int)status;
    }
    overheard.has_rtsp_transport |= field_value(line, "Transport") != NULL;
    take_challenge(line);
}

static void take_head_line(const char *line)
{
    take_challenge(line);
    const char *location = field_value(line, "Location");
    const char *entity_tag = field_value(line, "ETag");
    const char *last_modified = field_value(line, "Last-Modified");

    if (location && overheard.status >= 300 && overheard.status < 400)
        redirected(location);
    if (entity_tag)
        snprintf(overheard.entity_tag, sizeof(overheard.entity_tag), "%s", entity_tag);
    if (last_modified)
        snprintf(overheard.last_modified, sizeof(overheard.last_modified), "%s", last_modified);
}

/* RTSP: "302: Redirecting to rtsp://..." */
static void take_redirection(const char *text)
{
    static const char words[] = "Redirecting to ";
    const char *location = strstr(text, words);
    if (location)
        redirected(location + sizeof(words) - 1);
}

static void take_size(const char *text)
{
    unsigned int width, height;
    if (sscanf(text, "%ux%u", &width, &height) == 2) {
        overheard.width = width;
        overheard.height = height;
    }
}

/* Of a file, others may not be opened (source_kind.c). */
static void take_refused_file(const char *text)
{
    (void)text;
    overheard.refused_files++;
}

/* format is how the message's format begins; start and end are around what is taken. */
static const struct message {
    const char *format, *start, *end;
    void (*take)(const char *text);
} messages[] = {
    {"Picture size %ux%u ", "Picture size ", "", take_size},
    {"Protocol '%s' not on whitelist '%s'!\n", "", "", take_refused_file},
    {"http_code=%d\n", "http_code=", "\n", take_status},
    {"header='%s'\n", "header='", "'\n", take_head_line},
    {"line='%s'\n", "line='", "'\n", take_rtsp_line},
    {"Status %d: Redirecting to %s\n", "Status ", "\n", take_redirection},
};

static void message_take(const struct message *message, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void message_take(const struct message *message, const char *format, va_list arguments)
{
    char text[OVERHEARD_URL_BYTES + 32];
    va_list copy;
    va_copy(copy, arguments);
    int length = vsnprintf(text, sizeof(text), format, copy);
    va_end(copy);
    size_t start = strlen(message->start), end = strlen(message->end);
    if (length < 0 || (size_t)length >= sizeof(text) || (size_t)length < start + end)
        return;
    text[(size_t)length - end] = '\0';
    message->take(text + start);
}

void overheard_listen(int av_level, const char *format, va_list arguments)
{
    pthread_mutex_lock(&lock);
    if (av_level <= AV_LOG_WARNING)
        overheard.complaints++;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
        if (strncmp(format, messages[i].format, strlen(messages[i].format)) == 0)
            message_take(&messages[i], format, arguments);
    pthread_mutex_unlock(&lock);
}

void overheard_get(struct overheard *copy)
{
    pthread_mutex_lock(&lock);
    *copy = overheard;
    pthread_mutex_unlock(&lock);
}

static uint32_t number(const uint32_t *field)
{
    pthread_mutex_lock(&lock);
    uint32_t value = *field;
    pthread_mutex_unlock(&lock);
    return value;
}

uint32_t overheard_redirections(void)
{
    return number(&overheard.redirections);
}

uint32_t overheard_locations(void)
{
    return number(&overheard.locations);
}

uint32_t overheard_complaints(void)
{
    return number(&overheard.complaints);
}

uint32_t overheard_http_answers(void)
{
    return number(&overheard.http_answers);
}

void overheard_forget(void)
{
    pthread_mutex_lock(&lock);
    overheard = (struct overheard){.locations = overheard.locations, .complaints = overheard.complaints};
    pthread_mutex_unlock(&lock);
}
