#include "tracker/limits.h"

#include "tracker/detection.h"
#include "tracker/movers.h"
#include "tracker/tracks.h"

_Static_assert((int)TRACKS_MAX == 128 && (int)DETECTIONS_MAX == 1024 && (int)CAMD_ANSWER_ROWS == 64 &&
                   (int)CAMD_REGIONS_MAX == 16 && (int)CAMD_MOTION_MAX == 64 && (int)CAMD_OBJECTS_MAX == 64 &&
                   (int)FIGURES_MAX == 128,
               "the words below");

static const struct limit_words words[LIMIT_COUNT] = {
    [LIMIT_TRACKS] =
        {
            .more = "more objects than the 128 that are followed at a time",
            .left_out = "detections of a picture are left out",
            .hint =
                "a higher min_score or min_area of their filter, or an object mask over those that do not matter, leaves fewer",
            .patience = 1,
        },
    [LIMIT_DETECTIONS] =
        {
            .more = "more detections in a picture than the 1024 that it has room for",
            .left_out = "of them are left out",
            .hint = "a higher score_threshold of the detector, or a smaller max_regions, leaves fewer",
            .patience = 1,
        },
    [LIMIT_ANSWERS] =
        {
            .more = "answers of the detector with all the 64 objects that they have room for",
            .left_out = "answers about regions of a picture may lack some, the least certain ones",
            .hint =
                "a higher score_threshold of the detector leaves fewer, letterbox = no makes it look at smaller parts of the picture",
            .patience = 1,
        },
    [LIMIT_REGIONS] =
        {
            .more =
                "more regions to look into than max_regions and detection_budget allow, in every picture for a while",
            .left_out = "regions of a picture have to wait for the next ones",
            .hint =
                "max_regions can be 16 at most; a faster detector, or one with letterbox = yes, looks at more of a picture",
            .patience = 100,
        },
    [LIMIT_FIGURES] =
        {
            .more = "more moving figures than the 128 that detector = motion can tell apart",
            .left_out = "figures of a picture are left out",
            .hint =
                "a mask over what moves all the time leaves fewer, and another detector sees objects only",
            .patience = 10,
        },
    [LIMIT_MOTION] =
        {
            .more = "more moving areas than the 64 that a picture has boxes for",
            .left_out = "of a picture, the smallest ones, are left out",
            .hint = "a higher motion_threshold or motion_contour_area, or a mask, leaves fewer",
            .patience = 10,
        },
    [LIMIT_SHOWN] =
        {
            .more = "more objects than the 64 that a live result has room for",
            .left_out =
                "objects are not shown by camctl snapshot --boxes and by others that read it, though they are followed and have events",
            .hint = "a higher min_score or min_area of their filter leaves fewer",
            .patience = 1,
        },
};

const struct limit_words *limit_words(enum limit limit)
{
    return &words[limit];
}

void limits_note(struct limits *limits, enum limit limit, uint32_t count, uint64_t frame_id)
{
    struct limit_count *own = &limits->of[limit];
    if (count == 0) {
        own->in_a_row = 0;
        return;
    }
    if (own->frames++ == 0)
        own->first_frame = frame_id;
    own->total += count;
    own->most = count > own->most ? count : own->most;
    own->is_due = own->is_due || ++own->in_a_row >= words[limit].patience;
}

bool limits_take_news(struct limits *limits, enum limit *limit)
{
    for (int i = 0; i < LIMIT_COUNT; i++)
        if (limits->of[i].is_due && !limits->of[i].told) {
            limits->of[i].told = true;
            *limit = (enum limit)i;
            return true;
        }
    return false;
}

uint64_t limits_total(const struct limits *limits)
{
    uint64_t total = 0;
    for (int i = 0; i < LIMIT_COUNT; i++)
        total += i != LIMIT_REGIONS && limits->of[i].is_due ? limits->of[i].total : 0;
    return total;
}
