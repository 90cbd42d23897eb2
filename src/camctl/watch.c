#include "camctl/watch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

/* From a failure to the next try: as long as between pictures, but within these. */
enum { RETRY_LEAST_MS = 1000, RETRY_MOST_MS = 5000 };

static void say(struct command *command, const char *text)
{
    struct writer output;
    if (command->output->json)
        return;
    writer_init(&output, stderr, false);
    writer_line(&output, STYLE_WAIT, 8, "camctl: %s", text);
}

/* The trouble that has been told, so that each is told once. */
struct trouble {
    char *told; /* NULL: none */
};

static void note_trouble(struct command *command, struct trouble *trouble)
{
    const char *text = json_member_string(command->error, "text", "it failed");
    if (!trouble->told || strcmp(trouble->told, text) != 0) {
        if (command->output->json && command->error) {
            json_t *document = json_pack("{s:O}", "error", command->error);
            writer_stream(command->output, document, NULL);
            json_decref(document);
        }
        free(trouble->told);
        trouble->told = strdup(text);
        say(command, text);
    }
    command_forget_error(command);
}

static void note_success(struct command *command, struct trouble *trouble)
{
    if (!trouble->told)
        return;
    say(command, "pictures again");
    free(trouble->told);
    trouble->told = NULL;
}

/*
 * Whether the trouble may pass: what is wrong with the words of the command, or with who asks, does not, nor does a file that
 * can't even be written at first.
 */
static bool may_pass(const struct command *command, enum status status, bool is_first)
{
    if (is_first && json_object_get(command->error, "file"))
        return false;
    return status == STATUS_FAILED || status == STATUS_NO_ANSWER;
}

/* The daemon closes connections on which nothing is asked, and may be another one by now. */
static void disconnect(struct command *command)
{
    connection_close(command->connection);
    command->connection = NULL;
}

static void pause_until(int64_t at_ns)
{
    const int64_t left_ns = at_ns - clock_monotonic_ns();
    if (left_ns > 0)
        poll(NULL, 0, (int)((left_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS));
}

static int64_t retry_ns(int64_t every_ns)
{
    const int64_t least_ns = RETRY_LEAST_MS * CLOCK_NS_PER_MS, most_ns = RETRY_MOST_MS * CLOCK_NS_PER_MS;
    return every_ns < least_ns ? least_ns : every_ns > most_ns ? most_ns : every_ns;
}

enum status watch_run(struct command *command, watch_round *round, watch_reset *reset, void *context)
{
    const int64_t every_ns = (int64_t)(command->options->watch_s * (double)CLOCK_NS_PER_S);
    struct trouble trouble = {NULL};
    for (bool is_first = true;; is_first = false) {
        const int64_t begun_ns = clock_monotonic_ns();
        const enum status status = round(command, context);
        disconnect(command);
        if (command_check_output(command) != STATUS_DONE) {
            free(trouble.told);
            return STATUS_FAILED;
        }
        if (status == STATUS_DONE) {
            note_success(command, &trouble);
            pause_until(begun_ns + every_ns);
        } else if (may_pass(command, status, is_first)) {
            reset(context);
            note_trouble(command, &trouble);
            pause_until(clock_monotonic_ns() + retry_ns(every_ns));
        } else {
            free(trouble.told);
            return status;
        }
    }
}
