/*
 * place_file.h - the last event that the broker has acknowledged, on disk
 *
 * One line of JSON, replaced whole. Should it not be written in time, events come twice with the same numbers; none is lost.
 */
#ifndef CAMD_MQTT_PLACE_FILE_H
#define CAMD_MQTT_PLACE_FILE_H

#include "camd/client.h"

/* In directory. 0 and *place (epoch 0: there is none yet), or -errno; -EBADMSG: it is none of ours. */
int place_file_read(const char *directory, struct camd_place *place);
/* On the disk when it returns 0; or -errno, with the old file as it was. */
int place_file_write(const char *directory, struct camd_place place);

#endif
