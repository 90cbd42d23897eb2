#include "config_key_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config_family.h"
#include "config/config_line.h"

#define LIVE     CONFIG_APPLY_LIVE
#define CAPTURE  CONFIG_APPLY_CAPTURE
#define TRACKER  CONFIG_APPLY_TRACKER
#define SEGMENTS CONFIG_APPLY_SEGMENTS
#define WANT     CONFIG_APPLY_WANT
#define POLICY   CONFIG_APPLY_POLICY
#define START    CONFIG_APPLY_START
#define DETECTOR CONFIG_APPLY_DETECTOR

#define SAME(text)                                                                                           \
    {                                                                                                        \
        text, text                                                                                           \
    }

#define BAD_NUMBERS                                                                                          \
    {"x", "is not a number"}, {"1,5", "is not a number"}, {"", "is empty"},                                  \
    {                                                                                                        \
        "nan", "is not a number"                                                                             \
    }
#define BAD_INTEGERS                                                                                         \
    BAD_NUMBERS, {"20.5", "is not a whole number"}, {"99999999999999999999", "is too large"},                \
        {"-99999999999999999999", "is too small"},                                                           \
    {                                                                                                        \
        "0x20", "is not a number"                                                                            \
    }
#define BAD_BOOLS                                                                                            \
    {                                                                                                        \
        {"maybe", "is not a yes or no: expected yes or no"}, {"2", "is not a yes or no"}, {"", "is empty"},  \
    }
#define BAD_PATHS                                                                                            \
    {"x/y", "does not begin with /"}, {"./x", "does not begin with /"},                                      \
    {                                                                                                        \
        "", "is empty"                                                                                       \
    }

#define NO_BOOL(name, apply)                                                                                 \
    {                                                                                                        \
        name, "yes", {SAME("no"), SAME("yes"), {"off", "no"}, {"TRUE", "yes"}, {"0", "no"}}, BAD_BOOLS,      \
            apply                                                                                            \
    }

static const char path_of_97[] =
    "/a123456789b123456789c123456789d123456789e123456789f123456789g123456789h123456789"
    "i123456789j12345";
static const char path_of_98[] =
    "/a123456789b123456789c123456789d123456789e123456789f123456789g123456789h123456789"
    "i123456789j123456";

const struct key_case key_cases[] = {
    {"run_dir",
     "/run/camd",
     {SAME("/run/other"), SAME("/"), {path_of_97, path_of_97}},
     {BAD_PATHS, {path_of_98, "is too long: expected an absolute path (at most 97 bytes)"}},
     START},
    {"state_dir", "/var/lib/camd", {SAME("/var/lib/other")}, {BAD_PATHS, {"none", "does not begin"}}, START},
    {"cameras_dir", "/nonexistent/camd/cameras.d", {SAME("/nowhere"), SAME("none")}, {BAD_PATHS}, POLICY},
    {"group",
     "none",
     {SAME("video"), SAME("none"), SAME("_camd-1.x")},
     {{"a b", "has a character"},
      {"-x", "has a character"},
      {"a:b", "has a character"},
      {"", "is empty"},
      {"a23456789012345678901234567890123", "is too long: expected none or the name of a group"}},
     START},
    {"allow",
     "none",
     {SAME("enable"), SAME("none"), {"enable,disable  set:fps set:mask", "enable disable set:fps set:mask"}},
     {{"shutdown", "none of the verbs"},
      {", ,", "has no words"},
      {"set:run_dir", "no key of a camera"},
      {"set:", "no key of a camera"},
      {"enable set:nonsense", "no key of a camera"},
      {"", "is empty"}},
     POLICY},
    {"worker_user",
     "camd-worker",
     {SAME("nobody"), SAME("none"), SAME("_camd-1.x")},
     {{"a b", "has a character"}, {"-x", "has a character"}, {"a:b", "has a character"}, {"", "is empty"}},
     START},
    {"sandbox",
     "yes",
     {SAME("no"), SAME("require"), SAME("yes")},
     {{"on", "is not one of the words: expected yes, no or require"},
      {"YES", "is not one"},
      {"", "is empty"}},
     START},
    {"log",
     "stderr",
     {SAME("/var/log/camd.log"), SAME("stderr"), SAME("syslog")},
     {BAD_PATHS, {"none", "does not begin"}},
     START},
    {"log_level",
     "info",
     {SAME("debug"), SAME("error"), SAME("warning"), SAME("notice"), SAME("info")},
     {{"loud", "is not one of the words: expected error, warning, notice, info or debug"},
      {"INFO", "is not one"},
      {"3", "is not one"},
      {"", "is empty"}},
     LIVE},
    {"shm_prefix",
     "camd.",
     {SAME("cam-2_B."), SAME("."), SAME("a23456789012345678901234567890.."), SAME("a.b.")},
     {{"camd", "does not end with a point: expected 1 to 32 letters"},
      {"a/b.", "has a character"},
      {"a b.", "has a character"},
      {"", "is empty"},
      {"a234567890123456789012345678901..", "is too long"}},
     START},
    {"shm_reserve_mb",
     "50",
     {SAME("0"), SAME("1048576"), {"+64", "64"}, {"007", "7"}},
     {BAD_INTEGERS,
      {"-1", "is too small: expected a whole number from 0 to 1048576 (MB)"},
      {"1048577", "is too large"}},
     POLICY},
    {"slots_max",
     "50",
     {SAME("4"), SAME("64")},
     {BAD_INTEGERS,
      {"3", "is too small: expected a whole number from 4 to 64 (slots)"},
      {"65", "is too large"}},
     POLICY},
    {"pass_environment",
     "none",
     {SAME("TZ"), SAME("http_proxy,LD_LIBRARY_PATH"), SAME("none"), {" _a1 ,  B", "_a1,B"}},
     {{"A,,B", "has an empty name: expected none or 1 to 32 names of variables with commas between them"},
      {"A,B,A", "has a name twice"},
      {"A=1", "has what is no name of a variable (a value does not belong here)"},
      {"1A", "has what is no name"},
      {"A B", "has what is no name"},
      {"a23456789012345678901234567890123456789012345678901234567890abcd",
       "has a name of more than 63 bytes"},
      {"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,A,B,C,D,E,F,G", "has too many names"},
      {"", "is empty"}},
     START},
    {"grid_keep_days",
     "30",
     {SAME("1"), SAME("36500")},
     {BAD_INTEGERS,
      {"0", "is too small: expected a whole number from 1 to 36500 (days)"},
      {"36501", "is too large"}},
     POLICY},
    {"events_keep_days",
     "30",
     {SAME("0"), SAME("36500")},
     {BAD_INTEGERS, {"-1", "is too small"}, {"36501", "is too large"}},
     LIVE},
    {"events_max_mb",
     "256",
     {SAME("4"), SAME("65536")},
     {BAD_INTEGERS,
      {"3", "is too small: expected a whole number from 4 to 65536 (MB)"},
      {"65537", "is too large"}},
     LIVE},

    {"input",
     NULL,
     {SAME("/b.mp4"), SAME("rtsp://u:p@host:554/x?a=b"), SAME("lavfi:testsrc2=size=640x480:rate=10, hflip"),
      SAME("/dev/video0"), SAME("RTSPS://camera_1.local"), SAME("file:///x%20y")},
     {{"video.mp4",
       "is a relative file name or not a URL: expected a URL (such as rtsp://HOST/PATH), an absolute path"},
      {"../a.mp4", "is a relative file name"},
      {"-", "is a relative file name"},
      {"://host", "is a relative file name"},
      {"host:554/x", "is a relative file name"},
      {"rtsp:/host", "is a relative file name"},
      {"r tsp://host", "is a relative file name"},
      {"rtsp://", "names no host"},
      {"rtsp://host/a b", "has white space in a URL"},
      {"lavfi:", "has no filter graph"},
      {"", "is empty"}},
     CAPTURE},
    {"password_file", "none", {SAME("/etc/camd/front.pw"), SAME("none")}, {BAD_PATHS}, CAPTURE},
    {"width",
     "stream",
     {SAME("640"), SAME("16"), SAME("8192"), SAME("stream")},
     {BAD_INTEGERS,
      {"641", "is odd: expected stream or an even number from 16 to 8192 (pixels)"},
      {"14", "is too small"},
      {"8194", "is too large"},
      {"0", "is too small"},
      {"none", "is not a number"}},
     SEGMENTS},
    {"height",
     "stream",
     {SAME("480"), SAME("16"), SAME("8192"), SAME("stream")},
     {BAD_INTEGERS, {"481", "is odd"}, {"14", "is too small"}, {"8194", "is too large"}},
     SEGMENTS},
    {"fps",
     "5",
     {SAME("10"), SAME("0.1"), SAME("60"), SAME("29.97"), {"1e1", "10"}},
     {BAD_NUMBERS,
      {"0.09", "is too small: expected a number from 0.1 to 60 (frames per second)"},
      {"60.1", "is too large"},
      {"0", "is too small"},
      {"-5", "is too small"},
      {"5 fps", "is not a number"}},
     LIVE},
    NO_BOOL("enabled", WANT),
    NO_BOOL("autostart", WANT),
    {"loop", "no", {SAME("yes"), SAME("no"), {"on", "yes"}}, BAD_BOOLS, CAPTURE},
    NO_BOOL("pace", CAPTURE),
    {"colours",
     "auto",
     {SAME("bt601"), SAME("bt709"), SAME("full"), SAME("bt709-full"), SAME("bt2020-limited"), SAME("auto")},
     {{"bt709 full", "is not one of the words: expected auto, bt601, bt709, bt2020, limited, full"},
      {"BT709", "is not one"},
      {"", "is empty"}},
     LIVE},
    {"rtsp_transport",
     "tcp",
     {SAME("udp"), SAME("tcp")},
     {{"http", "is not one of the words: expected tcp or udp"}, {"TCP", "is not one"}, {"", "is empty"}},
     CAPTURE},
    {"hwaccel",
     "none",
     {SAME("auto"), SAME("vaapi"), SAME("vdpau"), SAME("cuda"), SAME("qsv"), SAME("drm"), SAME("vulkan"),
      SAME("opencl"), SAME("none")},
     {{"nvdec", "is not one of the words: expected none, auto, vaapi"},
      {"VAAPI", "is not one"},
      {"", "is empty"}},
     CAPTURE},
    {"open_timeout",
     "10",
     {SAME("2.5"),
      SAME("0.1"),
      SAME("3600"),
      SAME("0.125"),
      {"1e-1", "0.1"},
      {"250 ms", "0.25"},
      {"5min", "300"}},
     {BAD_NUMBERS,
      {"0.099", "is too small: expected a number from 0.1 to 3600 (seconds)"},
      {"3600.001", "is too large"},
      {"1.0005", "is finer than a millisecond"},
      {"61 min", "is too large"},
      {"10 x", "is not a number"}},
     CAPTURE},
    {"read_timeout",
     "10",
     {SAME("20"), SAME("0.1"), SAME("3600")},
     {BAD_NUMBERS, {"0", "is too small"}, {"3601", "is too large"}},
     CAPTURE},
    {"frozen_timeout",
     "10",
     {SAME("30"), SAME("0.5"), SAME("86400"), SAME("none")},
     {BAD_NUMBERS, {"0.499", "is too small: expected none or a number from 0.5"}, {"86401", "is too large"}},
     LIVE},
    {"black_timeout",
     "10",
     {SAME("30"), SAME("0.5"), SAME("86400"), SAME("none")},
     {BAD_NUMBERS, {"0.499", "is too small: expected none or a number from 0.5"}, {"86401", "is too large"}},
     LIVE},
    {"covered_timeout",
     "10",
     {SAME("30"), SAME("0.5"), SAME("86400"), SAME("none")},
     {BAD_NUMBERS, {"0.499", "is too small: expected none or a number from 0.5"}, {"86401", "is too large"}},
     LIVE},
    {"idle_decode",
     "none",
     {SAME("2"), SAME("0.2"), SAME("10"), SAME("none")},
     {BAD_NUMBERS, {"0.199", "is too small: expected none or a number from 0.2"}, {"10.001", "is too large"}},
     LIVE},
    NO_BOOL("motion", LIVE),
    {"motion_threshold",
     "30",
     {SAME("40"), SAME("1"), SAME("255")},
     {BAD_INTEGERS, {"0", "is too small"}, {"256", "is too large"}},
     LIVE},
    {"motion_contour_area",
     "10",
     {SAME("30"), SAME("0"), SAME("1000000")},
     {BAD_INTEGERS,
      {"-1", "is too small"},
      {"1000001", "is too large: expected a whole number from 0 to 1000000"}},
     LIVE},
    {"motion_frame_height",
     "100",
     {SAME("180"), SAME("16"), SAME("1080")},
     {BAD_INTEGERS, {"15", "is too small"}, {"1081", "is too large"}},
     LIVE},
    {"motion_frame_alpha",
     "0.01",
     {SAME("0.02"), SAME("0.0001"), SAME("1")},
     {BAD_NUMBERS, {"0", "is too small: expected a number from 0.0001 to 1"}, {"1.01", "is too large"}},
     LIVE},
    {"motion_lightning_threshold",
     "0.8",
     {SAME("0.9"), SAME("0.3"), SAME("1")},
     {BAD_NUMBERS, {"0.29", "is too small"}, {"1.01", "is too large"}},
     LIVE},
    {"motion_skip_threshold",
     "none",
     {SAME("0.6"), SAME("0.0001"), SAME("1"), SAME("none")},
     {BAD_NUMBERS,
      {"0", "is too small: expected none or a number from 0.0001 to 1"},
      {"1.01", "is too large"}},
     LIVE},
    NO_BOOL("motion_improve_contrast", LIVE),
    NO_BOOL("motion_ignore_light", LIVE),
    NO_BOOL("motion_ignore_restless", LIVE),
    {"motion_off_delay",
     "30",
     {SAME("10"), SAME("0"), SAME("3600"), {"-0", "0"}},
     {BAD_NUMBERS, {"-0.001", "is too small"}, {"3600.001", "is too large"}},
     LIVE},
    {"mask",
     "none",
     {SAME("motion 0,0 1,0 1,1"),
      SAME("motion 0.25,0.5 0,1 0.3,0.7 1,0.123457"),
      SAME("object 0,0 1,0 1,1"),
      SAME("object:traffic light 0,0 1,0 1,1"),
      {"0,0 1,0 1,1", "motion 0,0 1,0 1,1"},
      {"motion  .5,0\t1.,0 1e-1,1", "motion 0.5,0 1,0 0.1,1"}},
     {{"objects 0,0 1,0 1,1",
       "does not begin with motion, object or object:LABEL: expected none or motion x,y x,y x,y ... or object x,y x,y x,y ... or object:LABEL x,y x,y x,y ... (3 to 64 corners, x and y from 0 to 1)"},
      {"motions 0,0 1,0 1,1", "does not begin"},
      {"object: 0,0 1,0 1,1", "has no label"},
      {"motion 0,0 1,1", "has too few corners"},
      {"motion", "has too few corners"},
      {"motion 0,0 1,0 1,1.1", "has a corner that is not x,y with numbers from 0 to 1"},
      {"motion 0,0 1,0 -0.1,1", "has a corner"},
      {"motion 0,0 1,0 1", "has a corner"},
      {"motion 0,0 1,0 x,1", "has a corner"},
      {"motion 0,0 1,0 , 1,1", "has a corner"},
      {"motion 0,0 1,0 nan,1", "has a corner"},
      {"motion 0,0 1,0 0.00000000000000000000000000000000000000000000000000000000000001,1", "has a corner"},
      {"", "is empty"}},
     LIVE},
    {"detector",
     "none",
     {SAME("motion"), SAME("opencv-hog"), SAME("none")},
     {{"a b", "expected 1 to 40 letters"},
      {"-", "and not - alone"},
      {"/usr/bin/x", "is no name"},
      {"", "is empty"}},
     SEGMENTS},
    {"objects_track",
     "person",
     {SAME("person,car"), SAME("traffic light"), {" dog ,  cat", "dog,cat"}},
     {{"a,,b", "has an empty label: expected 1 to 32 labels with commas between them"},
      {"a,b,a", "has a label twice"},
      {"a,", "has an empty label"},
      {"a23456789012345678901234567890123", "has a label of more than 31 bytes"},
      {"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33",
       "has too many labels"},
      {"", "is empty"}},
     LIVE},
    {"filter", "0.5", {SAME("0.4"), SAME("0"), SAME("1")}, {BAD_NUMBERS, {"1.1", "is too large"}}, LIVE},
    {"zone",
     "none",
     {SAME("0,0 1,0 1,1"), SAME("none"), {".5,0\t1.,0 1e-1,1", "0.5,0 1,0 0.1,1"}},
     {{"motion 0,0 1,0 1,1", "has a corner"},
      {"0,0 1,1", "has too few corners: expected none or x,y x,y x,y ..."},
      {"0,0 1,0 1,1.1", "has a corner"},
      {"", "is empty"}},
     LIVE},
    {"max_regions",
     "8",
     {SAME("4"), SAME("1"), SAME("16")},
     {BAD_INTEGERS, {"0", "is too small"}, {"17", "is too large"}},
     LIVE},
    {"detection_budget",
     "0.5",
     {SAME("1"), SAME("0.01"), SAME("60")},
     {BAD_NUMBERS, {"0", "is too small"}, {"61", "is too large"}},
     LIVE},
    {"stationary_interval",
     "auto",
     {SAME("50"), SAME("auto"), SAME("1")},
     {BAD_INTEGERS, {"0", "is too small"}},
     LIVE},
    {"stationary_threshold",
     "auto",
     {SAME("50"), SAME("auto"), SAME("1")},
     {BAD_INTEGERS, {"0", "is too small"}},
     LIVE},
    {"stationary_max_frames",
     "none",
     {SAME("50"), SAME("none"), SAME("1")},
     {BAD_INTEGERS, {"0", "is too small: expected none or a whole number from 1 to 1000000 (frames)"}},
     LIVE},
    {"stationary_max_frames",
     "none",
     {SAME("50"), SAME("none"), SAME("1")},
     {BAD_INTEGERS, {"0", "is too small"}},
     LIVE},
    {"max_disappeared",
     "auto",
     {SAME("25"), SAME("auto"), SAME("2")},
     {BAD_INTEGERS, {"0", "is too small"}, {"1", "is too small"}},
     LIVE},
    {"min_initialized",
     "auto",
     {SAME("3"), SAME("auto"), SAME("1000")},
     {BAD_INTEGERS, {"0", "is too small"}, {"1001", "is too large"}},
     LIVE},
    {"best_pictures",
     "16",
     {SAME("0"), SAME("1"), SAME("256")},
     {BAD_INTEGERS,
      {"-1", "is too small: expected a whole number from 0 to 256 (pictures)"},
      {"257", "is too large"}},
     SEGMENTS},
    {"best_max_kb",
     "64",
     {SAME("16"), SAME("1024")},
     {BAD_INTEGERS,
      {"15", "is too small: expected a whole number from 16 to 1024 (KiB)"},
      {"1025", "is too large"}},
     SEGMENTS},
    {"on_event",
     "none",
     {SAME("/usr/bin/logger -t camd"), SAME("none"), SAME("/bin/x \"a b\" \"\\\"\" \"\"")},
     {{"logger -t camd",
       "does not begin with the absolute path of a program: expected none or the absolute path"},
      {"/bin/x \"a", "has a quote without an end"},
      {"\"\" /bin/x", "does not begin with the absolute path"},
      {"", "is empty"}},
     POLICY},
    {"on_event_timeout",
     "30",
     {SAME("10"), SAME("0.1"), SAME("3600")},
     {BAD_NUMBERS, {"0", "is too small"}, {"3601", "is too large"}},
     POLICY},
    {"on_state",
     "none",
     {SAME("/usr/bin/logger -t camd"), SAME("none")},
     {{"logger -t camd", "does not begin with the absolute path of a program"}, {"", "is empty"}},
     POLICY},
    {"on_state_delay",
     "10",
     {SAME("60"), SAME("0"), SAME("86400")},
     {BAD_NUMBERS, {"-1", "is too small"}, {"86401", "is too large"}},
     POLICY},
    {"on_failure",
     "none",
     {SAME("/usr/local/bin/power-cycle \"port 3\""), SAME("none")},
     {{"power-cycle", "does not begin with the absolute path of a program"}, {"", "is empty"}},
     POLICY},
    {"on_failure_after",
     "3",
     {SAME("1"), SAME("1000000")},
     {BAD_INTEGERS, {"0", "is too small"}, {"1000001", "is too large"}},
     POLICY},
    {"on_failure_cooldown",
     "600",
     {SAME("0"), SAME("86400")},
     {BAD_NUMBERS, {"-1", "is too small"}, {"86401", "is too large"}},
     POLICY},
    {"event_user",
     "nobody",
     {SAME("camd"), SAME("root"), SAME("_camd-1.x")},
     {{"a b", "has a character"}, {"-x", "has a character"}, {"a:b", "has a character"}, {"", "is empty"}},
     POLICY},
    {"capture", "none", {SAME("/usr/bin/true"), SAME("none")}, {BAD_PATHS}, CAPTURE},
    {"tracker", "none", {SAME("/usr/bin/true"), SAME("none")}, {BAD_PATHS}, TRACKER},
    {"restart_delay",
     "0.5",
     {SAME("1"), SAME("0"), SAME("30"), SAME("0.001")},
     {BAD_NUMBERS,
      {"-1", "is too small"},
      {"3601", "is too large"},
      {"0.0001", "is finer than a millisecond"}},
     POLICY},
    {"restart_max_delay",
     "30",
     {SAME("600"), SAME("0.5"), SAME("86400"), SAME("86399.999")},
     {BAD_NUMBERS, {"86400.001", "is too large"}, {"-1", "is too small"}},
     POLICY},
    {"restart_limit",
     "none",
     {SAME("3"), SAME("1"), SAME("1000000"), SAME("none")},
     {BAD_INTEGERS,
      {"0", "is too small: expected none or a whole number from 1 to 1000000 (failures)"},
      {"1000001", "is too large"}},
     POLICY},
    {"stall_timeout",
     "20",
     {SAME("10"), SAME("1"), SAME("86400")},
     {BAD_NUMBERS, {"0.999", "is too small"}, {"86401", "is too large"}},
     POLICY},
    {"first_frame_timeout",
     "60",
     {SAME("40"), SAME("1"), SAME("86400")},
     {BAD_NUMBERS, {"0.999", "is too small"}, {"86401", "is too large"}},
     POLICY},
    {"stop_timeout",
     "5",
     {SAME("2"), SAME("0.1"), SAME("300")},
     {BAD_NUMBERS, {"0", "is too small"}, {"301", "is too large"}},
     POLICY},
    {"max_memory",
     "1024",
     {SAME("16"), SAME("1048576"), SAME("none")},
     {BAD_INTEGERS,
      {"15", "is too small: expected none or a whole number from 16"},
      {"1048577", "is too large"}},
     LIVE},

    {"backend",
     NULL,
     {SAME("opencv-hog"), SAME("motion")},
     {{"opencv",
       "is not one of the words and does not begin with /: expected motion, opencv-hog, opencv-dnn, or the absolute path of a program"},
      {"", "is empty"}},
     DETECTOR | SEGMENTS},
    {"model", "none", {SAME("/m.onnx"), SAME("none")}, {BAD_PATHS}, DETECTOR},
    {"labels", "none", {SAME("none")}, {BAD_PATHS}, DETECTOR | SEGMENTS},
    {"input_width",
     "320",
     {SAME("416"), SAME("16"), SAME("2048")},
     {BAD_INTEGERS, {"15", "is too small"}, {"2049", "is too large"}},
     DETECTOR | SEGMENTS},
    {"input_height",
     "320",
     {SAME("416"), SAME("16"), SAME("2048")},
     {BAD_INTEGERS, {"15", "is too small"}, {"2049", "is too large"}},
     DETECTOR | SEGMENTS},
    {"letterbox", "no", {SAME("yes"), SAME("no")}, BAD_BOOLS, DETECTOR | LIVE},
    {"colour_order",
     "auto",
     {SAME("bgr"), SAME("rgb")},
     {{"RGB", "is not one of the words: expected auto or rgb or bgr"}},
     DETECTOR | LIVE},
    {"mean",
     "auto",
     {SAME("103.53,116.28,123.675"),
      {"127.5", "127.5,127.5,127.5"},
      {"1, 2 ,3", "1,2,3"},
      SAME("-1000,0,1000")},
     {{"1,2",
       "has two numbers: expected auto or three numbers from -1000 to 1000 with commas between them, or one for all"},
      {"1,2,3,4", "has more than three numbers"},
      {"1,x,3", "has something that is not a number"},
      {"1,,3", "has something that is not a number"},
      {"1001", "has a number that is too large"},
      {"-1001", "has a number that is too small"},
      {"", "is empty"}},
     DETECTOR},
    {"scale", "auto", {{"0.5", "0.5,0.5,0.5"}}, {{"1,2", "has two numbers"}}, DETECTOR},
    {"head",
     "auto",
     {SAME("yolo"), SAME("nanodet"), SAME("auto")},
     {{"ssd", "is not one of the words"}},
     DETECTOR},
    {"score_threshold",
     "auto",
     {SAME("0.5"), SAME("0.01"), SAME("1")},
     {BAD_NUMBERS, {"1.1", "is too large"}},
     DETECTOR},
    {"nms_threshold",
     "auto",
     {SAME("0.5"), SAME("0.01"), SAME("1")},
     {BAD_NUMBERS, {"1.1", "is too large"}},
     DETECTOR},
    {"threads", "1", {SAME("4"), SAME("256")}, {BAD_INTEGERS, {"0", "is too small"}}, DETECTOR},
    {"answer_timeout", "10", {SAME("5"), SAME("0.5")}, {BAD_NUMBERS, {"0.4", "is too small"}}, POLICY},
};

const size_t key_case_count = sizeof(key_cases) / sizeof(*key_cases);

/* The setting's whole name. */
static const char *setting_of(const char *name)
{
    return strcmp(name, "mask") == 0     ? "mask.a"
           : strcmp(name, "allow") == 0  ? "allow.a"
           : strcmp(name, "zone") == 0   ? "zone.a"
           : strcmp(name, "filter") == 0 ? "filter.a.b.min_score"
                                         : name;
}

const struct config_key *key_case_key(const struct key_case *key_case)
{
    const struct config_key *key = config_key_find(setting_of(key_case->name));
    if (!key)
        fail_msg("no key %s", key_case->name);
    return key;
}

bool key_case_is_of_camd(const struct key_case *key_case)
{
    return key_case_key(key_case)->places & CONFIG_PLACE_CAMD;
}

bool key_case_is_of_detector(const struct key_case *key_case)
{
    return key_case_key(key_case)->places & CONFIG_PLACE_DETECTOR;
}

const char *key_case_title(const struct key_case *key_case)
{
    return key_case_is_of_camd(key_case)       ? "camd"
           : key_case_is_of_detector(key_case) ? "detector d"
                                               : "camera front";
}

const void *key_case_owner(const struct key_case *key_case, const struct config *config)
{
    return key_case_is_of_camd(key_case)       ? (const void *)config
           : key_case_is_of_detector(key_case) ? (const void *)&config->detectors[0]
                                               : &config->cameras[0];
}

/* What [camd], the first detector or the first camera has for the key, as text; the caller's to free. */
static char *value_of(const struct key_case *key_case, const void *owner)
{
    const struct config_key *key = key_case_key(key_case);
    const char *name = setting_of(key_case->name);
    if (!key->family)
        return config_value_print(key, owner);
    const void *element =
        config_family_find(key->family, owner, strcmp(key->name, "filter") == 0 ? "a.b" : "a");
    return element ? config_value_print(config_key_of_value(key, name), element) : strdup(key_case->standard);
}

void assert_key_case_value(const struct key_case *key_case, const void *owner, const char *expected)
{
    char *value = value_of(key_case, owner);
    if (!value || strcmp(value, expected) != 0)
        fail_msg("%s is '%s', not '%s'", key_case->name, value, expected);
    free(value);
}

int key_case_load(const struct key_case *key_case, const char *title, const char *value)
{
    const struct config_key *key = key_case_key(key_case);
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    const char *name = setting_of(key->name);
    fprintf(out, "[%s]\n", title);
    if (*value)
        config_line_write(out, name, value);
    else
        fprintf(out, "%s =\n", name);
    if (strcmp(key->name, "width") == 0 && strcmp(value, "stream") != 0)
        fputs("height = 100\n", out);
    if (strcmp(key->name, "height") == 0 && strcmp(value, "stream") != 0)
        fputs("width = 100\n", out);
    if (key_case_is_of_detector(key_case) && strcmp(key->name, "backend") != 0)
        fputs("backend = motion\n", out);
    bool is_camera = strncmp(title, "camera", 6) == 0;
    if (is_camera && strcmp(key->name, "input") != 0)
        fputs("input = rtsp://u@h/x\n", out);
    if (!is_camera)
        fputs("[camera front]\ninput = /a.mp4\n", out);
    fclose(out);
    int status = config_load_text(text);
    free(text);
    return status;
}

void key_case_load_good(const struct key_case *key_case, const char *title, const char *value)
{
    if (key_case_load(key_case, title, value) != 0)
        fail_msg("%s = %s in [%s]: %s", key_case->name, value, title, problems.list[0].text);
}
