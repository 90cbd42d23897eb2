#include "daemon/verbs/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/pattern.h"
#include "config/config.h"
#include "daemon/verbs/members.h"
#include "daemon/verbs/requests_private.h"

/* What is being put together. */
struct names {
    const struct requests *requests;
    json_t *list;
    json_t *seen; /* an object with the names that are in the list */
    unsigned int patterns;
};

const char *names_detector(const char *word)
{
    static const char prefix[] = "detector:";
    return strncmp(word, prefix, sizeof(prefix) - 1) == 0 ? word + sizeof(prefix) - 1 : NULL;
}

static void take(struct names *names, const char *name)
{
    if (json_object_get(names->seen, name))
        return;
    json_object_set_new(names->seen, name, json_true());
    json_array_append_new(names->list, json_string(name));
}

/* How many cameras fit; pattern NULL: all do. */
static size_t take_fitting(struct names *names, const char *pattern)
{
    size_t count = 0;
    for (const struct camera *camera = fleet_first(names->requests->fleet); camera;
         camera = fleet_next(camera)) {
        if (pattern && !pattern_matches(pattern, camera_name(camera)))
            continue;
        take(names, camera_name(camera));
        count++;
    }
    return count;
}

static bool take_pattern(struct names *names, struct control_request *request, const char *pattern)
{
    if (++names->patterns > NAMES_PATTERNS_MAX) {
        control_reply_error(request, CONTROL_USAGE, "name the cameras, or use fewer patterns",
                            "there are more than %d patterns", NAMES_PATTERNS_MAX);
        return false;
    }
    if (take_fitting(names, pattern) > 0)
        return true;
    char *shown = request_name_shown(pattern);
    control_reply_error(request, CONTROL_NO_CAMERA, "camctl status lists the cameras",
                        "no camera's name fits \"%s\"", shown ? shown : "");
    free(shown);
    return false;
}

/* False: an error has been answered. */
static bool take_word(struct names *names, struct control_request *request, const char *word)
{
    if (!word) {
        control_reply_error(request, CONTROL_USAGE, NULL, "\"names\" is an array of strings");
        return false;
    }
    if (pattern_is(word))
        return take_pattern(names, request, word);
    if (!names_detector(word) && !fleet_find(names->requests->fleet, word)) {
        request_no_camera(names->requests, request, word);
        return false;
    }
    take(names, word);
    return true;
}

static bool take_words(struct names *names, struct control_request *request, const json_t *words)
{
    if (json_array_size(words) == 0 || json_array_size(words) > CONFIG_CAMERAS_MAX) {
        control_reply_error(request, CONTROL_USAGE, NULL, "name at least one camera");
        return false;
    }
    for (size_t i = 0; i < json_array_size(words); i++) {
        if (!take_word(names, request, json_string_value(json_array_get(words, i))))
            return false;
    }
    return true;
}

static bool take_all(struct names *names, struct control_request *request, const json_t *words)
{
    if (words)
        control_reply_error(request, CONTROL_USAGE, NULL, "\"all\" stands alone, without \"names\"");
    else if (take_fitting(names, NULL) == 0)
        control_reply_error(request, CONTROL_NO_CAMERA, "camctl add adds one", "there is no camera");
    else
        return true;
    return false;
}

json_t *names_of(const struct requests *requests, struct control_request *request, const json_t *body)
{
    const json_t *words = json_object_get(body, "names");
    struct names names = {requests, json_array(), json_object(), 0};
    const bool is_good = json_is_true(json_object_get(body, "all")) ? take_all(&names, request, words)
                                                                    : take_words(&names, request, words);
    json_decref(names.seen);
    if (is_good)
        return names.list;
    json_decref(names.list);
    return NULL;
}

json_t *names_of_any(struct requests *requests, struct control_request *request, const json_t *body)
{
    if (members_name_several(body))
        return names_of(requests, request, body);
    const struct camera *camera = request_camera(requests, request, body);
    return camera ? json_pack("[s]", camera_name(camera)) : NULL;
}

/* Whether it is there, which take_word does not look at with a detector. */
static bool is_there(const struct requests *requests, struct control_request *request, const char *name)
{
    struct detector *detector;
    if (request_detector_named(requests, request, name, &detector))
        return detector != NULL;
    return request_camera_named(requests, request, name) != NULL;
}

bool names_asked_for(struct requests *requests, struct control_request *request, const json_t *body,
                     json_t **names)
{
    const bool is_single = json_object_get(body, "name") != NULL;
    *names = NULL;
    if (!is_single && !members_name_several(body))
        return true;
    json_t *found = is_single ? json_pack("[s]", json_member_string(body, "name", ""))
                              : names_of(requests, request, body);
    for (size_t i = 0; i < json_array_size(found); i++) {
        if (is_there(requests, request, json_string_value(json_array_get(found, i))))
            continue;
        json_decref(found);
        return false;
    }
    *names = found;
    return found != NULL;
}
