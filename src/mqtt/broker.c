#include "mqtt/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/timer.h"
#include "mqtt/broker_reason.h"
#include "mqtt/dial.h"

enum {
    TRY_MS = 1000,
    TRY_MAX_MS = 60000,
    ANSWER_MS = 15000, /* to connect once the host is known, and for the broker's answer then */
    GOOD_MS = 30000,   /* a connection that lasted so long was good: the next try is soon again */
    REASON_BYTES = 256,
    /* Of what comes: the largest is a best picture of ours that is to be cleared, of CAMD_BEST_KB_MAX at most. */
    PACKET_BYTES = 2 << 20,
};
static const double MISC_S = 1; /* keepalive is looked at so often */

struct broker {
    struct ev_loop *loop;
    struct broker_address address;
    const char *client, *will_topic;
    struct broker_handlers handlers;
    void *context;

    struct mosquitto *client_state; /* as long as a connection, or the try of one */
    struct dial dial;               /* while it runs, the client is not touched */
    bool speaks_311;                /* in this try, since the broker did not understand MQTT 5 */
    ev_io io;
    ev_timer misc, again;
    bool is_up;
    int64_t try_ms, began_ms; /* the wait before the next try; when the connection was begun, or came up */
    int refused;              /* the broker's code: why not; 0: none */
    const char *tls_reason;   /* what the library logged last of TLS, in our words, or NULL */
    bool has_tls_failed;      /* in this try */
    bool is_tls_logged;       /* why it failed was logged, which is not done every time */
    bool is_over;             /* found in a call of the library's: to be ended when that has returned */
    bool is_closed;           /* by the broker, without a word */
    unsigned int short_connections; /* one after the other, that were closed so */
    char reason[REASON_BYTES];
};

/* ---- the library's calls back; the connection is not touched in them ---- */

static void on_connect(struct mosquitto *client_state, void *context, int code)
{
    struct broker *broker = context;
    (void)client_state;
    if (code != 0) {
        broker->refused = code;
        broker->is_over = true;
        return;
    }
    broker->is_up = true;
    broker->tls_reason = NULL;
    broker->began_ms = clock_monotonic_ms();
    if (broker->handlers.up)
        broker->handlers.up(broker->context);
}

/* With a reason code it is the broker that ends it; else the library, whose call then says why. */
static void on_disconnect(struct mosquitto *client_state, void *context, int code,
                          const mosquitto_property *properties)
{
    struct broker *broker = context;
    (void)client_state;
    (void)properties;
    if (code < MQTT_RC_UNSPECIFIED)
        return;
    broker->refused = code;
    broker->is_over = true;
}

static void on_publish(struct mosquitto *client_state, void *context, int message, int code,
                       const mosquitto_property *properties)
{
    const struct broker *broker = context;
    (void)client_state;
    (void)properties;
    const struct broker_refusal refusal = {.reason = reason_of_publication(code),
                                           .is_too_large = code == MQTT_RC_PACKET_TOO_LARGE};
    if (broker->handlers.acknowledged)
        broker->handlers.acknowledged(broker->context, message,
                                      code >= MQTT_RC_UNSPECIFIED ? &refusal : NULL);
}

static void on_subscribe(struct mosquitto *client_state, void *context, int message, int count,
                         const int *granted)
{
    const struct broker *broker = context;
    (void)client_state;
    if (broker->handlers.subscribed)
        broker->handlers.subscribed(broker->context, message, count > 0 && granted[0] >= MQTT_RC_UNSPECIFIED);
}

static void on_message(struct mosquitto *client_state, void *context, const struct mosquitto_message *message)
{
    const struct broker *broker = context;
    (void)client_state;
    if (broker->handlers.message)
        broker->handlers.message(broker->context, message->topic, message->payload,
                                 (size_t)message->payloadlen, message->retain);
}

/* Of TLS the library's results say only that it failed. May be the dialling thread's, and then the loop waits for that. */
static void on_log(struct mosquitto *client_state, void *context, int level, const char *line)
{
    struct broker *broker = context;
    (void)client_state;
    const char *reason = level == MOSQ_LOG_ERR ? reason_of_tls(line) : NULL;
    if (!reason || broker->is_tls_logged)
        return;
    broker->tls_reason = reason;
    broker->is_tls_logged = true;
}

/* ---- the end of a connection ---- */

/* With up to a quarter more, at random. */
static double wait_s(int64_t wait_ms)
{
    uint8_t chance = 0;
    if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
        chance = 0;
    return (double)(wait_ms + wait_ms * chance / 1024) / 1000;
}

static void release(struct broker *broker)
{
    ev_io_stop(broker->loop, &broker->io);
    ev_timer_stop(broker->loop, &broker->misc);
    if (dial_stop(&broker->dial) && broker->client_state)
        mosquitto_destroy(broker->client_state);
    broker->client_state = NULL;
    broker->is_up = false;
    broker->is_over = false;
}

/* A broker that does not know MQTT 5 says so, or just closes the connection, before that is up. */
static bool is_version_unknown(const struct broker *broker, bool was_up)
{
    return !was_up && (broker->refused == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION ||
                       broker->refused == CONNACK_REFUSED_PROTOCOL_VERSION ||
                       (broker->is_closed && !broker->is_tls_logged));
}

static void try_again(struct broker *broker, double after_s)
{
    timer_start_s(broker->loop, &broker->again, after_s);
}

/* Of a connection that ends: how long the next try waits, and whether that is always so. */
static void learn_from_end(struct broker *broker)
{
    const bool was_good = broker->is_up && clock_monotonic_ms() - broker->began_ms > GOOD_MS;
    if (was_good) {
        broker->try_ms = TRY_MS;
        broker->short_connections = 0;
    } else if (broker->is_up && broker->is_closed) {
        broker->short_connections++;
    } else if (!broker->refused && !broker->is_closed) {
        /* The broker was away, and not for another one that has our name. */
        broker->short_connections = 0;
    }
    if (broker->refused == MQTT_RC_SESSION_TAKEN_OVER)
        broker->try_ms = TRY_MAX_MS; /* else the two of them would take it from each other all the time */
}

static void explain_end(struct broker *broker, bool was_up)
{
    const char *reason = NULL;
    if (broker->refused)
        reason = reason_of_connection(broker->refused);
    else if (!was_up && (broker->is_tls_logged || broker->has_tls_failed))
        reason = broker->tls_reason;
    else if (was_up && broker->is_closed && broker->short_connections > 1)
        reason =
            "the broker closes the connection again and again: does another camd-mqtt have the same `node`? The broker's log may say why";
    if (reason)
        snprintf(broker->reason, sizeof(broker->reason), "%s", reason);
}

static void end(struct broker *broker)
{
    const bool was_up = broker->is_up;
    learn_from_end(broker);
    release(broker); /* in which the library may log what was wrong with TLS */
    if (is_version_unknown(broker, was_up) && !broker->speaks_311) {
        broker->speaks_311 = true;
        try_again(broker, 0);
        return;
    }
    broker->speaks_311 = false;
    explain_end(broker, was_up);
    try_again(broker, wait_s(broker->try_ms));
    broker->try_ms = broker->try_ms * 2 < TRY_MAX_MS ? broker->try_ms * 2 : TRY_MAX_MS;
    broker->handlers.down(broker->context, broker->reason);
}

static void take_closed(struct broker *broker)
{
    broker->is_closed = true;
    snprintf(
        broker->reason, sizeof(broker->reason), "%s",
        broker->is_up
            ? "the broker has closed the connection"
            : "the broker closes the connection without an answer: is the port the right one, with tls or without?");
}

/* error: of getaddrinfo */
static void take_unknown_host(struct broker *broker, int error)
{
    snprintf(broker->reason, sizeof(broker->reason),
             error == EAI_AGAIN
                 ? "no name server says who %s is: does /etc/resolv.conf name one that answers?"
                 : "the host name %s is not known: look at `broker`",
             broker->address.host);
}

/* Also while something was being written to it, or in the middle of what is read, which is an error without a number. */
static bool says_closed(int result, int error)
{
    return result == MOSQ_ERR_CONN_LOST || result == MOSQ_ERR_NO_CONN ||
           (result == MOSQ_ERR_ERRNO && (error == EPIPE || error == ECONNRESET || error == 0));
}

/* Of a call of the library's, with errno as it left it. */
static void take_result(struct broker *broker, int result)
{
    const int error = errno;
    if (result == MOSQ_ERR_SUCCESS || broker->is_over)
        return;
    broker->has_tls_failed = result == MOSQ_ERR_TLS || (result == MOSQ_ERR_ERRNO && error == EPROTO);
    if (broker->has_tls_failed)
        snprintf(
            broker->reason, sizeof(broker->reason),
            "TLS: the handshake failed: is the port right, is the broker's certificate one that is trusted here, and does it want a certificate_file?");
    else if (says_closed(result, error))
        take_closed(broker);
    else if (result == MOSQ_ERR_ERRNO)
        snprintf(broker->reason, sizeof(broker->reason), "%s", strerror(error));
    else if (result == MOSQ_ERR_EAI)
        take_unknown_host(broker, error);
    else
        snprintf(broker->reason, sizeof(broker->reason), "%s", reason_of_result(result));
    broker->is_over = true;
}

/* After each call: ends what is over, else watches for what the library waits for. */
static void settle(struct broker *broker)
{
    if (!broker->client_state)
        return;
    const int fd = mosquitto_socket(broker->client_state);
    if (broker->is_over || fd < 0) {
        if (!broker->is_over)
            take_closed(broker);
        end(broker);
        return;
    }
    const int events = EV_READ | (mosquitto_want_write(broker->client_state) ? EV_WRITE : 0);
    if (ev_is_active(&broker->io) && broker->io.fd == fd &&
        (broker->io.events & (EV_READ | EV_WRITE)) == events)
        return;
    ev_io_stop(broker->loop, &broker->io);
    ev_io_set(&broker->io, fd, events);
    ev_io_start(broker->loop, &broker->io);
}

/* ---- the loop ---- */

static void on_io(EV_P_ ev_io *watcher, int events)
{
    struct broker *broker = watcher->data;
    (void)loop;
    errno = 0;
    if (events & EV_READ)
        take_result(broker, mosquitto_loop_read(broker->client_state, 1));
    errno = 0;
    if (events & EV_WRITE && !broker->is_over)
        take_result(broker, mosquitto_loop_write(broker->client_state, 1));
    settle(broker);
}

static void on_misc(EV_P_ ev_timer *watcher, int events)
{
    struct broker *broker = watcher->data;
    (void)loop;
    (void)events;
    if (!broker->is_up && clock_monotonic_ms() - broker->began_ms > ANSWER_MS) {
        char waited[TEXT_DURATION_BYTES];
        snprintf(broker->reason, sizeof(broker->reason), "no answer within %s",
                 text_duration(ANSWER_MS / 1000.0, waited));
        broker->is_over = true;
    } else {
        errno = 0;
        take_result(broker, mosquitto_loop_misc(broker->client_state));
    }
    settle(broker);
}

/* ---- connecting ---- */

/* The library only says that something is not valid. */
static void look_for_unreadable(struct broker *broker)
{
    const struct broker_address *address = &broker->address;
    const struct {
        const char *key, *path;
    } files[] = {{"ca_file", address->ca_file},
                 {"certificate_file", address->certificate_file},
                 {"key_file", address->key_file}};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        int fd = files[i].path ? sys_open(files[i].path, O_RDONLY, 0) : -1;
        if (files[i].path && fd < 0) {
            snprintf(broker->reason, sizeof(broker->reason), "TLS: %s: %s: %s", files[i].key, files[i].path,
                     strerror(-fd));
            broker->is_over = true;
            return;
        }
        sys_close(&fd);
    }
}

static int set_tls(struct broker *broker)
{
    const struct broker_address *address = &broker->address;
    if (!address->tls)
        return MOSQ_ERR_SUCCESS;
    const int result =
        mosquitto_tls_set(broker->client_state, address->ca_file, address->ca_file ? NULL : "/etc/ssl/certs",
                          address->certificate_file, address->key_file, NULL);
    if (result != MOSQ_ERR_SUCCESS)
        look_for_unreadable(broker);
    return result;
}

/*
 * The library would keep a message of any size that somebody makes the broker send; a broker of MQTT 5 can be asked not to.
 * What is to be asked for when it connects, the library takes with that call only which would wait: port -1 is none, and so
 * it is noted, and no more.
 */
static int set_largest_packet(struct broker *broker)
{
    mosquitto_property *properties = NULL;
    if (broker->speaks_311)
        return MOSQ_ERR_SUCCESS;
    int result = mosquitto_property_add_int32(&properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, PACKET_BYTES);
    if (result == MOSQ_ERR_SUCCESS)
        result = mosquitto_connect_bind_v5(broker->client_state, broker->address.host, -1,
                                           broker->address.keepalive_s, NULL, properties);
    mosquitto_property_free_all(&properties);
    return result == MOSQ_ERR_INVAL ? MOSQ_ERR_SUCCESS : result;
}

static int set_up(struct broker *broker)
{
    static const char offline[] = "offline";
    struct mosquitto *client_state = broker->client_state;
    mosquitto_connect_callback_set(client_state, on_connect);
    mosquitto_disconnect_v5_callback_set(client_state, on_disconnect);
    mosquitto_publish_v5_callback_set(client_state, on_publish);
    mosquitto_subscribe_callback_set(client_state, on_subscribe);
    mosquitto_message_callback_set(client_state, on_message);
    mosquitto_log_callback_set(client_state, on_log);
    mosquitto_int_option(client_state, MOSQ_OPT_PROTOCOL_VERSION,
                         broker->speaks_311 ? MQTT_PROTOCOL_V311 : MQTT_PROTOCOL_V5);
    mosquitto_max_inflight_messages_set(client_state, 0); /* the user knows how many are on their way */
    int result = set_largest_packet(broker);
    if (result == MOSQ_ERR_SUCCESS)
        result = set_tls(broker);
    if (result == MOSQ_ERR_SUCCESS && broker->address.username)
        result = mosquitto_username_pw_set(client_state, broker->address.username, broker->address.password);
    if (result == MOSQ_ERR_SUCCESS && broker->will_topic)
        result = mosquitto_will_set(client_state, broker->will_topic, sizeof(offline) - 1, offline, 1, true);
    return result;
}

/* Of the library's call to connect. */
static void on_dialled(void *context, int result, int error)
{
    struct broker *broker = context;
    broker->began_ms = clock_monotonic_ms();
    errno = error;
    take_result(broker, result == MOSQ_ERR_CONN_PENDING ? MOSQ_ERR_SUCCESS : result);
    ev_timer_again(broker->loop, &broker->misc);
    settle(broker);
}

/* 0, or what is wrong is in the reason. */
static int dial(struct broker *broker)
{
    const struct broker_address *address = &broker->address;
    errno = 0;
    const int result = set_up(broker);
    if (result != MOSQ_ERR_SUCCESS) {
        take_result(broker, result);
        return -EINVAL;
    }
    const int error =
        dial_start(&broker->dial, broker->client_state, address->host, address->port, address->keepalive_s);
    if (error < 0)
        snprintf(broker->reason, sizeof(broker->reason), "no thread can be made: %s", strerror(-error));
    return error;
}

static void begin(struct broker *broker)
{
    broker->refused = 0;
    broker->is_closed = false;
    broker->has_tls_failed = broker->is_tls_logged = false;
    broker->client_state = mosquitto_new(broker->client, true, broker);
    if (!broker->client_state)
        snprintf(broker->reason, sizeof(broker->reason), "memory is short");
    if (!broker->client_state || dial(broker) < 0)
        end(broker);
}

static void on_again(EV_P_ ev_timer *watcher, int events)
{
    (void)loop;
    (void)events;
    begin(watcher->data);
}

/* ---- the whole ---- */

int broker_new(struct broker **result, struct ev_loop *loop, const struct broker_address *address,
               const char *client, const char *will_topic, const struct broker_handlers *handlers,
               void *context)
{
    struct broker *broker = calloc(1, sizeof(*broker));
    if (!broker)
        return -ENOMEM;
    *broker = (struct broker){.loop = loop,
                              .address = *address,
                              .client = client,
                              .will_topic = will_topic,
                              .handlers = *handlers,
                              .context = context,
                              .try_ms = TRY_MS};
    mosquitto_lib_init();
    dial_init(&broker->dial, loop, on_dialled, broker);
    ev_io_init(&broker->io, on_io, -1, EV_READ);
    ev_timer_init(&broker->misc, on_misc, MISC_S, MISC_S);
    ev_timer_init(&broker->again, on_again, 0, 0);
    broker->io.data = broker->misc.data = broker->again.data = broker;
    ev_timer_start(loop, &broker->again);
    *result = broker;
    return 0;
}

void broker_free(struct broker *broker)
{
    if (!broker)
        return;
    ev_timer_stop(broker->loop, &broker->again);
    if (broker->is_up)
        mosquitto_disconnect(broker->client_state);
    release(broker);
    mosquitto_lib_cleanup();
    free(broker);
}

bool broker_is_up(const struct broker *broker)
{
    return broker->is_up && !broker->is_over;
}

/* Whoever asked may be in a call back of the library's: what is over is ended in the next turn of the loop. */
static int finish(struct broker *broker, int result, int message)
{
    take_result(broker, result);
    if (ev_is_active(&broker->io))
        ev_feed_event(broker->loop, &broker->io, EV_WRITE);
    return broker->is_over ? -ENOTCONN : message;
}

int broker_publish(struct broker *broker, const char *topic, const void *payload, size_t size,
                   bool is_retained)
{
    int message = 0;
    if (!broker_is_up(broker))
        return -ENOTCONN;
    errno = 0;
    int result = mosquitto_publish(broker->client_state, &message, topic, (int)size, payload, 1, is_retained);
    if (result == MOSQ_ERR_OVERSIZE_PACKET)
        return -EMSGSIZE;
    if (result == MOSQ_ERR_INVAL || result == MOSQ_ERR_MALFORMED_UTF8 || result == MOSQ_ERR_PAYLOAD_SIZE) {
        log_error(NULL, "%s, with %zu bytes, cannot be published: %s", topic, size,
                  mosquitto_strerror(result));
        return -EINVAL;
    }
    return finish(broker, result, message);
}

int broker_subscribe(struct broker *broker, const char *filter, int qos)
{
    int message = 0;
    if (!broker_is_up(broker))
        return -ENOTCONN;
    errno = 0;
    int result = mosquitto_subscribe(broker->client_state, &message, filter, qos);
    return finish(broker, result, message);
}

int broker_unsubscribe(struct broker *broker, const char *filter)
{
    if (!broker_is_up(broker))
        return -ENOTCONN;
    errno = 0;
    int result = mosquitto_unsubscribe(broker->client_state, NULL, filter);
    return finish(broker, result, 0);
}
