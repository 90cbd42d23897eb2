/*
 * light.h - whether a change is one of light only
 *
 * Lamps, headlights, clouds and the camera's own exposure make places lighter or darker, but the fine structure there
 * (edges, texture) stays what it was, only stronger or weaker; a thing hides the structure behind it and brings its
 * own. The structure of a picture, what is left of each pixel less the mean of the nine about it, is compared with
 * that of the background in a window about the pixel: how much of its energy is new, not explained by the best
 * multiple of the background's, and how much of the background's is gone. (Normalised cross-correlation against
 * light: J. C. S. Jacques, C. R. Jung, S. R. Musse, "Background subtraction and shadow detection in grayscale video
 * sequences", 2005.) Pure; the memory it works in is the caller's.
 */
#ifndef CAMD_TRACKER_LIGHT_H
#define CAMD_TRACKER_LIGHT_H

#include <stddef.h>
#include <stdint.h>

/* Two pictures of the same size, rows without padding, and the marks: bytes, 0 or 1, stride from one row to the next. */
struct light_pictures {
    const uint8_t *now, *before;
    uint32_t width, height;
    uint8_t threshold; /* levels by which an edge of a thing stands out, about */
    uint8_t *changed;
    size_t stride;
};

struct light_area {
    uint32_t x, y, width, height; /* within the pictures, not empty */
};

/* Bytes of the room that light_clear works in, for pictures of this width; it is aligned as malloc aligns. */
size_t light_room_bytes(uint32_t width);

/* Clears the marks in the area where nothing but light changed. What it says of a pixel is the same in every area. */
void light_clear(const struct light_pictures *pictures, const struct light_area *area, void *room);

#endif
