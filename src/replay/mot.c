#include "replay/mot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "camd/shm.h"

enum { FIELDS = 7, FIRST_ROWS = 1024 };

enum { FIELD_FRAME, FIELD_ID, FIELD_LEFT, FIELD_TOP, FIELD_WIDTH, FIELD_HEIGHT, FIELD_SCORE };

#define FRAME_MAX 1e9
/* Farther outside is nonsense, and within it a box has room in its integers. */
#define POSITION_MAX (4.0 * CAMD_SIZE_MAX)

/* The numbers of a line: 0, or what is wrong. */
static const char *read_fields(const char *line, double fields[FIELDS])
{
    for (int i = 0; i < FIELDS; i++) {
        char *end;
        fields[i] = strtod(line, &end);
        end += strspn(end, " \t\r\n");
        if (end == line || !isfinite(fields[i]) || (*end != ',' && *end != '\0'))
            return "expected numbers separated by commas";
        if (*end == '\0' && i < FIELDS - 1)
            return "expected frame,id,left,top,width,height,score";
        line = end + 1;
    }
    return NULL;
}

static const char *check_fields(const double fields[FIELDS])
{
    if (!(fields[FIELD_FRAME] >= 1.0 && fields[FIELD_FRAME] <= FRAME_MAX))
        return "frames count from 1";
    for (int i = FIELD_LEFT; i <= FIELD_HEIGHT; i++)
        if (fabs(fields[i]) > POSITION_MAX)
            return "a box in pixels is expected";
    return NULL;
}

static struct mot_row row_of(const double fields[FIELDS])
{
    double left = fields[FIELD_LEFT], top = fields[FIELD_TOP];
    return (struct mot_row){
        .frame = (uint64_t)fields[FIELD_FRAME],
        .detection =
            {
                .box = {.x1 = (int32_t)lround(left),
                        .y1 = (int32_t)lround(top),
                        .x2 = (int32_t)lround(left + fields[FIELD_WIDTH]),
                        .y2 = (int32_t)lround(top + fields[FIELD_HEIGHT])},
                .score = (float)fields[FIELD_SCORE],
            },
    };
}

static int grow(struct mot_detections *detections, size_t *room)
{
    if (detections->count < *room)
        return 0;
    size_t wanted = *room ? *room * 2 : FIRST_ROWS;
    struct mot_row *rows = reallocarray(detections->rows, wanted, sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    detections->rows = rows;
    *room = wanted;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct mot_row *x = a, *y = b;
    if (x->frame != y->frame)
        return x->frame < y->frame ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

/* A port has room for so many of a frame. */
static const struct mot_row *first_too_many(const struct mot_detections *detections)
{
    for (size_t i = DETECTIONS_MAX; i < detections->count; i++)
        if (detections->rows[i].frame == detections->rows[i - DETECTIONS_MAX].frame)
            return &detections->rows[i];
    return NULL;
}

static int read_rows(FILE *file, const char *path, struct mot_detections *detections,
                     char problem[REPLAY_PROBLEM_BYTES])
{
    char *line = NULL;
    size_t bytes = 0, room = 0;
    int result = 0;
    errno = 0;
    for (uint64_t number = 1; result == 0 && getline(&line, &bytes, file) >= 0; number++) {
        double fields[FIELDS];
        if (line[strspn(line, " \t\r\n")] == '\0')
            continue;
        const char *wrong = read_fields(line, fields);
        if (!wrong)
            wrong = check_fields(fields);
        result = wrong ? -EINVAL : grow(detections, &room);
        if (result == 0) {
            detections->rows[detections->count] = row_of(fields);
            detections->rows[detections->count++].line = number;
        } else {
            snprintf(problem, REPLAY_PROBLEM_BYTES, "%s:%llu: %s", path, (unsigned long long)number,
                     wrong ? wrong : "memory is short");
        }
    }
    if (result == 0 && ferror(file)) {
        result = errno ? -errno : -EIO;
        snprintf(problem, REPLAY_PROBLEM_BYTES, "%s: cannot be read: %s", path, strerror(-result));
    }
    free(line);
    return result;
}

int mot_read(struct mot_detections *detections, const char *path, char problem[REPLAY_PROBLEM_BYTES])
{
    struct mot_detections read = {0};
    FILE *file = fopen(path, "re");
    if (!file) {
        int error = errno;
        snprintf(problem, REPLAY_PROBLEM_BYTES, "%s: cannot be opened: %s", path, strerror(error));
        return -error;
    }
    int result = read_rows(file, path, &read, problem);
    fclose(file);
    if (result == 0 && read.count > 0)
        qsort(read.rows, read.count, sizeof(*read.rows), compare);
    const struct mot_row *row = result == 0 ? first_too_many(&read) : NULL;
    if (row) {
        snprintf(problem, REPLAY_PROBLEM_BYTES, "%s:%llu: more than %d detections in frame %llu", path,
                 (unsigned long long)row->line, DETECTIONS_MAX, (unsigned long long)row->frame);
        result = -EINVAL;
    }
    if (result < 0) {
        mot_free(&read);
        return result;
    }
    *detections = read;
    return 0;
}

void mot_free(struct mot_detections *detections)
{
    free(detections->rows);
    *detections = (struct mot_detections){0};
}

float mot_highest_score(const struct mot_detections *detections)
{
    float highest = 0.0F;
    for (size_t i = 0; i < detections->count; i++)
        highest = fmaxf(highest, detections->rows[i].detection.score);
    return highest;
}

static int detect(void *context, const struct camd_frame *frame, const struct camd_box *regions,
                  uint32_t region_count, struct detection_list *found, uint32_t *answered)
{
    struct mot_detections *detections = context;
    for (; detections->next < detections->count; detections->next++) {
        const struct mot_row *row = &detections->rows[detections->next];
        if (row->frame > frame->frame_id)
            break;
        if (row->frame < frame->frame_id || found->count == DETECTIONS_MAX)
            continue;
        found->list[found->count] = row->detection;
        found->list[found->count++].region = region_count > 0 ? regions[0] : row->detection.box;
    }
    *answered = region_count;
    return 0;
}

struct detection_port mot_port(struct mot_detections *detections)
{
    return (struct detection_port){.context = detections, .every_frame = true, .detect = detect};
}

int mot_write(FILE *file, uint64_t frame, const struct objects *objects)
{
    for (uint32_t i = 0; i < TRACKS_MAX; i++) {
        const struct track *track = &objects->tracks.list[i];
        if (!objects_is_shown(objects, i))
            continue;
        if (fprintf(file, "%llu,%llu,%.2f,%.2f,%.2f,%.2f,%.3f,-1,-1,-1\n", (unsigned long long)frame,
                    (unsigned long long)track->id, track->box.x1, track->box.y1,
                    track->box.x2 - track->box.x1, track->box.y2 - track->box.y1, (double)track->score) < 0)
            return errno ? -errno : -EIO;
    }
    return 0;
}
