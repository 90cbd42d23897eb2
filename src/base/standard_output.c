#include "base/standard_output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int standard_output_finish(const char *program, int status)
{
    const int was_lost = ferror(stdout); /* earlier, for a reason that is not known any more */
    if ((fflush(stdout) == 0 && !was_lost) || status != 0)
        return status;
    fprintf(stderr, "%s: the output cannot be written: %s\n", program,
            was_lost ? "a part of it is lost" : strerror(errno));
    return 1;
}
