/*
 * contact_sheet.h - one picture with many cameras: a tile each, with its name and state
 *
 * The newest picture of each that has one, which is not waited for; of the others a dark tile that says why.
 */
#ifndef CAMD_CAMCTL_CONTACT_SHEET_H
#define CAMD_CAMCTL_CONTACT_SHEET_H

#include "camctl/command.h"

/*
 * Writes the sheet of these cameras (strings) into the file, with the layers drawn on each tile. *document says what
 * was written.
 */
enum status contact_sheet_write(struct command *command, const json_t *names, unsigned int layers,
                                json_t **document);
/* That as text. */
void contact_sheet_show(struct writer *output, const json_t *document);

#endif
