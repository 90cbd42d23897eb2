#include "daemon/supervise/program_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct entry {
    char *program;
    json_t *paths;
    int64_t looked_ms, changed_ms; /* monotonic, wall; looked_ms 0: never */
};

struct program_files {
    struct entry entries[PROGRAM_FILES_MAX];
    size_t count;
};

int program_files_new(struct program_files **result)
{
    struct program_files *files = calloc(1, sizeof(*files));
    if (!files)
        return -ENOMEM;
    *result = files;
    return 0;
}

void program_files_free(struct program_files *files)
{
    for (size_t i = 0; files && i < files->count; i++) {
        free(files->entries[i].program);
        json_decref(files->entries[i].paths);
    }
    free(files);
}

static struct entry *find(struct program_files *files, const char *program)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->entries[i].program, program) == 0)
            return &files->entries[i];
    }
    return NULL;
}

/* NULL: there are too many, or memory is short. */
static struct entry *ensure(struct program_files *files, const char *program)
{
    struct entry *entry = find(files, program);
    if (entry || files->count == PROGRAM_FILES_MAX)
        return entry;
    char *copy = strdup(program);
    if (!copy)
        return NULL;
    entry = &files->entries[files->count++];
    *entry = (struct entry){.program = copy};
    return entry;
}

static json_t *paths_of(const json_t *given)
{
    json_t *paths = json_array();
    for (size_t i = 0; i < json_array_size(given) && i < PROGRAM_FILES_PATHS; i++) {
        json_t *path = json_array_get(given, i);
        if (json_is_string(path) && json_string_value(path)[0] == '/')
            json_array_append(paths, path);
    }
    return paths;
}

void program_files_note(struct program_files *files, const char *program, const json_t *paths)
{
    struct entry *entry = ensure(files, program);
    if (!entry)
        return;
    json_decref(entry->paths);
    entry->paths = paths_of(paths);
    entry->looked_ms = 0;
}

/* What is installed gets its name, or its bytes, when it is: the status of the file changes. */
static int64_t changed_ms(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return 0;
    return (int64_t)status.st_ctim.tv_sec * 1000 + status.st_ctim.tv_nsec / 1000000;
}

static int64_t newest_ms(const char *program, const json_t *paths)
{
    int64_t newest = changed_ms(program);
    for (size_t i = 0; i < json_array_size(paths); i++) {
        const int64_t changed = changed_ms(json_string_value(json_array_get(paths, i)));
        newest = changed > newest ? changed : newest;
    }
    return newest;
}

int64_t program_files_changed_ms(struct program_files *files, const char *program, int64_t now_ms)
{
    struct entry *entry = ensure(files, program);
    if (!entry)
        return changed_ms(program);
    if (entry->looked_ms == 0 || now_ms - entry->looked_ms >= PROGRAM_FILES_LOOK_MS) {
        entry->looked_ms = now_ms;
        entry->changed_ms = newest_ms(program, entry->paths);
    }
    return entry->changed_ms;
}

void program_files_look_again(struct program_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        files->entries[i].looked_ms = 0;
}

json_t *program_files_hand_over(const struct program_files *files)
{
    json_t *record = json_object();
    for (size_t i = 0; i < files->count; i++) {
        if (files->entries[i].paths)
            json_object_set(record, files->entries[i].program, files->entries[i].paths);
    }
    return record;
}

void program_files_take_over(struct program_files *files, const json_t *record)
{
    const char *program;
    json_t *paths;
    json_object_foreach((json_t *)(uintptr_t)record, program, paths)
    {
        program_files_note(files, program, paths);
    }
}
