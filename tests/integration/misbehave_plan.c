#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "misbehave.h"

static bool take_word(const char **text, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(*text, word, length) != 0)
        return false;
    *text += length;
    return true;
}

static void take_moment(const char **text, struct item *item)
{
    static const char *const words[] = {"start.", "hello.", "frames.", "ready.", "stop."};
    int length = 0;
    unsigned long long after;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (take_word(text, words[i])) {
            item->moment = (enum moment)i;
            return;
        }
    }
    if (sscanf(*text, "after-%llu.%n", &after, &length) == 1 && length > 0) {
        item->moment = MOMENT_AFTER;
        item->after = after;
        *text += length;
    }
}

/* What is left of an item: BEHAVIOUR[=VALUE]. */
static bool take_behaviour(const char *text, struct item *item)
{
    size_t length = strcspn(text, "=");
    item->behaviour = misbehave_behaviour(text, length);
    snprintf(item->value, sizeof(item->value), "%s", text[length] == '=' ? text + length + 1 : "");
    return item->behaviour != NULL;
}

static int plan_add(struct misbehave *worker, const char *text)
{
    struct item item = {.moment = MOMENT_COUNT};
    const char *rest = text;
    bool for_capture = take_word(&rest, "capture."),
         for_tracker = !for_capture && take_word(&rest, "tracker.");
    take_moment(&rest, &item);
    if (!take_behaviour(rest, &item) || worker->item_count == MISBEHAVE_ITEMS_MAX) {
        fprintf(stderr, "<3>misbehave: \"%s\" is no behaviour, or one too many\n", text);
        return -EINVAL;
    }
    if (item.moment == MOMENT_COUNT)
        item.moment = item.behaviour->moment;
    if (worker->is_tracker ? !for_capture : !for_tracker)
        worker->items[worker->item_count++] = item;
    return 0;
}

int misbehave_plan(struct misbehave *worker, const char *input)
{
    const char *rest = input;
    int result = 0;
    if (!take_word(&rest, "misbehave://"))
        return 0;
    char *copy = strdup(rest), *state = NULL;

    if (!copy)
        return -ENOMEM;
    for (char *text = strtok_r(copy, ",", &state); text && result == 0; text = strtok_r(NULL, ",", &state))
        result = plan_add(worker, text);
    free(copy);
    return result;
}

void misbehave_reach(struct misbehave *worker, enum moment moment)
{
    for (size_t i = 0; i < worker->item_count; i++) {
        struct item *item = &worker->items[i];
        if (item->active || item->moment != moment)
            continue;
        item->active = true;
        item->behaviour->act(worker, item);
    }
}

void misbehave_turn(struct misbehave *worker)
{
    for (size_t i = 0; i < worker->item_count; i++) {
        struct item *item = &worker->items[i];
        bool starts = !item->active && item->moment == MOMENT_AFTER && worker->frames >= item->after;
        if (starts || (item->active && item->behaviour->repeats)) {
            item->active = true;
            item->behaviour->act(worker, item);
        }
    }
}
