#include "base/background.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error_hint.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"

void background_clean_inheritance(bool keeps_signals)
{
    struct sigaction standard = {.sa_handler = SIG_DFL}, ignored = {.sa_handler = SIG_IGN};
    sigset_t none;
    for (int fd = open("/dev/null", O_RDWR); fd >= 0; fd = open("/dev/null", O_RDWR)) {
        if (fd > STDERR_FILENO) {
            close(fd);
            break;
        }
    }
    sigemptyset(&none);
    if (!keeps_signals)
        sigprocmask(SIG_SETMASK, &none, NULL);
    sigaction(SIGCHLD, &standard, NULL); /* ignored, it would reap the children behind our back */
    sigaction(SIGPIPE, &ignored, NULL);
    sigaction(SIGXFSZ, &ignored, NULL); /* a limit of a file's size is an error of that file, EFBIG */
    umask(022);
}

/* Of a child that ends. */
static int exit_status_of(pid_t child)
{
    int status;
    pid_t ended;
    do {
        ended = waitpid(child, &status, 0);
    } while (ended < 0 && errno == EINTR);
    return ended == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* A byte means that the child is ready, the end of the file that it gave up, which it has said on our standard error. */
static void wait_and_exit(pid_t child, int fd)
{
    char byte;
    ssize_t length;
    do {
        length = read(fd, &byte, 1);
    } while (length < 0 && errno == EINTR);
    _exit(length == 1 ? 0 : exit_status_of(child));
}

int background_begin(const char *program)
{
    int fds[2];
    pid_t child = pipe2(fds, O_CLOEXEC) == 0 ? fork() : -1;
    if (child < 0) {
        char words[ERROR_WORDS_BYTES];
        fprintf(stderr, "%s: cannot go into the background: %s\n", program, error_words(errno, words));
        exit(1);
    }
    if (child > 0) {
        close(fds[1]);
        wait_and_exit(child, fds[0]);
    }
    close(fds[0]);
    setsid();
    return fds[1];
}

static void to_null(int fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, fd) < 0)
        close(fd); /* whoever reads the other end waits for that */
    if (null >= 0)
        close(null);
}

void background_release(int *ready_fd)
{
    if (*ready_fd < 0)
        return;
    to_null(STDIN_FILENO);
    to_null(STDOUT_FILENO);
    to_null(STDERR_FILENO);
    const char ready = BACKGROUND_READY;
    if (write(*ready_fd, &ready, 1) < 0)
        log_warning(NULL, "whoever started this did not wait for it");
    sys_close(ready_fd);
}

const char *background_absolute_path(const char *path)
{
    char *directory = path && path[0] != '/' ? get_current_dir_name() : NULL;
    char *absolute = directory ? text_format("%s/%s", directory, path) : NULL;
    free(directory);
    return absolute ? absolute : path;
}

void background_leave_directory(const char *program)
{
    if (chdir("/") < 0)
        fprintf(stderr, "%s: cannot change to /: %s\n", program, strerror(errno));
}
