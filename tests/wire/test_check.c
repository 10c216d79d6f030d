/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "tests/wire/samples.h"
#include "wire/limits.h"

/* What all of WIRE_MESSAGES share, one row a message. */
struct kind {
    const char *name;
    size_t max;
    const ProtobufCMessageDescriptor *type;
    void (*sample)(struct buf *out);
    enum err (*read)(struct span bytes);
};

#define READ_AND_FREE(name, type, prefix, max)                                                     \
    static enum err name##_tried(struct span bytes)                                                \
    {                                                                                              \
        AUTO(name##_freep) type *m = NULL;                                                         \
        enum err e = name##_read(bytes, &m);                                                       \
        assert_true((e == OK) == (m != NULL));                                                     \
        return e;                                                                                  \
    }
WIRE_MESSAGES(READ_AND_FREE)

#define ROW(name, type, prefix, max)                                                               \
    {#name, max, &prefix##__descriptor, name##_sample, name##_tried},
static const struct kind kinds[] = {WIRE_MESSAGES(ROW)};
#define KINDS (sizeof kinds / sizeof *kinds)

static void
every_sample_reads_and_packs_to_the_same_bytes(void **state)
{
    for (size_t i = 0; i < KINDS; i++) {
        AUTO(buf_done) struct buf in = BUF(1024 * 1024), out = BUF(1024 * 1024);
        ProtobufCMessage *m = NULL;
        kinds[i].sample(&in);
        assert_ok(kinds[i].read(buf_span(&in)));
        assert_ok(wire_unpack(kinds[i].type, buf_span(&in), in.n, &m));
        wire_pack(&out, m);
        wire_unpacked_free(m);
        assert_true(span_equal(buf_span(&in), buf_span(&out)));
    }
}

/* A cut between two fields may leave a whole message; what counts is that nothing else happens. */
static void
every_cut_is_read_or_refused_as_malformed(void **state)
{
    for (size_t i = 0; i < KINDS; i++) {
        AUTO(buf_done) struct buf in = BUF(1024 * 1024);
        kinds[i].sample(&in);
        for (size_t n = 0; n < in.n; n = n < 2000 ? n + 1 : n + 97) {
            enum err e = kinds[i].read(SPAN(in.p, n));
            assert_true(e == OK || e == ERR_MALFORMED || e == ERR_TOO_LARGE);
        }
    }
}

static void
each_message_has_a_limit_of_its_own(void **state)
{
    for (size_t i = 0; i < KINDS; i++) {
        AUTO(buf_done) struct buf in = BUF(4 * 1024 * 1024);
        memset(buf_grow(&in, kinds[i].max + 1), 0, kinds[i].max + 1);
        assert_err(kinds[i].read(buf_span(&in)), ERR_TOO_LARGE);
        assert_err(kinds[i].read(SPAN(in.p, kinds[i].max)), ERR_MALFORMED);
    }
}

/* Two bytes, TAG and the length 0, again and again: a hundred bytes of memory for each. */
static enum err
tiny_fields(const struct kind *k, uint32_t tag)
{
    AUTO(buf_done) struct buf in = BUF(4 * 1024 * 1024);
    while (in.n + 3 <= k->max) {
        uint32_t key = tag << 3 | 2;
        if (key >= 128)
            buf_put_u8(&in, (uint8_t)(key | 128));
        buf_put_u8(&in, (uint8_t)(key >= 128 ? key >> 7 : key));
        buf_put_u8(&in, 0);
    }
    return k->read(buf_span(&in));
}

static void
many_tiny_submessages_are_refused_before_they_take_memory(void **state)
{
    size_t tried = 0;
    for (size_t i = 0; i < KINDS; i++)
        for (unsigned f = 0; f < kinds[i].type->n_fields; f++) {
            const ProtobufCFieldDescriptor *field = &kinds[i].type->fields[f];
            if (field->label != PROTOBUF_C_LABEL_REPEATED || field->type != PROTOBUF_C_TYPE_MESSAGE)
                continue;
            assert_err(tiny_fields(&kinds[i], field->id), ERR_TOO_LARGE);
            tried++;
        }
    assert_true(tried > 10);
}

static void
many_unknown_fields_are_refused_before_they_take_memory(void **state)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].max >= 4096)
            assert_err(tiny_fields(&kinds[i], 1000), ERR_TOO_LARGE);
}

static void
an_unknown_field_is_ignored(void **state)
{
    for (size_t i = 0; i < KINDS; i++) {
        AUTO(buf_done) struct buf in = BUF(1024 * 1024);
        kinds[i].sample(&in);
        buf_put(&in, SPAN("\xc2\x3e\x01x", 4)); /* field 1000: one byte */
        assert_ok(kinds[i].read(buf_span(&in)));
    }
}

/* The last one counts, as everywhere in Protocol Buffers, and it is the one that is checked. */
static void
of_a_field_sent_twice_the_last_is_checked_and_used(void **state)
{
    static const char twice[] = "\x0a\x03!!!\x0a\x05"
                                "alice";
    static const char wrong[] = "\x0a\x05"
                                "alice\x0a\x03!!!";
    AUTO(card_freep) Wire__Card *m = NULL;
    assert_err(card_read(SPAN(wrong, sizeof wrong - 1), &m), ERR_MALFORMED);
    assert_ok(card_read(SPAN(twice, sizeof twice - 1), &m));
    assert_string_equal(m->name, "alice");
}

/* protobuf-c would hand out "alice" and hide the rest. */
static void
a_nul_inside_a_string_is_refused(void **state)
{
    static const char name[] = "\x0a\x0a"
                               "alice\0evil";
    static const char end[] = "\x0a\x06"
                              "alice\0";
    AUTO(card_freep) Wire__Card *m = NULL;
    AUTO(error_freep) Wire__Error *e = NULL;
    assert_err(card_read(SPAN(name, sizeof name - 1), &m), ERR_MALFORMED);
    assert_err(card_read(SPAN(end, sizeof end - 1), &m), ERR_MALFORMED);
    assert_err(error_read(SPAN("\x08\x90\x03\x12\x03g\0h", 8), &e), ERR_MALFORMED);
    assert_ok(error_read(SPAN("\x08\x90\x03\x12\x02gh", 7), &e));
}

static void
envelopes_have_three_sizes(void **state)
{
    size_t valid = 0;
    for (size_t n = 0; n < 70000; n++)
        valid += envelope_size_valid(n);
    assert_int_equal(valid, 3);
    assert_true(envelope_size_valid(4096));
    assert_true(envelope_size_valid(16384));
    assert_true(envelope_size_valid(65536));
}

static void
the_fullest_lists_fit_the_memory_bound(void **state)
{
    static Wire__TokenEntry *add[TOKENS_MAX];
    static ProtobufCBinaryData gone[TOKENS_MAX];
    SAMPLE(tokens_put, Wire__TokensPut, m);
    Wire__TokensPut full = *m;
    m->add[0]->bytes_a_day = INT64_MAX;
    m->add[0]->uses = UINT32_MAX;
    for (size_t i = 0; i < TOKENS_MAX; i++) {
        add[i] = m->add[0];
        gone[i] = m->remove[0];
    }
    full.n_add = full.n_remove = TOKENS_MAX;
    full.add = add;
    full.remove = gone;
    assert_reads(tokens_put, &full);
    add[0]->tag = add[0]->uses = 0; /* smallest on the wire, the same in memory */
    add[0]->bytes_a_day = add[0]->expiry = 0;
    assert_reads(tokens_put, &full);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_reads_and_packs_to_the_same_bytes),
        cmocka_unit_test(every_cut_is_read_or_refused_as_malformed),
        cmocka_unit_test(each_message_has_a_limit_of_its_own),
        cmocka_unit_test(many_tiny_submessages_are_refused_before_they_take_memory),
        cmocka_unit_test(many_unknown_fields_are_refused_before_they_take_memory),
        cmocka_unit_test(an_unknown_field_is_ignored),
        cmocka_unit_test(of_a_field_sent_twice_the_last_is_checked_and_used),
        cmocka_unit_test(a_nul_inside_a_string_is_refused),
        cmocka_unit_test(envelopes_have_three_sizes),
        cmocka_unit_test(the_fullest_lists_fit_the_memory_bound),
    };
    return cmocka_run_group_tests_name("wire-check", tests, NULL, NULL);
}
