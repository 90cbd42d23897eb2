/* top_columns.h - the words for the columns of top, by which it sorts: camctl offers them, camd-top takes them */
#ifndef CAMD_PROTOCOL_TOP_COLUMNS_H
#define CAMD_PROTOCOL_TOP_COLUMNS_H

/* X(identifier, word), from the left to the right */
#define TOP_COLUMNS(X)                                                                                       \
    X(NAME, "name")                                                                                          \
    X(STATE, "state")                                                                                        \
    X(FPS, "fps")                                                                                            \
    X(SKIPPED, "skipped")                                                                                    \
    X(OBJECTS, "objects")                                                                                    \
    X(RESTARTS, "restarts")                                                                                  \
    X(CPU, "cpu")                                                                                            \
    X(MEMORY, "memory")                                                                                      \
    X(BITRATE, "bitrate")

enum top_column {
#define X(id, word) TOP_COLUMN_##id,
    TOP_COLUMNS(X)
#undef X
        TOP_COLUMN_COUNT
};

extern const char *const top_column_words[TOP_COLUMN_COUNT];

#endif
