#include "protocol/camera_states.h"

#define ITEM(word) word,
const char *const camera_states[CAMERA_STATES_COUNT] = {CAMERA_STATES(ITEM, ITEM)};
