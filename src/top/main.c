/*
 * main.c - camd-top: the cameras, what they take, and what is wrong, again and again
 *
 * camctl(1) starts it for its verb top, so that camctl itself links nothing for it. On a terminal a screen; elsewhere, and with
 * --once, one table: of two samples a second apart.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/sys.h"
#include "base/text.h"
#include "camd/client.h"
#include "protocol/socket_path.h"
#include "top/feed.h"
#include "top/plain.h"
#include "top/screen.h"
#include "top/screen_signals.h"

enum {
    EVERY_MS = 2000,
    EVERY_LEAST_MS = 500,
    EVERY_MOST_MS = 60000,
    APART_MS = 1000, /* the two samples of a table */
    TIMEOUT_MS = 10000,
    LOOK_MS = 1000, /* the screen's clock goes on */
};

/* camctl's exit statuses. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NO_ANSWER = 3, EXIT_DENIED = 4 };

struct top {
    const char *socket;
    const struct column *by;
    int64_t every_ms, timeout_ms;
    bool once, json, utc;
    struct feed *feed;
    struct sample before, now; /* camera_count 0 and at_ns 0: none */
    struct rates rates;
};

/* ---- failures ---- */

static int fail(const struct top *top, int status, const char *code, const char *text, const char *hint)
{
    json_t *document =
        top->json ? json_pack("{s:{s:s, s:s, s:s}}", "error", "code", code, "text", text, "hint", hint)
                  : NULL;
    if (document)
        json_dumpf(document, stdout, JSON_COMPACT);
    if (document)
        fputc('\n', stdout);
    else
        fprintf(stderr, "camctl: %s%s%s\n", text, hint[0] ? "\n  hint: " : "", hint);
    json_decref(document);
    return status;
}

static int fail_feed(const struct top *top)
{
    const char *problem = feed_problem(top->feed);
    if (feed_is_denied(top->feed))
        return fail(top, EXIT_DENIED, "denied", problem ? problem : "camd does not let you look",
                    "be root, camd's user, or in the group that camd is told of");
    char waited[TEXT_DURATION_BYTES];
    char *text = problem ? text_format("no camd answers at %s: %s", top->socket, problem)
                         : text_format("camd at %s did not answer within %s", top->socket,
                                       text_duration((double)top->timeout_ms / 1000, waited));
    const int status =
        fail(top, EXIT_NO_ANSWER, "no_answer", text ? text : "no camd answers",
             problem ? "start it (as the service camd, or camd -d), or name another socket with -s"
                     : "it may be stopped, or busy: see its log, or wait longer with --timeout");

    free(text);
    return status;
}

/* errno says why: not on standard output, with --json either. */
static int fail_output(void)
{
    fprintf(stderr, "camctl: the output cannot be written: %s\n", strerror(errno));
    return EXIT_FAILED;
}

/* ---- samples ---- */

static bool has_sample(const struct sample *sample)
{
    return sample->at_ns != 0;
}

/* Of a camd that was started meanwhile nothing goes on. */
static bool goes_on(const struct sample *before, const struct sample *now)
{
    return has_sample(before) && now->uptime_s >= before->uptime_s;
}

/* sample: taken over. 0 or -ENOMEM. */
static int take(struct top *top, struct sample *sample)
{
    sample_free(&top->before);
    top->before = top->now;
    top->now = *sample;
    rates_free(&top->rates);
    return rates_make(&top->rates, goes_on(&top->before, &top->now) ? &top->before : NULL, &top->now);
}

/* Waits for the answer. False: none came in time, or it can't be had. */
static bool wait_for(struct top *top, struct sample *sample)
{
    const int64_t until_ns = clock_monotonic_ns() + top->timeout_ms * CLOCK_NS_PER_MS;
    struct pollfd descriptor = {.fd = feed_descriptor(top->feed), .events = POLLIN};
    feed_ask(top->feed);
    while (feed_is_asking(top->feed)) {
        const int64_t left_ms = (until_ns - clock_monotonic_ns()) / CLOCK_NS_PER_MS;
        if (feed_read(top->feed, sample))
            return true;
        if (left_ms <= 0)
            return false;
        if (feed_is_asking(top->feed))
            poll(&descriptor, 1, left_ms < LOOK_MS ? (int)left_ms : (int)LOOK_MS);
    }
    return false;
}

/* ---- one table ---- */

static int print(struct top *top)
{
    columns_sort(&top->rates, top->by, false);
    if (top->json) {
        json_t *document = plain_document(&top->now, &top->rates);
        json_dumpf(document, stdout, JSON_COMPACT | JSON_DIGITS);
        fputc('\n', stdout);
        json_decref(document);
    } else {
        plain_table(stdout, &top->now, &top->rates);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_DONE : fail_output();
}

static int run_once(struct top *top)
{
    struct sample sample;
    for (int number = 0; number < 2; number++) {
        if (number > 0)
            poll(NULL, 0, APART_MS);
        if (!wait_for(top, &sample))
            return fail_feed(top);
        if (take(top, &sample) < 0)
            return fail(top, EXIT_FAILED, "failed", "memory is short", "");
    }
    return print(top);
}

/* ---- the screen ---- */

static void change_every(struct top *top, bool faster)
{
    const int64_t every_ms = faster ? top->every_ms / 2 : top->every_ms * 2;
    if (every_ms >= EVERY_LEAST_MS && every_ms <= EVERY_MOST_MS)
        top->every_ms = every_ms;
}

/* Takes all keys that wait. False: it is to end. *asks: now. */
static bool take_keys(struct top *top, struct screen *screen, struct selection *selection, bool *asks)
{
    for (;;) {
        switch (screen_key(screen, selection)) {
        case SCREEN_NOTHING:
            return true;
        case SCREEN_QUIT:
            return false;
        case SCREEN_ASK:
            *asks = true;
            break;
        case SCREEN_FASTER:
            change_every(top, true);
            break;
        case SCREEN_SLOWER:
            change_every(top, false);
            break;
        case SCREEN_ORDER:
            selection_take(selection, &top->rates);
            break;
        case SCREEN_DRAW:
            break;
        }
    }
}

static void draw(const struct top *top, struct screen *screen, struct selection *selection)
{
    const struct scene scene = {.sample = &top->now,
                                .rates = &top->rates,
                                .problem = feed_problem(top->feed),
                                .every_s = (double)top->every_ms / 1000,
                                .is_utc = top->utc};
    screen_draw(screen, selection, &scene);
}

static int loop(struct top *top, struct screen *screen, struct selection *selection)
{
    int64_t next_ns = clock_monotonic_ns() + top->every_ms * CLOCK_NS_PER_MS;
    for (bool asks = false;; asks = false) {
        struct pollfd descriptors[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                       {.fd = feed_descriptor(top->feed), .events = POLLIN}};
        struct sample sample;
        draw(top, screen, selection);
        const int64_t left_ms = (next_ns - clock_monotonic_ns()) / CLOCK_NS_PER_MS;
        screen_poll(screen, descriptors, 2, left_ms < 0 ? 0 : left_ms < LOOK_MS ? left_ms : LOOK_MS);
        if (screen_signals_end() || (descriptors[0].revents & (POLLHUP | POLLERR)) ||
            !take_keys(top, screen, selection, &asks))
            return EXIT_DONE;
        if (feed_read(top->feed, &sample) &&
            (take(top, &sample) < 0 || selection_take(selection, &top->rates) < 0))
            return -ENOMEM;
        if (asks || clock_monotonic_ns() >= next_ns) {
            feed_ask(top->feed);
            next_ns = clock_monotonic_ns() + top->every_ms * CLOCK_NS_PER_MS;
        }
    }
}

/* The first answer is waited for: a wrong name of the socket is told where it was typed. */
static int run_screen(struct top *top)
{
    struct screen *screen = NULL;
    struct sample sample;
    struct selection selection;
    if (!wait_for(top, &sample))
        return fail_feed(top);
    selection_init(&selection, top->by);
    int result = take(top, &sample);
    if (result == 0)
        result = selection_take(&selection, &top->rates);
    if (result == 0)
        result = screen_begin(&screen);
    if (result == -ENOTTY) {
        selection_free(&selection);
        return run_once(top);
    }
    if (result == 0)
        result = loop(top, screen, &selection);
    screen_end(screen);
    selection_free(&selection);
    return result < 0 ? fail(top, EXIT_FAILED, "failed", "memory is short", "") : result;
}

/* ---- options ---- */

static int fail_sort(const struct top *top, const char *value)
{
    char words[128];
    char *shown = secret_redact_value(value);
    char *text = text_format("expected %s as --sort, not %s",
                             text_list(words, sizeof(words), top_column_words, TOP_COLUMN_COUNT, "or"),
                             shown ? shown : "that");
    const int status = fail(top, EXIT_USAGE, "usage", text ? text : "--sort: no such column", "");
    free(shown);
    free(text);
    return status;
}

static int fail_option(const struct top *top, const char *expected, const char *value)
{
    char *text = text_format("%s%s", expected, value);
    const int status = fail(top, EXIT_USAGE, "usage", text ? text : expected, "");
    free(text);
    return status;
}

static bool read_time(const char *text, int64_t least_ms, int64_t most_ms, int64_t *ms)
{
    double seconds;
    if (!text_to_duration(text, &seconds) || seconds * 1000 < (double)least_ms ||
        seconds * 1000 > (double)most_ms)
        return false;
    *ms = (int64_t)(seconds * 1000);
    return true;
}

/* EXIT_DONE, or another exit status. camctl has looked at most of it. */
static int read_options(struct top *top, int argc, char **argv)
{
    static const struct option words[] = {
        {"socket", required_argument, NULL, 's'}, {"once", no_argument, NULL, 'n'},
        {"json", no_argument, NULL, 'j'},         {"sort", required_argument, NULL, 'o'},
        {"every", required_argument, NULL, 'e'},  {"timeout", required_argument, NULL, 't'},
        {"utc", no_argument, NULL, 'u'},          {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "s:n", words, NULL)) != -1) {
        switch (option) {
        case 's':
            top->socket = optarg;
            break;
        case 'n':
            top->once = true;
            break;
        case 'j':
            top->json = top->once = true;
            break;
        case 'u':
            top->utc = true;
            break;
        case 'o':
            top->by = column_of_word(optarg);
            if (!top->by)
                return fail_sort(top, optarg);
            break;
        case 'e':
            if (!read_time(optarg, EVERY_LEAST_MS, EVERY_MOST_MS, &top->every_ms))
                return fail_option(top, "expected 0.5 s to 60 s as --every, not ", optarg);
            break;
        case 't':
            if (!read_time(optarg, 1, INT32_MAX, &top->timeout_ms))
                return fail_option(top, "expected seconds as --timeout, not ", optarg);
            break;
        default:
            return EXIT_USAGE;
        }
    }
    if (optind < argc)
        return fail_option(top, "expected options only, not ", argv[optind]);
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    struct top top = {.by = column_usual, .every_ms = EVERY_MS, .timeout_ms = TIMEOUT_MS};
    sys_replace_closed_standard_files();
    setlocale(LC_CTYPE, "");
    setlocale(LC_TIME, "");
    sample_init(&top.before);
    sample_init(&top.now);
    int status = read_options(&top, argc, argv);
    top.socket = socket_path(top.socket);
    if (status == EXIT_DONE && feed_new(&top.feed, top.socket) < 0)
        status =
            fail(&top, EXIT_NO_ANSWER, "no_answer", "the socket's name is too long, or memory is short", "");
    else if (status == EXIT_DONE)
        status = top.once || !isatty(STDOUT_FILENO) ? run_once(&top) : run_screen(&top);
    rates_free(&top.rates);
    sample_free(&top.before);
    sample_free(&top.now);
    feed_free(top.feed);
    return status;
}
