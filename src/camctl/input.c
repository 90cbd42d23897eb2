/* input.c - a URL from standard input */
#include "camctl/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "config/config.h"

enum status input_read(char **line, json_t **error)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t length;

    if (isatty(STDIN_FILENO)) {
        char *typed = getpass("URL (it is not shown): ");
        text = typed ? strdup(typed) : NULL;
        length = text ? (ssize_t)strlen(text) : -1;
        if (typed)
            explicit_bzero(typed, strlen(typed));
    } else {
        length = getline(&text, &room, stdin);
        if (length < 0 && text)
            explicit_bzero(text, room); /* it may have no end */
    }
    if (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    if (length > 0 && (size_t)length == strlen(text) && length < CONFIG_VALUE_BYTES) {
        *line = text;
        return STATUS_DONE;
    }
    if (length < 0 && room > 0) { /* getline has made room, which ends nowhere */
        explicit_bzero(text, room);
        free(text);
        text = NULL;
    }
    secret_free(text);
    return status_fail(error, "usage", "give it one, for example: printf '%s\\n' URL | camctl ... input=-",
                       "standard input has no URL of at most %d bytes", CONFIG_VALUE_BYTES - 1);
}
