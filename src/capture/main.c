/* camd-capture - decodes one camera into its frame slots. Started by camd; see camd/worker.h for the contract. */
#include <errno.h>
#include <libavutil/cpu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "capture/avlog.h"
#include "capture/capture_sandbox.h"
#include "capture/capture_settings.h"
#include "capture/connector.h"
#include "capture/failure_words.h"
#include "capture/peers.h"
#include "capture/probe.h"
#include "capture/session.h"
#include "runtime/runtime.h"

static void report_failure(struct worker *worker, const struct settings *settings,
                           const struct failure *failure)
{
    char text[REPORT_BYTES];
    struct classification classification = report_explain(settings, failure, text);
    worker_send_error(worker, failure->stage, classification.class_, classification.hint, "%s", text);
}

static int refuse_settings(struct worker *worker, int error, const char *problem)
{
    worker_send_error(worker, CAMD_STAGE_SETUP, CAMD_CLASS_LOCAL,
                      error == -EINVAL ? "correct the camera's configuration" : "free some memory",
                      "cannot use the configuration: %s", error == -EINVAL ? problem : "memory is short");
    worker_finish(worker);
    return EXIT_FAILURE;
}

static int refuse_arguments(void)
{
    fputs("camd-capture is started by camd, or by camctl probe with --probe; see camd-worker(7)\n", stderr);
    return 2;
}

/* libav can't interrupt the look-up of a host's name; by default it may take half a minute and more. */
static void prepare_libav(void)
{
    setenv("RES_OPTIONS", "timeout:2 attempts:2", 0);
    /* libav makes no threads of its own then: the cameras of a machine share its cores anyway. */
    av_cpu_force_count(1);
}

static json_t *find_peers(void *context)
{
    peers_resolve(context);
    return peers_describe(context);
}

static int enter_sandbox(struct worker *worker, const struct settings *settings)
{
    struct sandbox_wish wish = {0};
    static struct peers peers; /* asked for as long as the process runs */
    bool needs_devices;
    peers_name(settings, &peers);
    capture_sandbox_wish(settings, &peers, &wish, &needs_devices);
    worker->find_peers = find_peers;
    worker->peers_context = &peers;
    int result = worker_enter_sandbox(worker, &wish, needs_devices);
    if (result == 0 && worker->camd_connects)
        connector_start(worker, &peers);
    else if (result == 0)
        connector_restrict(&peers);
    return result;
}

int main(int argc, char **argv)
{
    struct worker worker;
    struct settings settings;
    struct failure failure = {0};
    const char *problem = NULL;
    if (argc == 2 && strcmp(argv[1], "--probe") == 0) {
        prepare_libav();
        return probe_main();
    }
    if (argc > 2)
        return refuse_arguments();
    if (worker_start(&worker, "capture", CAMD_ROLE_CAPTURE) < 0)
        return EXIT_FAILURE;
    secret_guard_process();
    avlog_start(worker.camera);
    prepare_libav();

    int result = capture_settings_read(&settings, worker.config, &problem);
    if (result < 0)
        return refuse_settings(&worker, result, problem);

    /* from here on a camera is listened to */
    if (enter_sandbox(&worker, &settings) < 0) {
        capture_settings_fini(&settings);
        worker_finish(&worker);
        return EXIT_FAILURE;
    }
    enum session_end end = session_run(&worker, &settings, &failure);
    if (end == SESSION_FAILED)
        report_failure(&worker, &settings, &failure);
    if (end == SESSION_ENDED)
        worker_send_ended(&worker);
    avlog_finish();
    capture_settings_fini(&settings);
    worker_finish(&worker);
    return end == SESSION_STOPPED || end == SESSION_ENDED ? EXIT_SUCCESS : EXIT_FAILURE;
}
