#include "mqtt/fleet_view.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/visible_text.h"
#include "mqtt/broker.h"
#include "mqtt/topics.h"

static const double QUIET_S = 0.2; /* after the last answer, for brokers that send what they keep behind it */

struct fleet_view {
    struct ev_loop *loop;
    const char *prefix;
    struct broker *broker;
    json_t *nodes; /* {NODE: {"status", "report", "cameras": {NAME: state}}} */
    int last_message;
    bool is_complete;
    char reason[256];
    ev_timer end, quiet;
};

/* ---- what the broker keeps ---- */

/* The member, made if need be. Borrowed. */
static json_t *ensure(json_t *object, const char *name, json_t *made)
{
    json_t *there = json_object_get(object, name);
    if (there) {
        json_decref(made);
        return there;
    }
    json_object_set_new(object, name, made);
    return json_object_get(object, name);
}

/* what: the topic behind PREFIX/NODE/, such as status, node, camera/NAME/state. */
static void take(json_t *node, char *what, const char *payload, size_t size)
{
    static const char camera[] = "camera/";
    if (strcmp(what, "status") == 0) {
        json_object_set_new(node, "status", json_stringn(payload, size));
        return;
    }
    json_error_t error;
    json_t *read = json_parse_object(payload, size, &error);
    if (strcmp(what, "node") == 0) {
        json_object_set(node, "report", read);
    } else if (strncmp(what, camera, sizeof(camera) - 1) == 0) {
        char *name = what + sizeof(camera) - 1;
        name[strcspn(name, "/")] = '\0';
        json_object_set(ensure(node, "cameras", json_object()), name, read);
    }
    json_decref(read);
}

static void on_message(void *context, const char *topic, const void *payload, size_t size, bool is_kept)
{
    struct fleet_view *view = context;
    char rest[TOPIC_BYTES];
    const size_t length = strlen(view->prefix);
    if (!is_kept || size == 0 || strncmp(topic, view->prefix, length) != 0 || topic[length] != '/')
        return;
    snprintf(rest, sizeof(rest), "%s", topic + length + 1);
    char *slash = strchr(rest, '/');
    if (!slash)
        return;
    *slash = '\0';
    take(ensure(view->nodes, rest, json_object()), slash + 1, payload, size);
}

static void on_up(void *context)
{
    struct fleet_view *view = context;
    static const char *const levels[] = {"+/status", "+/node", "+/camera/+/state", "+/fleet"};
    char filter[TOPIC_BYTES];
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        snprintf(filter, sizeof(filter), "%s/%s", view->prefix, levels[i]);
        view->last_message = broker_subscribe(view->broker, filter, 0);
    }
}

/* Nothing is kept for the last filter: what the others have has come by now, or is on its way. */
static void on_subscribed(void *context, int message, bool is_refused)
{
    struct fleet_view *view = context;
    if (is_refused) {
        snprintf(view->reason, sizeof(view->reason),
                 "it does not let this user read %s/#: its access list has to", view->prefix);
        ev_break(view->loop, EVBREAK_ALL);
    } else if (message == view->last_message)
        ev_timer_start(view->loop, &view->quiet);
}

static void on_down(void *context, const char *reason)
{
    struct fleet_view *view = context;
    snprintf(view->reason, sizeof(view->reason), "%s", reason);
    ev_break(view->loop, EVBREAK_ALL);
}

static void on_quiet(EV_P_ ev_timer *watcher, int events)
{
    struct fleet_view *view = watcher->data;
    (void)events;
    view->is_complete = true;
    ev_break(EV_A_ EVBREAK_ALL);
}

static void on_end(EV_P_ ev_timer *watcher, int events)
{
    struct fleet_view *view = watcher->data;
    (void)events;
    snprintf(view->reason, sizeof(view->reason), "no answer in time");
    ev_break(EV_A_ EVBREAK_ALL);
}

/* ---- for people ---- */

/* "12 min 5 s" since a time as events have it; "" when that is not known. */
static const char *age_of(const char *time_text, char age[TEXT_DURATION_BYTES])
{
    struct tm time = {0};
    age[0] = '\0';
    if (!time_text || !strptime(time_text, "%Y-%m-%dT%H:%M:%S", &time))
        return age;
    const double seconds = (double)(clock_wall_ns() / CLOCK_NS_PER_S - timegm(&time));
    return text_duration(seconds > 0 ? seconds : 0, age);
}

/* A line for people, of words that anybody who may write at the broker has chosen: nothing that a terminal would act on. */
__attribute__((format(printf, 1, 2))) static void print_line(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = text_format_arguments(format, arguments);
    va_end(arguments);
    char *visible = text ? visible_text(text, NULL) : NULL;
    if (visible)
        puts(visible);
    free(visible);
    free(text);
}

/* is_known: how it is now, and not only how it was. */
static void print_camera(const char *name, const json_t *camera, bool is_known)
{
    char age[TEXT_DURATION_BYTES];
    const char *state = json_member_string(camera, "state", "unknown"),
               *reason = json_member_string(camera, "reason", "");
    age_of(json_member_string(camera, "since", NULL), age);
    const bool is_dark = json_member_bool(camera, "dark", false);
    print_line("    %-24s %s%s%s%s%s%s%s", name, is_known ? "" : "was ", state, is_dark ? ", dark" : "",
               age[0] ? " for " : "", age, reason[0] ? ": " : "", reason);
}

static void print_node(const char *name, const json_t *node)
{
    const json_t *report = json_object_get(node, "report"), *cameras = json_object_get(node, "cameras");
    const bool is_online = strcmp(json_member_string(node, "status", ""), "online") == 0;
    const char *camd = json_member_string(report, "camd", "unknown");
    char heard[TEXT_DURATION_BYTES], since[TEXT_DURATION_BYTES];
    age_of(json_member_string(report, "time", NULL), heard);
    age_of(json_member_string(report, "since", NULL), since);
    const int64_t count = json_member_int(report, "cameras", 0);
    const char *trouble = json_member_string(report, "reason", "");
    if (is_online)
        print_line("%s: online, camd is %s%s%s%s%s%s, %lld camera%s, %lld dark", name, camd,
                   since[0] ? " for " : "", since, trouble[0] ? " (" : "", trouble, trouble[0] ? ")" : "",
                   (long long)count, count == 1 ? "" : "s", (long long)json_member_int(report, "dark", 0));
    else
        print_line("%s: OFFLINE, %s%s%s", name,
                   json_member_bool(report, "stopped", false) ? "stopped" : "lost",
                   heard[0] ? ", last heard of it before " : "", heard);
    const char *camera_name;
    json_t *camera;
    json_members_foreach(cameras, camera_name, camera)
        print_camera(camera_name, camera, is_online && strcmp(camd, "down") != 0);
}

/* In the order of their names. */
static json_t *sorted(json_t *object)
{
    char *text = json_dumps(object, JSON_SORT_KEYS);
    json_t *made = text ? json_loads(text, 0, NULL) : NULL;
    free(text);
    return made ? made : json_incref(object);
}

static void print_text(json_t *nodes)
{
    json_t *in_order = sorted(nodes), *node;
    const char *name;
    json_object_foreach(in_order, name, node)
        print_node(name, node);
    if (json_object_size(in_order) == 0)
        puts("no nodes: the broker keeps nothing of camd below this prefix");
    json_decref(in_order);
}

static void print_json(const struct fleet_view *view)
{
    json_t *document = json_pack("{s:O}", "nodes", view->nodes);
    /* jansson escapes control characters below 32 only */
    json_dumpf(document, stdout,
               JSON_SORT_KEYS | JSON_DIGITS | (isatty(STDOUT_FILENO) ? JSON_ENSURE_ASCII : 0));
    putchar('\n');
    json_decref(document);
}

/* ---- what went wrong ---- */

/* As camctl tells it, whose command it is, too. */
static void tell(const struct fleet_view_wish *wish, const char *code, const char *text, const char *hint)
{
    if (!wish->json) {
        fprintf(stderr, "camd-mqtt: %s\n  hint: %s\n", text, hint);
        return;
    }
    json_t *document = json_pack("{s:{s:s, s:s, s:s}}", "error", "code", code, "text", text, "hint", hint);
    json_dumpf(document, stdout, 0);
    putchar('\n');
    json_decref(document);
}

/* Not with the word itself, which may be a URL with a password. */
static void tell_host(const struct fleet_view_wish *wish)
{
    tell(wish, "usage",
         "what --host names is no host: expected HOST or HOST:PORT, without mqtt:// and a user",
         "for example --host 192.0.2.1:1883; user and password are those of mqtt.ini");
}

static void tell_broker(const struct fleet_view_wish *wish, const struct broker_address *address,
                        const char *reason)
{
    char *text = text_format("the broker at %s:%d: %s", address->host, address->port, reason);
    tell(wish, "failed", text ? text : "memory is short",
         "mqtt.ini says which broker is asked, and how; --host HOST names another one");
    free(text);
}

/* ---- the whole ---- */

/* HOST, HOST:PORT or [ADDRESS]:PORT into the address; host is room for the first. False: that is none. */
static bool take_host(const char *text, char host[MQTT_HOST_MOST + 1], struct broker_address *address)
{
    const char *colon = strrchr(text, ':');
    int64_t port;
    if (text[0] != '[' && colon && strchr(text, ':') != colon)
        colon = NULL; /* an IPv6 address alone */
    if (colon && colon[1] && (!text_to_int(colon + 1, &port) || port < 1 || port > 65535))
        return false;
    const char *begin = text + (text[0] == '[');
    size_t length = colon ? (size_t)(colon - begin) : strlen(begin);
    if (text[0] == '[' && length > 0 && begin[length - 1] == ']')
        length--;
    snprintf(host, MQTT_HOST_MOST + 1, "%.*s", (int)length, begin);
    if (length > MQTT_HOST_MOST || !mqtt_is_host(host))
        return false;
    address->host = host;
    if (colon && colon[1])
        address->port = (int)port;
    return true;
}

static void collect(struct fleet_view *view, const struct broker_address *address, int64_t timeout_ms)
{
    static const struct broker_handlers handlers = {
        .up = on_up, .down = on_down, .subscribed = on_subscribed, .message = on_message};
    ev_timer_init(&view->end, on_end, (double)timeout_ms / 1000, 0);
    ev_timer_init(&view->quiet, on_quiet, QUIET_S, 0);
    view->end.data = view->quiet.data = view;
    ev_timer_start(view->loop, &view->end);
    if (broker_new(&view->broker, view->loop, address, NULL, NULL, &handlers, view) == 0)
        ev_run(view->loop, 0);
    else
        snprintf(view->reason, sizeof(view->reason), "memory is short");
    broker_free(view->broker);
}

int fleet_view_run(const struct mqtt_settings *settings, const struct fleet_view_wish *wish)
{
    struct broker_address address = mqtt_address(settings, wish->password);
    char host[MQTT_HOST_MOST + 1];
    if (wish->host && !take_host(wish->host, host, &address)) {
        tell_host(wish);
        return 2;
    }
    setlocale(LC_CTYPE, ""); /* which says what is text */
    struct fleet_view view = {
        .loop = ev_default_loop(EVFLAG_AUTO), .prefix = settings->prefix, .nodes = json_object()};
    collect(&view, &address, wish->timeout_ms);
    if (!view.is_complete)
        tell_broker(wish, &address, view.reason);
    else if (wish->json)
        print_json(&view);
    else
        print_text(view.nodes);
    json_decref(view.nodes);
    return view.is_complete ? 0 : 1;
}
