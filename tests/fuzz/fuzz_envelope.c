/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Envelopes. The first byte says what the rest is: an envelope as it travels, or the 240 bytes of
 * a sender header and a body, which are then sealed with sound keys. Without that no mutation would
 * come past the first tag.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "crypto/envelope.h"
#include "tests/crypto/envelope_forge.h"
#include "tests/fuzz/counted.h"

enum { ENVELOPE, INSIDE };

static struct people *
the_people(void)
{
    static struct people people;
    if (people.to.eks == NULL) {
        counted_randomness();
        people_init(&people);
    }
    return &people;
}

static void
put_seed(uint8_t what, struct span first, struct span second)
{
    AUTO(buf_done) struct buf b = BUF(FUZZ_INPUT_MAX);
    buf_put_u8(&b, what);
    buf_put(&b, first);
    buf_put(&b, second);
    fuzz_seed(buf_span(&b));
}

void
fuzz_seeds(void)
{
    static const size_t manifests[] = {0, 600};
    for (size_t i = 0; i < 2; i++) {
        AUTO(buf_done) struct buf manifest = filler(manifests[i]), message = filler(200);
        AUTO(forged_done) struct forged f;
        forged_init(the_people(), ENVELOPE_B1, buf_span(&manifest), buf_span(&message), &f);
        AUTO(buf_done) struct buf whole = forge(the_people(), &f);
        put_seed(ENVELOPE, buf_span(&whole), SPAN_NONE);
        /* The padding is put back by whoever runs it: short seeds, and no work for the search. */
        put_seed(INSIDE, SPAN(f.header, FORGED_HEADER), SPAN(f.body.p, 7 + 200 + manifests[i]));
    }
}

/* What opened is what the body says, and nothing besides it. */
static void
assert_body(const struct envelope_opened *o)
{
    struct span body = buf_span(&o->body);
    struct reader r = READER(body);
    uint8_t type = read_u8(&r);
    struct span manifest = read_span(&r, read_u16(&r));
    struct span message = read_span(&r, read_u32(&r));
    assert(r.ok && envelope_type_known(type));
    assert(o->type == (enum envelope_type)type);
    assert(span_equal(manifest, o->manifest) && span_equal(message, o->message));
    for (size_t i = 0; i < r.rest.n; i++)
        assert(r.rest.p[i] == 0);
    assert(o->sender.device >= 1 && o->sender.device <= DEVICE_ID_MAX);
}

static void
try_open(struct span envelope)
{
    struct people *p = the_people();
    AUTO(envelope_opened_done) struct envelope_opened o = {0};
    uint32_t eks_id = 0;

    enum err id = envelope_eks_id(envelope, &eks_id);
    enum err e = envelope_open(envelope, &p->to, &p->eks_secret, &o);
    assert(e == OK || e == ERR_DECRYPT);
    if (e == OK) {
        assert(id == OK && eks_id == p->to.eks_id);
        assert_body(&o);
    } else {
        assert(o.body.p == NULL);
    }
}

static void
try_inside(struct span bytes)
{
    AUTO(forged_done) struct forged f = {.body = BUF(FUZZ_INPUT_MAX)};
    struct reader r = READER(bytes);
    size_t room = ENVELOPE_B1 - 1397;

    read_bytes(&r, f.header, sizeof f.header);
    if (!r.ok || r.rest.n > ENVELOPE_B3)
        return;
    if (r.rest.n > room) /* too long for the size: it stays so, and must not open */
        room = r.rest.n;
    buf_put(&f.body, r.rest);
    if (room > r.rest.n)
        memset(buf_grow(&f.body, room - r.rest.n), 0, room - r.rest.n);
    AUTO(buf_done) struct buf envelope = forge(the_people(), &f);
    try_open(buf_span(&envelope));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] == INSIDE)
        try_inside(SPAN(data + 1, size - 1));
    else
        try_open(SPAN(data + 1, size - 1));
    return 0;
}
