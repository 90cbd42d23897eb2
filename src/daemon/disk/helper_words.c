#include "daemon/disk/helper_words.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "daemon/disk/persist.h"
#include "daemon/supervise/child.h"

int helper_error(const struct child_end *end)
{
    return child_end_is_broken(end) ? -ENOPKG : child_end_error(end);
}

char *helper_problem(const struct child *helper, const struct child_end *end, int error, const char *cannot,
                     const char *who, const char *path)
{
    char text[512];
    const bool has_died = error == -EOWNERDEAD || child_end_is_broken(end);
    if (end->kind != CHILD_NOT_EXECUTED && !has_died)
        return text_format("%s %s: %s", cannot, path, strerror(-error));
    child_explain(helper, end, text, sizeof(text));
    return end->kind == CHILD_NOT_EXECUTED ? strdup(text) : text_format("%s %s, %s", who, path, text);
}

const char *helper_hint(const struct child_end *end, int error)
{
    if (end->kind != CHILD_NOT_EXECUTED && !child_end_is_broken(end))
        return persist_hint(error, PERSIST_STATE_DIR);
    const char *hint = child_hint(end);
    return hint ? hint : "is camd installed as a whole?";
}
