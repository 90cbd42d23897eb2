/*
 * detector_settings.h - the detector's settings, as camd sends them
 *
 * An object with members named as the keys of [detector NAME] in camd.ini(5): backend, model, width, height
 * (input_width, input_height), colour_order, mean and scale (a number, or three), head, score_threshold,
 * nms_threshold, threads, labels (a list of names). What is absent or null has a default; the model's kind decides
 * for most (head.h). Tensors are B, G, R without colour_order. Unknown members are passed over.
 */
#ifndef CAMD_DETECTOR_DETECTOR_SETTINGS_H
#define CAMD_DETECTOR_DETECTOR_SETTINGS_H

#include <jansson.h>

#include "detector/backend.h"

enum { DETECTOR_THREADS_MAX = 64 };

/* Strings stay config's. 0, or -EINVAL with the reason in problem; *backend and *settings are untouched then. */
int detector_settings_read(const json_t *config, const char **backend, struct detector_settings *settings,
                           char problem[DETECTOR_PROBLEM_BYTES]);

#endif
