/* event_bytes.h - numbers in what is stored, little-endian on every machine */
#ifndef CAMD_DAEMON_HISTORY_EVENT_BYTES_H
#define CAMD_DAEMON_HISTORY_EVENT_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline void event_bytes_put(uint8_t *bytes, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static inline uint64_t event_bytes_get(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

#endif
