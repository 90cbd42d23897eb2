#include "daemon/verbs/outcome.h"

#include "daemon/camera/camera.h"
#include "daemon/camera/detector.h"

static const char after_the_old[] = "starting when its old process is gone";

static const char *const words[VERB_COUNT][AUTOMATON_STATE_COUNT] = {
    [VERB_START] = {[AUTOMATON_DOWN] = "starting",
                    [AUTOMATON_CREATING] = "starting already",
                    [AUTOMATON_STARTING] = "starting already",
                    [AUTOMATON_UP] = "up already",
                    [AUTOMATON_ENDED] = "playing it again",
                    [AUTOMATON_STOPPING] = after_the_old,
                    [AUTOMATON_KILLING] = after_the_old,
                    [AUTOMATON_BACKOFF] = "trying again",
                    [AUTOMATON_FAILED] = "trying again",
                    [AUTOMATON_STUCK] = after_the_old},
    [VERB_STOP] = {[AUTOMATON_DOWN] = "down already"},
    [VERB_RESTART] = {[AUTOMATON_DOWN] = "starting"},
    /* else as start */
    [VERB_KICK] = {[AUTOMATON_DOWN] = "starting already", [AUTOMATON_STUCK] = "killing it again"},
};

/* Of those that do the same in most states. */
static const char *const usual[VERB_COUNT] = {[VERB_STOP] = "stopped", [VERB_RESTART] = "restarting"};

static const char *find(enum verb verb, enum automaton_state state)
{
    if (words[verb][state])
        return words[verb][state];
    return usual[verb] ? usual[verb] : words[VERB_START][state];
}

const char *outcome_of_camera(enum verb verb, const struct camera *camera)
{
    return find(verb, camera_state(camera));
}

const char *outcome_of_detector(enum verb verb, const struct detector *detector)
{
    const struct automaton *automaton = &detector_worker(detector)->automaton;
    if (!automaton->want_up)
        return "not wanted up: no camera that uses it runs";
    return find(verb, automaton->state);
}

json_t *outcome_answer(const char *name, const char *said)
{
    return json_pack("{s:{s:s}}", "outcomes", name, said);
}
