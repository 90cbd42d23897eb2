/* What settings of a filter have to do with each other: bounds between which no object can be. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/config_camera.h"
#include "config/config_document.h"
#include "config/config_problem.h"

enum { KEY_BYTES = 160 };

/* Where filters are that are looked at: in a section, below filter.LABEL or zone.NAME.filter.LABEL. */
struct place {
    const struct config_section *section;
    const char *file, *zone; /* zone NULL: a filter of everywhere */
    struct config_problems *problems;
};

/* The setting as it was written here, or NULL. */
static const struct config_entry *find(const struct place *place, const struct config_filter *filter,
                                       const char *last)
{
    char key[KEY_BYTES];
    snprintf(key, sizeof(key), "%s%s%sfilter.%s.%s", place->zone ? "zone." : "",
             place->zone ? place->zone : "", place->zone ? "." : "", filter->name, last);
    return config_section_entry(place->section, key);
}

/* A problem is reported at the setting that was written here; that of [defaults] has been reported there. */
static void check_bounds(const struct place *place, const struct config_filter *filter, const char *least_key,
                         double least, const char *most_key, double most)
{
    const struct config_entry *first = find(place, filter, least_key),
                              *second = find(place, filter, most_key);
    const struct config_entry *entry = first ? first : second;
    char least_text[TEXT_NUMBER_BYTES], most_text[TEXT_NUMBER_BYTES];
    if (!entry || (first && first->is_damaged) || (second && second->is_damaged) || least <= most)
        return;
    text_from_double(least_text, least);
    text_from_double(most_text, most);
    config_problem_add(place->problems, place->file, entry->line, entry->name,
                       "%s (%s) is larger than %s (%s), so that no %s would %s: expected at most that",
                       least_key, least_text, most_key, most_text, filter->name,
                       place->zone ? "come to be in the zone" : "be believed");
}

static void check_filters(const struct place *place, const struct config_filter *filters, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct config_filter *filter = &filters[i];
        /* a share of the picture and pixels can't be compared before the picture is there */
        if ((filter->min_area < 1) == (filter->max_area < 1))
            check_bounds(place, filter, "min_area", filter->min_area, "max_area", filter->max_area);
        check_bounds(place, filter, "min_ratio", filter->min_ratio, "max_ratio", filter->max_ratio);
    }
}

void config_camera_check_filters(const struct config_camera *camera, const struct config_section *section,
                                 const char *file, struct config_problems *problems)
{
    struct place place = {.section = section, .file = file, .problems = problems};
    check_filters(&place, camera->filters, camera->filter_count);
    for (size_t i = 0; i < camera->zone_count; i++) {
        place.zone = camera->zones[i].name;
        check_filters(&place, camera->zones[i].filters, camera->zones[i].filter_count);
    }
}
