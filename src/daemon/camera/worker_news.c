#include "daemon/camera/worker_news.h"

#include "base/json.h"

/* fields is stolen. */
static void emit(const struct worker_news *news, json_t *fields)
{
    json_object_update(news->who, fields);
    json_decref(fields);
    services_emit(news->services, news->event, news->camera, news->who);
}

void worker_news_state(const struct worker_news *news, const struct worker_process *worker)
{
    const enum automaton_state state = worker->automaton.state;
    char why[WORKER_TEXT_BYTES];
    worker_explain(worker, why, sizeof(why));
    if (state == AUTOMATON_UP || state == AUTOMATON_STARTING)
        why[0] = '\0';
    emit(news,
         json_pack("{s:s, s:o}", "state", automaton_state_word(state), "reason", json_string_lossy(why)));
}

void worker_news_error(const struct worker_news *news, const struct worker_process *worker)
{
    const int class_ = worker->error_class;
    emit(news, json_pack("{s:s, s:o, s:o}", "class",
                         class_ >= 0 ? camd_class_word((enum camd_class)class_) : "unknown", "text",
                         json_string_lossy(kept_text(&worker->error_text)), "hint",
                         json_string_lossy(kept_text(&worker->error_hint))));
}
