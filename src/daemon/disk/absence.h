/*
 * absence.h - how long what belongs to a camera is kept while there is no such camera. Pure.
 *
 * The time begins when the absence is first noticed and lasts over restarts, so it is kept by the wall clock, in
 * seconds, beside what it belongs to. It begins again when the clock says that it ended more than a year ago: that is
 * a clock that is ahead, or a machine that was off for so long.
 */
#ifndef CAMD_DAEMON_DISK_ABSENCE_H
#define CAMD_DAEMON_DISK_ABSENCE_H

#include <stdbool.h>
#include <stdint.h>

/* False: the clock has not been set since the machine was switched on, there is no time to reckon from. */
bool absence_clock_is_set(int64_t now_s);

/*
 * Notes in *since_s (0: it has a camera) whether there is a camera now. Returns the seconds that it may stay, 0: it is
 * to go; -1: it has a camera.
 */
int64_t absence_note(int64_t *since_s, bool has_camera, int64_t keep_s, int64_t now_s);

#endif
