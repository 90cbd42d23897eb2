#include "mqtt/mqtt_settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "companion/companion_keys.h"

enum { PORT_PLAIN = 1883, PORT_TLS = 8883, PORT_MAX = 65535, TOPIC_PREFIX_BYTES = 64 };

/* clang-format off */
static const struct config_key keys[] = {
    {.name = "broker",
     LINE(mqtt_settings, broker),
     .most = MQTT_HOST_MOST,
     .standard = "localhost",
     .meaning = "Host name or address of the MQTT broker, and nothing else: its port and the user have keys of their own."},
    {.name = "port",
     INTEGER(mqtt_settings, port),
     .least = 1,
     .most = PORT_MAX,
     .absent = "auto",
     .standard = "auto",
     .meaning = "TCP port of the broker. auto is 1883, and 8883 with tls."},
    {.name = "tls",
     BOOL(mqtt_settings, tls),
     .standard = "no",
     .meaning = "Whether the connection is encrypted, with the broker's certificate and name checked. Without it a password can be read on the way."},
    {.name = "ca_file",
     PATH(mqtt_settings, ca_file),
     .absent = "none",
     .standard = "none",
     .meaning = "Certificates of the authorities that may have signed the broker's, as PEM. With none, those that the machine trusts (/etc/ssl/certs)."},
    {.name = "certificate_file",
     PATH(mqtt_settings, certificate_file),
     .absent = "none",
     .standard = "none",
     .meaning = "Our own certificate, as PEM, for brokers that know their clients by that; with key_file."},
    {.name = "key_file",
     PATH(mqtt_settings, key_file),
     .absent = "none",
     .standard = "none",
     .meaning = "The key of certificate_file, as PEM without a passphrase, which nobody but its owner and group may read, the user that camd-mqtt runs as among them. Files that were renewed count after a new start."},
    {.name = "username",
     LINE(mqtt_settings, username),
     .most = 128,
     .absent = "none",
     .standard = "none",
     .meaning = "User at the broker."},
    {.name = "password_file",
     PATH(mqtt_settings, password_file),
     .absent = "none",
     .standard = "none",
     .meaning = "File whose first line is the user's password at the broker, and that nobody but its owner may read. It is read once, at the start, before root becomes another user. systemd's unit starts camd-mqtt as that user, whose the file has to be then."},
    {.name = "keepalive",
     TIME(mqtt_settings, keepalive_ms),
     .least = 5,
     .most = 3600,
     .standard = "30",
     .meaning = "For how long the connection may be silent before it is tried out. A broker that does not answer then is connected to again, and after one and a half times that long it says that this node is offline."},
    {.name = "node",
     LINE(mqtt_settings, node),
     .most = MQTT_NODE_BYTES - 1,
     .absent = "auto",
     .standard = "auto",
     .meaning = "Name of this machine among all that share the broker and prefix: 1 to 40 letters, digits, _ and -, and not - alone. auto is the host name, up to its first dot, with _ for what a name cannot have."},
    {.name = "prefix",
     LINE(mqtt_settings, prefix),
     .most = TOPIC_PREFIX_BYTES,
     .standard = "camd",
     .meaning = "What all topics begin with, such as camd or house/camd."},
    {.name = "discovery_prefix",
     LINE(mqtt_settings, discovery_prefix),
     .most = TOPIC_PREFIX_BYTES,
     .absent = "none",
     .standard = "homeassistant",
     .meaning = "Where Home Assistant looks for devices. With none, nothing is published for it."},
    {.name = "pictures",
     BOOL(mqtt_settings, pictures),
     .standard = "yes",
     .meaning = "Whether the best pictures of objects are published."},
    {.name = "commands",
     LABELS(mqtt_settings, commands),
     .absent = "none",
     .standard = "none",
     .meaning = "What may be asked for by MQTT: enable, motion and ptz. camd has to allow it, too, by allow.USER in camd.ini(5), USER being the user that camd-mqtt runs as: enable disable, set:motion and ptz. Whoever may write to this node's topics at the broker can do it then."},
    {.name = "queue_events",
     INTEGER(mqtt_settings, queue_events),
     .unit = "events",
     .least = 32,
     .most = 16384,
     .standard = "512",
     .meaning = "How many events are kept here while the broker does not take them. When they are full, camd is not read any more: what happens then waits in its history, of which camd.ini(5) says how far back it goes."},
    {.name = "state_dir",
     PATH(mqtt_settings, state_dir),
     .standard = "/var/lib/camd-mqtt",
     .meaning = "Directory that the user may write to, for the number of the last event that the broker has acknowledged."},
    COMPANION_KEYS("camd-mqtt"),
};
/* clang-format on */

_Static_assert(offsetof(struct mqtt_settings, common) == 0, "COMPANION_KEYS count from the beginning");

bool mqtt_is_host(const char *text)
{
    static const char of_address[] = "0123456789abcdefABCDEF:.";
    const size_t length = strlen(text);
    if (length == 0 || length > MQTT_HOST_MOST || strpbrk(text, "/@?#[] \t"))
        return false;
    const char end = text[strspn(text, of_address)];
    return !strchr(text, ':') || ((end == '\0' || end == '%') && strchr(text, ':') != strrchr(text, ':'));
}

static bool is_topic_prefix(const char *text)
{
    const size_t length = strlen(text);
    return text[0] != '/' && text[0] != '$' && text[length - 1] != '/' && !strpbrk(text, "+# \t") &&
           !strstr(text, "//");
}

/* Of text that is UTF-8. */
static unsigned long next_code_point(const unsigned char **at)
{
    const unsigned char first = *(*at)++;
    unsigned long code = first < 0x80   ? first
                         : first < 0xe0 ? first & 0x1f
                         : first < 0xf0 ? first & 0x0f
                                        : first & 0x07;
    while ((**at & 0xc0) == 0x80)
        code = code << 6 | (*(*at)++ & 0x3f);
    return code;
}

/* MQTT 5, 1.5.4: a broker may close the connection for these. Other control characters no setting has. */
static bool has_forbidden(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        const unsigned long code = next_code_point(&at);
        if ((code >= 0x80 && code <= 0x9f) || (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) == 0xfffe)
            return true;
    }
    return false;
}

/* One that is for the broker to see; NULL: none. */
static const char *forbidden_key(const struct mqtt_settings *settings)
{
    const struct {
        const char *key, *text;
    } texts[] = {{"prefix", settings->prefix},
                 {"discovery_prefix", settings->discovery_prefix},
                 {"username", settings->username}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].text && has_forbidden(texts[i].text))
            return texts[i].key;
    }
    return NULL;
}

static bool is_commands(const char *list)
{
    static const char *const words[] = {"enable", "motion", "ptz"};
    while (list && *list) {
        const size_t length = strcspn(list, ",");
        bool is_known = false;
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            is_known = is_known || (strlen(words[i]) == length && strncmp(words[i], list, length) == 0);
        if (!is_known)
            return false;
        list += length + (list[length] == ',');
    }
    return true;
}

static const char *check(const void *owner, const char **key)
{
    static const char topic[] =
        "is no beginning of a topic: expected levels with / between them alone, none of them empty, no $ before the first, and no +, # or white space";
    const struct mqtt_settings *settings = owner;
    *key = "broker";
    if (!mqtt_is_host(settings->broker))
        return "is no host: expected a name or an address alone, such as broker.example.org; port, tls, username and password_file are keys of their own";
    *key = "node";
    if (settings->node && !text_is_camera_name(settings->node))
        return "is no name for a node: expected " TEXT_NAME_RULE;
    *key = "prefix";
    if (!is_topic_prefix(settings->prefix))
        return topic;
    *key = "discovery_prefix";
    if (settings->discovery_prefix && !is_topic_prefix(settings->discovery_prefix))
        return topic;
    *key = forbidden_key(settings);
    if (*key)
        return "has a character that MQTT forbids: a control character such as U+0085, or what Unicode has for no character, such as U+FFFE";
    *key = "commands";
    if (!is_commands(settings->commands))
        return "has another word than enable, motion and ptz: expected some of these, with commas between them, or none";
    *key = settings->key_file ? "key_file" : "certificate_file";
    if (!settings->key_file != !settings->certificate_file)
        return "stands alone: expected certificate_file and key_file, or neither";
    *key = settings->ca_file ? "ca_file" : "certificate_file";
    if (!settings->tls && (settings->ca_file || settings->certificate_file))
        return "is for encrypted connections: expected tls = yes with it";
    *key = "password_file";
    if (settings->password_file && !settings->username)
        return "is a password without a user: expected username, too";
    return NULL;
}

const struct config_plain mqtt_plain = {
    .title = "mqtt",
    .page = "camd-mqtt(8)",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
    .check = check,
};
_Static_assert(sizeof(keys) / sizeof(keys[0]) <= CONFIG_PLAIN_KEYS_MAX, "room for all");

int mqtt_port(const struct mqtt_settings *settings)
{
    return settings->port ? (int)settings->port : settings->tls ? PORT_TLS : PORT_PLAIN;
}

struct broker_address mqtt_address(const struct mqtt_settings *settings, const char *password)
{
    return (struct broker_address){.host = settings->broker,
                                   .port = mqtt_port(settings),
                                   .keepalive_s = (int)(settings->keepalive_ms / 1000),
                                   .tls = settings->tls,
                                   .ca_file = settings->ca_file,
                                   .certificate_file = settings->certificate_file,
                                   .key_file = settings->key_file,
                                   .username = settings->username,
                                   .password = password};
}

bool mqtt_takes_command(const struct mqtt_settings *settings, const char *word)
{
    const size_t length = strlen(word);
    for (const char *list = settings->commands; list && *list;) {
        const size_t own = strcspn(list, ",");
        if (own == length && strncmp(list, word, length) == 0)
            return true;
        list += own + (list[own] == ',');
    }
    return false;
}

void mqtt_node_name(const struct mqtt_settings *settings, char name[MQTT_NODE_BYTES])
{
    char host[256] = "";
    if (!settings->node && gethostname(host, sizeof(host) - 1) < 0)
        host[0] = '\0';
    const char *whole = settings->node ? settings->node : host;
    snprintf(name, MQTT_NODE_BYTES, "%.*s", (int)strcspn(whole, "."), whole);
    for (char *at = name; *at; at++) {
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", *at))
            *at = '_';
    }
    if (!text_is_camera_name(name))
        snprintf(name, MQTT_NODE_BYTES, "localhost");
}
