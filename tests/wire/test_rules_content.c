/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What only clients read: envelope.proto and content.proto.
 */
#include "tests/check.h"

#include "tests/wire/samples.h"
#include "wire/limits.h"

static char long_text[TEXT_MAX + 2];

/* N letters. */
static char *
letters(size_t n)
{
    memset(long_text, 'a', n);
    long_text[n] = '\0';
    return long_text;
}

static char bad_utf8[] = "caf\xc3";

static void
sender_names_account_device_keys_and_address(void **state)
{
    static char upper[] = "Alice@relay", none[] = "alice";
    SAMPLE(sender, Wire__Sender, m);
    refuses_other_lengths(sender, m, m->account_id);
    refuses_other_lengths(sender, m, m->dak);
    refuses_other_lengths(sender, m, m->manifest_hash);
    has_range(sender, m, m->device, 1U, (uint32_t)DEVICE_ID_MAX);
    refuses_with(sender, m, m->manifest_seq, 0, ERR_MALFORMED);
    reads_with(sender, m, m->manifest_seq, UINT32_MAX);
    refuses_with(sender, m, m->address, upper, ERR_MALFORMED);
    refuses_with(sender, m, m->address, none, ERR_MALFORMED);
    refuses_with(sender, m, m->address, bad_utf8, ERR_MALFORMED);
}

/* The longest address and the largest numbers: the 214 bytes that the header has room for. */
static void
sender_with_the_longest_address_fits_its_place_in_the_envelope(void **state)
{
    char longest[ADDRESS_MAX + 1];
    SAMPLE(sender, Wire__Sender, m);
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "alice@", 6);
    longest[60] = '.';
    longest[ADDRESS_MAX] = '\0';
    m->device = DEVICE_ID_MAX;
    m->manifest_seq = UINT32_MAX;
    reads_with(sender, m, m->address, longest);
}

static void
content_is_for_somebody(void **state)
{
    SAMPLE(content, Wire__Content, m);
    has_limits(content, m, m->shared, 1, RESEND_SHARED_MAX);
    refuses_with(content, m, m->own, NULL, ERR_MALFORMED);
    refuses_other_lengths(content, m, m->own->to);
    refuses_other_lengths(content, m, m->own->mine->hash16);
    refuses_with(content, m, m->own->mine->seq, 0, ERR_MALFORMED);
    reads_with(content, m, m->own->mine, NULL);
    refuses_other_lengths(content, m, m->own->yours->hash16);
    refuses_with(content, m, m->own->yours->seq, 0, ERR_MALFORMED);
    reads_with(content, m, m->own->yours, NULL);
    refuses_other_lengths(content, m, m->own->token->token);
    refuses_with(content, m, m->own->token->generation, 0, ERR_MALFORMED);
    reads_with(content, m, m->own->token, NULL);
    refuses_other_lengths(content, m, m->own->acks[0]->chain);
    has_range(content, m, m->own->acks[0]->upto, 0U, NUMBER_MAX);
    has_count(content, m, m->own->n_acks, m->own->acks, ACKS_MAX);
}

static void
content_has_own_of_at_most_nine_hundred_bytes(void **state)
{
    SAMPLE(content, Wire__Content, m);
    size_t left = OWN_MAX - protobuf_c_message_get_packed_size(&m->own->base);
    ProtobufCMessageUnknownField unknown = {
        .tag = 1000, .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED, .data = filler};
    uint8_t was[2] = {filler[0], filler[1]};
    m->own->base.n_unknown_fields = 1;
    m->own->base.unknown_fields = &unknown;
    for (size_t over = 0; over < 2; over++) {
        unknown.len = left - 2 + over; /* the tag takes 2, and the length stands in the data */
        filler[0] = (uint8_t)((unknown.len - 2) | 128);
        filler[1] = (uint8_t)((unknown.len - 2) >> 7);
        if (over == 0)
            assert_reads(content, m);
        else
            assert_refuses(content, m, ERR_TOO_LARGE);
    }
    m->own->base.n_unknown_fields = 0;
    m->own->base.unknown_fields = NULL;
    memcpy(filler, was, sizeof was);
}

static void
shared_has_its_numbers(void **state)
{
    SAMPLE(shared, Wire__Shared, m);
    refuses_with(shared, m, m->type, 0, ERR_MALFORMED);
    reads_with(shared, m, m->type, UINT32_MAX); /* newer than we are */
    refuses_other_lengths(shared, m, m->msg_id);
    has_range(shared, m, m->sent_at, 0U, NUMBER_MAX);
    reads_with(shared, m, m->conversation, FILLER(0));
    refuses_with(shared, m, m->conversation, FILLER(31), ERR_MALFORMED);
    refuses_with(shared, m, m->conversation, FILLER(33), ERR_MALFORMED);
    reads_with(shared, m, m->body, FILLER(0));
}

static void
shared_has_all_of_a_chain_or_nothing_of_it(void **state)
{
    SAMPLE(shared, Wire__Shared, m);
    refuses_other_lengths(shared, m, m->chain);
    refuses_other_lengths(shared, m, m->prev);
    refuses_with(shared, m, m->seq, 0, ERR_MALFORMED);
    reads_with(shared, m, m->seq, NUMBER_MAX);
    refuses_with(shared, m, m->seq, NUMBER_MAX + 1, ERR_MALFORMED);
    refuses_with(shared, m, m->seq, 1, ERR_MALFORMED); /* the first has none before it */
    m->prev.len = 0;
    reads_with(shared, m, m->seq, 1);
    m->chain.len = 0;
    reads_with(shared, m, m->seq, 0);
    m->prev.len = 16;
    refuses_with(shared, m, m->seq, 0, ERR_MALFORMED);
}

/* Field 12: where the chain ended that this one goes on from. */
static void
shared_names_the_chain_before_in_the_first_of_a_chain_only(void **state)
{
    Wire__ChainEnd end = WIRE__CHAIN_END__INIT;
    SAMPLE(shared, Wire__Shared, m);
    end.chain = FILLER(8);
    end.seq = 7;
    assert_int_not_equal(m->seq, 1);
    refuses_with(shared, m, m->before, &end, ERR_MALFORMED);
    m->prev.len = 0;
    m->seq = 1;
    reads_with(shared, m, m->before, NULL);
    m->before = &end;
    assert_reads(shared, m);
    refuses_other_lengths(shared, m, end.chain);
    has_range(shared, m, end.seq, 1U, NUMBER_MAX);
    m->chain.len = 0; /* without a chain of its own */
    refuses_with(shared, m, m->seq, 0, ERR_MALFORMED);
    refuses_with(shared, m, m->seq, 1, ERR_MALFORMED);
    m->before = NULL;
    reads_with(shared, m, m->seq, 0);
}

/* As it goes over the wire: field 12, with the chain in 1 and the number in 2. */
static void
the_chain_before_is_field_twelve(void **state)
{
    static const uint8_t bytes[] = {0x62, 12, 0x0a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 9};
    AUTO(buf_done) struct buf b = BUF(SHARED_MAX);
    AUTO(shared_freep) Wire__Shared *m = NULL;
    Wire__Shared *none = NULL;
    SAMPLE(shared, Wire__Shared, first);
    first->prev.len = 0;
    first->seq = 1;
    wire_pack(&b, &first->base);
    size_t without = b.n;
    buf_put(&b, SPAN(bytes, sizeof bytes));
    assert_ok(shared_read(buf_span(&b), &m));
    assert_non_null(m->before);
    assert_memory_equal(m->before->chain.data, bytes + 4, 8);
    assert_int_equal(m->before->seq, 9);
    for (size_t n = without + 1; n < b.n; n++)
        assert_err(shared_read(SPAN(b.p, n), &none), ERR_MALFORMED);
    b.p[b.n - 1] = 0; /* no number at all */
    assert_err(shared_read(buf_span(&b), &none), ERR_MALFORMED);
}

static void
shared_is_a_little_larger_for_a_resend_only(void **state)
{
    SAMPLE(shared, Wire__Shared, m);
    ProtobufCBinaryData good = m->body;
    m->body = FILLER(1000);
    size_t rest = protobuf_c_message_get_packed_size(&m->base) - 1000 + 1; /* one more for length */
    ProtobufCBinaryData most = FILLER(SHARED_MAX - rest), more = FILLER(SHARED_MAX - rest + 1);
    ProtobufCBinaryData resend = FILLER(RESEND_SHARED_MAX - rest);
    ProtobufCBinaryData over = FILLER(RESEND_SHARED_MAX - rest + 1);
    reads_with(shared, m, m->body, most);
    refuses_with(shared, m, m->body, more, ERR_TOO_LARGE);
    m->type = 22;
    reads_with(shared, m, m->body, resend);
    refuses_with(shared, m, m->body, over, ERR_TOO_LARGE);
    m->body = good;
}

static void
text_is_utf8_up_to_its_limit(void **state)
{
    SAMPLE(text, Wire__Text, m);
    m->n_mentions = m->n_ranges = 0;
    reads_with(text, m, m->text, letters(TEXT_MAX));
    refuses_with(text, m, m->text, letters(TEXT_MAX + 1), ERR_TOO_LARGE);
    refuses_with(text, m, m->text, bad_utf8, ERR_MALFORMED);
    reads_with(text, m, m->text, letters(0)); /* under an attachment */
    refuses_other_lengths(text, m, m->reply_hash);
    refuses_with(text, m, m->reply_to, FILLER(15), ERR_MALFORMED);
    refuses_with(text, m, m->reply_to, FILLER(0), ERR_MALFORMED); /* the hash stands alone */
    m->n_mentions = m->n_ranges = 1;
}

/* "grüß dich": two bytes each at 2 and 4. */
static void
text_has_mentions_and_ranges_within_it_that_split_no_character(void **state)
{
    SAMPLE(text, Wire__Text, m);
    size_t n = strlen(m->text);
    Wire__Range *r = m->ranges[0];
    Wire__Mention *at = m->mentions[0];
    refuses_other_lengths(text, m, at->account_id);
    refuses_with(text, m, at->start, 3, ERR_MALFORMED);
    refuses_with(text, m, at->length, 1, ERR_MALFORMED);
    refuses_with(text, m, at->length, 3, ERR_MALFORMED);
    refuses_with(text, m, at->length, 0, ERR_MALFORMED);
    r->start = 6;
    reads_with(text, m, r->length, (uint32_t)n - 6);
    refuses_with(text, m, r->length, (uint32_t)n - 5, ERR_MALFORMED);
    refuses_with(text, m, r->length, UINT32_MAX, ERR_MALFORMED);
    refuses_with(text, m, r->length, UINT32_MAX - 5, ERR_MALFORMED); /* start + length wraps */
    refuses_with(text, m, r->start, (uint32_t)n, ERR_MALFORMED);
    refuses_with(text, m, r->start, UINT32_MAX, ERR_MALFORMED);
    has_count(text, m, m->n_mentions, m->mentions, MENTIONS_MAX);
    has_count(text, m, m->n_ranges, m->ranges, RANGES_MAX);
}

static void
receipt_names_messages(void **state)
{
    SAMPLE(receipt, Wire__Receipt, m);
    has_range(receipt, m, m->kind, 1U, 2U);
    refuses_other_lengths(receipt, m, m->ids[0]);
    refuses_with(receipt, m, m->n_ids, 0, ERR_MALFORMED);
    has_count(receipt, m, m->n_ids, m->ids, RECEIPT_IDS_MAX);
}

static void
contact_request_is_short(void **state)
{
    SAMPLE(contact_request, Wire__ContactRequest, m);
    reads_with(contact_request, m, m->text, letters(REQUEST_TEXT_MAX));
    refuses_with(contact_request, m, m->text, letters(REQUEST_TEXT_MAX + 1), ERR_TOO_LARGE);
    refuses_with(contact_request, m, m->text, bad_utf8, ERR_MALFORMED);
    reads_with(contact_request, m, m->name, letters(PERSON_NAME_MAX));
    refuses_with(contact_request, m, m->name, letters(PERSON_NAME_MAX + 1), ERR_TOO_LARGE);
    refuses_with(contact_request, m, m->name, bad_utf8, ERR_MALFORMED);
}

static void
session_reset_has_a_reason(void **state)
{
    SAMPLE(session_reset, Wire__SessionReset, m);
    has_range(session_reset, m, m->reason, 1U, 2U);
    refuses_other_lengths(session_reset, m, m->acks[0]->chain);
    has_count(session_reset, m, m->n_acks, m->acks, ACKS_MAX);
}

static void
resend_request_asks_for_a_hundred_at_most(void **state)
{
    SAMPLE(resend_request, Wire__ResendRequest, m);
    refuses_other_lengths(resend_request, m, m->chain);
    has_range(resend_request, m, m->seqs[0], 1U, NUMBER_MAX);
    refuses_with(resend_request, m, m->n_seqs, 0, ERR_MALFORMED);
    has_count(resend_request, m, m->n_seqs, m->seqs, RESEND_SEQS_MAX);
}

static void
resend_has_either_the_content_or_the_number_that_is_gone(void **state)
{
    SAMPLE(resend, Wire__Resend, m);
    Wire__ResendEntry *there = m->entries[0], *gone = m->entries[1];
    refuses_other_lengths(resend, m, m->chain);
    has_limits(resend, m, there->shared, 1, SHARED_MAX);
    refuses_with(resend, m, there->seq, 5, ERR_MALFORMED);
    refuses_with(resend, m, there->gone, true, ERR_MALFORMED);
    refuses_with(resend, m, gone->gone, false, ERR_MALFORMED);
    refuses_with(resend, m, gone->shared, FILLER(10), ERR_MALFORMED);
    has_range(resend, m, gone->seq, 1U, NUMBER_MAX);
    refuses_with(resend, m, m->n_entries, 0, ERR_MALFORMED);
    has_count(resend, m, m->n_entries, m->entries, RESEND_SEQS_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sender_names_account_device_keys_and_address),
        cmocka_unit_test(sender_with_the_longest_address_fits_its_place_in_the_envelope),
        cmocka_unit_test(content_is_for_somebody),
        cmocka_unit_test(content_has_own_of_at_most_nine_hundred_bytes),
        cmocka_unit_test(shared_has_its_numbers),
        cmocka_unit_test(shared_has_all_of_a_chain_or_nothing_of_it),
        cmocka_unit_test(shared_names_the_chain_before_in_the_first_of_a_chain_only),
        cmocka_unit_test(the_chain_before_is_field_twelve),
        cmocka_unit_test(shared_is_a_little_larger_for_a_resend_only),
        cmocka_unit_test(text_is_utf8_up_to_its_limit),
        cmocka_unit_test(text_has_mentions_and_ranges_within_it_that_split_no_character),
        cmocka_unit_test(receipt_names_messages),
        cmocka_unit_test(contact_request_is_short),
        cmocka_unit_test(session_reset_has_a_reason),
        cmocka_unit_test(resend_request_asks_for_a_hundred_at_most),
        cmocka_unit_test(resend_has_either_the_content_or_the_number_that_is_gone),
    };
    return cmocka_run_group_tests_name("wire-rules-content", tests, NULL, NULL);
}
