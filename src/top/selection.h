/* selection.h - how the rows are looked at: sorted, filtered, scrolled, with one selected. Pure. */
#ifndef CAMD_TOP_SELECTION_H
#define CAMD_TOP_SELECTION_H

#include "top/columns.h"

struct selection {
    const struct column *by;
    bool is_reversed, only_problems;
    char selected[CAMD_NAME_MAX + 1]; /* a camera's name: the selection stays with it whatever the order is */
    size_t first;                     /* row on the screen's first line */
    const struct row **rows;          /* those that are shown, in order */
    size_t count;                     /* of rows */
    size_t at;                        /* index in rows of the selected one, when there are any */
};

void selection_init(struct selection *selection, const struct column *by);
void selection_free(struct selection *selection);
/* New rates, or another order or filter: sorts them, and finds the selected one again. 0 or -ENOMEM. */
int selection_take(struct selection *selection, struct rates *rates);
/* The first row is selected at the next selection_take. */
void selection_go_to_top(struct selection *selection);
/* Selects another row, so many below, or above. */
void selection_move(struct selection *selection, long by);
/* Scrolls so that the selected one is among so many lines. */
void selection_scroll(struct selection *selection, size_t lines);

#endif
