/*
 * handoff_fallback.h - the way back to the program of before, while the next one puts itself together
 *
 * One way for each process: until it is disarmed, a fault that would end it, or too much time, executes the other program
 * in its place, as the same process with the same descriptors. So nothing may have been given up before.
 */
#ifndef CAMD_DAEMON_HANDOFF_HANDOFF_FALLBACK_H
#define CAMD_DAEMON_HANDOFF_HANDOFF_FALLBACK_H

/* program: a descriptor; why: a file that the reason is written to; argv stays the caller's. */
void handoff_fallback_arm(int program, int why, char *const *argv, unsigned int seconds);
void handoff_fallback_disarm(void);
/* Goes back now. Returns when that can't be. */
void handoff_fallback_go(const char *why);

/* What was written to that file, the caller's to free; NULL: nothing. */
char *handoff_fallback_reason(int why);

#endif
