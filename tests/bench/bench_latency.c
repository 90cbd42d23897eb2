/*
 * From the arrival of a frame's packet to the event about it at a subscriber; prints a JSON array of events, each an array of
 * the camera, the milliseconds of its frame's arrival (CLOCK_MONOTONIC) and those from then on until it was told.
 *
 *   bench-latency SOCKET PREFIX SECONDS
 *
 * Takes the events of motion that begins: each names its frame, whose arrival (CLOCK_MONOTONIC) is in the camera's result.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camd/client.h"
#include "measure.h"

/* When the frame arrived; 0: its result is no longer there. The tracker may publish it a moment after its event. */
static int64_t arrival_of(const char *prefix, const char *camera, uint64_t frame_id)
{
    const int64_t until_ns = now_ns() + 100000000;
    static struct camd_result result;
    struct camd_segments segments;
    int64_t arrival_ns = 0;
    if (camd_client_attach(&segments, prefix, camera) < 0)
        return 0;
    while (arrival_ns == 0 && now_ns() < until_ns)
        if (camd_result_of_frame(&segments, frame_id, &result) == 0)
            arrival_ns = result.arrival_ns;
    camd_segments_unmap(&segments);
    return arrival_ns;
}

int main(int argc, char **argv)
{
    struct camd_connection *camd;
    const struct camd_reply *reply;
    const char *comma = "";
    if (argc != 4 || camd_connection_new(&camd, argv[1]) < 0 ||
        camd_connection_subscribe(camd, NULL, NULL) < 0) {
        fprintf(stderr, "usage: bench-latency SOCKET PREFIX SECONDS\n");
        return 2;
    }
    const int64_t until_ns = now_ns() + atoi(argv[3]) * INT64_C(1000000000);
    printf("[");
    while (now_ns() < until_ns && camd_connection_receive(camd, 500, &reply) >= 0) {
        const int64_t told_ns = now_ns();
        if (!reply || reply->kind != CAMD_REPLY_EVENT || strcmp(reply->event, "motion") != 0)
            continue;
        json_t *event = json_loads(reply->text, 0, NULL);
        const uint64_t frame_id = (uint64_t)json_integer_value(json_object_get(event, "frame_id"));
        const int64_t arrival_ns =
            json_is_true(json_object_get(event, "active")) ? arrival_of(argv[2], reply->camera, frame_id) : 0;
        if (arrival_ns > 0) {
            printf("%s[\"%s\", %.3f, %.3f]", comma, reply->camera, (double)arrival_ns / 1e6,
                   (double)(told_ns - arrival_ns) / 1e6);
            comma = ", ";
        }
        json_decref(event);
    }
    printf("]\n");
    camd_connection_free(camd);
    return 0;
}
