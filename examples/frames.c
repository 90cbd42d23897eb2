/*
 * frames.c - how bright a camera's pictures are, and what is in them: frames CAMERA [COUNT [PREFIX]]
 *
 *     cc frames.c $(pkg-config --cflags --libs camd) -o frames
 */
#include <camd/client.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_NS 10000000000

static void show(const struct camd_segments *segments, const struct camd_frame *frame)
{
    const size_t count = (size_t)segments->width * segments->height;
    struct camd_result result;
    unsigned long long sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += frame->pixels[i]; /* the luma plane comes first */
    }
    printf("frame %llu: %ux%u, brightness %llu", (unsigned long long)frame->frame_id, segments->width,
           segments->height, sum / count);
    if (camd_result_newest(segments, &result) == 0) {
        for (uint32_t i = 0; i < result.object_count; i++) {
            const struct camd_object *object = &result.objects[i];
            const char *label = object->label < segments->info->label_count
                                    ? segments->info->labels[object->label]
                                    : "object";
            printf(", %s at %d,%d", label, object->box.x1, object->box.y1);
        }
    }
    puts("");
}

/* Every new frame until count were shown, or there was none for ten seconds. 0 or -errno. */
static int watch(const struct camd_segments *segments, int count)
{
    unsigned char *pixels = malloc(segments->frame_bytes);
    int result = pixels ? 0 : -ENOMEM;
    while (result == 0 && count > 0 && !camd_segments_gone(segments)) {
        const uint32_t seen = camd_frame_published(segments);
        struct camd_frame frame;
        if (camd_frame_copy(segments, pixels, &frame) == 0) {
            show(segments, &frame);
            count--;
        }
        if (count > 0)
            result = camd_frame_wait(segments, seen, PATIENCE_NS);
    }
    free(pixels);
    return result;
}

int main(int argc, char **argv)
{
    struct camd_segments segments;
    int result;
    if (argc < 2) {
        fputs("usage: frames CAMERA [COUNT [PREFIX]]\n", stderr);
        return 2;
    }
    result = camd_client_attach(&segments, argc > 3 ? argv[3] : NULL, argv[1]);
    if (result == 0) {
        result = watch(&segments, argc > 2 ? atoi(argv[2]) : 10);
        camd_segments_unmap(&segments);
    }
    if (result < 0)
        fprintf(stderr, "frames: %s: %s\n", argv[1], strerror(-result));
    return result < 0;
}
