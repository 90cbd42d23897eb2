#include "daemon/disk/overrides.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "daemon/disk/persist.h"

enum { FILE_BYTES = 1024 * 1024 };

struct overrides {
    struct persist *persist;
    char *path;
    json_t *table;
    bool saving; /* a write is under way */
    bool dirty;  /* and the table has changed since */
};

/* The file's content, the caller's to free; NULL with *error: 0 when there is none. */
static char *read_file(const char *path, size_t *length, int *error)
{
    int fd = sys_open(path, O_RDONLY, 0);
    *error = fd == -ENOENT ? 0 : fd;
    if (fd < 0)
        return NULL;
    char *text = malloc(FILE_BYTES);
    ssize_t count = text ? sys_read(fd, text, FILE_BYTES) : -ENOMEM;
    sys_close(&fd);
    *error = count < 0 ? (int)count : 0;
    if (count < 0) {
        free(text);
        return NULL;
    }
    *length = (size_t)count;
    return text;
}

static bool is_table(const json_t *table)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)table, name, value)
    {
        if (!text_is_camera_name(name) || !json_is_boolean(value))
            return false;
    }
    return true;
}

static void load(struct overrides *overrides)
{
    size_t length = 0;
    int error = 0;
    char *text = read_file(overrides->path, &length, &error);
    if (!text) {
        if (error < 0)
            log_warning(NULL, "cannot read %s: %s: cameras are enabled as the configuration says",
                        overrides->path, strerror(-error));
        return;
    }
    json_error_t json_error;
    json_t *table = json_parse_object(text, length, &json_error);
    free(text);
    if (table && is_table(table)) {
        json_decref(overrides->table);
        overrides->table = table;
        return;
    }
    json_decref(table);
    char *aside = text_format("%s.damaged", overrides->path);
    if (aside && sys_rename(overrides->path, aside) == 0)
        log_warning(NULL, "%s is damaged: kept as %s; cameras are enabled as the configuration says",
                    overrides->path, aside);
    free(aside);
}

int overrides_new(struct overrides **result, const char *state_dir, struct persist *persist)
{
    struct overrides *overrides = calloc(1, sizeof(*overrides));
    if (!overrides)
        return -ENOMEM;
    overrides->persist = persist;
    overrides->path = text_format("%s/enabled.json", state_dir);
    overrides->table = json_object();
    if (!overrides->path || !overrides->table) {
        overrides_free(overrides);
        return -ENOMEM;
    }
    load(overrides);
    *result = overrides;
    return 0;
}

void overrides_free(struct overrides *overrides)
{
    if (!overrides)
        return;
    json_decref(overrides->table);
    free(overrides->path);
    free(overrides);
}

bool overrides_enabled(const struct overrides *overrides, const char *camera, bool configured)
{
    return json_member_bool(overrides->table, camera, configured);
}

static int save(struct overrides *overrides);

/* Changes that came while a write was under way are written together by the next one. */
static void written(void *context, int error)
{
    struct overrides *overrides = context;
    overrides->saving = false;
    if (overrides->dirty && error == 0)
        error = save(overrides);
    if (error < 0)
        log_error(NULL, "cannot write %s: %s: enable and disable will be forgotten at the next start",
                  overrides->path, strerror(-error));
}

static int save(struct overrides *overrides)
{
    overrides->dirty = overrides->saving;
    if (overrides->saving)
        return 0;
    char *text = json_text(overrides->table);
    if (!text)
        return -ENOMEM;
    int error =
        persist_write(overrides->persist, overrides->path, text, strlen(text), 0600, written, overrides);
    free(text);
    overrides->saving = error == 0;
    return error;
}

int overrides_set(struct overrides *overrides, const char *camera, bool enabled)
{
    json_t *before = json_incref(json_object_get(overrides->table, camera));
    int error = json_object_set_new(overrides->table, camera, json_boolean(enabled)) < 0 ? -ENOMEM : 0;
    if (error == 0)
        error = save(overrides);
    if (error < 0) {
        if (before)
            json_object_set(overrides->table, camera, before);
        else
            json_object_del(overrides->table, camera);
    }
    json_decref(before);
    return error;
}

void overrides_forget(struct overrides *overrides, const char *camera)
{
    if (!json_object_get(overrides->table, camera))
        return;
    json_object_del(overrides->table, camera);
    int error = save(overrides);
    if (error < 0)
        log_error(NULL, "cannot write %s: %s", overrides->path, strerror(-error));
}
