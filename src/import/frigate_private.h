/* frigate_private.h - what the files of the reader of Frigate's configuration share */
#ifndef CAMD_IMPORT_FRIGATE_PRIVATE_H
#define CAMD_IMPORT_FRIGATE_PRIVATE_H

#include "import/imported.h"
#include "import/tree.h"

/* A camera of the file, and what stands for all cameras. */
struct frigate {
    struct imported *imported;
    struct node root;
    const char *name;     /* as the file has it; may be none of camd's */
    struct node camera;   /* its map */
    json_t *settings;     /* camd's, of the camera */
    bool lacks_value;     /* something of the environment that its input needs is not there */
    const char *detector; /* for cameras, or NULL */
    double width, height; /* of the pictures that pixels are counted in; 0: not known */
};

/* A key of Frigate's, and why camd has nothing for it; reason NULL: it is taken elsewhere, but perhaps not all below it. */
struct frigate_key {
    const char *key, *reason;
    /* The keys of what it has, or of each map in its list; NULL: none are known. */
    const struct frigate_key *below;
    bool is_each; /* below: of each thing that it has by a name */
};

/* frigate_keys.c: of a camera, of the whole file, and of a model that camd runs; each ends with a NULL key. */
extern const struct frigate_key frigate_camera_keys[], frigate_file_keys[], frigate_model_keys[];

/*
 * Notes all keys of a map, and of what is below them, that are left out: those of the table with a reason, unless they are
 * switched off, and those that the table does not have. path: "cameras.front.", what stands before the key.
 */
void frigate_note_others(struct frigate *frigate, struct node map, const char *path,
                         const struct frigate_key *table);

/* A note about cameras.NAME.WHAT. */
void frigate_note(struct frigate *frigate, struct node node, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * The value at a path, "detect.stationary.interval": the camera's, else what stands for all cameras. Each value goes its own
 * way: a camera that says one thing of a map has the others from there.
 */
struct node frigate_find(const struct frigate *frigate, const char *path);
/* A setting of camd, from a text; a note when it can't be one. */
void frigate_set(struct frigate *frigate, struct node value, const char *what, const char *key);
/* Whether a node is a yes, by YAML's words; otherwise what is usual. */
bool frigate_is_yes(struct node node, bool usual);

/* frigate_input.c: where the pictures come from. False: there is none that camd can read, which a note says. */
bool frigate_take_input(struct frigate *frigate);
/* frigate_places.c: masks and zones. */
void frigate_take_masks(struct frigate *frigate);
void frigate_take_zones(struct frigate *frigate);
/* What filters have but for masks: to PREFIX.LABEL.KEY. */
void frigate_take_filters(struct frigate *frigate, struct node filters, const char *what, const char *prefix);
/* A list, or one text, as a setting with commas. */
void frigate_set_list(struct frigate *frigate, struct node list, const char *what, const char *key);
/* frigate_camera.c: all of a camera. */
void frigate_take_camera(struct frigate *frigate, size_t line);

#endif
