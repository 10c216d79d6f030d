/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "crypto/request_auth.h"

static struct device_keys own;
static const struct request_subject subject = {
    .relay = {{9}},
    .authority = "relay.example:8443",
    .method = "PUT",
    .path = "/v1/keys?x=1",
    .body = {(const uint8_t *)"body", 4},
};

static int
setup(void **state)
{
    struct account_id account = {{1}};

    assert_ok(crypto_init());
    device_keys_generate(&account, 3, 0, &own);
    return 0;
}

/* What a relay does with the header. */
static enum err
verify(const char *header, const struct request_subject *s, struct request_credentials *c)
{
    AUTO(buf_done) struct buf text = BUF(4096);

    TRY(authorization_read(SPAN_STR(header), c));
    request_text_write(&text, s, c);
    TRY(buf_ok(&text));
    return label_verify(c->label, buf_span(&text), &own.dsk.public, &c->sig);
}

static void
request_authorize_satisfies_a_relay(void **state)
{
    char header[AUTHORIZATION_MAX], again[AUTHORIZATION_MAX];
    struct request_credentials c;

    assert_ok(request_authorize(&own, 1700000000, &subject, header));
    assert_ok(verify(header, &subject, &c));
    assert_int_equal(c.label, LABEL_REQUEST);
    assert_int_equal(c.device, 3);
    assert_int_equal(c.time, 1700000000);
    assert_memory_equal(&c.account, &own.account, sizeof own.account);
    assert_ok(request_authorize(&own, 1700000000, &subject, again));
    assert_string_not_equal(header, again); /* a fresh nonce */
}

static void
request_authorize_covers_every_part_of_the_request(void **state)
{
    char header[AUTHORIZATION_MAX];
    struct request_credentials c;

    assert_ok(request_authorize(&own, 1700000000, &subject, header));
#define CHANGED(change)                                                                            \
    do {                                                                                           \
        struct request_subject s = subject;                                                        \
        change;                                                                                    \
        assert_err(verify(header, &s, &c), ERR_SIGNATURE);                                         \
    } while (0)
    CHANGED(s.relay.b[0] = 8);
    CHANGED(s.authority = "relay.example:443");
    CHANGED(s.method = "GET");
    CHANGED(s.path = "/v1/keys");
    CHANGED(s.body = SPAN_STR("bodz"));
    CHANGED(s.body = SPAN_NONE);
    CHANGED(s.authority = "relay.example:8443P"; s.method = "UT"); /* the lengths are covered */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_authorize_satisfies_a_relay),
        cmocka_unit_test(request_authorize_covers_every_part_of_the_request),
    };
    return cmocka_run_group_tests_name("crypto-request_auth", tests, setup, NULL);
}
