/* broker_reason.h - why the broker, or the way to it, does not do what is wanted: in words, with what can be done. Pure. */
#ifndef CAMD_MQTT_BROKER_REASON_H
#define CAMD_MQTT_BROKER_REASON_H

/* Of the answer to a connection, or of its end: a return code of MQTT 3.1.1 or a reason code of MQTT 5. */
const char *reason_of_connection(int code);
/* Of the answer to what was published, which is a reason code of MQTT 5. */
const char *reason_of_publication(int code);
/* Of what a call of the library's returned, other than MOSQ_ERR_ERRNO and MOSQ_ERR_EAI. */
const char *reason_of_result(int result);
/* Of a line that the library logged of TLS; NULL: it says nothing that is known. */
const char *reason_of_tls(const char *logged);

#endif
