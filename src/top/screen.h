/* screen.h - the rows on a terminal, by ncurses, which only this module knows */
#ifndef CAMD_TOP_SCREEN_H
#define CAMD_TOP_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "top/selection.h"

struct screen;

/* 0; -ENOTTY: it is no terminal that a screen can be drawn on. */
int screen_begin(struct screen **screen);
/* The terminal is as it was; a signal that has ended the screen now ends the program. NULL is fine. */
void screen_end(struct screen *screen);

/* poll(2), in which Ctrl-Z suspends the program, and signals end the screen; while it draws they wait until here. */
struct pollfd;
int screen_poll(struct screen *screen, struct pollfd *descriptors, unsigned int count, int64_t timeout_ms);

/* What there is to be shown. */
struct scene {
    const struct sample *sample; /* NULL: nothing has come yet */
    const struct rates *rates;
    const char *problem; /* NULL: camd answers */
    double every_s;
    bool is_utc;
};

void screen_draw(struct screen *screen, struct selection *selection, const struct scene *scene);

/* What the keyboard says. */
enum screen_key {
    SCREEN_NOTHING, /* no more keys wait */
    SCREEN_DRAW,    /* the screen, or how it is looked at, has changed */
    SCREEN_ORDER,   /* so has what the rows are sorted or filtered by */
    SCREEN_FASTER,
    SCREEN_SLOWER,
    SCREEN_ASK, /* now */
    SCREEN_QUIT,
};

/* Takes a key that waits, and changes how it is looked at. */
enum screen_key screen_key(struct screen *screen, struct selection *selection);

#endif
