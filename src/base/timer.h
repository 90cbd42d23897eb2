/*
 * timer.h - a timer of libev that runs once, from now on
 *
 * libev reckons from when the turn of its loop began. A turn may have lasted for some time by then, and the timer would come
 * so much too early.
 */
#ifndef CAMD_BASE_TIMER_H
#define CAMD_BASE_TIMER_H

#include <ev.h>
#include <stdint.h>

/* One that runs begins again. */
static inline void timer_start_s(struct ev_loop *loop, ev_timer *timer, double seconds)
{
    ev_timer_stop(loop, timer);
    ev_now_update(loop);
    ev_timer_set(timer, seconds, 0.0);
    ev_timer_start(loop, timer);
}

/* A time that is over is now. */
static inline void timer_start_ms(struct ev_loop *loop, ev_timer *timer, int64_t ms)
{
    timer_start_s(loop, timer, ms > 0 ? (double)ms / 1000.0 : 0.0);
}

#endif
