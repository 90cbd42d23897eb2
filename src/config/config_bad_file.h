/* config_bad_file.h - files of cameras_dir that a start goes on without */
#ifndef CAMD_CONFIG_CONFIG_BAD_FILE_H
#define CAMD_CONFIG_CONFIG_BAD_FILE_H

#include "config/config_document.h"

/*
 * The document's file has count problems, the first of which may be NULL when there are too many in all. Its cameras
 * are not in the configuration. 0 or -ENOMEM.
 */
int config_bad_file_add(struct config *config, const struct config_document *document,
                        const struct config_problem *first, size_t count);
void config_bad_files_clear(struct config *config);

#endif
