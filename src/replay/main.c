/*
 * camd-replay - a clip through motion detection, detector and tracker, and what comes out of it
 *
 * See camd-replay(1). Needs no daemon.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/standard_output.h"
#include "base/sys.h"
#include "base/text.h"
#include "capture/avlog.h"
#include "replay/configure.h"
#include "replay/local_detector.h"
#include "replay/output_file.h"
#include "replay/replay.h"
#include "tracker/policy.h"

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };
enum {
    TEXT_OUTPUTS = 2, /* tracks and events */
    OUTPUTS = 3,      /* and the video: each a file of its own */
};

#define FPS_LEAST 0.01
#define FPS_MOST  1000.0

struct arguments {
    const char *config, *camera, *detector, *detections, *fps; /* what it is made with */
    const char *mot, *events, *video, *frames;                 /* what is made */
    const char *clip;
};

/* What detections come from, to be released at the end. */
struct replay_sources {
    struct mot_detections detections;
    struct local_detector *local;
};

static const char USAGE[] =
    "usage: camd-replay [-c FILE] [--camera NAME] [--detector NAME | --detections FILE.csv]\n"
    "                   [--fps RATE] [--mot FILE] [--events FILE] [--video FILE] [--frames DIR] CLIP\n";

/* Many name the clip, for which somebody may have given a camera's URL with its password. */
static void tell(const char *problem)
{
    char *shown = secret_redact(problem);
    fprintf(stderr, "camd-replay: %s\n", shown ? shown : "memory is short");
    free(shown);
}

static int wrong(const char *text)
{
    tell(text);
    fputs(USAGE, stderr);
    return EXIT_USAGE;
}

/* The long options without a letter. X(identifier, name, member) */
#define OPTIONS(X)                                                                                           \
    X(CAMERA, "camera", camera)                                                                              \
    X(DETECTOR, "detector", detector)                                                                        \
    X(DETECTIONS, "detections", detections)                                                                  \
    X(FPS, "fps", fps)                                                                                       \
    X(MOT, "mot", mot)                                                                                       \
    X(EVENTS, "events", events)                                                                              \
    X(VIDEO, "video", video)                                                                                 \
    X(FRAMES, "frames", frames)

enum {
    OPTION_FIRST = 255, /* beyond all letters */
#define X(id, name, member) OPTION_##id,
    OPTIONS(X)
#undef X
};

static const struct option options[] = {
#define X(id, name, member) {name, required_argument, NULL, OPTION_##id},
    OPTIONS(X)
#undef X
        {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static bool is_same_file(const char *a, const char *b)
{
    struct stat first, second;
    return a && b && stat(a, &first) == 0 && stat(b, &second) == 0 && S_ISREG(first.st_mode) &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static bool overwrites_input(const struct arguments *arguments, const char *const outputs[OUTPUTS])
{
    const char *const inputs[] = {arguments->clip, arguments->detections, arguments->config};
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
        for (size_t k = 0; k < OUTPUTS; k++)
            if (is_same_file(inputs[i], outputs[k]))
                return true;
    return false;
}

/* The one that is written last would be all that is left. */
static bool overwrites_output(const char *const outputs[OUTPUTS])
{
    for (size_t i = 0; i < OUTPUTS; i++)
        for (size_t k = 0; k < i; k++)
            if (outputs[i] && outputs[k] &&
                (strcmp(outputs[i], outputs[k]) == 0 || is_same_file(outputs[i], outputs[k])))
                return true;
    return false;
}

/* 0 without the option, a negative number when it makes no sense. */
static double rate_wanted(const struct arguments *arguments)
{
    double rate;
    if (!arguments->fps)
        return 0.0;
    return text_to_double(arguments->fps, &rate) && rate >= FPS_LEAST && rate <= FPS_MOST ? rate : -1.0;
}

static const char *check_arguments(const struct arguments *arguments)
{
    const char *const outputs[OUTPUTS] = {arguments->mot, arguments->events, arguments->video};
    if (overwrites_input(arguments, outputs))
        return "what is read cannot be written to as well: give the output another name";
    if (rate_wanted(arguments) < 0.0)
        return "--fps: expected a number from 0.01 to 1000, the pictures a second that are looked at";
    if (arguments->camera && !arguments->config)
        return "--camera needs the file with the camera: -c FILE";
    if (arguments->detector && arguments->detections)
        return "--detections stands in for a detector: give it or --detector";
    if (overwrites_output(outputs))
        return "each of --mot, --events and --video needs a file of its own; only one can go to standard output";
    return NULL;
}

static int refuse(char *const words[])
{
    char shown[SECRET_OPTION_BYTES], text[SECRET_OPTION_BYTES + 80];
    snprintf(text, sizeof(text), SECRET_OPTION_REFUSED, secret_refused_option(words, shown));
    return wrong(text);
}

/* -1 to go on, else the exit status. */
static int read_arguments(int count, char **words, struct arguments *arguments)
{
    int option;
    opterr = 0;
    while ((option = getopt_long(count, words, "c:hV", options, NULL)) >= 0) {
        switch (option) {
#define X(id, name, member)                                                                                  \
    case OPTION_##id:                                                                                        \
        arguments->member = optarg;                                                                          \
        break;
            OPTIONS(X)
#undef X
        case 'c':
            arguments->config = optarg;
            break;
        case 'h':
            fputs(USAGE, stdout);
            return EXIT_DONE;
        case 'V':
            puts("camd-replay " CAMD_VERSION);
            return EXIT_DONE;
        default:
            return refuse(words);
        }
    }
    if (optind != count - 1)
        return wrong("expected one CLIP");
    arguments->clip = words[optind];
    const char *problem = check_arguments(arguments);
    return problem ? wrong(problem) : -1;
}

static int told(int result, const char *path)
{
    if (result < 0)
        fprintf(stderr, "camd-replay: %s: cannot be written: %s\n", path, strerror(-result));
    return result;
}

/* A live result is made for pictures only. */
static bool concerns(const struct replay_options *wanted, enum limit limit)
{
    return limit != LIMIT_SHOWN || wanted->frames || wanted->video;
}

static void tell_limits(const struct replay_options *wanted, struct limits *limits)
{
    enum limit limit;
    while (limits_take_news(limits, &limit)) {
        const struct limit_words *words = limit_words(limit);
        const struct limit_count *count = &limits->of[limit];
        if (concerns(wanted, limit))
            fprintf(stderr,
                    "camd-replay: in %" PRIu64 " pictures, %" PRIu64
                    " the first of them, there are %s: up to %" PRIu32 " %s; %s\n",
                    count->frames, count->first_frame, words->more, count->most, words->left_out,
                    words->hint);
    }
}

static int run(struct replay_options *wanted)
{
    char problem[REPLAY_PROBLEM_BYTES];
    struct limits limits;
    int result = replay_run(wanted, &limits, problem);
    if (result < 0)
        tell(problem);
    else
        tell_limits(wanted, &limits);
    return result;
}

/* Opens the outputs and runs; 0 or less, after a message. The outputs are kept together or not at all. */
static int replay_into(const struct arguments *arguments, struct replay_options *wanted)
{
    const char *const paths[TEXT_OUTPUTS] = {arguments->mot, arguments->events};
    FILE **const places[TEXT_OUTPUTS] = {&wanted->mot, &wanted->events};
    struct output_file outputs[TEXT_OUTPUTS] = {{0}};
    int result = 0;
    for (int i = 0; i < TEXT_OUTPUTS && result == 0; i++) {
        if (paths[i])
            result = told(output_file_open(&outputs[i], paths[i]), paths[i]);
        *places[i] = outputs[i].file;
    }
    if (result == 0)
        result = run(wanted);
    for (int i = 0; i < TEXT_OUTPUTS; i++) {
        int closed = output_file_close(&outputs[i]);
        if (result == 0)
            result = told(closed, paths[i]);
    }
    bool is_complete = result == 0;
    for (int i = 0; i < TEXT_OUTPUTS; i++) {
        int kept = told(output_file_keep(&outputs[i], is_complete), paths[i]);
        if (result == 0)
            result = kept;
    }
    return result;
}

/* Says why nothing in a file of detections, which are persons, will become a track. */
static void warn_of_detections(const char *path, const struct mot_detections *detections,
                               const struct settings *settings, const char (*labels)[CAMD_LABEL_BYTES])
{
    struct policy policy;
    policy_make(&policy, settings, labels, 1);
    float start = policy_start_score(&policy, false), highest = mot_highest_score(detections);
    if (start <= 0.0F)
        start = TRACKS_START_SCORE;
    if (detections->count == 0)
        fprintf(stderr, "camd-replay: %s: there is no detection in it\n", path);
    else if (!policy.labels[0].tracked)
        fprintf(
            stderr,
            "camd-replay: %s: its detections are persons, which objects_track does not name: none is tracked\n",
            path);
    else if (highest < start)
        fprintf(
            stderr,
            "camd-replay: %s: no detection has a score of %.2f, from which on one begins a track, the highest is %.2f: none is tracked; a lower filter.person.min_score in a file given with -c changes that\n",
            path, (double)start, (double)highest);
}

/* Who detects: a file, a back-end in this process, or nobody. 0 or less. */
static int choose_detector(const struct arguments *arguments, struct replay_settings *settings,
                           struct replay_sources *sources, struct replay_detector *chosen)
{
    static const char person[][CAMD_LABEL_BYTES] = {"person"};
    char problem[REPLAY_PROBLEM_BYTES];
    *chosen = (struct replay_detector){0};
    if (arguments->detections) {
        if (mot_read(&sources->detections, arguments->detections, problem) < 0)
            goto fail;
        settings->tracker.detection.backend = SETTINGS_BACKEND_PROCESS;
        warn_of_detections(arguments->detections, &sources->detections, &settings->tracker, person);
        *chosen = (struct replay_detector){
            .port = mot_port(&sources->detections), .labels = person, .label_count = 1};
        return 0;
    }
    if (settings->detector) {
        if (local_detector_open(settings->detector, settings->label_count, settings->rgb, &sources->local,
                                problem) < 0)
            goto fail;
        *chosen = local_detector_replay(sources->local);
    }
    chosen->labels = (const char(*)[CAMD_LABEL_BYTES])settings->labels;
    chosen->label_count = settings->label_count;
    return 0;
fail:
    tell(problem);
    return -1;
}

static int replay(const struct arguments *arguments)
{
    static struct replay_settings settings;
    struct replay_sources sources = {0};
    struct replay_options wanted = {
        .clip = arguments->clip,
        .fps = rate_wanted(arguments),
        .frames = arguments->frames,
        .video = arguments->video,
        .progress = isatty(STDERR_FILENO) == 1,
    };
    int result = configure(arguments->config, arguments->camera, arguments->detector, &settings);
    if (result == 0)
        result = choose_detector(arguments, &settings, &sources, &wanted.detector);
    if (result == 0) {
        wanted.settings = &settings.tracker;
        wanted.width = settings.width;
        wanted.height = settings.height;
        result = replay_into(arguments, &wanted);
    }
    mot_free(&sources.detections);
    local_detector_close(sources.local);
    configure_fini(&settings);
    return result < 0 ? EXIT_REFUSED : EXIT_DONE;
}

int main(int count, char **words)
{
    struct arguments arguments = {0};
    sys_replace_closed_standard_files();
    int status = read_arguments(count, words, &arguments);
    if (status < 0) {
        (void)log_open(NULL, LOG_STYLE_TIMED, LOG_WARNING);
        avlog_start(NULL);
        status = replay(&arguments);
    }
    log_close();
    return standard_output_finish("camd-replay", status);
}
