/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/opening.h"

#include "core/engine_state.h"
#include "core/prekeys.h"
#include "core/trust.h"

void
opening_done(struct opening *o)
{
    envelope_opened_done(&o->envelope);
}

bool
is_store_trouble(enum err err)
{
    return err == ERR_IO || err == ERR_FULL || err == ERR_MEMORY || err == ERR_BUSY;
}

/* Step 1. */
static enum err
unseal(struct engine *e, struct span envelope, struct opening *o)
{
    AUTO(hybrid_secret_wipe) struct hybrid_secret secret;
    struct hybrid_public eks;

    TRY(envelope_eks_id(envelope, &o->eks_id));
    TRY(prekeys_eks(e->db, o->eks_id, &secret, &eks));
    struct envelope_to to = {
        .account = e->account, .device = e->device->id, .eks_id = o->eks_id, .eks = &eks};
    TRY(envelope_open(envelope, &to, &secret, &o->envelope));
    if ((o->envelope.type == ENVELOPE_TRANSIENT) != (o->queue == QUEUE_NONE))
        return fail(ERR_DECRYPT, "an envelope that came on the wrong way");
    if (o->queue == QUEUE_NONE && o->envelope.manifest.n > 0)
        return fail(ERR_DECRYPT, "a transient envelope with a manifest");
    if (span_equal(SPAN_OF(o->envelope.sender.account), SPAN_OF(e->account)))
        return fail(ERR_DECRYPT, "an envelope from ourselves");
    return OK;
}

/* An attached manifest is looked at only when it is the one that the sealed header speaks of. */
static enum err
check_attached(const struct opening *o)
{
    const struct envelope_sender *s = &o->envelope.sender;
    struct manifest m;

    TRY(manifest_read(o->envelope.manifest, &m));
    if (!span_equal(SPAN_OF(m.account), SPAN_OF(s->account)) ||
        !span_equal(SPAN_OF(m.hash), SPAN_OF(s->manifest_hash)))
        return fail(ERR_DECRYPT, "an envelope with a foreign manifest");
    return OK;
}

/* Step 2. Manifests in between are being fetched: until they are here, the stored one serves, if
 * the device is in it. */
static enum err
find_manifest(struct engine *e, struct opening *o)
{
    const struct account_id *account = &o->envelope.sender.account;

    if (o->envelope.manifest.n > 0)
        TRY(check_attached(o));
    enum err judged =
        trust_candidate(e, account, o->envelope.manifest, &o->manifest, &o->manifest_new);
    if (judged != ERR_STATE)
        return judged;
    o->manifest_new = false;
    o->manifest_ahead = true;
    return trust_manifest(e, account, &o->manifest);
}

/* Step 3. */
static enum err
find_device(struct opening *o)
{
    const struct envelope_sender *s = &o->envelope.sender;

    o->device = manifest_device(&o->manifest, s->device);
    if (o->device == NULL || !span_equal(SPAN_OF(o->device->dak), SPAN_OF(s->dak)))
        return fail(ERR_DECRYPT, "an envelope from a device that the account does not have");
    return OK;
}

/* Step 4, and who is not listened to: a blocked account at all, others by the state of things
 * (B9.8). */
static enum err
find_contact(struct engine *e, struct opening *o)
{
    struct manifest stored;

    enum err found = contact_by_account(e, &o->envelope.sender.account, &o->contact);
    if (found != OK && found != ERR_NOT_FOUND)
        return found;
    o->known = found == OK;
    if (o->known && o->contact.state == CONTACT_BLOCKED)
        return fail(ERR_REFUSED, "an envelope from a blocked account");
    if (o->known && o->contact.state == CONTACT_SELF)
        return fail(ERR_REFUSED, "an envelope from our own account");
    if (o->queue == QUEUE_NONE)
        return o->known ? contact_may_send(&o->contact)
                        : fail(ERR_REFUSED, "a transient envelope from somebody we do not know");
    if (o->queue == QUEUE_DEVICE) {
        bool heard =
            o->known && (o->contact.state == CONTACT_ACCEPTED || o->contact.state == CONTACT_ASKED);
        return heard ? OK : fail(ERR_REFUSED, "an envelope from somebody we do not know");
    }
    found = trust_manifest(e, &o->envelope.sender.account, &stored);
    if (found != ERR_NOT_FOUND)
        return found;
    if (o->envelope.type != ENVELOPE_INITIAL || o->envelope.manifest.n == 0)
        return fail(ERR_DECRYPT, "a stranger's envelope that is no request");
    return OK;
}

enum err
opening_take(struct engine *e, enum inbox_queue queue, struct span envelope, struct opening *ret)
{
    ret->queue = queue;
    TRY(unseal(e, envelope, ret));
    TRY(find_manifest(e, ret));
    TRY(find_device(ret));
    return find_contact(e, ret);
}
