/* runtime_libraries.c - which libraries this program was linked with, for camd: by them it sees that there are newer ones */
#include <link.h>

#include "runtime/runtime.h"

/* The program itself has no name there, and what the kernel gives it no path. */
static int add_library(struct dl_phdr_info *info, size_t size, void *context)
{
    json_t *paths = context;
    (void)size;
    if (info->dlpi_name && info->dlpi_name[0] == '/')
        json_array_append_new(paths, json_string(info->dlpi_name));
    return 0;
}

void worker_tell_libraries(struct worker *worker)
{
    json_t *paths = json_array();
    dl_iterate_phdr(add_library, paths);
    worker_send(worker, json_pack("{s:s, s:o}", "type", "libraries", "paths", paths));
}
