/* health_report.h - the health of the pictures in words, for camd */
#ifndef CAMD_CAPTURE_HEALTH_REPORT_H
#define CAMD_CAPTURE_HEALTH_REPORT_H

#include "capture/capture_settings.h"
#include "capture/health.h"
#include "runtime/runtime.h"

/* remote: the pictures come over the network. A message that can't be sent is lost: the next change is told again. */
void health_report(struct worker *worker, const struct settings *settings, bool remote,
                   const struct health *health);

#endif
