/*
 * fuzz_import.c - other programs' files
 *
 * The first byte chooses: an odd one a table, an even one the configuration of Frigate. Whatever is in it, what comes
 * out is a document, whose cameras have names that camd can have, and settings of one line.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "import/formats.h"

static void check_settings(json_t *settings)
{
    const char *key;
    json_t *value;
    json_object_foreach(settings, key, value) {
        check(json_is_string(value) && !strchr(json_string_value(value), '\n'));
    }
}

static void check_imported(const struct imported *imported)
{
    const char *name;
    json_t *settings;
    check(json_array_size(imported->notes) <= IMPORT_NOTES_MAX);
    json_object_foreach(imported->cameras, name, settings) {
        check(text_is_camera_name(name));
        check_settings(settings);
    }
    json_object_foreach(imported->sections, name, settings) {
        check_settings(settings);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct imported imported;
    if (size == 0)
        return 0;
    char *text = malloc(size);
    check(text && imported_init(&imported));
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    char *problem = (data[0] % 2 ? csv_read_cameras : frigate_read_cameras)(&imported, text, size - 1);
    check_imported(&imported);
    imported_fini(&imported);
    free(problem);
    free(text);
    return 0;
}
