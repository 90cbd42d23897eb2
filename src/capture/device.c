#include "capture/device.h"

#include <dlfcn.h>
#include <libavutil/error.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"

/* The version must be the one that belongs to the libavformat we are linked with. */
#define TEXT_OF(macro)       TEXT_OF_VALUE(macro)
#define TEXT_OF_VALUE(value) #value
#define LIBRARY              "libavdevice.so." TEXT_OF(CAMD_AVDEVICE_MAJOR)

int device_load(const char *subject)
{
    static bool loaded;
    if (loaded)
        return 0;

    /* Never unloaded: libavformat keeps pointers into it. */
    void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        log_error(subject, "cannot load FFmpeg's libavdevice, which this input needs: %s", dlerror());
        return AVERROR_PROTOCOL_NOT_FOUND;
    }
    void *symbol = dlsym(library, "avdevice_register_all");
    if (!symbol) {
        log_error(subject, LIBRARY " has no avdevice_register_all: %s", dlerror());
        dlclose(library);
        return AVERROR_PROTOCOL_NOT_FOUND;
    }
    /* ISO C knows no cast from an object to a function pointer; POSIX promises that they are the same. */
    void (*register_all)(void);
    memcpy(&register_all, &symbol, sizeof(register_all));
    register_all();
    loaded = true;
    return 0;
}
