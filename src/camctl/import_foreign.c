#include "camctl/import_foreign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/libexec.h"
#include "base/secret.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/whole_file.h"

enum { ANSWER_BYTES = 64 << 20 }; /* a file of a megabyte may give each of many cameras what stands for all */

bool import_foreign_is(const char *file)
{
    static const char *const endings[] = {".yml", ".yaml", ".csv", ".tsv"};
    const char *point = strrchr(file, '.');
    for (size_t i = 0; point && i < sizeof(endings) / sizeof(endings[0]); i++)
        if (strcasecmp(point, endings[i]) == 0)
            return true;
    return false;
}

/* ---- the program ---- */

/* What camd-import wrote on standard output, to be freed with secret_free. 0 or -errno. */
static int run(const char *file, char **answer, size_t *length)
{
    char *path = libexec_program("camd-import"), *operand = strdup(file);
    char name[] = "camd-import";
    int ends[2] = {-1, -1};
    int result = path && operand ? sys_pipe(ends, 0) : -ENOMEM;
    pid_t pid = -1;
    if (result == 0) {
        const struct sys_spawn spawn = {.path = path,
                                        .argv = (char *[]){name, operand, NULL},
                                        .environment = environ, /* a Frigate configuration names variables */
                                        .fds = (int[]){-1, ends[1], STDERR_FILENO},
                                        .fd_count = 3};
        pid = sys_spawn(&spawn);
        result = pid < 0 ? (int)pid : 0;
    }
    sys_close(&ends[1]);
    if (result == 0)
        result = whole_file_read_from(ends[0], ANSWER_BYTES, answer, length);
    sys_close(&ends[0]); /* one that writes more ends by that */
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    free(operand);
    free(path);
    return result;
}

enum status import_foreign_read(const char *file, json_t **document, json_t **error)
{
    char *answer = NULL;
    size_t length = 0;
    json_error_t problem;
    const int result = run(file, &answer, &length);
    if (result < 0)
        return status_fail(error, "failed", "is camd installed as a whole? camctl check says what is missing",
                           "camd-import, which reads %s, cannot be run: %s", file, strerror(-result));
    json_t *parsed = length > 0 ? json_parse_object(answer, length, &problem) : NULL;
    const char *words = json_member_string(parsed, "error", NULL);
    secret_free(answer);
    enum status status = STATUS_DONE;
    if (!parsed || words)
        status = status_fail(error, "failed", "nothing was imported", "%s: %s", file,
                             words ? words : "camd-import ended without an answer");
    else
        *document = json_incref(parsed);
    json_decref(parsed);
    return status;
}

/* ---- settings that camd refuses ---- */

/* Takes out what one line, of that length, is about. */
static bool drop(const char *name, const char *line, size_t length, json_t *settings, json_t *notes)
{
    const char *colon = memmem(line, length, ": ", 2);
    char *key = colon ? text_format("%.*s", (int)(colon - line), line) : NULL;
    bool is_dropped = false;
    if (key && strcmp(key, "input") != 0 && json_object_get(settings, key)) {
        char *of = text_format("%s.%s", name, key),
             *text = text_format("left out: %.*s", (int)(line + length - colon - 2), colon + 2);
        json_object_del(settings, key);
        json_array_append_new(notes, json_pack("{s:i, s:s?, s:s?}", "line", 0, "of", of, "text", text));
        free(of);
        free(text);
        is_dropped = true;
    }
    free(key);
    return is_dropped;
}

bool import_foreign_drop(const char *name, const char *refusal, json_t *settings, json_t *notes)
{
    bool is_any = false;
    while (*refusal) {
        const size_t length = strcspn(refusal, "\n");
        is_any |= drop(name, refusal, length, settings, notes);
        refusal += length + (refusal[length] == '\n');
    }
    return is_any;
}
