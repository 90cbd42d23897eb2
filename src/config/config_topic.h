/*
 * config_topic.h - keys as readers meet them: a row of the table, or what an element of a family can have
 *
 * A family is several topics: zone.NAME, zone.NAME.inertia, zone.NAME.filter.LABEL.min_area and so on.
 */
#ifndef CAMD_CONFIG_CONFIG_TOPIC_H
#define CAMD_CONFIG_CONFIG_TOPIC_H

#include "config/config_keys.h"

struct config_topic {
    const char *title;               /* "fps", "zone.NAME.inertia" */
    const char *written;             /* the same with names: "zone.yard.inertia" */
    const struct config_key *whole;  /* the row of the table: its places, and its effect */
    const struct config_key *family; /* whose element's own value this is, or key itself */
    /* What can be written; its family is set where nothing can: filter.LABEL.KEY. */
    const struct config_key *value;
};

typedef void config_topic_visit(void *context, const struct config_topic *topic);
/* Each topic of a row of the table, in the order of the manual page. */
void config_topics_visit(const struct config_key *key, config_topic_visit *visit, void *context);

/* A sentence or more; what can be expected (new string, NULL for "FAMILY.KEY" or when memory is short); the default. */
const char *config_topic_meaning(const struct config_topic *topic);
char *config_topic_expected(const struct config_topic *topic);
const char *config_topic_standard(const struct config_topic *topic);
/* What a change of it takes. */
const char *config_topic_effect(const struct config_topic *topic);
/* A value for an example, or NULL where nothing can be written. */
const char *config_topic_example(const struct config_topic *topic);

#endif
