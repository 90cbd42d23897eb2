#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_hint.h"
#include "base/sys.h"
#include "base/text.h"
#include "config/config.h"
#include "config/config_bad_file.h"
#include "config/config_camera.h"
#include "config/config_detector.h"
#include "config/config_document.h"
#include "config/config_edit.h"
#include "config/config_keys.h"
#include "config/config_problem.h"
#include "config/config_read.h"
#include "config/config_written.h"

static const char slots_variable[] = "SHM_MAX_FRAMES";

/* ---- defaults ---- */

static bool is_daemon_key(const struct config_key *key)
{
    return key->places & CONFIG_PLACE_CAMD;
}

static int set_standards(struct config *config)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        void *owner = is_daemon_key(key) ? (void *)config : (void *)&config->defaults;
        if (!key->standard || key->family || key->places & CONFIG_PLACE_DETECTOR)
            continue;
        /* The table's own values are right (a test sees to it): only memory can be short. */
        if (config_value_parse(key, key->name, key->standard, owner))
            return -ENOMEM;
    }
    return 0;
}

/* The reference system takes its limit from the environment: who comes from there need not write it down again. */
static int set_slots_from_environment(struct config *config, struct config_problems *problems)
{
    char *value = getenv(slots_variable);
    if (!value)
        return 0;
    char name[] = "slots_max";
    struct config_entry entry = {.key = config_key_find(name), .name = name, .value = value};
    struct config_section section = {.place = CONFIG_PLACE_CAMD, .entries = &entry, .count = 1};
    return config_section_apply(&section, "environment variable SHM_MAX_FRAMES", config, problems);
}

/* ---- cameras ---- */

static int add_camera(struct config *config, struct config_section *section, const char *file,
                      struct config_problems *problems)
{
    const struct config_camera *before = config_camera_find(config, section->name);
    if (before) {
        config_problem_add(problems, file, section->line, NULL,
                           "camera %s is there already, in %s:%u: expected once; remove one of them",
                           section->name, before->file, before->line);
        return 0;
    }
    if (config->camera_count == CONFIG_CAMERAS_MAX) {
        config_problem_add(problems, file, section->line, NULL,
                           "is one camera more than the %d that there can be", CONFIG_CAMERAS_MAX);
        return 0;
    }
    struct config_camera *cameras =
        config_array_grow(config->cameras, config->camera_count, sizeof(*cameras));
    if (!cameras)
        return -ENOMEM;
    config->cameras = cameras;
    int status = config_camera_build(config, section, file, &cameras[config->camera_count], problems);
    if (status == 0)
        config->camera_count++;
    return status;
}

static int add_cameras(struct config *config, const struct config_document *document,
                       struct config_problems *problems)
{
    for (size_t i = 0; i < document->count; i++) {
        struct config_section *section = &document->sections[i];
        if (section->place != CONFIG_PLACE_CAMERA)
            continue;
        int status = add_camera(config, section, document->file, problems);
        if (status < 0)
            return status;
    }
    return 0;
}

const struct config_camera *config_camera_find(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->camera_count; i++) {
        if (strcmp(config->cameras[i].name, name) == 0)
            return &config->cameras[i];
    }
    return NULL;
}

/* ---- the file ---- */

static int apply_main_document(struct config *config, const struct config_document *document,
                               struct config_problems *problems)
{
    struct config_section *daemon = config_document_find(document, CONFIG_PLACE_CAMD);
    struct config_section *defaults = config_document_find(document, CONFIG_PLACE_DEFAULTS);
    int status = 0;
    if (!daemon || !config_section_find(daemon, "slots_max"))
        status = set_slots_from_environment(config, problems);
    if (status == 0 && daemon)
        status = config_section_apply(daemon, document->file, config, problems);
    if (status == 0 && daemon)
        status = config_written_add(&config->written, daemon);
    if (status == 0)
        status = config_detectors_load(config, document, problems);
    if (status == 0 && defaults) {
        status = config_section_apply(defaults, document->file, &config->defaults, problems);
        if (status == 0)
            status = config_written_add(&config->defaults.written, defaults);
        config_camera_check(config, &config->defaults, defaults, document->file, problems);
    }
    if (status == 0)
        status = add_cameras(config, document, problems);
    if (status == 0)
        config_document_check_programs(document, problems);
    return status;
}

/* An editor, or whatever else writes the file, has cut it off and not written it yet; or there was no room for it. */
static void add_empty_problem(const char *path, struct config_problems *problems)
{
    config_problem_add(
        problems, path, 0, NULL,
        "the file is empty: is it being written, or was the disk full? One that is meant to have nothing in it has a comment");
}

static int load_main_file(struct config *config, const struct config_in_use *in_use,
                          struct config_problems *problems)
{
    struct config_document document = {.file = config->file};
    size_t first = problems->count;
    if (config->file)
        config_writer_of_directory(config->file, document.writer);
    int status = config->file ? config_read_file(&document, problems) : 0;
    config->is_empty = document.is_empty;
    if (document.is_empty && in_use && !in_use->was_empty)
        add_empty_problem(config->file, problems);
    if (status == 0)
        status = apply_main_document(config, &document, problems);
    config_document_clear(&document);
    config_problem_sort(problems, first);
    return status;
}

/* ---- the directory ---- */

/* One file of cameras_dir, all of it into the document. 0 or -ENOMEM. */
static int read_cameras_file(struct config *config, struct config_document *document,
                             struct config_problems *problems)
{
    const char *path = document->file;
    int status = config_read_file(document, problems);
    for (size_t i = 0; i < document->count; i++) {
        const struct config_section *section = &document->sections[i];
        if (section->place != CONFIG_PLACE_CAMERA)
            config_problem_add(problems, path, section->line, NULL,
                               "%s does not belong in a file of cameras_dir: expected [camera NAME]",
                               config_place_title(section->place));
    }
    if (status == 0)
        status = add_cameras(config, document, problems);
    if (status == 0)
        config_document_check_programs(document, problems);
    return status;
}

int config_camera_read(const struct config *config, const char *file, const char *text, size_t length,
                       const char *name, struct config_camera *camera, struct config_problems *problems)
{
    const size_t before = config_problem_total(problems), first = problems->count;
    struct config_document document = {.file = file};
    struct config_section *section = NULL;
    config_writer_of_directory(file, document.writer);
    if (document.writer[0] == '\0')
        config_writer_of_path(file, document.writer);
    int status = config_read_text(text, length, &document, problems);
    section = config_document_camera(&document, name);
    if (status == 0)
        status = section ? config_camera_build(config, section, file, camera, problems) : -ENOENT;
    if (status == 0) {
        config_document_check_programs(&document, problems);
        config_problem_sort(problems, first);
        if (config_problem_total(problems) > before) {
            config_camera_fini(camera);
            status = problems->count > 0 ? -EINVAL : -ENOMEM;
        }
    }
    config_document_clear(&document);
    return status;
}

static int load_cameras_file(struct config *config, const char *path, const char *directory_writer,
                             bool is_start, struct config_problems *problems)
{
    struct config_document document = {.file = path};
    size_t first = problems->count, before = config_problem_total(problems), cameras = config->camera_count;
    memcpy(document.writer, directory_writer, sizeof(document.writer));
    int status = read_cameras_file(config, &document, problems);
    if (document.is_empty)
        add_empty_problem(path, problems);
    config_problem_sort(problems, first);
    size_t count = config_problem_total(problems) - before;
    if (status == 0 && is_start && count > 0) {
        while (config->camera_count > cameras)
            config_camera_fini(&config->cameras[--config->camera_count]);
        const struct config_problem *problem = first < problems->count ? &problems->list[first] : NULL;
        status = config_bad_file_add(config, &document, problem, count);
    }
    config_document_clear(&document);
    return status;
}

struct name_list {
    char **names;
    size_t count;
};

static void name_list_clear(struct name_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (struct name_list){0};
}

static int name_list_add(struct name_list *list, const char *name)
{
    char **names = config_array_grow(list->names, list->count, sizeof(*names));
    if (!names)
        return -ENOMEM;
    list->names = names;
    names[list->count] = strdup(name);
    if (!names[list->count])
        return -ENOMEM;
    list->count++;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Editors and camctl write their unfinished files with a point in front, or another ending. */
static bool is_camera_file(const char *name)
{
    static const char ending[] = ".ini";
    size_t length = strlen(name);
    return name[0] != '.' && length >= sizeof(ending) &&
           strcmp(name + length - (sizeof(ending) - 1), ending) == 0;
}

/* The names of the camera files, in their order; list is the caller's to clear. 0 or -errno. */
static int list_camera_files(const char *path, struct name_list *list)
{
    int fd = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return fd;
    DIR *directory = fdopendir(fd);
    if (!directory) {
        sys_close(&fd);
        return -ENOMEM;
    }
    int status = 0;
    const struct dirent *entry = NULL;
    do {
        errno = 0; /* the end of the directory leaves it so */
        entry = readdir(directory);
        if (!entry)
            status = -errno;
        else if (is_camera_file(entry->d_name))
            status = list->count < CONFIG_CAMERAS_MAX ? name_list_add(list, entry->d_name) : -E2BIG;
    } while (entry && status == 0);
    closedir(directory);
    if (list->count > 0)
        qsort(list->names, list->count, sizeof(*list->names), compare_names);
    return status;
}

static void add_directory_problem(const struct config *config, int error, const struct config_in_use *in_use,
                                  struct config_problems *problems)
{
    char words[ERROR_WORDS_BYTES];
    if (error != -ENOENT)
        config_problem_add(
            problems, config->cameras_dir, 0, NULL, "the directory of cameras cannot be read: %s",
            error == -E2BIG ? "more files than there can be cameras" : error_words(error, words));
    else if (in_use && in_use->directory && strcmp(in_use->directory, config->cameras_dir) == 0)
        config_problem_add(
            problems, config->cameras_dir, 0, NULL,
            "the directory of cameras that run is not there: is its file system mounted? An empty directory ends them");
}

static int load_cameras_directory(struct config *config, bool is_start, const struct config_in_use *in_use,
                                  struct config_problems *problems)
{
    struct name_list list = {0};
    char writer[CONFIG_WRITER_BYTES];
    config_writer_of_path(config->cameras_dir, writer);
    int status = list_camera_files(config->cameras_dir, &list);
    if (status < 0 && status != -ENOMEM)
        add_directory_problem(config, status, in_use, problems);
    status = status == -ENOMEM ? status : 0;
    for (size_t i = 0; i < list.count && status == 0; i++) {
        char *path = text_format("%s/%s", config->cameras_dir, list.names[i]);
        status = path ? load_cameras_file(config, path, writer, is_start, problems) : -ENOMEM;
        free(path);
    }
    name_list_clear(&list);
    return status;
}

/* ---- all of it ---- */

static int load_whole(const char *path, bool is_start, const struct config_in_use *in_use,
                      struct config **config, struct config_problems *problems)
{
    size_t before = config_problem_total(problems);
    struct config *loaded = calloc(1, sizeof(*loaded));
    if (!loaded)
        return -ENOMEM;
    loaded->file = path ? strdup(path) : NULL;
    int status = path && !loaded->file ? -ENOMEM : set_standards(loaded);
    if (status == 0)
        status = load_main_file(loaded, in_use, problems);
    if (status == 0 && config_problem_total(problems) > before)
        is_start = false; /* the main file is bad: nothing is started, and all problems are told */
    if (status == 0 && loaded->cameras_dir)
        status = load_cameras_directory(loaded, is_start, in_use, problems);
    if (status == 0 && !is_start && config_problem_total(problems) > before)
        status = problems->count > 0 ? -EINVAL : -ENOMEM;
    if (status < 0) {
        config_free(loaded);
        return status;
    }
    *config = loaded;
    return 0;
}

int config_load(const char *path, struct config **config, struct config_problems *problems)
{
    return load_whole(path, false, NULL, config, problems);
}

int config_load_again(const char *path, const struct config_in_use *in_use, struct config **config,
                      struct config_problems *problems)
{
    return load_whole(path, false, in_use, config, problems);
}

int config_load_start(const char *path, struct config **config, struct config_problems *problems)
{
    return load_whole(path, true, NULL, config, problems);
}

int config_standard(struct config **config)
{
    const struct config_document empty = {0};
    struct config_problems problems = {0};
    struct config *made = calloc(1, sizeof(*made));
    int status = made ? set_standards(made) : -ENOMEM;
    if (status == 0)
        status = config_detectors_load(made, &empty, &problems);
    config_problems_clear(&problems);
    if (status < 0) {
        config_free(made);
        return status;
    }
    *config = made;
    return 0;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config_key_count; i++) {
        if (is_daemon_key(&config_keys[i]))
            config_value_clear(&config_keys[i], config);
    }
    for (size_t i = 0; i < config->detector_count; i++)
        config_detector_fini(&config->detectors[i]);
    free(config->detectors);
    for (size_t i = 0; i < config->camera_count; i++)
        config_camera_fini(&config->cameras[i]);
    free(config->cameras);
    config_bad_files_clear(config);
    config_camera_fini(&config->defaults);
    free(config->file);
    free(config->written);
    free(config);
}
