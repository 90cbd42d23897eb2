/* tls_files.h - the files of an encrypted connection, looked at before it is made: the library only says that it failed */
#ifndef CAMD_MQTT_TLS_FILES_H
#define CAMD_MQTT_TLS_FILES_H

#include "companion/companion_files.h"
#include "mqtt/mqtt_settings.h"

/* Whether the user may read them, and what they are for is in them; what is wrong is a problem of the files. */
void tls_files_look(const struct mqtt_settings *settings, const struct companion_files *files);

#endif
