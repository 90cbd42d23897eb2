#include "capture/damage_words.h"

#include <stddef.h>
#include <string.h>

static struct damage_words words; /* FFmpeg's threads may write, too */

static const struct {
    const char *format;
    uint32_t *count;
} messages[] = {
    /* RTP */
    {"RTP: missed %d packets\n", &words.lost},
    {"RTP: PT=%02x: bad cseq %04x expected=%04x\n", &words.lost},
    /* H.264; at level debug, though a picture is put in for each that is missing */
    {"Frame num gap %d %d\n", &words.missing},
    {"non-existing PPS %u referenced\n", &words.unset},
    /* HEVC */
    {"PPS id out of range: %d\n", &words.unset},
    {"Could not find ref with POC %d\n", &words.missing},
    {"CABAC_MAX_BIN : %d\n", &words.broken},
    {"The cu_qp_delta %d is outside the valid range [%d, %d].\n", &words.broken},
    {"Decoded frame with POC %d.\n", &words.whole},
    /* JPEG */
    {"error count: %d\n", &words.broken},
    {"error y=%d x=%d\n", &words.broken},
    {"error dc\n", &words.broken},
    {"overread %d\n", &words.broken}, /* it was cut off */
};

void damage_words_listen(const char *format)
{
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
        if (strcmp(format, messages[i].format) == 0)
            __atomic_fetch_add(messages[i].count, 1, __ATOMIC_RELAXED);
}

struct damage_words damage_words_get(void)
{
    return (struct damage_words){
        .lost = __atomic_load_n(&words.lost, __ATOMIC_RELAXED),
        .missing = __atomic_load_n(&words.missing, __ATOMIC_RELAXED),
        .unset = __atomic_load_n(&words.unset, __ATOMIC_RELAXED),
        .broken = __atomic_load_n(&words.broken, __ATOMIC_RELAXED),
        .whole = __atomic_load_n(&words.whole, __ATOMIC_RELAXED),
    };
}
