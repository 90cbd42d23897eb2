#include "tracker/match.h"

#include <math.h>

/*
 * What a detection is worth that is where it should be: ln of how much denser detections are there than anywhere in the
 * picture. That is 10 for a person of a sixth of the picture's width, by the noise of track.c; less, since there are
 * objects that are new and detections of nothing. 8.5 to 9.5 give the same scores within half a point.
 */
#define WORTH_MOST 9.0
/*
 * New objects mostly come in at the sides: they are taken to do so e^1.5, or 4.5, times as often as anywhere else; 1 and 2
 * give about the same scores. What is within its own size of a side may have come from there.
 */
#define WORTH_INSIDE 1.5
/*
 * Boxes that are far off are rarer than chance but not as rare as with a normal distribution, since half-hidden objects
 * have half a box: Student's, with this many degrees of freedom. K. L. Lange, R. J. A. Little and J. M. G. Taylor, Robust
 * Statistical Modeling Using the t Distribution (1989), find 4 a good choice.
 */
#define FREEDOM 4.0
/* The squared distance from which on no colour could make up for it. */
#define DISTANCE_MOST 114.0
/*
 * Colours: in two street scenes the likeness of two looks at one person is 0.86 (standard deviation 0.06), of two people
 * 0.65 (0.10), up to 3 seconds apart. The logarithm of how much more often a likeness is of one person than of two is 0 at
 * 0.79 and rises by 35 to 40 for 1 there; farther out it is not believed, since pictures change with the light.
 */
#define COLOUR_EVEN  0.79
#define COLOUR_SLOPE 35.0
#define COLOUR_MOST  3.0

/*
 * What was there in the last frame and no track had, while the track was seen elsewhere, is another object: 20 to 1. Without
 * that an object that leaves hands its number over to who comes out from behind it.
 */
#define WORTH_LEFT_OVER 3.0
#define LEFT_OVER_IOU   0.5

/* How unlikely the box is: ln of its density's inverse, 0 for a sure one in the middle of a filter that is sure. */
static double surprise(const struct track *track, const struct track_look *look)
{
    double coordinates[TRACK_COORDINATES], distance = 0.0, spread = 1.0;
    track_box_coordinates(&look->box, coordinates);
    for (int i = 0; i < TRACK_COORDINATES; i++) {
        const struct kalman *filter = &track->filters[i];
        double off = coordinates[i] - filter->position;
        double variance = filter->position_variance + track_noise(track, i, (double)look->detection->score);
        distance += off * off / variance;
        if (distance > DISTANCE_MOST)
            return INFINITY;
        spread *= variance / track_noise(track, i, 1.0);
    }
    return (FREEDOM + TRACK_COORDINATES) / 2.0 * log1p(distance / FREEDOM) + log(spread) / 2.0;
}

static double for_being_inside(const struct track_look *look, const struct track_frame *frame)
{
    const struct track_box *box = &look->box;
    double size = (box->x2 - box->x1 + box->y2 - box->y1) / 2.0;
    double room = fmin(fmin(box->x1, frame->width - box->x2), fmin(box->y1, frame->height - box->y2));
    return WORTH_INSIDE * fmin(fmax(room / size, 0.0), 1.0);
}

static double for_being_left_over(const struct track *track, const struct track_look *look)
{
    const struct camd_box *box = &track->detected;
    const struct track_box last = {box->x1, box->y1, box->x2, box->y2};
    bool is_others = track->disappeared == 1 && look->left_over > LEFT_OVER_IOU &&
                     look->left_over > track_box_iou(&last, &look->box);
    return is_others ? -WORTH_LEFT_OVER : 0.0;
}

static double for_colours(const struct track *track, const struct track_look *look)
{
    if (!track->colour.known || !look->colour.known)
        return 0.0;
    double likeness = (double)colour_likeness(&track->colour, &look->colour);
    return fmin(fmax(COLOUR_SLOPE * (likeness - COLOUR_EVEN), -COLOUR_MOST), COLOUR_MOST);
}

double match_worth(const struct track *track, const struct track_look *look, const struct track_frame *frame)
{
    if (look->detection->label != track->label)
        return 0.0;
    double worth = WORTH_MOST + for_being_inside(look, frame) - surprise(track, look);
    if (worth < -COLOUR_MOST)
        return 0.0;
    return fmax(worth + for_being_left_over(track, look) + for_colours(track, look), 0.0);
}
