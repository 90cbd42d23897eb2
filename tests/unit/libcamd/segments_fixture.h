/* segments_fixture.h - a camera's segments for tests, without names and without a daemon. */
#ifndef SEGMENTS_FIXTURE_H
#define SEGMENTS_FIXTURE_H

#include <stdint.h>

#include "camd/segment.h"

enum { FIXTURE_WIDTH = 64, FIXTURE_HEIGHT = 48, FIXTURE_FRAME_BYTES = 64 * 48 * 3 / 2 };

/* Descriptors of new segments, writable; info is as camd would have written it. */
void fixture_make(struct camd_segment_fds *fds, uint32_t slots);
void fixture_make_sized(struct camd_segment_fds *fds, uint32_t slots, uint32_t width, uint32_t height);
/* Adds a segment `best`. */
void fixture_add_best(struct camd_segment_fds *fds, uint32_t count, uint32_t bytes);
void fixture_close(struct camd_segment_fds *fds);

/* The same segments as camd hands them to a role: read-only where it may not write. */
void fixture_for_role(const struct camd_segment_fds *fds, enum camd_role role,
                      struct camd_segment_fds *handed);

/* Maps with the descriptors of the role, and closes those. */
void fixture_map(const struct camd_segment_fds *fds, enum camd_role role, struct camd_segments *segments);

/* info, changed by the test. */
void fixture_read_info(const struct camd_segment_fds *fds, struct camd_info *info);
void fixture_write_info(const struct camd_segment_fds *fds, const struct camd_info *info);

#endif
