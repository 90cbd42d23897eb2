/* The metrics in the order in which they are printed. Units are Prometheus' base units: seconds, bytes, 0 to 1. */
#include "metrics/metrics_table.h"

#define MIB (1024.0 * 1024.0)

/* clang-format off */

/* A metric and its text, and where it comes from. */
#define ROW(metric, kind, of, text, ...) \
    {.name = metric, .type = EXPOSITION_##kind, .scope = METRIC_OF_##of, .help = text, __VA_ARGS__}
#define NUMBER(from, factor)    .value = METRIC_NUMBER, .path = from, .scale = factor
#define IS_WORD(from, text)     .value = METRIC_IS_WORD, .path = from, .word = text
#define IS_NULL(from)           .value = METRIC_IS_NULL, .path = from
#define PRESENT(...)            .value = METRIC_PRESENT, .labels = {__VA_ARGS__}
#define STATES(from)            .value = METRIC_STATES, .path = from
#define MEMBERS(from, label)    .value = METRIC_MEMBERS, .path = from, .word = label
#define HISTOGRAM_OF(from)      .value = METRIC_HISTOGRAM, .path = from
#define WINDOWS(member, factor) .value = METRIC_WINDOWS, .path = member, .scale = factor

/* What a worker's process and a detector's have in common. */
#define PROCESS(prefix, scope) \
    ROW(prefix "_up", GAUGE, scope, "Whether the process is up.", \
        IS_WORD("state", "up")), \
    ROW(prefix "_wanted", GAUGE, scope, "Whether it should be up.", \
        IS_WORD("want", "up")), \
    ROW(prefix "_restarts_total", COUNTER, scope, "Restarts, by what had failed.", \
        MEMBERS("restarts_by", "reason")), \
    ROW(prefix "_failures", GAUGE, scope, "Failures in a row.", \
        NUMBER("failures", 1)), \
    ROW(prefix "_next_start_seconds", GAUGE, scope, "Until the next try, while it waits for one.", \
        NUMBER("next_start_ms", 0.001)), \
    ROW(prefix "_uptime_seconds", GAUGE, scope, "Since the process was started.", \
        NUMBER("uptime_s", 1)), \
    ROW(prefix "_cpu_seconds_total", COUNTER, scope, "Processor time of the process.", \
        NUMBER("cpu_s", 1)), \
    ROW(prefix "_memory_bytes", GAUGE, scope, "Memory of the process that it shares with no other.", \
        NUMBER("memory_mb", MIB)), \
    ROW(prefix "_older_program", GAUGE, scope, \
        "Whether another program is installed than the one that runs.", \
        NUMBER("older_program", 1)), \
    ROW(prefix "_sandboxed", GAUGE, scope, "Whether that part of the sandbox is in force.", \
        MEMBERS("sandbox", "part"))

const struct metric metrics_table[] = {
    ROW("camd_build_info", GAUGE, DAEMON, "The version of camd.",
        PRESENT("version")),
    ROW("camd_uptime_seconds", GAUGE, DAEMON, "Since camd was started.",
        NUMBER("uptime_s", 1)),
    ROW("camd_stopping", GAUGE, DAEMON, "Whether camd is being stopped.",
        IS_WORD("state", "stopping")),
    ROW("camd_older_program", GAUGE, DAEMON, "Whether another camd is installed than the one that runs.",
        NUMBER("older_program", 1)),
    ROW("camd_enabled_kept", GAUGE, DAEMON, "Whether what enable and disable said is kept over restarts.",
        IS_NULL("enabled_problem")),
    ROW("camd_grids_kept", GAUGE, DAEMON, "Whether region grids are kept over restarts.",
        IS_NULL("grids_problem")),
    ROW("camd_events_kept", GAUGE, DAEMON, "Whether events are kept over restarts.",
        IS_NULL("events_problem")),
    ROW("camd_prefix_held", GAUGE, DAEMON, "Whether the shared-memory prefix is this camd's alone.",
        IS_NULL("prefix_problem")),
    ROW("camd_shm_size_bytes", GAUGE, DAEMON, "Size of /dev/shm.",
        NUMBER("shm.total_mb", MIB)),
    ROW("camd_shm_available_bytes", GAUGE, DAEMON, "What is free of /dev/shm.",
        NUMBER("shm.available_mb", MIB)),
    ROW("camd_shm_recommended_bytes", GAUGE, DAEMON, "Size of /dev/shm that gives every camera 20 slots.",
        NUMBER("shm.recommended_mb", MIB)),
    ROW("camd_shm_next_camera_slots", GAUGE, DAEMON, "Frame slots that a camera would get that is added now.",
        NUMBER("shm.slots", 1)),

    ROW("camd_camera_info", GAUGE, CAMERA, "What the camera sends, and its detector.",
        PRESENT("detector", "stream.codec", "stream.pixel_format")),
    ROW("camd_camera_state", GAUGE, CAMERA, "1 for the state that the camera is in, 0 for the others.",
        STATES("state")),
    ROW("camd_camera_wanted", GAUGE, CAMERA, "Whether the camera should be up.",
        IS_WORD("want", "up")),
    ROW("camd_camera_enabled", GAUGE, CAMERA, "Whether the camera is enabled.",
        NUMBER("enabled", 1)),
    ROW("camd_camera_uptime_seconds", GAUGE, CAMERA, "Since the camera became known to camd.",
        NUMBER("uptime_s", 1)),
    ROW("camd_camera_dark_seconds", GAUGE, CAMERA,
        "For how long there have been no pictures, while there should be some.",
        NUMBER("dark_s", 1)),
    ROW("camd_camera_next_start_seconds", GAUGE, CAMERA, "Until the next try, while it waits for one.",
        NUMBER("next_start_ms", 0.001)),
    ROW("camd_camera_outages_total", COUNTER, CAMERA, "Times that it was without pictures through a failure.",
        NUMBER("total.outages", 1)),
    ROW("camd_camera_dark_seconds_total", COUNTER, CAMERA,
        "Time without pictures, while there should have been some.",
        NUMBER("total.dark_s", 1)),
    ROW("camd_camera_reconnects_total", COUNTER, CAMERA, "Tries to mend an outage.",
        NUMBER("total.reconnects", 1)),
    ROW("camd_camera_stalls_total", COUNTER, CAMERA, "Times that capture made no progress.",
        NUMBER("total.stalls", 1)),
    ROW("camd_camera_recent_outages", GAUGE, CAMERA, "Outages in the last hour and the last day.",
        WINDOWS("outages", 1)),
    ROW("camd_camera_recent_dark_seconds", GAUGE, CAMERA,
        "Time without pictures in the last hour and the last day.",
        WINDOWS("dark_s", 1)),
    ROW("camd_camera_recent_reconnects", GAUGE, CAMERA,
        "Tries to mend an outage in the last hour and the last day.",
        WINDOWS("reconnects", 1)),
    ROW("camd_camera_recent_stalls", GAUGE, CAMERA,
        "Times without progress in the last hour and the last day.",
        WINDOWS("stalls", 1)),
    ROW("camd_camera_recent_bytes_per_second", GAUGE, CAMERA,
        "What it sent while it sent, in the last hour and the last day.",
        WINDOWS("bit_rate_kbps", 125)),
    ROW("camd_camera_damaged_ratio", GAUGE, CAMERA,
        "Share of its pictures that are damaged, while that degrades it.",
        NUMBER("share", 1)),
    ROW("camd_camera_unchanged_seconds", GAUGE, CAMERA,
        "For how long its picture has not changed, while it is frozen.",
        NUMBER("unchanged_s", 1)),
    ROW("camd_camera_brightness_ratio", GAUGE, CAMERA, "Brightness of its picture, while it is black.",
        NUMBER("brightness", 1.0 / 255)),
    ROW("camd_camera_detail_ratio", GAUGE, CAMERA,
        "Share of its picture with any detail, while it is covered.",
        NUMBER("detail", 1)),
    ROW("camd_camera_width_pixels", GAUGE, CAMERA, "Width of its pictures; 0: none yet.",
        NUMBER("width", 1)),
    ROW("camd_camera_height_pixels", GAUGE, CAMERA, "Height of its pictures; 0: none yet.",
        NUMBER("height", 1)),
    ROW("camd_camera_stream_width_pixels", GAUGE, CAMERA, "Width of what it sends.",
        NUMBER("stream.width", 1)),
    ROW("camd_camera_stream_height_pixels", GAUGE, CAMERA, "Height of what it sends.",
        NUMBER("stream.height", 1)),
    ROW("camd_camera_stream_frames_per_second", GAUGE, CAMERA, "Frames that it sends; 0: not known.",
        NUMBER("stream.fps", 1)),
    ROW("camd_camera_stream_rotation_degrees", GAUGE, CAMERA, "By how much pictures are turned clockwise.",
        NUMBER("stream.rotation", 1)),
    ROW("camd_camera_stream_mirrored", GAUGE, CAMERA, "Whether pictures are mirrored.",
        NUMBER("stream.mirrored", 1)),
    ROW("camd_camera_stream_still", GAUGE, CAMERA, "Whether it is a picture that is fetched again and again.",
        NUMBER("stream.still", 1)),
    ROW("camd_camera_slots", GAUGE, CAMERA, "Frame slots that it has in shared memory.",
        NUMBER("slots", 1)),
    ROW("camd_camera_queued_frames", GAUGE, CAMERA, "Frames that wait for the tracker.",
        NUMBER("queued", 1)),
    ROW("camd_camera_configured_frames_per_second", GAUGE, CAMERA, "The key fps.",
        NUMBER("fps", 1)),
    ROW("camd_camera_captured_frames_per_second", GAUGE, CAMERA, "Frames captured, over ten seconds.",
        NUMBER("camera_fps", 1)),
    ROW("camd_camera_tracked_frames_per_second", GAUGE, CAMERA, "Frames tracked, over ten seconds.",
        NUMBER("process_fps", 1)),
    ROW("camd_camera_skipped_frames_per_second", GAUGE, CAMERA,
        "Frames not given to the tracker, over ten seconds.",
        NUMBER("skipped_fps", 1)),
    ROW("camd_camera_detections_per_second", GAUGE, CAMERA, "Detections made, over ten seconds.",
        NUMBER("detection_fps", 1)),
    ROW("camd_camera_frame_age_seconds", GAUGE, CAMERA, "Age of the newest frame.",
        NUMBER("frame_age_s", 1)),
    ROW("camd_camera_frames_total", COUNTER, CAMERA, "Frames captured.",
        NUMBER("frames", 1)),
    ROW("camd_camera_received_bytes_total", COUNTER, CAMERA, "What its stream has brought.",
        NUMBER("bytes", 1)),
    ROW("camd_camera_tracked_frames_total", COUNTER, CAMERA, "Frames tracked.",
        NUMBER("processed", 1)),
    ROW("camd_camera_skipped_frames_total", COUNTER, CAMERA,
        "Frames not given to the tracker, which was behind.",
        NUMBER("skipped", 1)),
    ROW("camd_camera_lost_frames_total", COUNTER, CAMERA, "Frames overwritten before they were tracked.",
        NUMBER("lost", 1)),
    ROW("camd_camera_damaged_total", COUNTER, CAMERA, "Packets and pictures with errors.",
        NUMBER("damaged", 1)),
    ROW("camd_camera_gaps_total", COUNTER, CAMERA, "Times that frames are missing: reconnects, lost packets.",
        NUMBER("gaps", 1)),
    ROW("camd_camera_motion", GAUGE, CAMERA, "Whether there is motion.",
        NUMBER("motion", 1)),
    ROW("camd_camera_calibrating", GAUGE, CAMERA, "Whether motion is still being learnt.",
        NUMBER("calibrating", 1)),
    ROW("camd_camera_idle", GAUGE, CAMERA, "Whether only key pictures are decoded, since nothing moves.",
        NUMBER("idle", 1)),
    ROW("camd_camera_ptz_moving", GAUGE, CAMERA, "Whether its mount moves.",
        NUMBER("ptz_moving", 1)),
    ROW("camd_camera_objects", GAUGE, CAMERA, "Objects that are tracked.",
        NUMBER("objects", 1)),
    ROW("camd_camera_left_out_total", COUNTER, CAMERA, "Objects, detections and motion boxes without room.",
        NUMBER("left_out", 1)),
    ROW("camd_camera_best_pictures_total", COUNTER, CAMERA, "Best pictures of objects that were written.",
        NUMBER("best_pictures.written", 1)),
    ROW("camd_camera_best_picture_seconds", GAUGE, CAMERA, "How long one takes, mean of the recent ones.",
        NUMBER("best_pictures.time_ms", 0.001)),
    ROW("camd_camera_regions_total", COUNTER, CAMERA, "Regions that the detector was to look into.",
        NUMBER("regions", 1)),
    ROW("camd_camera_regions_left_out_total", COUNTER, CAMERA, "Regions for which there was no time.",
        NUMBER("regions_left_out", 1)),
    ROW("camd_camera_detector_timeouts_total", COUNTER, CAMERA,
        "Frames for which the detector did not answer.",
        NUMBER("detector_timeouts", 1)),
    ROW("camd_camera_late_answers_total", COUNTER, CAMERA,
        "Answers of the detector for which nobody waited any more.",
        NUMBER("late_answers", 1)),
    ROW("camd_camera_detector_seconds", HISTOGRAM, CAMERA, "How long the detector took for a region.",
        HISTOGRAM_OF("detector_times")),

    PROCESS("camd_worker", WORKER),
    PROCESS("camd_detector", DETECTOR),
    ROW("camd_detector_info", GAUGE, DETECTOR, "The detector's backend.",
        PRESENT("backend")),
    ROW("camd_detector_recent_seconds", GAUGE, DETECTOR,
        "How long it takes for a region, mean of the recent ones.",
        NUMBER("inference_ms", 0.001)),

    {.name = NULL},
};
/* clang-format on */
