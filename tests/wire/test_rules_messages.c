/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What changes, adorns or goes beside messages: rules_messages.c.
 */
#include "tests/check.h"

#include "tests/wire/samples.h"
#include "wire/limits.h"

static char long_text[SHARED_MAX + 2];

/* N letters. */
static char *
letters(size_t n)
{
    memset(long_text, 'a', n);
    long_text[n] = '\0';
    return long_text;
}

static void
an_edit_has_a_target_and_words_that_quote_nothing(void **state)
{
    SAMPLE(edit, Wire__Edit, m);
    refuses_other_lengths(edit, m, m->target);
    refuses_with(edit, m, m->text->forwarded, true, ERR_MALFORMED);
    refuses_with(edit, m, m->text->reply_to, FILLER(16), ERR_MALFORMED);
    refuses_with(edit, m, m->text->text, letters(TEXT_MAX + 1), ERR_TOO_LARGE);
    Wire__Text *was = m->text;
    m->text = NULL;
    assert_refuses(edit, m, ERR_MALFORMED);
    m->text = was;
}

static void
a_deletion_and_a_pin_have_a_target(void **state)
{
    SAMPLE(delete, Wire__Delete, d);
    SAMPLE(pin, Wire__Pin, p);
    refuses_other_lengths(delete, d, d->target);
    refuses_other_lengths(pin, p, p->target);
}

static void
a_reaction_is_one_emoji_or_none(void **state)
{
    static char none[] = "";
    SAMPLE(reaction, Wire__Reaction, m);
    refuses_other_lengths(reaction, m, m->target);
    reads_with(reaction, m, m->emoji, none);
    reads_with(reaction, m, m->emoji, letters(REACTION_MAX));
    refuses_with(reaction, m, m->emoji, letters(REACTION_MAX + 1), ERR_TOO_LARGE);
}

static void
an_attachment_names_its_place_key_size_and_hash(void **state)
{
    SAMPLE(attachments, Wire__Attachments, m);
    Wire__Attachment *f = m->files[0];
    refuses_other_lengths(attachments, m, f->blob);
    refuses_other_lengths(attachments, m, f->read_secret);
    refuses_other_lengths(attachments, m, f->key);
    refuses_other_lengths(attachments, m, f->hash);
    reads_with(attachments, m, f->size, (uint64_t)ATTACHMENT_MAX);
    refuses_with(attachments, m, f->size, (uint64_t)ATTACHMENT_MAX + 1, ERR_MALFORMED);
    refuses_with(attachments, m, f->name, letters(ATTACHMENT_NAME_MAX + 1), ERR_TOO_LARGE);
    refuses_with(attachments, m, f->mime, letters(MIME_MAX + 1), ERR_TOO_LARGE);
    refuses_with(attachments, m, f->width, PIXELS_MAX + 1, ERR_MALFORMED);
    refuses_with(attachments, m, f->duration_ms, DURATION_MAX + 1, ERR_MALFORMED);
    refuses_with(attachments, m, f->waveform, FILLER(63), ERR_MALFORMED);
    refuses_with(attachments, m, f->kind, (Wire__AttachmentKind)7, ERR_MALFORMED);
}

static void
a_preview_has_the_size_that_it_says(void **state)
{
    static uint8_t flat[] = {0, 4}, cut[] = {2, 1, 9, 9, 9, 9, 9}, right[] = {1, 1, 9, 9, 9};
    static uint8_t wide[2 + 3 * (PREVIEW_SIDE_MAX + 1)] = {PREVIEW_SIDE_MAX + 1, 1};
    SAMPLE(attachments, Wire__Attachments, m);
    Wire__Attachment *f = m->files[0];
    reads_with(attachments, m, f->preview, ((ProtobufCBinaryData){sizeof right, right}));
    reads_with(attachments, m, f->preview, ((ProtobufCBinaryData){0, NULL}));
    refuses_with(attachments, m, f->preview, ((ProtobufCBinaryData){sizeof flat, flat}),
                 ERR_MALFORMED);
    refuses_with(attachments, m, f->preview, ((ProtobufCBinaryData){sizeof cut, cut}),
                 ERR_MALFORMED);
    refuses_with(attachments, m, f->preview, ((ProtobufCBinaryData){1, right}), ERR_MALFORMED);
    refuses_with(attachments, m, f->preview, ((ProtobufCBinaryData){sizeof wide, wide}),
                 ERR_MALFORMED);
}

static void
a_message_has_one_to_sixteen_files(void **state)
{
    SAMPLE(attachments, Wire__Attachments, m);
    Wire__Attachment *many[ATTACHMENTS_MAX + 1], **was = m->files;
    for (size_t i = 0; i < ATTACHMENTS_MAX + 1; i++)
        many[i] = was[0];
    m->files = many;
    m->n_files = ATTACHMENTS_MAX;
    assert_reads(attachments, m);
    m->n_files = ATTACHMENTS_MAX + 1;
    assert_refuses(attachments, m, ERR_TOO_LARGE);
    m->n_files = 0;
    assert_refuses(attachments, m, ERR_MALFORMED);
    m->files = was;
    m->n_files = 1;
    refuses_with(attachments, m, m->caption->text, letters(TEXT_MAX + 1), ERR_TOO_LARGE);
}

static void
a_profile_keeps_to_its_limits(void **state)
{
    SAMPLE(person, Wire__Profile, m);
    refuses_with(person, m, m->name, letters(PERSON_NAME_MAX + 1), ERR_TOO_LARGE);
    refuses_with(person, m, m->about, letters(ABOUT_MAX + 1), ERR_TOO_LARGE);
    reads_with(person, m, m->picture, FILLER(AVATAR_MAX));
    refuses_with(person, m, m->picture, FILLER(AVATAR_MAX + 1), ERR_TOO_LARGE);
}

static void
timer_and_presence_keep_to_their_times(void **state)
{
    SAMPLE(timer, Wire__Timer, t);
    SAMPLE(presence, Wire__Presence, p);
    has_range(timer, t, t->seconds, 0U, (uint32_t)EXPIRE_MAX);
    has_range(presence, p, p->seconds, 0U, (uint32_t)PRESENCE_HOLDS);
    refuses_with(presence, p, p->state, (Wire__PresenceState)9, ERR_MALFORMED);
    refuses_with(presence, p, p->text, letters(STATUS_TEXT_MAX + 1), ERR_TOO_LARGE);
}

static void
a_contact_card_has_a_link_that_reads(void **state)
{
    static char none[] = "", other[] = "https://alice@relay.example";
    SAMPLE(contact_card, Wire__ContactCard, m);
    refuses_with(contact_card, m, m->link, none, ERR_MALFORMED);
    refuses_with(contact_card, m, m->link, other, ERR_MALFORMED);
    refuses_with(contact_card, m, m->name, letters(PERSON_NAME_MAX + 1), ERR_TOO_LARGE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edit_has_a_target_and_words_that_quote_nothing),
        cmocka_unit_test(a_deletion_and_a_pin_have_a_target),
        cmocka_unit_test(a_reaction_is_one_emoji_or_none),
        cmocka_unit_test(an_attachment_names_its_place_key_size_and_hash),
        cmocka_unit_test(a_preview_has_the_size_that_it_says),
        cmocka_unit_test(a_message_has_one_to_sixteen_files),
        cmocka_unit_test(a_profile_keeps_to_its_limits),
        cmocka_unit_test(timer_and_presence_keep_to_their_times),
        cmocka_unit_test(a_contact_card_has_a_link_that_reads),
    };
    return cmocka_run_group_tests_name("wire-rules_messages", tests, NULL, NULL);
}
