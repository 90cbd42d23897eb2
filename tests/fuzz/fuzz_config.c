/*
 * fuzz_config.c - configuration files, values of requests, and numbers
 *
 * A first byte 's' or 'n', which no file begins with, asks for settings or a number. Whatever is read, the program says
 * what is wrong with it, in texts that may be shown; and what has been accepted prints into something that is accepted
 * again and means the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "config/config.h"
#include "config/config_keys.h"
#include "fuzz_problems.h"

enum { SETTINGS_MAX = 64 };

/* The configuration in the text, from a file without a name; NULL: it has problems. */
static struct config *load(const char *text, size_t length)
{
    static int fd = -1;
    static char path[32];
    static struct config_problems problems;
    if (fd < 0) {
        fd = memfd_create("camd.ini", MFD_CLOEXEC);
        check(fd >= 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    check(ftruncate(fd, 0) == 0);
    check(pwrite(fd, text, length, 0) == (ssize_t)length);
    struct config *config = NULL;
    int status = config_load(path, &config, &problems);
    check(status == 0 ? problems.count == 0 : problems.count > 0 && !config);
    check_problems(&problems);
    return config;
}

static void check_same(const struct config *a, const struct config *b)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (key->places == CONFIG_PLACE_DETECTOR)
            continue;
        check(key->places & CONFIG_PLACE_CAMD ? config_value_is_equal(key, a, b)
                                              : config_value_is_equal(key, &a->defaults, &b->defaults));
    }
    check(a->camera_count == b->camera_count);
    for (size_t i = 0; i < a->camera_count; i++) {
        check(strcmp(a->cameras[i].name, b->cameras[i].name) == 0);
        check(config_camera_compare(&a->cameras[i], &b->cameras[i]) == 0);
    }
}

static void check_print(const struct config *config, bool show_secrets)
{
    char *printed = NULL;
    size_t length;
    FILE *out = open_memstream(&printed, &length);
    check(out != NULL);
    config_print(config, out, show_secrets);
    check(fclose(out) == 0);
    struct config *again = load(printed, length);
    check(again != NULL);
    if (show_secrets)
        check_same(config, again);
    config_free(again);
    free(printed);
}

static void fuzz_file(const uint8_t *data, size_t size)
{
    struct config *config = load((const char *)data, size);
    if (!config)
        return;
    check_print(config, false);
    check_print(config, true);
    for (size_t i = 0; i < config->camera_count; i++) {
        json_t *json = config_camera_json(&config->cameras[i],
                                          config_detector_find(config, config->cameras[i].detector));
        check(json != NULL);
        char *text = json_dumps(json, JSON_COMPACT);
        check(text && strlen(text) <= 65536 - 4096);
        free(text);
        json_decref(json);
    }
    config_free(config);
}

/* KEY and VALUE by turns, with a NUL after each. */
static void fuzz_settings(const char *text)
{
    static struct config_problems problems;
    struct config_setting settings[SETTINGS_MAX];
    size_t count = 0;
    while (*text && count < SETTINGS_MAX) {
        const char *value = text + strlen(text) + 1;
        settings[count++] = (struct config_setting){text, value};
        text = value + strlen(value) + 1;
    }
    struct config *config = load("", 0);
    check(config != NULL);
    struct config_camera camera;
    int status = config_camera_make(config, "front", settings, count, &camera, &problems);
    check(status == 0 ? problems.count == 0 : problems.count > 0);
    check_problems(&problems);
    char *written = config_camera_file_text("front", settings, count);
    if (status == 0) {
        check(written != NULL);
        struct config *again = load(written, strlen(written));
        check(again && config_camera_compare(&again->cameras[0], &camera) == 0);
        config_free(again);
        config_camera_fini(&camera);
    }
    free(written);
    config_free(config);
}

static void fuzz_number(const char *text)
{
    double number, back;
    char printed[TEXT_NUMBER_BYTES];
    if (!text_to_double(text, &number))
        return;
    text_from_double(printed, number);
    check(text_to_double(printed, &back) && back >= number && back <= number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || (data[0] != 's' && data[0] != 'n')) {
        fuzz_file(data, size);
        return 0;
    }
    /* NULs at the end end a list of settings, too. */
    char *text = calloc(1, size + 2);
    check(text != NULL);
    memcpy(text, data + 1, size - 1);
    if (data[0] == 's')
        fuzz_settings(text);
    else
        fuzz_number(text);
    free(text);
    return 0;
}
