/*
 * guarded.h - reading shared memory that its writer may take away
 *
 * A camera's capture can write its segments, and one that was taken over can truncate them: touching what is gone raises
 * SIGBUS. Here that is an error of one camera and not the end of the program.
 */
#ifndef CAMD_WEB_GUARDED_H
#define CAMD_WEB_GUARDED_H

#include <stdbool.h>

/* Once, before guarded_run. 0 or -errno. */
int guarded_start(void);

/*
 * Runs work(argument), in the program's first thread only. False: memory that it touched is gone, and it was left there.
 * It must own nothing that would have to be freed, nor call what does.
 */
bool guarded_run(void (*work)(void *), void *argument);

#endif
