#include "base/libexec.h"

#include <stdlib.h>

#include "base/text.h"

char *libexec_program(const char *name)
{
    const char *directory = getenv("CAMD_LIBEXECDIR");
    return text_format("%s/%s", directory ? directory : CAMD_LIBEXECDIR, name);
}
