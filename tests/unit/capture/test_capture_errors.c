/*
 * camd-capture as a process, on what goes wrong: every failure comes out with stage and class, a text without
 * secrets and a hint, and in time.
 *
 *   test_capture_errors CAMD-CAPTURE RTSP-SERVER.py [PATTERN]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_camd.h"

#define PASSWORD "s3cret"

static const char *program, *rtsp_server;
static char directory[] = "/tmp/camd-test-errors.XXXXXX";

/* ---- the other end ---- */

/* A listening socket of loopback and its port. */
static int listen_somewhere(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return listener;
}

/* Reads a request up to its empty line; its CSeq, or 0 when the other side has closed. */
static int request_read(int connection)
{
    char request[4096];
    size_t length = 0;
    int number = 0;
    while (length < sizeof(request) - 1) {
        ssize_t more = read(connection, request + length, sizeof(request) - 1 - length);
        if (more <= 0)
            return 0;
        length += (size_t)more;
        request[length] = '\0';
        if (strstr(request, "\r\n\r\n"))
            break;
    }
    const char *line = strstr(request, "CSeq:");
    if (line)
        number = atoi(line + strlen("CSeq:"));
    return number > 0 ? number : 1;
}

/* A fork that ends with the test, however that ends, and doesn't keep its output open. */
static pid_t helper_fork(void)
{
    pid_t parent = getpid(), pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(EXIT_FAILURE);
        int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
            dup2(nowhere, fd);
    }
    return pid;
}

static _Noreturn void answer_for_ever(int listener, const char *status, const char *header)
{
    for (;;) {
        int connection = accept(listener, NULL, NULL), number;
        while (*status && connection >= 0 && (number = request_read(connection)) > 0) {
            char text[1024];
            int length =
                snprintf(text, sizeof(text), "RTSP/1.0 %s\r\nCSeq: %d\r\n%s\r\n", status, number, header);
            if (write(connection, text, (size_t)length) != length)
                break;
        }
        close(connection);
    }
}

/* A process that gives the same answer to everything; status "": closes at once. header with its line break. */
static pid_t answerer_start(const char *status, const char *header, uint16_t *port)
{
    int listener = listen_somewhere(port);
    pid_t pid = helper_fork();
    if (pid == 0)
        answer_for_ever(listener, status, header);
    close(listener);
    return pid;
}

static void helper_stop(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* ---- expectations ---- */

static void start(struct fake_camd *fake, const char *input, double open_timeout, double read_timeout)
{
    fake_camd_init(fake);
    fake_camd_start(fake, program,
                    json_pack("{s:s, s:f, s:f, s:f, s:b}", "input", input, "fps", 60.0, "open_timeout",
                              open_timeout, "read_timeout", read_timeout, "pace", 0));
}

static void assert_error(struct fake_camd *fake, const char *stage, const char *class_, const char *word)
{
    json_t *error = fake_camd_expect(fake, "error");
    const char *text = json_string_value(json_object_get(error, "text"));
    const char *hint = json_string_value(json_object_get(error, "hint"));
    if (strcmp(json_string_value(json_object_get(error, "class")), class_) != 0 ||
        strcmp(json_string_value(json_object_get(error, "stage")), stage) != 0 || !strstr(text, word))
        fail_msg("stage %s class %s: %s", json_string_value(json_object_get(error, "stage")),
                 json_string_value(json_object_get(error, "class")), text);
    assert_non_null(hint);
    assert_true(strlen(hint) > 10);
    assert_null(strstr(text, PASSWORD));
    assert_null(strstr(hint, PASSWORD));
    json_decref(error);

    int status = fake_camd_wait(fake);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    char *log = fake_camd_log(fake);
    assert_null(strstr(log, PASSWORD));
    free(log);
}

static void expect_error(const char *input, const char *stage, const char *class_, const char *word)
{
    struct fake_camd fake;
    start(&fake, input, 20, 20);
    assert_error(&fake, stage, class_, word);
    assert_false(fake.has_ended);
    fake_camd_fini(&fake);
}

static void rtsp_url(char url[128], uint16_t port)
{
    snprintf(url, 128, "rtsp://admin:" PASSWORD "@127.0.0.1:%u/live", port);
}

static void expect_answer_is(const char *status, const char *header, const char *class_, const char *word)
{
    uint16_t port;
    char url[128];
    pid_t answerer = answerer_start(status, header, &port);
    rtsp_url(url, port);
    expect_error(url, "open", class_, word);
    helper_stop(answerer);
}

/* ---- files ---- */

static void test_missing_file(void **state)
{
    (void)state;
    expect_error("/nowhere/clip.avi", "open", "not_found", "No such file");
    expect_error("file:/nowhere/clip.avi", "open", "not_found", "No such file");
}

static void file_write(char path[512], const char *name, const char *text)
{
    snprintf(path, 512, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        fputs(text, file);
    fclose(file);
}

static void test_text_file_as_video(void **state)
{
    (void)state;
    static const char *const names[] = {"notes",     "notes.txt", "notes.avi",
                                        "notes.mp4", "notes.nfo", "notes.xb"};
    char path[512];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct fake_camd fake;
        file_write(path, names[i], "This is not a video, whatever its name says.\n");
        start(&fake, path, 20, 20);
        json_t *error = fake_camd_expect(&fake, "error");
        assert_string_equal(json_string_value(json_object_get(error, "class")), "format");
        json_decref(error);
        assert_int_equal(WEXITSTATUS(fake_camd_wait(&fake)), 1);
        fake_camd_fini(&fake);
    }
}

static void test_empty_file(void **state)
{
    (void)state;
    char path[512];
    file_write(path, "empty.avi", "");
    expect_error(path, "open", "format", "");
}

static void test_directory(void **state)
{
    (void)state;
    expect_error(directory, "open", "format", "directory");
}

static void test_named_pipe_without_a_writer(void **state)
{
    (void)state;
    char path[512];
    snprintf(path, sizeof(path), "%s/pipe", directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_error(path, "open", "format", "neither a regular file");
}

static void test_sound_without_pictures(void **state)
{
    (void)state;
    char path[512], command[1024];
    snprintf(path, sizeof(path), "%s/sound.wav", directory);
    snprintf(command, sizeof(command), "ffmpeg -nostdin -v error -y -f lavfi -i sine=duration=1 '%s'", path);
    assert_int_equal(system(command), 0);
    expect_error(path, "probe", "format", "no video");
}

static void test_unknown_scheme(void **state)
{
    (void)state;
    expect_error("gopher://admin:" PASSWORD "@camera/live", "open", "format",
                 "cannot be opened: gopher:// is not supported");
}

static void test_pattern_with_a_mistake(void **state)
{
    (void)state;
    expect_error("lavfi:no_such_filter=1", "open", "format", "no_such_filter");
}

static void test_play_list_opens_no_connection(void **state)
{
    (void)state;
    char path[512], text[256];
    uint16_t port;
    int listener = listen_somewhere(&port);

    snprintf(text, sizeof(text), "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:%u/a.ts\n",
             port);
    file_write(path, "list.m3u8", text);
    struct fake_camd fake;
    start(&fake, path, 20, 20);
    json_decref(fake_camd_expect(&fake, "error"));
    fake_camd_fini(&fake);
    assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    assert_true(accept(listener, NULL, NULL) < 0);
    close(listener);
}

/* ---- cameras ---- */

static void test_connection_refused(void **state)
{
    (void)state;
    uint16_t port;
    char url[128];
    close(listen_somewhere(&port));
    rtsp_url(url, port);
    expect_error(url, "open", "network", "/live cannot be opened: Connection refused");
    strcat(url, "?password=" PASSWORD);
    expect_error(url, "open", "network", " cannot be opened: Connection refused");
}

static void test_wrong_password(void **state)
{
    (void)state;
    expect_answer_is("401 Unauthorized", "WWW-Authenticate: Basic realm=\"camera\"\r\n", "auth", "");
    expect_answer_is("401 Unauthorized",
                     "WWW-Authenticate: Digest realm=\"camera\", nonce=\"0123456789\"\r\n", "auth", "");
    expect_answer_is("403 Forbidden", "", "auth", "");
}

static void test_other_refusals_of_a_camera(void **state)
{
    (void)state;
    expect_answer_is("404 Not Found", "", "not_found", "");
    expect_answer_is("500 Internal Server Error", "", "network", "");
    expect_answer_is("400 Bad Request", "", "format", "");
}

static void test_camera_that_closes_at_once(void **state)
{
    (void)state;
    expect_answer_is("", "", "network", "");
}

static void test_port_of_another_service(void **state)
{
    (void)state;
    expect_answer_is("is not spoken here", "", "network", "no answer that makes sense");
}

static void test_camera_that_never_answers(void **state)
{
    (void)state;
    uint16_t port;
    char url[128];
    struct fake_camd fake;
    int listener = listen_somewhere(&port);

    rtsp_url(url, port);
    start(&fake, url, 0.3, 20);
    assert_error(&fake, "open", "network", "no answer within 300 ms");
    fake_camd_fini(&fake);
    close(listener);
}

/* A port of another service that greets whoever comes: it was said that nothing had come. */
static void test_camera_that_says_something_else(void **state)
{
    static const char greeting[] = "SSH-2.0-OpenSSH_9.2\r\n";
    (void)state;
    uint16_t port;
    char url[128];
    struct fake_camd fake;
    int listener = listen_somewhere(&port);

    rtsp_url(url, port);
    start(&fake, url, 2, 20);
    int connection = accept(listener, NULL, NULL);
    assert_int_equal(write(connection, greeting, sizeof(greeting) - 1), sizeof(greeting) - 1);
    assert_error(&fake, "open", "network", "21 bytes came within 2 s, and no answer that makes sense");
    fake_camd_fini(&fake);
    close(connection);
    close(listener);
}

/* A process that gives this answer to the first request, and none to those after it. */
static pid_t answerer_once_start(int listener, const char *answer)
{
    pid_t pid = helper_fork();
    if (pid == 0) {
        int connection = accept(listener, NULL, NULL);
        if (request_read(connection) > 0 && write(connection, answer, strlen(answer)) > 0)
            for (;;)
                pause();
        _exit(EXIT_FAILURE);
    }
    close(listener);
    return pid;
}

/* They were said to be off or out of reach. */
static void test_http_camera_that_falls_silent_after_its_first_answer(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *words;
    } cases[] = {
        {"401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"camera\"",
         "it answered, but nothing came after that within 2 s"},
        {"302 Found\r\nLocation: /elsewhere", "it redirects, and there nothing came within 2 s"},
    };
    enum { CASES = sizeof(cases) / sizeof(cases[0]) };
    struct fake_camd fakes[CASES];
    pid_t answerers[CASES];
    for (size_t i = 0; i < CASES; i++) {
        uint16_t port;
        char url[128], answer[256];
        int listener = listen_somewhere(&port);
        snprintf(answer, sizeof(answer), "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", cases[i].answer);
        answerers[i] = answerer_once_start(listener, answer);
        snprintf(url, sizeof(url), "http://admin:" PASSWORD "@127.0.0.1:%u/live", port);
        start(&fakes[i], url, 2, 20);
    }
    for (size_t i = 0; i < CASES; i++) {
        assert_error(&fakes[i], "open", "network", cases[i].words);
        fake_camd_fini(&fakes[i]);
        helper_stop(answerers[i]);
    }
}

/* It was called a redirection, as any answer from 300 to 399 was. */
static void test_rtsp_answer_that_is_no_redirection(void **state)
{
    (void)state;
    expect_answer_is("304 Not Modified", "", "format", "the camera answered with 304");
}

/* Until the worker's connection is there. */
static void wait_for_connection(int listener)
{
    int connection = accept(listener, NULL, NULL);
    assert_true(connection >= 0);
    assert_true(request_read(connection) > 0);
}

static void test_stop_while_the_camera_does_not_answer(void **state)
{
    (void)state;
    uint16_t port;
    char url[128];
    struct fake_camd fake;
    int listener = listen_somewhere(&port);

    rtsp_url(url, port);
    start(&fake, url, 3000, 3000);
    wait_for_connection(listener);
    fake_camd_send(&fake, json_pack("{s:s}", "type", "stop"));
    assert_int_equal(fake_camd_wait(&fake), 0);
    assert_null(fake.error);
    fake_camd_fini(&fake);
    close(listener);
}

static void test_end_of_the_channel_while_the_camera_does_not_answer(void **state)
{
    (void)state;
    uint16_t port;
    char url[128];
    struct fake_camd fake;
    int listener = listen_somewhere(&port);

    rtsp_url(url, port);
    start(&fake, url, 3000, 3000);
    wait_for_connection(listener);
    close(fake.host.channel);
    fake.host.channel = -1;
    assert_true(WIFEXITED(fake_camd_wait(&fake)));
    fake_camd_fini(&fake);
    close(listener);
}

/* ---- a real RTSP server ---- */

struct camera {
    pid_t pid;
    char url[256]; /* without user and password */
};

/* Skips the test where the server's libraries are missing. */
static void camera_start(struct camera *camera, const char *option, const char *value)
{
    int pipe_fds[2];
    char line[256];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    camera->pid = helper_fork();
    if (camera->pid == 0) {
        dup2(pipe_fds[1], STDOUT_FILENO);
        if (option)
            execl("/usr/bin/python3", "python3", rtsp_server, option, value, "--user", "admin", (char *)NULL);
        else
            execl("/usr/bin/python3", "python3", rtsp_server, (char *)NULL);
        _exit(127);
    }
    close(pipe_fds[1]);
    FILE *output = fdopen(pipe_fds[0], "r");
    bool is_there = fgets(line, sizeof(line), output) && sscanf(line, "%255s", camera->url) == 1;
    fclose(output);
    if (!is_there) {
        helper_stop(camera->pid);
        print_message("no RTSP server here (GStreamer's, through Python)\n");
        skip();
    }
}

static void camera_url(const struct camera *camera, const char *user, char url[512])
{
    snprintf(url, 512, "rtsp://%s%s", user, camera->url + strlen("rtsp://"));
}

static void frames_come(struct fake_camd *fake, int count)
{
    json_t *stream = fake_camd_expect(fake, "stream");
    assert_string_equal(json_string_value(json_object_get(stream, "codec")), "h264");
    fake_camd_give_frames(fake, (uint32_t)json_integer_value(json_object_get(stream, "width")),
                          (uint32_t)json_integer_value(json_object_get(stream, "height")), 1);
    json_decref(stream);
    for (int64_t last_ns = 0; count > 0; count--) {
        struct camd_frame frame;
        assert_true(fake_camd_take(fake, &frame));
        assert_true(frame.arrival_ns > last_ns);
        last_ns = frame.arrival_ns;
        assert_true(fake_camd_release(fake, &frame));
    }
}

static void test_real_camera(void **state)
{
    (void)state;
    struct camera camera;
    struct fake_camd fake;
    char url[512];

    camera_start(&camera, "--password", "right");
    camera_url(&camera, "admin:right@", url);
    start(&fake, url, 20, 20);
    frames_come(&fake, 10);
    fake_camd_send(&fake, json_pack("{s:s}", "type", "stop"));
    assert_int_equal(fake_camd_wait(&fake), 0);
    fake_camd_fini(&fake);

    camera_url(&camera, "admin:" PASSWORD "@", url);
    expect_error(url, "open", "auth", "401");
    helper_stop(camera.pid);
}

static void test_real_camera_over_udp(void **state)
{
    (void)state;
    struct camera camera;
    struct fake_camd fake;

    camera_start(&camera, NULL, NULL);
    fake_camd_init(&fake);
    fake_camd_start(&fake, program,
                    json_pack("{s:s, s:f, s:s}", "input", camera.url, "fps", 60.0, "rtsp_transport", "udp"));
    frames_come(&fake, 10);
    fake_camd_fini(&fake);
    helper_stop(camera.pid);
}

static void test_path_that_a_real_camera_does_not_have(void **state)
{
    (void)state;
    struct camera camera;
    char url[512];

    camera_start(&camera, NULL, NULL);
    snprintf(url, sizeof(url), "%s/nothing/here", camera.url);
    expect_error(url, "open", "not_found", "404");
    helper_stop(camera.pid);
}

static void test_camera_that_dies(void **state)
{
    (void)state;
    struct camera camera;
    struct fake_camd fake;

    camera_start(&camera, NULL, NULL);
    start(&fake, camera.url, 20, 20);
    frames_come(&fake, 3);
    helper_stop(camera.pid);
    assert_error(&fake, "read", "network", "");
    fake_camd_fini(&fake);
}

static void test_camera_that_falls_silent(void **state)
{
    (void)state;
    struct camera camera;
    struct fake_camd fake;

    camera_start(&camera, NULL, NULL);
    start(&fake, camera.url, 20, 0.7);
    frames_come(&fake, 3);
    kill(camera.pid, SIGSTOP);
    assert_error(&fake, "read", "network", "nothing came for 700 ms");
    fake_camd_fini(&fake);
    helper_stop(camera.pid);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -r '%s'", directory);
    return system(command);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing_file),
        cmocka_unit_test(test_text_file_as_video),
        cmocka_unit_test(test_empty_file),
        cmocka_unit_test(test_directory),
        cmocka_unit_test(test_named_pipe_without_a_writer),
        cmocka_unit_test(test_sound_without_pictures),
        cmocka_unit_test(test_unknown_scheme),
        cmocka_unit_test(test_pattern_with_a_mistake),
        cmocka_unit_test(test_play_list_opens_no_connection),
        cmocka_unit_test(test_connection_refused),
        cmocka_unit_test(test_wrong_password),
        cmocka_unit_test(test_other_refusals_of_a_camera),
        cmocka_unit_test(test_camera_that_closes_at_once),
        cmocka_unit_test(test_port_of_another_service),
        cmocka_unit_test(test_camera_that_never_answers),
        cmocka_unit_test(test_camera_that_says_something_else),
        cmocka_unit_test(test_http_camera_that_falls_silent_after_its_first_answer),
        cmocka_unit_test(test_rtsp_answer_that_is_no_redirection),
        cmocka_unit_test(test_stop_while_the_camera_does_not_answer),
        cmocka_unit_test(test_end_of_the_channel_while_the_camera_does_not_answer),
        cmocka_unit_test(test_real_camera),
        cmocka_unit_test(test_real_camera_over_udp),
        cmocka_unit_test(test_path_that_a_real_camera_does_not_have),
        cmocka_unit_test(test_camera_that_dies),
        cmocka_unit_test(test_camera_that_falls_silent),
    };
    if (argc < 3) {
        fprintf(stderr, "usage: %s CAMD-CAPTURE RTSP-SERVER.py [PATTERN]\n", argv[0]);
        return EXIT_FAILURE;
    }
    program = argv[1];
    rtsp_server = argv[2];
    if (argc > 3)
        cmocka_set_test_filter(argv[3]);
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
