#include "protocol/socket_path.h"

#include <stdlib.h>

#include "camd/client.h"

const char *socket_path(const char *given)
{
    const char *environment = given ? NULL : getenv("CAMD_SOCKET");

    if (given)
        return given;
    return environment && environment[0] ? environment : CAMD_DEFAULT_SOCKET;
}
