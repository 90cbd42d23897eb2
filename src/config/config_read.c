/*
 * inih splits and trims lines; what it would cut or drop without a word (its limits are fixed when a
 * distribution builds it) is found here, in the reader that hands it one physical line after the other. Lines
 * with a problem are handed over as empty ones.
 */
#include "config/config_read.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error_hint.h"
#include "base/file_identity.h"
#include "base/sys.h"
#include "base/whole_file.h"
#include "config/config_line.h"
#include "config/config_problem.h"

static const char white_space[] = " \t";

struct reader {
    const char *text, *end; /* what is not yet read */
    uint32_t line;          /* that inih has now */
    struct config_document *document;
    struct config_problems *problems;

    struct config_section *section; /* NULL: none yet, or one that is left out */
    bool is_leaving_out;            /* the section has a problem: its settings would only have further ones */
    bool has_key;         /* a key came in this section: inih takes an indented line for more of its value */
    bool is_continuation; /* the line that inih has now is one */
    bool is_dropping;     /* the key has a problem: its continuation lines go with it */
    int error;            /* -ENOMEM */
};

#define PROBLEM(reader, key, ...)                                                                            \
    config_problem_add((reader)->problems, (reader)->document->file, (reader)->line, key, __VA_ARGS__)

static struct config_entry *last_entry(const struct reader *reader)
{
    struct config_section *section = reader->section;
    return section && section->count > 0 ? &section->entries[section->count - 1] : NULL;
}

/* What is lost might be just the setting that would be missed later, or the end of a value. */
static void reader_damage(struct reader *reader)
{
    if (reader->section)
        reader->section->is_damaged = true;
    if (reader->is_continuation && !reader->is_dropping && last_entry(reader))
        last_entry(reader)->is_damaged = true;
    reader->is_dropping = true;
}

/* ---- kinds of lines; each tells whether inih gets the line ---- */

static bool take_title(struct reader *reader, char *title)
{
    char *end = strchr(title, ']');
    if (!end) {
        PROBLEM(reader, NULL, "the section's name has no end: expected ]");
        return false;
    }
    const char *rest = end + 1 + strspn(end + 1, white_space);
    if (*rest && !strchr(";#", *rest)) {
        PROBLEM(reader, NULL, "there is something after the section's ]: expected a line for it alone");
        return false;
    }
    title += 1 + strspn(title + 1, white_space);
    while (end > title && strchr(white_space, end[-1]))
        end--;
    size_t length = (size_t)(end - title);
    if (length > CONFIG_TITLE_BYTES) {
        PROBLEM(reader, NULL,
                "the section's name has %zu bytes: expected [camera NAME], the name of 1 to %d bytes", length,
                CAMD_NAME_MAX);
        return false;
    }

    char copy[CONFIG_TITLE_BYTES + 1];
    snprintf(copy, sizeof(copy), "%.*s", (int)length, title);
    struct config_document *document = reader->document;
    int status = config_document_add(document, copy, reader->line, reader->problems);
    if (status == -ENOMEM)
        reader->error = status;
    if (status < 0)
        return false;
    reader->section = &document->sections[document->count - 1];
    reader->is_leaving_out = false;
    return true;
}

static bool has_comment(struct reader *reader, const char *line)
{
    if (!config_line_has_comment(line))
        return false;
    PROBLEM(
        reader, NULL,
        "a ';' after white space would begin a comment and cut the value: expected comments in lines of their own");
    return true;
}

static bool take_key(struct reader *reader, const char *line)
{
    if (reader->is_leaving_out)
        return false;
    if (!reader->section) {
        const struct config_plain *plain = reader->document->plain;
        PROBLEM(reader, NULL, "a setting before any section: expected [%s] above it",
                plain ? plain->title : "camd], [defaults], [detector NAME] or [camera NAME");
        reader->is_leaving_out = true;
        return false;
    }
    if (has_comment(reader, line))
        return false;
    size_t length = strcspn(line, "=:");
    if (!line[length]) {
        PROBLEM(reader, NULL, "there is no = in the line: expected KEY = VALUE, or a # before a comment");
        return false;
    }
    while (length > 0 && strchr(white_space, line[length - 1]))
        length--;
    if (length == 0) {
        PROBLEM(reader, NULL, "there is no key before the = in the line: expected KEY = VALUE");
        return false;
    }
    if (length > CONFIG_KEY_BYTES) {
        PROBLEM(reader, NULL, "the key has %zu bytes: no key has more than %d", length, CONFIG_KEY_BYTES);
        return false;
    }
    return true;
}

static bool take_continuation(struct reader *reader, const char *line)
{
    if (reader->is_leaving_out || reader->is_dropping || has_comment(reader, line))
        return false;
    if (config_line_is_mistaken(line)) {
        PROBLEM(
            reader, last_entry(reader)->name,
            "this line begins with white space and so goes on with the value, but looks like a line of its own: expected it in the first column");
        return false;
    }
    return true;
}

/* What any line but a comment must be like; line has copied of its length bytes. */
static bool line_is_whole(struct reader *reader, const char *line, size_t copied, size_t length)
{
    for (size_t i = 0; i < copied; i++) {
        if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f) {
            PROBLEM(reader, NULL, "a control character (byte %d): expected plain text", line[i]);
            return false;
        }
    }
    if (length > CONFIG_LINE_BYTES) {
        PROBLEM(
            reader, NULL,
            "the line has %zu bytes: expected at most %d; long values go on in lines that begin with white space",
            length, CONFIG_LINE_BYTES);
        return false;
    }
    return true;
}

/*
 * The line as inih is to have it, or NULL for none. White space at its beginning is left only where we see a
 * continuation: inih must not have another opinion.
 */
static const char *take_line(struct reader *reader, char *line, size_t copied, size_t length)
{
    char *content = line + strspn(line, white_space);
    if ((!*content || strchr(";#", *content)) && !memchr(line, '\0', copied))
        return NULL;

    bool is_title = false;
    reader->is_continuation = content > line && reader->has_key;
    if (!reader->is_continuation) {
        is_title = *content == '[';
        reader->has_key = !is_title;
        reader->is_dropping = false;
    }
    if (content > line && !reader->is_continuation && (is_title || !reader->is_leaving_out))
        PROBLEM(
            reader, NULL,
            "this line begins with white space, and there is no value before it that it could continue: expected it in the first column");
    if (is_title) {
        reader->section = NULL;
        reader->is_leaving_out = true; /* until the title is found good */
    }
    bool is_good = line_is_whole(reader, line, copied, length) &&
                   (is_title                  ? take_title(reader, content)
                    : reader->is_continuation ? take_continuation(reader, content)
                                              : take_key(reader, content));
    if (is_good)
        return reader->is_continuation ? content - 1 : content;
    reader_damage(reader);
    return NULL;
}

/* ---- inih's side ---- */

/* As fgets: one line with its line feed into buffer, or NULL at the end. */
static char *read_line(char *buffer, int size, void *stream)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    struct reader *reader = stream;
    if (reader->text == reader->end || reader->error || size < CONFIG_LINE_BYTES + 2)
        return NULL;

    const char *start = reader->text;
    const char *feed = memchr(start, '\n', (size_t)(reader->end - start));
    const char *end = feed ? feed : reader->end;
    reader->text = feed ? feed + 1 : end;
    reader->line++;
    if (end > start && end[-1] == '\r')
        end--;
    if (reader->line == 1 && end - start >= 3 && memcmp(start, byte_order_mark, 3) == 0) {
        PROBLEM(reader, NULL, "the file begins with a byte-order mark: expected plain UTF-8 without one");
        start += 3;
    }

    /* A line that is too long is looked at as far as it is needed to say what it is. */
    char line[CONFIG_LINE_BYTES + 2];
    size_t length = (size_t)(end - start);
    size_t copied = length < sizeof(line) ? length : sizeof(line) - 1;
    memcpy(line, start, copied);
    line[copied] = '\0';
    const char *taken = take_line(reader, line, copied, length);
    snprintf(buffer, (size_t)size, "%s\n", taken ? taken : "");
    return buffer;
}

/* inih remembers only the beginning of a key for the lines that go on with its value. */
static bool is_key_of(const char *name, const struct config_entry *entry)
{
    enum { REMEMBERED_BYTES = 49 };
    return strncmp(name, entry->name, REMEMBERED_BYTES) == 0;
}

static int take_setting(void *user, const char *section, const char *name, const char *value)
{
    (void)section;
    struct reader *reader = user;
    const char *file = reader->document->file;
    int status = -EINVAL;
    if (!reader->is_continuation)
        status = config_section_add(reader->section, file, reader->line, name, value, reader->problems);
    else if (is_key_of(name, last_entry(reader)))
        status = config_section_continue(reader->section, file, reader->line, value, reader->problems);
    else
        PROBLEM(reader, NULL, "this inih was built without continuation lines");
    if (status == -ENOMEM)
        reader->error = status;
    if (status < 0)
        reader->is_dropping = true;
    return 1;
}

int config_read_text(const char *text, size_t length, struct config_document *document,
                     struct config_problems *problems)
{
    struct reader reader = {.text = text, .end = text + length, .document = document, .problems = problems};
    size_t before = config_problem_total(problems);
    int line = ini_parse_stream(read_line, &reader, take_setting, &reader);
    if (line == -2)
        reader.error = -ENOMEM;
    /* Not with the inih that we know; another one might be built with other limits. */
    if (line > 0 && config_problem_total(problems) == before)
        config_problem_add(problems, document->file, (uint32_t)line, NULL, "the line is not understood");
    else if (!reader.error && reader.text != reader.end)
        config_problem_add(problems, document->file, reader.line + 1, NULL,
                           "this inih reads only shorter lines than %d bytes", CONFIG_LINE_BYTES);
    return reader.error;
}

/* ---- files ---- */

/* Somebody has written to it since: what was read may be half of the old one and half of the new one. */
static bool has_changed(int fd, const struct stat *before)
{
    struct stat now;
    return fstat(fd, &now) == 0 && !file_is_same(&now, before);
}

int config_read_file(struct config_document *document, struct config_problems *problems)
{
    const char *file = document->file;
    char words[ERROR_WORDS_BYTES];
    struct stat status;
    int fd = whole_file_open(file, &status);
    if (fd < 0) {
        if (fd == -EINVAL)
            config_problem_add(problems, file, 0, NULL, "is no regular file");
        else
            config_problem_add(problems, file, 0, NULL, "cannot be opened: %s", error_words(fd, words));
        return 0;
    }
    if (document->writer[0] == '\0')
        config_writer_of(&status, document->writer);
    char *text = NULL;
    size_t length = 0;
    int result = status.st_size > CONFIG_FILE_BYTES
                     ? -EFBIG
                     : whole_file_read_from(fd, CONFIG_FILE_BYTES, &text, &length);
    if (result == -EFBIG)
        config_problem_add(problems, file, 0, NULL, "has more than %d bytes: is this the right file?",
                           CONFIG_FILE_BYTES);
    else if (result < 0 && result != -ENOMEM)
        config_problem_add(problems, file, 0, NULL, "cannot be read: %s", error_words(result, words));
    const bool is_whole = text && !has_changed(fd, &status);
    sys_close(&fd);
    if (text && !is_whole)
        config_problem_add(problems, file, 0, NULL,
                           "was changed while it was read: expected it whole; try again");
    else if (text)
        result = config_read_text(text, length, document, problems);
    document->is_empty = text && text[strspn(text, " \t\r\n")] == '\0';
    free(text);
    return result == -ENOMEM ? result : 0;
}
