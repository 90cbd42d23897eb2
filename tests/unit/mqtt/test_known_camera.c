/* What is known of a camera: counts a label and zone, states, and what the broker keeps of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mqtt/known_camera.h"

static const struct topics topics = {.prefix = "p", .node = "n"};

struct fixture {
    struct known_camera camera;
    struct retained retained;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    known_camera_init(&fixture->camera, "front");
    retained_init(&fixture->retained);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    known_camera_fini(&fixture->camera);
    retained_fini(&fixture->retained);
    free(fixture);
    return 0;
}

static void take(struct fixture *fixture, const char *event)
{
    json_t *json = json_loads(event, 0, NULL);
    assert_non_null(json);
    known_camera_take_event(&fixture->camera, json);
    json_decref(json);
    assert_int_equal(known_camera_publish(&fixture->camera, true, &topics, &fixture->retained), 0);
}

static void assert_kept(const struct fixture *fixture, const char *what, const char *payload)
{
    char name[TOPIC_BYTES];
    topic_of_camera(&topics, "front", what, name);
    const struct retained_topic *topic = name_index_find(&fixture->retained.index, name);
    assert_non_null(topic);
    assert_int_equal(topic->size, strlen(payload));
    assert_memory_equal(topic->payload, payload, topic->size);
}

static bool take_settings(struct fixture *fixture, const char *labels, const char *zone)
{
    json_t *part =
        json_pack("{s:[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]}", "settings", "key", "objects_track", "value",
                  labels, "key", zone, "value", "0,0 1,0 1,1", "key", "motion", "value", "yes");
    const bool has_changed = known_camera_take_settings(&fixture->camera, part);
    json_decref(part);
    return has_changed;
}

static void test_objects_are_counted_by_label_and_zone(void **state)
{
    struct fixture *fixture = *state;
    assert_false(take_settings(fixture, "person,car", "zone.gate"));
    take(fixture, "{\"event\":\"camera_state\",\"state\":\"up\"}");
    assert_kept(fixture, "objects/person", "0");
    assert_kept(fixture, "zone/gate/car", "0");
    take(fixture, "{\"event\":\"object\",\"phase\":\"start\",\"id\":1,\"label\":\"person\",\"zones\":[]}");
    take(fixture,
         "{\"event\":\"object\",\"phase\":\"start\",\"id\":2,\"label\":\"person\",\"zones\":[\"gate\"]}");
    assert_kept(fixture, "objects/person", "2");
    assert_kept(fixture, "zone/gate/person", "1");
    take(fixture,
         "{\"event\":\"object\",\"phase\":\"update\",\"id\":1,\"label\":\"person\",\"zones\":[\"gate\"]}");
    assert_kept(fixture, "zone/gate/person", "2");
    take(fixture,
         "{\"event\":\"object\",\"phase\":\"end\",\"id\":2,\"label\":\"person\",\"zones\":[\"gate\"]}");
    take(fixture, "{\"event\":\"object\",\"phase\":\"end\",\"id\":77,\"label\":\"person\",\"zones\":[]}");
    assert_kept(fixture, "objects/person", "1");
    take(fixture,
         "{\"event\":\"object\",\"phase\":\"start\",\"id\":3,\"label\":\"traffic light\",\"zones\":[]}");
    assert_kept(fixture, "objects/traffic_light", "1");
    take(fixture, "{\"event\":\"camera_state\",\"state\":\"backoff\",\"reason\":\"gone\"}");
    assert_kept(fixture, "objects/person", "0");
}

static void test_other_labels_take_the_place_of_those_before(void **state)
{
    struct fixture *fixture = *state;
    assert_false(take_settings(fixture, "person", "zone.gate"));
    assert_false(take_settings(fixture, "person", "zone.gate"));
    assert_true(take_settings(fixture, "car", "zone.gate"));
    assert_int_equal(fixture->camera.label_count, 1);
    assert_string_equal(fixture->camera.labels[0], "car");
    assert_true(take_settings(fixture, "car", "zone.door"));
    assert_string_equal(fixture->camera.zones[0], "door");
}

static void test_a_label_with_a_space_is_one_label(void **state)
{
    struct fixture *fixture = *state;
    take_settings(fixture, "person,traffic light", "zone.gate");
    assert_int_equal(fixture->camera.label_count, 2);
    assert_string_equal(fixture->camera.labels[1], "traffic light");
    take(fixture,
         "{\"event\":\"object\",\"phase\":\"start\",\"id\":1,\"label\":\"traffic light\",\"zones\":[]}");
    take(fixture,
         "{\"event\":\"object\",\"phase\":\"start\",\"id\":2,\"label\":\"traffic_light\",\"zones\":[]}");
    assert_kept(fixture, "objects/traffic_light", "2");
}

static void test_more_objects_labels_and_zones_than_there_is_room_for(void **state)
{
    struct fixture *fixture = *state;
    char event[256];
    for (int i = 0; i < KNOWN_OBJECTS_MAX + 50; i++) {
        snprintf(event, sizeof(event),
                 "{\"event\":\"object\",\"phase\":\"start\",\"id\":%d,\"label\":\"l%d\",\"zones\":[\"z%d\"]}",
                 i, i, i);
        take(fixture, event);
    }
    assert_int_equal(fixture->camera.object_count, KNOWN_OBJECTS_MAX);
    assert_int_equal(fixture->camera.label_count, KNOWN_LABELS_MAX);
    assert_int_equal(fixture->camera.zone_count, KNOWN_ZONES_MAX);
    assert_kept(fixture, "objects/l31", "1");
}

static void test_states(void **state)
{
    struct fixture *fixture = *state;
    take(
        fixture,
        "{\"event\":\"camera_state\",\"state\":\"up\",\"reason\":\"\",\"hint\":\"\",\"since\":\"2026-01-31T12:34:56.789Z\"}");
    assert_kept(fixture, "availability", "online");
    assert_kept(fixture, "problem", "OFF");
    take(fixture, "{\"event\":\"motion\",\"active\":true}");
    assert_kept(fixture, "motion", "ON");
    take(fixture, "{\"event\":\"camera_state\",\"state\":\"degraded\",\"reason\":\"frozen\"}");
    assert_kept(fixture, "availability", "online");
    assert_kept(fixture, "problem", "ON");
    take(
        fixture,
        "{\"event\":\"camera_state\",\"state\":\"backoff\",\"reason\":\"no route\",\"hint\":\"look\",\"since\":\"2026-01-31T12:34:56.789Z\"}");
    assert_kept(fixture, "availability", "offline");
    assert_kept(fixture, "motion", "OFF");
    assert_kept(
        fixture, "state",
        "{\"node\":\"n\",\"camera\":\"front\",\"state\":\"backoff\",\"dark\":true,\"enabled\":true,\"reason\":\"no route\",\"hint\":\"look\",\"since\":\"2026-01-31T12:34:56.789Z\"}");
    take(fixture, "{\"event\":\"camera_disabled\"}");
    take(fixture, "{\"event\":\"camera_state\",\"state\":\"disabled\",\"reason\":\"\"}");
    assert_kept(fixture, "enabled", "OFF");
    assert_kept(fixture, "problem", "OFF");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_objects_are_counted_by_label_and_zone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_labels_take_the_place_of_those_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_label_with_a_space_is_one_label, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_more_objects_labels_and_zones_than_there_is_room_for, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_states, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
