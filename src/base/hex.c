#include "base/hex.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

void hex_write(const void *bytes, size_t count, char *text)
{
    const uint8_t *from = bytes;
    for (size_t i = 0; i < count; i++) {
        *text++ = digits[from[i] >> 4];
        *text++ = digits[from[i] & 0xf];
    }
    *text = '\0';
}

static int digit_value(char digit)
{
    const char *at = digit != '\0' ? strchr(digits, digit) : NULL;
    return at ? (int)(at - digits) : -1;
}

bool hex_read(const char *text, void *bytes, size_t room, size_t *count)
{
    uint8_t *to = bytes;
    size_t read = 0;
    for (; text[2 * read] != '\0'; read++) {
        const int high = digit_value(text[2 * read]), low = high < 0 ? -1 : digit_value(text[2 * read + 1]);
        if (low < 0 || read == room)
            return false;
        to[read] = (uint8_t)(high << 4 | low);
    }
    *count = read;
    return true;
}
