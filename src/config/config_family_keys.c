/* The keys of families' elements; places and apply are those of the family. */
#include <string.h>

#include "base/text.h"
#include "config/config_family.h"
#include "config/config_fields.h"
#include "config/config_line.h"

static const struct config_key mask_keys[] = {
    {.name = "", MASK(config_mask, polygon), .example = "motion 0,0 1,0 1,0.15 0,0.15"},
};

static const struct config_family zone_filter_family;

static const struct config_key zone_keys[] = {
    {.name = "", ZONE(config_zone, polygon), .example = "0.1,0.5 0.9,0.5 0.9,1 0.1,1"},
    {.name = "inertia",
     INTEGER(config_zone, inertia),
     .unit = "frames",
     .least = 1,
     .most = 1000,
     .standard = "3",
     .example = "5",
     .meaning = "Frames in a row that an object has to be inside before it counts as being in the zone."},
    {.name = "loitering_time",
     TIME(config_zone, loitering_time_ms),
     .most = CLOCK_S_PER_DAY,
     .standard = "0",
     .example = "4",
     .meaning = "How long an object has to stay inside before it counts as being in the zone."},
    {.name = "objects",
     LABELS(config_zone, objects),
     .absent = "all",
     .standard = "all",
     .example = "person,car",
     .meaning = "Labels of the objects that the zone is for."},
    {.name = "filter",
     .member = "filters",
     .family = &zone_filter_family,
     .standard = "none",
     .meaning =
         "Which objects of a label come to be in the zone, by the keys below, beside what filter.LABEL says of them everywhere. An object that is in the zone has passed, and stays in it whatever becomes of its box."},
    {.name = "distances",
     DISTANCES(config_zone, distances),
     .unit = "metres",
     .least = 0.1,
     .most = 10000,
     .absent = "none",
     .standard = "none",
     .example = "4.5,12,4.5,12",
     .meaning =
         "How long the zone's sides are on the ground, in the order of its corners: from the first corner to the second, and on, the last from the fourth back to the first. It needs a zone with four corners that lies flat. The speed of objects in the zone is measured then, over the last two seconds, where their boxes stand on the ground. Where opposite sides are as long, the zone is taken for a rectangle; else for the figure with those sides whose corners lie on a circle, which a road that narrows evenly is."},
    {.name = "speed_threshold",
     REAL(config_zone, speed_threshold),
     .unit = "metres a second",
     .least = 0.1,
     .most = 1000,
     .absent = "none",
     .standard = "none",
     .example = "1.5",
     .meaning =
         "An object counts as being in the zone only while it is at least that fast, and its speed is known. It needs distances."},
};

enum { AREA_MAX = 24000000 }; /* as the reference has it */

static const struct config_key zone_filter_keys[] = {
    {.name = "min_score",
     REAL(config_filter, min_score),
     .most = 1,
     .standard = "0",
     .example = "0.6",
     .meaning = "Objects whose last detection has a lower score do not come to be in the zone."},
    {.name = "threshold",
     REAL(config_filter, threshold),
     .most = 1,
     .standard = "0",
     .example = "0.8",
     .meaning = "Objects whose scores have a lower median do not come to be in the zone."},
    {.name = "min_area",
     REAL(config_filter, min_area),
     .unit = "pixels; below 1: a share of the picture",
     .most = AREA_MAX,
     .standard = "0",
     .example = "0.002",
     .meaning = "Objects with smaller boxes do not come to be in the zone."},
    {.name = "max_area",
     REAL(config_filter, max_area),
     .unit = "pixels; below 1: a share of the picture",
     .most = AREA_MAX,
     .standard = "24000000",
     .example = "0.3",
     .meaning = "Objects with larger boxes do not come to be in the zone."},
    {.name = "min_ratio",
     REAL(config_filter, min_ratio),
     .unit = "width by height",
     .most = AREA_MAX,
     .standard = "0",
     .example = "0.2",
     .meaning = "Objects with narrower boxes do not come to be in the zone."},
    {.name = "max_ratio",
     REAL(config_filter, max_ratio),
     .unit = "width by height",
     .most = AREA_MAX,
     .standard = "24000000",
     .example = "2",
     .meaning = "Objects with wider boxes do not come to be in the zone."},
};

static const struct config_key stationary_limit_keys[] = {
    {.name = "",
     INTEGER(config_limit, frames),
     .unit = "frames",
     .least = 1,
     .most = 1000000,
     .example = "3000",
     .absent = "none"},
};

static const struct config_key filter_keys[] = {
    {.name = "min_score",
     REAL(config_filter, min_score),
     .most = 1,
     .standard = "0.5",
     .example = "0.6",
     .meaning =
         "Detections with a lower score are not used to start a track. Where nothing moves, those below threshold are not, either."},
    {.name = "threshold",
     REAL(config_filter, threshold),
     .most = 1,
     .standard = "0.7",
     .example = "0.8",
     .meaning = "An object counts as real once the median of its scores is that high."},
    {.name = "min_area",
     REAL(config_filter, min_area),
     .unit = "pixels; below 1: a share of the picture",
     .most = AREA_MAX,
     .standard = "0",
     .example = "1000",
     .meaning = "Smaller boxes are not believed."},
    {.name = "max_area",
     REAL(config_filter, max_area),
     .unit = "pixels; below 1: a share of the picture",
     .most = AREA_MAX,
     .standard = "24000000",
     .example = "0.3",
     .meaning = "Larger boxes are not believed."},
    {.name = "min_ratio",
     REAL(config_filter, min_ratio),
     .unit = "width by height",
     .most = AREA_MAX,
     .standard = "0",
     .example = "0.2",
     .meaning = "Narrower boxes are not believed."},
    {.name = "max_ratio",
     REAL(config_filter, max_ratio),
     .unit = "width by height",
     .most = AREA_MAX,
     .standard = "24000000",
     .example = "2",
     .meaning = "Wider boxes are not believed."},
};

static bool is_label(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length < CAMD_LABEL_BYTES && !strchr(name, ',') && config_text_is_utf8(name, length);
}

#define FAMILY(owner, element, field, table)                                                                 \
    .element_size = sizeof(struct element), .list = offsetof(struct owner, field##s),                        \
    .count = offsetof(struct owner, field##_count), .keys = (table),                                         \
    .key_count = sizeof(table) / sizeof *(table)

static const char bad_label[] = "has a label that is not UTF-8 text of 1 to 31 bytes without a comma";

const struct config_family config_family_mask = {
    FAMILY(config_camera, config_mask, mask, mask_keys),
    .placeholder = "NAME",
    .example_name = "street",
    .most = CONFIG_MASKS_MAX,
    .too_many = "is one mask more than the 32 that a camera can have",
    .is_name = text_is_camera_name,
    .bad_name = "has a name that is none: expected " TEXT_NAME_RULE,
};
_Static_assert(CONFIG_MASKS_MAX == 32, "the text above");

const struct config_family config_family_zone = {
    FAMILY(config_camera, config_zone, zone, zone_keys),
    .placeholder = "NAME",
    .example_name = "yard",
    .most = CONFIG_ZONES_MAX,
    .too_many = "is one zone more than the 16 that a camera can have",
    .is_name = text_is_camera_name,
    .bad_name = "has a name that is none: expected " TEXT_NAME_RULE,
};
_Static_assert(CONFIG_ZONES_MAX == 16, "the text above");

const struct config_family config_family_filter = {
    FAMILY(config_camera, config_filter, filter, filter_keys),
    .placeholder = "LABEL",
    .example_name = "person",
    .most = CONFIG_FILTERS_MAX,
    .too_many = "is for one label more than the 32 that a camera can have filters for",
    .is_name = is_label,
    .bad_name = bad_label,
    .has_points = true,
    .is_object = true,
};
_Static_assert(CONFIG_FILTERS_MAX == 32, "the text above");

static const struct config_family zone_filter_family = {
    FAMILY(config_zone, config_filter, filter, zone_filter_keys),
    .placeholder = "LABEL",
    .example_name = "person",
    .most = CONFIG_ZONE_FILTERS_MAX,
    .too_many = "is for one label more than the 16 that a zone can have filters for",
    .is_name = is_label,
    .bad_name = bad_label,
    .has_points = true,
    .is_object = true,
};
_Static_assert(CONFIG_ZONE_FILTERS_MAX == 16, "the text above");

const struct config_family config_family_stationary_limit = {
    FAMILY(config_camera, config_limit, stationary_limit, stationary_limit_keys),
    .placeholder = "LABEL",
    .example_name = "car",
    .most = CONFIG_LIMITS_MAX,
    .too_many = "is for one label more than the 32 that can have a limit of their own",
    .is_name = is_label,
    .bad_name = bad_label,
    .has_points = true,
    .is_object = true,
};
_Static_assert(CONFIG_LIMITS_MAX == 32, "the text above");

/* As words of the control protocol; what ends camd is for root and camd's user only. */
static const char *const allowed_words[] = {"add",     "remove", "set",        "rename",      "enable",
                                            "disable", "start",  "stop",       "kick",        "restart",
                                            "ptz",     "reload", "grid_clear", "grid_import", NULL};

static const struct config_key allow_keys[] = {
    {.name = "",
     ALLOWED(config_allow, words),
     .words = allowed_words,
     .example = "enable disable ptz set:motion"},
};

static bool is_user(const char *name)
{
    return text_is_camera_name(name) && name[0] != '-';
}

const struct config_family config_family_allow = {
    FAMILY(config, config_allow, allow, allow_keys),
    .placeholder = "USER",
    .example_name = "guard",
    .most = CONFIG_ALLOWS_MAX,
    .too_many = "is one user more than the 32 that there can be",
    .is_name = is_user,
    .bad_name = "has a name that is none of a user",
};
_Static_assert(CONFIG_ALLOWS_MAX == 32, "the text above");
