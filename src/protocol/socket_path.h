/* socket_path.h - where our own clients look for camd's control socket, so that their messages can name it */
#ifndef CAMD_PROTOCOL_SOCKET_PATH_H
#define CAMD_PROTOCOL_SOCKET_PATH_H

/* As libcamd finds it (camd/client.h): given, else what CAMD_SOCKET names, else the usual one. */
const char *socket_path(const char *given);

#endif
