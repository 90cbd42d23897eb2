/*
 * overheard.h - what libav tells nowhere but in its log, most of it at a level that nobody sees: where it is sent on to,
 * what stands in the heads of answers, how large a picture is that it does not decode, how much it complains
 *
 * One a process, as FFmpeg's log is. A message that a later FFmpeg words in another way is not understood, and what needs
 * it does without.
 */
#ifndef CAMD_CAPTURE_OVERHEARD_H
#define CAMD_CAPTURE_OVERHEARD_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum { OVERHEARD_URL_BYTES = 1024, OVERHEARD_TAG_BYTES = 256, OVERHEARD_WORD_BYTES = 32 };

struct overheard {
    uint32_t redirections;              /* in a row */
    uint32_t locations;                 /* all that were heard since the start of the process */
    char location[OVERHEARD_URL_BYTES]; /* of the last one; may hold secrets */
    int status;                         /* of the last HTTP answer; 0: none */
    uint32_t http_answers;              /* of this opening */
    int refusal;                        /* status of the last error of this opening, 401 left out; 0: none */
    uint32_t rtsp_answers;              /* of this opening */
    int rtsp_status;                    /* of the last of them; 0: none */
    bool has_rtsp_transport;            /* it set up a stream */
    char entity_tag[OVERHEARD_TAG_BYTES];    /* its ETag, "": none */
    char last_modified[OVERHEARD_TAG_BYTES]; /* its Last-Modified, "": none */
    uint32_t refused_files;                  /* that the input names, and that were not opened */
    uint32_t width, height;                  /* of a picture that was too large; 0: none was */
    bool wants_known_login;                  /* it offered a way to log in that FFmpeg has */
    bool has_unknown_digest; /* the last digest, which FFmpeg takes before all else, is none of them */
    char unknown_login[OVERHEARD_WORD_BYTES]; /* that digest, or else the last that it has not; "": none */
    uint32_t complaints;                      /* warnings and errors since the start of the process */
};

/* For avlog: every message of libav, whatever its level. */
void overheard_listen(int av_level, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* A copy, since other threads may log. */
void overheard_get(struct overheard *overheard);
uint32_t overheard_redirections(void);
uint32_t overheard_locations(void);
uint32_t overheard_complaints(void);
uint32_t overheard_http_answers(void);
/* A new opening begins: all but what counts since the start of the process. */
void overheard_forget(void);

#endif
