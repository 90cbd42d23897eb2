/* What is asked for by MQTT, with a broker and a camd that only count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mqtt/commands.h"

static const struct topics topics = {.prefix = "camd", .node = "house"};
static const struct mqtt_settings settings;
static int published;
static bool takes_commands;
static camd_link_function *replied;
static void *asked;

int broker_publish(struct broker *broker, const char *topic, const void *payload, size_t size,
                   bool is_retained)
{
    (void)broker;
    (void)payload;
    (void)size;
    assert_string_equal(topic, "camd/house/answer");
    assert_false(is_retained);
    return ++published;
}

int broker_subscribe(struct broker *broker, const char *filter, int qos)
{
    (void)broker;
    (void)filter;
    return qos;
}

int camd_link_ask(struct camd_link *link, const char *verb, const char *parameters,
                  camd_link_function *function, void *context)
{
    (void)link;
    (void)verb;
    (void)parameters;
    replied = function;
    asked = context;
    return 0;
}

const char *camd_connection_strerror(int error)
{
    (void)error;
    return "";
}

bool mqtt_takes_command(const struct mqtt_settings *of, const char *word)
{
    (void)of;
    (void)word;
    return takes_commands;
}

static void command(struct commands *commands)
{
    assert_true(commands_take(commands, "camd/house/camera/front/enabled/set", "ON", 2, false));
}

/* All waited in the library's memory, as many as somebody cared to ask for. */
static void test_answers_that_the_broker_does_not_take_are_bounded(void **state)
{
    static struct commands commands;
    (void)state;
    commands_init(&commands, &settings, &topics, NULL, NULL);
    for (int i = 0; i < COMMANDS_ANSWERS_MAX + 500; i++)
        command(&commands);
    assert_int_equal(published, COMMANDS_ANSWERS_MAX);
    assert_false(commands_acknowledged(&commands, published + 1));
    assert_true(commands_acknowledged(&commands, 7));
    assert_false(commands_acknowledged(&commands, 7));
    assert_int_equal(commands.unanswered, 500);
    command(&commands);
    command(&commands);
    assert_int_equal(published, COMMANDS_ANSWERS_MAX + 1);
    assert_int_equal(commands.unanswered, 501);
    commands_down(&commands);
    assert_int_equal(commands.unanswered, 0); /* it was told */
    command(&commands);
    assert_int_equal(published, COMMANDS_ANSWERS_MAX + 2);
}

static void test_answers_of_camd_are_bounded_too(void **state)
{
    static struct commands commands;
    const struct camd_reply reply = {.kind = CAMD_REPLY_OK};
    (void)state;
    published = 0;
    takes_commands = true;
    commands_init(&commands, &settings, &topics, NULL, NULL);
    commands.throttle.burst = COMMANDS_ANSWERS_MAX + 10;
    throttle_fill(&commands.throttle);
    for (int i = 0; i < COMMANDS_ANSWERS_MAX + 2; i++) {
        command(&commands);
        replied(asked, &reply);
    }
    assert_int_equal(published, COMMANDS_ANSWERS_MAX);
    assert_int_equal(commands.unanswered, 2);
    for (int i = 1; i <= COMMANDS_ANSWERS_MAX; i++)
        assert_true(commands_acknowledged(&commands, i));
    assert_int_equal(commands.unanswered, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_that_the_broker_does_not_take_are_bounded),
        cmocka_unit_test(test_answers_of_camd_are_bounded_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
