#include "top/selection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void selection_init(struct selection *selection, const struct column *by)
{
    *selection = (struct selection){.by = by};
}

void selection_free(struct selection *selection)
{
    free(selection->rows);
    *selection = (struct selection){.by = selection->by};
}

/* Something is wrong, or could be better. */
static bool is_problem(const struct row *row)
{
    const char *state = row->camera->state;
    return strcmp(state, "failed") == 0 ||
           (row->camera->is_wanted && (strcmp(state, "up") != 0 || row->camera->reason[0]));
}

static void note_selected(struct selection *selection)
{
    if (selection->count > 0)
        snprintf(selection->selected, sizeof(selection->selected), "%s",
                 selection->rows[selection->at]->camera->name);
}

/* The one of before; when it has gone, the one that is in its place. */
static void find_selected(struct selection *selection)
{
    for (size_t i = 0; i < selection->count; i++) {
        if (strcmp(selection->rows[i]->camera->name, selection->selected) != 0)
            continue;
        selection->at = i;
        return;
    }
    if (selection->at >= selection->count)
        selection->at = selection->count > 0 ? selection->count - 1 : 0;
    note_selected(selection);
}

int selection_take(struct selection *selection, struct rates *rates)
{
    const struct row **rows = calloc(rates->row_count + 1, sizeof(const struct row *));
    if (!rows)
        return -ENOMEM;
    columns_sort(rates, selection->by, selection->is_reversed);
    free(selection->rows);
    selection->rows = rows;
    selection->count = 0;
    for (size_t i = 0; i < rates->row_count; i++)
        if (!selection->only_problems || is_problem(&rates->rows[i]))
            rows[selection->count++] = &rates->rows[i];
    find_selected(selection);
    return 0;
}

void selection_go_to_top(struct selection *selection)
{
    selection->selected[0] = '\0';
    selection->at = selection->first = 0;
}

void selection_move(struct selection *selection, long by)
{
    const long last = (long)selection->count - 1;
    long at = (long)selection->at;
    if (selection->count == 0)
        return;
    at = by > last - at ? last : by < -at ? 0 : at + by;
    selection->at = (size_t)at;
    note_selected(selection);
}

void selection_scroll(struct selection *selection, size_t lines)
{
    const size_t furthest = selection->count > lines ? selection->count - lines : 0;
    if (selection->at < selection->first)
        selection->first = selection->at;
    if (lines > 0 && selection->at >= selection->first + lines)
        selection->first = selection->at - lines + 1;
    if (selection->first > furthest)
        selection->first = furthest;
}
