#include "web/host_name.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Without the port, which is behind a colon outside of brackets and has digits only; 0: it is no name with a port. */
static size_t length_of_name(const char *header)
{
    const char *bracket = header[0] == '[' ? strchr(header, ']') : NULL;
    const size_t length = bracket ? (size_t)(bracket - header) + 1 : strcspn(header, ":");
    const char *port = header + length;
    if (port[0] == ':')
        port += 1 + strspn(port + 1, "0123456789");
    return port[0] == '\0' ? length : 0;
}

static bool is_name(const char *name, size_t length, const char *other, size_t other_length)
{
    return length == other_length && strncasecmp(name, other, length) == 0;
}

static bool is_in(const char *name, size_t length, const char *names)
{
    while (*names) {
        const size_t other = strcspn(names, ", ");
        if (other > 0 && is_name(name, length, names, other))
            return true;
        names += other + strspn(names + other, ", ");
    }
    return false;
}

bool host_name_is_ours(const char *header, const char *listen, const char *hosts)
{
    const size_t length = length_of_name(header);
    if (length == 0)
        return false;
    return is_in(header, length, "localhost, 127.0.0.1, [::1]") ||
           is_name(header, length, listen, length_of_name(listen)) || (hosts && is_in(header, length, hosts));
}
