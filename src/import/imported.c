#include "import/imported.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"

bool imported_init(struct imported *imported)
{
    *imported = (struct imported){.cameras = json_object(), .notes = json_array(), .sections = json_object()};
    return imported->cameras && imported->notes && imported->sections;
}

void imported_fini(struct imported *imported)
{
    json_decref(imported->cameras);
    json_decref(imported->notes);
    json_decref(imported->sections);
}

/* text is taken over. */
static json_t *words(char *text)
{
    json_t *string = text ? json_string(text) : NULL;
    free(text);
    return string ? string : json_string("(what is no UTF-8 text)");
}

void imported_note(struct imported *imported, size_t line, const char *of, const char *format, ...)
{
    if (json_array_size(imported->notes) == IMPORT_NOTES_MAX) {
        imported->dropped++;
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    char *text = text_format_arguments(format, arguments);
    va_end(arguments);
    json_t *note =
        json_pack("{s:I, s:o, s:o}", "line", (json_int_t)line, "of", words(secret_redact_value(of)), "text",
                  words(text ? secret_redact(text) : NULL));
    if (!note || json_array_append_new(imported->notes, note) != 0)
        imported->dropped++;
    free(text);
}

bool imported_name(const char *name, char plain[CAMD_NAME_MAX + 1])
{
    size_t length = 0;
    bool is_any = false; /* of what it was */
    for (; name[length]; length++) {
        if (length == CAMD_NAME_MAX)
            return false;
        plain[length] = text_is_name_character(name[length]) ? name[length] : '_';
        is_any = is_any || plain[length] != '_';
    }
    plain[length] = '\0';
    return is_any && text_is_camera_name(plain);
}

json_t *imported_camera(struct imported *imported, size_t line, const char *of, const char *name)
{
    char plain[CAMD_NAME_MAX + 1];
    if (!imported_name(name, plain)) {
        imported_note(imported, line, of,
                      "left out: its name is none for a camera: expected " TEXT_NAME_RULE);
        return NULL;
    }
    if (json_object_get(imported->cameras, plain)) {
        imported_note(imported, line, of, "left out: there is a camera %s already", plain);
        return NULL;
    }
    if (strcmp(plain, name) != 0)
        imported_note(imported, line, of, "is called %s: a name has letters, digits, _ and - only", plain);
    json_t *camera = json_object();
    if (!camera || json_object_set_new(imported->cameras, plain, camera) != 0)
        return NULL;
    return camera;
}

bool imported_set(json_t *settings, const char *key, const char *value)
{
    return json_object_set_new(settings, key, json_string(value)) == 0;
}

/* ---- the document ---- */

static json_int_t line_of(const json_t *note)
{
    return json_integer_value(json_object_get(note, "line"));
}

/* In the order of their lines: by insertion, since they nearly are. New reference. */
static json_t *sorted(const json_t *notes)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(notes); i++) {
        json_t *note = json_array_get(notes, i);
        size_t at = json_array_size(list);
        while (at > 0 && line_of(json_array_get(list, at - 1)) > line_of(note))
            at--;
        json_array_insert(list, at, note);
    }
    return list;
}

bool imported_print(const struct imported *imported, FILE *out)
{
    json_t *document = json_pack("{s:O, s:o, s:I, s:I, s:O}", "cameras", imported->cameras, "notes",
                                 sorted(imported->notes), "dropped", (json_int_t)imported->dropped,
                                 "left_out", (json_int_t)imported->left_out, "sections", imported->sections);
    const bool is_printed = document && json_dumpf(document, out, JSON_COMPACT) == 0;
    json_decref(document);
    return is_printed && fflush(out) == 0;
}
