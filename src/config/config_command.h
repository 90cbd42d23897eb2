/*
 * config_command.h - a command of the configuration as an argument vector
 *
 * No shell is involved: no variables, no patterns, no pipes. Words are separated by white space. A part in double
 * quotes is taken as it is, white space included; in it, \" and \\ are a quote and a backslash. "" is an empty word.
 */
#ifndef CAMD_CONFIG_CONFIG_COMMAND_H
#define CAMD_CONFIG_CONFIG_COMMAND_H

enum { CONFIG_WORDS_MAX = 64 };

/*
 * The words, ended by NULL, with their text in one block of memory that begins at *words: the caller's to free. What is
 * wrong (static; config_value_no_memory among it), or NULL.
 */
const char *config_command_split(const char *text, char ***words);

#endif
