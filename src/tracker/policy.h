/* policy.h - what the settings mean for each label of the camera's table. Pure. */
#ifndef CAMD_TRACKER_POLICY_H
#define CAMD_TRACKER_POLICY_H

#include "tracker/label.h"
#include "tracker/tracker_settings.h"

/* Detections below the label's min_score can still go on with an object, down to this score. */
#define POLICY_WEAK_SCORE 0.1F

struct label_policy {
    char name[CAMD_LABEL_BYTES];
    bool tracked;
    const struct filter *filter;
    uint32_t zones;                               /* bits of those that are for it */
    const struct filter *zone_filters[ZONES_MAX]; /* of the zones; NULL: none */
    uint32_t stationary_limit;                    /* frames for which it may be stationary; 0: any number */
    uint32_t mask_count;
    const struct mask_polygon *masks[OBJECT_MASKS_MAX];
};

/* Points into the settings that it was made from. */
struct policy {
    uint32_t label_count;
    struct label_policy labels[CAMD_LABELS_MAX];
    const struct label_traits *traits[CAMD_LABELS_MAX];
};

/* names: the table of `info`. With the motion back-end every label is tracked: it has but one. */
void policy_make(struct policy *policy, const struct settings *settings,
                 const char (*names)[CAMD_LABEL_BYTES], uint32_t count);

/* The least min_score of the tracked labels, the default at most; without with_default, 0 when it is the default. */
float policy_start_score(const struct policy *policy, bool with_default);

enum policy_verdict {
    POLICY_DROPPED,
    POLICY_WEAK, /* fit to go on with an object, not to begin one */
    POLICY_CONFIDENT,
};
enum policy_verdict policy_judge(const struct policy *policy, uint32_t frame_width, uint32_t frame_height,
                                 const struct detection *detection);

#endif
