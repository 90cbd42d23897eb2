/*
 * settings_places.h - the part of a camera's settings that is about places of the picture: masks and zones; for
 * tracker_settings.c
 */
#ifndef CAMD_TRACKER_SETTINGS_PLACES_H
#define CAMD_TRACKER_SETTINGS_PLACES_H

#include "tracker/tracker_settings.h"

/* Adds the camera's masks and zones to settings that have none: 0, or -EINVAL with the reason in problem. */
int settings_read_places(const json_t *config, struct settings *settings,
                         char problem[SETTINGS_PROBLEM_BYTES]);

#endif
