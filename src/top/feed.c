#include "top/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/visible_text.h"
#include "camd/client.h"

enum { PATIENCE_MS = 5000 }; /* after so long without an answer that is told */

struct feed {
    struct camd_connection *camd;
    int descriptor;
    struct sample coming;
    int64_t asked_ns; /* 0: nothing is asked */
    char *problem;    /* NULL: none */
    bool is_denied;
};

int feed_new(struct feed **result, const char *path)
{
    struct feed *feed = calloc(1, sizeof(*feed));
    int error = feed ? camd_connection_new(&feed->camd, path) : -ENOMEM;
    if (error == 0)
        feed->descriptor = camd_connection_descriptor(feed->camd);
    if (error == 0 && feed->descriptor < 0)
        error = feed->descriptor;
    if (error < 0) {
        feed_free(feed);
        return error;
    }
    sample_init(&feed->coming);
    *result = feed;
    return 0;
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    camd_connection_free(feed->camd);
    sample_free(&feed->coming);
    free(feed->problem);
    free(feed);
}

int feed_descriptor(const struct feed *feed)
{
    return feed->descriptor;
}

bool feed_is_asking(const struct feed *feed)
{
    return feed->asked_ns != 0;
}

bool feed_is_denied(const struct feed *feed)
{
    return feed->is_denied;
}

static void tell(struct feed *feed, const char *text, const char *hint)
{
    char *whole = text_format("%s%s%s", text, hint[0] ? "; " : "", hint);
    free(feed->problem);
    feed->problem = whole ? visible_text(whole, NULL) : NULL;
    free(whole);
}

static void give_up(struct feed *feed)
{
    sample_free(&feed->coming);
    feed->asked_ns = 0;
}

static void fail(struct feed *feed, int problem)
{
    tell(feed, camd_connection_strerror(problem), "");
    feed->is_denied = problem == -EACCES;
    give_up(feed);
}

void feed_ask(struct feed *feed)
{
    if (feed_is_asking(feed))
        return;
    const int result = camd_connection_ask(feed->camd, "status", NULL);
    if (result < 0)
        fail(feed, result);
    else
        feed->asked_ns = clock_monotonic_ns();
}

static void take_part(struct feed *feed, const struct camd_reply *reply)
{
    json_error_t error;
    json_t *part = json_parse_object(reply->text, reply->length, &error);
    if (sample_add(&feed->coming, part) < 0)
        fail(feed, -ENOMEM);
    json_decref(part);
}

static bool take_end(struct feed *feed, const struct camd_reply *reply, struct sample *sample)
{
    if (reply->kind == CAMD_REPLY_ERROR) {
        tell(feed, reply->reason, reply->hint);
        feed->is_denied = strcmp(reply->code, "denied") == 0;
        give_up(feed);
        return false;
    }
    sample_finish(&feed->coming, clock_monotonic_ns());
    *sample = feed->coming;
    sample_init(&feed->coming);
    give_up(feed);
    free(feed->problem);
    feed->problem = NULL;
    return true;
}

/* That camd has closed the connection makes the descriptor readable until it is read. The next question finds out why. */
static void read_unasked(struct feed *feed)
{
    const struct camd_reply *reply = NULL;
    while (camd_connection_receive(feed->camd, 0, &reply) > 0)
        ;
}

bool feed_read(struct feed *feed, struct sample *sample)
{
    const struct camd_reply *reply = NULL;
    int result;
    if (!feed_is_asking(feed))
        read_unasked(feed);
    while (feed_is_asking(feed) && (result = camd_connection_receive(feed->camd, 0, &reply)) != 0) {
        if (result < 0)
            fail(feed, result);
        else if (reply->kind == CAMD_REPLY_PART)
            take_part(feed, reply);
        else if (take_end(feed, reply, sample))
            return true;
    }
    if (feed_is_asking(feed) && clock_monotonic_ns() - feed->asked_ns > PATIENCE_MS * CLOCK_NS_PER_MS)
        tell(feed, "it does not answer", "it may be stopped, or busy");
    return false;
}

const char *feed_problem(const struct feed *feed)
{
    return feed->problem;
}
