/*
 * import_foreign.h - files of other programs, which camd-import turns into camd's cameras
 *
 * A program of its own, so that camctl is linked with no library for them, and what is in them is parsed elsewhere.
 */
#ifndef CAMD_CAMCTL_IMPORT_FOREIGN_H
#define CAMD_CAMCTL_IMPORT_FOREIGN_H

#include <stdbool.h>

#include "camctl/exit_status.h"

/* By its name: .yml and .yaml are Frigate's, .csv and .tsv tables; all else is camd's own. */
bool import_foreign_is(const char *file);
/*
 * *document, a new reference: {"cameras": {NAME: {KEY: VALUE}}, "notes", "dropped", "left_out", "sections":
 * {TITLE: {KEY: VALUE}}}, left_out being how many cameras notes say are left out.
 */
enum status import_foreign_read(const char *file, json_t **document, json_t **error);

/*
 * Of what camd refused settings for, as KEY: TEXT a line, takes those out that there are, input aside: what another program
 * wrote has keys that have no meaning here, and the camera is worth more than these. Each is a note. False: none was.
 */
bool import_foreign_drop(const char *name, const char *refusal, json_t *settings, json_t *notes);

#endif
