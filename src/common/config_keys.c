#include "common/config_keys.h"

#include "common/config.h"
#include "common/log.h"

/* An offset that compiles only when the field has the type that the key's type writes. */
#define OFFSET(owner, field, c_type)                                                                         \
    (offsetof(struct owner, field) +                                                                         \
     0 * sizeof(                                                                                             \
             char[__builtin_types_compatible_p(__typeof__(((struct owner *)0)->field), c_type) ? 1 : -1]))

#define FIELD(value_type, owner, field, c_type)                                                              \
    .type = &config_type_##value_type, .offset = OFFSET(owner, field, c_type)

#define BOOL(owner, field)    FIELD(bool, owner, field, bool)
#define INTEGER(owner, field) FIELD(integer, owner, field, int64_t)
#define EVEN(owner, field)    FIELD(even, owner, field, int64_t)
#define REAL(owner, field)    FIELD(real, owner, field, double)
#define TIME(owner, field)    FIELD(time, owner, field, int64_t)
#define LEVEL(owner, field)   FIELD(level, owner, field, int64_t)
#define CHOICE(owner, field)  FIELD(choice, owner, field, char *)
#define PATH(owner, field)    FIELD(path, owner, field, char *)
#define INPUT(owner, field)   FIELD(input, owner, field, char *)
#define GROUP(owner, field)   FIELD(group, owner, field, char *)
#define PREFIX(owner, field)  FIELD(prefix, owner, field, char *)

#define IN_CAMD   .places = CONFIG_PLACE_CAMD
#define IN_CAMERA .places = CONFIG_PLACE_DEFAULTS | CONFIG_PLACE_CAMERA

enum {
    HOUR_SECONDS = 3600,
    DAY_SECONDS = 86400,
    SOCKET_DIRECTORY_BYTES = 97, /* sockaddr_un has 108 for the directory, "/camd.sock" and a NUL */
};

static const char *const log_level_words[] = {
#define X(id, word, priority) word,
    LOG_LEVELS(X)
#undef X
        NULL};
_Static_assert(sizeof log_level_words / sizeof *log_level_words == LOG_LEVEL_COUNT + 1, "a word a level");

static const char *const transport_words[] = {"tcp", "udp", NULL};
/* what libavutil of FFmpeg 5.1 has on Linux */
static const char *const hwaccel_words[] = {"none", "auto", "vaapi",  "vdpau",  "cuda",
                                            "qsv",  "drm",  "vulkan", "opencl", NULL};

const struct config_key config_keys[] = {
    {.name = "run_dir",
     IN_CAMD,
     PATH(config, run_dir),
     .most = SOCKET_DIRECTORY_BYTES,
     .standard = "/run/camd",
     .apply = CONFIG_APPLY_START,
     .meaning = "Directory of the control socket, which is camd.sock in it."},
    {.name = "state_dir",
     IN_CAMD,
     PATH(config, state_dir),
     .standard = "/var/lib/camd",
     .apply = CONFIG_APPLY_START,
     .meaning = "Directory of what outlives the daemon: which cameras are disabled, and what was learnt."},
    {.name = "cameras_dir",
     IN_CAMD,
     PATH(config, cameras_dir),
     .absent = "none",
     .standard = CAMD_SYSCONFDIR "/camd/cameras.d",
     .standard_shown = "/etc/camd/cameras.d",
     .apply = CONFIG_APPLY_POLICY,
     .meaning =
         "Directory of further files, NAME.ini, read in the order of their names. They hold [camera NAME] "
         "sections only. camctl writes the cameras that it adds there; with none, it can add cameras only "
         "until the daemon stops. The default is below the sysconfdir that camd was built for."},
    {.name = "group",
     IN_CAMD,
     GROUP(config, group),
     .absent = "none",
     .standard = "none",
     .apply = CONFIG_APPLY_START,
     .meaning =
         "Group whose members may look: read from the control socket and from the frames in shared memory. "
         "With none, only root and the daemon's own user may."},
    {.name = "log",
     IN_CAMD,
     PATH(config, log),
     .absent = "stderr",
     .standard = "stderr",
     .apply = CONFIG_APPLY_START,
     .meaning = "Where the log goes: standard error or a file, which is opened anew at SIGUSR1."},
    {.name = "log_level",
     IN_CAMD,
     LEVEL(config, log_level),
     .words = log_level_words,
     .standard = "info",
     .apply = CONFIG_APPLY_LIVE,
     .meaning = "The least important messages that are logged."},
    {.name = "shm_prefix",
     IN_CAMD,
     PREFIX(config, shm_prefix),
     .standard = "camd.",
     .apply = CONFIG_APPLY_START,
     .meaning = "Beginning of the names of all shared-memory segments. Every daemon on a machine needs one "
                "of its own: "
                "it removes what an earlier daemon left under that prefix."},
    {.name = "shm_reserve_mb",
     IN_CAMD,
     INTEGER(config, shm_reserve_mb),
     .unit = "MB",
     .most = 1048576,
     .standard = "50",
     .apply = CONFIG_APPLY_POLICY,
     .meaning =
         "Shared memory left to other programs when frame slots are shared out. A change counts for segments "
         "that are made later."},
    {.name = "slots_max",
     IN_CAMD,
     INTEGER(config, slots_max),
     .unit = "slots",
     .least = CAMD_SLOTS_MIN,
     .most = CAMD_SLOTS_MAX,
     .standard = "50",
     .standard_shown = "SHM_MAX_FRAMES of the environment, else 50",
     .apply = CONFIG_APPLY_POLICY,
     .meaning =
         "The most frame slots that a camera gets, however much shared memory there is. A change counts for "
         "segments that are made later."},

    {.name = "input",
     .places = CONFIG_PLACE_CAMERA,
     INPUT(config_camera, input),
     .is_secret = true,
     .is_worker = true,
     .apply = CONFIG_APPLY_CAPTURE,
     .meaning =
         "Where the pictures come from: a URL (rtsp://, http:// and what else FFmpeg reads), a file, a "
         "device "
         "such as /dev/video0, or a test pattern such as lavfi:testsrc2=size=640x480:rate=10. A password may "
         "stand in the URL (rtsp://USER:PASSWORD@HOST/PATH); it is never shown. White space in a URL is "
         "written as %20. Every camera needs it."},
    {.name = "password_file",
     .places = CONFIG_PLACE_CAMERA,
     PATH(config_camera, password_file),
     .absent = "none",
     .standard = "none",
     .apply = CONFIG_APPLY_CAPTURE,
     .meaning = "File whose first line is the password of the user in input (rtsp://USER@HOST/PATH): any "
                "characters, as they "
                "are, without escapes. It is read whenever capture starts, so that a new password counts "
                "from the next try. "
                "The file must be readable by camd and closed to the group and to others (chmod 600)."},
    {.name = "width",
     IN_CAMERA,
     EVEN(config_camera, width),
     .unit = "pixels",
     .least = CAMD_SIZE_MIN,
     .most = CAMD_SIZE_MAX,
     .absent = "stream",
     .standard = "stream",
     .is_worker = true,
     .apply = CONFIG_APPLY_SEGMENTS,
     .meaning = "Width of the frames; the pictures of the stream are scaled to it. The default takes the "
                "stream's own "
                "size. Width and height are given both or neither."},
    {.name = "height",
     IN_CAMERA,
     EVEN(config_camera, height),
     .unit = "pixels",
     .least = CAMD_SIZE_MIN,
     .most = CAMD_SIZE_MAX,
     .absent = "stream",
     .standard = "stream",
     .is_worker = true,
     .apply = CONFIG_APPLY_SEGMENTS,
     .meaning = "Height of the frames; see width."},
    {.name = "fps",
     IN_CAMERA,
     REAL(config_camera, fps),
     .unit = "frames per second",
     .least = 0.1,
     .most = 60,
     .standard = "5",
     .is_worker = true,
     .apply = CONFIG_APPLY_CAPTURE | CONFIG_APPLY_LIVE,
     .meaning = "Frames taken from the stream. Of the others, those that nothing depends on (all of MJPEG, "
                "B-frames mostly) are "
                "not decoded. 5 is enough to follow people and cars, and more than 10 mostly costs."},
    {.name = "enabled",
     IN_CAMERA,
     BOOL(config_camera, enabled),
     .standard = "yes",
     .apply = CONFIG_APPLY_WANT,
     .meaning = "With no, the camera is known but stays down until camctl enable."},
    {.name = "autostart",
     IN_CAMERA,
     BOOL(config_camera, autostart),
     .standard = "yes",
     .apply = CONFIG_APPLY_WANT,
     .meaning = "With no, the camera is down when the daemon starts, until camctl start."},
    {.name = "loop",
     IN_CAMERA,
     BOOL(config_camera, loop),
     .standard = "no",
     .is_worker = true,
     .apply = CONFIG_APPLY_CAPTURE,
     .meaning = "For files: begin again at the end. With no, the camera has ended then."},
    {.name = "pace",
     IN_CAMERA,
     BOOL(config_camera, pace),
     .standard = "yes",
     .is_worker = true,
     .apply = CONFIG_APPLY_CAPTURE,
     .meaning = "For files: in real time. With no, frames come as fast as the tracker takes them, and none "
                "is skipped."},
    {.name = "rtsp_transport",
     IN_CAMERA,
     CHOICE(config_camera, rtsp_transport),
     .words = transport_words,
     .standard = "tcp",
     .is_worker = true,
     .apply = CONFIG_APPLY_CAPTURE,
     .meaning =
         "How RTSP cameras send their data. Use udp only for cameras that cannot do tcp: lost packets damage "
         "pictures."},
    {.name = "hwaccel",
     IN_CAMERA,
     CHOICE(config_camera, hwaccel),
     .words = hwaccel_words,
     .standard = "none",
     .is_worker = true,
     .apply = CONFIG_APPLY_CAPTURE,
     .meaning = "The kind of device that decodes; auto takes the first one that works. When it can't be "
                "used, or not for this "
                "stream, one warning is logged and the processor decodes. The worker user needs access to "
                "the device, such as "
                "/dev/dri/renderD128 for vaapi."},
    {.name = "open_timeout",
     IN_CAMERA,
     TIME(config_camera, open_timeout_ms),
     .least = 0.1,
     .most = HOUR_SECONDS,
     .standard = "10",
     .is_worker = true,
     .apply = CONFIG_APPLY_CAPTURE,
     .meaning = "How long connecting to the camera and finding its video stream may take."},
    {.name = "read_timeout",
     IN_CAMERA,
     TIME(config_camera, read_timeout_ms),
     .least = 0.1,
     .most = HOUR_SECONDS,
     .standard = "10",
     .is_worker = true,
     .apply = CONFIG_APPLY_CAPTURE,
     .meaning = "How long the camera may send nothing before the connection counts as lost."},

    {.name = "motion",
     IN_CAMERA,
     BOOL(config_camera, motion),
     .standard = "yes",
     .is_worker = true,
     .apply = CONFIG_APPLY_LIVE,
     .meaning = "Whether motion is looked for."},
    {.name = "motion_threshold",
     IN_CAMERA,
     INTEGER(config_camera, motion_threshold),
     .unit = "grey levels",
     .least = 1,
     .most = 255,
     .standard = "30",
     .is_worker = true,
     .apply = CONFIG_APPLY_LIVE,
     .meaning =
         "How far a pixel must be from the average of the recent past to count as moving. Higher is less "
         "sensitive."},
    {.name = "motion_contour_area",
     IN_CAMERA,
     INTEGER(config_camera, motion_contour_area),
     .unit = "pixels of the small picture",
     .most = 1000000,
     .standard = "10",
     .is_worker = true,
     .apply = CONFIG_APPLY_LIVE,
     .meaning = "Moving areas up to that size are left out. Higher is less sensitive to small things."},
    {.name = "motion_frame_height",
     IN_CAMERA,
     INTEGER(config_camera, motion_frame_height),
     .unit = "pixels",
     .least = 16,
     .most = 1080,
     .standard = "100",
     .is_worker = true,
     .apply = CONFIG_APPLY_LIVE,
     .meaning = "Height of the small picture that motion is looked for in. Higher sees smaller things and "
                "costs more."},
    {.name = "motion_frame_alpha",
     IN_CAMERA,
     REAL(config_camera, motion_frame_alpha),
     .least = 0.0001,
     .most = 1,
     .standard = "0.01",
     .is_worker = true,
     .apply = CONFIG_APPLY_LIVE,
     .meaning = "Share of a new frame in the average of the recent past. Higher forgets sooner what has "
                "stopped moving."},
    {.name = "motion_lightning_threshold",
     IN_CAMERA,
     REAL(config_camera, motion_lightning_threshold),
     .least = 0.3,
     .most = 1,
     .standard = "0.8",
     .is_worker = true,
     .apply = CONFIG_APPLY_LIVE,
     .meaning =
         "Share of the picture that has to change at once to be taken for a change of light, after which "
         "motion is calibrated anew."},
    {.name = "motion_skip_threshold",
     IN_CAMERA,
     REAL(config_camera, motion_skip_threshold),
     .least = 0.0001,
     .most = 1,
     .absent = "none",
     .standard = "none",
     .is_worker = true,
     .apply = CONFIG_APPLY_LIVE,
     .meaning =
         "Share of the picture above which a change is ignored altogether: no motion is reported then. It "
         "suits cameras whose lamp switches on, and may miss real things."},
    {.name = "motion_improve_contrast",
     IN_CAMERA,
     BOOL(config_camera, motion_improve_contrast),
     .standard = "yes",
     .is_worker = true,
     .apply = CONFIG_APPLY_LIVE,
     .meaning = "Whether contrast is stretched before motion is looked for, which helps at night."},
    {.name = "motion_off_delay",
     IN_CAMERA,
     TIME(config_camera, motion_off_delay_ms),
     .most = HOUR_SECONDS,
     .standard = "30",
     .is_worker = true,
     .apply = CONFIG_APPLY_LIVE,
     .meaning = "How long nothing must move until motion is reported as off."},
    {.name = "mask",
     .member = "masks",
     IN_CAMERA,
     .type = &config_type_mask,
     .standard = "none",
     .is_worker = true,
     .apply = CONFIG_APPLY_LIVE,
     .meaning =
         "A polygon, by its corners in shares of the picture's width and height from the top left, in which "
         "motion is not looked for: a clock that the camera draws, or a tree. NAME is of letters, digits, _ "
         "and -. A camera may have several; it has those of [defaults], too, which none takes away. "
         "Continuation lines are joined without a space: break the line after a comma."},

    {.name = "capture",
     IN_CAMERA,
     PATH(config_camera, capture),
     .absent = "none",
     .standard = "none",
     .apply = CONFIG_APPLY_CAPTURE,
     .meaning = "Another program to start instead of camd-capture; see camd-worker(7)."},
    {.name = "tracker",
     IN_CAMERA,
     PATH(config_camera, tracker),
     .absent = "none",
     .standard = "none",
     .apply = CONFIG_APPLY_TRACKER,
     .meaning = "Another program to start instead of camd-tracker; see camd-worker(7)."},
    {.name = "restart_delay",
     IN_CAMERA,
     TIME(config_camera, restart_delay_ms),
     .most = HOUR_SECONDS,
     .standard = "0.5",
     .apply = CONFIG_APPLY_POLICY,
     .meaning = "A capture or tracker that fails is started again at once; when it fails again, after this "
                "time, which "
                "doubles with every further failure. 0 starts it at once always."},
    {.name = "restart_max_delay",
     IN_CAMERA,
     TIME(config_camera, restart_max_delay_ms),
     .most = DAY_SECONDS,
     .standard = "30",
     .apply = CONFIG_APPLY_POLICY,
     .meaning = "What restart_delay grows to."},
    {.name = "restart_limit",
     IN_CAMERA,
     INTEGER(config_camera, restart_limit),
     .unit = "failures",
     .least = 1,
     .most = 1000000,
     .absent = "none",
     .standard = "none",
     .apply = CONFIG_APPLY_POLICY,
     .meaning =
         "Failures in a row after which the camera counts as failed and is left alone, until camctl start or "
         "kick. With none, camd never gives up."},
    {.name = "stall_timeout",
     IN_CAMERA,
     TIME(config_camera, stall_timeout_ms),
     .least = 1,
     .most = DAY_SECONDS,
     .standard = "20",
     .apply = CONFIG_APPLY_POLICY,
     .meaning = "How long a running camera may bring no frame before its capture is started anew."},
    {.name = "first_frame_timeout",
     IN_CAMERA,
     TIME(config_camera, first_frame_timeout_ms),
     .least = 1,
     .most = DAY_SECONDS,
     .standard = "60",
     .apply = CONFIG_APPLY_POLICY,
     .meaning = "The same for the first frame after a start, since some cameras wake up slowly."},
    {.name = "stop_timeout",
     IN_CAMERA,
     TIME(config_camera, stop_timeout_ms),
     .least = 0.1,
     .most = 300,
     .standard = "5",
     .apply = CONFIG_APPLY_POLICY,
     .meaning = "How long capture and tracker may take to stop before they are killed."},
};

const size_t config_key_count = sizeof config_keys / sizeof *config_keys;
_Static_assert(sizeof config_keys / sizeof *config_keys <= CONFIG_KEYS_MAX, "room for all");
