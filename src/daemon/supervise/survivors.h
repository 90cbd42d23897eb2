/*
 * survivors.h - processes of a camd that is no more, and those that workers have left behind
 *
 * When camd dies, its children die with it (exec_main.c); what those had started themselves may not, nor a program that
 * has taken the request back or has changed its user. They are known by a variable of their environment
 * (environment.h), whose value is that of one instance on this machine: nobody else's process has it. One that can't be
 * looked at, another user's, is not found.
 */
#ifndef CAMD_DAEMON_SUPERVISE_SURVIVORS_H
#define CAMD_DAEMON_SUPERVISE_SURVIVORS_H

enum { SURVIVORS_MAX = 256 /* at a time */ };

/*
 * Kills every process whose CAMD_INSTANCE is instance, but for this one, its own children, and those that it descends
 * from, and waits until they are gone, wait_ms at most. The log names them, as what `who` has left running, those that
 * hang in the kernel and could not be ended, and why none could be looked for.
 *
 * To be called under the instance's lock, and when no child that could leave something behind is left.
 */
void survivors_end(const char *instance, const char *who, int wait_ms);

/*
 * The same of what children of this process, which have ended, have left behind. The kernel has given them one of this
 * process's ancestors as their parent: only the children of those are looked at, where it tells which these are. One
 * that is missed, since that list may change while it is read, is found by survivors_end of the next camd.
 */
void survivors_end_orphans(const char *instance, const char *who, int wait_ms);

#endif
