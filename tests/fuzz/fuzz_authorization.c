/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Authorization header. What is read is written as it came: it has one spelling.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "wire/request_text.h"

void
fuzz_seeds(void)
{
    struct request_credentials c = {.label = LABEL_REQUEST, .device = 1, .time = 1800000000};
    char text[AUTHORIZATION_MAX];

    memset(c.account.b, 0xfb, sizeof c.account.b);
    memset(c.sig.b, 0x3e, sizeof c.sig.b);
    authorization_write(&c, text);
    fuzz_seed(SPAN_STR(text));
    c.label = LABEL_FETCH;
    c.device = 63;
    c.time = INT64_MAX;
    authorization_write(&c, text);
    fuzz_seed(SPAN_STR(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request_credentials c;
    char again[AUTHORIZATION_MAX];

    if (authorization_read(SPAN(data, size), &c) != OK)
        return 0;
    authorization_write(&c, again);
    assert(span_equal(SPAN_STR(again), SPAN(data, size)));
    return 0;
}
