/*
 * The second filter, of a worker that has resolved its camera's name: no more ways to any host.
 *
 * Its parent connects for it (daemon/supervise/worker_connect.h). A filter can't look behind a pointer, so whatever has an
 * address behind one is refused as a whole: connect, sendmsg and sendmmsg always, sendto with an address. An answer by the
 * parent about the worker's own call (SECCOMP_RET_USER_NOTIF) would do without that, but the parent needs CAP_SYS_PTRACE
 * then, over all processes, to read the address and to get the socket; and a socket that both have can be made to block
 * whoever connects it.
 */
#include <errno.h>
#include <linux/net.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/socket.h>

#include "sandbox/sandbox_private.h"

#define REFUSE SCMP_ACT_ERRNO(EPERM)

static int refuse_calls(scmp_filter_ctx filter)
{
    /* sendmsg would also hand descriptors on, whose last close may take the receiver its time */
    static const int calls[] = {SCMP_SYS(connect), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(seccomp)};
    int error = 0;
    for (size_t i = 0; error == 0 && i < sizeof(calls) / sizeof(calls[0]); i++)
        error = seccomp_rule_add(filter, REFUSE, calls[i], 0);
    if (error == 0 && !SANDBOX_SOCKETS_ARE_HIDDEN) /* where they are, the rule would be about all sockets */
        error = seccomp_rule_add(filter, REFUSE, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
    return error;
}

static int refuse_addresses(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, REFUSE, SCMP_SYS(sendto), 1, SCMP_A4(SCMP_CMP_NE, 0, 0));
}

/*
 * A route that packets are to take (IP_OPTIONS) would lead them past a host of the worker's choice. And a parent that
 * closes its copy of a socket last must not linger for it. The kernel looks at 32 bits of each of these arguments, and
 * a worker may put anything into the others.
 */
static int refuse_options(scmp_filter_ctx filter)
{
    const int call = SCMP_SYS(setsockopt);
    int error = seccomp_rule_add(filter, REFUSE, call, 1, SCMP_A1(SCMP_CMP_EQ, IPPROTO_IP, 0));
    if (error == 0)
        error = seccomp_rule_add(filter, REFUSE, call, 1, SCMP_A1(SCMP_CMP_GT, IPPROTO_TCP, 0));
    if (error == 0)
        error = seccomp_rule_add(filter, REFUSE, call, 2, SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET, 0),
                                 SCMP_A2(SCMP_CMP_MASKED_EQ, UINT32_MAX, SO_LINGER));
    return error;
}

/* socketcall (calls.c) hides what the rules above look at: where they allow some, it is allowed none. */
static int refuse_hidden(scmp_filter_ctx filter)
{
    static const scmp_datum_t calls[] = {SYS_SENDTO, SYS_SETSOCKOPT};
    int error = 0;
    for (size_t i = 0; SCMP_SYS(socketcall) >= 0 && error == 0 && i < sizeof(calls) / sizeof(calls[0]); i++)
        error = seccomp_rule_add(filter, REFUSE, SCMP_SYS(socketcall), 1, SCMP_A0(SCMP_CMP_EQ, calls[i], 0));
    return error;
}

void sandbox_close_network(const struct sandbox_wish *wish, struct sandbox_state *state)
{
    if (!state->calls || !wish->closes_network)
        return;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return;
    int error = refuse_calls(filter);
    if (error == 0)
        error = refuse_addresses(filter);
    if (error == 0)
        error = refuse_options(filter);
    if (error == 0)
        error = refuse_hidden(filter);
    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (error == 0) /* that is so already, and the first filter lets nobody ask for it */
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    state->hosts = error == 0;
}
