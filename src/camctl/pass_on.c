#include "camctl/pass_on.h"

#include <string.h>

#include "base/byte_queue.h"

struct texts {
    const struct pass_on_member *members;
    size_t count;
    struct byte_queue of[PASS_ON_MEMBERS_MAX];
    bool failed;
};

static void append(struct texts *texts, struct byte_queue *queue, const char *text, size_t length)
{
    if ((queue->length > 0 && byte_queue_append(queue, ",", 1) < 0) ||
        byte_queue_append(queue, text, length) < 0)
        texts->failed = true;
}

/* {"NAME":VALUE}: the value, or NULL when it has another name. */
static const char *value_of(const char *text, size_t *length, const char *name)
{
    const size_t size = strlen(name), before = size + 4;
    if (*length <= before || memcmp(text, "{\"", 2) != 0 || memcmp(text + 2, name, size) != 0 ||
        memcmp(text + 2 + size, "\":", 2) != 0)
        return NULL;
    *length -= before + 1;
    return text + before;
}

static void collect(void *context, const char *text, size_t length)
{
    struct texts *texts = context;
    for (size_t i = 0; i < texts->count; i++) {
        size_t size = length;
        const char *value = value_of(text, &size, texts->members[i].part);
        if (value)
            append(texts, &texts->of[i], value, size);
    }
}

static void print(FILE *stream, const struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        const struct pass_on_member *member = &texts->members[i];
        const struct byte_queue *queue = &texts->of[i];
        fprintf(stream, "%s\"%s\":%s", i > 0 ? "," : "{", member->name, member->is_list ? "[" : "");
        if (queue->length > 0)
            fwrite(byte_queue_front(queue), 1, queue->length, stream);
        else if (!member->is_list)
            fputs(member->nothing, stream);
        fputs(member->is_list ? "]" : "", stream);
    }
    fputs("}\n", stream);
}

enum status pass_on(struct command *command, enum verb verb, json_t *body,
                    const struct pass_on_member *members, size_t count)
{
    struct texts texts = {.members = members, .count = count};
    enum status status = command_request_text(command, verb, body, collect, &texts);
    if (status == STATUS_DONE && texts.failed)
        status = status_fail(&command->error, "failed", NULL, "memory is short");
    if (status == STATUS_DONE)
        print(command->output->stream, &texts);
    for (size_t i = 0; i < count; i++)
        byte_queue_fini(&texts.of[i]);
    return status;
}
