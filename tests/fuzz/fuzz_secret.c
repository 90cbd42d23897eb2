/*
 * fuzz_secret.c - passwords in URLs, in messages that quote them
 *
 * The first byte chooses where the password stands, the rest is what surrounds the secret in it. Whatever that is made of,
 * the secret is not in what is shown, and nobody is sent to a host that is a part of it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "fuzz.h"

/* No word that a name of a user or a harmless parameter could be. */
static const char secret[] = "hunter$2";

static void check_hidden(char *shown)
{
    check(shown && !strstr(shown, secret));
    free(shown);
}

/* ---- places for a password: PREFIX, password, SUFFIX ---- */

struct place {
    const char *prefix, *suffix;
    bool ends_at_space; /* and at & and marks of quotation: only a value says where such a one ends */
};

static const struct place places[] = {
    {"rtsp://admin:", "@cam/live", false},
    {"RTSP://", "@cam/live", false},
    {"http://cam/videostream.cgi?loginuse=admin&loginpas=", "&channel=1", true},
    {"http://admin@cam:8080/x?", "", true},
    {"rtsp://cam:554/user=admin_password=", "_channel=1.sdp", true},
    {"rtsp://cam/live#", "", true},
    {"admin:", "@cam", true},
};

/* Where one URL ends and another begins can't be told in all of them. */
static bool is_clear(const struct place *place, const char *password)
{
    if (!strstr(place->prefix, "://"))
        return !strstr(password, "://");
    return place->ends_at_space || !strstr(password, "://");
}

static bool has_end(const char *password)
{
    for (const char *at = password; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f || strchr("'\"`", *at))
            return true;
    return false;
}

static void fuzz_value(const struct place *place, const char *password)
{
    char *url = text_format("%s%s%s", place->prefix, password, place->suffix);
    char *setting = text_format("input=%s", url ? url : "");
    check(url && setting);
    if (strstr(place->prefix, "://") || is_clear(place, password)) {
        check_hidden(secret_redact_value(url));
        check_hidden(secret_redact_value(setting));
    }
    free(setting);
    free(url);
}

static void fuzz_message(const struct place *place, const char *password)
{
    static const char *const messages[] = {
        "%s%s%s",
        "cannot open '%s%s%s': timed out, next is 'http://cam/'",
        "[tcp @ 0x55d0] Failed to open %s%s%s [http @ 0x55d1] at once",
    };
    if (!is_clear(place, password) || (place->ends_at_space && has_end(password)))
        return;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        char *message = NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        message = text_format(messages[i], place->prefix, password, place->suffix);
#pragma GCC diagnostic pop
        check(message != NULL);
        check_hidden(secret_redact(message));
        free(message);
    }
}

/* As libavformat takes it apart: the host is what is behind the last @ before the first of / ? #. */
static void fuzz_host(const char *password)
{
    char *url = text_format("rtsp://admin:%s@cam/live", password);
    check(url != NULL);
    const char *authority = url + strlen("rtsp://");
    size_t length = strcspn(authority, "/?#");
    const char *sign = memrchr(authority, '@', length);
    const char *host = sign ? sign + 1 : authority;
    char *name = strndup(host, length - (size_t)(host - authority));
    check(name != NULL);
    if (!secret_url_is_broken(url) && name[0] != '[')
        check(!strstr(name, secret));
    free(name);
    free(url);
}

/* Any text: bounded, and shown twice it stays the same. */
static void fuzz_text(const char *text)
{
    char *shown = secret_redact(text), *value = secret_redact_value(text);
    check(shown && strlen(shown) <= 4 * strlen(text) + 4);
    check(value && strlen(value) <= 4 * strlen(text) + 4);
    char *again = secret_redact_value(value);
    check(again && strcmp(again, value) == 0);
    free(again);
    free(value);
    free(shown);
    check(*secret_path_shown(text) != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t before = data[1] < size - 2 ? data[1] : size - 2;
    const struct place *place = &places[data[0] % (sizeof(places) / sizeof(places[0]))];
    char *around = strndup((const char *)data + 2, size - 2);
    check(around != NULL);
    if (before > strlen(around))
        before = strlen(around);
    char *password = text_format("%.*s%s%s", (int)before, around, secret, around + before);
    check(password != NULL);

    fuzz_value(place, password);
    fuzz_message(place, password);
    fuzz_host(password);
    fuzz_text(around);
    free(password);
    free(around);
    return 0;
}
