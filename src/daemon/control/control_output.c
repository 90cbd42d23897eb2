#include "daemon/control/control_output.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/shared_text.h"

enum { INSERTS_FIRST = 16 };

struct control_insert {
    size_t before; /* own bytes between the insert before it, or what was consumed, and this one */
    struct shared_text *text;
};

size_t control_output_length(const struct control_output *output)
{
    return output->bytes.length + output->shared;
}

/* The inserts' memory, like the queue's, is held only while something waits. */
static void drop_inserts(struct control_output *output)
{
    free(output->inserts);
    output->inserts = NULL;
    output->first = output->count = output->room = 0;
}

void control_output_fini(struct control_output *output)
{
    for (size_t i = 0; i < output->count; i++)
        shared_text_release(output->inserts[output->first + i].text);
    drop_inserts(output);
    byte_queue_fini(&output->bytes);
    *output = (struct control_output){0};
}

/* ---- at the back ---- */

static int make_room(struct control_output *output)
{
    if (output->first + output->count < output->room)
        return 0;
    if (output->first > output->room / 2) {
        memmove(output->inserts, output->inserts + output->first, output->count * sizeof(*output->inserts));
        output->first = 0;
        return 0;
    }
    const size_t room = output->room == 0 ? INSERTS_FIRST : 2 * output->room;
    struct control_insert *inserts = reallocarray(output->inserts, room, sizeof(*inserts));
    if (!inserts)
        return -ENOMEM;
    output->inserts = inserts;
    output->room = room;
    return 0;
}

int control_output_share(struct control_output *output, struct shared_text *text)
{
    if (make_room(output) < 0)
        return -ENOMEM;
    output->inserts[output->first + output->count++] = (struct control_insert){
        .before = output->bytes.length - output->placed, .text = shared_text_keep(text)};
    output->placed = output->bytes.length;
    output->shared += text->length;
    return 0;
}

struct control_mark control_output_mark(const struct control_output *output)
{
    return (struct control_mark){.bytes = output->bytes.length, .inserts = output->count};
}

void control_output_take_back(struct control_output *output, struct control_mark mark)
{
    while (output->count > mark.inserts) {
        struct control_insert *last = &output->inserts[output->first + --output->count];
        output->placed -= last->before;
        output->shared -= last->text->length;
        shared_text_release(last->text);
    }
    byte_queue_truncate(&output->bytes, mark.bytes);
}

/* ---- at the front ---- */

static void add_piece(struct iovec *pieces, size_t *count, const char *bytes, size_t at, size_t size)
{
    if (size > 0)
        pieces[(*count)++] = (struct iovec){.iov_base = (void *)(uintptr_t)(bytes + at), .iov_len = size};
}

size_t control_output_gather(const struct control_output *output, struct iovec *pieces, size_t most)
{
    const char *bytes = byte_queue_front(&output->bytes);
    size_t at = 0, taken = output->taken, count = 0, i = 0;
    for (; i < output->count && count + 2 <= most; i++) {
        const struct control_insert *insert = &output->inserts[output->first + i];
        add_piece(pieces, &count, bytes, at, insert->before);
        add_piece(pieces, &count, insert->text->bytes, taken, insert->text->length - taken);
        at += insert->before;
        taken = 0;
    }
    if (i == output->count && count < most)
        add_piece(pieces, &count, bytes, at, output->bytes.length - at);
    return count;
}

static void consume_bytes(struct control_output *output, size_t size)
{
    if (size > 0)
        byte_queue_consume(&output->bytes, size);
}

/* Takes off up to size bytes of the first insert and what is before it; returns how many. */
static size_t consume_insert(struct control_output *output, size_t size)
{
    struct control_insert *insert = &output->inserts[output->first];
    const size_t own = size < insert->before ? size : insert->before;
    consume_bytes(output, own);
    insert->before -= own;
    output->placed -= own;
    const size_t wanted = size - own, left = insert->text->length - output->taken;
    const size_t shared = wanted < left ? wanted : left;
    output->taken += shared;
    output->shared -= shared;
    if (insert->before == 0 && output->taken == insert->text->length) {
        shared_text_release(insert->text);
        output->taken = 0;
        output->first++;
        if (--output->count == 0)
            drop_inserts(output);
    }
    return own + shared;
}

void control_output_consume(struct control_output *output, size_t size)
{
    while (output->count > 0 && size > 0)
        size -= consume_insert(output, size);
    consume_bytes(output, size);
}
