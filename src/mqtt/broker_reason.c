#include "mqtt/broker_reason.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stddef.h>
#include <string.h>

struct reason {
    int code;
    const char *text;
};

static const char bad_password[] = "the broker refuses user or password: look at username and password_file";
static const char bad_name[] =
    "the broker does not take our name, camd- and the node's: does it let only some in?";
static const char unavailable[] = "the broker says that it is not available now";
static const char no_retain[] =
    "the broker keeps no messages (retain), without which nobody could see how the cameras are: its configuration has to let it (mosquitto.conf: retain_available)";
static const char no_qos[] =
    "the broker takes no messages at quality of service 1, without which events would be lost: its configuration has to let it (mosquitto.conf: max_qos)";
static const char bad_version[] = "the broker speaks neither MQTT 5 nor 3.1.1";

static const struct reason connections[] = {
    /* MQTT 3.1.1 */
    {CONNACK_REFUSED_PROTOCOL_VERSION, bad_version},
    {CONNACK_REFUSED_IDENTIFIER_REJECTED, bad_name},
    {CONNACK_REFUSED_SERVER_UNAVAILABLE, unavailable},
    {CONNACK_REFUSED_BAD_USERNAME_PASSWORD, bad_password},
    {CONNACK_REFUSED_NOT_AUTHORIZED, bad_password},
    /* MQTT 5, whose codes of what went wrong begin above these */
    {MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION, bad_version},
    {MQTT_RC_CLIENTID_NOT_VALID, bad_name},
    {MQTT_RC_BAD_USERNAME_OR_PASSWORD, bad_password},
    {MQTT_RC_NOT_AUTHORIZED, bad_password},
    {MQTT_RC_SERVER_UNAVAILABLE, unavailable},
    {MQTT_RC_SERVER_BUSY, "the broker says that it is busy"},
    {MQTT_RC_BANNED, "the broker does not let us in: its administrator has banned us"},
    {MQTT_RC_SERVER_SHUTTING_DOWN, "the broker is shutting down"},
    {MQTT_RC_SESSION_TAKEN_OVER,
     "another client has taken our name at the broker: does another camd-mqtt have the same `node`?"},
    {MQTT_RC_RETAIN_NOT_SUPPORTED, no_retain},
    {MQTT_RC_QOS_NOT_SUPPORTED, no_qos},
    {MQTT_RC_PACKET_TOO_LARGE, "the broker says that a message is larger than it takes"},
    {MQTT_RC_ADMINISTRATIVE_ACTION, "the broker's administrator has ended the connection"},
};

static const struct reason publications[] = {
    {MQTT_RC_NOT_AUTHORIZED,
     "it does not let this user write there: its access list needs write for what camd-mqtt(8) names under SECURITY"},
    {MQTT_RC_QUOTA_EXCEEDED, "the broker's room for this user is used up"},
};

static const char no_mqtt[] = "what answers there does not speak MQTT: is the port right?";

/* Of the library's calls; the one of 2.0 has no words for all of them itself. */
static const struct reason results[] = {
    {MOSQ_ERR_PROTOCOL, no_mqtt},
    {MOSQ_ERR_MALFORMED_PACKET, no_mqtt},
    {MOSQ_ERR_RETAIN_NOT_SUPPORTED, no_retain},
    {MOSQ_ERR_QOS_NOT_SUPPORTED, no_qos},
    {MOSQ_ERR_KEEPALIVE, "the broker does not answer any more: does it hang, or is the network down?"},
};

/* NULL: it has no words of ours. */
static const char *find(const struct reason *reasons, size_t count, int code)
{
    for (size_t i = 0; i < count; i++) {
        if (reasons[i].code == code)
            return reasons[i].text;
    }
    return NULL;
}

const char *reason_of_result(int result)
{
    const char *text = find(results, sizeof(results) / sizeof(results[0]), result);
    return text ? text : mosquitto_strerror(result);
}

const char *reason_of_connection(int code)
{
    const char *text = find(connections, sizeof(connections) / sizeof(connections[0]), code);
    return text ? text : mosquitto_reason_string(code);
}

const char *reason_of_publication(int code)
{
    const char *text = find(publications, sizeof(publications) / sizeof(publications[0]), code);
    return text ? text : mosquitto_reason_string(code);
}

const char *reason_of_tls(const char *logged)
{
    static const struct {
        const char *part, *text;
    } lines[] = {
        {"host name verification failed",
         "TLS: the broker's certificate is another host's: `broker` has to be a name that is in it"},
        {"certificate verify failed",
         "TLS: the broker's certificate is not trusted: it has expired or is not valid yet (is the clock right?), or ca_file is not of who signed it"},
        {"Unable to load CA certificates",
         "TLS: ca_file cannot be used: is there anything in it that is no certificate?"},
        {"Unable to load client certificate",
         "TLS: certificate_file cannot be used: is there anything in it that is no certificate?"},
        {"Unable to load client key",
         "TLS: key_file cannot be used: is it the key of the certificate in certificate_file?"},
        {"unexpected eof",
         "TLS: the broker ends the handshake without a word: does it speak TLS at this port?"},
        {"wrong version number", "TLS: what answers there does not speak TLS: is the port right?"},
        {"alert", "TLS: the broker ends the handshake: does it want a certificate_file, or another one?"},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (strstr(logged, lines[i].part))
            return lines[i].text;
    }
    return NULL;
}
