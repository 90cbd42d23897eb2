/*
 * A worker that was taken over: loaded into capture and tracker (LD_PRELOAD), it waits for the first packet of the stream,
 * or until the tracker is in its sandbox, and then does what whoever has it would try. Each attempt is a line of the log:
 * "attempt NAME: EPERM".
 *
 * CAMD_TEST_CAMERA is the camera's port at 127.0.0.1, where it may go; 127.0.0.2 is another host. CAMD_TEST_OTHER is
 * the path of another camera's segment.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In the place of a library's. */
#define IN_PLACE __attribute__((visibility("default")))

enum { CHANNEL = 3, RACES = 60, FLOOD = 1000 };

static uint16_t camera_port;

static struct sockaddr_in address_of(const char *host, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, host, &address.sin_addr);
    return address;
}

static void tell(const char *name, long result)
{
    const char *word = result >= 0 ? "done" : strerrorname_np(errno);
    fprintf(stderr, "<6>attempt %s: %s\n", name, word);
}

/* The system call itself, and not what the program has in its place. */
static long connect_by_itself(const char *host, uint16_t port, int type)
{
    const struct sockaddr_in address = address_of(host, port);
    const int fd = socket(AF_INET, type, 0);
    const long result = syscall(SYS_connect, fd, &address, sizeof(address));
    const int error = errno;
    close(fd);
    errno = error;
    return result;
}

static long send_to(const char *host, int type, int flags)
{
    const struct sockaddr_in address = address_of(host, camera_port);
    return sendto(socket(AF_INET, type, 0), "x", 1, flags, (const struct sockaddr *)&address,
                  sizeof(address));
}

static long send_messages(const char *host, bool many)
{
    struct sockaddr_in address = address_of(host, camera_port);
    struct iovec piece = {.iov_base = (void *)"x", .iov_len = 1};
    struct mmsghdr message = {
        .msg_hdr = {
            .msg_name = &address, .msg_namelen = sizeof(address), .msg_iov = &piece, .msg_iovlen = 1}};
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    return many ? sendmmsg(fd, &message, 1, 0) : sendmsg(fd, &message.msg_hdr, 0);
}

static long hand_on(void)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {
        .header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct iovec piece = {.iov_base = (void *)"{}", .iov_len = 2};
    const struct msghdr message = {.msg_iov = &piece,
                                   .msg_iovlen = 1,
                                   .msg_control = control.bytes,
                                   .msg_controllen = sizeof(control.bytes)};
    memset(CMSG_DATA(&control.header), 0, sizeof(int));
    return sendmsg(CHANNEL, &message, 0);
}

/* Through camd, as the program itself would: it says what the answer is. */
static long connect_by_camd(const char *host, uint16_t port, int type)
{
    const struct sockaddr_in address = address_of(host, port);
    const int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
    const int result = connect(fd, (const struct sockaddr *)&address, sizeof(address));
    const int error = errno;
    struct sockaddr_in peer;
    socklen_t length = sizeof(peer);
    const bool has_peer = getpeername(fd, (struct sockaddr *)&peer, &length) == 0;
    close(fd);
    errno = error;
    return result == 0 && !has_peer ? (errno = ENOTCONN, -1) : result == 0 || error == EINPROGRESS ? 0 : -1;
}

/* The socket that camd makes is in the place of one that had room for more packets than others. */
static long keep_room(void)
{
    const struct sockaddr_in address = address_of("127.0.0.1", 9999);
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    int asked = 100000, bytes = 0;
    socklen_t length = sizeof(bytes);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &asked, sizeof(asked));
    const bool has_it = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
                        getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &length) == 0 && bytes == 2 * asked;
    close(fd);
    return has_it ? 0 : (errno = ENOBUFS, -1);
}

/* "I am allowed that one, too": said once more, too late. */
static long enlarge(void)
{
    char text[256];
    snprintf(text, sizeof(text),
             "{\"type\":\"sandbox\",\"hosts\":true,\"peers\":[{\"address\":\"127.0.0.2\",\"port\":%d}]}",
             camera_port);
    if (send(CHANNEL, text, strlen(text), 0) < 0)
        return -1;
    return connect_by_camd("127.0.0.2", camera_port, SOCK_STREAM);
}

static struct sockaddr_in shared;
static volatile enum { BEFORE, RACING, OVER } stage;
static volatile bool is_changing; /* the other thread has begun */
static pthread_t racer;

static void *change_address(void *context)
{
    const in_addr_t camera = inet_addr("127.0.0.1"), other = inet_addr("127.0.0.2");
    (void)context;
    while (stage == BEFORE)
        usleep(1000);
    is_changing = true;
    while (stage == RACING)
        shared.sin_addr.s_addr = shared.sin_addr.s_addr == camera ? other : camera;
    return NULL;
}

/* It can't be made later: as if a library had made it before the sandbox. */
__attribute__((constructor)) static void make_racer(void)
{
    if (getenv("CAMD_TEST_CAMERA") && strcmp(program_invocation_short_name, "camd-capture") == 0)
        pthread_create(&racer, NULL, change_address, NULL);
}

static void *do_nothing(void *context)
{
    return context;
}

static long make_thread(void)
{
    pthread_t thread;
    errno = pthread_create(&thread, NULL, do_nothing, NULL);
    return errno == 0 ? 0 : -1;
}

/* Who listens at the other host knows whether one of these got through. */
static long race(void)
{
    long connected = 0;
    shared = address_of("127.0.0.1", camera_port);
    stage = RACING;
    while (!is_changing)
        usleep(1000);
    for (int i = 0; i < RACES; i++) {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connected +=
            connect(fd, (const struct sockaddr *)&shared, sizeof(shared)) == 0 || errno == EINPROGRESS;
        close(fd);
    }
    stage = OVER;
    pthread_join(racer, NULL);
    return connected > 0 ? 0 : -1;
}

/* As fast as it can; the answers are left lying. */
static long flood(void)
{
    char text[256];
    snprintf(text, sizeof(text), "{\"type\":\"connect\",\"id\":0,\"address\":\"127.0.0.2\",\"port\":%d}",
             camera_port);
    for (int i = 0; i < FLOOD; i++)
        if (send(CHANNEL, text, strlen(text), MSG_DONTWAIT) < 0)
            return -1;
    return 0;
}

static long linger(void)
{
    const struct linger hour = {.l_onoff = 1, .l_linger = 3600};
    return setsockopt(socket(AF_INET, SOCK_STREAM, 0), SOL_SOCKET, SO_LINGER, &hour, sizeof(hour));
}

static long route(void)
{
    return setsockopt(socket(AF_INET, SOCK_STREAM, 0), IPPROTO_IP, IP_OPTIONS, "", 0);
}

/* ---- what is no worker's business, whichever it is ---- */

static long open_path(const char *path, int flags)
{
    return path ? open(path, flags | O_CLOEXEC) : -1;
}

/* None of its own segments is still open: it is the call that is refused. */
static long truncate_segment(void)
{
    return ftruncate(CHANNEL, 0);
}

static long execute(void)
{
    char *argv[] = {(char *)"true", NULL};
    return execv("/bin/true", argv);
}

static long listen_somewhere(void)
{
    return listen(socket(AF_INET, SOCK_STREAM, 0), 1);
}

static void attack_machine(const char *prefix)
{
    const struct {
        const char *name;
        long (*attempt)(void);
    } calls[] = {{"truncating a segment", truncate_segment},
                 {"executing a program", execute},
                 {"making a thread", make_thread}};
    char name[64];
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", prefix, calls[i].name);
        tell(name, calls[i].attempt());
    }
    snprintf(name, sizeof(name), "%sanother camera's segment", prefix);
    tell(name, open_path(getenv("CAMD_TEST_OTHER"), O_RDWR));
    snprintf(name, sizeof(name), "%s/etc/shadow", prefix);
    tell(name, open_path("/etc/shadow", O_RDONLY));
    snprintf(name, sizeof(name), "%smaking a process", prefix);
    tell(name, fork());
    snprintf(name, sizeof(name), "%stracing camd", prefix);
    tell(name, ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
    snprintf(name, sizeof(name), "%sending camd", prefix);
    tell(name, kill(getppid(), SIGKILL));
}

static void attack(void)
{
    tell("connect to another host", connect_by_itself("127.0.0.2", camera_port, SOCK_STREAM));
    tell("connect to the camera without camd", connect_by_itself("127.0.0.1", camera_port, SOCK_STREAM));
    tell("connect of a datagram socket", connect_by_itself("127.0.0.2", 53, SOCK_DGRAM));
    tell("sendto another host", send_to("127.0.0.2", SOCK_DGRAM, 0));
    tell("sendto that connects", send_to("127.0.0.2", SOCK_STREAM, MSG_FASTOPEN));
    tell("sendmsg to another host", send_messages("127.0.0.2", false));
    tell("sendmmsg to another host", send_messages("127.0.0.2", true));
    tell("sendmsg with a descriptor", hand_on());
    tell("socket of the machine", socket(AF_UNIX, SOCK_STREAM, 0));
    tell("socket of another protocol", socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP));
    tell("a route of its own", route());
    tell("a socket that lingers", linger());
    tell("listening", listen_somewhere());
    attack_machine("");
    tell("another host by camd", connect_by_camd("127.0.0.2", camera_port, SOCK_STREAM));
    tell("another host's datagrams by camd", connect_by_camd("127.0.0.2", 9999, SOCK_DGRAM));
    tell("another port by camd", connect_by_camd("127.0.0.1", camera_port == 1 ? 2 : 1, SOCK_STREAM));
    tell("another host said late", enlarge());
    tell("the camera by camd", connect_by_camd("127.0.0.1", camera_port, SOCK_STREAM));
    tell("the camera's datagrams by camd", connect_by_camd("127.0.0.1", 9999, SOCK_DGRAM));
    tell("room for datagrams by camd", keep_room());
    tell("a race", race());
    tell("a flood", flood());
    fputs("<6>attempts are over\n", stderr);
}

/* Its sandbox is there when it may not ask whether it is. */
static bool is_tracker_in_sandbox(void)
{
    return strcmp(program_invocation_short_name, "camd-tracker") == 0 && prctl(PR_GET_SECCOMP) < 0;
}

static void attack_from_tracker(void)
{
    attack_machine("tracker: ");
    tell("tracker: a socket", socket(AF_INET, SOCK_STREAM, 0));
    tell("tracker: a socket of datagrams", socket(AF_INET6, SOCK_DGRAM, 0));
    tell("tracker: a socket of the machine", socket(AF_UNIX, SOCK_STREAM, 0));
    fputs("<6>tracker: attempts are over\n", stderr);
}

/* What every worker calls while it waits. */
IN_PLACE int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    static int (*next)(struct pollfd *, nfds_t, int);
    static bool has_attacked;
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "poll");
    if (!has_attacked && is_tracker_in_sandbox()) {
        has_attacked = true;
        attack_from_tracker();
    }
    return next(fds, count, timeout);
}

/* What capture calls with the first packet, and with all others. */
struct AVCodecContext;
struct AVPacket;
IN_PLACE int avcodec_send_packet(struct AVCodecContext *context, const struct AVPacket *packet);

int avcodec_send_packet(struct AVCodecContext *context, const struct AVPacket *packet)
{
    static int (*next)(struct AVCodecContext *, const struct AVPacket *);
    const char *port = getenv("CAMD_TEST_CAMERA");
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "avcodec_send_packet");
    if (port && packet && camera_port == 0) {
        camera_port = (uint16_t)atoi(port);
        attack();
    }
    return next(context, packet);
}
