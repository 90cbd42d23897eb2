#include "libcamd/client_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "camd/client.h"

void client_output_fini(struct client_output *output)
{
    free(output->bytes);
    *output = (struct client_output){.bytes = NULL};
}

void client_output_clear(struct client_output *output)
{
    output->length = output->sent = 0;
}

bool client_output_waits(const struct client_output *output)
{
    return output->sent < output->length;
}

int client_output_append(struct client_output *output, const char *text)
{
    const size_t length = strlen(text), sum = output->length + length + 1;
    if (length > CAMD_REQUEST_BYTES)
        return -E2BIG;
    if (sum > CAMD_REQUEST_BYTES + 1 && output->length > 0)
        return -ENOBUFS;

    char *const bytes = realloc(output->bytes, sum);

    if (!bytes)
        return -ENOMEM;
    memcpy(bytes + output->length, text, length);
    bytes[sum - 1] = '\n';
    output->bytes = bytes;
    output->length = sum;
    return 0;
}

void client_output_send(struct client_output *output, int fd)
{
    while (output->sent < output->length) {
        const ssize_t sent = send(fd, output->bytes + output->sent, output->length - output->sent,
                                  MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN)
            return;
        if (sent >= 0)
            output->sent += (size_t)sent;
        else if (errno != EINTR)
            break;
    }
    client_output_clear(output);
}
