/*
 * region_lines - runs the tracker's pure functions over lines of numbers, for region_oracle.py to compare
 *
 * A line is a word and its numbers; one line is printed for each. Boxes are x1 y1 x2 y2.
 *   around W H MIN FACTOR BOX               the region about a box
 *   cluster W H MIN N BOX...                the cluster of each box, then the regions of the clusters
 *   motion W H MIN BOX GRID                 GRID: count mean deviation of 64 cells, x first
 *   startup W H MIN GRID
 *   merge IOU N BOX...                      box_reduce
 *   iou BOX BOX
 *   reduce W H N (LABEL SCORE BOX BOX)...   LABEL: 0 car, 1 person, 2 face
 *   place W H LABELS BOX ROW                filter_place
 *   check W H FILTER BOX SCORE              FILTER: its six numbers; the verdict
 *   stand LABEL W H THRESHOLD N BOX...      motionless and position changes after each box
 *   look W H BOX BOX FILE                   correlation and shift of two parts of a picture, then the first's levels
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/appearance.h"
#include "tracker/box.h"
#include "tracker/filter.h"
#include "tracker/reduce.h"
#include "tracker/region.h"
#include "tracker/stationary.h"

static const char *const LABELS[] = {"car", "person", "face", "license_plate", "package"};

static double number(void)
{
    double value;
    if (scanf("%lf", &value) != 1)
        exit(1);
    return value;
}

static int32_t integer(void)
{
    return (int32_t)number();
}

static struct camd_box box(void)
{
    struct camd_box read;
    read.x1 = integer();
    read.y1 = integer();
    read.x2 = integer();
    read.y2 = integer();
    return read;
}

static uint32_t boxes(struct camd_box *list)
{
    uint32_t count = (uint32_t)integer();
    for (uint32_t i = 0; i < count; i++)
        list[i] = box();
    return count;
}

static struct region_frame frame(void)
{
    struct region_frame read;
    read.width = integer();
    read.height = integer();
    read.side_min = integer();
    return read;
}

static void grid(struct camd_grid *read)
{
    for (int x = 0; x < CAMD_GRID_SIDE; x++)
        for (int y = 0; y < CAMD_GRID_SIDE; y++) {
            read->cells[x][y].count = (uint32_t)integer();
            read->cells[x][y].mean = (float)number();
            read->cells[x][y].deviation = (float)number();
        }
}

static void print(const struct camd_box *printed)
{
    printf("%d,%d,%d,%d ", printed->x1, printed->y1, printed->x2, printed->y2);
}

static void around(void)
{
    struct region_frame in = frame();
    double factor = number();
    struct camd_box given = box(), region = region_around(&in, &given, factor);
    print(&region);
}

static void cluster(void)
{
    static struct region_clusters clusters;
    struct camd_box list[REGION_BOXES_MAX];
    struct region_frame in = frame();
    uint32_t count = boxes(list);
    region_cluster(&in, list, count, &clusters);
    for (uint32_t i = 0; i < count; i++)
        printf("%d ", clusters.cluster[i]);
    for (uint32_t i = 0; i < clusters.count; i++) {
        struct camd_box region = region_of_cluster(&in, &clusters.unions[i]);
        print(&region);
    }
}

static void motion(void)
{
    struct region_frame in = frame();
    struct camd_box given = box();
    struct camd_grid learned;
    grid(&learned);
    struct camd_box region = region_of_motion(&in, &given, &learned);
    print(&region);
}

static void startup(void)
{
    struct region_frame in = frame();
    struct camd_grid learned;
    struct camd_box regions[REGION_STARTUP_MAX];
    grid(&learned);
    uint32_t count = region_startup(&in, &learned, regions);
    for (uint32_t i = 0; i < count; i++)
        print(&regions[i]);
}

static void merge(void)
{
    struct camd_box list[REGION_BOXES_MAX], merged[REGION_BOXES_MAX];
    double iou = number();
    size_t count = box_reduce(list, boxes(list), iou, merged);
    for (size_t i = 0; i < count; i++)
        print(&merged[i]);
}

static void iou(void)
{
    struct camd_box a = box(), b = box();
    printf("%.9f", box_iou(&a, &b));
}

static void reduce(void)
{
    static struct detection_list list;
    const struct label_traits *traits[] = {label_traits(LABELS[0]), label_traits(LABELS[1]),
                                           label_traits(LABELS[2])};
    int32_t width = integer(), height = integer();
    list.count = (uint32_t)integer();
    for (uint32_t i = 0; i < list.count; i++) {
        list.list[i].label = (uint32_t)integer();
        list.list[i].score = (float)number();
        list.list[i].box = box();
        list.list[i].region = box();
    }
    reduce_detections(&list, traits, width, height, REDUCE_SCORE_MIN);
    for (uint32_t i = 0; i < list.count; i++) {
        printf("%u:", list.list[i].label);
        print(&list.list[i].box);
    }
}

static void place(void)
{
    struct detection detection;
    float row[ROW_VALUES];
    uint32_t width = (uint32_t)integer(), height = (uint32_t)integer(), labels = (uint32_t)integer();
    struct camd_box region = box();
    for (int i = 0; i < ROW_VALUES; i++)
        row[i] = (float)number();
    if (filter_place(row, &region, width, height, labels, &detection))
        print(&detection.box);
    else
        printf("none");
}

static void check(void)
{
    uint32_t width = (uint32_t)integer(), height = (uint32_t)integer();
    struct filter filter = {.min_score = (float)number()};
    filter.threshold = (float)number();
    filter.min_area = number();
    filter.max_area = number();
    filter.min_ratio = number();
    filter.max_ratio = number();
    struct detection detection = {.box = box()};
    detection.score = (float)number();
    printf("%d", filter_check(&filter, NULL, 0, width, height, &detection));
}

static void stand(void)
{
    struct stationary stationary;
    struct camd_box list[REGION_BOXES_MAX];
    const struct label_traits *traits = label_traits(LABELS[integer()]);
    uint32_t width = (uint32_t)integer(), height = (uint32_t)integer(), threshold = (uint32_t)integer();
    uint32_t count = boxes(list);
    stationary_init(&stationary, width, height);
    for (uint32_t i = 0; i < count; i++) {
        stationary_update(&stationary, traits, threshold, &list[i], NULL);
        printf("%u/%u ", stationary.motionless, stationary.position_changes);
    }
}

static void look(void)
{
    static struct appearance a, b;
    uint32_t width = (uint32_t)integer(), height = (uint32_t)integer();
    struct camd_box first = box(), second = box();
    char path[512];
    uint8_t *luma = malloc((size_t)width * height);
    FILE *file = scanf("%511s", path) == 1 ? fopen(path, "rb") : NULL;
    if (!luma || !file || fread(luma, 1, (size_t)width * height, file) != (size_t)width * height)
        exit(1);
    fclose(file);
    appearance_take(luma, width, height, &first, &a);
    appearance_take(luma, width, height, &second, &b);
    free(luma);
    printf("%.9f %.9f ", appearance_correlation(&a, &b), appearance_shift(&a, &b));
    for (int y = 0; y < APPEARANCE_SIDE; y++)
        for (int x = 0; x < APPEARANCE_SIDE; x++)
            printf("%02x", a.levels[y][x]);
}

int main(void)
{
    static const struct {
        const char *word;
        void (*run)(void);
    } commands[] = {
        {"around", around}, {"cluster", cluster}, {"motion", motion}, {"startup", startup},
        {"merge", merge},   {"iou", iou},         {"reduce", reduce}, {"place", place},
        {"check", check},   {"stand", stand},     {"look", look},
    };
    char word[16];
    while (scanf("%15s", word) == 1) {
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
            if (strcmp(word, commands[i].word) == 0)
                commands[i].run();
        putchar('\n');
    }
    return 0;
}
