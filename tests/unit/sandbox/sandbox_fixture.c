#include "sandbox_fixture.h"

#include <sys/socket.h>
#include <sys/syscall.h>

struct sandbox_state entered;

int in_step(const struct sandbox_wish *wish, bool closes, attempt *function, void *context)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char problem[SANDBOX_TEXT_BYTES];
        struct sandbox_state state;
        if (sandbox_enter(wish, &state, problem) < 0) {
            fprintf(stderr, "%s\n", problem);
            _exit(NOT_ENTERED);
        }
        if (closes)
            sandbox_close_network(wish, &state);
        _exit(closes && !state.hosts ? NOT_ENTERED : function(context));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), NOT_ENTERED);
    return WEXITSTATUS(status);
}

int in_sandbox(const struct sandbox_wish *wish, attempt *function, void *context)
{
    return in_step(wish, false, function, context);
}

int result_of(long result)
{
    return result < 0 ? errno : 0;
}

struct sandbox_wish wish_of(bool connects, uint16_t port)
{
    struct sandbox_wish wish = {.connects = connects};
    if (geteuid() == 0) {
        wish.drops_user = true;
        wish.user = wish.group = NOBODY;
    }
    if (port)
        sandbox_allow_port(&wish, port);
    return wish;
}

int find_state(void **state)
{
    int status;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        char problem[SANDBOX_TEXT_BYTES];
        struct sandbox_wish wish = {0};
        struct sandbox_state found;
        if (sandbox_enter(&wish, &found, problem) < 0)
            _exit(NOT_ENTERED);
        _exit(found.files | found.ports << 1 | found.calls << 2);
    }
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) == NOT_ENTERED)
        return -1;
    int bits = WEXITSTATUS(status);
    entered = (struct sandbox_state){.files = bits & 1, .ports = bits & 2, .calls = bits & 4};
    print_message("files %d, ports %d, calls %d\n", entered.files, entered.ports, entered.calls);
    return 0;
}

int try_socket(void *context)
{
    (void)context;
    return result_of(socket(AF_INET, SOCK_STREAM, 0));
}

int try_unix_socket(void *context)
{
    (void)context;
    return result_of((int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
}
