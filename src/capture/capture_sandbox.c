#include "capture/capture_sandbox.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "capture/source_kind.h"

static bool has_scheme(const char *input, const char *scheme)
{
    return strncasecmp(input, scheme, strlen(scheme)) == 0;
}

static void allow_network(const struct settings *settings, const struct peers *peers,
                          struct sandbox_wish *wish)
{
    for (size_t i = 0; i < peers->count; i++)
        for (size_t j = 0; j < peers->list[i].port_count; j++)
            sandbox_allow_port(wish, peers->list[i].ports[j]);
    wish->connects = true;
    wish->receives = !has_scheme(settings->input, "http") && strcmp(settings->rtsp_transport, "udp") == 0;
    sandbox_allow_names(wish);
}

static void allow_graph(struct sandbox_wish *wish)
{
    /* drawtext looks for fonts */
    sandbox_allow_path(wish, "/usr/share/fonts", SANDBOX_READ);
    sandbox_allow_path(wish, "/etc/fonts", SANDBOX_READ);
    sandbox_allow_libraries(wish); /* libavdevice */
}

static bool is_device(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISCHR(status.st_mode);
}

/* Drivers of graphics are libraries of their own, which look at the machine. */
static void allow_hardware(struct sandbox_wish *wish)
{
    static const char *const devices[] = {"/dev/dri", "/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm"};
    static const char *const files[] = {"/sys/class/drm",     "/sys/devices",      "/sys/dev",
                                        "/usr/share/drirc.d", "/usr/share/vulkan", "/etc/vulkan",
                                        "/etc/OpenCL"};
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        sandbox_allow_path(wish, devices[i], SANDBOX_READ | SANDBOX_WRITE);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        sandbox_allow_path(wish, files[i], SANDBOX_READ);
}

void capture_sandbox_wish(const struct settings *settings, const struct peers *peers,
                          struct sandbox_wish *wish, bool *needs_devices)
{
    const char *path = source_path(settings->input);
    const struct source_kind *kind = source_kind_of(settings->input);
    bool hardware = strcmp(settings->hwaccel, "none") != 0;
    bool device = is_device(path);
    *needs_devices = hardware || device;
    wish->devices = hardware || device;
    /*
     * Drivers make some, and so do libraries that come with libavdevice when it is loaded, in the sandbox: OpenBLAS ends the
     * process when it can't. libav makes none (decode.h, prepare_libav), whatever is opened again in mid-stream.
     */
    wish->threads = hardware || device || kind->is_pattern;
    if (kind->remote)
        allow_network(settings, peers, wish);
    else if (kind->is_pattern)
        allow_graph(wish);
    else
        sandbox_allow_path(wish, path, device ? SANDBOX_READ | SANDBOX_WRITE : SANDBOX_READ);
    if (device || hardware)
        sandbox_allow_libraries(wish); /* libavdevice, drivers */
    if (hardware)
        allow_hardware(wish);
}
