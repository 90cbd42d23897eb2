/*
 * fuzz_blocks.c - what workers write where the daemon reads: the blocks in ctl
 *
 * The input is the beginning of the file; its first byte, when it is odd, says that the file ends behind the input,
 * as one that a worker truncated. Whatever stands there, the camera's status is JSON with numbers that a camera can
 * have come to, and its progress is told at a time that is past.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/byte_queue.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "camd/shm.h"
#include "daemon/verbs/requests_private.h"
#include "fake_camera.h"
#include "fuzz.h"

#define MOST 1e16 /* of anything that is counted or measured */

static void check_numbers(json_t *value)
{
    const char *name;
    size_t index;
    json_t *member;
    if (json_is_number(value))
        check(json_number_value(value) > -MOST && json_number_value(value) < MOST);
    json_object_foreach(value, name, member) {
        check_numbers(member);
    }
    json_array_foreach(value, index, member) {
        check_numbers(member);
    }
}

static void check_status(struct camera *camera)
{
    struct byte_queue text;
    struct json_writer writer;
    byte_queue_init(&text);
    json_writer_init(&writer, &text);
    json_write_begin_object(&writer, NULL);
    status_camera(&writer, camera);
    json_write_end_object(&writer);
    check(!writer.failed);
    json_t *status = json_loadb(byte_queue_front(&text), text.length, 0, NULL);
    check(status != NULL);
    check_numbers(status);
    json_decref(status);
    byte_queue_fini(&text);
}

static void check_progress(struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++) {
        int64_t at_ms = clock_monotonic_ms();
        camera_worker_owner.progress(camera, (enum worker_kind)kind, &at_ms);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct camera *camera = fake_camera();
    const int ctl = fake_camera_ctl();
    const size_t length = size > 0 ? size - 1 : 0;
    const bool is_truncated = size > 0 && data[0] % 2 == 1;
    if (length > CAMD_CTL_BYTES)
        return 0;
    check(ftruncate(ctl, 0) == 0);
    check(ftruncate(ctl, is_truncated ? (off_t)length : CAMD_CTL_BYTES) == 0);
    check(length == 0 || pwrite(ctl, data + 1, length, 0) == (ssize_t)length);
    check_status(camera);
    check_progress(camera);
    check_status(camera);
    return 0;
}
