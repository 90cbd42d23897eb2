#include "tracker/speed.h"

#include <math.h>
#include <string.h>

#define NS_PER_S 1e9
#define PART_NS  (SPEED_WINDOW_NS / (SPEED_PLACES - 1)) /* the first and the last one are not whole */

enum { LEAST_PLACES = 3 };
#define LEAST_SECONDS 0.35 /* from the first place to the last: jitter is more than the way in less */
#define LONGEST_WAY_NS                                                                                       \
    (3 * SPEED_WINDOW_NS) /* of the last few places, at rates so low that the window holds fewer */

/* ---- places ---- */

static int64_t time_of(const struct speed_place *place)
{
    return place->since_ns + (int64_t)(place->seconds / place->count * NS_PER_S);
}

/* The oldest go that are out of the window; a few stay that are not too old either. */
static void drop_old(struct speed_places *places, int64_t now_ns)
{
    uint32_t old = 0;
    for (; old < places->count; old++) {
        const int64_t age_ns = now_ns - time_of(&places->list[old]);
        const bool is_few = places->count - old < LEAST_PLACES;
        if (age_ns <= (is_few ? LONGEST_WAY_NS : SPEED_WINDOW_NS))
            break;
    }
    if (old == 0 && places->count == SPEED_PLACES)
        old = 1;
    places->count -= old;
    memmove(places->list, places->list + old, places->count * sizeof(*places->list));
}

void speed_note(struct speed_places *places, int64_t taken_ns, double x, double y)
{
    struct speed_place *last = places->count > 0 ? &places->list[places->count - 1] : NULL;
    if (!last || taken_ns - last->since_ns >= PART_NS) {
        drop_old(places, taken_ns);
        last = &places->list[places->count++];
        *last = (struct speed_place){.since_ns = taken_ns};
    }
    last->count++;
    last->seconds += (double)(taken_ns - last->since_ns) / NS_PER_S;
    last->x += x;
    last->y += y;
}

/* ---- the line through them ---- */

/* Sums for a line through values over time, each with a weight. */
struct line {
    double weight, time, time_time;
    double x, y, time_x, time_y;
};

static void line_add(struct line *line, double weight, double time, struct plane_point value)
{
    line->weight += weight;
    line->time += weight * time;
    line->time_time += weight * time * time;
    line->x += weight * value.x;
    line->y += weight * value.y;
    line->time_x += weight * time * value.x;
    line->time_y += weight * time * value.y;
}

/* How much each value changes in a second; there are values of two times at least. */
static struct plane_point line_slope(const struct line *line)
{
    const double spread = line->weight * line->time_time - line->time * line->time;
    return (struct plane_point){(line->weight * line->time_x - line->time * line->x) / spread,
                                (line->weight * line->time_y - line->time * line->y) / spread};
}

static double degrees(double x, double y)
{
    const double angle = atan2(y, x) * 180.0 / M_PI;
    return angle < 0.0 ? angle + 360.0 : angle;
}

struct speed speed_measure(const struct speed_places *places, const struct perspective *ground, double aspect,
                           int64_t now_ns)
{
    struct line on_ground = {0}, in_picture = {0};
    uint32_t used = 0;
    double first = 0.0, last = 0.0;
    for (uint32_t i = 0; i < places->count; i++) {
        const struct speed_place *place = &places->list[i];
        const struct plane_point mean = {place->x / place->count, place->y / place->count};
        const double time = (double)(time_of(place) - now_ns) / NS_PER_S;
        struct plane_point metres;
        double magnification;
        if (!perspective_map(ground, mean, &metres, &magnification))
            continue;
        const double weight = place->count / magnification;
        line_add(&on_ground, weight, time, metres);
        line_add(&in_picture, weight, time, (struct plane_point){mean.x * aspect, mean.y});
        first = used++ == 0 ? time : first;
        last = time;
    }
    if (used < LEAST_PLACES || last - first < LEAST_SECONDS || last * NS_PER_S < (double)-SPEED_WINDOW_NS)
        return (struct speed){.known = false};
    const struct plane_point moved = line_slope(&on_ground), shown = line_slope(&in_picture);
    return (struct speed){true, hypot(moved.x, moved.y), degrees(shown.x, shown.y)};
}
