/*
 * background.h - how a program that runs for long begins: with nothing odd inherited, and in the background if wished
 *
 * For the start of a program only: what is wrong is printed on standard error, with the program's name before it.
 */
#ifndef CAMD_BASE_BACKGROUND_H
#define CAMD_BASE_BACKGROUND_H

#include <stdbool.h>

#define BACKGROUND_READY 'r' /* what the child writes */

/*
 * Whoever started us may have ignored or blocked signals, or closed standard descriptors: exec keeps that. keeps_signals:
 * those that are blocked stay so.
 */
void background_clean_inheritance(bool keeps_signals);

/*
 * Forks; the child goes on with the result: the writing end of a pipe. The parent waits there, and ends with status 0
 * when background_release is called; when the child ends before, with the child's status. program: its name.
 */
int background_begin(const char *program);

/* Ready: lets the parent go, and standard input, output and error. *ready_fd becomes -1; negative, nothing is done. */
void background_release(int *ready_fd);

/* The same path from wherever; what is made lives as long as the process. NULL stays NULL. */
const char *background_absolute_path(const char *path);
/* To /: the directory that we were started in may be on a file system that somebody wants to unmount. */
void background_leave_directory(const char *program);

#endif
