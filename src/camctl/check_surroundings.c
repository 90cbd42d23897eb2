#include "camctl/check_surroundings.h"

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/access.h"
#include "base/libexec.h"
#include "base/text.h"
#include "base/user.h"
#include "camctl/check.h"
#include "camd/shm.h"

/* ---- programs ---- */

static void look_for_program(const char *name, const char *advice, json_t *warnings)
{
    char *path = libexec_program(name);
    if (path && access(path, X_OK) < 0)
        check_note(warnings, text_format("%s cannot be executed: %s: %s", path, strerror(errno), advice));
    free(path);
}

/* Whether a camera uses a detector that has the process camd-detector. */
static bool needs_detector(const struct config *config)
{
    for (size_t i = 0; i < config->camera_count; i++) {
        const struct config_detector *detector = config_detector_find(config, config->cameras[i].detector);
        if (detector && config_detector_has_process(detector) && detector->backend[0] != '/')
            return true;
    }
    return false;
}

/* Not of the configuration, but without them nothing of it works. */
static void look_for_programs(const struct config *config, json_t *warnings)
{
    static const char *const names[] = {"camd-capture", "camd-tracker", "camd-sync", "camd-grid",
                                        "camd-exec"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        look_for_program(names[i], "is camd installed as a whole?", warnings);
    if (needs_detector(config))
        look_for_program("camd-detector", "cameras name a detector, and the package camd-detector has it",
                         warnings);
}

/* ---- devices that decode ---- */

static const struct {
    const char *hwaccel, *pattern;
} devices[] = {
    {"vaapi", "/dev/dri/renderD*"},
    {"qsv", "/dev/dri/renderD*"},
    {"drm", "/dev/dri/renderD*"},
    {"cuda", "/dev/nvidia0"},
};

/* The first of the devices that the worker may open, or why there is none. */
static int find_device(const char *pattern, const struct user *worker)
{
    glob_t found;
    int error = -ENOENT;
    if (glob(pattern, 0, NULL, &found) != 0)
        return error;
    for (size_t i = 0; i < found.gl_pathc && error != 0; i++)
        error = access_may(worker, found.gl_pathv[i], R_OK | W_OK);
    globfree(&found);
    return error;
}

static void look_for_device(const struct config_camera *camera, const struct user *worker, json_t *warnings)
{
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (strcmp(devices[i].hwaccel, camera->hwaccel) != 0)
            continue;
        const int error = find_device(devices[i].pattern, worker);
        if (error < 0 && error != -EAGAIN)
            check_note(
                warnings,
                text_format(
                    "%s: hwaccel = %s finds no device that %s may open (%s: %s): the processor would decode",
                    camera->name, camera->hwaccel, worker ? worker->name : "camd", devices[i].pattern,
                    strerror(-error)));
    }
}

/* ---- what systemd shuts off ---- */

/* The unit has a /tmp of its own. */
static void look_at_place(const struct config_camera *camera, json_t *warnings)
{
    static const char *const places[] = {"/tmp/", "/var/tmp/"};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (strncmp(camera->input, places[i], strlen(places[i])) == 0)
            check_note(
                warnings,
                text_format(
                    "%s: a camd that systemd starts has a %s of its own, in which input is not there: put the file elsewhere",
                    camera->name, places[i]));
    }
}

/* ---- users and memory ---- */

/* Who took a decoder over could read the control socket and the frames of all cameras. */
static void look_at_group(const struct config *config, const struct user *worker, json_t *warnings)
{
    const struct group *group = config->group ? getgrnam(config->group) : NULL;
    if (group && user_is_device_group(config->group))
        check_note(
            warnings,
            text_format(
                "group %s is the one by which workers open devices, and as camd's it is not given to them: take another group (addgroup --system camd)",
                config->group));
    if (group && worker && user_is_in_group(worker, group->gr_gid))
        check_note(
            warnings,
            text_format(
                "worker_user %s is in the group %s, which may look at all cameras: take it out (gpasswd -d %s %s)",
                worker->name, config->group, worker->name, config->group));
}

/* The least that cameras take whose size is written; that of others is their streams'. */
static uint64_t least_bytes(const struct config *config)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < config->camera_count; i++) {
        const struct config_camera *camera = &config->cameras[i];
        if (camera->enabled)
            bytes += (uint64_t)camera->width * (uint64_t)camera->height * 3 / 2 * CAMD_SLOTS_MIN;
    }
    return bytes;
}

/* The same, of files: info, ctl, result and frames of each camera; the directory itself and camd's lock. */
static uint64_t least_files(const struct config *config)
{
    enum { CAMERA_FILES = 3 + CAMD_SLOTS_MIN, OTHER_FILES = 2 };
    uint64_t files = OTHER_FILES;
    for (size_t i = 0; i < config->camera_count; i++)
        files += config->cameras[i].enabled ? CAMERA_FILES : 0;
    return files;
}

static void look_at_memory(const struct config *config, json_t *warnings)
{
    enum { MB = 1000000 };
    struct statvfs shm;
    const uint64_t bytes = least_bytes(config), files = least_files(config);
    if (statvfs("/dev/shm", &shm) < 0) {
        check_note(warnings,
                   text_format("/dev/shm cannot be looked at: %s: frames are kept there", strerror(errno)));
        return;
    }
    const uint64_t there = (uint64_t)shm.f_blocks * shm.f_frsize;
    if (there < bytes)
        check_note(warnings, text_format("/dev/shm has %" PRIu64 " MB, and the cameras need at least %" PRIu64
                                         " MB: mount -o remount,size=%" PRIu64 "M /dev/shm",
                                         there / MB, bytes / MB + 1, bytes / MB * 2 + 1));
    if (shm.f_files != 0 && shm.f_files < files) /* 0: any number */
        check_note(warnings, text_format("/dev/shm may have %ju files, and the cameras need at least %" PRIu64
                                         ": mount -o remount,nr_inodes=%" PRIu64 " /dev/shm",
                                         (uintmax_t)shm.f_files, files, files * 4));
}

void check_surroundings(const struct config *config, const struct user *worker, json_t *warnings)
{
    const bool has_systemd = access("/run/systemd/system", F_OK) == 0;
    look_for_programs(config, warnings);
    look_at_group(config, worker, warnings);
    look_at_memory(config, warnings);
    for (size_t i = 0; i < config->camera_count; i++) {
        look_for_device(&config->cameras[i], worker, warnings);
        if (has_systemd)
            look_at_place(&config->cameras[i], warnings);
    }
}
