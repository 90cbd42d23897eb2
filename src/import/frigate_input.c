/*
 * frigate_input.c - where the pictures of a camera come from
 *
 * The input with the role detect. One that is a stream of the go2rtc within Frigate (rtsp://127.0.0.1:8554/NAME) is what
 * go2rtc itself gets it from, since that go2rtc ends with Frigate.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "base/text.h"
#include "config/config.h"
#include "import/frigate_private.h"

enum { STREAMS_MAX = 8 }; /* of go2rtc that refer to each other */

/* ---- what stands for something of the environment ---- */

static const char *value_of(const struct frigate *frigate, const char *name)
{
    const char *value = getenv(name);
    return value ? value : node_text(node_member(node_member(frigate->root, "environment_vars"), name));
}

/* Names of variables are shorter: what is longer is something else in braces, such as a key of capitals and digits. */
enum { PLACEHOLDER_BYTES = 64 };

/* The first {NAME} that looks as if something were to be put in its place, which Frigate does for its own only; or NULL. */
static char *find_placeholder(const char *text)
{
    static const char own[] = "{FRIGATE_";
    for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
        const size_t length = strspn(open + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        if (length > 0 && length <= PLACEHOLDER_BYTES && open[1 + length] == '}' &&
            strncmp(open, own, sizeof(own) - 1) != 0)
            return text_format("%.*s", (int)length + 2, open);
    }
    return NULL;
}

/*
 * One note about the text, which is the node's or a part of it. Since a placeholder is taken as it stands there, it may be
 * the password itself: it is named only where it may be shown. What is too long for a setting is refused later.
 */
static void note_placeholder(struct frigate *frigate, struct node node, const char *text)
{
    const char *whole = node_text(node);
    if (!whole || strnlen(whole, CONFIG_VALUE_BYTES) == CONFIG_VALUE_BYTES)
        return;
    char *placeholder = find_placeholder(text);
    char *shown = placeholder ? secret_redact_value(whole) : NULL;
    if (shown && strstr(shown, placeholder))
        frigate_note(frigate, node, "ffmpeg.inputs",
                     "its path has %s, which is taken as it stands there: only {FRIGATE_...} is replaced",
                     placeholder);
    else if (placeholder)
        frigate_note(
            frigate, node, "ffmpeg.inputs",
            "its path has what looks like a placeholder, which may be a password and so is not shown; it is taken as it stands there: only {FRIGATE_...} is replaced");
    free(shown);
    secret_free(placeholder);
}

/* The text with {FRIGATE_...} replaced; NULL and a note when one has no value. The caller's to free. */
static char *fill_in(struct frigate *frigate, struct node node, const char *text)
{
    static const char mark[] = "{FRIGATE_";
    char *filled = strdup("");
    const char *open;
    note_placeholder(frigate, node, text);
    /* one that is longer than any setting is none, whatever is in the rest of it */
    while (filled && strlen(filled) < CONFIG_VALUE_BYTES && (open = strstr(text, mark)) != NULL &&
           strchr(open, '}')) {
        const char *close = strchr(open, '}');
        char *name = text_format("%.*s", (int)(close - open - 1), open + 1);
        const char *value = name ? value_of(frigate, name) : NULL;
        char *longer = value ? text_format("%s%.*s%s", filled, (int)(open - text), text, value) : NULL;
        if (!value)
            frigate->lacks_value = true;
        if (name && !value)
            frigate_note(
                frigate, node, "ffmpeg.inputs",
                "the camera is left out: its path has {%s}, which has no value: set it in the environment of camctl import",
                name);
        free(name);
        free(filled);
        filled = longer;
        text = close + 1;
    }
    char *whole = filled ? text_format("%s%s", filled, text) : NULL;
    free(filled);
    return whole;
}

/* ---- go2rtc ---- */

/* The name of the stream when a URL is one of go2rtc's own, else NULL; the caller's to free. */
static char *stream_of(const char *url)
{
    static const char *const prefixes[] = {"rtsp://127.0.0.1:8554/", "rtsp://localhost:8554/",
                                           "rtsp://[::1]:8554/", "rtsp://go2rtc:8554/"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        const size_t length = strlen(prefixes[i]);
        if (strncasecmp(url, prefixes[i], length) == 0)
            return text_format("%.*s", (int)strcspn(url + length, "?#"), url + length);
    }
    return NULL;
}

static bool can_read(const char *url)
{
    static const char *const schemes[] = {"rtsp://", "rtsps://", "http://", "https://", "/"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
            return true;
    }
    return false;
}

/* What go2rtc is told besides: a way to it in front, and what is to be done with it behind #. */
static char *bare_source(const char *source)
{
    static const char ffmpeg[] = "ffmpeg:";
    if (strncmp(source, ffmpeg, sizeof(ffmpeg) - 1) == 0)
        source += sizeof(ffmpeg) - 1;
    return text_format("%.*s", (int)strcspn(source, "#"), source);
}

static struct node streams(const struct frigate *frigate)
{
    return node_at(frigate->root, "go2rtc.streams");
}

/*
 * "video, rotate" of "rtsp://...#video=h264#rotate=90": a value may be a secret. "" without any, or without a source; the
 * caller's to free.
 */
static char *options_of(const char *source)
{
    char *words = strdup("");
    const char *option = source ? strchr(source, '#') : NULL;
    while (words && option) {
        const char *next = strchr(++option, '#');
        char *longer =
            text_format("%s%s%.*s", words, words[0] ? ", " : "", (int)strcspn(option, "=#"), option);
        free(words);
        words = longer;
        option = next;
    }
    return words;
}

/* What becomes of a stream beside the source that is read. */
static void note_source(struct frigate *frigate, struct node source, const char *name, size_t others)
{
    char *options = options_of(node_text(source));
    if (options && options[0])
        frigate_note(
            frigate, source, "ffmpeg.inputs",
            "camd reads what go2rtc has for the stream %s from its source, without what go2rtc does to it: %s",
            name, options);
    if (others > 0)
        frigate_note(
            frigate, source, "ffmpeg.inputs",
            "of what go2rtc has for the stream %s camd reads the first source that it can: %zu other%s left out",
            name, others, others == 1 ? " is" : "s are");
    free(options);
}

/* The first of a stream's sources that camd can read, filled in; NULL: none. */
static char *source_of(struct frigate *frigate, const char *name, unsigned int depth)
{
    const struct node stream = node_member(streams(frigate), name);
    const size_t count = node_text(stream) ? 1 : node_count(stream);
    for (size_t i = 0; i < count && depth < STREAMS_MAX && !frigate->lacks_value; i++) {
        const struct node source = node_text(stream) ? stream : node_item(stream, i);
        char *bare = node_text(source) ? bare_source(node_text(source)) : NULL;
        char *found = !bare            ? NULL
                      : can_read(bare) ? fill_in(frigate, source, bare)
                      : node_kind(node_member(streams(frigate), bare)) != NODE_NONE
                          ? source_of(frigate, bare, depth + 1)
                          : NULL;
        if (found && can_read(bare))
            note_source(frigate, source, name, count - 1);
        free(bare);
        if (found)
            return found;
    }
    return NULL;
}

/* ---- the input ---- */

static bool has_role(struct node input, const char *role)
{
    const struct node roles = node_member(input, "roles");
    if (node_text(roles))
        return strcmp(node_text(roles), role) == 0;
    for (size_t i = 0; i < node_count(roles); i++) {
        const char *word = node_text(node_item(roles, i));
        if (word && strcmp(word, role) == 0)
            return true;
    }
    return false;
}

/* Of the inputs the one for detection; the others are for what camd does not do. */
static struct node find_input(struct frigate *frigate)
{
    const struct node inputs = frigate_find(frigate, "ffmpeg.inputs");
    struct node found = {NULL, 0};
    for (size_t i = 0; i < node_count(inputs); i++) {
        const struct node input = node_item(inputs, i);
        if (found.id == 0 && has_role(input, "detect"))
            found = input;
        else
            frigate_note(frigate, input, "ffmpeg.inputs",
                         "this input is left out: camd reads the one with the role detect");
    }
    return found;
}

/* Of the input, else of the camera, else of all. */
static struct node argument(const struct frigate *frigate, struct node input, const char *key)
{
    char path[64];
    const struct node own = node_member(input, key);
    snprintf(path, sizeof(path), "ffmpeg.%s", key);
    return node_kind(own) != NODE_NONE ? own : frigate_find(frigate, path);
}

static bool mentions(struct node arguments, const char *part)
{
    if (node_text(arguments))
        return strstr(node_text(arguments), part) != NULL;
    for (size_t i = 0; i < node_count(arguments); i++) {
        const char *word = node_text(node_item(arguments, i));
        if (word && strstr(word, part))
            return true;
    }
    return false;
}

static bool is_empty(struct node node)
{
    return node_kind(node) == NODE_NONE || node_kind(node) == NODE_NULL ||
           (!node_text(node) && node_count(node) == 0);
}

/* Presets, and words of FFmpeg, that say which device decodes. */
static void take_hwaccel(struct frigate *frigate, struct node input)
{
    static const struct {
        const char *part, *word;
    } kinds[] = {{"vaapi", "vaapi"}, {"qsv", "qsv"}, {"nvidia", "cuda"}, {"cuda", "cuda"}, {"auto", "auto"}};
    const struct node arguments = argument(frigate, input, "hwaccel_args");
    if (is_empty(arguments))
        return;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (mentions(arguments, kinds[i].part)) {
            imported_set(frigate->settings, "hwaccel", kinds[i].word);
            return;
        }
    }
    frigate_note(frigate, arguments, "ffmpeg.hwaccel_args",
                 "left out: see hwaccel in camd.ini(5) for what camd can use");
}

static void take_arguments(struct frigate *frigate, struct node input)
{
    static const char *const presets[] = {"preset-rtsp-restream", "preset-rtsp-generic",
                                          "preset-http-jpeg-generic", "preset-http-mjpeg-generic"};
    const struct node arguments = argument(frigate, input, "input_args");
    bool is_known = is_empty(arguments);
    if (mentions(arguments, "udp"))
        imported_set(frigate->settings, "rtsp_transport", "udp");
    if (mentions(arguments, "stream_loop"))
        imported_set(frigate->settings, "loop", "yes");
    for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
        is_known = is_known || mentions(arguments, presets[i]);
    if (!is_known && !mentions(arguments, "preset-rtsp-udp"))
        frigate_note(frigate, arguments, "ffmpeg.input_args",
                     "left out but for the transport and a loop: camd tells FFmpeg itself what it needs");
}

/* What camd is to read instead of a stream of go2rtc, or that stream when that can't be said; NULL: it lacks a value. */
static char *resolve(struct frigate *frigate, struct node path, char *url)
{
    char *stream = stream_of(url);
    if (!stream)
        return url;
    char *source = source_of(frigate, stream, 0);
    if (source) {
        free(url);
        url = source;
    } else if (frigate->lacks_value) {
        free(url);
        url = NULL;
    } else {
        frigate_note(
            frigate, path, "ffmpeg.inputs",
            node_kind(node_member(streams(frigate), stream)) == NODE_NONE
                ? "the file has no stream %s for go2rtc: camd reads it from there, where a go2rtc has to run"
                : "camd cannot read what go2rtc has for the stream %s, so that go2rtc has to run on",
            stream);
    }
    free(stream);
    return url;
}

bool frigate_take_input(struct frigate *frigate)
{
    const struct node input = find_input(frigate), path = node_member(input, "path");
    const char *text = node_text(path);
    if (!text) {
        frigate_note(frigate, frigate->camera, "ffmpeg.inputs",
                     "the camera is left out: none of its inputs has the role detect and a path");
        return false;
    }
    frigate->lacks_value = false;
    char *url = fill_in(frigate, path, text);
    if (url)
        url = resolve(frigate, path, url);
    const bool is_taken = url && !strpbrk(url, "\r\n") && imported_set(frigate->settings, "input", url);
    if (url && !is_taken)
        frigate_note(frigate, path, "ffmpeg.inputs",
                     "the camera is left out: its path is not one line of UTF-8 text");
    if (is_taken) {
        take_hwaccel(frigate, input);
        take_arguments(frigate, input);
    }
    free(url);
    return is_taken;
}
