/* The file with a model's labels: plain text, one a line. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "base/whole_file.h"
#include "config/config_detector.h"
#include "config/config_line.h"
#include "config/config_problem.h"

enum { FILE_BYTES = CAMD_LABELS_MAX * (CAMD_LABEL_BYTES + 2) }; /* with CR and LF */

/* What is wrong with a label (static), or NULL. */
static const char *label_fault(const char *label, size_t length, const struct config_detector *detector)
{
    if (length == 0)
        return "is empty: expected a label in every line, since their order counts";
    if (length >= CAMD_LABEL_BYTES)
        return "has more than 31 bytes: expected the name of a class";
    _Static_assert(CAMD_LABEL_BYTES == 32, "the text above");
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)label[i] < ' ' || label[i] == 0x7f || label[i] == ',')
            return "has a comma or a control character: expected the name of a class";
    }
    if (!config_text_is_utf8(label, length))
        return "is not UTF-8 text";
    for (uint32_t i = 0; i < detector->label_count; i++) {
        if (strlen(detector->label_list[i]) == length && memcmp(detector->label_list[i], label, length) == 0)
            return "is a label that is there already: expected every class once";
    }
    return detector->label_count == CAMD_LABELS_MAX ? "is one label more than the 96 that there can be"
                                                    : NULL;
}
_Static_assert(CAMD_LABELS_MAX == 96, "the text above");

static void take_labels(const char *path, const char *text, size_t length, struct config_detector *detector,
                        struct config_problems *problems)
{
    const char *end = text + length;
    uint32_t line = 0;
    while (text < end) {
        const char *feed = memchr(text, '\n', (size_t)(end - text));
        size_t bytes = (size_t)((feed ? feed : end) - text);
        const char *next = feed ? feed + 1 : end;
        if (bytes > 0 && text[bytes - 1] == '\r')
            bytes--;
        line++;
        const char *fault = label_fault(text, bytes, detector);
        if (fault)
            config_problem_add(problems, path, line, NULL, "the line %s", fault);
        else
            memcpy(detector->label_list[detector->label_count++], text, bytes);
        text = next;
    }
    if (line == 0)
        config_problem_add(problems, path, 0, NULL, "has no labels: expected one a line");
}

int config_labels_read(const char *path, const char *file, uint32_t line, struct config_detector *detector,
                       struct config_problems *problems)
{
    char *text = NULL;
    size_t length = 0;
    int status = whole_file_read(path, FILE_BYTES, &text, &length);
    if (status == -ENOMEM)
        return status;
    if (status < 0) {
        config_problem_add(problems, file, line, "labels", "%s cannot be read: %s", path,
                           status == -EFBIG ? "it has more than 3 KiB: is this the right file?"
                                            : whole_file_problem(status));
        return 0;
    }
    detector->label_list = calloc(CAMD_LABELS_MAX, sizeof(*detector->label_list));
    if (detector->label_list)
        take_labels(path, text, length, detector, problems);
    free(text);
    return detector->label_list ? 0 : -ENOMEM;
}
