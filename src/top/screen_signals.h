/*
 * screen_signals.h - signals while ncurses has the terminal, so that whatever ends or suspends the program leaves it
 * as it was
 *
 * ncurses ignores SIGTSTP while it draws, and one that comes then is lost; for SIGINT and SIGTERM it ends the program
 * itself, wherever that is; of SIGHUP and SIGQUIT it knows nothing. So all of them are ours and only noted, also in
 * the middle of drawing: a terminal that has thrown away what it had not shown, as it does at Ctrl-Z, may not say
 * that it has room again, and a signal that were held back would never come. What was noted is acted on after a wait.
 * One screen at a time.
 */
#ifndef CAMD_TOP_SCREEN_SIGNALS_H
#define CAMD_TOP_SCREEN_SIGNALS_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum { SCREEN_SIGNALS = 6 };

struct screen_signals {
    sigset_t mask; /* before, as what was done about each */
    struct sigaction before[SCREEN_SIGNALS];
};

/* Before ncurses has the terminal: from here on they are noted. */
void screen_signals_note(struct screen_signals *signals);
/* As poll(2); returns at once when one has been noted that nobody has asked for yet. */
int screen_signals_wait(const struct screen_signals *signals, struct pollfd *descriptors, unsigned int count,
                        int64_t timeout_ms);
/* Whether one that ends the program has come. */
bool screen_signals_end(void);
/* Whether the program was suspended and goes on, since this was asked last. */
bool screen_signals_have_continued(void);
/* Whether the program is to be suspended, since this was asked last. */
bool screen_signals_suspend_is_due(void);
/* Suspends it as SIGTSTP does; returns when it goes on. ncurses has given the terminal back before. */
void screen_signals_suspend(void);
/* Until the next wait: ncurses can give the terminal back, even when it is another job's by now. */
void screen_signals_hold_output(void);
/* When ncurses has ended. Everything is as it was before, and what was noted comes now: it ends or suspends the program. */
void screen_signals_let_go(const struct screen_signals *signals);

#endif
