/*
 * verbs_probe.c - probe: what is at a URL
 *
 * The stream is opened and decoded by a camd-capture of our own, with few rights and for a bounded time; the URL goes to
 * it through a pipe, never through its arguments. Neither the daemon nor its files are touched.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/libexec.h"
#include "base/secret.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "camctl/command.h"
#include "camctl/file.h"
#include "camctl/picture_file.h"
#include "camctl/settings.h"
#include "camctl/words.h"
#include "config/config.h"

enum { ANSWER_BYTES = 65536 };

/* ---- the settings ---- */

static enum status settings_problem(struct command *command, struct config_problems *problems)
{
    char *text = NULL, *all = NULL;
    for (size_t i = 0; i < problems->count; i++) {
        char *problem = config_problem_text(&problems->list[i]);
        all = text_format("%s%s%s", text ? text : "", text ? "\n" : "", problem ? problem : "");
        free(text);
        free(problem);
        text = all;
    }
    enum status status = status_fail(&command->error, "usage", "camctl help keys lists the settings", "%s",
                                     text ? text : "memory is short");
    free(text);
    return status;
}

/* The camera's settings as capture gets them, password and all. */
static enum status make_request(struct command *command, const struct config_camera *camera, json_t **request)
{
    char *url = NULL, *problem = NULL;
    enum status status = STATUS_DONE;
    int result = secret_url_complete(camera->input, camera->password_file, &url, &problem);
    if (result < 0)
        return status_fail(&command->error, "failed", NULL, "%s", problem ? problem : "memory is short");
    *request = config_camera_json(camera, NULL);
    if (!*request || json_object_set_new(*request, "input", json_string(url)) != 0)
        status = status_fail(&command->error, "usage", NULL, "the URL is not valid UTF-8 text");
    secret_free(url);
    return status;
}

/* A camera of the settings, checked as `add` does, by the same table. */
static enum status check_settings(struct command *command, json_t *settings, json_t **request)
{
    struct config_setting *list = calloc(json_object_size(settings) + 1, sizeof(*list));
    struct config_problems *problems = calloc(1, sizeof(*problems));
    struct config *config = NULL;
    struct config_camera camera;
    enum status status = STATUS_DONE;
    const char *key;
    json_t *value;
    size_t count = 0;
    if (!list || !problems || config_standard(&config) < 0)
        status = status_fail(&command->error, "failed", NULL, "memory is short");
    json_object_foreach(settings, key, value) {
        if (list)
            list[count++] = (struct config_setting){.key = key, .value = json_string_value(value)};
    }
    if (status == STATUS_DONE && config_camera_make(config, "probe", list, count, &camera, problems) < 0)
        status = settings_problem(command, problems);
    else if (status == STATUS_DONE) {
        status = make_request(command, &camera, request);
        config_camera_fini(&camera);
    }
    if (problems)
        config_problems_clear(problems);
    free(problems);
    free(list);
    config_free(config);
    return status;
}

/* What of a camera's settings says how its stream is got; the others are of no use here. */
static void take_setting(json_t *settings, const json_t *setting)
{
    static const char *const keys[] = {"input",        "password_file", "rtsp_transport",
                                       "open_timeout", "read_timeout",  "hwaccel"};
    const char *key = json_member_string(setting, "key", "");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(keys[i], key) == 0 && !json_object_get(settings, key)) /* what was said goes before it */
            json_object_set(settings, key, json_object_get(setting, "value"));
}

static void take_camera(void *context, json_t *part)
{
    const json_t *list = json_object_get(part, "settings");
    for (size_t i = 0; i < json_array_size(list); i++)
        take_setting(context, json_array_get(list, i));
}

/* A camera that camd has: as root with its password. */
static enum status ask_for_camera(struct command *command, const char *name, json_t *settings)
{
    json_t *body = json_pack("{s:s, s:b}", "name", name, "show_secrets", geteuid() == 0);
    enum status status = command_request(command, VERB_SHOW, body, take_camera, settings, NULL);
    if (status == STATUS_DONE && strstr(json_member_string(settings, "input", ""), ":***@"))
        status = status_fail(&command->error, "denied", "probe it as root, or give its URL",
                             "the password of %s is shown to root only", name);
    return status;
}

static enum status refuse_host(struct command *command, const char *word)
{
    char *hint = text_format(
        "try camctl probe rtsp://%s/ and the path in the camera's manual: /stream1, /Streaming/Channels/101, /h264Preview_01_main and /cam/realmonitor?channel=1&subtype=0 are common",
        word);
    enum status status = status_fail(
        &command->error, "usage", hint,
        "%s is no URL: expected rtsp://, http:// or the like, a path, or the name of a camera", word);
    free(hint);
    return status;
}

static enum status prepare(struct command *command, json_t **request)
{
    const struct options *options = command->options;
    const char *word = options->operands[0];
    json_t *settings = json_object();
    enum status status = STATUS_DONE;
    for (int i = 1; i < options->operand_count && status == STATUS_DONE; i++)
        status = settings_add(settings, options->operands[i], false, &command->error);
    if (status == STATUS_DONE && settings_is_input(word))
        status = settings_add_input(settings, word, &command->error);
    else if (status == STATUS_DONE && strncmp(word, "input=", 6) == 0)
        status = settings_add(settings, word, false, &command->error);
    else if (status == STATUS_DONE)
        status =
            text_is_camera_name(word) ? ask_for_camera(command, word, settings) : refuse_host(command, word);
    if (status == STATUS_DONE)
        status = check_settings(command, settings, request);
    json_decref(settings);
    return status;
}

/* ---- the process ---- */

struct child {
    pid_t pid;
    int request, answer, pixels; /* -1: closed */
};

static void child_end(struct child *child)
{
    if (child->pid > 0) {
        kill(child->pid, SIGKILL);
        while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    sys_close(&child->request);
    sys_close(&child->answer);
    sys_close(&child->pixels);
}

/* The environment has nothing to hide and is what DNS and TLS are told by. */
static int child_start(struct child *child)
{
    char *path = libexec_program("camd-capture");
    char name[] = "camd-capture", probe[] = "--probe";
    char *arguments[] = {name, probe, NULL};
    int request[2] = {-1, -1}, answer[2] = {-1, -1};
    int result = path ? sys_pipe(request, 0) : -ENOMEM;
    if (result == 0)
        result = sys_pipe(answer, 0);
    child->pixels = memfd_create("picture", MFD_CLOEXEC);
    if (result == 0 && child->pixels < 0)
        result = -errno;
    if (result == 0) {
        const struct sys_spawn spawn = {.path = path,
                                        .argv = arguments,
                                        .environment = environ,
                                        .fds = (int[]){request[0], answer[1], -1, child->pixels},
                                        .fd_count = 4};
        result = sys_spawn(&spawn);
        child->pid = result > 0 ? result : 0;
    }
    sys_close(&request[0]);
    sys_close(&answer[1]);
    child->request = request[1];
    child->answer = answer[0];
    free(path);
    return result < 0 ? result : 0;
}

/* Reads the answer to its end. Its length, or -errno; -ETIMEDOUT at the deadline. */
static ssize_t child_read(const struct child *child, char *text, int64_t deadline_ns)
{
    size_t length = 0;
    while (length < ANSWER_BYTES) {
        struct pollfd ready = {.fd = child->answer, .events = POLLIN};
        int64_t left_ms = (deadline_ns - clock_monotonic_ns()) / CLOCK_NS_PER_MS;
        if (left_ms <= 0)
            return -ETIMEDOUT;
        if (poll(&ready, 1, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms) <= 0)
            continue;
        ssize_t more = sys_read(child->answer, text + length, ANSWER_BYTES - length);
        if (more < 0)
            return more;
        if (more == 0)
            break;
        length += (size_t)more;
    }
    return (ssize_t)length;
}

static enum status ask(struct command *command, struct child *child, const json_t *request, json_t **answer)
{
    static char text[ANSWER_BYTES];
    char *request_text = json_text(request);
    int64_t timeout_ms = command_timeout_ms(command);
    char waited[TEXT_DURATION_BYTES];
    int64_t deadline_ns = clock_monotonic_ns() + timeout_ms * CLOCK_NS_PER_MS;
    json_error_t error;
    int result = request_text ? child_start(child) : -ENOMEM;
    if (result == 0)
        result = whole_file_write_to(child->request, request_text, strlen(request_text));
    secret_free(request_text);
    sys_close(&child->request);
    if (result < 0)
        return status_fail(&command->error, "failed", "camd-capture belongs in " CAMD_LIBEXECDIR,
                           "camd-capture cannot be started: %s", strerror(-result));
    ssize_t length = child_read(child, text, deadline_ns);
    if (length == -ETIMEDOUT)
        return status_fail(&command->error, "failed",
                           "check that the camera is on, or give it longer with --timeout",
                           "nothing was learnt within %s", text_duration((double)timeout_ms / 1000, waited));
    *answer = length > 0 ? json_parse_object(text, (size_t)length, &error) : NULL;
    if (!*answer)
        return status_fail(&command->error, "failed", "this stream may be harmful; report it",
                           "camd-capture ended without an answer");
    return STATUS_DONE;
}

/* ---- what is shown ---- */

static void show_rate(struct writer *output, const json_t *document)
{
    double stated = json_member_double(document, "fps", 0),
           measured = json_member_double(document, "measured_fps", 0);
    int64_t bit_rate = json_member_int(document, "bit_rate", 0);
    char text[WORDS_BIT_RATE_BYTES];
    if (json_member_bool(document, "still", false))
        writer_line(output, STYLE_PLAIN, 4, "rate:           a still picture, fetched again for every frame");
    else if (measured > 0 && stated > 0)
        writer_line(output, STYLE_PLAIN, 4, "rate:           %.4g frames a second, %.4g by its own word",
                    measured, stated);
    else
        writer_line(output, STYLE_PLAIN, 4, "rate:           %.4g frames a second",
                    measured > 0 ? measured : stated);
    if (bit_rate > 0)
        writer_line(output, STYLE_PLAIN, 4, "bit rate:       %s",
                    words_bit_rate((double)bit_rate / 1000, text));
}

static const struct {
    const char *word, *text;
} authentications[] = {
    {"asked", "asked for, and the given one is right"},
    {"none", "not asked for: everybody who reaches it can watch"},
};

static void show_probe(struct writer *output, const json_t *document)
{
    const char *authentication = json_member_string(document, "authentication", "");
    const char *file = json_member_string(document, "file", NULL);
    char took[TEXT_DURATION_BYTES];
    writer_line(output, STYLE_PLAIN, 4, "codec:          %s (%s)", json_member_string(document, "codec", "?"),
                json_member_string(document, "pixel_format", "?"));
    writer_line(output, STYLE_PLAIN, 4, "size:           %" PRId64 "x%" PRId64,
                json_member_int(document, "width", 0), json_member_int(document, "height", 0));
    show_rate(output, document);
    writer_line(output, STYLE_PLAIN, 4, "sound:          %s", json_member_string(document, "audio", "none"));
    for (size_t i = 0; i < sizeof(authentications) / sizeof(authentications[0]); i++)
        if (strcmp(authentication, authentications[i].word) == 0)
            writer_line(output, STYLE_PLAIN, 4, "password:       %s", authentications[i].text);
    writer_line(output, STYLE_PLAIN, 4, "took:           %s",
                text_duration(json_member_double(document, "elapsed_s", 0), took));
    if (file)
        writer_line(output, STYLE_PLAIN, 4, "first picture:  %s", file);
}

static bool is_standard_output(const struct command *command)
{
    return command->options->output && strcmp(command->options->output, "-") == 0;
}

/* Read from the child's memory is only what is there. */
static int read_pixels(const struct child *child, uint8_t *pixels, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t length = sys_pread(child->pixels, pixels + done, bytes - done, (off_t)done);
        if (length <= 0)
            return length < 0 ? (int)length : -EIO;
        done += (size_t)length;
    }
    return 0;
}

static enum status write_picture(struct command *command, const struct child *child, const json_t *answer)
{
    const char *path = command->options->output;
    struct picture picture = {.width = (uint32_t)json_member_int(answer, "width", 0) & ~1u,
                              .height = (uint32_t)json_member_int(answer, "height", 0) & ~1u};
    size_t written = 0, bytes = (size_t)picture.width * picture.height * 3 / 2;

    /* The child is not trusted; and a camera may have pictures of another size that are scaled. */
    if (picture.width < CAMD_SIZE_MIN || picture.width > CAMD_SIZE_MAX || picture.height < CAMD_SIZE_MIN ||
        picture.height > CAMD_SIZE_MAX)
        return status_fail(&command->error, "failed", NULL,
                           "%s is not written: its pictures are %ux%u, and only %d to %d are possible", path,
                           picture.width, picture.height, CAMD_SIZE_MIN, CAMD_SIZE_MAX);
    picture.pixels = malloc(bytes);
    int result = picture.pixels ? read_pixels(child, picture.pixels, bytes) : -ENOMEM;
    if (result == 0)
        result = picture_file_save(&picture, command->options->quality, path, &written);
    free(picture.pixels);
    if (result < 0)
        return file_unwritten(&command->error, path, result);
    return STATUS_DONE;
}

/* The child's error in the form of all others, with what it knows more: class, stage, authentication. */
static enum status report_failure(struct command *command, json_t *answer)
{
    json_t *error = json_object_get(answer, "error");
    json_t *authentication = json_object_get(answer, "authentication");
    enum status status = status_fail(&command->error, "failed", json_member_string(error, "hint", ""), "%s",
                                     json_member_string(error, "text", "it failed"));
    json_object_set_new(command->error, "class", json_string(json_member_string(error, "class", "")));
    json_object_set_new(command->error, "stage", json_string(json_member_string(error, "stage", "")));
    if (authentication)
        json_object_set(command->error, "authentication", authentication);
    return status;
}

enum status verbs_probe(struct command *command)
{
    struct child child = {.request = -1, .answer = -1, .pixels = -1};
    json_t *request = NULL, *answer = NULL;
    int64_t begun_ns;
    enum status status = command->options->output ? picture_file_check(command) : STATUS_DONE;
    if (status == STATUS_DONE)
        status = prepare(command, &request);
    begun_ns = clock_monotonic_ns();
    if (status == STATUS_DONE)
        status = ask(command, &child, request, &answer);
    if (status == STATUS_DONE && json_object_get(answer, "error"))
        status = report_failure(command, answer);
    if (status == STATUS_DONE && command->options->output)
        status = write_picture(command, &child, answer);
    if (status == STATUS_DONE && !is_standard_output(command)) {
        int64_t elapsed_ms = (clock_monotonic_ns() - begun_ns) / CLOCK_NS_PER_MS;
        json_object_set_new(answer, "elapsed_s", json_real((double)elapsed_ms / 1000));
        if (command->options->output)
            json_object_set_new(answer, "file", json_string_lossy(command->options->output));
        writer_document(command->output, answer, show_probe);
    }
    child_end(&child);
    json_decref(request);
    json_decref(answer);
    return status;
}
