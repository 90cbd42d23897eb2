#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "camd/worker.h"
#include "misbehave.h"

enum {
    MESSAGE_LONGEST = 100000,
    LINE_CUT = 1024, /* where camd cuts a line of the log */
    LEAK_MB_MAX = 2048,
};

static const char password_url[] = "rtsp://admin:geheim@192.0.2.1/stream";

static long number_of(const struct item *item, long fallback)
{
    return item->value[0] ? strtol(item->value, NULL, 10) : fallback;
}

static void set_size(struct misbehave *worker, const struct item *item)
{
    sscanf(item->value, "%ux%u", &worker->width, &worker->height);
}

/* ---- settings ---- */

static void act_well(struct misbehave *worker, const struct item *item)
{
    (void)worker;
    (void)item;
}

static void act_fps(struct misbehave *worker, const struct item *item)
{
    long fps = number_of(item, 10);
    worker->fps = fps > 0 && fps <= 1000 ? (unsigned int)fps : 10;
}

static void act_ignore_term(struct misbehave *worker, const struct item *item)
{
    (void)item;
    worker->ignore_stop = true;
}

static void act_never_ready(struct misbehave *worker, const struct item *item)
{
    (void)item;
    worker->never_ready = true;
}

static void act_stall(struct misbehave *worker, const struct item *item)
{
    (void)item;
    worker->stalled = true;
}

/* ---- ends ---- */

static void act_exit(struct misbehave *worker, const struct item *item)
{
    (void)worker;
    _exit((int)number_of(item, 0));
}

static void act_signal(struct misbehave *worker, const struct item *item)
{
    int number = (int)number_of(item, SIGSEGV);
    (void)worker;
    signal(number, SIG_DFL);
    raise(number);
}

static void act_hang(struct misbehave *worker, const struct item *item)
{
    (void)worker;
    (void)item;
    raise(SIGSTOP);
}

static void act_ended(struct misbehave *worker, const struct item *item)
{
    misbehave_send_type(worker, "ended");
    _exit((int)number_of(item, 0));
}

static void act_fail(struct misbehave *worker, const struct item *item)
{
    char text[512];
    int length = snprintf(
        text, sizeof(text),
        "{\"type\": \"error\", \"stage\": \"open\", \"class\": \"%s\", \"text\": \"no picture from %s\", \"hint\": \"look at %s\"}",
        item->value[0] ? item->value : "local", password_url, password_url);
    misbehave_send(worker, text, (size_t)length, NULL, 0);
    _exit(1);
}

/* ---- descriptors ---- */

static void act_close_channel(struct misbehave *worker, const struct item *item)
{
    (void)item;
    close(worker->channel);
    worker->channel = -1;
}

static void act_close_log(struct misbehave *worker, const struct item *item)
{
    (void)worker;
    (void)item;
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
}

/* A process of its own that nobody waits for: init or a reaper gets it. */
static void leave_grandchild(bool new_session)
{
    pid_t child = fork();
    if (child != 0) {
        waitpid(child, NULL, 0);
        return;
    }
    if (fork() != 0)
        _exit(0);
    if (new_session)
        setsid();
    signal(SIGTERM, SIG_IGN);
    alarm(MISBEHAVE_LIFETIME_S);
    for (;;)
        pause();
}

static void act_grandchild(struct misbehave *worker, const struct item *item)
{
    (void)worker;
    (void)item;
    leave_grandchild(false);
}

static void act_grandchild_session(struct misbehave *worker, const struct item *item)
{
    (void)worker;
    (void)item;
    leave_grandchild(true);
}

/* ---- segments ---- */

static void each_segment(struct misbehave *worker, void (*act)(int fd))
{
    const int fds[] = {worker->fds.info, worker->fds.ctl, worker->fds.result, worker->fds.in,
                       worker->fds.out};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        act(fds[i]);
    for (uint32_t slot = 0; slot < worker->fds.frame_count; slot++)
        act(worker->fds.frames[slot]);
}

static void truncate_one(int fd)
{
    if (fd >= 0 && ftruncate(fd, 0) < 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR)
        perror("truncate");
}

static void scribble_one(int fd)
{
    uint8_t noise[4096];
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0 || status.st_size == 0)
        return;
    size_t size = (size_t)status.st_size;
    uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (map == MAP_FAILED)
        return; /* read-only */
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (uint8_t)(random() >> 8);
    for (size_t at = 0; at < size; at += sizeof(noise))
        memcpy(map + at, noise, size - at < sizeof(noise) ? size - at : sizeof(noise));
    munmap(map, size);
}

/* What we have mapped would kill us, so it goes first. */
static void act_truncate(struct misbehave *worker, const struct item *item)
{
    (void)item;
    if (!worker->has_segments)
        return;
    worker->stalled = true;
    each_segment(worker, truncate_one);
}

static void act_scribble(struct misbehave *worker, const struct item *item)
{
    (void)item;
    if (worker->has_segments)
        each_segment(worker, scribble_one);
}

static void act_lease(struct misbehave *worker, const struct item *item)
{
    if (worker->has_segments && worker->is_tracker)
        __atomic_store_n(&worker->segments.tracker->lease, (uint32_t)number_of(item, 1), __ATOMIC_SEQ_CST);
    worker->stalled = true;
}

/* ---- messages ---- */

#define TEXT(literal)                                                                                        \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }

struct text {
    const char *bytes;
    size_t length;
};

static void send_texts(struct misbehave *worker, const struct text *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        misbehave_send(worker, texts[i].bytes, texts[i].length, NULL, 0);
}

static void act_garbage(struct misbehave *worker, const struct item *item)
{
    static const struct text texts[] = {
        TEXT("x"),
        TEXT("{"),
        TEXT("{}"),
        TEXT("[]"),
        TEXT("null"),
        TEXT("\"ready\""),
        TEXT("{\"type\""),
        TEXT("{\"type\": \"ready\"}}"),
        TEXT("{\"type\": \"ready\", \"type\": \"ended\"}"),
        TEXT("{\"type\": \"rea\0dy\"}"),
        TEXT("\0\0\0\0"),
        TEXT("{\"type\": \"ready\"}\0{\"type\": \"ended\"}"),
        TEXT("{\"type\": \"\xff\xfe\xc0\x80\"}"),
        TEXT("{\"type\": \"\\ud800\"}"),
        TEXT("{\"type\": 1e999999}"),
    };
    char nested[4096];

    (void)item;
    send_texts(worker, texts, sizeof(texts) / sizeof(texts[0]));
    memset(nested, '[', sizeof(nested));
    misbehave_send(worker, nested, sizeof(nested), NULL, 0);
}

static void act_wrong_types(struct misbehave *worker, const struct item *item)
{
    static const struct text texts[] = {
        TEXT("{\"type\": 1}"),
        TEXT("{\"type\": null}"),
        TEXT("{\"type\": [\"ready\"]}"),
        TEXT("{\"type\": \"stream\"}"),
        TEXT(
            "{\"type\": \"stream\", \"width\": \"640\", \"height\": {}, \"fps\": [], \"codec\": 1, \"pixel_format\": null}"),
        TEXT("{\"type\": \"stream\", \"width\": -640, \"height\": -480}"),
        TEXT("{\"type\": \"stream\", \"width\": 0, \"height\": 0}"),
        TEXT("{\"type\": \"stream\", \"width\": 9223372036854775807, \"height\": 9223372036854775807}"),
        TEXT("{\"type\": \"stream\", \"width\": 4294967936, \"height\": 4294967776}"),
        TEXT("{\"type\": \"stream\", \"width\": 100000, \"height\": 2}"),
        TEXT("{\"type\": \"error\"}"),
        TEXT("{\"type\": \"error\", \"stage\": 1, \"class\": [], \"text\": {}, \"hint\": false}"),
        TEXT(
            "{\"type\": \"error\", \"stage\": \"nowhere\", \"class\": \"nothing\", \"text\": \"\\u001b[31m\\n\\u0000\"}"),
        TEXT("{\"type\": \"event\"}"),
        TEXT("{\"type\": \"event\", \"event\": 1}"),
        TEXT("{\"type\": \"event\", \"event\": \"motion\", \"active\": 1, \"boxes\": {}}"),
        TEXT("{\"type\": \"event\", \"event\": \"object\", \"phase\": \"start\", \"id\": -1}"),
        TEXT(
            "{\"type\": \"event\", \"event\": \"\", \"camera\": \"other\", \"seq\": -1, \"epoch\": \"x\", \"time\": []}"),
    };

    (void)item;
    send_texts(worker, texts, sizeof(texts) / sizeof(texts[0]));
}

static void act_unknown(struct misbehave *worker, const struct item *item)
{
    static const struct text texts[] = {
        TEXT("{\"type\": \"hello\"}"),    TEXT("{\"type\": \"frames\", \"fds\": [\"info\"]}"),
        TEXT("{\"type\": \"stop\"}"),     TEXT("{\"type\": \"\"}"),
        TEXT("{\"type\": \"shutdown\"}"), TEXT("{\"type\": \"%s%n%s\"}"),
    };
    (void)item;
    send_texts(worker, texts, sizeof(texts) / sizeof(texts[0]));
}

/* A known message made exactly so long by a member that nobody knows. */
static void send_long(struct misbehave *worker, size_t length)
{
    static const char begin[] = "{\"type\": \"event\", \"event\": \"long\", \"filler\": \"", end[] = "\"}";
    static char text[MESSAGE_LONGEST];
    memset(text, 'x', length);
    memcpy(text, begin, sizeof(begin) - 1);
    memcpy(text + length - (sizeof(end) - 1), end, sizeof(end) - 1);
    misbehave_send(worker, text, length, NULL, 0);
}

static void act_long(struct misbehave *worker, const struct item *item)
{
    (void)item;
    send_long(worker, CAMD_MESSAGE_BYTES);
    send_long(worker, CAMD_MESSAGE_BYTES + 1);
    send_long(worker, MESSAGE_LONGEST);
}

static void act_descriptors(struct misbehave *worker, const struct item *item)
{
    static const char text[] = "{\"type\": \"event\", \"event\": \"descriptors\", \"fds\": [\"info\"]}";
    int fds[MISBEHAVE_FDS_MAX];
    for (size_t i = 0; i < MISBEHAVE_FDS_MAX; i++)
        fds[i] = STDIN_FILENO;
    for (long i = number_of(item, 100); i > 0; i--)
        misbehave_send(worker, text, sizeof(text) - 1, fds, MISBEHAVE_FDS_MAX);
}

static void act_flood_events(struct misbehave *worker, const struct item *item)
{
    for (long i = number_of(item, 1000); i > 0; i--) {
        char text[128];
        int length =
            snprintf(text, sizeof(text), "{\"type\": \"event\", \"event\": \"flood\", \"number\": %ld}", i);
        misbehave_send(worker, text, (size_t)length, NULL, 0);
    }
}

static void act_flood_ready(struct misbehave *worker, const struct item *item)
{
    for (long i = number_of(item, 1000); i > 0; i--)
        misbehave_send_type(worker, "ready");
}

static void act_flood_garbage(struct misbehave *worker, const struct item *item)
{
    const int fd = STDIN_FILENO;
    for (long i = number_of(item, 1000); i > 0; i -= 3) {
        misbehave_send(worker, "garbage", 7, NULL, 0);
        send_long(worker, CAMD_MESSAGE_BYTES + 1);
        misbehave_send(worker, "{}", 2, &fd, 1);
    }
}

static void act_resize(struct misbehave *worker, const struct item *item)
{
    set_size(worker, item);
    if (!worker->is_tracker)
        misbehave_send_stream(worker);
}

/* ---- the log ---- */

static void write_log(const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, bytes, length);
        if (written < 0)
            return; /* closed, or SIGTERM came while camd does not read */
        bytes += written;
        length -= (size_t)written;
    }
}

static void act_flood_lines(struct misbehave *worker, const struct item *item)
{
    for (long i = number_of(item, 1000); i > 0; i--) {
        char line[128];
        int length = snprintf(line, sizeof(line), "<%ld>line %ld of frame %llu\n", i % 10, i,
                              (unsigned long long)worker->frames);
        write_log(line, (size_t)length);
    }
}

static void act_flood_bytes(struct misbehave *worker, const struct item *item)
{
    static const char bytes[4096] = {[0] = 'x', [4095] = 'x'};
    (void)worker;
    for (long left = number_of(item, 1000000); left > 0; left -= (long)sizeof(bytes))
        write_log(bytes, sizeof(bytes));
}

static void act_flood_controls(struct misbehave *worker, const struct item *item)
{
    static const char text[] = "\x1b]0;title\x07\x1b[2J\x1b[31mred\r\b\b\v\f\t\0\x7f\x9b"
                               "2J \xff\xfe\xc0\xaf \xe2\x80\xae"
                               "<7><3>\n<\n<9>\n<4\n<4>\n\n\r\n%s%n%p\n";
    (void)worker;
    (void)item;
    write_log(text, sizeof(text) - 1);
}

/* Cut anywhere in the URL, the part before the cut must not show the password. */
static void act_secrets(struct misbehave *worker, const struct item *item)
{
    const size_t url_length = sizeof(password_url) - 1;
    char line[2 * LINE_CUT];
    (void)worker;
    (void)item;
    for (size_t at = LINE_CUT - url_length - 4; at <= LINE_CUT + 4; at += 4) {
        memset(line, '.', sizeof(line));
        memcpy(line + at, password_url, url_length);
        line[at + url_length] = '\n';
        write_log(line, at + url_length + 1);
    }
    int length =
        snprintf(line, sizeof(line), "<3>cannot open %s and http://192.0.2.1/?user=admin&password=geheim\n",
                 password_url);

    write_log(line, (size_t)length);
}

/* ---- memory ---- */

static void act_leak(struct misbehave *worker, const struct item *item)
{
    static long used_mb;
    long mb = number_of(item, 16);
    (void)worker;
    if (mb <= 0 || used_mb + mb > LEAK_MB_MAX)
        return;
    size_t bytes = (size_t)mb << 20;
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map != MAP_FAILED)
        memset(map, 1, bytes);
    used_mb += mb;
}

/* ---- the table ---- */

static const struct behaviour behaviours[] = {
    {"well", MOMENT_START, false, act_well},
    {"size", MOMENT_START, false, set_size},
    {"fps", MOMENT_START, false, act_fps},
    {"ignore-term", MOMENT_START, false, act_ignore_term},
    {"never-ready", MOMENT_START, false, act_never_ready},
    {"exit", MOMENT_READY, false, act_exit},
    {"signal", MOMENT_READY, false, act_signal},
    {"hang", MOMENT_READY, false, act_hang},
    {"ended", MOMENT_READY, false, act_ended},
    {"fail", MOMENT_READY, false, act_fail},
    {"stall", MOMENT_READY, false, act_stall},
    {"resize", MOMENT_READY, false, act_resize},
    {"close-channel", MOMENT_READY, false, act_close_channel},
    {"close-log", MOMENT_READY, false, act_close_log},
    {"truncate", MOMENT_READY, false, act_truncate},
    {"scribble", MOMENT_READY, true, act_scribble},
    {"lease", MOMENT_READY, false, act_lease},
    {"garbage", MOMENT_READY, false, act_garbage},
    {"wrong-types", MOMENT_READY, false, act_wrong_types},
    {"unknown", MOMENT_READY, false, act_unknown},
    {"long", MOMENT_READY, false, act_long},
    {"descriptors", MOMENT_READY, false, act_descriptors},
    {"flood-events", MOMENT_READY, true, act_flood_events},
    {"flood-ready", MOMENT_READY, true, act_flood_ready},
    {"flood-garbage", MOMENT_READY, true, act_flood_garbage},
    {"flood-lines", MOMENT_READY, true, act_flood_lines},
    {"flood-bytes", MOMENT_READY, true, act_flood_bytes},
    {"flood-controls", MOMENT_READY, true, act_flood_controls},
    {"secrets", MOMENT_READY, false, act_secrets},
    {"grandchild", MOMENT_READY, false, act_grandchild},
    {"grandchild-session", MOMENT_READY, false, act_grandchild_session},
    {"leak", MOMENT_READY, true, act_leak},
};

const struct behaviour *misbehave_behaviour(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]); i++) {
        if (strlen(behaviours[i].word) == length && strncmp(word, behaviours[i].word, length) == 0)
            return &behaviours[i];
    }
    return NULL;
}
