/* test_control_output.c - own bytes and shared texts go out in order, whatever is taken at once; what is taken back leaves
 * no trace */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/shared_text.h"
#include "daemon/control/control_output.h"

enum { ROUNDS = 20000, TEXTS = 8, PIECES_MOST = 9, WAITING_MOST = 4000 };

static uint64_t random_state = 88172645463325252U;

static unsigned int below(unsigned int limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned int)(random_state % limit);
}

/* The output, and what it should hold. */
struct model {
    struct control_output output;
    struct byte_queue expected;
    struct shared_text *texts[TEXTS];
};

static void add(struct model *model, bool for_good)
{
    char own[64];
    memset(own, 'a' + (int)below(26), sizeof(own));
    const size_t size = below(sizeof(own));
    assert_int_equal(byte_queue_append(&model->output.bytes, own, size), 0);
    if (for_good)
        assert_int_equal(byte_queue_append(&model->expected, own, size), 0);
    if (below(3) == 0)
        return;
    struct shared_text *text = model->texts[below(TEXTS)];
    assert_int_equal(control_output_share(&model->output, text), 0);
    if (for_good)
        assert_int_equal(byte_queue_append(&model->expected, text->bytes, text->length), 0);
}

static void add_and_take_back(struct model *model)
{
    const struct control_mark mark = control_output_mark(&model->output);
    for (unsigned int i = below(4); i > 0; i--)
        add(model, false);
    control_output_take_back(&model->output, mark);
}

/* Takes some of what is there, as a socket would. */
static void take(struct model *model)
{
    struct iovec pieces[PIECES_MOST];
    const size_t count = control_output_gather(&model->output, pieces, 1 + below(PIECES_MOST));
    const char *expected = byte_queue_front(&model->expected);
    size_t offered = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(pieces[i].iov_len > 0);
        assert_memory_equal(pieces[i].iov_base, expected + offered, pieces[i].iov_len);
        offered += pieces[i].iov_len;
    }
    const size_t size = offered == 0 ? 0 : 1 + below((unsigned int)offered);
    control_output_consume(&model->output, size);
    if (size > 0)
        byte_queue_consume(&model->expected, size);
}

static void setup(struct model *model)
{
    *model = (struct model){.output = {.first = 0}};
    for (unsigned int i = 0; i < TEXTS; i++) {
        char text[TEXTS * 30];
        memset(text, '0' + (int)i, sizeof(text));
        model->texts[i] = shared_text_new(text, 1 + i * 29);
        assert_non_null(model->texts[i]);
    }
}

static void teardown(struct model *model)
{
    control_output_fini(&model->output);
    byte_queue_fini(&model->expected);
    for (unsigned int i = 0; i < TEXTS; i++) {
        assert_int_equal(model->texts[i]->references, 1);
        shared_text_release(model->texts[i]);
    }
}

static void test_everything_in_order(void **state)
{
    (void)state;
    struct model model;
    setup(&model);
    for (int round = 0; round < ROUNDS; round++) {
        const unsigned int what = below(5);
        if (what < 2 && model.expected.length < WAITING_MOST)
            add(&model, true);
        else if (what == 2)
            add_and_take_back(&model);
        else
            take(&model);
        assert_int_equal(control_output_length(&model.output), model.expected.length);
    }
    while (model.expected.length > 0)
        take(&model);
    assert_null(model.output.inserts); /* nothing is held for a client that has everything */
    assert_null(model.output.bytes.data);
    teardown(&model);
}

static void test_freed_with_what_waits(void **state)
{
    (void)state;
    struct model model;
    setup(&model);
    for (int i = 0; i < 100; i++)
        add(&model, true);
    teardown(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_in_order),
        cmocka_unit_test(test_freed_with_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
