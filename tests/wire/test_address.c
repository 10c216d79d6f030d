/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "wire/address.h"

static void
address_reads_what_it_writes(void **state)
{
    static const char *const good[] = {
        "alice@relay.example",
        "alice@relay.example:8443",
        "a.b_c-9@127.0.0.1:1",
        "bob@[::1]:8443",
        "~abcdefghijklmnopqrstuvwxyz@relay.example",
        "bob@abcdefghijklmnop.onion:80",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct address a;
        char text[ADDRESS_MAX + 1];
        assert_ok(address_read(SPAN_STR(good[i]), &a));
        address_write(&a, text);
        assert_string_equal(text, good[i]);
    }
}

static void
address_refuses_what_is_not_one(void **state)
{
    static const char *const bad[] = {
        "",
        "alice",
        "@relay",
        "Alice@relay",
        "alice@Relay",
        "alice@",
        "alice@r:",
        "alice@r:0",
        "alice@r:08",
        "alice@r:65536",
        "alice@r:8443x",
        ".alice@relay",
        "alice@-r",
        "alice@r..x",
        "alice@[::1",
        "alice@[xyz]",
        "al ice@relay",
        "alice@re lay",
        "~short@relay",
        "alice@relay.",
        "alice@@relay",
        "123456789012345678901234567890123@relay",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct address a = {.port = 7};
        assert_err(address_read(SPAN_STR(bad[i]), &a), ERR_MALFORMED);
        assert_int_equal(a.port, 7);
    }
    /* What resolvers take for a number would pass as a name, and be 127.0.0.1 all the same. */
    static const char *const numbers[] = {
        "a@127.1",     "a@2130706433", "a@0x7f000001", "a@0177.0.0.1", "a@127.0.0.0x1",
        "a@0x7f.1:80", "a@0x",         "a@256.1.1.1",  "a@1.2.3.4.5",  "a@relay.1",
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct address a = {.port = 7};
        assert_err(address_read(SPAN_STR(numbers[i]), &a), ERR_MALFORMED);
        assert_int_equal(a.port, 7);
    }
    struct address digits;
    assert_ok(address_read(SPAN_STR("a@1.relay.x0"), &digits)); /* these are names */
    assert_ok(address_read(SPAN_STR("a@127.0.0.1.0xrelay"), &digits));
    /* What stands behind a NUL would be hidden from inet_pton, and the host is lower case. */
    struct address hidden = {.port = 7};
    assert_err(address_read(SPAN("bob@[::1\0x]", 12), &hidden), ERR_MALFORMED);
    assert_err(address_read(SPAN_STR("bob@[FE80::1]"), &hidden), ERR_MALFORMED);
    assert_err(address_read(SPAN_STR("bob@[fe80::1%eth0]"), &hidden), ERR_MALFORMED);
    assert_int_equal(hidden.port, 7);
    char longest[200];
    memset(longest, 'a', sizeof longest);
    longest[5] = '@';
    struct address a;
    assert_err(address_read(SPAN(longest, 101), &a), ERR_TOO_LARGE);
}

static void
contact_link_reads_what_it_writes(void **state)
{
    struct contact_link l = {.has_account = true, .has_relay_pin = true, .has_invitation = true}, m;
    char text[CONTACT_LINK_MAX + 1];
    assert_ok(address_read(SPAN_STR("alice@relay.example:8443"), &l.address));
    memset(l.account.b, 0xa5, sizeof l.account.b);
    memset(l.relay_pin.b, 0x5a, sizeof l.relay_pin.b);
    memset(l.invitation.b, 0xff, sizeof l.invitation.b);
    contact_link_write(&l, text);
    assert_ok(contact_link_read(SPAN_STR(text), &m));
    assert_memory_equal(&l, &m, sizeof l);
}

static void
contact_link_refuses_each_cut_that_hurts_a_parameter(void **state)
{
    struct contact_link l = {.has_account = true}, m;
    char text[CONTACT_LINK_MAX + 1];
    assert_ok(address_read(SPAN_STR("a@r"), &l.address));
    contact_link_write(&l, text);
    for (size_t n = strlen("snug:a@r?i="); n < strlen(text); n++)
        assert_err(contact_link_read(SPAN(text, n), &m), ERR_MALFORMED);
}

static void
private_hosts_are_known(void **state)
{
    static const char *const yes[] = {"127.0.0.1",         "10.1.2.3",  "192.168.0.1", "172.31.0.1",
                                      "169.254.1.1",       "[::1]",     "[fe80::1]",   "[fd00::1]",
                                      "[::ffff:10.0.0.1]", "localhost", "0.0.0.0"};
    static const char *const no[] = {"1.1.1.1", "172.32.0.1", "relay.example", "[2001:db8::1]"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(host_is_private(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(host_is_private(no[i]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_reads_what_it_writes),
        cmocka_unit_test(address_refuses_what_is_not_one),
        cmocka_unit_test(contact_link_reads_what_it_writes),
        cmocka_unit_test(contact_link_refuses_each_cut_that_hurts_a_parameter),
        cmocka_unit_test(private_hosts_are_known),
    };
    return cmocka_run_group_tests_name("wire-address", tests, NULL, NULL);
}
