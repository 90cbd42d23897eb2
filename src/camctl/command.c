/* command.c - camctl's columns of the table of verbs, and requests */
#include "camctl/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "protocol/camera_states.h"
#include "protocol/socket_path.h"

enum {
    WAIT_NOT = 0,      /* for nobody */
    WAIT_S = 10,       /* for an answer that takes no work */
    WAIT_SET_S = 90,   /* the same, after a file was written */
    WAIT_STOP_S = 60,  /* for one that comes when workers have stopped: stop_timeout may be long */
    WAIT_STATE_S = 60, /* for cameras to come to a state */
    WAIT_PROBE_S = 30, /* for a stream: longer than open_timeout, which says more */
    WAIT_ADD_S = 10,   /* for a camera's first picture */
    GREETING_MS = 10000,
};

const struct command_info command_table[VERB_COUNT] = {
    [VERB_ADD] = {verbs_add, WAIT_ADD_S,
                  "The settings are those of a [camera NAME] section: see `camctl help keys`.\n"
                  "They are written to NAME.ini in camd's cameras_dir unless --runtime is given.\n"
                  "input= may be left out of it: a URL, a path or - alone is taken as that.\n"
                  "input=- reads the URL from standard input, out of sight of other users;\n"
                  "password_file=FILE keeps the password apart from it.\n"
                  "\n"
                  "camctl waits for the first picture. Without one in time the camera stays, camd\n"
                  "goes on trying, and the exit status is 7; with --require-frame the camera is\n"
                  "taken back and the exit status is 1.\n"
                  "\n"
                  "Examples:\n"
                  "  camctl add front input=rtsp://admin:secret@10.0.0.7/stream1 fps=5\n"
                  "  camctl add yard /srv/clips/yard.mp4 loop=yes --runtime\n"},
    [VERB_SET] = {verbs_set, WAIT_SET_S,
                  "Changes settings in the camera's file in cameras_dir and applies them as a\n"
                  "reload would, to this camera only: the answer says what that took. KEY= takes a\n"
                  "setting out, so that [defaults] count again. Comments, order and blank lines of\n"
                  "the file stay. When anything is wrong nothing is changed. A camera that is\n"
                  "written in camd.ini has to be changed there.\n"
                  "\n"
                  "With --runtime no file is written: the change lasts until camd starts again,\n"
                  "over every reload, and KEY= takes back what was said so.\n"
                  "\n"
                  "Examples:\n"
                  "  camctl set front fps=10 motion_threshold=25\n"
                  "  camctl set front fps=\n"
                  "  camctl set 'yard_*' detector=coco --runtime\n"},
    [VERB_SHOW] = {verbs_show, WAIT_S,
                   "Shows the settings that count for a camera and where each comes from: a line of\n"
                   "its file, [defaults], set --runtime, enable or disable; what is written nowhere\n"
                   "has its built-in value. Passwords are not shown.\n"
                   "\n"
                   "Example:\n"
                   "  camctl show front --json |\n"
                   "      jq -r '.cameras[0].settings[] | select(.source == \"file\").key'\n"},
    [VERB_EXPORT] = {verbs_export, WAIT_S,
                     "Writes what runs as one file on standard output: [camd], and what was written in\n"
                     "[defaults], of detectors and of cameras, those of this run among them. It reads\n"
                     "back to the same configuration. Passwords are masked without --show-secrets.\n"
                     "\n"
                     "Example:\n"
                     "  camctl export --show-secrets > cameras.ini\n"},
    [VERB_IMPORT] = {verbs_import, WAIT_SET_S,
                     "Adds the cameras of FILE, as export writes it. All are checked first; those that\n"
                     "cannot be imported are left out, with the reason, and the exit status is 1. A\n"
                     "camera that exists is left out, too, unless --replace makes its settings these.\n"
                     "Sections that belong in camd.ini are printed, not written. Who may add cameras\n"
                     "may do this, and with --replace who may set them, too.\n"
                     "\n"
                     "A file in .yml or .yaml is read as the configuration of Frigate, one in .csv or\n"
                     ".tsv as a table whose first row names the keys. What is left out of them is\n"
                     "told line by line: see FILES OF OTHER PROGRAMS in camctl(1).\n"
                     "\n"
                     "Examples:\n"
                     "  camctl import cameras.ini --dry-run\n"
                     "  camctl import cameras.ini --replace\n"
                     "  FRIGATE_RTSP_PASSWORD=secret camctl import /etc/frigate/config.yml\n"},
    [VERB_FLEET] = {verbs_fleet, WAIT_S,
                    "Executes camd-mqtt --fleet, with its configuration: all nodes that publish at\n"
                    "the broker, their cameras, what is dark and since when, from what the broker\n"
                    "keeps. No camd need run here. See camd-mqtt(8) and camd-fleet(7).\n"
                    "\n"
                    "Examples:\n"
                    "  camctl fleet\n"
                    "  camctl fleet -H broker.example.org --json\n"},
    [VERB_REMOVE] = {verbs_change, WAIT_STOP_S,
                     "Stops the camera and removes its file in cameras_dir, its segments and its\n"
                     "region grid. A camera that is written in camd.ini has to be removed there, and\n"
                     "so has one whose file has comments or sections that camctl did not write. With a\n"
                     "pattern or --all it names the cameras and asks; --yes answers beforehand.\n"
                     "With --keep-grid the region grid stays for grid_keep_days, for a camera of the\n"
                     "same name that comes, here or, by grid --export, elsewhere.\n"
                     "\n"
                     "Examples:\n"
                     "  camctl remove front\n"
                     "  camctl remove 'test_*'\n"},
    [VERB_RENAME] = {verbs_rename, WAIT_SET_S,
                     "Gives a camera another name, in its file in cameras_dir, too; a file NAME.ini\n"
                     "becomes NEW.ini. Its region grid, what enable or disable said and its events\n"
                     "come along. The camera restarts: its segments have its name.\n"
                     "\n"
                     "Example:\n"
                     "  camctl rename cam3 front_door\n"},
    [VERB_ENABLE] = {verbs_change, WAIT_STOP_S,
                     "Lasts over reload and restarts of camd, whatever the configuration says. When\n"
                     "that cannot be written down, the exit status is 1.\n"
                     "\n"
                     "Example:\n"
                     "  camctl enable front\n"},
    [VERB_DISABLE] = {verbs_change, WAIT_STOP_S,
                      "Lasts over reload and restarts of camd, until `camctl enable NAME`. When that\n"
                      "cannot be written down, the exit status is 1.\n"
                      "\n"
                      "Examples:\n"
                      "  camctl disable front\n"
                      "  camctl disable 'yard_*' attic\n"},
    [VERB_START] = {verbs_change, WAIT_S,
                    "Starts cameras that were stopped, have failed or have ended. A disabled camera\n"
                    "has to be enabled instead.\n"
                    "\n"
                    "Examples:\n"
                    "  camctl start front\n"
                    "  camctl start --all\n"},
    [VERB_STOP] = {verbs_change, WAIT_STOP_S,
                   "The camera stays stopped until `camctl start NAME`, or until camd itself is\n"
                   "restarted. `camctl disable NAME` lasts longer.\n"
                   "\n"
                   "Example:\n"
                   "  camctl stop front\n"},
    [VERB_RESTART] = {verbs_change, WAIT_STOP_S,
                      "New processes for the cameras, as after a stop and a start. Patterns name\n"
                      "several, as in a shell; quote them.\n"
                      "\n"
                      "Examples:\n"
                      "  camctl restart front 'yard_*'\n"
                      "  camctl restart detector:coco\n"},
    [VERB_KICK] = {verbs_change, WAIT_S,
                   "Ends the wait of cameras, or of a detector, in back-off. Running workers are\n"
                   "left alone.\n"
                   "\n"
                   "Examples:\n"
                   "  camctl kick front\n"
                   "  camctl kick detector:coco\n"},
    [VERB_STATUS] = {verbs_status, WAIT_S,
                     "Without NAME: a line for each camera, what is wrong first, and the summary last.\n"
                     "With NAME: all that is known of it, with its log's last lines. With --problems:\n"
                     "what is not well, exit status 1 if any is. With --check: one line on all, or\n"
                     "on those of any number of names and patterns, and the exit status of a\n"
                     "monitoring plugin: 0 all that should run are up, 1 some are degraded, 2 some are\n"
                     "not up or camd does not answer, 3 an error in the command, or not allowed.\n"
                     "\n"
                     "Examples:\n"
                     "  camctl status front\n"
                     "  camctl status --check 'gate-*'\n"
                     "  camctl status --json | jq -r '.cameras[] | select(.state != \"up\").name'\n"},
    [VERB_TOP] = {verbs_top, WAIT_S,
                  "Shows again and again what the cameras do and what they take: a screen on a\n"
                  "terminal, of which h tells the keys and q is the end; elsewhere, and with\n"
                  "--once, one table, of one second. CPU is in percent of a processor.\n"
                  "\n"
                  "Examples:\n"
                  "  camctl top --sort cpu\n"
                  "  camctl top --once | sort -k7 -n\n"},
    [VERB_EVENTS] = {verbs_events, WAIT_S,
                     "Shows what happened, of all cameras or of those that are named, removed ones,\n"
                     "too: the last 1000 events, or what --since, --until and -n say. A time is one\n"
                     "before now (2h, 30 min, 3d), today, yesterday, 07:30, 2026-01-31,\n"
                     "\"2026-01-31 07:30\", or UTC as in 2026-01-31T06:30:00Z. --type takes words of\n"
                     "events, or of kinds of them: state, object, health, error, asked. With --follow:\n"
                     "what the cameras' states are now, and then each event as it happens, until\n"
                     "interrupted; --json then gives one object a line.\n"
                     "\n"
                     "Examples:\n"
                     "  camctl events 'gate-*' --since yesterday --type state,object\n"
                     "  camctl events front --since 07:30 --until 08:00\n"
                     "  camctl events --follow --json | jq -r 'select(.event == \"motion\").camera'\n"},
    [VERB_LOGS] = {verbs_logs, WAIT_S,
                   "Shows the last lines that the workers of all cameras or of some wrote, whatever\n"
                   "their priority is and camd's log_level. camd keeps 2 MiB of them, in which a\n"
                   "worker that writes much pushes out its own lines only. With --follow: then each\n"
                   "line as it comes, until interrupted; --json then gives one object a line.\n"
                   "\n"
                   "Examples:\n"
                   "  camctl logs front --lines 20\n"
                   "  camctl logs -f\n"},
    [VERB_SNAPSHOT] = {verbs_snapshot, WAIT_S,
                       "Takes the newest whole picture from shared memory, without loading camd, and\n"
                       "waits for the camera's first one if need be: a JPEG, or a PNG when FILE ends in\n"
                       ".png. The file is replaced in one step; --watch does that again and again. What\n"
                       "is drawn into it can be put together: --zones --boxes --grid --ruler --stamp.\n"
                       "Of several cameras, by names, patterns or --all, it makes one picture with a\n"
                       "tile each, and says on those without pictures why; or a file each, when FILE is\n"
                       "a directory or has %n in it, where the name comes.\n"
                       "\n"
                       "With --object: the best picture of an object, by the number that events shows,\n"
                       "for a minute after its end; --crop leaves the object alone. With --frame: the\n"
                       "frame that an event names, while it is in a slot.\n"
                       "\n"
                       "Examples:\n"
                       "  camctl snapshot front -o front.jpg --boxes --stamp\n"
                       "  camctl snapshot --all -o all.png\n"
                       "  camctl snapshot 'yard_*' -o '/srv/www/%n.jpg' --watch 5\n"
                       "  camctl snapshot front --object 12 --crop -o visitor.jpg\n"
                       "  camctl snapshot front -o - | display -\n"},
    [VERB_ZONE] = {verbs_zone, WAIT_S,
                   "Shows the zones and masks of a camera. With corners: says which line for camctl\n"
                   "set makes a zone of them; nothing is changed. Corners are pixels of the camera's\n"
                   "picture, or 0 to 1 of its sides; --size is the size at which it was looked at,\n"
                   "when that was another one. --as names what it is to be: zone.NAME, mask.NAME (of\n"
                   "motion), mask.NAME=object or mask.NAME=object:LABEL. -o draws it over the newest\n"
                   "picture, with what there is already. The keys: camctl help zone.NAME.\n"
                   "\n"
                   "Examples:\n"
                   "  camctl zone front 40,100 300,90 310,230 20,235 --as zone.drive -o look.png\n"
                   "  camctl zone front 0,0 1,0 1,0.12 0,0.1 --as mask.clock | sh\n"},
    [VERB_STREAM] = {verbs_stream, WAIT_S,
                     "The pictures as they come, as YUV4MPEG2 (y4m), until interrupted, until the\n"
                     "reader has had enough, or until none came for --timeout seconds.\n"
                     "\n"
                     "Examples:\n"
                     "  camctl stream front --boxes | ffplay -\n"
                     "  camctl stream front --frames 50 | ffmpeg -i - front.mp4\n"},
    [VERB_GRID] = {verbs_grid, WAIT_S,
                   "Shows the region grid of a camera: the picture is divided into 8 by 8 cells, and\n"
                   "for each camd keeps how many objects there were and how large they were, from\n"
                   "which the tracker chooses where to look for the next. In each cell: the number,\n"
                   "and below it the mean size in percent of the picture's width. --clear forgets\n"
                   "everything, for instance after the camera was turned to look elsewhere. -o draws\n"
                   "it over the newest picture, sizes in pixels, into a file as snapshot's. --export\n"
                   "writes it into a file, also for a while after the camera was removed, and\n"
                   "--import puts that in its place, also before the camera is added. --clear and\n"
                   "--import are for root, camd's user and whom allow.USER in camd.ini gives\n"
                   "grid_clear and grid_import.\n"
                   "\n"
                   "Examples:\n"
                   "  camctl grid front\n"
                   "  camctl grid front -o grid.png\n"
                   "  camctl grid --all --export /srv/grids/\n"
                   "  camctl grid front --import /srv/grids/front.grid\n"
                   "  camctl grid front --json | jq '.cells[0][7].count'\n"
                   "  camctl grid front --clear\n"},
    [VERB_WAIT] = {verbs_wait, WAIT_STATE_S,
                   "Returns when every one of the cameras has been in the state, which is one of\n"
                   "  " CAMERA_STATES_LISTED ".\n"
                   "When they have not come to it in time, the exit status is 1 and it says why.\n"
                   "\n"
                   "Examples:\n"
                   "  camctl restart front && camctl wait front up --timeout 20\n"
                   "  camctl wait --all up\n"},
    [VERB_SHM] = {verbs_shm, WAIT_S,
                  "Shows how large /dev/shm is, how many frame slots a camera gets from it and why,\n"
                  "and what each camera takes.\n"
                  "\n"
                  "Examples:\n"
                  "  camctl shm\n"
                  "  camctl shm --json | jq .recommended_mb\n"},
    [VERB_PROBE] = {verbs_probe, WAIT_PROBE_S,
                    "Looks at a stream, device or file for some seconds and says what is there:\n"
                    "codec, size, rates, sound, and whether the camera asked for a password. With\n"
                    "-o, writes the first picture, as snapshot. Needs no daemon, saves nothing else.\n"
                    "With - the URL is read from standard input, out of sight of other users. The\n"
                    "settings that matter are rtsp_transport, password_file, open_timeout and\n"
                    "hwaccel.\n"
                    "\n"
                    "With the NAME of a camera that camd has: its input, as root with its password.\n"
                    "\n"
                    "Examples:\n"
                    "  camctl probe front\n"
                    "  camctl probe rtsp://admin@10.0.0.7/stream1 password_file=/etc/camd/front.pw\n"
                    "  printf '%s\\n' \"$URL\" | camctl probe - -o front.jpg rtsp_transport=udp\n"},
    [VERB_CHECK] = {verbs_check, WAIT_NOT,
                    "Reads FILE, or " CAMD_SYSCONFDIR "/camd/camd.ini, and the files of its\n"
                    "cameras_dir, and prints every problem as FILE:LINE: KEY: what is wrong: what is\n"
                    "written, and files, models, programs, users and passwords that it names, which\n"
                    "have to be there for who uses them. Needs no daemon. As another user than root\n"
                    "it says what it could not look at. The exit status is 1 when there are problems.\n"
                    "\n"
                    "Examples:\n"
                    "  camctl check\n"
                    "  camctl check new.ini && cp new.ini /etc/camd/camd.ini && camctl reload\n"},
    [VERB_RELOAD] = {verbs_reload, WAIT_STOP_S,
                     "Compares the configuration with what runs and touches only the cameras that\n"
                     "changed. When the files have a problem nothing is changed.\n"
                     "\n"
                     "Example:\n"
                     "  camctl check && camctl reload\n"},
    [VERB_PTZ] = {verbs_ptz, WAIT_S,
                  "While the mount moves, the whole picture changes: motion detection then reports\n"
                  "one box and learns nothing.\n"
                  "\n"
                  "Example:\n"
                  "  camctl ptz front moving\n"},
    [VERB_UPGRADE] = {verbs_upgrade, WAIT_STOP_S,
                      "After a new camd was installed: it first looks at what it would take over, and\n"
                      "then goes on in the place of the one that runs, as the same process. Workers\n"
                      "run on and no frame is lost. When it cannot, the camd that runs goes on, and\n"
                      "camctl says why. With --workers: camd itself stays, and the workers that run an\n"
                      "older program than the one installed, or with older libraries, are restarted\n"
                      "one by one, each after the one before is up. camctl status says whether there\n"
                      "are such.\n"
                      "\n"
                      "Examples:\n"
                      "  camctl upgrade\n"
                      "  camctl upgrade --workers\n"},
    [VERB_SHUTDOWN] = {verbs_shutdown, WAIT_STOP_S,
                       "Waits until camd and all its workers are gone.\n"
                       "\n"
                       "Example:\n"
                       "  camctl shutdown\n"},
    [VERB_METRICS] = {verbs_metrics, WAIT_S,
                      "Writes all that status knows in the text format that Prometheus reads:\n"
                      "camd-metrics(7) has the names. With -o the file is replaced in one step, for\n"
                      "the textfile collector of the node exporter; systemctl enable --now\n"
                      "camd-metrics.timer does so every 15 seconds. When camd does not answer,\n"
                      "camd_up is 0, and the exit status 3.\n"
                      "\n"
                      "Examples:\n"
                      "  camctl metrics | grep camd_camera_dark_seconds\n"
                      "  camctl metrics -o /var/lib/prometheus/node-exporter/camd.prom\n"},
    [VERB_VERSION] = {verbs_version, WAIT_S,
                      "camctl tells its own version also when no daemon runs.\n"
                      "\n"
                      "Example:\n"
                      "  camctl version\n"},
    [VERB_HELP] = {verbs_help, WAIT_NOT,
                   "KEY is any of camd.ini(5); a family such as zone or filter shows all its keys.\n"
                   "`camctl help verbs` has every verb in a line, `camctl help keys` every key.\n"
                   "\n"
                   "Examples:\n"
                   "  camctl help add\n"
                   "  camctl help fps\n"
                   "  camctl help zone.NAME.inertia\n"},
};

int64_t command_timeout_ms(const struct command *command)
{
    double seconds = command->options->timeout_s;
    if (seconds > 0)
        return seconds < 0.001 ? 1 : (int64_t)(seconds * 1000);
    return (int64_t)command_table[command->options->verb].timeout_s * 1000;
}

const char *command_socket(const struct command *command)
{
    return socket_path(command->options->socket);
}

enum status command_connect(struct command *command, int64_t extra_ms)
{
    int64_t timeout_ms = command_timeout_ms(command), begun_ns = clock_monotonic_ns();
    /* The greeting comes at once, or the daemon is in trouble: no reason to wait as long as for a verb's work. */
    int64_t greeting_ms = timeout_ms < GREETING_MS ? timeout_ms : GREETING_MS;
    if (command->connection)
        return STATUS_DONE;
    enum status status =
        connection_open(&command->connection, command_socket(command), greeting_ms, &command->error);
    if (status == STATUS_DONE)
        connection_set_timeout(command->connection, begun_ns, timeout_ms + extra_ms);
    return status;
}

void command_forget_error(struct command *command)
{
    json_decref(command->error);
    command->error = NULL;
}

void command_restart_time(struct command *command)
{
    if (command->connection)
        connection_set_timeout(command->connection, clock_monotonic_ns(), command_timeout_ms(command));
}

static enum status send_request(struct command *command, enum verb verb, json_t *body)
{
    json_t *parameters = body ? body : json_object();
    enum status status = command_connect(command, 0);
    if (status == STATUS_DONE)
        status = connection_send(command->connection, verb_table[verb].word, parameters, &command->error);
    json_decref(parameters);
    return status;
}

enum status command_check_output(struct command *command)
{
    const int problem = command->output ? command->output->problem : 0;
    if (problem == 0)
        return STATUS_DONE;
    command_forget_error(command);
    return status_fail(&command->error, "failed", NULL, "the output cannot be written: %s",
                       strerror(-problem));
}

/*
 * The events of months take as long as whoever reads them, page by page perhaps: what counts is how long camd lets wait for
 * the next. Answers of other verbs are short, and a camd that never ends one is given up.
 */
static void note_part(struct command *command, enum verb verb)
{
    if (verb == VERB_EVENTS)
        command_restart_time(command);
}

enum status command_request(struct command *command, enum verb verb, json_t *body, command_part *part,
                            void *context, json_t **ok)
{
    json_t *piece = NULL, *end = NULL;
    enum status status = send_request(command, verb, body);
    while (status == STATUS_DONE && !end) {
        status = connection_receive(command->connection, &piece, &end, &command->error);
        if (piece && part)
            part(context, piece);
        if (piece)
            note_part(command, verb);
        json_decref(piece);
        piece = NULL;
        if (status == STATUS_DONE)
            status = command_check_output(command);
    }
    if (ok)
        *ok = end;
    else
        json_decref(end);
    return status;
}

enum status command_request_shown(struct command *command, enum verb verb, json_t *body,
                                  writer_render *render)
{
    json_t *ok = NULL;
    enum status status = command_request(command, verb, body, NULL, NULL, &ok);
    if (status == STATUS_DONE)
        writer_document(command->output, ok, render);
    json_decref(ok);
    return status;
}

enum status command_ask_camera(struct command *command, enum verb verb, const char *camera, json_t **ok)
{
    json_t *body = json_pack("{s:s}", "name", camera);
    *ok = NULL;
    if (!body)
        return status_fail(&command->error, "usage", NULL, "a camera's name is not valid UTF-8 text");
    return command_request(command, verb, body, NULL, NULL, ok);
}

enum status command_request_text(struct command *command, enum verb verb, json_t *body,
                                 command_part_text *part, void *context)
{
    json_t *end = NULL;
    enum status status = send_request(command, verb, body);
    while (status == STATUS_DONE && !end) {
        const char *text = NULL;
        size_t length = 0;
        status = connection_receive_text(command->connection, &text, &length, &end, &command->error);
        if (text) {
            part(context, text, length);
            note_part(command, verb);
        }
    }
    json_decref(end);
    return status;
}
