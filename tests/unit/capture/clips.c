#include "clips.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *clips_program;
static char directory[] = "/tmp/camd-test-capture.XXXXXX";

/* ---- clips and their reference decode ---- */

void clip_path(char path[CLIP_PATH_BYTES], const char *name)
{
    snprintf(path, CLIP_PATH_BYTES, "%s/%s", directory, name);
}

static void run_ffmpeg(const char *arguments, const char *path)
{
    char command[2048];
    snprintf(command, sizeof(command), "ffmpeg -nostdin -v error -y %s '%s'", arguments, path);
    if (system(command) != 0) {
        fprintf(stderr, "failed: %s\n", command);
        fail();
    }
}

void make_clip(char path[CLIP_PATH_BYTES], const char *name, const char *arguments)
{
    clip_path(path, name);
    if (access(path, R_OK) != 0)
        run_ffmpeg(arguments, path);
}

void vtest_or_skip(char path[CLIP_PATH_BYTES])
{
    const char *data = getenv("CAMD_DATA");
    snprintf(path, CLIP_PATH_BYTES, "%s/vtest.avi", data ? data : CAMD_DATA_DEFAULT);
    if (access(path, R_OK) != 0) {
        print_message("no vtest.avi (CAMD_DATA names its directory)\n");
        skip();
    }
}

FILE *reference_open(const char *input, const char *options)
{
    char command[2048];
    snprintf(command, sizeof(command),
             "ffmpeg -nostdin -v quiet %s '%s' -fps_mode passthrough %s -f rawvideo -pix_fmt yuv420p -",
             strncmp(input, "testsrc", 7) == 0 ? "-f lavfi -i" : "-i", input, options);
    FILE *reference = popen(command, "r");
    assert_non_null(reference);
    return reference;
}

/* ---- a camera ---- */

void start(struct fake_camd *fake, json_t *config)
{
    fake_camd_init(fake);
    fake_camd_start(fake, clips_program, config);
}

json_t *unpaced(const char *input)
{
    return json_pack("{s:s, s:f, s:b}", "input", input, "fps", 240.0, "pace", 0);
}

void answer_stream(struct fake_camd *fake)
{
    json_t *stream = fake_camd_expect(fake, "stream");
    fake_camd_give_frames(fake, (uint32_t)json_integer_value(json_object_get(stream, "width")),
                          (uint32_t)json_integer_value(json_object_get(stream, "height")), 1);
    json_decref(stream);
}

uint64_t compare_all(struct fake_camd *fake, FILE *reference)
{
    struct camd_frame frame;
    int64_t last_stream_ns = -1;
    uint64_t count = 0;
    uint8_t *expected = malloc(fake->segments.frame_bytes);
    assert_non_null(expected);
    while (fake_camd_take(fake, &frame)) {
        assert_int_equal(frame.frame_id, ++count);
        assert_true(frame.stream_time_ns > last_stream_ns);
        assert_int_equal(frame.flags, 0);
        last_stream_ns = frame.stream_time_ns;
        assert_int_equal(fread(expected, 1, fake->segments.frame_bytes, reference),
                         fake->segments.frame_bytes);
        if (memcmp(frame.pixels, expected, fake->segments.frame_bytes) != 0) {
            print_message("frame %llu differs\n", (unsigned long long)count);
            fail();
        }
        assert_true(fake_camd_release(fake, &frame));
    }
    assert_int_equal(fread(expected, 1, 1, reference), 0);
    free(expected);
    return count;
}

void assert_ended_well(struct fake_camd *fake)
{
    int status = fake_camd_wait(fake);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_null(fake->error);
}

uint64_t compare_file(const char *path)
{
    struct fake_camd fake;
    start(&fake, unpaced(path));
    answer_stream(&fake);
    FILE *reference = reference_open(path, "");
    uint64_t count = compare_all(&fake, reference);
    pclose(reference);
    assert_true(fake.is_ready && fake.has_ended);
    assert_int_equal(fake.segments.capture->frames, count);
    assert_int_equal(fake.segments.capture->decoded, count);
    assert_int_equal(fake.segments.capture->skipped, 0);
    assert_int_equal(fake.segments.capture->damaged, 0);
    assert_ended_well(&fake);
    fake_camd_fini(&fake);
    return count;
}

/* ---- the directory ---- */

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

int clips_make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

int clips_remove_directory(void **state)
{
    (void)state;
    return nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
