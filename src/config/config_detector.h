/* config_detector.h - [detector NAME] sections, and the detectors that need none */
#ifndef CAMD_CONFIG_CONFIG_DETECTOR_H
#define CAMD_CONFIG_CONFIG_DETECTOR_H

#include "config/config.h"
#include "config/config_document.h"

enum {
    CONFIG_BACKENDS = 2,          /* that may be named without a section */
    CONFIG_DETECTOR_BYTES = 2048, /* "detector" in a tracker's settings, at most */
};

/* All detectors of the main file, and those that need no section, into config. 0 or -ENOMEM. */
int config_detectors_load(struct config *config, const struct config_document *document,
                          struct config_problems *problems);

/*
 * Reads the labels file: one a line, at most CAMD_LABELS_MAX, each shorter than CAMD_LABEL_BYTES. line and key are
 * where the file was named. 0 or -ENOMEM.
 */
int config_labels_read(const char *path, const char *file, uint32_t line, struct config_detector *detector,
                       struct config_problems *problems);

#endif
