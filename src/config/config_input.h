/* config_input.h - what input says to camd's own capture: a scheme that it knows, and a host and a port that there can be */
#ifndef CAMD_CONFIG_CONFIG_INPUT_H
#define CAMD_CONFIG_CONFIG_INPUT_H

struct config_input_fault {
    const char *what, *expected; /* static; what NULL: none */
};

/*
 * For an input that is written well as such (config_type_input). Other programs (capture = PROGRAM) read it as they like.
 * Neither text quotes it. Pure.
 */
struct config_input_fault config_input_check(const char *input);

#endif
