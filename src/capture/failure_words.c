#include "capture/failure_words.h"

#include <libavutil/error.h>
#include <stdio.h>
#include <string.h>

#include "capture/avlog.h"

/* Said of the input. */
static const char *const stage_words[CAMD_STAGE_COUNT] = {
    [CAMD_STAGE_SETUP] = "can't be started",  [CAMD_STAGE_OPEN] = "can't be opened",
    [CAMD_STAGE_PROBE] = "can't be used",     [CAMD_STAGE_READ] = "can't be read any further",
    [CAMD_STAGE_DECODE] = "can't be decoded", [CAMD_STAGE_SCALE] = "has pictures that can't be converted",
    [CAMD_STAGE_TRACK] = "can't be tracked",  [CAMD_STAGE_DETECT] = "can't be searched for objects",
};

/* FFmpeg's line without the "[tcp @ 0x...] " that says which of its objects wrote it. */
static const char *without_prefix(const char *line)
{
    while (*line == '[') {
        const char *end = strstr(line, "] ");
        if (!end)
            break;
        line = end + 2;
    }
    return line;
}

struct classification report_explain(const struct settings *settings, const struct failure *failure,
                                     char text[REPORT_BYTES])
{
    char said[AVLOG_LINE_BYTES], code_text[AV_ERROR_MAX_STRING_SIZE];
    const char *reason = code_text;

    avlog_last_error(said);
    av_make_error_string(code_text, sizeof code_text, failure->error);
    if (failure->reason[0])
        reason = failure->reason;
    else if (said[0] && classify_is_vague(failure->error))
        reason = without_prefix(said);
    snprintf(text, REPORT_BYTES, "%s %s: %s", settings->input, stage_words[failure->stage], reason);
    return classify_error(failure->error, failure->remote, said);
}
