#include "tracker/policy.h"

#include <string.h>

static const struct filter default_filter = FILTER_DEFAULTS;

static bool is_tracked(const struct settings *settings, const char *name)
{
    for (uint32_t i = 0; i < settings->label_count; i++)
        if (strcmp(settings->labels[i], name) == 0)
            return true;
    return settings->detection.backend == SETTINGS_BACKEND_MOTION;
}

static const struct filter *filter_of(const struct settings *settings, const char *name)
{
    for (uint32_t i = 0; i < settings->filter_count; i++)
        if (strcmp(settings->filters[i].label, name) == 0)
            return &settings->filters[i];
    return &default_filter;
}

static uint32_t stationary_limit_of(const struct settings *settings, const char *name)
{
    for (uint32_t i = 0; i < settings->stationary_limit_count; i++)
        if (strcmp(settings->stationary_limits[i].label, name) == 0)
            return settings->stationary_limits[i].frames;
    return settings->stationary_limit;
}

static void make_label(struct label_policy *label, const struct settings *settings)
{
    label->tracked = is_tracked(settings, label->name);
    label->filter = filter_of(settings, label->name);
    label->zones = 0;
    label->stationary_limit = stationary_limit_of(settings, label->name);
    for (uint32_t i = 0; i < settings->zone_count; i++) {
        label->zone_filters[i] = zone_filter(&settings->zones[i], label->name);
        if (zone_is_for(&settings->zones[i], label->name))
            label->zones |= UINT32_C(1) << i;
    }
    label->mask_count = 0;
    for (uint32_t i = 0; i < settings->object_mask_count; i++) {
        const struct object_mask *mask = &settings->object_masks[i];
        if (mask->label[0] == '\0' || strcmp(mask->label, label->name) == 0)
            label->masks[label->mask_count++] = &mask->polygon;
    }
}

void policy_make(struct policy *policy, const struct settings *settings,
                 const char (*names)[CAMD_LABEL_BYTES], uint32_t count)
{
    policy->label_count = count < CAMD_LABELS_MAX ? count : CAMD_LABELS_MAX;
    for (uint32_t i = 0; i < policy->label_count; i++) {
        struct label_policy *label = &policy->labels[i];
        memcpy(label->name, names[i], CAMD_LABEL_BYTES);
        label->name[CAMD_LABEL_BYTES - 1] = '\0';
        make_label(label, settings);
        policy->traits[i] = label_traits(label->name);
    }
}

float policy_start_score(const struct policy *policy, bool with_default)
{
    float least = default_filter.min_score;
    for (uint32_t i = 0; i < policy->label_count; i++) {
        const struct label_policy *label = &policy->labels[i];
        if (label->tracked && label->filter->min_score < least)
            least = label->filter->min_score;
    }
    return with_default || least < default_filter.min_score ? least : 0.0F;
}

enum policy_verdict policy_judge(const struct policy *policy, uint32_t frame_width, uint32_t frame_height,
                                 const struct detection *detection)
{
    if (detection->label >= policy->label_count || !policy->labels[detection->label].tracked)
        return POLICY_DROPPED;
    const struct label_policy *label = &policy->labels[detection->label];
    bool confident = detection->score >= label->filter->min_score;
    struct filter filter = *label->filter;
    if (filter.min_score > POLICY_WEAK_SCORE)
        filter.min_score = POLICY_WEAK_SCORE;
    if (filter_check(&filter, label->masks, label->mask_count, frame_width, frame_height, detection) !=
        FILTER_PASSED)
        return POLICY_DROPPED;
    return confident ? POLICY_CONFIDENT : POLICY_WEAK;
}
