#include "metrics/exposition.h"

#include <string.h>

#include "base/byte_queue.h"
#include "base/text.h"

static void put_bytes(struct exposition *exposition, const char *text, size_t length)
{
    if (!exposition->failed && byte_queue_append(exposition->out, text, length) < 0)
        exposition->failed = true;
}

static void put(struct exposition *exposition, const char *text)
{
    put_bytes(exposition, text, strlen(text));
}

/* quotes: in the value of a label they are escaped, too. */
static void put_escaped(struct exposition *exposition, const char *text, bool quotes)
{
    for (; *text; text++) {
        if (*text == '\n')
            put(exposition, "\\n");
        else if (*text == '\\' || (quotes && *text == '"'))
            put_bytes(exposition, (const char[]){'\\', *text}, 2);
        else
            put_bytes(exposition, text, 1);
    }
}

static void put_number(struct exposition *exposition, double value)
{
    char text[TEXT_NUMBER_BYTES];
    text_from_double(text, value);
    put(exposition, text);
}

void exposition_init(struct exposition *exposition, struct byte_queue *out)
{
    *exposition = (struct exposition){.out = out};
}

void exposition_family(struct exposition *exposition, const char *name, enum exposition_type type,
                       const char *help)
{
    exposition->name = name;
    exposition->type = type;
    exposition->help = help;
    exposition->is_begun = false;
}

static void begin(struct exposition *exposition)
{
    static const char *const types[] = {"gauge", "counter", "histogram"};
    if (exposition->is_begun)
        return;
    exposition->is_begun = true;
    put(exposition, "# HELP ");
    put(exposition, exposition->name);
    put(exposition, " ");
    put_escaped(exposition, exposition->help, false);
    put(exposition, "\n# TYPE ");
    put(exposition, exposition->name);
    put(exposition, " ");
    put(exposition, types[exposition->type]);
    put(exposition, "\n");
}

static void put_labels(struct exposition *exposition, const struct exposition_label *labels)
{
    const char *before = "{";
    for (int i = 0; i < EXPOSITION_LABELS_MAX && labels[i].name; i++) {
        put(exposition, before);
        put(exposition, labels[i].name);
        put(exposition, "=\"");
        put_escaped(exposition, labels[i].value, true);
        put(exposition, "\"");
        before = ",";
    }
    if (before[0] == ',')
        put(exposition, "}");
}

static void put_line(struct exposition *exposition, const char *suffix, const struct exposition_label *labels,
                     double value)
{
    begin(exposition);
    put(exposition, exposition->name);
    put(exposition, suffix);
    put_labels(exposition, labels);
    put(exposition, " ");
    put_number(exposition, value);
    put(exposition, "\n");
}

void exposition_sample(struct exposition *exposition, const struct exposition_label *labels, double value)
{
    put_line(exposition, "", labels, value);
}

void exposition_histogram(struct exposition *exposition, const struct exposition_label *labels,
                          const double *limits, const double *counts, size_t count, double sum)
{
    struct exposition_label with_limit[EXPOSITION_LABELS_MAX] = {{NULL, NULL}};
    char limit[TEXT_NUMBER_BYTES];
    double total = 0;
    size_t used = 0;
    for (; used < EXPOSITION_LABELS_MAX - 1 && labels[used].name; used++)
        with_limit[used] = labels[used];
    for (size_t i = 0; i < count; i++) {
        total += counts[i];
        if (i + 1 < count)
            text_from_double(limit, limits[i]);
        else
            memcpy(limit, "+Inf", sizeof "+Inf");
        with_limit[used] = (struct exposition_label){"le", limit};
        put_line(exposition, "_bucket", with_limit, total);
    }
    put_line(exposition, "_sum", labels, sum);
    put_line(exposition, "_count", labels, total);
}
