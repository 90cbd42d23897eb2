/* web_settings.h - what web.ini says */
#ifndef CAMD_WEB_WEB_SETTINGS_H
#define CAMD_WEB_WEB_SETTINGS_H

#include <sys/socket.h>

#include "companion/companion.h"

struct web_settings {
    struct companion_settings companion; /* first, as companion.h wants it */
    char *listen;                        /* ADDRESS:PORT */
    char *users_file, *hosts, *title;    /* NULL: none */
    int64_t viewers, quality;
    double fps;
    bool proxy;
};

extern const struct config_plain web_settings_file;

/* The address of `listen`, which is a good one. Returns its length. */
socklen_t web_settings_address(const char *listen, struct sockaddr_storage *address);

#endif
