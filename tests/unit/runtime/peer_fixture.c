#include "peer_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/json.h"

void peer_start(struct peer *peer, int (*run)(void))
{
    int pair[2], log[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(pipe2(log, O_CLOEXEC), 0);
    peer->pid = fork();
    if (peer->pid == 0) {
        /* As sys_spawn has it: nothing but 0 to 3. */
        const int channel = fcntl(pair[1], F_DUPFD, 64);
        EXPECT(channel >= 0 && dup2(log[1], STDERR_FILENO) >= 0 && dup2(channel, CAMD_CHANNEL_FD) >= 0);
        for (int fd = CAMD_CHANNEL_FD + 1; fd < 256; fd++)
            close(fd);
        _exit(run());
    }
    assert_true(peer->pid > 0);
    close(pair[1]);
    close(log[1]);
    peer->channel = pair[0];
    peer->log = log[0];
}

int peer_wait(struct peer *peer)
{
    int status;
    assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
    return status;
}

void peer_close(struct peer *peer)
{
    if (peer->channel >= 0)
        close(peer->channel);
    close(peer->log);
}

void peer_assert_exits(struct peer *peer, int code)
{
    const int status = peer_wait(peer);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
    peer_close(peer);
}

const char *peer_log(struct peer *peer)
{
    static char text[8192];
    size_t length = 0;
    ssize_t count;
    while ((count = read(peer->log, text + length, sizeof(text) - 1 - length)) > 0)
        length += (size_t)count;
    text[length] = '\0';
    return text;
}

void peer_say_with(struct peer *peer, const char *text, const int *fds, size_t fd_count)
{
    assert_int_equal(camd_channel_send(peer->channel, text, strlen(text), fds, fd_count, 0), 0);
}

void peer_say(struct peer *peer, const char *text)
{
    peer_say_with(peer, text, NULL, 0);
}

json_t *peer_hear(struct peer *peer)
{
    static char text[CAMD_MESSAGE_BYTES + 1];
    json_error_t error;
    size_t fd_count;
    const ssize_t length = camd_channel_receive(peer->channel, text, sizeof(text), NULL, 0, &fd_count, 0);
    assert_true(length > 0);

    json_t *message = json_parse_object(text, (size_t)length, &error);

    assert_non_null(message);
    return message;
}

void peer_assert_hears(struct peer *peer, const char *type)
{
    json_t *message = peer_hear(peer);
    assert_string_equal(json_member_string(message, "type", ""), type);
    json_decref(message);
}

size_t peer_open_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

int peer_worker_start(struct worker *worker)
{
    return worker_start(worker, "capture", CAMD_ROLE_CAPTURE);
}
