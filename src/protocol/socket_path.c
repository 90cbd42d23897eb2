#include "protocol/socket_path.h"

#include <stdlib.h>

#include "camd/client.h"

const char *socket_path(const char *given)
{
    if (given)
        return given;
    const char *environment = getenv("CAMD_SOCKET");
    return environment && environment[0] ? environment : CAMD_DEFAULT_SOCKET;
}
