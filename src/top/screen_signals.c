#include "top/screen_signals.h"

#include <stddef.h>

static const int numbers[SCREEN_SIGNALS] = {SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static volatile sig_atomic_t ended_by, has_continued;

static void note(int number)
{
    if (number == SIGCONT)
        has_continued = true;
    else
        ended_by = number;
}

void screen_signals_hold(struct screen_signals *signals)
{
    sigset_t held;

    ended_by = has_continued = 0;
    sigemptyset(&held);
    for (size_t i = 0; i < SCREEN_SIGNALS; i++) {
        sigaddset(&held, numbers[i]);
        sigaction(numbers[i], NULL, &signals->before[i]);
    }
    sigprocmask(SIG_BLOCK, &held, &signals->mask);
}

/* SIGTSTP is ncurses's own matter. What whoever started us ignores stays ignored. */
void screen_signals_note(const struct screen_signals *signals)
{
    const struct sigaction action = {.sa_handler = note};

    for (size_t i = 0; i < SCREEN_SIGNALS; i++)
        if (numbers[i] != SIGTSTP && signals->before[i].sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
}

bool screen_signals_end(void)
{
    return ended_by != 0;
}

bool screen_signals_have_continued(void)
{
    const bool have = has_continued;

    has_continued = false;
    return have;
}

void screen_signals_prepare_end(void)
{
    sigset_t output;

    sigemptyset(&output);
    sigaddset(&output, SIGTTOU);
    sigprocmask(SIG_BLOCK, &output, NULL);
}

/* Without ncurses's handler, which would draw on the terminal again after a suspension. */
void screen_signals_let_go(const struct screen_signals *signals)
{
    for (size_t i = 0; i < SCREEN_SIGNALS; i++)
        sigaction(numbers[i], &signals->before[i], NULL);
    if (ended_by)
        raise(ended_by);
    sigprocmask(SIG_SETMASK, &signals->mask, NULL);
}
