/* frigate_without.c - in place of the reader of Frigate's configuration, when camd was built without libyaml */
#include <string.h>

#include "import/formats.h"

char *frigate_read_cameras(struct imported *imported, char *text, size_t length)
{
    (void)imported;
    (void)text;
    (void)length;
    return strdup("this camd was built without libyaml, which reads such files");
}
