/*
 * motion_lines - runs the motion detector over raw luma planes, one line of text a frame
 *
 *   motion_lines WIDTH HEIGHT MOTION_HEIGHT THRESHOLD CONTOUR_AREA FRAME_ALPHA LIGHTNING SKIP CONTRAST LIGHT RESTLESS
 *                [x,y x,y ... /]...
 *
 * Reads WIDTH * HEIGHT bytes a frame from standard input; each polygon, ended by a slash, is masked. Prints
 * "calibrating fraction x1,y1,x2,y2 ..." for motion_oracle.py to compare.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/mask.h"
#include "tracker/motion.h"

enum { FIXED_ARGUMENTS = 12 };

static size_t read_polygons(char **arguments, int count, struct mask_polygon *polygons)
{
    size_t polygon_count = 0;
    struct mask_polygon polygon = {.count = 0};
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "/") == 0) {
            polygons[polygon_count++] = polygon;
            polygon.count = 0;
            continue;
        }
        char *end;
        double x = strtod(arguments[i], &end);
        polygon.points[polygon.count++] = (struct mask_point){x, strtod(end + 1, NULL)};
    }
    return polygon_count;
}

static void print_outcome(const struct motion_outcome *outcome)
{
    printf("%d %.9f", outcome->calibrating, outcome->fraction);
    for (uint32_t i = 0; i < outcome->box_count; i++) {
        const struct camd_box *box = &outcome->boxes[i];
        printf(" %d,%d,%d,%d", box->x1, box->y1, box->x2, box->y2);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    static struct mask_polygon polygons[MASK_POLYGONS_MAX];
    if (argc < FIXED_ARGUMENTS)
        return 2;
    uint32_t width = (uint32_t)atoi(argv[1]), height = (uint32_t)atoi(argv[2]);
    struct motion_settings settings = {
        .threshold = atoi(argv[4]),
        .contour_area = atof(argv[5]),
        .frame_alpha = atof(argv[6]),
        .lightning_threshold = atof(argv[7]),
        .skip_threshold = atof(argv[8]),
        .improve_contrast = atoi(argv[9]) != 0,
        .ignore_light = atoi(argv[10]) != 0,
        .ignore_restless = atoi(argv[11]) != 0,
    };
    struct motion motion;
    if (motion_init(&motion, width, height, (uint32_t)atoi(argv[3])) < 0)
        return 1;
    size_t count = read_polygons(argv + FIXED_ARGUMENTS, argc - FIXED_ARGUMENTS, polygons);
    uint8_t *mask = malloc((size_t)motion.width * motion.height);
    uint8_t *luma = malloc((size_t)width * height);
    if (!mask || !luma ||
        (count > 0 && mask_draw(polygons, count, width, height, mask, motion.width, motion.height) < 0))
        return 1;
    if (count > 0)
        motion_set_mask(&motion, mask);
    static struct motion_outcome outcome;
    while (fread(luma, 1, (size_t)width * height, stdin) == (size_t)width * height) {
        motion_detect(&motion, &settings, luma, &outcome);
        print_outcome(&outcome);
    }
    free(mask);
    free(luma);
    motion_fini(&motion);
    return 0;
}
