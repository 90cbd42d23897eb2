/* config_read.h - from a file to a document, through inih */
#ifndef CAMD_CONFIG_CONFIG_READ_H
#define CAMD_CONFIG_CONFIG_READ_H

#include "config/config_document.h"

/* The most cameras, printed with all their keys, have half of it. */
enum { CONFIG_FILE_BYTES = 32 << 20 };

/*
 * Reads text into document, whose file is set and which is empty. Whatever cannot be read is a problem, and
 * the rest is there. 0 or -ENOMEM.
 */
int config_read_text(const char *text, size_t length, struct config_document *document,
                     struct config_problems *problems);

/* The same for the file that document names; that it can't be read is a problem, too. */
int config_read_file(struct config_document *document, struct config_problems *problems);

#endif
