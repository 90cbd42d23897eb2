/* complete.h - candidates for a shell that completes a command line, made from the same tables as the parser */
#ifndef CAMD_CAMCTL_COMPLETE_H
#define CAMD_CAMCTL_COMPLETE_H

/* In front of the words of the command line up to the cursor; not shown in the help. */
#define COMPLETE_OPTION "--complete"

/*
 * Prints what may stand in place of the last word, one a line: verbs, options, cameras and detectors (asked from the daemon,
 * for a second at most), settings with their =, the words of a choice; behind a tabulator, what it means. Prints nothing
 * where names of files belong, and on any error: a shell in the middle of a line is no place for messages.
 */
void complete_print(int count, char **words);

#endif
