#include "camd/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIENT_PREFIX_DEFAULT "camd."

enum {
    CLIENT_NAME_BYTES = 256, /* "/", NAME_MAX and NUL */
};

struct client_names {
    const char *prefix, *camera;
};

static bool client_is_camera_name(const char *name)
{
    const size_t length = strlen(name);
    return length >= 1 && length <= CAMD_NAME_MAX &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

/* Read-only and close-on-exec (which shm_open sets). */
static int client_open_part(const struct client_names *names, const char *part, int *fd)
{
    char name[CLIENT_NAME_BYTES];
    const int length = snprintf(name, sizeof(name), "/%s%s.%s", names->prefix, names->camera, part);
    if (length < 0 || (size_t)length >= sizeof(name))
        return -ENAMETOOLONG;

    const int opened = shm_open(name, O_RDONLY, 0);

    if (opened < 0)
        return -errno;
    *fd = opened;
    return 0;
}

static void client_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void client_close_all(struct camd_segment_fds *fds)
{
    client_close(&fds->info);
    client_close(&fds->ctl);
    client_close(&fds->result);
    for (uint32_t slot = 0; slot < fds->frame_count; slot++)
        client_close(&fds->frames[slot]);
}

/* Number of slots of segments that are complete and live: camd writes the magic last, as the end of making them. */
static int client_read_slots(int info_fd, uint32_t *slots)
{
    struct camd_info info;
    const size_t size = offsetof(struct camd_info, ptz);
    const ssize_t length = pread(info_fd, &info, size, 0);
    if (length < 0)
        return -errno;
    if ((size_t)length < size || info.magic == 0)
        return -ENOENT;
    if (info.magic != CAMD_INFO_MAGIC || info.abi_major != CAMD_ABI_MAJOR)
        return -EPROTO;
    if (info.state != CAMD_SEGMENTS_LIVE)
        return -ESTALE;
    if (info.slots > CAMD_SLOTS_MAX)
        return -EBADMSG;
    *slots = info.slots;
    return 0;
}

/* A segment that was there a moment ago, says info: when it is missing, the camera went or got new ones. */
static int client_stale_if_missing(int result)
{
    return result == -ENOENT ? -ESTALE : result;
}

static int client_open_others(const struct client_names *names, struct camd_segment_fds *fds, uint32_t slots)
{
    int result = client_open_part(names, "ctl", &fds->ctl);
    if (result == 0)
        result = client_open_part(names, "result", &fds->result);
    for (uint32_t slot = 0; slot < slots && result == 0; slot++) {
        char part[16];
        snprintf(part, sizeof(part), "frame%u", (unsigned int)slot);
        fds->frames[slot] = -1;
        fds->frame_count = slot + 1;
        result = client_open_part(names, part, &fds->frames[slot]);
    }
    return client_stale_if_missing(result);
}

/*
 * Whether info's name still leads to the file that was opened first. Segments are removed and made again as a
 * whole, so then all the others are of the same making.
 */
static int client_check_unchanged(const struct client_names *names, int info_fd)
{
    struct stat before, now;
    int again = -1;
    int result = client_stale_if_missing(client_open_part(names, "info", &again));
    if (result < 0)
        return result;
    if (fstat(info_fd, &before) < 0 || fstat(again, &now) < 0)
        result = -errno;
    else if (before.st_dev != now.st_dev || before.st_ino != now.st_ino)
        result = -ESTALE;
    client_close(&again);
    return result;
}

static int client_open_all(const struct client_names *names, struct camd_segment_fds *fds)
{
    uint32_t slots = 0;
    int result = client_open_part(names, "info", &fds->info);
    if (result == 0)
        result = client_read_slots(fds->info, &slots);
    if (result == 0)
        result = client_open_others(names, fds, slots);
    if (result == 0)
        result = client_check_unchanged(names, fds->info);
    return result;
}

/* The whole of client_open_all is not needed: info says how large the entries are, and is looked at again after. */
static int client_open_best(const struct client_names *names, int *info_fd, int *best_fd)
{
    uint32_t slots = 0;
    int result = client_open_part(names, "info", info_fd);
    if (result == 0)
        result = client_read_slots(*info_fd, &slots);
    if (result == 0) {
        result = client_open_part(names, "best", best_fd);
        /* a camera without best pictures, unless the segments have just been replaced */
        result = result == -ENOENT ? -ENODATA : result;
    }
    if (result == 0 || result == -ENODATA) {
        const int changed = client_check_unchanged(names, *info_fd);
        result = changed < 0 ? changed : result;
    }
    return result;
}

int camd_best_open(struct camd_best_reader *reader, const char *prefix, const char *camera)
{
    const struct client_names names = {prefix ? prefix : CLIENT_PREFIX_DEFAULT, camera};
    int info_fd = -1, best_fd = -1;
    if (!client_is_camera_name(camera) || strchr(names.prefix, '/'))
        return -EINVAL;

    int result = client_open_best(&names, &info_fd, &best_fd);

    if (result == 0)
        result = camd_best_attach(reader, info_fd, best_fd);
    client_close(&info_fd);
    if (result < 0)
        client_close(&best_fd);
    return result;
}

int camd_client_attach(struct camd_segments *segments, const char *prefix, const char *camera)
{
    const struct client_names names = {prefix ? prefix : CLIENT_PREFIX_DEFAULT, camera};
    struct camd_segment_fds fds = {.info = -1, .ctl = -1, .result = -1, .in = -1, .out = -1};
    if (!client_is_camera_name(camera) || strchr(names.prefix, '/'))
        return -EINVAL;

    int result = client_open_all(&names, &fds);

    if (result == 0)
        result = camd_segments_map(segments, &fds, CAMD_ROLE_READER);
    client_close_all(&fds);
    return result;
}
