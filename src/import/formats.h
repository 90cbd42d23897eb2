/* formats.h - the files that can be read: each reader takes the whole text, and makes cameras and notes of it */
#ifndef CAMD_IMPORT_FORMATS_H
#define CAMD_IMPORT_FORMATS_H

#include "import/imported.h"

/*
 * text: length bytes and a NUL behind them, which are changed. NULL, or what is wrong with the file as a whole: a new string
 * ("memory is short" when there is none for more).
 */
typedef char *import_read(struct imported *imported, char *text, size_t length);

/* A table: the first row has the names of keys, and name; each further one is a camera. */
import_read csv_read_cameras;
/* The configuration of Frigate, as YAML. */
import_read frigate_read_cameras;

#endif
