/* What an HTTP answer is, by its type and its first bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "capture/input_bytes.h"

static const struct {
    const char *content_type, *head, *format; /* format NULL: libavformat finds out */
} answers[] = {
    {"multipart/x-mixed-replace", "--picture\r\nCont", NULL},
    {"multipart/x-mixed-replace", "\r\n--picture\r\nC", "mpjpeg"},
    {"multipart/x-mixed-replace", "\n--picture\nCont", "mpjpeg"},
    {"Multipart/Mixed", "picture\r\nContent", "mjpeg"},
    {"multipart/x-mixed-replace", "Content-Type: im", "mjpeg"},
    {"multipart/x-mixed-replace", "\r\nContent-Type:", "mjpeg"},
    {"multipart/x-mixed-replace", "\xff\xd8\xff\xe0", "mjpeg"},
    {"", "--picture\r\nCont", NULL},
    {"", "content-length: ", "mjpeg"},
    {"image/jpeg", "\xff\xd8\xff\xdb", "mjpeg"},
    {"application/octet-stream", "\xff\xd8\xff\xe0", "mjpeg"},
    {"image/png", "\x89PNG\r\n", NULL},
    {"video/mp2t", "G@", NULL},
    {"text/html", "<html>", NULL},
    {"text/html", "", NULL},
};

static void test_format_follows_from_type_and_first_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct input_bytes bytes = {.head_length = strlen(answers[i].head)};
        snprintf(bytes.content_type, sizeof(bytes.content_type), "%s", answers[i].content_type);
        memcpy(bytes.head, answers[i].head, bytes.head_length);
        const char *format = input_bytes_format(&bytes);
        if (answers[i].format)
            assert_string_equal(format ? format : "none", answers[i].format);
        else
            assert_null(format);
    }
}

static const struct {
    const char *head;
    bool is_list, is_stream;
} lists[] = {
    {"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:13\n#EXTINF:2,\n", true,
     true},
    {"#EXTM3U\r\n#EXT-X-MEDIA-SEQUENCE:13\r\n#EXT-X-PLAYLIST-TYPE:EVENT\r\n", true, true},
    {"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:13\n#EXT-X-PLAYLIST-TYPE:VOD\n", true, false},
    {"#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:13\n", true, false},
    {"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2,\n", true, false},
    {"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:2,\n", true, false},
    {"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n", true, false},
    {"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:", true, false},
    {"#EXTM3U", true, false},
    {"<?xml version=\"1.0\"?><MPD>", true, false},
    {"\n#EXT-X-MEDIA-SEQUENCE:13\n", false, false},
};

/* What a gateway left when its encoder had ended was taken for a recording, which has ended for good. */
static void test_play_list_that_ended_in_the_middle_is_of_a_stream(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct input_bytes bytes = {.head_length = strlen(lists[i].head)};
        memcpy(bytes.head, lists[i].head, bytes.head_length);
        assert_int_equal(input_bytes_are_list(&bytes), lists[i].is_list);
        assert_int_equal(input_bytes_are_stream_list(&bytes), lists[i].is_stream);
    }
}

static const struct {
    const char *head;
    size_t length;
    int64_t bytes;
    bool is_seekable, is_out_of_reach;
} movies[] = {
#define TYPE                                                                                                 \
    "\0\0\0\x10"                                                                                             \
    "ftypisom"                                                                                               \
    "\0\0\2\0"
    {TYPE "\0\0\0\x08"
          "free"
          "\0\x69\0\0mdat",
     32, 1000000, false, true},
    {TYPE "\0\0\0\x08"
          "free"
          "\0\x69\0\0mdat",
     32, -1, false, true},
    {TYPE "\0\0\0\x08"
          "free"
          "\0\x69\0\0mdat",
     32, 1000000, true, false},
    {TYPE "\0\0\0\x01"
          "mdat",
     24, 1000000, false, true},
    {TYPE "\0\0\3\x10"
          "moov",
     24, 1000000, false, false},
    {TYPE "\0\0\3\x10"
          "moof",
     24, 1000000, false, false},
    {TYPE "\0\0\0\0"
          "free"
          "\0\x69\0\0mdat",
     32, 1000000, false, false},
    {TYPE "\xff\xff\xff\xff"
          "free",
     24, 1000000, false, false},
    {TYPE "\0\0\0\x08"
          "fre",
     23, 1000000, false, false},
    {"RIFF", 4, 1000000, false, false},
    {"", 0, 1000000, false, false},
};

static void test_index_behind_the_pictures_is_out_of_reach_without_ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(movies) / sizeof(movies[0]); i++) {
        struct input_bytes bytes = {
            .length = movies[i].bytes,
            .is_seekable = movies[i].is_seekable,
            .head_length = movies[i].length,
        };
        memcpy(bytes.head, movies[i].head, movies[i].length);
        assert_int_equal(input_bytes_end_before_index(&bytes), movies[i].is_out_of_reach);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format_follows_from_type_and_first_bytes),
        cmocka_unit_test(test_play_list_that_ended_in_the_middle_is_of_a_stream),
        cmocka_unit_test(test_index_behind_the_pictures_is_out_of_reach_without_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
