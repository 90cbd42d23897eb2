/* writer.c - the one writer */
#include "camctl/writer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/visible_text.h"

enum {
    WIDTH_LEAST = 40, /* narrower terminals get lines of this length */
    FIELD_INDENT = 2,
    FIELD_COLUMN = 16, /* where the text of writer_field begins */
};

static const char *const style_codes[STYLE_COUNT] = {
    [STYLE_PLAIN] = "",       [STYLE_GOOD] = "\033[32m", [STYLE_WAIT] = "\033[33m",
    [STYLE_BAD] = "\033[31m", [STYLE_FAINT] = "\033[2m", [STYLE_STRONG] = "\033[1m",
};

void writer_init(struct writer *output, FILE *stream, bool json)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *kind = getenv("TERM");
    struct winsize size;
    *output = (struct writer){.stream = stream, .json = json};
    output->terminal = isatty(fileno(stream)) == 1;
    output->colour =
        output->terminal && !(no_colour && no_colour[0]) && kind && kind[0] && strcmp(kind, "dumb") != 0;
    if (!output->terminal)
        return;
    output->width = 80;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        output->width = size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
    output->height = 24;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_row > 0)
        output->height = size.ws_row;
}

/* At once after it was written, while errno still says why not. */
static void note_problem(struct writer *output)
{
    if (!output->problem && ferror(output->stream))
        output->problem = errno ? -errno : -EIO;
}

/* ---- text ---- */

void writer_escaped(struct writer *output, enum style style, const char *escaped)
{
    if (output->colour && style != STYLE_PLAIN)
        fprintf(output->stream, "%s%s\033[0m", style_codes[style], escaped);
    else
        fputs(escaped, output->stream);
}

void writer_pad(struct writer *output, size_t columns)
{
    fprintf(output->stream, "%*s", (int)columns, "");
}

void writer_blank(struct writer *output)
{
    fputc('\n', output->stream);
}

/* A word that is longer than a line stays whole: an address that is cut cannot be copied. */
void writer_wrapped(struct writer *output, enum style style, const char *escaped, size_t at, size_t hang)
{
    bool first = true;
    if (output->colour)
        fputs(style_codes[style], output->stream);
    while (*escaped) {
        size_t spaces = strspn(escaped, " ");
        size_t bytes = spaces + strcspn(escaped + spaces, " ");
        size_t columns = visible_columns(escaped, bytes);
        if (!first && output->width && at + columns > output->width) {
            fputc('\n', output->stream);
            writer_pad(output, hang);
            at = hang;
            escaped += spaces;
            bytes -= spaces;
            columns -= spaces;
        }
        fwrite(escaped, 1, bytes, output->stream);
        at += columns;
        escaped += bytes;
        first = false;
    }
    if (output->colour && style != STYLE_PLAIN)
        fputs("\033[0m", output->stream);
    fputc('\n', output->stream);
    note_problem(output);
}

static void write_formatted(struct writer *output, enum style style, size_t at, size_t hang,
                            const char *format, va_list arguments) __attribute__((format(printf, 5, 0)));

static void write_formatted(struct writer *output, enum style style, size_t at, size_t hang,
                            const char *format, va_list arguments)
{
    char *text = text_format_arguments(format, arguments);
    char *escaped = text ? visible_text(text, NULL) : NULL;
    if (escaped)
        writer_wrapped(output, style, escaped, at, hang);
    free(escaped);
    free(text);
}

void writer_line(struct writer *output, enum style style, size_t hang, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_formatted(output, style, 0, hang, format, arguments);
    va_end(arguments);
}

void writer_field(struct writer *output, enum style style, const char *label, const char *format, ...)
{
    va_list arguments;
    fprintf(output->stream, "%*s%-*s", FIELD_INDENT, "", FIELD_COLUMN - FIELD_INDENT, label);
    va_start(arguments, format);
    write_formatted(output, style, FIELD_COLUMN, FIELD_COLUMN, format, arguments);
    va_end(arguments);
}

const char *writer_time(const struct writer *output, const char *utc, char text[WRITER_TIME_BYTES])
{
    int64_t wall_ns;
    _Static_assert((int)WRITER_TIME_BYTES >= (int)CLOCK_TEXT_BYTES, "a time has room");
    if (output->utc || !clock_parse_utc(utc, &wall_ns))
        snprintf(text, WRITER_TIME_BYTES, "%s", utc);
    else
        clock_format_local(wall_ns, text);
    return text;
}

static bool is_same_day(const struct tm *a, const struct tm *b)
{
    return a->tm_year == b->tm_year && a->tm_yday == b->tm_yday;
}

const char *writer_short_time(const struct writer *output, const char *utc, char text[WRITER_TIME_BYTES])
{
    const time_t now = time(NULL);
    struct tm then_parts, now_parts;
    int64_t wall_ns;
    snprintf(text, WRITER_TIME_BYTES, "-");
    if (!clock_parse_utc(utc, &wall_ns))
        return text;
    const time_t then = (time_t)(wall_ns / CLOCK_NS_PER_S);
    if (output->utc ? gmtime_r(&then, &then_parts) && gmtime_r(&now, &now_parts)
                    : localtime_r(&then, &then_parts) && localtime_r(&now, &now_parts)) {
        if (is_same_day(&then_parts, &now_parts))
            strftime(text, WRITER_TIME_BYTES, "%H:%M:%S", &then_parts);
        else
            strftime(text, WRITER_TIME_BYTES, "%b %d", &then_parts);
    }
    return text;
}

/* ---- documents ---- */

bool writer_passes_json_on(const struct writer *output)
{
    return output->json && !output->terminal;
}

void writer_document(struct writer *output, const json_t *document, writer_render *render)
{
    /* Laid out for eyes, where there are any; jansson escapes control characters below 32 only, so ASCII there. */
    size_t flags = output->terminal ? JSON_INDENT(2) | JSON_ENSURE_ASCII : JSON_COMPACT;
    if (output->json) {
        json_dumpf(document, output->stream, flags | JSON_DIGITS);
        fputc('\n', output->stream);
    } else {
        render(output, document);
    }
    note_problem(output);
}

void writer_stream(struct writer *output, const json_t *document, writer_render *render)
{
    if (output->json) {
        json_dumpf(document, output->stream,
                   JSON_COMPACT | JSON_DIGITS | (output->terminal ? JSON_ENSURE_ASCII : 0));
        fputc('\n', output->stream);
    } else {
        render(output, document);
    }
    writer_finish(output);
}

int writer_finish(struct writer *output)
{
    errno = 0;
    fflush(output->stream);
    note_problem(output);
    return output->problem;
}
