/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading every message that arrives from outside: one function a message, which checks the size
 * before parsing, then every field against wire/limits.h, exact lengths, ranges and UTF-8, and
 * yields the parsed message only when all of it holds (B1.3). Signatures are not looked at here
 * (wire/signed).
 *
 * The one thing to know: parsing itself is bounded in memory as well (wire/pack.h, which also
 * packs), so that many tiny sub-messages cannot blow up.
 *
 * Each X_read: ERR_TOO_LARGE or ERR_MALFORMED with RET untouched; otherwise *RET is the caller's,
 * freed (and wiped) with the matching X_free; X_free(NULL) is fine and X_freep serves AUTO.
 */
#pragma once

#include "wire/account.pb-c.h"
#include "wire/backup.pb-c.h"
#include "wire/blobs.pb-c.h"
#include "wire/buf.h"
#include "wire/content.pb-c.h"
#include "wire/device.pb-c.h"
#include "wire/envelope.pb-c.h"
#include "wire/keys.pb-c.h"
#include "wire/limits.h"
#include "wire/pack.h"
#include "wire/queue.pb-c.h"
#include "wire/relay.pb-c.h"

/*     function prefix    protobuf-c type          its prefix           largest serialised size */
#define WIRE_MESSAGES(X)                                                                           \
    /* relay reads, clients write */                                                               \
    X(with_pow, Wire__WithPow, wire__with_pow, REGISTER_BODY_MAX)                                  \
    X(register, Wire__Register, wire__register, REGISTER_BODY_MAX)                                 \
    X(account_delete, Wire__AccountDelete, wire__account_delete, BODY_SMALL_MAX)                   \
    X(manifest_put, Wire__ManifestPut, wire__manifest_put, MANIFEST_BODY_MAX)                      \
    X(card, Wire__Card, wire__card, BODY_SMALL_MAX)                                                \
    X(manifest_get, Wire__ManifestGet, wire__manifest_get, BODY_SMALL_MAX)                         \
    X(keys_put, Wire__KeysPut, wire__keys_put, KEYS_BODY_MAX)                                      \
    X(keys_get, Wire__KeysGet, wire__keys_get, BODY_SMALL_MAX)                                     \
    X(tokens_put, Wire__TokensPut, wire__tokens_put, TOKENS_BODY_MAX)                              \
    X(fetch_key_put, Wire__FetchKeyPut, wire__fetch_key_put, BODY_SMALL_MAX)                       \
    X(deliver, Wire__Deliver, wire__deliver, DELIVER_BODY_MAX)                                     \
    X(request, Wire__Request, wire__request, REQUEST_BODY_MAX)                                     \
    X(queue_ack, Wire__QueueAck, wire__queue_ack, BODY_SMALL_MAX)                                  \
    X(blob_new, Wire__BlobNew, wire__blob_new, BODY_SMALL_MAX)                                     \
    X(blob_done, Wire__BlobDone, wire__blob_done, BODY_SMALL_MAX)                                  \
    X(anchor_put, Wire__AnchorPut, wire__anchor_put, BODY_SMALL_MAX)                               \
    /* clients read, a relay writes */                                                             \
    X(registered, Wire__Registered, wire__registered, BODY_SMALL_MAX)                              \
    X(card_answer, Wire__CardAnswer, wire__card_answer, MANIFEST_MAX + 2 * SIGNED_OVERHEAD)        \
    X(manifests, Wire__Manifests, wire__manifests, ANSWER_MAX)                                     \
    X(keys, Wire__Keys, wire__keys, 64 * 1024)                                                     \
    X(keys_counts, Wire__KeysCounts, wire__keys_counts, BODY_SMALL_MAX)                            \
    X(keys_status, Wire__KeysStatus, wire__keys_status, BODY_SMALL_MAX)                            \
    X(changed, Wire__Changed, wire__changed, 16 * 1024)                                            \
    X(queue_page, Wire__QueuePage, wire__queue_page, ANSWER_MAX)                                   \
    X(relay_info, Wire__RelayInfo, wire__relay_info, BODY_SMALL_MAX)                               \
    X(blob_expected, Wire__BlobExpected, wire__blob_expected, BODY_SMALL_MAX)                      \
    X(anchor, Wire__Anchor, wire__anchor, BODY_SMALL_MAX)                                          \
    X(error, Wire__Error, wire__error, BODY_SMALL_MAX)                                             \
    X(held, Wire__Held, wire__held, ANSWER_MAX)                                                    \
    X(held_answer, Wire__HeldAnswer, wire__held_answer, ANSWER_MAX)                                \
    /* clients only: inside the envelope and the ratchet */                                        \
    X(sender, Wire__Sender, wire__sender, ENVELOPE_SENDER_MAX)                                     \
    X(content, Wire__Content, wire__content, CONTENT_MAX)                                          \
    X(shared, Wire__Shared, wire__shared, RESEND_SHARED_MAX)                                       \
    X(text, Wire__Text, wire__text, SHARED_MAX)                                                    \
    X(receipt, Wire__Receipt, wire__receipt, SHARED_MAX)                                           \
    X(contact_request, Wire__ContactRequest, wire__contact_request, SHARED_MAX)                    \
    X(session_reset, Wire__SessionReset, wire__session_reset, SHARED_MAX)                          \
    X(resend_request, Wire__ResendRequest, wire__resend_request, SHARED_MAX)                       \
    X(resend, Wire__Resend, wire__resend, RESEND_SHARED_MAX)                                       \
    X(edit, Wire__Edit, wire__edit, SHARED_MAX)                                                    \
    X(delete, Wire__Delete, wire__delete, SHARED_MAX)                                              \
    X(reaction, Wire__Reaction, wire__reaction, SHARED_MAX)                                        \
    X(attachments, Wire__Attachments, wire__attachments, SHARED_MAX)                               \
    X(typing, Wire__Typing, wire__typing, SHARED_MAX)                                              \
    X(person, Wire__Profile, wire__profile, SHARED_MAX)                                            \
    X(timer, Wire__Timer, wire__timer, SHARED_MAX)                                                 \
    X(presence, Wire__Presence, wire__presence, SHARED_MAX)                                        \
    X(pin, Wire__Pin, wire__pin, SHARED_MAX)                                                       \
    X(contact_card, Wire__ContactCard, wire__contact_card, SHARED_MAX)                             \
    /* in the files of a person */                                                                 \
    X(backup_record, Wire__BackupRecord, wire__backup_record, BACKUP_RECORD_MAX)

#define WIRE_DECLARE(name, type, prefix, max)                                                      \
    enum err name##_read(struct span bytes, type **ret);                                           \
    void name##_free(type *m);                                                                     \
    static inline void name##_freep(type **m)                                                      \
    {                                                                                              \
        name##_free(*m);                                                                           \
    }
WIRE_MESSAGES(WIRE_DECLARE)
#undef WIRE_DECLARE

/* Whether N is one of the three envelope sizes. */
bool envelope_size_valid(size_t n);
