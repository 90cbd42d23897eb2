/* runtime_send.c - what a worker tells: messages to camd, and eventfds */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "runtime/runtime.h"

enum { WORKER_TEXT_MAX = 8192 }; /* bytes of an error's text and of its hint: escaped, both fit a message */

int worker_send(struct worker *worker, json_t *object)
{
    char *text = object ? json_text(object) : NULL;
    int result;
    json_decref(object);
    if (!text)
        return -ENOMEM;
    do {
        result = camd_channel_send(worker->channel, text, strlen(text), NULL, 0, 0);
    } while (result == -EINTR);
    free(text);
    return result;
}

static int worker_send_type(struct worker *worker, const char *type)
{
    return worker_send(worker, json_pack("{s:s}", "type", type));
}

int worker_send_ready(struct worker *worker)
{
    return worker_send_type(worker, "ready");
}

int worker_send_ended(struct worker *worker)
{
    return worker_send_type(worker, "ended");
}

/* Redacted, bounded, and UTF-8. */
static json_t *worker_public_text(const char *text)
{
    char *redacted = secret_redact(text);
    if (!redacted)
        return NULL;
    if (strlen(redacted) > WORKER_TEXT_MAX)
        redacted[WORKER_TEXT_MAX] = '\0';

    json_t *string = json_string_lossy(redacted);

    free(redacted);
    return string;
}

int worker_send_error(struct worker *worker, enum camd_stage stage, enum camd_class class_, const char *hint,
                      const char *format, ...)
{
    char text[WORKER_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);

    json_t *const public_text = worker_public_text(text);
    json_t *const public_hint = worker_public_text(hint ? hint : "");

    /* camd says it in its own log, with what comes of it */
    log_debug(worker->camera, "%s: %s%s%s", camd_stage_word(stage),
              public_text ? json_string_value(public_text) : "memory is short", hint ? "; " : "",
              public_hint ? json_string_value(public_hint) : "");
    /* json_pack takes the references of "o", also when it fails, and fails for a NULL. */
    return worker_send(worker, json_pack("{s:s, s:s, s:s, s:o, s:o}", "type", "error", "stage",
                                         camd_stage_word(stage), "class", camd_class_word(class_), "text",
                                         public_text, "hint", public_hint));
}

/* ---- eventfds ---- */

void worker_event_signal(int event)
{
    const uint64_t one = 1;
    if (event >= 0)
        (void)!write(event, &one, sizeof(one));
}

void worker_event_clear(int event)
{
    uint64_t count;
    if (event >= 0)
        (void)!read(event, &count, sizeof(count));
}
