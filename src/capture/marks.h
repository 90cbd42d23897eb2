/* marks.h - what streams and pictures of libav say of themselves: how their colours are meant, which side is up */
#ifndef CAMD_CAPTURE_MARKS_H
#define CAMD_CAPTURE_MARKS_H

#include <stdbool.h>

#include "capture/colours.h"
#include "capture/orientation.h"

struct AVFrame;
struct AVStream;

/* Pictures in red, green and blue mean just that: false, and colours says nothing. */
bool marks_frame_colours(const struct AVFrame *frame, struct colours *colours);
bool marks_stream_colours(const struct AVStream *stream, struct colours *colours);
/* A mark of the picture's colours that is none of ours and is left as it is, such as "ycgco" or "smpte2084"; or NULL. */
const char *marks_unknown_colours(const struct AVFrame *frame);

struct orientation marks_stream_orientation(const struct AVStream *stream);
/* The picture's own, else the stream's. */
struct orientation marks_frame_orientation(const struct AVFrame *frame, struct orientation of_stream);

/*
 * Range and format apart: the old formats of full range are others of libavutil's as well, plain ones otherwise. Returns the
 * plain one.
 */
int marks_plain_format(int format);

#endif
