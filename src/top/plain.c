#include "top/plain.h"

#include <string.h>

#include "base/text.h"
#include "top/columns.h"

/* ---- words ---- */

static const char *percent(double number, char text[32])
{
    if (number < 0)
        return "-";
    snprintf(text, 32, "%.1f %%", number);
    return text;
}

const char *plain_summary(const struct sample *sample, const struct rates *rates, char text[PLAIN_TEXT_BYTES])
{
    char cpu[32];
    snprintf(text, PLAIN_TEXT_BYTES,
             "%zu of %zu camera%s up; CPU %s, memory %.0f MB; %.0f of %.0f MB shm free", rates->up,
             sample->camera_count, sample->camera_count == 1 ? "" : "s", percent(rates->cpu_percent, cpu),
             rates->memory_mb > 0 ? rates->memory_mb : 0.0, sample->shm_available_mb, sample->shm_total_mb);
    return text;
}

const char *plain_detector(const struct detector_row *row, char text[PLAIN_TEXT_BYTES])
{
    const struct sample_detector *detector = row->detector;
    char load[32], cpu[32], each[TEXT_DURATION_BYTES];
    snprintf(text, PLAIN_TEXT_BYTES,
             "detector %s: %s, load %s, %s a region, %zu camera%s, %lld restart%s, CPU %s, memory %.0f MB",
             detector->name, detector->state, percent(row->load_percent, load),
             text_duration(detector->inference_ms / 1000, each), detector->cameras,
             detector->cameras == 1 ? "" : "s", (long long)detector->restarts,
             detector->restarts == 1 ? "" : "s", percent(row->cpu_percent, cpu),
             row->memory_mb > 0 ? row->memory_mb : 0.0);
    return text;
}

/* ---- the table ---- */

/* The last one is not filled up. */
static void print_cell(FILE *stream, const struct column *column, const char *text, int width)
{
    const bool is_last = column == &columns[column_count - 1];
    if (column->is_right)
        fprintf(stream, "%*s", width, text);
    else
        fprintf(stream, "%-*s", width, text);
    fprintf(stream, "%*s", is_last ? 0 : COLUMN_GAP, "");
}

static int longest_name(const struct rates *rates)
{
    size_t longest = strlen(columns[0].heading);
    for (size_t i = 0; i < rates->row_count; i++)
        if (strlen(rates->rows[i].camera->name) > longest)
            longest = strlen(rates->rows[i].camera->name);
    return (int)longest;
}

void plain_table(FILE *stream, const struct sample *sample, const struct rates *rates)
{
    const int name_width = longest_name(rates);
    char text[PLAIN_TEXT_BYTES], cell[COLUMN_TEXT_BYTES];
    for (size_t i = 0; i < column_count; i++)
        print_cell(stream, &columns[i], columns[i].heading, columns[i].width ? columns[i].width : name_width);
    fputc('\n', stream);
    for (size_t row = 0; row < rates->row_count; row++) {
        for (size_t i = 0; i < column_count; i++) {
            columns[i].write(&rates->rows[row], cell);
            print_cell(stream, &columns[i], cell, columns[i].width ? columns[i].width : name_width);
        }
        fputc('\n', stream);
    }
    for (size_t i = 0; i < rates->detector_count; i++)
        fprintf(stream, "%s\n", plain_detector(&rates->detectors[i], text));
    fprintf(stream, "%s\n", plain_summary(sample, rates, text));
}

/* ---- the document ---- */

static json_t *number(double value)
{
    return value < 0 ? json_null() : json_real((double)(int64_t)(value * 10 + 0.5) / 10);
}

static json_t *camera_document(const struct row *row)
{
    const struct sample_camera *camera = row->camera;
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:o}", "name", camera->name, "state",
                     camera->state, "reason", camera->reason, "fps", number(camera->fps), "skipped_fps",
                     number(camera->skipped_fps), "objects", (json_int_t)camera->objects, "restarts",
                     (json_int_t)camera->restarts, "cpu_percent", number(row->cpu_percent), "memory_mb",
                     number(row->memory_mb), "bit_rate_kbps", number(row->bit_rate_kbps));
}

static json_t *detector_document(const struct detector_row *row)
{
    const struct sample_detector *detector = row->detector;
    return json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o}", "name", detector->name, "state",
                     detector->state, "cameras", (json_int_t)detector->cameras, "restarts",
                     (json_int_t)detector->restarts, "inference_ms", number(detector->inference_ms),
                     "load_percent", number(row->load_percent), "cpu_percent", number(row->cpu_percent),
                     "memory_mb", number(row->memory_mb));
}

json_t *plain_document(const struct sample *sample, const struct rates *rates)
{
    json_t *cameras = json_array(), *detectors = json_array();
    for (size_t i = 0; i < rates->row_count; i++)
        json_array_append_new(cameras, camera_document(&rates->rows[i]));
    for (size_t i = 0; i < rates->detector_count; i++)
        json_array_append_new(detectors, detector_document(&rates->detectors[i]));
    return json_pack("{s:o, s:o, s:{s:o, s:o}, s:I, s:o, s:o}", "cameras", cameras, "detectors", detectors,
                     "shm", "total_mb", number(sample->shm_total_mb), "available_mb",
                     number(sample->shm_available_mb), "up", (json_int_t)rates->up, "cpu_percent",
                     number(rates->cpu_percent), "memory_mb", number(rates->memory_mb));
}
