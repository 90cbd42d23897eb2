/* camd-capture - decodes one camera into its frame slots. Started by camd; see camd/worker.h for the
 * contract. */
#include <errno.h>
#include <libavutil/cpu.h>
#include <libavutil/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/avlog.h"
#include "capture/classify.h"
#include "capture/session.h"
#include "capture/settings.h"
#include "common/log.h"
#include "libcamd/runtime.h"

/* Said of the input. */
static const char *const stage_words[CAMD_STAGE_COUNT] = {
    [CAMD_STAGE_SETUP] = "can't be started",  [CAMD_STAGE_OPEN] = "can't be opened",
    [CAMD_STAGE_PROBE] = "can't be used",     [CAMD_STAGE_READ] = "can't be read any further",
    [CAMD_STAGE_DECODE] = "can't be decoded", [CAMD_STAGE_SCALE] = "has pictures that can't be converted",
    [CAMD_STAGE_TRACK] = "can't be tracked",  [CAMD_STAGE_DETECT] = "can't be searched for objects",
};

/* FFmpeg's line without the "[tcp @ 0x...] " that says which of its objects wrote it. */
static const char *without_prefix(const char *line)
{
    while (*line == '[') {
        const char *end = strstr(line, "] ");
        if (!end)
            break;
        line = end + 2;
    }
    return line;
}

static void report_failure(struct worker *worker, const struct settings *settings,
                           const struct failure *failure)
{
    char said[AVLOG_LINE_BYTES], code_text[AV_ERROR_MAX_STRING_SIZE];
    const char *reason = code_text;

    avlog_last_error(said);
    av_make_error_string(code_text, sizeof code_text, failure->error);
    struct classification classification = classify_error(failure->error, failure->remote, said);
    if (failure->reason[0])
        reason = failure->reason;
    else if (said[0] && classify_is_vague(failure->error))
        reason = without_prefix(said);
    worker_send_error(worker, failure->stage, classification.class_, classification.hint, "%s %s: %s",
                      settings->input, stage_words[failure->stage], reason);
}

static int refuse_settings(struct worker *worker, int error, const char *problem)
{
    worker_send_error(worker, CAMD_STAGE_SETUP, CAMD_CLASS_LOCAL,
                      error == -EINVAL ? "correct the camera's configuration" : "free some memory",
                      "can't use the configuration: %s", error == -EINVAL ? problem : "out of memory");
    return EXIT_FAILURE;
}

int main(void)
{
    struct worker worker;
    struct settings settings;
    struct failure failure = {0};
    const char *problem = NULL;

    if (worker_start(&worker, "capture", CAMD_ROLE_CAPTURE) < 0)
        return EXIT_FAILURE;
    avlog_start(worker.camera);
    /* libav can't interrupt the look-up of a host's name; by default it may take half a minute and more. */
    setenv("RES_OPTIONS", "timeout:2 attempts:2", 0);
    /* libav makes no threads of its own then: the cameras of a machine share its cores anyway. */
    av_cpu_force_count(1);

    int result = settings_read(&settings, worker.config, &problem);
    if (result < 0)
        return refuse_settings(&worker, result, problem);

    enum session_end end = session_run(&worker, &settings, &failure);
    if (end == SESSION_FAILED)
        report_failure(&worker, &settings, &failure);
    if (end == SESSION_ENDED)
        worker_send_ended(&worker);
    settings_fini(&settings);
    worker_finish(&worker);
    return end == SESSION_STOPPED || end == SESSION_ENDED ? EXIT_SUCCESS : EXIT_FAILURE;
}
