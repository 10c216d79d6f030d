/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules of the contents that change, adorn or go beside messages (docs/PROTOCOL.md B8.4, B10,
 * B13, B15).
 */
#include "wire/address.h"
#include "wire/limits.h"
#include "wire/preview.h"
#include "wire/rules.h"

static enum err
target_rules(ProtobufCBinaryData target)
{
    return field_exact(target, sizeof(struct msg_id), "the message it is about");
}

enum err
edit_rules(const Wire__Edit *m)
{
    TRY(target_rules(m->target));
    TRY(field_present(m->text, "the new text"));
    TRY(field_exact(m->text->reply_to, 0, "a quote in an edit"));
    if (m->text->forwarded)
        return fail(ERR_MALFORMED, "an edit is not forwarded");
    return text_rules(m->text);
}

enum err
delete_rules(const Wire__Delete *m)
{
    return target_rules(m->target);
}

enum err
reaction_rules(const Wire__Reaction *m)
{
    TRY(target_rules(m->target));
    return field_text(m->emoji, REACTION_MAX, "the reaction");
}

/* --- attachments --- */

/* Width and height, a byte each, and three bytes a pixel. */
static enum err
preview_rules(ProtobufCBinaryData d)
{
    struct preview preview;

    TRY(field_most(d, PREVIEW_MAX, "the preview"));
    return d.len == 0 ? OK : preview_read(SPAN(d.data, d.len), &preview);
}

static enum err
attachment_rules(const Wire__Attachment *m)
{
    TRY(field_exact(m->blob, 16, "the place at the relay"));
    TRY(field_exact(m->read_secret, 16, "the secret to read it"));
    TRY(field_exact(m->key, 32, "the key"));
    TRY(field_range(m->size, 0, ATTACHMENT_MAX, "the file's size"));
    TRY(field_number(m->cipher_size, "the size at the relay")); /* follows from size: core's */
    TRY(field_exact(m->hash, sizeof(struct sha256), "the hash"));
    TRY(field_text(m->name, ATTACHMENT_NAME_MAX, "the file's name"));
    TRY(field_text(m->mime, MIME_MAX, "the file's type"));
    TRY(preview_rules(m->preview));
    TRY(field_range((uint64_t)m->kind, 0, WIRE__ATTACHMENT_KIND__ATTACHMENT_VOICE, "the kind"));
    TRY(field_range(m->width, 0, PIXELS_MAX, "the width"));
    TRY(field_range(m->height, 0, PIXELS_MAX, "the height"));
    TRY(field_range(m->duration_ms, 0, DURATION_MAX, "the duration"));
    return field_exact_or_none(m->waveform, WAVEFORM_BYTES, "the waveform");
}

enum err
attachments_rules(const Wire__Attachments *m)
{
    size_t previews = 0;

    TRY(field_count(m->n_files, 1, ATTACHMENTS_MAX, "files"));
    for (size_t i = 0; i < m->n_files; i++) {
        TRY(attachment_rules(m->files[i]));
        previews += m->files[i]->preview.len;
    }
    TRY(field_count(previews, 0, PREVIEWS_MAX, "bytes of previews"));
    return m->caption == NULL ? OK : text_rules(m->caption);
}

/* --- beside messages --- */

enum err
typing_rules(const Wire__Typing *m)
{
    (void)m; /* either will do */
    return OK;
}

enum err
person_rules(const Wire__Profile *m)
{
    TRY(field_text(m->name, PERSON_NAME_MAX, "the name"));
    TRY(field_text(m->about, ABOUT_MAX, "the words about the person"));
    return field_most(m->picture, AVATAR_MAX, "the picture");
}

enum err
timer_rules(const Wire__Timer *m)
{
    return field_range(m->seconds, 0, EXPIRE_MAX, "the time to keep messages");
}

enum err
presence_rules(const Wire__Presence *m)
{
    TRY(field_range((uint64_t)m->state, 0, WIRE__PRESENCE_STATE__PRESENCE_BUSY, "the presence"));
    TRY(field_text(m->text, STATUS_TEXT_MAX, "the status"));
    return field_range(m->seconds, 0, PRESENCE_HOLDS, "how long the presence holds");
}

enum err
pin_rules(const Wire__Pin *m)
{
    return target_rules(m->target);
}

enum err
contact_card_rules(const Wire__ContactCard *m)
{
    struct contact_link link;

    TRY(field_text(m->link, CONTACT_LINK_MAX, "the contact's link"));
    TRY(contact_link_read(SPAN_STR(m->link), &link));
    return field_text(m->name, PERSON_NAME_MAX, "the contact's name");
}
