/*
 * field_clip.h - a clip of field pictures (H.264, PAFF): each field is coded by itself, in a packet of its own
 *
 * Cameras and recorders for interlaced video send such streams; x264 makes none. Macroblocks are samples as they are
 * (I_PCM), or those of the field before, so that no coder is needed.
 */
#ifndef CAMD_TESTS_CAPTURE_FIELD_CLIP_H
#define CAMD_TESTS_CAPTURE_FIELD_CLIP_H

enum { FIELD_CLIP_WIDTH = 64, FIELD_CLIP_HEIGHT = 64 };

/*
 * Writes such a stream as a file (Annex B): pairs of fields, 50 a second, of which one in `group` begins with a key
 * picture.
 */
void field_clip_write(const char *path, int pairs, int group);

#endif
