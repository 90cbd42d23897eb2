#include "daemon/verbs/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/config_show.h"
#include "daemon/camera/fleet.h"
#include "daemon/camera/services.h"
#include "daemon/control/control.h"

enum { TEXT_SHOWN = 1000, VALUE_SHOWN = 200 };

/* Cut where a character ends. */
static void cut(char *text, size_t most)
{
    if (strlen(text) <= most)
        return;
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    text[most] = '\0';
}

/* redacted is taken over; NULL: memory is short. */
static void write_cut(FILE *out, char *redacted)
{
    if (redacted)
        cut(redacted, VALUE_SHOWN);
    fputs(redacted ? redacted : "?", out);
    free(redacted);
}

static void write_redacted(FILE *out, const char *text)
{
    write_cut(out, secret_redact_value(text));
}

static void write_names(FILE *out, const json_t *body)
{
    const json_t *names = json_object_get(body, "names"), *name;
    const char *single = json_member_string(body, "name", NULL), *to = json_member_string(body, "to", NULL);
    size_t i;
    json_array_foreach(names, i, name) {
        if (json_is_string(name)) {
            fputc(' ', out);
            write_redacted(out, json_string_value(name));
        }
    }
    if (single && !names) {
        fputc(' ', out);
        write_redacted(out, single);
    }
    if (to) {
        fputc(' ', out);
        write_redacted(out, to);
    }
    if (json_is_true(json_object_get(body, "all")))
        fputs(" --all", out);
}

static void write_settings(FILE *out, const json_t *settings)
{
    const char *key;
    json_t *value;
    json_members_foreach(settings, key, value) {
        fputc(' ', out);
        write_redacted(out, key);
        fputc('=', out);
        if (json_is_string(value))
            write_cut(out, config_setting_shown(key, json_string_value(value)));
    }
}

static void write_all(FILE *out, enum verb verb, const json_t *body)
{
    const json_t *moving = json_object_get(body, "moving");
    fputs(verb_table[verb].word, out);
    write_names(out, body);
    write_settings(out, json_object_get(body, "settings"));
    if (json_is_boolean(moving))
        fputs(json_is_true(moving) ? " moving" : " stopped", out);
    if (json_is_true(json_object_get(body, "runtime")))
        fputs(" --runtime", out);
    if (json_is_true(json_object_get(body, "keep_grid")))
        fputs(" --keep-grid", out);
}

/* On one line, and not longer than a log wants it; passwords are out of each of its words. The caller's to secret_free. */
static char *text_of(enum verb verb, const json_t *body)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    write_all(out, verb, body);
    if (fclose(out) != 0) {
        secret_free(text);
        return NULL;
    }
    cut(text, TEXT_SHOWN);
    for (char *at = text; *at; at++)
        *at = (unsigned char)*at < ' ' || *at == 0x7f ? '?' : *at;
    return text;
}

/* The one camera that is meant, so that its events tell of it; NULL: there are several, none, or none of that name. */
static const char *camera_of(const struct fleet *fleet, enum verb verb, const json_t *body)
{
    const json_t *names = json_object_get(body, "names");
    const char *name = !names                        ? json_member_string(body, "name", NULL)
                       : json_array_size(names) == 1 ? json_string_value(json_array_get(names, 0))
                                                     : NULL;
    if (!name || !text_is_camera_name(name))
        return NULL;
    return verb == VERB_ADD || fleet_find(fleet, name) ? name : NULL;
}

void audit_note(const struct services *services, const struct fleet *fleet,
                const struct control_request *request, enum verb verb, const json_t *body)
{
    const unsigned int uid = (unsigned int)control_request_uid(request);
    char *text = text_of(verb, body);
    log_notice(NULL, "user %u asked for: %s", uid, text ? text : verb_table[verb].word);
    services_emit(services, "asked", camera_of(fleet, verb, body),
                  json_pack("{s:I, s:s, s:s}", "uid", (json_int_t)uid, "verb", verb_table[verb].word, "text",
                            text ? text : verb_table[verb].word));
    secret_free(text);
}
