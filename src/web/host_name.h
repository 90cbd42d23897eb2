/* host_name.h - by which names the page may be asked for. Pure. */
#ifndef CAMD_WEB_HOST_NAME_H
#define CAMD_WEB_HOST_NAME_H

#include <stdbool.h>

/*
 * Whether a request's header Host, with or without a port, is localhost, an address that only this machine has, the address
 * that is listened at (with its port), or one of hosts: names with commas between them, or NULL.
 */
bool host_name_is_ours(const char *header, const char *listen, const char *hosts);

#endif
