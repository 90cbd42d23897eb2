#include "camctl/follow.h"

#include <time.h>

#include "base/clock.h"

enum {
    TRIES = 3, /* connections in a row that end and have brought nothing new */
    PAUSE_MS = 200,
    LASTING_MS = 500, /* a connection that stood for so long is no such one */
};

static void forget_connection(struct follow *follow)
{
    struct command *command = follow->command;
    connection_close(command->connection);
    command->connection = NULL;
    command_forget_error(command);
    follow->is_again = true;
}

enum status follow_run(struct follow *follow, follow_request *request, command_part *part)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    const bool was_there = follow->command->connection;
    unsigned int tries = 0;
    for (;;) {
        const uint64_t before = follow->news;
        const enum status status =
            command_request(follow->command, follow->verb, request(follow), part, follow, NULL);
        /* a greeting that takes its time is no news */
        const bool has_stood =
            follow->command->connection && connection_stood_ms(follow->command->connection) >= LASTING_MS;
        tries = follow->news != before || has_stood ? 0 : tries + 1;
        if (status != STATUS_NO_ANSWER || (follow->news == 0 && !was_there) || tries == TRIES)
            return status;
        forget_connection(follow);
        nanosleep(&pause, NULL);
    }
}
