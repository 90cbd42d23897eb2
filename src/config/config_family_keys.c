/* The keys of families' elements; places and apply are those of the family. */
#include <string.h>

#include "base/text.h"
#include "config/config_family.h"
#include "config/config_fields.h"
#include "config/config_line.h"

static const struct config_key mask_keys[] = {
    {.name = "", MASK(config_mask, polygon)},
};

static const struct config_key zone_keys[] = {
    {.name = "", ZONE(config_zone, polygon)},
    {.name = "inertia",
     INTEGER(config_zone, inertia),
     .unit = "frames",
     .least = 1,
     .most = 1000,
     .standard = "3",
     .meaning = "Frames in a row that an object has to be inside before it counts as being in the zone."},
    {.name = "loitering_time",
     TIME(config_zone, loitering_time_ms),
     .most = DAY_SECONDS,
     .standard = "0",
     .meaning = "How long an object has to stay inside before it counts as being in the zone."},
    {.name = "objects",
     LABELS(config_zone, objects),
     .absent = "all",
     .standard = "all",
     .meaning = "Labels of the objects that the zone is for."},
};

enum { AREA_MAX = 24000000 }; /* as the reference has it */

static const struct config_key filter_keys[] = {
    {.name = "min_score",
     REAL(config_filter, min_score),
     .most = 1,
     .standard = "0.5",
     .meaning =
         "Detections with a lower score are not used to start a track. Where nothing moves, those below threshold are not, either."},
    {.name = "threshold",
     REAL(config_filter, threshold),
     .most = 1,
     .standard = "0.7",
     .meaning = "An object counts as real once the median of its scores is that high."},
    {.name = "min_area",
     REAL(config_filter, min_area),
     .unit = "pixels; below 1: a share of the picture",
     .most = AREA_MAX,
     .standard = "0",
     .meaning = "Smaller boxes are not believed."},
    {.name = "max_area",
     REAL(config_filter, max_area),
     .unit = "pixels; below 1: a share of the picture",
     .most = AREA_MAX,
     .standard = "24000000",
     .meaning = "Larger boxes are not believed."},
    {.name = "min_ratio",
     REAL(config_filter, min_ratio),
     .unit = "width by height",
     .most = AREA_MAX,
     .standard = "0",
     .meaning = "Narrower boxes are not believed."},
    {.name = "max_ratio",
     REAL(config_filter, max_ratio),
     .unit = "width by height",
     .most = AREA_MAX,
     .standard = "24000000",
     .meaning = "Wider boxes are not believed."},
};

static bool is_label(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length < CAMD_LABEL_BYTES && !strchr(name, ',') && config_text_is_utf8(name, length);
}

#define FAMILY(element, field, table)                                                                        \
    .element_size = sizeof(struct element), .list = offsetof(struct config_camera, field##s),                \
    .count = offsetof(struct config_camera, field##_count), .keys = (table),                                 \
    .key_count = sizeof(table) / sizeof *(table)

const struct config_family config_family_mask = {
    FAMILY(config_mask, mask, mask_keys),
    .placeholder = "NAME",
    .most = CONFIG_MASKS_MAX,
    .too_many = "is one mask more than the 32 that a camera can have",
    .is_name = text_is_camera_name,
    .bad_name = "has a name that is not of 1 to 40 letters, digits, _ and -",
};
_Static_assert(CONFIG_MASKS_MAX == 32, "the text above");

const struct config_family config_family_zone = {
    FAMILY(config_zone, zone, zone_keys),
    .placeholder = "NAME",
    .most = CONFIG_ZONES_MAX,
    .too_many = "is one zone more than the 16 that a camera can have",
    .is_name = text_is_camera_name,
    .bad_name = "has a name that is not of 1 to 40 letters, digits, _ and -",
};
_Static_assert(CONFIG_ZONES_MAX == 16, "the text above");

const struct config_family config_family_filter = {
    FAMILY(config_filter, filter, filter_keys),
    .placeholder = "LABEL",
    .most = CONFIG_FILTERS_MAX,
    .too_many = "is for one label more than the 32 that a camera can have filters for",
    .is_name = is_label,
    .bad_name = "has a label that is not UTF-8 text of 1 to 31 bytes without a comma",
    .is_object = true,
};
_Static_assert(CONFIG_FILTERS_MAX == 32, "the text above");
