#include "base/libexec.h"

#include <stdlib.h>

#include "base/text.h"

const char *libexec_directory(void)
{
    const char *directory = getenv("CAMD_LIBEXECDIR");
    return directory ? directory : CAMD_LIBEXECDIR;
}

char *libexec_program(const char *name)
{
    return text_format("%s/%s", libexec_directory(), name);
}
