/*
 * probe.h - what is at an input, for camctl probe: no daemon, no segments, nothing kept
 *
 * A process of its own, since the first byte of a stream that nobody knows may be the one that takes a decoder over.
 */
#ifndef CAMD_CAPTURE_PROBE_H
#define CAMD_CAPTURE_PROBE_H

/*
 * Reads one JSON object from standard input, the settings that capture gets from camd, to its end; writes one to
 * standard output: {"codec", "width", "height", "fps", "measured_fps", "bit_rate", "pixel_format", "audio",
 * "authentication", "live", "still"}, or {"error": {"stage", "class", "text", "hint"}}. What is not known is null.
 * Descriptor 3, if open, gets the first picture as I420 of that width and height, even; none of a size that no frame
 * can have, which settings with a size of their own allow. For inputs on the network, root becomes another user
 * first. Returns the exit status.
 */
int probe_main(void);

#endif
