/* What Home Assistant is told: that everything has a name of its own there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "mqtt/discovery.h"

static const struct discovery_wish everything = {
    .has_pictures = true, .takes_enable = true, .takes_motion = true};

static void take_settings(struct known_camera *camera, const char *labels, const char *const zones[])
{
    json_t *settings = json_pack("[{s:s, s:s}]", "key", "objects_track", "value", labels);
    for (size_t i = 0; zones[i]; i++)
        json_array_append_new(settings, json_pack("{s:s, s:s}", "key", zones[i], "value", "0,0 1,0 1,1"));
    json_t *part = json_pack("{s:o}", "settings", settings);
    known_camera_take_settings(camera, part);
    json_decref(part);
}

static json_t *discover(const char *node, const char *name, const char *labels, const char *const zones[])
{
    const struct topics topics = {.prefix = "camd", .node = node, .discovery = "homeassistant"};
    struct known_camera camera;
    known_camera_init(&camera, name);
    take_settings(&camera, labels, zones);
    json_t *discovery = discovery_of_camera(&camera, &topics, &everything);
    known_camera_fini(&camera);
    assert_non_null(discovery);
    return discovery;
}

/* Remembers each of the names, and fails for one that was there before. */
static void assert_new_names(json_t *names, const json_t *discovery)
{
    const char *key;
    const json_t *component;
    const char *device = json_string_value(
        json_array_get(json_object_get(json_object_get(discovery, "device"), "identifiers"), 0));
    assert_null(json_object_get(names, device));
    json_object_set_new(names, device, json_true());
    json_object_foreach(json_object_get(discovery, "components"), key, component) {
        const char *unique = json_member_string(component, "unique_id", "");
        assert_null(json_object_get(names, unique));
        json_object_set_new(names, unique, json_true());
    }
}

/* A node a_b with a camera c had the names of a node a with a camera b_c, and so had zones with their labels. */
static void test_names_that_are_joined_differently_stay_different(void **state)
{
    static const char *const zones[] = {"zone.gate", "zone.gate_red", NULL}, *const none[] = {NULL};
    json_t *names = json_object(), *discovery = discover("a", "b_c", "car,red car,gate car", zones);
    (void)state;
    const size_t own = 6, labels = 3,
                 places = 3; /* what it has without labels; the whole picture and two zones */
    assert_int_equal(json_object_size(json_object_get(discovery, "components")),
                     own + labels + labels * places * 2);
    assert_new_names(names, discovery);
    json_decref(discovery);
    discovery = discover("a_b", "c", "car", none);
    assert_new_names(names, discovery);
    json_decref(discovery);
    discovery = discovery_of_node(&(struct topics){.prefix = "camd", .node = "a_b_c"});
    assert_new_names(names, discovery);
    json_decref(discovery);
    json_decref(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_that_are_joined_differently_stay_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
