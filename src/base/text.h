/* text.h - small functions on strings that several programs need; only text_format and text_format_arguments allocate. */
#ifndef CAMD_BASE_TEXT_H
#define CAMD_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A camera's name, and that of a detector, zone, mask or node: [A-Za-z0-9_-]{1,40}, and not - alone, which stands for
 * standard input where camctl takes a name. The rule in words is for messages that end in it, behind "expected ".
 */
#define TEXT_NAME_RULE "1 to 40 letters, digits, _ and -, and not - alone"
bool text_is_camera_name(const char *name);
/* Whether a name may have it. */
bool text_is_name_character(char c);

/*
 * The candidate nearest to word by edit distance (insertion, deletion, replacement, swap of neighbours count 1),
 * or NULL when none is near enough to be meant (more than a third of the word's length, or 3).
 */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

/* " (did you mean WORD?)" to go on with, "" for NULL. Returns text. */
enum { TEXT_SUGGESTION_BYTES = 96 };
const char *text_suggestion(const char *word, char text[TEXT_SUGGESTION_BYTES]);

/* "a, b or c", with that last word between the last two; cut off where there is no room for more. Returns text. */
const char *text_list(char *text, size_t size, const char *const *words, size_t count, const char *last);

/* Whole-string numbers: false and value untouched for anything else, overflow included. */
bool text_to_int(const char *text, int64_t *value);
/* Finite only; always with a point, whatever the locale. */
bool text_to_double(const char *text, double *value);
bool text_to_bool(const char *text, bool *value); /* yes no true false on off 1 0, in any case */

/* A short decimal text that reads back to the same number; value is finite. */
enum { TEXT_NUMBER_BYTES = 32 };
void text_from_double(char text[TEXT_NUMBER_BYTES], double value);
void text_from_float(char text[TEXT_NUMBER_BYTES], float value);

/* What people are told of a rate, to three figures: "29.9", "12.5", "1000". Returns text. */
const char *text_rate(double rate, char text[TEXT_NUMBER_BYTES]);

/*
 * The one way to write a duration: "160 ms", "1.3 s", "45 s", "12 min 5 s", "3 h 2 min", "5 d 7 h"; "-" for less than
 * nothing. Returns text.
 */
enum { TEXT_DURATION_BYTES = 64 };
const char *text_duration(double seconds, char text[TEXT_DURATION_BYTES]);
/* The same in at most six columns: "160ms", "1.3s", "12m5s", "3h2m", "5d7h". */
const char *text_short_duration(double seconds, char text[TEXT_DURATION_BYTES]);
/*
 * The one way to read one: what these two write, and a number alone, which is one of seconds: "90", "1.5 h", "2h30m". Larger
 * units come first. False, and *seconds untouched, for anything else.
 */
bool text_to_duration(const char *text, double *seconds);

/* FNV-1a: for telling whether a text is the same as before, not for secrets. */
uint64_t text_hash(const char *text);

/* printf into a new string, the caller's to free; NULL when memory is short. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for a function that has such arguments itself. */
char *text_format_arguments(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

/* What stands before an operand in a command that is told: "-- " where it would be taken for an option, else "". */
const char *text_before_operand(const char *operand);

#endif
