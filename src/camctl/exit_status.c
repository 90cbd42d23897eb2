/* exit_status.c - errors as JSON objects, and their exit statuses */
#include "camctl/exit_status.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/secret.h"
#include "protocol/verbs.h"

static enum status failure_status(const json_t *error)
{
    const char *code = json_member_string(error, "code", "failed");
    if (strcmp(code, FAILURE_NO_ANSWER) == 0)
        return STATUS_NO_ANSWER;
    return (enum status)control_error_exit_status(code);
}

/* Words of the command line are quoted. A new string; NULL: what is to be shown is not UTF-8, or memory is short. */
static json_t *shown(const char *text)
{
    char *redacted = secret_redact(text);
    json_t *string = redacted ? json_string(redacted) : NULL;
    free(redacted);
    return string;
}

enum status status_fail(json_t **error, const char *code, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    json_t *text = json_vsprintf(format, arguments);
    va_end(arguments);
    json_t *words = text ? shown(json_string_value(text)) : NULL;
    json_t *hints = shown(hint ? hint : "");
    json_decref(text);
    if (!words) /* not UTF-8, which an argument of the command line need not be */
        words = json_string("an argument is not valid UTF-8 text");
    *error =
        json_pack("{s:s, s:o, s:o}", "code", code, "text", words, "hint", hints ? hints : json_string(""));
    return failure_status(*error);
}

enum status status_adopt(json_t **error, json_t *reply_error)
{
    if (!json_is_object(reply_error) || !json_is_string(json_object_get(reply_error, "text")))
        return status_fail(error, FAILURE_NO_ANSWER, "camctl and camd should be of the same version",
                           "the daemon reported an error in a form that this camctl does not know");
    *error = json_incref(reply_error);
    return failure_status(*error);
}
