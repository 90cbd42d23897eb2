/* failure_words.h - a failure in words, for camd and for camctl probe */
#ifndef CAMD_CAPTURE_FAILURE_WORDS_H
#define CAMD_CAPTURE_FAILURE_WORDS_H

#include "capture/capture_settings.h"
#include "capture/classify.h"
#include "capture/failure.h"

enum { REPORT_BYTES = 2048 };

/* "INPUT cannot be opened: REASON", not redacted; returns the class and what can be done. */
struct classification report_explain(const struct settings *settings, const struct failure *failure,
                                     char text[REPORT_BYTES]);

#endif
