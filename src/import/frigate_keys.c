/*
 * frigate_keys.c - every key of Frigate's that is known: what becomes of it, or why camd has nothing for it
 *
 * By its documentation (versions 0.13 to 0.17). What is not here is told, too: nothing is left out without a word.
 */
#include "import/frigate_private.h"

/* A row: what is taken, has keys below it, or below each of its names, or is left out and why. */
#define TAKEN(name)                                                                                          \
    {                                                                                                        \
        .key = name                                                                                          \
    }
#define BELOW(name, keys)                                                                                    \
    {                                                                                                        \
        .key = name, .below = keys                                                                           \
    }
#define EACH(name, keys)                                                                                     \
    {                                                                                                        \
        .key = name, .below = keys, .is_each = true                                                          \
    }
#define LEFT_OUT(name, why)                                                                                  \
    {                                                                                                        \
        .key = name, .reason = why                                                                           \
    }

static const char own_matter[] = "it is Frigate's own", own_page[] = "it is of Frigate's page",
                  no_records[] = "camd does not record",
                  no_program[] = "camd has FFmpeg's libraries, and runs no ffmpeg",
                  one_name[] = "camd has one name for it", no_words[] = "camd does not describe pictures";

static const struct frigate_key mask_keys[] = {
    TAKEN("enabled"),
    TAKEN("coordinates"),
    LEFT_OUT("friendly_name", one_name),
    {.key = NULL},
};

static const struct frigate_key filter_keys[] = {
    TAKEN("min_score"), TAKEN("threshold"), TAKEN("min_area"),       TAKEN("max_area"),
    TAKEN("min_ratio"), TAKEN("max_ratio"), EACH("mask", mask_keys), {.key = NULL},
};

static const struct frigate_key zone_keys[] = {
    TAKEN("coordinates"), EACH("filters", filter_keys), TAKEN("distances"),
    TAKEN("inertia"),     TAKEN("loitering_time"),      TAKEN("objects"),
    TAKEN("enabled"),     TAKEN("speed_threshold"),     LEFT_OUT("friendly_name", one_name),
    {.key = NULL},
};

static const struct frigate_key frames_keys[] = {TAKEN("default"), TAKEN("objects"), {.key = NULL}};

static const struct frigate_key stationary_keys[] = {
    TAKEN("interval"),
    TAKEN("threshold"),
    BELOW("max_frames", frames_keys),
    {.key = NULL},
};

static const struct frigate_key detect_keys[] = {
    TAKEN("enabled"),
    TAKEN("width"),
    TAKEN("height"),
    TAKEN("fps"),
    TAKEN("min_initialized"),
    TAKEN("max_disappeared"),
    BELOW("stationary", stationary_keys),
    LEFT_OUT("annotation_offset", "it moves boxes in Frigate's recordings"),
    {.key = NULL},
};

static const struct frigate_key objects_keys[] = {
    TAKEN("track"), EACH("filters", filter_keys), EACH("mask", mask_keys), LEFT_OUT("genai", no_words),
    {.key = NULL},
};

static const struct frigate_key motion_keys[] = {
    TAKEN("enabled"),
    TAKEN("threshold"),
    TAKEN("lightning_threshold"),
    TAKEN("skip_motion_threshold"),
    TAKEN("contour_area"),
    TAKEN("frame_alpha"),
    TAKEN("frame_height"),
    TAKEN("improve_contrast"),
    TAKEN("mqtt_off_delay"),
    EACH("mask", mask_keys),
    {.key = NULL},
};

static const struct frigate_key input_keys[] = {
    TAKEN("path"),
    TAKEN("roles"),
    TAKEN("input_args"),
    TAKEN("hwaccel_args"),
    LEFT_OUT("global_args", no_program),
    {.key = NULL},
};

static const struct frigate_key ffmpeg_keys[] = {
    BELOW("inputs", input_keys),
    TAKEN("input_args"),
    TAKEN("hwaccel_args"),
    LEFT_OUT("path", no_program),
    LEFT_OUT("global_args", no_program),
    LEFT_OUT("output_args", no_records),
    LEFT_OUT("apple_compatibility", no_records),
    LEFT_OUT("retry_interval", "restart_delay and restart_max_delay say when it is tried again"),
    LEFT_OUT("gpu", "hwaccel has no number of a device"),
    {.key = NULL},
};

const struct frigate_key frigate_camera_keys[] = {
    TAKEN("enabled"),
    TAKEN("name"),
    BELOW("ffmpeg", ffmpeg_keys),
    BELOW("detect", detect_keys),
    BELOW("objects", objects_keys),
    BELOW("motion", motion_keys),
    EACH("zones", zone_keys),
    LEFT_OUT("friendly_name", one_name),
    LEFT_OUT("record", no_records),
    LEFT_OUT("snapshots", "camctl snapshot --object has the best picture of each object"),
    LEFT_OUT("audio", "camd does not listen"),
    LEFT_OUT("onvif", "camd does not move cameras: whoever does says camctl ptz NAME moving"),
    LEFT_OUT("mqtt", "camd-mqtt has a configuration of its own"),
    LEFT_OUT("rtmp", "camd passes no stream on"),
    LEFT_OUT("live", own_page),
    LEFT_OUT("ui", own_page),
    LEFT_OUT("birdseye", own_page),
    LEFT_OUT("webui_url", own_page),
    LEFT_OUT("timestamp_style", own_page),
    LEFT_OUT("review", "events of objects in zones are camd's: camctl events"),
    LEFT_OUT("best_image_timeout", "camd keeps the best picture of an object for a minute after its end"),
    LEFT_OUT("notifications", "on_event and on_state start a program that can tell somebody"),
    {.key = NULL},
};

static const struct frigate_key go2rtc_keys[] = {
    TAKEN("streams"),
    LEFT_OUT("rtsp", "camd passes no stream on: a go2rtc beside it does"),
    LEFT_OUT("webrtc", "camd-web shows pictures, without WebRTC"),
    {.key = NULL},
};

static const struct frigate_key ui_keys[] = {
    TAKEN("unit_system"),
    LEFT_OUT("timezone", own_page),
    LEFT_OUT("time_format", own_page),
    LEFT_OUT("date_style", own_page),
    LEFT_OUT("time_style", own_page),
    {.key = NULL},
};

const struct frigate_key frigate_file_keys[] = {
    TAKEN("cameras"),
    BELOW("detect", detect_keys),
    BELOW("objects", objects_keys),
    BELOW("motion", motion_keys),
    BELOW("ffmpeg", ffmpeg_keys),
    BELOW("go2rtc", go2rtc_keys),
    BELOW("ui", ui_keys),
    TAKEN("detectors"),
    TAKEN("model"),
    TAKEN("environment_vars"),
    TAKEN("version"),
    TAKEN("safe_mode"),
    LEFT_OUT("record", "camd does not record: another program beside it does, from the camera itself"),
    LEFT_OUT(
        "snapshots",
        "camd keeps the best picture of each object: camctl snapshot --object; on_event can write it to a file"),
    LEFT_OUT("mqtt", "camd-mqtt has a configuration of its own: see camd-mqtt(8)"),
    LEFT_OUT("birdseye", "camctl snapshot --all and camd-web show all cameras"),
    LEFT_OUT("audio", "camd does not listen"),
    LEFT_OUT("review", "events of objects in zones are camd's: camctl events"),
    LEFT_OUT("live", "camd-web shows pictures"),
    LEFT_OUT("timestamp_style", "camctl snapshot --stamp writes the time on a picture"),
    LEFT_OUT("tls", own_matter),
    LEFT_OUT("auth", own_matter),
    LEFT_OUT("proxy", own_matter),
    LEFT_OUT("networking", own_matter),
    LEFT_OUT("database", own_matter),
    LEFT_OUT("logger", "log and log_level of camd.ini are camd's"),
    LEFT_OUT("telemetry", "camctl metrics tells what there is to measure"),
    LEFT_OUT("notifications", "on_event and on_state start a program that can tell somebody"),
    LEFT_OUT("camera_groups", "names with a pattern stand for several cameras: camctl status 'yard_*'"),
    LEFT_OUT("semantic_search", "camd does not keep pictures to search them"),
    LEFT_OUT("genai", no_words),
    LEFT_OUT("face_recognition", "camd does not know faces"),
    LEFT_OUT("lpr", "camd does not read number plates"),
    LEFT_OUT("classification", "camd does not sort pictures"),
    {.key = NULL},
};

/* Of a model that camd runs. */
const struct frigate_key frigate_model_keys[] = {
    TAKEN("path"),
    TAKEN("labelmap_path"),
    TAKEN("width"),
    TAKEN("height"),
    TAKEN("input_pixel_format"),
    LEFT_OUT("model_type", "camd sees from the model what its answers mean"),
    LEFT_OUT("input_tensor", "camd sees from the model how it wants its pictures"),
    LEFT_OUT("input_dtype", "see the scaling keys of a [detector] in camd.ini(5)"),
    LEFT_OUT("labelmap", "labels are a file: write them there"),
    LEFT_OUT("attributes_map", "camd has labels only"),
    {.key = NULL},
};
