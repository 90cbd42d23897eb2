#include "top/columns.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LEAST = 12 };

/* ---- what is shown ---- */

static bool has_process(const struct row *row)
{
    return row->camera->capture.pid >= 0;
}

static void write_nothing(char text[COLUMN_TEXT_BYTES])
{
    snprintf(text, COLUMN_TEXT_BYTES, "-");
}

static void write_name(const struct row *row, char text[COLUMN_TEXT_BYTES])
{
    snprintf(text, COLUMN_TEXT_BYTES, "%s", row->camera->name);
}

static void write_state(const struct row *row, char text[COLUMN_TEXT_BYTES])
{
    snprintf(text, COLUMN_TEXT_BYTES, "%s", row->camera->state);
}

static void write_tenths(double number, char text[COLUMN_TEXT_BYTES])
{
    if (number < 0)
        write_nothing(text);
    else
        snprintf(text, COLUMN_TEXT_BYTES, "%.*f", number < 99.95 ? 1 : 0, number);
}

/* In thousands, millions and so on of a unit. */
static void write_large(double number, double step, const char *letters, char text[COLUMN_TEXT_BYTES])
{
    if (number < 0) {
        write_nothing(text);
        return;
    }
    while (number >= step && letters[1]) {
        number /= step;
        letters++;
    }
    snprintf(text, COLUMN_TEXT_BYTES, "%.*f%c", number < 9.95 ? 1 : 0, number, letters[0]);
}

static void write_fps(const struct row *row, char text[COLUMN_TEXT_BYTES])
{
    write_tenths(has_process(row) ? row->camera->fps : -1, text);
}

static void write_skipped(const struct row *row, char text[COLUMN_TEXT_BYTES])
{
    write_tenths(has_process(row) ? row->camera->skipped_fps : -1, text);
}

static void write_objects(const struct row *row, char text[COLUMN_TEXT_BYTES])
{
    snprintf(text, COLUMN_TEXT_BYTES, "%" PRId64, row->camera->objects);
}

static void write_restarts(const struct row *row, char text[COLUMN_TEXT_BYTES])
{
    snprintf(text, COLUMN_TEXT_BYTES, "%" PRId64, row->camera->restarts);
}

static void write_cpu(const struct row *row, char text[COLUMN_TEXT_BYTES])
{
    write_tenths(row->cpu_percent, text);
}

static void write_memory(const struct row *row, char text[COLUMN_TEXT_BYTES])
{
    write_large(row->memory_mb, 1024, "MGT", text);
}

static void write_bit_rate(const struct row *row, char text[COLUMN_TEXT_BYTES])
{
    write_large(row->bit_rate_kbps, 1000, "kMG", text);
}

/* ---- what is sorted by ---- */

static double value_state(const struct row *row)
{
    return rates_rank(row->camera);
}

static double value_fps(const struct row *row)
{
    return row->camera->fps;
}

static double value_skipped(const struct row *row)
{
    return row->camera->skipped_fps;
}

static double value_objects(const struct row *row)
{
    return (double)row->camera->objects;
}

static double value_restarts(const struct row *row)
{
    return (double)row->camera->restarts;
}

static double value_cpu(const struct row *row)
{
    return row->cpu_percent;
}

static double value_memory(const struct row *row)
{
    return row->memory_mb;
}

static double value_bit_rate(const struct row *row)
{
    return row->bit_rate_kbps;
}

const struct column columns[TOP_COLUMN_COUNT] = {
    [TOP_COLUMN_NAME] = {"CAMERA", 'n', 0, false, false, 0, NULL, write_name},
    [TOP_COLUMN_STATE] = {"STATE", 't', 8, false, false, 0, value_state, write_state},
    [TOP_COLUMN_FPS] = {"FPS", 'f', 5, true, true, 1, value_fps, write_fps},
    [TOP_COLUMN_SKIPPED] = {"SKIP", 'k', 4, true, true, 4, value_skipped, write_skipped},
    [TOP_COLUMN_OBJECTS] = {"OBJ", 'o', 3, true, true, 3, value_objects, write_objects},
    [TOP_COLUMN_RESTARTS] = {"RESTARTS", 'r', 8, true, true, 6, value_restarts, write_restarts},
    [TOP_COLUMN_CPU] = {"CPU%", 'c', 5, true, true, 2, value_cpu, write_cpu},
    [TOP_COLUMN_MEMORY] = {"MEM", 'm', 5, true, true, 5, value_memory, write_memory},
    [TOP_COLUMN_BITRATE] = {"BIT/S", 'b', 5, true, true, 7, value_bit_rate, write_bit_rate},
};

const size_t column_count = TOP_COLUMN_COUNT;
const struct column *const column_usual = &columns[TOP_COLUMN_STATE];

const char *column_word(const struct column *column)
{
    return top_column_words[column - columns];
}

const struct column *column_of_word(const char *word)
{
    for (size_t i = 0; i < column_count; i++)
        if (strcmp(column_word(&columns[i]), word) == 0)
            return &columns[i];
    return NULL;
}

const struct column *column_of_key(int key)
{
    for (size_t i = 0; i < column_count; i++)
        if (columns[i].key == key)
            return &columns[i];
    return NULL;
}

/* ---- order ---- */

struct order {
    const struct column *by;
    bool is_reversed;
};

static int compare_numbers(double a, double b)
{
    return a < b ? -1 : a > b;
}

static int compare(const void *a, const void *b, void *context)
{
    const struct row *one = a, *other = b;
    const struct order *order = context;
    const struct column *by = order->by;
    const int by_name = strcmp(one->camera->name, other->camera->name);
    int result = by->value ? compare_numbers(by->value(one), by->value(other)) : by_name;
    if (by->largest_first != order->is_reversed)
        result = -result;
    if (result == 0)
        result = rates_rank(one->camera) - rates_rank(other->camera);
    return result != 0 ? result : by_name;
}

void columns_sort(struct rates *rates, const struct column *by, bool is_reversed)
{
    struct order order = {by, is_reversed};
    if (rates->row_count > 0)
        qsort_r(rates->rows, rates->row_count, sizeof(*rates->rows), compare, &order);
}

/* ---- room ---- */

void columns_choose(int width, int longest, bool shown[TOP_COLUMN_COUNT], int *name_width)
{
    int others = 0;
    for (size_t i = 0; i < column_count; i++) {
        shown[i] = true;
        others += columns[i].width > 0 ? columns[i].width + COLUMN_GAP : 0;
    }
    const int least = longest < NAME_LEAST ? longest : NAME_LEAST;
    while (others + least > width) {
        size_t worst = column_count;
        for (size_t i = 0; i < column_count; i++)
            if (shown[i] && columns[i].expendable > 0 &&
                (worst == column_count || columns[i].expendable > columns[worst].expendable))
                worst = i;
        if (worst == column_count)
            break;
        shown[worst] = false;
        others -= columns[worst].width + COLUMN_GAP;
    }
    const int left = width - others;
    *name_width = left > longest ? longest : left > 1 ? left : 1;
}
