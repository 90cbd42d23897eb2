/*
 * fuzz_edit.c - a camera's section of a file is changed
 *
 * Input: KEY, VALUE, TEXT, each but the last ended by a byte 0xff; an empty VALUE takes the setting out. What comes out
 * reads back, the same change changes nothing more, and lines that are comments stay.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_edit.h"
#include "fuzz_problems.h"

static size_t count_comments(const char *text)
{
    size_t count = 0;
    while (*text) {
        text += strspn(text, " \t");
        count += *text == '#' || *text == ';';
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return count;
}

/* The next piece, a string of its own. */
static char *piece(const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size > 0 ? memchr(*data, 0xff, *size) : NULL;
    const size_t length = end ? (size_t)(end - *data) : *size;
    char *text = calloc(1, length + 1);
    check(text != NULL);
    if (length > 0)
        memcpy(text, *data, length);
    *data += length + (end != NULL);
    *size -= length + (end != NULL);
    return text;
}

static void change(const struct config_setting *setting, const char *text, size_t length)
{
    static struct config_problems problems;
    char *edited = NULL, *again = NULL;
    int status = config_edit_settings("f", text, length, "a", setting, 1, &edited, &problems);
    check(status == 0 ? edited && problems.count == 0 : !edited);
    check(status != -EINVAL || problems.count > 0);
    check_problems(&problems);
    if (status < 0)
        return;
    check(count_comments(edited) == count_comments(text));
    check(config_edit_settings("f", edited, strlen(edited), "a", setting, 1, &again, &problems) == 0);
    check(strcmp(edited, again) == 0);
    free(again);
    again = NULL;
    if (config_edit_name("f", edited, strlen(edited), "a", "zz", &again, &problems) == 0)
        check(config_edit_sections(again, strlen(again)) == config_edit_sections(edited, strlen(edited)));
    check_problems(&problems);
    free(again);
    free(edited);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *key = piece(&data, &size), *value = piece(&data, &size);
    char *text = piece(&data, &size);
    change(&(struct config_setting){key, *value ? value : NULL}, text, strlen(text));
    free(text);
    free(value);
    free(key);
    return 0;
}
