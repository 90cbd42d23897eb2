/*
 * scale_board.h - where the trivial workers of the benchmark `scale` leave their times
 *
 * A file `board` beside the worker's program, mapped by all of them: what is measured is the parent, so that telling
 * must not cost it, or the worker, a system call.
 */
#ifndef SCALE_BOARD_H
#define SCALE_BOARD_H

#include <stdatomic.h>
#include <stdint.h>

enum { SCALE_PIDS = 65536 };

struct scale_board {
    _Atomic uint64_t started, ready;   /* workers that came to main, and that said ready */
    _Atomic int64_t started_ns;        /* CLOCK_MONOTONIC of the last that came to main */
    _Atomic int64_t ready_ns;          /* and of the last that said ready */
    _Atomic uint64_t events_a_second;  /* told by each tracker with SCALE_TELLS; 0: none */
    _Atomic uint32_t pids[SCALE_PIDS]; /* in the order in which they came */
};

#endif
