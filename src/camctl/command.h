/*
 * command.h - what camctl does for each verb
 *
 * camctl's own columns beside the shared table of verbs (protocol/verbs.h): the handler, how long to wait, and
 * what `help VERB` adds. A handler makes JSON documents and hands them to the writer with a function that
 * shows them as text (writer.h); it returns an exit status and leaves what went wrong in the command's error.
 */
#ifndef CAMD_CAMCTL_COMMAND_H
#define CAMD_CAMCTL_COMMAND_H

#include "camctl/connection.h"
#include "camctl/exit_status.h"
#include "camctl/options.h"
#include "camctl/writer.h"

/* One run of camctl. */
struct command {
    const struct options *options;
    struct writer *output;
    struct connection *connection; /* NULL until the first request */
    json_t *error;                 /* what failed; to be reported by main */
};

struct command_info {
    enum status (*run)(struct command *command); /* NULL: the protocol's verb, not camctl's */
    int timeout_s;                               /* unless --timeout is given; 0: it waits for nobody */
    const char *help;                            /* paragraphs and examples, lines of at most 80 columns */
};

extern const struct command_info command_table[VERB_COUNT];

/* How long this command may wait. */
int64_t command_timeout_ms(const struct command *command);
/* The socket: -s, else the environment's CAMD_SOCKET, else the default. */
const char *command_socket(const struct command *command);

/*
 * Connects unless that is done. What follows may take as long as the command may, and extra_ms more: a
 * time-out that the daemon keeps has to run out there first.
 */
enum status command_connect(struct command *command, int64_t extra_ms);
/* What failed was nothing to tell: the command goes on. */
void command_forget_error(struct command *command);
/* That what was written so far is lost is a failure, in place of any other: for those who go on and on. */
enum status command_check_output(struct command *command);
/* The time begins again: somebody was asked something. */
void command_restart_time(struct command *command);

/*
 * Sends the verb with the members of body (stolen; NULL: none) and waits for the answer. part is called for
 * each part (borrowed) and may be NULL; *ok (a new reference) may be NULL, too.
 */
typedef void command_part(void *context, json_t *part);
enum status command_request(struct command *command, enum verb verb, json_t *body, command_part *part,
                            void *context, json_t **ok);
/* The same without parts, and what was answered is written with render. */
enum status command_request_shown(struct command *command, enum verb verb, json_t *body,
                                  writer_render *render);
/* The same for one camera, whose name is the body; *ok is NULL on failure. */
enum status command_ask_camera(struct command *command, enum verb verb, const char *camera, json_t **ok);
/* command_request with the parts as they came, for those who only pass them on. */
typedef void command_part_text(void *context, const char *text, size_t length);
enum status command_request_text(struct command *command, enum verb verb, json_t *body,
                                 command_part_text *part, void *context);

/* Handlers, by topic: verbs_add.c, verbs_change.c, ... */
enum status verbs_add(struct command *command);
enum status verbs_change(struct command *command); /* remove enable disable start stop restart kick */
enum status verbs_set(struct command *command);
enum status verbs_fleet(struct command *command);
enum status verbs_import(struct command *command);
enum status verbs_wait(struct command *command);
enum status verbs_export(struct command *command);
enum status verbs_rename(struct command *command);
enum status verbs_show(struct command *command);
enum status verbs_ptz(struct command *command);
enum status verbs_reload(struct command *command);
enum status verbs_upgrade(struct command *command);
enum status verbs_shutdown(struct command *command);
enum status verbs_status(struct command *command);
enum status verbs_top(struct command *command);
enum status verbs_events(struct command *command);
enum status verbs_logs(struct command *command);
enum status verbs_metrics(struct command *command);
enum status verbs_snapshot(struct command *command);
enum status verbs_stream(struct command *command);
enum status verbs_grid(struct command *command);
enum status verbs_zone(struct command *command);
enum status verbs_shm(struct command *command);
enum status verbs_probe(struct command *command);
enum status verbs_check(struct command *command);
enum status verbs_version(struct command *command);
enum status verbs_help(struct command *command);

/* The help of all or, with verb 0.., of one verb, as text or as JSON. */
void help_print(struct writer *output, int verb);

#endif
