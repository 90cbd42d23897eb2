/*
 * main.c - camd-import FILE: another program's configuration as camd's cameras, one JSON document on standard output
 *
 * For camctl import, which gives them to camd. What the file is, its name says. {"error": TEXT} when nothing could be made
 * of it, with exit status 1.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "import/formats.h"

static const struct {
    const char *ending;
    import_read *read;
} formats[] = {
    {".csv", csv_read_cameras},
    {".tsv", csv_read_cameras},
    {".yml", frigate_read_cameras},
    {".yaml", frigate_read_cameras},
};

static import_read *find_format(const char *file)
{
    const char *point = strrchr(file, '.');
    for (size_t i = 0; point && i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcasecmp(point, formats[i].ending) == 0)
            return formats[i].read;
    }
    return NULL;
}

static char *read_cameras(struct imported *imported, const char *file)
{
    import_read *const read = find_format(file);
    char *text = NULL;
    size_t length = 0;
    if (!read)
        return strdup("its name ends in none of .yml, .yaml, .csv and .tsv");
    const int result = whole_file_read(file, IMPORT_FILE_BYTES, &text, &length);
    if (result < 0)
        return strdup(whole_file_problem(result));
    char *problem = read(imported, text, length);
    secret_free_bytes(text, length);
    return problem;
}

static int fail(const char *problem)
{
    char *shown = secret_redact(problem);
    json_t *document = json_pack("{s:s}", "error", shown ? shown : "memory is short");
    json_dumpf(document, stdout, JSON_COMPACT);
    json_decref(document);
    free(shown);
    return 1;
}

int main(int argc, char **argv)
{
    struct imported imported;
    secret_guard_process();
    if (argc != 2)
        return fail("camd-import takes the name of one file; camctl import calls it");
    if (!imported_init(&imported))
        return fail("memory is short");
    char *problem = read_cameras(&imported, argv[1]);
    int status = problem ? fail(problem) : 0;
    if (status == 0 && !imported_print(&imported, stdout))
        status = fail("memory is short");
    free(problem);
    imported_fini(&imported);
    return status;
}
