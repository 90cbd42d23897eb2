/*
 * fuzz_client.c - what answers at the socket is read by every program on libcamd, and need not be camd
 *
 * The first byte chooses whether the line is a greeting, of an answer or of a subscription. Whatever it is, it is
 * refused, or a reply without NULL strings, whose text is as long as it says.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "libcamd/client_reply.h"

static void check_reply(const struct camd_reply *reply)
{
    check(reply->kind >= CAMD_REPLY_PART && reply->kind <= CAMD_REPLY_LOST && reply->request >= 0);
    check(reply->text && reply->text[reply->length] == '\0');
    check(reply->event && reply->camera && reply->code && reply->reason && reply->hint);
}

static void fuzz_greeting(char *line, size_t length)
{
    struct client_reply made = {.tree = NULL};
    char version[CLIENT_VERSION_BYTES] = "";
    const int result = client_reply_greeting(&made, line, length, version);
    check(memchr(version, '\0', sizeof(version)) != NULL);
    if (result == -EBUSY)
        check_reply(&made.reply);
    client_reply_fini(&made);
}

/* Twice into the same one, as lines follow one another; and then the connection is lost. */
static void fuzz_line(const uint8_t *data, size_t size, bool subscribed)
{
    struct client_reply made = {.tree = NULL};
    for (int i = 0; i < 2; i++) {
        char *line = malloc(size + 1);
        check(line != NULL);
        memcpy(line, data, size);
        line[size] = '\0';
        if (client_reply_read(&made, line, size, subscribed) == 0)
            check_reply(&made.reply);
        if (i == 1) {
            client_reply_lost(&made, -ECONNRESET);
            check_reply(&made.reply);
        }
        client_reply_fini(&made);
        free(line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (data[0] % 3 == 0) {
        char *line = strndup((const char *)data + 1, size - 1);
        check(line != NULL);
        fuzz_greeting(line, strlen(line));
        free(line);
    } else {
        fuzz_line(data + 1, size - 1, data[0] % 3 == 1);
    }
    return 0;
}
