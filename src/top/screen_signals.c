#include "top/screen_signals.h"

#include <stddef.h>

static const int numbers[SCREEN_SIGNALS] = {SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static volatile sig_atomic_t ended_by, has_continued, is_to_suspend;

static void note(int number)
{
    if (number == SIGCONT)
        has_continued = true;
    else if (number == SIGTSTP)
        is_to_suspend = true;
    else
        ended_by = number;
}

static void add_all(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < SCREEN_SIGNALS; i++)
        sigaddset(set, numbers[i]);
}

/* ncurses leaves alone what has a handler when it begins. What whoever started us ignores stays ignored. */
void screen_signals_note(struct screen_signals *signals)
{
    const struct sigaction action = {.sa_handler = note};
    ended_by = has_continued = is_to_suspend = 0;
    sigprocmask(SIG_BLOCK, NULL, &signals->mask);
    for (size_t i = 0; i < SCREEN_SIGNALS; i++) {
        sigaction(numbers[i], NULL, &signals->before[i]);
        if (signals->before[i].sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
}

int screen_signals_wait(const struct screen_signals *signals, struct pollfd *descriptors, unsigned int count,
                        int64_t timeout_ms)
{
    const struct timespec timeout = {.tv_sec = (time_t)(timeout_ms / 1000),
                                     .tv_nsec = (long)(timeout_ms % 1000) * 1000000},
                          at_once = {0};
    sigset_t all;
    add_all(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    const bool waits = !ended_by && !is_to_suspend && !has_continued;
    const int result = ppoll(descriptors, count, waits ? &timeout : &at_once, &signals->mask);
    sigprocmask(SIG_SETMASK, &signals->mask, NULL);
    return result;
}

bool screen_signals_suspend_is_due(void)
{
    const bool is_due = is_to_suspend;
    is_to_suspend = false;
    return is_due;
}

void screen_signals_suspend(void)
{
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    struct sigaction noting;
    sigaction(SIGTSTP, &usual, &noting);
    raise(SIGTSTP); /* here it is suspended, until it goes on */
    sigaction(SIGTSTP, &noting, NULL);
}

void screen_signals_hold_output(void)
{
    sigset_t output;
    sigemptyset(&output);
    sigaddset(&output, SIGTTOU);
    sigprocmask(SIG_BLOCK, &output, NULL);
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

void screen_signals_let_go(const struct screen_signals *signals)
{
    for (size_t i = 0; i < SCREEN_SIGNALS; i++)
        sigaction(numbers[i], &signals->before[i], NULL);
    sigprocmask(SIG_SETMASK, &signals->mask, NULL);
    if (screen_signals_suspend_is_due())
        raise(SIGTSTP);
    if (ended_by)
        raise(ended_by);
}
