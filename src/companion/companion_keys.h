/* companion_keys.h - the keys that every companion's file has, as rows for its table */
#ifndef CAMD_COMPANION_COMPANION_KEYS_H
#define CAMD_COMPANION_COMPANION_KEYS_H

#include "base/log.h"
#include "companion/companion.h"
#include "config/config_fields.h"
#include "config/config_plain.h"

static const char *const companion_level_words[] = {
#define X(id, word, priority) word,
    LOG_LEVELS(X)
#undef X
        NULL};
static const char *const companion_sandbox_words[] = {"yes", "no", "require", NULL};

/* standard_user: the user of its own that the program's package makes. */
#define COMPANION_KEYS(standard_user)                                                                                                                                                                                                                  \
    {.name = "socket",                                                                                                                                                                                                                                 \
     PATH(companion_settings, socket),                                                                                                                                                                                                                 \
     .most = 107,                                                                                                                                                                                                                                      \
     .standard = "/run/camd/camd.sock",                                                                                                                                                                                                                \
     .meaning = "The control socket of the camd that this is about."},                                                                                                                                                                                 \
        {.name = "user",                                                                                                                                                                                                                               \
         USER(companion_settings, user),                                                                                                                                                                                                               \
         .absent = "none",                                                                                                                                                                                                                             \
         .standard = standard_user,                                                                                                                                                                                                                    \
         .meaning =                                                                                                                                                                                                                                    \
             "User to become when started by root: one that is in camd's group, which lets it look, and for whom allow.USER of camd.ini(5) says what else it may. Started by anybody else, the program stays who it is. With none, root stays root."}, \
        {.name = "log",                                                                                                                                                                                                                                \
         LOG(companion_settings, log),                                                                                                                                                                                                                 \
         .absent = "stderr",                                                                                                                                                                                                                           \
         .standard = "stderr",                                                                                                                                                                                                                         \
         .meaning =                                                                                                                                                                                                                                    \
             "Where the log goes: standard error (in the background: the syslog daemon), the syslog daemon, or a file in a directory that the user may write to, which is opened again at SIGUSR1."},                                                  \
        {.name = "log_level",                                                                                                                                                                                                                          \
         LEVEL(companion_settings, log_level),                                                                                                                                                                                                         \
         .words = companion_level_words,                                                                                                                                                                                                               \
         .standard = "info",                                                                                                                                                                                                                           \
         .meaning = "The least important messages that are logged."},                                                                                                                                                                                  \
    {                                                                                                                                                                                                                                                  \
        .name = "sandbox", CHOICE(companion_settings, sandbox), .words = companion_sandbox_words,                                                                                                                                                      \
        .standard = "yes",                                                                                                                                                                                                                             \
        .meaning =                                                                                                                                                                                                                                     \
            "Whether the program gives up what it does not need before it talks to anybody. With yes, what the machine lacks for it is logged; with require, the program does not run then."                                                           \
    }

#endif
