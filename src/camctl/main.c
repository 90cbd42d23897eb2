/*
 * main.c - camctl, the administrator's tool
 *
 * Takes the command line apart, runs the verb, and reports what failed: as text on standard error, or with
 * --json as the one document on standard output.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "base/json.h"
#include "base/secret.h"
#include "base/standard_output.h"
#include "base/sys.h"
#include "camctl/command.h"
#include "camctl/complete.h"
#include "camctl/status_check.h"

static void show_error(struct writer *output, const json_t *error)
{
    const char *text = json_member_string(error, "text", "it failed");
    const char *hint = json_member_string(error, "hint", "");

    /* A refused configuration has a problem a line: each is a line here, too. */
    for (bool first = true; *text || first; first = false) {
        size_t length = strcspn(text, "\n");
        if (length > 0 || first)
            writer_line(output, STYLE_BAD, 8, "%s%.*s", first ? "camctl: " : "        ", (int)length, text);
        text += length + (text[length] == '\n');
    }
    if (hint[0])
        writer_line(output, STYLE_PLAIN, 8, "  hint: %s", hint);
}

static void report(const json_t *error, bool json)
{
    struct writer output;
    writer_init(&output, json ? stdout : stderr, json);
    if (json) {
        json_t *document = json_pack("{s:O}", "error", error);
        writer_stream(&output, document, show_error);
        json_decref(document);
    } else {
        fflush(stdout); /* what was shown before the failure comes first */
        show_error(&output, error);
    }
}

static void show_version(struct writer *output, const json_t *document)
{
    writer_line(output, STYLE_PLAIN, 0, "camctl %s", json_member_string(document, "camctl", ""));
}

/* --help and --version, which stand above all verbs. */
static bool run_general(const struct options *options, struct writer *output)
{
    if (options->given[OPTION_HELP]) {
        help_print(output, options->verb);
        return true;
    }
    if (options->given[OPTION_VERSION]) {
        json_t *document = json_pack("{s:s}", "camctl", CAMD_VERSION);
        writer_document(output, document, show_version);
        json_decref(document);
        return true;
    }
    return false;
}

static enum status run(struct command *command)
{
    if (run_general(command->options, command->output))
        return STATUS_DONE;
    return command_table[command->options->verb].run(command);
}

int main(int argc, char **argv)
{
    struct options options;
    struct writer output;
    struct command command = {.options = &options, .output = &output};
    sys_replace_closed_standard_files();
    secret_guard_process();
    signal(SIGXFSZ, SIG_IGN);                 /* a limit of a file's size is an error of that file, EFBIG */
    argv = secret_take_arguments(argc, argv); /* before anything takes time */
    setlocale(LC_CTYPE, "");                  /* which bytes are characters; numbers keep their point */
    if (argc > 1 && strcmp(argv[1], COMPLETE_OPTION) == 0) {
        complete_print(argc - 2, argv + 2);
        return standard_output_finish("camctl", STATUS_DONE);
    }
    bool json = options_ask_json(argc, argv);
    writer_init(&output, stdout, json);
    enum status status = options_parse(argc, argv, &options, &command.error);
    if (status == STATUS_DONE) {
        output.json = options.given[OPTION_JSON];
        output.utc = options.given[OPTION_UTC];
        json = output.json;
        status = run(&command);
    }
    if (command.error && status_check_is_asked(argc, argv))
        status = status_check_error(&output, &command.error);
    connection_close(command.connection);
    int result = writer_finish(&output);
    if (status == STATUS_DONE && command_check_output(&command) != STATUS_DONE)
        status = status_check_is_asked(argc, argv) ? status_check_unknown() : STATUS_FAILED;
    if (command.error)
        report(command.error, json && result == 0);
    json_decref(command.error);
    return (int)status;
}
