/*
 * screen_signals.h - signals while ncurses has the terminal, so that whatever ends or suspends the program leaves it as it was
 *
 * ncurses ignores SIGTSTP while it draws, and it would be lost; for SIGINT and SIGTERM it ends the program itself, wherever that
 * is; of SIGHUP and SIGQUIT it knows nothing. So all of them are blocked but for the wait: there ncurses suspends the program
 * for SIGTSTP, and the others are noted. One screen at a time.
 */
#ifndef CAMD_TOP_SCREEN_SIGNALS_H
#define CAMD_TOP_SCREEN_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

enum { SCREEN_SIGNALS = 6 };

struct screen_signals {
    sigset_t mask; /* before, as what was done about each */
    struct sigaction before[SCREEN_SIGNALS];
};

/* Before ncurses has the terminal: from here on they wait. */
void screen_signals_hold(struct screen_signals *signals);
/* When it has it: those that it would act on by itself, or not at all, are only noted in a wait with the mask of before. */
void screen_signals_note(const struct screen_signals *signals);
/* Whether one that ends the program has come. */
bool screen_signals_end(void);
/* Whether the program was suspended and goes on, since this was asked last. */
bool screen_signals_have_continued(void);
/* Before ncurses gives the terminal back: it can, even when the terminal is another job's by now. */
void screen_signals_prepare_end(void);
/* Everything is as it was before, and what waits comes now; one that was noted ends the program. */
void screen_signals_let_go(const struct screen_signals *signals);

#endif
