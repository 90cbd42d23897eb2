/*
 * Pictures into slots: not a byte beyond the slot is touched, no plane runs into the next, whatever the size.
 * The slot ends at a page that can't be written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <libavutil/display.h>
#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <libavutil/pixfmt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/slot_picture.h"

static const struct orientation upright;

struct slot {
    uint8_t *mapping, *pixels;
    size_t mapped, size;
};

/* Between two pages that can't be touched. */
static void slot_make(struct slot *slot, uint32_t width, uint32_t height)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    slot->size = (size_t)width * height * 3 / 2;
    size_t pages = (slot->size + page - 1) / page * page;
    slot->mapped = pages + 2 * page;
    slot->mapping = mmap(NULL, slot->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(slot->mapping, MAP_FAILED);
    assert_int_equal(mprotect(slot->mapping + page, pages, PROT_READ | PROT_WRITE), 0);
    slot->pixels = slot->mapping + page;
    memset(slot->pixels, 0xAA, pages);
}

static void slot_free(struct slot *slot)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t i = slot->size; i < slot->mapped - 2 * page; i++)
        assert_int_equal(slot->pixels[i], 0xAA);
    munmap(slot->mapping, slot->mapped);
}

static AVFrame *frame_make(int format, int width, int height)
{
    AVFrame *frame = av_frame_alloc();
    assert_non_null(frame);
    frame->format = format;
    frame->width = width;
    frame->height = height;
    assert_int_equal(av_frame_get_buffer(frame, 0), 0);
    for (int plane = 0; plane < 3 && frame->buf[plane]; plane++)
        memset(frame->buf[plane]->data, 0, frame->buf[plane]->size);
    return frame;
}

/* Flat planes, each of its own value, come out as such: a plane that ran into the next would show. */
static void planes_fill(AVFrame *frame, int y, int u, int v)
{
    const int values[] = {y, u, v};
    for (int plane = 0; plane < 3; plane++) {
        int rows = plane ? (frame->height + 1) / 2 : frame->height;
        memset(frame->data[plane], values[plane], (size_t)(frame->linesize[plane] * rows));
    }
}

/* Exact but for `rounding`: filters over many lines don't sum up to one. */
static void assert_planes_near(const struct slot *slot, uint32_t width, uint32_t height, int y, int u, int v,
                               int rounding)
{
    size_t luma = (size_t)width * height;
    for (size_t i = 0; i < slot->size; i++) {
        int expected = i < luma ? y : i < luma + luma / 4 ? u : v;
        if (abs(slot->pixels[i] - expected) > rounding)
            fail_msg("%u x %u: byte %zu is %u, not %d", width, height, i, slot->pixels[i], expected);
    }
}

static void assert_planes(const struct slot *slot, uint32_t width, uint32_t height, int y, int u, int v)
{
    assert_planes_near(slot, width, height, y, u, v, 0);
}

static void test_copy_stays_in_the_slot(void **state)
{
    (void)state;
    for (uint32_t width = 16; width <= 80; width += 2)
        for (uint32_t height = 16; height <= 24; height += 2) {
            struct picture picture;
            struct slot slot;
            AVFrame *frame = frame_make(AV_PIX_FMT_YUV420P, (int)width, (int)height);
            planes_fill(frame, 50, 100, 150);
            slot_make(&slot, width, height);
            picture_init(&picture, NULL);
            assert_int_equal(picture_write(&picture, frame, upright, slot.pixels, width, height), 0);
            assert_false(picture.scaler.is_made); /* it was a copy */
            assert_planes(&slot, width, height, 50, 100, 150);
            picture_fini(&picture);
            slot_free(&slot);
            av_frame_free(&frame);
        }
}

static void fill_with_noise(AVFrame *frame)
{
    uint32_t state = 1;
    for (int at = 0; at < 3 && frame->buf[at]; at++)
        for (size_t i = 0; i < frame->buf[at]->size; i++) {
            state = state * 1103515245 + 12345;
            frame->buf[at]->data[i] = (uint8_t)(state >> 16);
        }
}

/* As a picture is that was filmed upside down: its last row comes first. */
static void turn_over(AVFrame *frame)
{
    for (int plane = 0; plane < 3; plane++) {
        int rows = plane ? frame->height / 2 : frame->height;
        frame->data[plane] += (rows - 1) * frame->linesize[plane];
        frame->linesize[plane] = -frame->linesize[plane];
    }
}

static void assert_same_bytes(const struct slot *slot, const AVFrame *frame)
{
    const uint8_t *row = slot->pixels;
    for (int plane = 0; plane < 3; plane++) {
        int width = plane ? frame->width / 2 : frame->width, rows = plane ? frame->height / 2 : frame->height;
        for (int y = 0; y < rows; y++, row += width)
            assert_memory_equal(row, frame->data[plane] + y * frame->linesize[plane], (size_t)width);
    }
}

/*
 * Large pictures are copied in another way than small ones, and in whole lines of a cache where there are such; planes without
 * padding in one piece.
 */
static void test_copies_are_the_same_to_the_byte(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height;
    } sizes[] = {{1920, 1080}, {1366, 768}, {1282, 722}, {98, 8192}, {8190, 98},
                 {1024, 682},  {768, 576},  {704, 576},  {350, 288}};

    for (size_t i = 0; i < 2 * (sizeof(sizes) / sizeof(sizes[0])); i++) {
        const uint32_t width = sizes[i / 2].width, height = sizes[i / 2].height;
        struct picture picture;
        struct slot slot;
        AVFrame *frame = frame_make(AV_PIX_FMT_YUV420P, (int)width, (int)height);
        fill_with_noise(frame);
        if (i % 2 == 1)
            turn_over(frame);
        slot_make(&slot, width, height);
        picture_init(&picture, NULL);
        assert_int_equal(picture_write(&picture, frame, upright, slot.pixels, width, height), 0);
        assert_same_bytes(&slot, frame);
        picture_fini(&picture);
        slot_free(&slot);
        av_frame_free(&frame);
    }
}

static void test_scaling_stays_in_the_slot(void **state)
{
    (void)state;
    static const struct {
        int width, height;
    } sources[] = {{640, 480}, {33, 17}, {1280, 720}};
    struct picture picture;

    picture_init(&picture, NULL);
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        AVFrame *frame = frame_make(AV_PIX_FMT_YUV420P, sources[i].width, sources[i].height);
        planes_fill(frame, 50, 100, 150);
        for (uint32_t width = 16; width <= 150; width += 2)
            for (uint32_t height = 18; height <= 34; height += 8) {
                struct slot slot;
                slot_make(&slot, width, height);
                assert_int_equal(picture_write(&picture, frame, upright, slot.pixels, width, height), 0);
                assert_planes_near(&slot, width, height, 50, 100, 150, 4);
                slot_free(&slot);
            }
        av_frame_free(&frame);
    }
    picture_fini(&picture);
}

static void test_conversion_stays_in_the_slot_and_does_not_crash(void **state)
{
    (void)state;
    static const int formats[] = {AV_PIX_FMT_NV12,        AV_PIX_FMT_YUV422P,  AV_PIX_FMT_YUYV422,
                                  AV_PIX_FMT_RGB24,       AV_PIX_FMT_BGRA,     AV_PIX_FMT_GRAY8,
                                  AV_PIX_FMT_YUV444P,     AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P,
                                  AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_PAL8};
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        for (uint32_t width = 16; width <= 100; width += 2) {
            struct picture picture;
            struct slot slot;
            AVFrame *frame = frame_make(formats[i], (int)width, 18);
            slot_make(&slot, width, 18);
            picture_init(&picture, NULL);
            assert_int_equal(picture_write(&picture, frame, upright, slot.pixels, width, 18), 0);
            assert_true(picture.scaler.is_made || formats[i] == AV_PIX_FMT_YUVJ420P);
            for (size_t byte = 0; byte < 16; byte++) /* all was written */
                assert_true(slot.pixels[byte] != 0xAA && slot.pixels[slot.size - 1 - byte] != 0xAA);
            picture_fini(&picture);
            slot_free(&slot);
            av_frame_free(&frame);
        }
}

static void test_full_range_becomes_limited(void **state)
{
    (void)state;
    /* The range may be in the format or beside it. */
    static const int formats[] = {AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P};
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct picture picture;
        struct slot slot;
        AVFrame *frame = frame_make(formats[i], 64, 48);
        frame->color_range = AVCOL_RANGE_JPEG;
        planes_fill(frame, 255, 128, 128);
        slot_make(&slot, 64, 48);
        picture_init(&picture, NULL);
        assert_int_equal(picture_write(&picture, frame, upright, slot.pixels, 64, 48), 0);
        assert_planes(&slot, 64, 48, 235, 128, 128);
        planes_fill(frame, 0, 128, 128);
        assert_int_equal(picture_write(&picture, frame, upright, slot.pixels, 64, 48), 0);
        assert_planes(&slot, 64, 48, 16, 128, 128);
        picture_fini(&picture);
        slot_free(&slot);
        av_frame_free(&frame);
    }
}

static void test_odd_pictures_lose_their_last_line(void **state)
{
    (void)state;
    struct picture picture;
    struct slot slot;
    AVFrame *frame = frame_make(AV_PIX_FMT_YUV420P, 65, 49);
    planes_fill(frame, 50, 100, 150);
    slot_make(&slot, 64, 48);
    picture_init(&picture, NULL);
    assert_int_equal(picture_even(65), 64);
    assert_int_equal(picture_write(&picture, frame, upright, slot.pixels, 64, 48), 0);
    assert_false(picture.scaler.is_made);
    assert_planes(&slot, 64, 48, 50, 100, 150);
    picture_fini(&picture);
    slot_free(&slot);
    av_frame_free(&frame);
}

static void test_odd_pictures_are_converted_without_scaling(void **state)
{
    (void)state;
    struct picture picture;
    struct slot slot;
    AVFrame *frame = frame_make(AV_PIX_FMT_YUV422P, 65, 49);
    planes_fill(frame, 0, 128, 128);
    for (int y = 0; y < 49; y++)
        for (int x = 0; x < 65; x++)
            frame->data[0][y * frame->linesize[0] + x] = (uint8_t)((x * 7 + y * 13) % 200 + 20);
    slot_make(&slot, 64, 48);
    picture_init(&picture, NULL);
    assert_int_equal(picture_write(&picture, frame, upright, slot.pixels, 64, 48), 0);
    for (int y = 0; y < 48; y++)
        for (int x = 0; x < 64; x++)
            assert_int_equal(slot.pixels[y * 64 + x], (x * 7 + y * 13) % 200 + 20);
    picture_fini(&picture);
    slot_free(&slot);
    av_frame_free(&frame);
}

/* ---- colours ---- */

/* A colour, its numbers in BT.709 and full or limited range, and what slots have for it; by the standards' own formulas. */
struct numbers {
    int y, u, v;
};

static struct numbers numbers_of(double red, double green, double blue, double kr, double kb, bool full)
{
    double y = kr * red + (1 - kr - kb) * green + kb * blue;
    double u = (blue - y) / (2 * (1 - kb)), v = (red - y) / (2 * (1 - kr));
    return (struct numbers){
        .y = (int)lround(full ? 255 * y : 16 + 219 * y),
        .u = (int)lround(128 + (full ? 255 : 224) * u),
        .v = (int)lround(128 + (full ? 255 : 224) * v),
    };
}

static int clip_to_byte(int value)
{
    return value < 0 ? 0 : value > 255 ? 255 : value;
}

struct marked {
    enum AVColorSpace space;
    enum AVColorRange range;
    int format;
    double kr, kb;
};

static const struct marked marked_pictures[] = {
    {AVCOL_SPC_BT709, AVCOL_RANGE_UNSPECIFIED, AV_PIX_FMT_YUV420P, 0.2126, 0.0722},
    {AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, AV_PIX_FMT_YUV420P, 0.2126, 0.0722},
    {AVCOL_SPC_BT709, AVCOL_RANGE_JPEG, AV_PIX_FMT_YUV420P, 0.2126, 0.0722},
    {AVCOL_SPC_BT709, AVCOL_RANGE_UNSPECIFIED, AV_PIX_FMT_YUVJ420P, 0.2126, 0.0722},
    {AVCOL_SPC_BT2020_NCL, AVCOL_RANGE_MPEG, AV_PIX_FMT_YUV420P, 0.2627, 0.0593},
    {AVCOL_SPC_BT2020_NCL, AVCOL_RANGE_JPEG, AV_PIX_FMT_YUV420P, 0.2627, 0.0593},
    {AVCOL_SPC_SMPTE170M, AVCOL_RANGE_JPEG, AV_PIX_FMT_YUV420P, 0.299, 0.114},
};

static const double colour_bars[][3] = {{1, 1, 1},       {1, 1, 0},       {0, 1, 1},      {0, 1, 0},
                                        {1, 0, 1},       {1, 0, 0},       {0, 0, 1},      {0, 0, 0},
                                        {0.8, 0.6, 0.5}, {0.2, 0.3, 0.2}, {0.5, 0.5, 0.5}};

/* The numbers are rounded before and after: two at most are lost in them, one in the luma alone. */
static void assert_colour(const struct marked *marked, const double rgb[3], uint32_t width, uint32_t height,
                          int scaled)
{
    const struct numbers in =
        numbers_of(rgb[0], rgb[1], rgb[2], marked->kr, marked->kb,
                   marked->range == AVCOL_RANGE_JPEG || marked->format == AV_PIX_FMT_YUVJ420P);
    const struct numbers out = numbers_of(rgb[0], rgb[1], rgb[2], 0.299, 0.114, false);
    AVFrame *frame = frame_make(marked->format, 140 * scaled, 20 * scaled);
    struct picture picture;
    struct slot slot;
    frame->colorspace = marked->space;
    frame->color_range = marked->range;
    planes_fill(frame, clip_to_byte(in.y), clip_to_byte(in.u), clip_to_byte(in.v));
    slot_make(&slot, width, height);
    picture_init(&picture, NULL);
    assert_int_equal(picture_write(&picture, frame, upright, slot.pixels, width, height), 0);
    assert_planes_near(&slot, width, height, out.y, out.u, out.v, scaled == 1 ? 2 : 4);
    picture_fini(&picture);
    slot_free(&slot);
    av_frame_free(&frame);
}

static void test_marked_colours_become_those_of_slots(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(marked_pictures) / sizeof(marked_pictures[0]); i++)
        for (size_t j = 0; j < sizeof(colour_bars) / sizeof(colour_bars[0]); j++) {
            assert_colour(&marked_pictures[i], colour_bars[j], 140, 20, 1);
            assert_colour(&marked_pictures[i], colour_bars[j], 140, 20, 2);
            assert_colour(&marked_pictures[i], colour_bars[j], 128, 20, 2); /* straight into the slot */
        }
}

static void test_what_is_not_marked_or_slots_colours_stays_to_the_byte(void **state)
{
    (void)state;
    static const struct {
        enum AVColorSpace space;
        enum AVColorRange range;
    } marks[] = {{AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_UNSPECIFIED},
                 {AVCOL_SPC_BT470BG, AVCOL_RANGE_MPEG},
                 {AVCOL_SPC_SMPTE170M, AVCOL_RANGE_UNSPECIFIED},
                 {AVCOL_SPC_YCGCO, AVCOL_RANGE_MPEG}};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        struct picture picture;
        struct slot slot;
        AVFrame *frame = frame_make(AV_PIX_FMT_YUV420P, 64, 48);
        frame->colorspace = marks[i].space;
        frame->color_range = marks[i].range;
        planes_fill(frame, 3, 251, 7);
        slot_make(&slot, 64, 48);
        picture_init(&picture, NULL);
        assert_int_equal(picture_write(&picture, frame, upright, slot.pixels, 64, 48), 0);
        assert_planes(&slot, 64, 48, 3, 251, 7);
        picture_fini(&picture);
        slot_free(&slot);
        av_frame_free(&frame);
    }
}

static void test_what_is_said_counts_over_the_marks(void **state)
{
    (void)state;
    const struct colours full = {.range = COLOURS_FULL}, bt601 = {.matrix = COLOURS_BT601};
    const struct {
        const struct colours *said;
        enum AVColorSpace space;
        int y;
    } cases[] = {{&full, AVCOL_SPC_UNSPECIFIED, 235},
                 {&bt601, AVCOL_SPC_BT709, 255},
                 {NULL, AVCOL_SPC_UNSPECIFIED, 255}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct picture picture;
        struct slot slot;
        AVFrame *frame = frame_make(AV_PIX_FMT_YUV420P, 64, 48);
        frame->colorspace = cases[i].space;
        planes_fill(frame, 255, 128, 128);
        slot_make(&slot, 64, 48);
        picture_init(&picture, cases[i].said);
        assert_int_equal(picture_write(&picture, frame, upright, slot.pixels, 64, 48), 0);
        assert_planes(&slot, 64, 48, cases[i].y, 128, 128);
        picture_fini(&picture);
        slot_free(&slot);
        av_frame_free(&frame);
    }
}

static void test_pictures_in_red_green_and_blue_are_not_converted_twice(void **state)
{
    (void)state;
    const struct colours said = {.matrix = COLOURS_BT709, .range = COLOURS_FULL};
    struct picture picture;
    struct slot slot;
    AVFrame *frame = frame_make(AV_PIX_FMT_RGB24, 64, 48);
    for (int i = 0; i < 48 * frame->linesize[0]; i += 3)
        frame->data[0][i] = 255; /* red */
    frame->color_range = AVCOL_RANGE_JPEG;
    slot_make(&slot, 64, 48);
    picture_init(&picture, &said);
    assert_int_equal(picture_write(&picture, frame, upright, slot.pixels, 64, 48), 0);
    assert_planes_near(&slot, 64, 48, 81, 90, 240, 1);
    picture_fini(&picture);
    slot_free(&slot);
    av_frame_free(&frame);
}

/* ---- which side is up ---- */

/* A picture all of whose pixels differ from their neighbours; size of the upright one: 48x64 or 64x48. */
static void assert_turned(struct orientation orientation, int format, int (*source_of)(int x, int y))
{
    struct picture picture;
    struct slot slot;
    AVFrame *frame = frame_make(format, 65, 49); /* odd: the last row and column go before it is turned */
    int width = 64, height = 48;
    orientation_turn_size(orientation, &width, &height);
    memset(frame->data[1], 128, (size_t)frame->linesize[1] * 24);
    memset(frame->data[2], 128, (size_t)frame->linesize[2] * 24);
    for (int y = 0; y < 49; y++)
        for (int x = 0; x < 65; x++)
            frame->data[0][y * frame->linesize[0] + x] = (uint8_t)((x + 3 * y) % 200 + 20);
    slot_make(&slot, (uint32_t)width, (uint32_t)height);
    picture_init(&picture, NULL);
    assert_int_equal(
        picture_write(&picture, frame, orientation, slot.pixels, (uint32_t)width, (uint32_t)height), 0);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            assert_int_equal(slot.pixels[y * width + x], source_of(x, y) % 200 + 20);
    picture_fini(&picture);
    slot_free(&slot);
    av_frame_free(&frame);
}

static int clockwise(int x, int y)
{
    return y + 3 * (47 - x);
}

static int counterclockwise(int x, int y)
{
    return 63 - y + 3 * x;
}

static int upside_down(int x, int y)
{
    return 63 - x + 3 * (47 - y);
}

static int mirrored(int x, int y)
{
    return 63 - x + 3 * y;
}

/* As av_display_rotation_set and av_display_matrix_flip make them. */
static void test_pictures_are_put_upright(void **state)
{
    (void)state;
    static const struct {
        int degrees;
        bool mirrored;
        int (*source_of)(int x, int y);
    } cases[] = {{90, false, clockwise},
                 {270, false, counterclockwise},
                 {180, false, upside_down},
                 {0, true, mirrored}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int32_t matrix[9];
        bool is_mirrored;
        av_display_rotation_set(matrix, cases[i].degrees);
        if (cases[i].mirrored)
            av_display_matrix_flip(matrix, 1, 0);
        struct orientation orientation = orientation_of_matrix(matrix);
        assert_int_equal(orientation_degrees(orientation, &is_mirrored), cases[i].degrees);
        assert_int_equal(is_mirrored, cases[i].mirrored);
        assert_turned(orientation, AV_PIX_FMT_YUV420P, cases[i].source_of);
        assert_turned(orientation, AV_PIX_FMT_YUV422P, cases[i].source_of);
    }
}

static void test_what_is_askew_or_makes_no_sense_stays_as_it_is(void **state)
{
    (void)state;
    int32_t matrix[9], nothing[9] = {0};
    av_display_rotation_set(matrix, 45);
    assert_true(orientation_is_upright(orientation_of_matrix(matrix)));
    assert_true(orientation_is_upright(orientation_of_matrix(nothing)));
    assert_true(orientation_is_upright(orientation_of_matrix(NULL)));
}

static void test_words_for_colours(void **state)
{
    (void)state;
    static const char *const words[] = {"bt601", "bt709", "bt2020-limited", "bt709-full", "full", "limited"};
    struct colours colours;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char word[COLOURS_WORD_BYTES];
        assert_true(colours_parse(words[i], &colours));
        colours_word(&colours, word);
        assert_string_equal(word, words[i]);
    }
    assert_true(colours_parse("auto", &colours));
    assert_true(colours.matrix == COLOURS_MATRIX_UNMARKED && colours.range == COLOURS_RANGE_UNMARKED);
    assert_false(colours_parse("", &colours));
    assert_false(colours_parse("bt709 full", &colours));
    assert_false(colours_parse("-full", &colours));
}

static void test_what_cannot_be_converted_is_an_error(void **state)
{
    (void)state;
    struct picture picture;
    uint8_t pixels[64 * 48 * 3 / 2];
    AVFrame *frame = frame_make(AV_PIX_FMT_YUV444P, 64, 48);
    frame->format = AV_PIX_FMT_VAAPI;
    picture_init(&picture, NULL);
    assert_true(picture_write(&picture, frame, upright, pixels, 64, 48) < 0);
    picture_fini(&picture);
    av_frame_free(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy_stays_in_the_slot),
        cmocka_unit_test(test_copies_are_the_same_to_the_byte),
        cmocka_unit_test(test_scaling_stays_in_the_slot),
        cmocka_unit_test(test_conversion_stays_in_the_slot_and_does_not_crash),
        cmocka_unit_test(test_full_range_becomes_limited),
        cmocka_unit_test(test_odd_pictures_lose_their_last_line),
        cmocka_unit_test(test_odd_pictures_are_converted_without_scaling),
        cmocka_unit_test(test_marked_colours_become_those_of_slots),
        cmocka_unit_test(test_what_is_not_marked_or_slots_colours_stays_to_the_byte),
        cmocka_unit_test(test_what_is_said_counts_over_the_marks),
        cmocka_unit_test(test_pictures_in_red_green_and_blue_are_not_converted_twice),
        cmocka_unit_test(test_pictures_are_put_upright),
        cmocka_unit_test(test_what_is_askew_or_makes_no_sense_stays_as_it_is),
        cmocka_unit_test(test_words_for_colours),
        cmocka_unit_test(test_what_cannot_be_converted_is_an_error),
    };
    av_log_set_level(AV_LOG_FATAL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
