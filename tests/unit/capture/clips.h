/*
 * clips.h - clips that ffmpeg makes, its own decode of them, and camd-capture on them
 *
 * Failures are cmocka's.
 */
#ifndef CAMD_TESTS_CAPTURE_CLIPS_H
#define CAMD_TESTS_CAPTURE_CLIPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "fake_camd.h"

extern const char *clips_program; /* camd-capture */

/* cmocka's, of a group: where the clips are. */
int clips_make_directory(void **state);
int clips_remove_directory(void **state);

enum { CLIP_PATH_BYTES = 512 };

void clip_path(char path[CLIP_PATH_BYTES], const char *name);
/* A clip made by ffmpeg with these arguments, once. */
void make_clip(char path[CLIP_PATH_BYTES], const char *name, const char *arguments);
/* The real footage; where there is none the test is skipped. */
void vtest_or_skip(char path[CLIP_PATH_BYTES]);
/* ffmpeg's decode, as raw I420; to be closed with pclose. */
FILE *reference_open(const char *input, const char *options);

/* ---- a camera ---- */

void start(struct fake_camd *fake, json_t *config);
json_t *unpaced(const char *input);
void answer_stream(struct fake_camd *fake);
/* Takes frames until the worker ends, and compares each with the reference; returns how many. */
uint64_t compare_all(struct fake_camd *fake, FILE *reference);
void assert_ended_well(struct fake_camd *fake);
/* A whole file against ffmpeg's decode; returns the number of frames. */
uint64_t compare_file(const char *path);

#endif
