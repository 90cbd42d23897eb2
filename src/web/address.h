/* address.h - addresses: which are of this machine alone, and whom a reverse proxy names. Pure. */
#ifndef CAMD_WEB_ADDRESS_H
#define CAMD_WEB_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Whether only this machine has it. */
bool address_is_loopback(const struct sockaddr *address);

/*
 * The last address of a header X-Forwarded-For, which is the one that the last proxy has added: what comes before it may be
 * made up by the client. False, and *address is untouched: it is no address.
 */
bool address_of_forwarded(const char *header, struct sockaddr_storage *address);

#endif
