/* config_mask.h - the masks of a camera: polygons by name, kept in the order of their names */
#ifndef CAMD_COMMON_CONFIG_MASK_H
#define CAMD_COMMON_CONFIG_MASK_H

#include "common/config.h"

/*
 * Sets, replaces, or with the text "none" removes the mask of that name. What is wrong with name or text
 * (static), or NULL.
 */
const char *config_mask_parse(struct config_camera *camera, const char *name, const char *text);
/* The text that config_mask_parse understands: new string; NULL when memory is short. */
char *config_mask_print(const struct config_mask *mask);

const struct config_mask *config_mask_find(const struct config_camera *camera, const char *name);
size_t config_mask_corners(const struct config_camera *camera); /* of all masks together */

bool config_masks_are_equal(const struct config_camera *a, const struct config_camera *b);
bool config_masks_copy(struct config_camera *to,
                       const struct config_camera *from); /* false: memory is short */
void config_masks_clear(struct config_camera *camera);
json_t *config_masks_json(const struct config_camera *camera);

#endif
