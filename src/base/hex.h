/* hex.h - bytes as text, two hexadecimal digits each, in lower case */
#ifndef CAMD_BASE_HEX_H
#define CAMD_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>

/* text: room for 2 * count + 1 characters. */
void hex_write(const void *bytes, size_t count, char *text);
/* And back: false, with *count untouched, for anything else, or for more bytes than there is room for. */
bool hex_read(const char *text, void *bytes, size_t room, size_t *count);

#endif
