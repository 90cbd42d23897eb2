#include "capture/failure_words.h"

#include <libavutil/error.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "capture/answer.h"
#include "capture/avlog.h"
#include "capture/overheard.h"

enum { WORDS_BYTES = 256 };

/* Said of the input. */
static const char *const stage_words[CAMD_STAGE_COUNT] = {
    [CAMD_STAGE_SETUP] = "cannot be started",  [CAMD_STAGE_OPEN] = "cannot be opened",
    [CAMD_STAGE_PROBE] = "cannot be used",     [CAMD_STAGE_READ] = "cannot be read any further",
    [CAMD_STAGE_DECODE] = "cannot be decoded", [CAMD_STAGE_SCALE] = "has pictures that cannot be converted",
    [CAMD_STAGE_TRACK] = "cannot be tracked",  [CAMD_STAGE_DETECT] = "cannot be searched for objects",
};

/* Whether FFmpeg can't log in at all, whatever the password. */
static bool has_no_known_login(const struct overheard *overheard)
{
    return overheard->unknown_login[0] && (!overheard->wants_known_login || overheard->has_unknown_digest);
}

/* What can be done about a refused password depends on whether there is one, and on what the camera asks for. */
static const char *hint_for_login(const struct settings *settings, const char *hint)
{
    struct overheard overheard;
    overheard_get(&overheard);
    if (has_no_known_login(&overheard))
        return "FFmpeg does not have that way to log in: let the camera accept nothing but digest with MD5, or basic, in its settings for RTSP or HTTP";
    if (secret_url_lacks_password(settings->input))
        return "input names a user without a password: write USER:PASSWORD@ in it, or name a file that has the password with password_file";
    if (!strchr(settings->input, '@'))
        return "the camera wants a user and a password: write USER:PASSWORD@ before its name in input, or USER@ and the password in a password_file";
    return hint;
}

static const char *words_of(const struct failure *failure, enum classify_origin origin, const char *said,
                            char text[WORDS_BYTES])
{
    struct answer answer;
    if (failure->reason[0])
        return failure->reason;
    if (classify_is_hang_up(failure->error, origin, said))
        return "the camera closed the connection instead of answering";
    if (origin == CLASSIFY_NETWORK && answer_find(said, &answer))
        answer_words(&answer, text, WORDS_BYTES);
    else if (said[0] && classify_is_vague(failure->error))
        return said;
    else
        av_make_error_string(text, WORDS_BYTES, failure->error);
    /* such as "moov atom not found": it was cut off, or is still being written */
    const size_t length = strlen(text);
    if (failure->error == AVERROR_INVALIDDATA && origin == CLASSIFY_FILE && said[0])
        snprintf(text + length, WORDS_BYTES - length, " (%.*s)", WORDS_BYTES / 2, said);
    return text;
}

/* FFmpeg's last words about it. Of a proxy's refusal it has none, but the status was overheard. */
static void find_said(char said[AVLOG_LINE_BYTES])
{
    enum { PROXY_LOGIN = 407 };
    struct overheard overheard;

    avlog_last_error(said);
    overheard_get(&overheard);
    if (said[0] == '\0' && overheard.status == PROXY_LOGIN)
        snprintf(said, AVLOG_LINE_BYTES, "HTTP error %d Proxy Authentication Required", PROXY_LOGIN);
}

/* The way to log in that FFmpeg has not: the digest that it would take, or else the last one. */
static void add_login(char text[REPORT_BYTES])
{
    struct overheard overheard;
    const size_t length = strlen(text);
    overheard_get(&overheard);
    if (has_no_known_login(&overheard))
        snprintf(text + length, REPORT_BYTES - length,
                 overheard.wants_known_login ? ", and FFmpeg takes %s of what it offers"
                                             : ", and offers %s only",
                 overheard.unknown_login);
}

struct classification report_explain(const struct settings *settings, const struct failure *failure,
                                     char text[REPORT_BYTES])
{
    enum classify_origin origin = classify_origin_of(settings->input, failure->remote);
    char said[AVLOG_LINE_BYTES], words[WORDS_BYTES];
    find_said(said);
    snprintf(text, REPORT_BYTES, "%s %s: %s", settings->input, stage_words[failure->stage],
             words_of(failure, origin, said, words));
    struct classification classification = classify_error(failure->error, origin, said);
    if (classification.hint == classify_login_hint) {
        add_login(text);
        classification.hint = hint_for_login(settings, classification.hint);
    }
    return classification;
}
