/*
 * camd-replay - a clip through motion detection, detector and tracker, and what comes out of it
 *
 * See camd-replay(1). Needs no daemon.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "replay/configure.h"
#include "replay/replay.h"

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

struct arguments {
    const char *config, *camera, *detector, *mot, *detections, *clip;
};

static const char USAGE[] =
    "usage: camd-replay [-c FILE] [--camera NAME] [--detections FILE.csv] [--mot FILE] CLIP\n";

static int wrong(const char *text)
{
    if (text)
        fprintf(stderr, "camd-replay: %s\n", text);
    fputs(USAGE, stderr);
    return EXIT_USAGE;
}

enum { OPTION_CAMERA = 256, OPTION_DETECTIONS, OPTION_MOT };

/* -1 to go on, else the exit status. */
static int read_arguments(int count, char **words, struct arguments *arguments)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"camera", required_argument, NULL, OPTION_CAMERA},
        {"detections", required_argument, NULL, OPTION_DETECTIONS},
        {"mot", required_argument, NULL, OPTION_MOT},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(count, words, "c:hV", options, NULL)) >= 0) {
        switch (option) {
        case 'c':
            arguments->config = optarg;
            break;
        case OPTION_CAMERA:
            arguments->camera = optarg;
            break;
        case OPTION_DETECTIONS:
            arguments->detections = optarg;
            break;
        case OPTION_MOT:
            arguments->mot = optarg;
            break;
        case 'h':
            fputs(USAGE, stdout);
            return EXIT_DONE;
        case 'V':
            puts("camd-replay " CAMD_VERSION);
            return EXIT_DONE;
        default:
            return wrong(NULL);
        }
    }
    if (optind != count - 1)
        return wrong("expected one CLIP");
    arguments->clip = words[optind];
    return -1;
}

/* Standard output for "-". NULL after a message. */
static FILE *open_output(const char *path)
{
    if (strcmp(path, "-") == 0)
        return stdout;
    FILE *file = fopen(path, "we");
    if (!file)
        fprintf(stderr, "camd-replay: %s: can't be written: %s\n", path, strerror(errno));
    return file;
}

/* What was written is complete only when this says so. */
static int close_output(FILE *file, const char *path)
{
    if (!file)
        return 0;
    int result = ferror(file) || fflush(file) != 0 ? -1 : 0;
    if (file != stdout && fclose(file) != 0)
        result = -1;
    if (result < 0)
        fprintf(stderr, "camd-replay: %s: can't be written: %s\n", path, strerror(errno));
    return result;
}

static int replay(const struct arguments *arguments)
{
    static struct replay_settings settings;
    struct mot_detections detections = {0};
    char problem[REPLAY_PROBLEM_BYTES];
    FILE *mot = NULL;

    if (configure(arguments->config, arguments->camera, &settings) < 0)
        return EXIT_REFUSED;
    if (arguments->detections && mot_read(&detections, arguments->detections, problem) < 0) {
        fprintf(stderr, "camd-replay: %s\n", problem);
        return EXIT_REFUSED;
    }
    int result = 0;
    if (arguments->mot) {
        mot = open_output(arguments->mot);
        result = mot ? 0 : -1;
    }
    if (result == 0) {
        const struct replay_options options = {
            .clip = arguments->clip,
            .width = settings.width,
            .height = settings.height,
            .settings = &settings.tracker,
            .detections = arguments->detections ? &detections : NULL,
            .mot = mot,
            .progress = isatty(STDERR_FILENO) == 1,
        };
        result = replay_run(&options, problem);
        if (result < 0)
            fprintf(stderr, "camd-replay: %s\n", problem);
    }
    mot_free(&detections);
    if (close_output(mot, arguments->mot) < 0)
        result = -1;
    return result < 0 ? EXIT_REFUSED : EXIT_DONE;
}

int main(int count, char **words)
{
    struct arguments arguments = {0};
    int status = read_arguments(count, words, &arguments);
    if (status < 0)
        status = replay(&arguments);
    log_close();
    return status;
}
