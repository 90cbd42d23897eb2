#include "config/config_command.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_value.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* One word; *from and *to go on behind it. False: a quote has no end. */
static bool take_word(const char **from, char **to)
{
    const char *at = *from;
    char *end = *to;
    bool is_quoted = false;
    for (; *at && (is_quoted || !is_blank(*at)); at++) {
        if (*at == '"') {
            is_quoted = !is_quoted;
            continue;
        }
        if (is_quoted && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
            at++;
        *end++ = *at;
    }
    *end++ = '\0';
    *from = at;
    *to = end;
    return !is_quoted;
}

const char *config_command_split(const char *text, char ***words)
{
    size_t pointers = (CONFIG_WORDS_MAX + 1) * sizeof(char *);
    char *block =
        malloc(pointers + strlen(text) + 2); /* a word and its NUL are no longer than word and blank */
    if (!block)
        return config_value_no_memory;
    char **list = (char **)(void *)block;
    char *to = block + pointers;
    const char *fault = NULL;
    size_t count = 0;
    for (text += strspn(text, " \t"); *text && !fault; text += strspn(text, " \t")) {
        if (count == CONFIG_WORDS_MAX) {
            fault = "has too many words";
            break;
        }
        list[count++] = to;
        if (!take_word(&text, &to))
            fault = "has a quote without an end";
    }
    if (!fault && count == 0)
        fault = "has no word";
    if (fault) {
        free(block);
        return fault;
    }
    list[count] = NULL;
    *words = list;
    return NULL;
}
