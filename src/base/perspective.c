#include "base/perspective.h"

#include <math.h>
#include <string.h>

enum { CORNERS = QUADRILATERAL_CORNERS };

#define LEAST_SINE   1e-3 /* of the angle at a corner: below it three corners are on a line */
#define WEIGHT_SHARE 0.5  /* of the corner that is farthest away: what is farther is not known well */

/* ---- shapes ---- */

static struct plane_point towards(const struct quadrilateral *shape, int corner)
{
    const struct plane_point *from = &shape->corners[corner % CORNERS],
                             *to = &shape->corners[(corner + 1) % CORNERS];
    return (struct plane_point){to->x - from->x, to->y - from->y};
}

bool quadrilateral_is_convex(const struct quadrilateral *quadrilateral)
{
    int turns = 0;
    for (int i = 0; i < CORNERS; i++) {
        struct plane_point side = towards(quadrilateral, i), next = towards(quadrilateral, i + 1);
        double cross = side.x * next.y - side.y * next.x;
        double sine = cross / (hypot(side.x, side.y) * hypot(next.x, next.y));
        if (!(fabs(sine) >= LEAST_SINE))
            return false;
        turns += sine > 0.0 ? 1 : -1;
    }
    return turns == CORNERS || turns == -CORNERS;
}

/* The third corner of a triangle on the line from (0, 0) to (base, 0), by its distances from both; sign: on which side. */
static struct plane_point apex(double base, double from_start, double from_end, double sign)
{
    double x = (from_start * from_start - from_end * from_end + base * base) / (2.0 * base);
    return (struct plane_point){x, sign * sqrt(fmax(from_start * from_start - x * x, 0.0))};
}

bool quadrilateral_of_sides(const double sides[QUADRILATERAL_CORNERS], struct quadrilateral *shape)
{
    const double a = sides[0], b = sides[1], c = sides[2], d = sides[3];
    const double longest = fmax(fmax(a, b), fmax(c, d));
    if (!(fmin(fmin(a, b), fmin(c, d)) > 0.0) || !(2.0 * longest < a + b + c + d))
        return false;
    /* Ptolemy's theorem: the diagonal from the first corner to the third */
    const double diagonal = sqrt((a * c + b * d) * (a * d + b * c) / (a * b + c * d));
    const struct quadrilateral made = {
        {{0.0, 0.0}, apex(diagonal, a, b, 1.0), {diagonal, 0.0}, apex(diagonal, d, c, -1.0)}};
    if (!quadrilateral_is_convex(&made))
        return false;
    *shape = made;
    return true;
}

/* ---- maps ---- */

/* The map from the square of (0, 0) and (1, 1) to the shape. */
static void map_of_square(const struct quadrilateral *to, double matrix[3][3])
{
    const struct plane_point *at = to->corners;
    const double dx1 = at[1].x - at[2].x, dx2 = at[3].x - at[2].x,
                 dx3 = at[0].x - at[1].x + at[2].x - at[3].x;
    const double dy1 = at[1].y - at[2].y, dy2 = at[3].y - at[2].y,
                 dy3 = at[0].y - at[1].y + at[2].y - at[3].y;
    const double whole = dx1 * dy2 - dx2 * dy1;
    const double g = (dx3 * dy2 - dx2 * dy3) / whole, h = (dx1 * dy3 - dx3 * dy1) / whole;
    const double made[3][3] = {
        {at[1].x - at[0].x + g * at[1].x, at[3].x - at[0].x + h * at[3].x, at[0].x},
        {at[1].y - at[0].y + g * at[1].y, at[3].y - at[0].y + h * at[3].y, at[0].y},
        {g, h, 1.0},
    };
    memcpy(matrix, made, sizeof(made));
}

/* The inverse, but for a factor, which means nothing to a projective map. */
static void invert(double matrix[3][3], double inverse[3][3])
{
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < 3; column++) {
            const int r1 = (column + 1) % 3, r2 = (column + 2) % 3, c1 = (row + 1) % 3, c2 = (row + 2) % 3;
            inverse[row][column] = matrix[r1][c1] * matrix[r2][c2] - matrix[r1][c2] * matrix[r2][c1];
        }
}

static double determinant(double matrix[3][3])
{
    double sum = 0.0;
    for (int i = 0; i < 3; i++) {
        const int next = (i + 1) % 3, last = (i + 2) % 3;
        sum += matrix[0][i] * (matrix[1][next] * matrix[2][last] - matrix[1][last] * matrix[2][next]);
    }
    return sum;
}

static double weight_of(const struct perspective *perspective, struct plane_point place)
{
    const double *row = perspective->matrix[2];
    return row[0] * place.x + row[1] * place.y + row[2];
}

void perspective_make(struct perspective *perspective, const struct quadrilateral *from,
                      const struct quadrilateral *to)
{
    double square_to[3][3], square_from[3][3], to_square[3][3];
    map_of_square(to, square_to);
    map_of_square(from, square_from);
    invert(square_from, to_square);
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < 3; column++) {
            perspective->matrix[row][column] = 0.0;
            for (int i = 0; i < 3; i++)
                perspective->matrix[row][column] += square_to[row][i] * to_square[i][column];
        }
    /* its factor is chosen so that the first corner has the weight 1 */
    const double factor = 1.0 / weight_of(perspective, from->corners[0]);
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < 3; column++)
            perspective->matrix[row][column] *= factor;
    perspective->determinant = determinant(perspective->matrix);
    perspective->least_weight = 1.0;
    for (int i = 0; i < CORNERS; i++)
        perspective->least_weight = fmin(perspective->least_weight, weight_of(perspective, from->corners[i]));
    perspective->least_weight *= WEIGHT_SHARE;
}

bool perspective_map(const struct perspective *perspective, struct plane_point place,
                     struct plane_point *mapped, double *magnification)
{
    const double *across = perspective->matrix[0], *down = perspective->matrix[1];
    const double weight = weight_of(perspective, place);
    if (!(weight >= perspective->least_weight) || !isfinite(weight))
        return false;
    *mapped = (struct plane_point){
        (across[0] * place.x + across[1] * place.y + across[2]) / weight,
        (down[0] * place.x + down[1] * place.y + down[2]) / weight,
    };
    *magnification = fabs(perspective->determinant) / (weight * weight * weight);
    return true;
}
