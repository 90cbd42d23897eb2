/* What a worker and camd say to each other, once it runs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#include "base/json.h"
#include "peer_fixture.h"
#include "segments_fixture.h"

static int run_config(void)
{
    struct worker worker;
    EXPECT(peer_worker_start(&worker) == 0);
    EXPECT(worker_poll(&worker, -1, -1, NULL) == 0);
    while (!worker.stop)
        EXPECT(worker_poll(&worker, -1, -1, NULL) == 0);
    EXPECT(worker.config_changed);
    EXPECT(json_member_int(worker.config, "fps", 0) == 10);
    worker_finish(&worker);
    return 0;
}

static void test_a_changed_configuration_replaces_the_old_one(void **state)
{
    struct peer peer;
    (void)state;
    peer_start(&peer, run_config);
    peer_say(&peer, HELLO);
    peer_say(&peer, "{\"type\":\"something newer\"}");
    peer_say(&peer, "{\"type\":\"config\",\"config\":7}");
    peer_say(&peer, "{\"type\":\"config\",\"config\":{\"fps\":10}}");
    peer_say(&peer, "{\"type\":\"stop\"}");
    peer_assert_exits(&peer, 0);
}

static int run_extra(void)
{
    struct worker worker;
    bool ready = false;
    const int event = eventfd(1, EFD_NONBLOCK);
    EXPECT(peer_worker_start(&worker) == 0);
    EXPECT(worker_poll(&worker, -1, event, &ready) == 0 && ready);
    worker_event_clear(event);
    EXPECT(worker_poll(&worker, 0, event, &ready) == 0 && !ready);
    worker_event_signal(event);
    EXPECT(worker_poll(&worker, -1, event, &ready) == 0 && ready);
    worker_event_clear(event);
    worker_event_clear(event); /* empty: does not block */
    worker_event_clear(-1);
    worker_event_signal(-1);
    worker_finish(&worker);
    return 0;
}

static void test_another_descriptor_ends_the_wait(void **state)
{
    struct peer peer;
    (void)state;
    peer_start(&peer, run_extra);
    peer_say(&peer, HELLO);
    peer_assert_exits(&peer, 0);
}

static int run_error(void)
{
    struct worker worker;
    static char many[20000];
    EXPECT(peer_worker_start(&worker) == 0);
    EXPECT(worker_send_error(&worker, CAMD_STAGE_OPEN, CAMD_CLASS_AUTH, "see rtsp://u:hidden1@h/",
                             "%s refused: %d", "rtsp://admin:hidden2@host/x", 401) == 0);
    EXPECT(worker_send_error(&worker, CAMD_STAGE_READ, CAMD_CLASS_NETWORK, NULL, "bytes \xff\xfe") == 0);
    memset(many, '\x01', sizeof(many) - 1); /* six bytes each as JSON */
    EXPECT(worker_send_error(&worker, CAMD_STAGE_DECODE, CAMD_CLASS_FORMAT, NULL, "%s", many) == 0);
    worker_finish(&worker);
    return 0;
}

static void test_errors_are_redacted_and_fit(void **state)
{
    struct peer peer;
    (void)state;
    peer_start(&peer, run_error);
    peer_say(&peer, HELLO);

    json_t *message = peer_hear(&peer);

    assert_string_equal(json_member_string(message, "type", ""), "error");
    assert_string_equal(json_member_string(message, "stage", ""), "open");
    assert_string_equal(json_member_string(message, "class", ""), "auth");
    assert_non_null(strstr(json_member_string(message, "text", ""), "refused: 401"));
    assert_null(strstr(json_member_string(message, "text", ""), "hidden2"));
    assert_null(strstr(json_member_string(message, "hint", "hidden1"), "hidden1"));
    json_decref(message);

    message = peer_hear(&peer);
    assert_string_equal(json_member_string(message, "text", ""), "bytes ??");
    assert_string_equal(json_member_string(message, "hint", ""), "");
    json_decref(message);

    message = peer_hear(&peer);
    assert_true(strlen(json_member_string(message, "text", "")) > 4000);
    json_decref(message);

    const char *log = peer_log(&peer);

    assert_non_null(strstr(log, "<7>front: open: "));
    assert_null(strstr(log, "hidden"));
    peer_assert_exits(&peer, 0);
}

/* ---- frames ---- */

/* Says `frames` as camd does; whatever is named in skip is left out. */
static void say_frames(struct peer *peer, const struct camd_segment_fds *segments, const int events[2],
                       const char *skip)
{
    json_t *names = json_array();
    int fds[CAMD_MESSAGE_FDS];
    size_t count = 0;
    const struct {
        const char *name;
        int fd;
    } parts[] = {
        {"frame_event", events[0]},      {"frame1", segments->frames[1]}, {"ctl", segments->ctl},
        {"info", segments->info},        {"later", segments->info},       {"frame0", segments->frames[0]},
        {"frame3", segments->frames[3]}, {"frame2", segments->frames[2]}, {"space_event", events[1]},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(parts[i].name, skip) != 0) {
            assert_int_equal(json_array_append_new(names, json_string(parts[i].name)), 0);
            fds[count++] = parts[i].fd;
        }
    }

    json_t *message = json_pack("{s:s, s:i, s:o}", "type", "frames", "first_frame_id", 77, "fds", names);
    char *text = json_text(message);

    peer_say_with(peer, text, fds, count);
    free(text);
    json_decref(message);
}

static int run_frames(void)
{
    struct worker worker;
    EXPECT(peer_worker_start(&worker) == 0);

    const size_t before = peer_open_descriptors();

    for (int round = 0; round < 3; round++) {
        worker.frames_changed = false;
        EXPECT(worker_send_ready(&worker) == 0);
        while (!worker.frames_changed)
            EXPECT(worker_poll(&worker, -1, -1, NULL) == 0);
        EXPECT(worker.has_segments && worker.segments.slots == 4);
        EXPECT(worker.first_frame_id == 77);
        EXPECT(worker.segments.frames[3][0] == 3); /* each in its place */
        worker.segments.frames[0][0]++;            /* writable */
        worker_event_signal(worker.frame_event);
        EXPECT(peer_open_descriptors() == before + 2);
    }
    worker_event_clear(worker.space_event); /* was made non-blocking: returns although it is empty */

    /* one that can't be mapped changes nothing */
    worker.frames_changed = false;
    EXPECT(worker_send_ready(&worker) == 0);
    EXPECT(worker_poll(&worker, -1, -1, NULL) == -EBADMSG);
    EXPECT(!worker.frames_changed && worker.has_segments);
    EXPECT(worker.segments.frames[3][0] == 3);
    EXPECT(peer_open_descriptors() == before + 2);
    worker_finish(&worker);
    EXPECT(!worker.has_segments);
    EXPECT(peer_open_descriptors() == before - 2); /* the channel, and where its memory is told */
    return 0;
}

static void test_frames_are_mapped_and_replaced(void **state)
{
    struct peer peer;
    struct camd_segment_fds segments;
    const int events[2] = {eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), eventfd(0, EFD_CLOEXEC)};
    uint8_t byte = 3;
    uint64_t signals = 0;
    (void)state;
    fixture_make(&segments, 4);
    assert_int_equal(pwrite(segments.frames[3], &byte, 1, 0), 1);
    peer_start(&peer, run_frames);
    peer_say(&peer, HELLO);
    for (int round = 0; round < 3; round++) {
        peer_assert_hears(&peer, "ready");
        say_frames(&peer, &segments, events, "");
    }
    peer_assert_hears(&peer, "ready");
    say_frames(&peer, &segments, events, "frame2");

    json_t *message = peer_hear(&peer);

    assert_string_equal(json_member_string(message, "type", ""), "error");
    assert_string_equal(json_member_string(message, "stage", ""), "setup");
    assert_string_equal(json_member_string(message, "class", ""), "local");
    json_decref(message);
    assert_int_equal(pread(segments.frames[0], &byte, 1, 0), 1);
    assert_int_equal(byte, 3);
    assert_int_equal(read(events[0], &signals, sizeof(signals)), sizeof(signals));
    assert_int_equal(signals, 3);
    peer_assert_exits(&peer, 0);
    fixture_close(&segments);
    close(events[0]);
    close(events[1]);
}

static int run_bad_message(void)
{
    struct worker worker;
    EXPECT(peer_worker_start(&worker) == 0);
    EXPECT(worker_poll(&worker, -1, -1, NULL) == -EPROTO);
    worker_finish(&worker);
    return 0;
}

static void test_a_message_that_is_no_json_is_reported(void **state)
{
    struct peer peer;
    (void)state;
    peer_start(&peer, run_bad_message);
    peer_say(&peer, HELLO);
    peer_say(&peer, "{");
    peer_assert_hears(&peer, "error");
    peer_assert_exits(&peer, 0);
}

static int run_too_few_descriptors(void)
{
    struct worker worker;
    EXPECT(peer_worker_start(&worker) == 0);

    const size_t before = peer_open_descriptors();

    EXPECT(worker_poll(&worker, -1, -1, NULL) == -EPROTO);
    EXPECT(!worker.has_segments && peer_open_descriptors() == before);
    worker_finish(&worker);
    return 0;
}

static void test_names_and_descriptors_must_agree(void **state)
{
    struct peer peer;
    const int fd = STDERR_FILENO;
    (void)state;
    peer_start(&peer, run_too_few_descriptors);
    peer_say(&peer, HELLO);
    peer_say_with(&peer, "{\"type\":\"frames\",\"fds\":[\"info\",\"ctl\"]}", &fd, 1);
    peer_assert_hears(&peer, "error");
    peer_assert_exits(&peer, 0);
}

static int kept_fd = -1;

/* Keeps the first descriptor of two. */
static int handle_attach(void *context, const char *type, const json_t *message, int *fds, size_t fd_count)
{
    EXPECT(context == &kept_fd && strcmp(type, "attach") == 0 && fd_count == 2);
    EXPECT(strcmp(json_member_string(message, "camera", ""), "front") == 0);
    kept_fd = fds[0];
    fds[0] = -1;
    return 0;
}

static int run_detector(void)
{
    struct worker worker;
    EXPECT(worker_start(&worker, "detector", CAMD_ROLE_READER) == 0);
    EXPECT(strcmp(worker.camera, "people") == 0);

    const size_t before = peer_open_descriptors();

    worker.handle = handle_attach;
    worker.handle_context = &kept_fd;
    EXPECT(worker_poll(&worker, -1, -1, NULL) == 0);
    while (!worker.stop)
        EXPECT(worker_poll(&worker, -1, -1, NULL) == 0);
    EXPECT(kept_fd >= 0 && peer_open_descriptors() == before + 1);
    worker_finish(&worker);
    return 0;
}

static void test_a_detector_gets_messages_of_its_own(void **state)
{
    struct peer peer;
    const int fds[2] = {eventfd(0, 0), eventfd(0, 0)};
    (void)state;
    peer_start(&peer, run_detector);
    peer_say(
        &peer,
        "{\"type\":\"hello\",\"abi\":[1,0],\"detector\":\"people\",\"worker\":\"detector\",\"config\":{}}");
    peer_say_with(&peer, "{\"type\":\"attach\",\"camera\":\"front\",\"fds\":[\"in\",\"out\"]}", fds, 2);
    peer_say(&peer, "{\"type\":\"stop\"}");
    peer_assert_exits(&peer, 0);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_detector_gets_messages_of_its_own),
        cmocka_unit_test(test_a_changed_configuration_replaces_the_old_one),
        cmocka_unit_test(test_another_descriptor_ends_the_wait),
        cmocka_unit_test(test_errors_are_redacted_and_fit),
        cmocka_unit_test(test_frames_are_mapped_and_replaced),
        cmocka_unit_test(test_a_message_that_is_no_json_is_reported),
        cmocka_unit_test(test_names_and_descriptors_must_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
