#include "capture/plane_stream.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
enum { PIECE = 64 }; /* a line of the caches: written as a whole, it need not be read before */

static void row_stream(uint8_t *to, const uint8_t *from, size_t width)
{
    const size_t unaligned = -(uintptr_t)to % PIECE;
    const size_t before = unaligned < width ? unaligned : width;
    size_t at = before;
    memcpy(to, from, before);
    for (; at + PIECE <= width; at += PIECE)
        for (size_t i = 0; i < PIECE; i += sizeof(__m128i))
            _mm_stream_si128((__m128i *)(void *)(to + at + i),
                             _mm_loadu_si128((const __m128i *)(const void *)(from + at + i)));
    memcpy(to + at, from + at, width - at);
}

/* Such stores may become visible later than those that follow, which tell the tracker that the picture is whole. */
static void rows_are_there(void)
{
    _mm_sfence();
}
#else
static void row_stream(uint8_t *to, const uint8_t *from, size_t width)
{
    memcpy(to, from, width);
}

static void rows_are_there(void)
{
}
#endif

void plane_stream(uint8_t *to, ptrdiff_t to_stride, const uint8_t *from, ptrdiff_t from_stride, size_t width,
                  size_t height)
{
    for (size_t y = 0; y < height; y++)
        row_stream(to + (ptrdiff_t)y * to_stride, from + (ptrdiff_t)y * from_stride, width);
    rows_are_there();
}
