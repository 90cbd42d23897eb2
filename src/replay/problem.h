/* problem.h - how long a reason may be that one part of a replay gives and another one hands on */
#ifndef CAMD_REPLAY_PROBLEM_H
#define CAMD_REPLAY_PROBLEM_H

enum { REPLAY_PROBLEM_BYTES = 640 };

#endif
