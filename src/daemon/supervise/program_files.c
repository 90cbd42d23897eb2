#include "daemon/supervise/program_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file_identity.h"
#include "base/json.h"

struct entry {
    char *program;
    json_t *files; /* by path, the program's own and its libraries: {"identity": TEXT, "changed_ms": N} */
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
        json_decref(files->entries[i].files);
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

/* ---- the files of a program ---- */

/*
 * What is installed gets its name, or its bytes, when it is: the status of the file changes. It changes as well when a
 * backup makes a link to the file, or somebody its owner another one: then it is still the same.
 */
static int64_t changed_ms(const struct stat *status)
{
    return (int64_t)status->st_ctim.tv_sec * 1000 + status->st_ctim.tv_nsec / 1000000;
}

static void look_at_file(const char *path, json_t *file)
{
    char identity[FILE_IDENTITY_BYTES];
    struct stat status;
    if (stat(path, &status) < 0 ||
        strcmp(file_identity(&status, identity), json_member_string(file, "identity", "")) == 0)
        return;
    json_object_set_new(file, "identity", json_string(identity));
    json_object_set_new(file, "changed_ms", json_integer(changed_ms(&status)));
}

static void look(struct entry *entry)
{
    const char *path;
    json_t *file;
    entry->changed_ms = 0;
    json_object_foreach(entry->files, path, file) {
        look_at_file(path, file);
        const int64_t changed = json_member_int(file, "changed_ms", 0);
        entry->changed_ms = changed > entry->changed_ms ? changed : entry->changed_ms;
    }
}

/* With what is known of the file. */
static void add_file(json_t *files, const char *path, const json_t *known)
{
    json_t *file = json_object_get(known, path);
    if (file)
        json_object_set(files, path, file);
    else
        json_object_set_new(files, path, json_object());
}

static json_t *files_of(const char *program, const json_t *paths, const json_t *known)
{
    json_t *files = json_object();
    add_file(files, program, known);
    for (size_t i = 0; i < json_array_size(paths) && i < PROGRAM_FILES_PATHS; i++) {
        const char *path = json_string_value(json_array_get(paths, i));
        if (path && path[0] == '/')
            add_file(files, path, known);
    }
    return files;
}

static void take(struct entry *entry, json_t *files)
{
    json_decref(entry->files);
    entry->files = files;
    entry->looked_ms = 0;
    look(entry); /* before anything happens to them */
}

void program_files_note(struct program_files *files, const char *program, const json_t *paths)
{
    struct entry *entry = ensure(files, program);
    if (entry)
        take(entry, files_of(program, paths, entry->files));
}

/* Of one that is not kept. */
static int64_t changed_now_ms(const char *program)
{
    struct stat status;
    return stat(program, &status) < 0 ? 0 : changed_ms(&status);
}

int64_t program_files_changed_ms(struct program_files *files, const char *program, int64_t now_ms)
{
    struct entry *entry = ensure(files, program);
    if (!entry)
        return changed_now_ms(program);
    if (!entry->files)
        entry->files = files_of(program, NULL, NULL);
    if (entry->looked_ms == 0 || now_ms - entry->looked_ms >= PROGRAM_FILES_LOOK_MS) {
        entry->looked_ms = now_ms;
        look(entry);
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
        if (files->entries[i].files)
            json_object_set(record, files->entries[i].program, files->entries[i].files);
    }
    return record;
}

void program_files_take_over(struct program_files *files, const json_t *record)
{
    const char *program;
    json_t *known;
    json_members_foreach(record, program, known) {
        struct entry *entry = ensure(files, program);
        if (json_is_array(known)) /* an older program knew the paths only */
            program_files_note(files, program, known);
        else if (entry && json_is_object(known))
            take(entry, json_deep_copy(known));
    }
}
