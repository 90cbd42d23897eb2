/*
 * fuzz_best.c - an entry of the segment best, as a tracker may have written it, into the hands of camctl
 *
 * The input is the head, without its sequence word, and the JPEG. What the library lets through is decoded and cut, as for
 * camctl snapshot --object --crop; and a tracker that starts takes the segment over.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "camd/client.h"
#include "fuzz.h"
#include "picture/object_cut.h"
#include "tracker/best_pictures.h"

enum {
    WIDTH = 640,
    HEIGHT = 480,
    BYTES = 16 * 1024,
    ENTRY_BYTES = CAMD_BEST_HEAD_BYTES + BYTES,
    SEQUENCE_BYTES = sizeof(uint32_t),
};

static int info_file, best_file;
static uint8_t *entry;

static void prepare(void)
{
    const struct camd_info info = {.magic = CAMD_INFO_MAGIC,
                                   .abi_major = CAMD_ABI_MAJOR,
                                   .width = WIDTH,
                                   .height = HEIGHT,
                                   .best_count = 1,
                                   .best_bytes = BYTES};
    info_file = memfd_create("info", MFD_CLOEXEC);
    best_file = memfd_create("best", MFD_CLOEXEC);
    check(info_file >= 0 && pwrite(info_file, &info, sizeof(info), 0) == sizeof(info));
    check(best_file >= 0 && ftruncate(best_file, ENTRY_BYTES) == 0);
    entry = mmap(NULL, ENTRY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, best_file, 0);
    check(entry != MAP_FAILED);
}

static void cut(const struct camd_best *head, const uint8_t *jpeg)
{
    struct object_cut object = {.picture = {.pixels = NULL}};
    if (object_cut_decode(&object, head, jpeg) == 0 && object_cut_crop(&object) == 0)
        check(object.picture.width <= WIDTH && object.picture.height <= HEIGHT);
    object_cut_fini(&object);
}

static void read_it(void)
{
    static uint8_t jpeg[BYTES];
    struct camd_best_reader reader;
    struct camd_best head;
    check(camd_best_attach(&reader, info_file, dup(best_file)) == 0);
    if (camd_best_list(&reader, &head, 1) == 1 && camd_best_find(&reader, head.object_id, &head, jpeg) == 0) {
        check(head.jpeg_bytes <= BYTES && head.width <= WIDTH && head.height <= HEIGHT);
        cut(&head, jpeg);
    }
    camd_best_close(&reader);
}

/* Every entry has a sequence that can be read then, and what is kept has an end. */
static void take_over(void)
{
    static struct best_pictures best;
    struct camd_segments segments = {
        .width = WIDTH, .height = HEIGHT, .best = entry, .best_count = 1, .best_bytes = BYTES};
    const struct camd_best *head = (const void *)entry;
    const int64_t now_ns = INT64_C(1000000000000);
    check(best_pictures_attach(&best, &segments, now_ns) == 0);
    check(head->sequence % 2 == 0);
    check(head->object_id == 0 || (head->ended_ns > 0 && head->ended_ns <= now_ns));
    best_pictures_fini(&best);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint32_t sequence =
        size > 0 && data[0] % 16 == 0 ? 3 : 2; /* now and then, one that was being written */
    if (!entry)
        prepare();
    memset(entry, 0, ENTRY_BYTES);
    memcpy(entry, &sequence, sizeof(sequence));
    memcpy(entry + SEQUENCE_BYTES, data,
           size < ENTRY_BYTES - SEQUENCE_BYTES ? size : ENTRY_BYTES - SEQUENCE_BYTES);
    read_it();
    take_over();
    return 0;
}
