/* standard_output.h - whether what a program has printed has arrived */
#ifndef CAMD_BASE_STANDARD_OUTPUT_H
#define CAMD_BASE_STANDARD_OUTPUT_H

/*
 * The last thing that a program does: writes what is still to be printed. Returns status; but for a status of 0, when
 * something could not be written, the disk being full or standard output closed, says so in the program's name and returns 1.
 */
int standard_output_finish(const char *program, int status);

#endif
