#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sys.h"

/* A directory of its own for each test, with the paths of a log in it. */
struct place {
    char directory[64], log[96], moved[96];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    if (!place)
        return -1;
    snprintf(place->directory, sizeof(place->directory), "/tmp/camd-test-log.XXXXXX");
    if (!mkdtemp(place->directory)) {
        free(place);
        return -1;
    }
    snprintf(place->log, sizeof(place->log), "%s/log", place->directory);
    snprintf(place->moved, sizeof(place->moved), "%s/moved", place->directory);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    sys_fault_at(0, 0);
    log_close();
    unlink(place->log);
    unlink(place->moved);
    (void)rmdir(place->directory);
    free(place);
    return 0;
}

/* The whole file as a string. */
static char *content(const char *path)
{
    static char text[16384];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void test_timed_lines(void **state)
{
    const struct place *place = *state;
    assert_int_equal(log_open(place->log, LOG_STYLE_TIMED, LOG_INFO), 0);
    log_warning("front", "no packet for %d s", 20);

    const char *line = content(place->log);

    assert_int_equal(strlen(line), 24 + strlen(" warning front: no packet for 20 s\n"));
    assert_int_equal(line[10], 'T');
    assert_int_equal(line[23], 'Z');
    assert_string_equal(line + 24, " warning front: no packet for 20 s\n");
}

static void test_priority_lines_of_every_level(void **state)
{
    const struct place *place = *state;
    assert_int_equal(log_open(place->log, LOG_STYLE_PRIORITY, LOG_DEBUG), 0);
    log_error(NULL, "a");
    log_warning("front", "b");
    log_notice("front", "c");
    log_info("front capture", "d");
    log_debug("front", "e");
    assert_string_equal(content(place->log),
                        "<3>a\n<4>front: b\n<5>front: c\n<6>front capture: d\n<7>front: e\n");
}

static void test_levels_below_are_left_out(void **state)
{
    const struct place *place = *state;
    assert_int_equal(log_open(place->log, LOG_STYLE_PRIORITY, LOG_WARNING), 0);
    log_notice(NULL, "hidden");
    log_warning(NULL, "shown");
    assert_false(log_enabled(LOG_NOTICE));
    assert_true(log_enabled(LOG_ERROR));
    log_set_level(LOG_NOTICE);
    log_notice(NULL, "shown too");
    assert_string_equal(content(place->log), "<4>shown\n<5>shown too\n");
}

static void test_a_line_stays_a_line(void **state)
{
    const struct place *place = *state;
    assert_int_equal(log_open(place->log, LOG_STYLE_PRIORITY, LOG_INFO), 0);
    log_info("a\nb", "two\nlines\t%s\x1b[2J \x7f %s", "\r", "caf\xc3\xa9");
    log_info(NULL,
             "\xc2\x9b"
             "2J \xc2\x80 \xc2\xa0 \xc4\x80 %s",
             "cut \xc2"); /* U+009B is ESC [ in one */
    assert_string_equal(content(place->log), "<6>a b: two lines ??[2J ? caf\xc3\xa9\n"
                                             "<6>??2J ?? \xc2\xa0 \xc4\x80 cut \xc2\n");
}

static void test_long_lines_are_cut(void **state)
{
    const struct place *place = *state;
    static char text[10000];
    memset(text, 'x', sizeof(text) - 1);
    assert_int_equal(log_open(place->log, LOG_STYLE_PRIORITY, LOG_INFO), 0);
    log_info(NULL, "%s", text);
    log_info(text, "subject");

    const char *lines = content(place->log);
    const char *end = strchr(lines, '\n');

    assert_int_equal(end - lines, 4095);
    assert_int_equal(strlen(lines), 2 * 4096);
    assert_int_equal(lines[2 * 4096 - 1], '\n');
}

static void test_reopen_follows_a_rotation(void **state)
{
    const struct place *place = *state;
    assert_int_equal(log_open(place->log, LOG_STYLE_PRIORITY, LOG_INFO), 0);
    log_info(NULL, "one");
    assert_int_equal(rename(place->log, place->moved), 0);
    log_info(NULL, "two");
    assert_int_equal(log_reopen(), 0);
    log_info(NULL, "three");
    assert_string_equal(content(place->moved), "<6>one\n<6>two\n");
    assert_string_equal(content(place->log), "<6>three\n");
}

static void test_a_failing_reopen_keeps_the_old_log(void **state)
{
    const struct place *place = *state;
    assert_int_equal(log_open(place->log, LOG_STYLE_PRIORITY, LOG_INFO), 0);
    sys_fault_at(1, EMFILE);
    assert_int_equal(log_reopen(), -EMFILE);
    assert_true(sys_fault_happened());
    log_info(NULL, "still here");
    assert_string_equal(content(place->log), "<6>still here\n");
}

static void test_a_failing_open_keeps_the_old_log(void **state)
{
    const struct place *place = *state;
    assert_int_equal(log_open(place->log, LOG_STYLE_PRIORITY, LOG_INFO), 0);
    assert_int_equal(log_open(place->directory, LOG_STYLE_TIMED, LOG_ERROR), -EISDIR);
    log_info(NULL, "still here");
    assert_string_equal(content(place->log), "<6>still here\n");
}

static void test_lines_are_appended_and_the_file_is_private_to_the_group(void **state)
{
    const struct place *place = *state;
    struct stat status;
    const mode_t mask = umask(0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(log_open(place->log, LOG_STYLE_PRIORITY, LOG_INFO), 0);
        log_info(NULL, "%d", i);
        log_close();
    }
    (void)umask(mask);
    assert_string_equal(content(place->log), "<6>0\n<6>1\n");
    assert_int_equal(stat(place->log, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
}

/* Sends stderr to the file; returns the old one, for stderr_restore. */
static int stderr_divert(const char *path)
{
    const int saved = dup(STDERR_FILENO);
    const int file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(saved >= 0 && file >= 0);
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    close(file);
    return saved;
}

static void stderr_restore(int saved)
{
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
}

static void test_without_a_file_lines_go_to_stderr(void **state)
{
    const struct place *place = *state;
    const int saved = stderr_divert(place->log);
    assert_int_equal(log_open(NULL, LOG_STYLE_PRIORITY, LOG_INFO), 0);
    log_info(NULL, "one");
    assert_int_equal(log_reopen(), 0);
    log_close();
    log_info(NULL, "two");
    stderr_restore(saved);
    assert_string_equal(content(place->log), "<6>one\n<6>two\n");
}

static void test_after_syslog_lines_go_to_stderr_again(void **state)
{
    const struct place *place = *state;
    const int saved = stderr_divert(place->log);
    assert_int_equal(log_open_syslog(place->moved, LOG_WARNING), -ENOENT);
    log_info("test", "not even to syslog");
    log_close();
    log_warning("front", "here");
    stderr_restore(saved);

    const char *const line = content(place->log);

    assert_int_equal(line[10], 'T');
    assert_string_equal(line + 24, " warning front: here\n");
}

/* A syslog daemon at path that reads only when it is asked to. */
static int syslogd_start(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static const char *syslogd_read(int fd)
{
    static char text[8192];
    const ssize_t length = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
    text[length < 0 ? 0 : length] = '\0';
    return text;
}

static void test_syslog_gets_datagrams_with_facility_and_priority(void **state)
{
    const struct place *place = *state;
    const int daemon = syslogd_start(place->moved);
    char end[64];
    assert_int_equal(log_open_syslog(place->moved, LOG_INFO), 0);
    log_error("front", "trouble");
    snprintf(end, sizeof(end), " %s[%d]: front: trouble", program_invocation_short_name, (int)getpid());

    const char *const line = syslogd_read(daemon);

    /* <facility daemon (3) times 8 plus priority>Mmm dd hh:mm:ss */
    assert_int_equal(strncmp(line, "<27>", 4), 0);
    assert_int_equal(line[10], ' ');
    assert_int_equal(line[13], ':');
    assert_string_equal(line + 19, end);
    close(daemon);
}

static void test_a_syslog_daemon_that_was_started_anew_gets_the_next_line(void **state)
{
    const struct place *place = *state;
    int daemon = syslogd_start(place->moved);
    assert_int_equal(log_open_syslog(place->moved, LOG_INFO), 0);
    close(daemon);
    unlink(place->moved);
    log_info("front", "nobody is there");
    daemon = syslogd_start(place->moved);
    log_info("front", "now");
    assert_non_null(strstr(syslogd_read(daemon), "<28>"));
    assert_non_null(strstr(syslogd_read(daemon), "front: now"));
    close(daemon);
}

/* libc's syslog() waits here for ever. */
static void test_a_syslog_daemon_that_does_not_read_is_not_waited_for(void **state)
{
    enum { LINES = 2000 };
    const struct place *place = *state;
    const int daemon = syslogd_start(place->moved);
    int arrived = 0;

    assert_int_equal(log_open_syslog(place->moved, LOG_INFO), 0);
    for (int i = 0; i < LINES; i++)
        log_info("front", "line %d", i);
    while (syslogd_read(daemon)[0] != '\0')
        arrived++;
    assert_true(arrived > 0 && arrived < LINES);
    log_info("front", "goes on");

    char told[64];
    snprintf(told, sizeof(told), ": %d lines of the log are lost", LINES - arrived);
    assert_non_null(strstr(syslogd_read(daemon), told));
    assert_non_null(strstr(syslogd_read(daemon), "front: goes on"));
    close(daemon);
}

/* Standard error is a pipe or a socket that is full: fds has its two ends. */
static void full_stderr(int fds[2])
{
    enum { LINES = 5000 };
    char text[65536];
    size_t arrived = 0;
    const int saved = dup(STDERR_FILENO);

    assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
    assert_int_equal(log_open(NULL, LOG_STYLE_PRIORITY, LOG_INFO), 0);
    log_never_block();
    const int flags = fcntl(fds[1], F_GETFL);
    for (int i = 0; i < LINES; i++)
        log_info("front", "a line that nobody reads, number %d", i);
    (void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
    for (ssize_t length; (length = read(fds[0], text, sizeof(text))) > 0;) {
        for (ssize_t i = 0; i < length; i++)
            arrived += text[i] == '\n';
    }
    log_info("front", "goes on");

    ssize_t length = 0, more;
    while ((more = read(fds[0], text + length, sizeof(text) - 1 - (size_t)length)) > 0)
        length += more;
    text[length] = '\0';
    log_close();
    stderr_restore(saved);
    close(fds[0]);
    close(fds[1]);

    char told[128];
    snprintf(told, sizeof(told),
             "<4>%zu lines of the log are lost: it could not be written\n<6>front: goes on\n",
             LINES - arrived);
    assert_true(arrived > 0 && arrived < LINES);
    assert_string_equal(text, told);
    assert_int_equal(flags & O_NONBLOCK, 0); /* those who share it find it as it was */
}

static void test_a_full_pipe_is_not_waited_for(void **state)
{
    int fds[2];
    (void)state;
    assert_int_equal(pipe(fds), 0);
    full_stderr(fds);
}

/* As the journal's. */
static void test_a_full_socket_is_not_waited_for(void **state)
{
    int fds[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    full_stderr(fds);
}

/* When standard error can't be opened a second time it is asked before each line. */
static void test_a_full_pipe_is_not_waited_for_where_proc_is_missing(void **state)
{
    int fds[2];
    (void)state;
    assert_int_equal(pipe(fds), 0);
    sys_fault_at(1, EACCES);
    full_stderr(fds);
}

static void test_a_pipe_in_place_of_a_file_that_nobody_reads_is_an_error(void **state)
{
    const struct place *place = *state;
    assert_int_equal(mkfifo(place->moved, 0600), 0);
    assert_int_equal(log_open(place->moved, LOG_STYLE_TIMED, LOG_INFO), -ENXIO);
}

static void test_errno_is_left_alone(void **state)
{
    const struct place *place = *state;
    assert_int_equal(log_open(place->log, LOG_STYLE_TIMED, LOG_INFO), 0);
    errno = ENOTTY;
    log_info("front", "text");
    assert_int_equal(errno, ENOTTY);
}

static void test_words_and_priorities(void **state)
{
    (void)state;
    for (int level = 0; level < LOG_LEVEL_COUNT; level++) {
        assert_int_equal(log_level_from_word(log_level_word((enum log_level)level)), level);
        assert_int_equal(log_level_from_priority(level + 3), level);
    }
    assert_string_equal(log_level_word(LOG_WARNING), "warning");
    assert_int_equal(log_level_from_word("loud"), -1);
    assert_int_equal(log_level_from_priority(0), LOG_ERROR);
    assert_int_equal(log_level_from_priority(9), LOG_DEBUG);
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_timed_lines),
        WITH_PLACE(test_priority_lines_of_every_level),
        WITH_PLACE(test_levels_below_are_left_out),
        WITH_PLACE(test_a_line_stays_a_line),
        WITH_PLACE(test_long_lines_are_cut),
        WITH_PLACE(test_reopen_follows_a_rotation),
        WITH_PLACE(test_a_failing_reopen_keeps_the_old_log),
        WITH_PLACE(test_a_failing_open_keeps_the_old_log),
        WITH_PLACE(test_lines_are_appended_and_the_file_is_private_to_the_group),
        WITH_PLACE(test_without_a_file_lines_go_to_stderr),
        WITH_PLACE(test_after_syslog_lines_go_to_stderr_again),
        WITH_PLACE(test_syslog_gets_datagrams_with_facility_and_priority),
        WITH_PLACE(test_a_syslog_daemon_that_was_started_anew_gets_the_next_line),
        WITH_PLACE(test_a_syslog_daemon_that_does_not_read_is_not_waited_for),
        WITH_PLACE(test_a_full_pipe_is_not_waited_for),
        WITH_PLACE(test_a_full_socket_is_not_waited_for),
        WITH_PLACE(test_a_full_pipe_is_not_waited_for_where_proc_is_missing),
        WITH_PLACE(test_a_pipe_in_place_of_a_file_that_nobody_reads_is_an_error),
        WITH_PLACE(test_errno_is_left_alone),
        cmocka_unit_test(test_words_and_priorities),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
