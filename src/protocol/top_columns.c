#include "protocol/top_columns.h"

const char *const top_column_words[TOP_COLUMN_COUNT] = {
#define X(id, word) [TOP_COLUMN_##id] = word,
    TOP_COLUMNS(X)
#undef X
};
