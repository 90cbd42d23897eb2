/* Addresses of this machine alone, and who asks, as a reverse proxy says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "web/address.h"

static void assert_address(const char *header, const char *wanted)
{
    struct sockaddr_storage address;
    char text[INET6_ADDRSTRLEN];
    const void *bytes;
    assert_true(address_of_forwarded(header, &address));
    if (address.ss_family == AF_INET)
        bytes = &((const struct sockaddr_in *)&address)->sin_addr;
    else
        bytes = &((const struct sockaddr_in6 *)&address)->sin6_addr;
    assert_string_equal(inet_ntop(address.ss_family, bytes, text, sizeof(text)), wanted);
}

static void test_the_last_address_counts(void **state)
{
    (void)state;
    assert_address("192.0.2.7", "192.0.2.7");
    assert_address("made up, 198.51.100.1, 192.0.2.7", "192.0.2.7");
    assert_address("198.51.100.1,192.0.2.7 ", "192.0.2.7");
    assert_address("2001:db8::1", "2001:db8::1");
}

static void test_what_is_no_address_is_none(void **state)
{
    static const char *const others[] = {
        "",
        " ",
        ",",
        "192.0.2.7,",
        "192.0.2.7:80",
        "[::1]",
        "unknown",
        "192.0.2",
        "192.0.2.7 x",
        "1111111111111111111111111111111111111111111111111",
        "0x7f.0.0.1",
        "192.0.2.7\t",
        "::1%lo",
    };
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(address_of_forwarded(others[i], &address));
    assert_int_equal(address.ss_family, AF_UNSPEC);
}

static bool is_loopback(const char *text)
{
    struct sockaddr_storage address;
    assert_true(address_of_forwarded(text, &address));
    return address_is_loopback((const struct sockaddr *)&address);
}

/* With listen = [::]:PORT a proxy on 127.0.0.1 was none of this machine, and whom it named was not believed. */
static void test_this_machine_is_known_by_all_its_names(void **state)
{
    (void)state;
    assert_true(is_loopback("127.0.0.1"));
    assert_true(is_loopback("127.1.2.3"));
    assert_true(is_loopback("::1"));
    assert_true(is_loopback("::ffff:127.0.0.1"));
    assert_false(is_loopback("192.0.2.7"));
    assert_false(is_loopback("::ffff:192.0.2.7"));
    assert_false(is_loopback("7f00::1"));
    assert_false(is_loopback("::"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_address_counts),
        cmocka_unit_test(test_what_is_no_address_is_none),
        cmocka_unit_test(test_this_machine_is_known_by_all_its_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
