/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/trust.h"

#include <stdio.h>
#include <string.h>

#include "core/following.h"
#include "core/outbox.h"
#include "core/own_manifests.h"
#include "core/relay_link.h"
#include "core/replacing.h"
#include "core/trust_state.h"
#include "crypto/manifest.h"

#define MINUTE_MS (60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)

/* --- what is held --- */

enum err
trust_manifest_bytes(struct engine *e, const struct account_id *account, struct buf *ret)
{
    return db_get_bytes(e->db, ret,
                        "SELECT object FROM manifests WHERE account=?1 ORDER BY seq DESC LIMIT 1",
                        "b", SPAN_OF(*account));
}

enum err
trust_manifest(struct engine *e, const struct account_id *account, struct manifest *ret)
{
    AUTO(buf_done) struct buf object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);

    TRY(trust_manifest_bytes(e, account, &object));
    /* It was verified before it was stored; what is left is to take it apart. */
    return manifest_read(buf_span(&object), ret);
}

static int64_t
contact_id_of(struct engine *e, const struct account_id *account)
{
    struct contact c;
    return contact_by_account(e, account, &c) == OK ? c.id : 0;
}

/* --- candidates --- */

static enum err
on_forged(struct engine *e, const struct account_id *account, struct span object)
{
    AUTO(buf_done) struct buf held = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    enum err r = trust_manifest_bytes(e, account, &held);

    if (r != OK && r != ERR_NOT_FOUND)
        return r;
    return notice_once_a_day(e, "forged", contact_id_of(e, account), buf_span(&held), object);
}

/* Two histories, HELD's and that of OBJECT, or of which OBJECT is a hash: nothing is sent until a
 * person decided, or a later manifest ends it (B2.4). */
static enum err
on_fork(struct engine *e, const struct account_id *account, struct span object)
{
    AUTO(buf_done) struct buf held = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    int64_t contact = contact_id_of(e, account);

    TRY(trust_manifest_bytes(e, account, &held));
    TRY(db_run(e->db, "UPDATE contacts SET forked=1 WHERE id=?1", "i", contact));
    engine_note(e, (struct event){.kind = EVENT_CONTACT, .contact = contact});
    return notice_once_a_day(e, "fork", contact, buf_span(&held), object);
}

/* Whether ACCOUNT's contact stands between two histories, and the one that is not held: HELD itself
 * when only a hash of the other was seen (in a content's own.2). */
static enum err
other_history(struct engine *e, const struct manifest *held, bool *ret_forked, struct manifest *ret)
{
    AUTO(query_done) struct query q = {0};
    struct contact c;
    enum err r = contact_by_account(e, &held->account, &c);

    *ret_forked = r == OK && c.forked;
    *ret = *held;
    if (r == ERR_NOT_FOUND || !*ret_forked)
        return r == ERR_NOT_FOUND ? OK : r;
    TRY(db_query(e->db, &q,
                 "SELECT evidence_b FROM notices WHERE kind='fork' AND contact=?1 AND "
                 "evidence_b IS NOT NULL ORDER BY id DESC",
                 "i", c.id));
    while (query_next(&q))
        if (manifest_read(query_bytes(&q, 0), ret) == OK)
            break;
    return query_end(&q);
}

/* While two histories stand against each other only a manifest that ends the fork goes on. It may
 * continue either of them, so it is looked for before OBJECT is judged by the one that is held. */
static enum err
fork_ended(struct engine *e, const struct manifest *held, struct span object, bool *ret_forked,
           struct manifest *ret, bool *ret_ended)
{
    struct manifest other, m;

    *ret_ended = false;
    TRY(other_history(e, held, ret_forked, &other));
    if (*ret_forked && manifest_verify(object, &m) == OK && manifest_ends_fork(&m, held, &other)) {
        *ret = m;
        *ret_ended = true;
    }
    return OK;
}

enum err
trust_candidate(struct engine *e, const struct account_id *account, struct span object,
                struct manifest *ret, bool *ret_new)
{
    struct manifest held, m;
    enum manifest_verdict verdict;
    bool forked = false, ended = false;

    enum err r = trust_manifest(e, account, &held);
    if (r != OK && r != ERR_NOT_FOUND)
        return r;
    bool known = r == OK;
    if (object.n == 0) {
        if (!known)
            return r;
        *ret = held;
        *ret_new = false;
        return OK;
    }
    if (known)
        TRY(fork_ended(e, &held, object, &forked, ret, &ended));
    if (ended) {
        *ret_new = true;
        return OK;
    }
    r = manifest_judge(object, account, known ? &held : NULL, &m, &verdict);
    if (r == ERR_FORGED)
        TRY(on_forged(e, account, object));
    if (r == ERR_FORK)
        TRY(on_fork(e, account, object));
    TRY(r);
    if (verdict == MANIFEST_IS_AHEAD) {
        fetch_between(e, contact_id_of(e, account), &m);
        return fail(ERR_STATE, "manifests in between have to be fetched first");
    }
    *ret_new = verdict == MANIFEST_IS_FIRST || (verdict == MANIFEST_IS_NEXT && !forked);
    *ret = *ret_new ? m : held;
    return OK;
}

/* Devices that are no longer listed lose their sessions. */
static enum err
forget_devices(struct engine *e, const struct manifest *before, const struct manifest *now)
{
    for (size_t i = 0; i < before->device_count; i++) {
        const struct device_entry *d = &before->devices[i];
        const struct device_entry *same = manifest_device(now, d->id);
        if (same != NULL && memcmp(same->dik.b, d->dik.b, sizeof d->dik.b) == 0)
            continue;
        TRY(pairwise_forget(e->pairwise,
                            &(struct device_address){.account = now->account, .device = d->id}));
    }
    return OK;
}

/* Whether a device that stood there is another one now. */
static bool
other_devices(const struct manifest *before, const struct manifest *now)
{
    for (size_t i = 0; i < before->device_count; i++) {
        const struct device_entry *same = manifest_device(now, before->devices[i].id);

        if (same == NULL || memcmp(same->dik.b, before->devices[i].dik.b, sizeof same->dik.b) != 0)
            return true;
    }
    return false;
}

static enum err
on_successor(struct engine *e, const struct manifest *before, const struct manifest *now)
{
    char from[ADDRESS_MAX + 1], to[ADDRESS_MAX + 1];
    struct contact c;

    TRY(forget_devices(e, before, now));
    enum err r = contact_by_account(e, &now->account, &c);
    if (r != OK)
        return r == ERR_NOT_FOUND ? OK : r;
    if (memcmp(before->aik.b, now->aik.b, sizeof now->aik.b) != 0) {
        TRY(db_run(e->db, "UPDATE contacts SET forked=0 WHERE id=?1", "i", c.id));
        TRY(notice_add(e, "key-rotated", c.id, SPAN_NONE, SPAN_NONE));
    }
    if (other_devices(before, now))
        TRY(notice_add(e, "device-replaced", c.id, SPAN_NONE, SPAN_NONE));
    address_write(&before->address, from);
    address_write(&now->address, to);
    if (strcmp(from, to) != 0)
        fetch_later(e, FETCH_MOVED, c.id, 1000, 60 * 1000);
    engine_note(e, (struct event){.kind = EVENT_CONTACT, .contact = c.id});
    return OK;
}

enum err
trust_store(struct engine *e, struct span object, const struct manifest *m)
{
    struct manifest before;
    enum err r = trust_manifest(e, &m->account, &before);

    if (r != OK && r != ERR_NOT_FOUND)
        return r;
    TRY(db_run(e->db,
               "INSERT OR IGNORE INTO manifests(account,seq,object,hash) VALUES(?1,?2,?3,?4)",
               "bibb", SPAN_OF(m->account), (int64_t)m->seq, object, SPAN_OF(m->hash)));
    return r == OK && before.seq < m->seq ? on_successor(e, &before, m) : OK;
}

/* --- gossip (B8.2) --- */

static bool
hash16_is(ProtobufCBinaryData said, const struct sha256 *hash)
{
    struct hash16 h = hash16_of(hash);
    return span_equal(span_pb(said), SPAN_OF(h));
}

/* What it says of its own manifest. */
static enum err
on_mine(struct engine *e, const struct arrival *a, const Wire__ManifestRef *mine)
{
    if (mine->seq > a->manifest->seq) {
        fetch_later(e, FETCH_MANIFESTS, a->contact.id, MINUTE_MS, 30 * MINUTE_MS);
        return OK;
    }
    if (mine->seq < a->manifest->seq || hash16_is(mine->hash16, &a->manifest->hash))
        return OK;
    /* What proves it is the other manifest, of which we know no more than a hash: it may be shown.
     */
    fetch_later(e, FETCH_CARD, a->contact.id, MINUTE_MS, 30 * MINUTE_MS);
    return on_fork(e, &a->manifest->account, span_pb(mine->hash16));
}

/* It holds an older manifest of ours: send the newest alone, if nothing went out in the last hour
 * that carried it. */
static enum err
push_ours(struct engine *e, const struct contact *c)
{
    char key[40];
    int64_t last = 0, row;

    if (c->state != CONTACT_ACCEPTED)
        return OK;
    snprintf(key, sizeof key, "push.%lld", (long long)c->id);
    enum err r = meta_get_int(e->db, key, &last);
    if (r != OK && r != ERR_NOT_FOUND)
        return r;
    if (r == OK && last <= engine_now_ms(e) && engine_now_ms(e) - last < HOUR_MS)
        return OK;
    TRY(meta_set_int(e->db, key, engine_now_ms(e)));
    return outbox_add(e, &(struct outgoing){.contact = c->id, .type = CONTENT_MANIFEST}, &row);
}

/* What it holds of ours. */
static enum err
on_yours(struct engine *e, const struct arrival *a, const Wire__ManifestRef *yours)
{
    if (yours->seq > e->manifest.seq ||
        (yours->seq == e->manifest.seq && !hash16_is(yours->hash16, &e->manifest.hash))) {
        trust_check_own(e);
        return OK;
    }
    if (yours->seq > 0)
        TRY(db_run(e->db, "UPDATE contacts SET shown_seq=max(shown_seq,?2) WHERE id=?1", "ii",
                   a->contact.id, (int64_t)yours->seq));
    return yours->seq < e->manifest.seq ? push_ours(e, &a->contact) : OK;
}

enum err
trust_on_refs(struct engine *e, const struct arrival *a)
{
    if (a->own == NULL || a->manifest == NULL)
        return OK;
    if (a->own->mine != NULL)
        TRY(on_mine(e, a, a->own->mine));
    if (a->own->yours != NULL)
        TRY(on_yours(e, a, a->own->yours));
    return OK;
}

/* B5 "attached manifest": always in a request; otherwise until it showed to hold ours, and from its
 * first content after the change on only once an hour. */
enum err
trust_attach(struct engine *e, const struct contact *c, struct buf *ret)
{
    char key[40];
    int64_t last = 0, now = engine_now_ms(e);

    if (c->state != CONTACT_ASKED) {
        if (c->shown_seq >= e->manifest.seq)
            return OK;
        snprintf(key, sizeof key, "attached.%lld", (long long)c->id);
        enum err r = meta_get_int(e->db, key, &last);
        if (r != OK && r != ERR_NOT_FOUND)
            return r;
        bool heard = c->heard_ms > (int64_t)e->manifest.created * 1000 && c->shown_seq > 0;
        if (heard && last <= now && now - last < HOUR_MS)
            return OK;
        TRY(meta_set_int(e->db, key, now));
    }
    return trust_manifest_bytes(e, &e->account, ret);
}

/* --- cards (B16.3) --- */

/* The person looked at this answer and refused it. */
static enum err
was_refused(struct engine *e, const struct contact *c, const struct account_id *other, bool *ret)
{
    AUTO(buf_done) struct buf refused = BUF(sizeof other->b);
    char key[40];

    snprintf(key, sizeof key, "refused.%lld", (long long)c->id);
    enum err r = meta_get_bytes(e->db, key, &refused);
    *ret = r == OK && span_equal(buf_span(&refused), SPAN_OF(*other));
    return r == ERR_NOT_FOUND ? OK : r;
}

static enum err
on_other_account(struct engine *e, const struct contact *c, const struct manifest *m,
                 struct span object)
{
    AUTO(buf_done) struct buf held = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    bool refused;

    /* Only an account that is what it says counts: not every junk may block a contact. */
    if (manifest_binds(m, &m->account, NULL) != OK)
        return fail(ERR_FORGED, "the relay answers with a manifest that is nobody's");
    TRY(was_refused(e, c, &m->account, &refused));
    if (refused)
        return OK;
    enum err r = trust_manifest_bytes(e, &c->account, &held);
    if (r != OK && r != ERR_NOT_FOUND)
        return r;
    TRY(db_run(e->db, "UPDATE contacts SET changed_to=?2 WHERE id=?1", "ib", c->id,
               SPAN_OF(m->account)));
    if (!c->key_changed)
        TRY(notice_add(e, "key-changed", c->id, buf_span(&held), object));
    engine_note(e, (struct event){.kind = EVENT_CONTACT, .contact = c->id});
    return OK;
}

enum err
trust_card(struct engine *e, const struct contact *c, struct span object)
{
    struct manifest m;
    bool is_new;

    TRY(manifest_verify(object, &m));
    if (memcmp(m.account.b, c->account.b, sizeof m.account.b) != 0)
        return on_other_account(e, c, &m, object);
    enum err r = trust_candidate(e, &c->account, object, &m, &is_new);
    if (r == ERR_FORGED || r == ERR_FORK || r == ERR_STATE)
        return OK; /* noted, or begun */
    TRY(r);
    return is_new ? trust_store(e, object, &m) : OK;
}

/* The new relay serves the very manifest that names it: follow (B2.5). Or it has one that is newer
 * still, which says where to look next. */
enum err
trust_moved_card(struct engine *e, const struct contact *c, struct span object)
{
    AUTO(buf_done) struct buf held = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    char address[ADDRESS_MAX + 1];
    struct manifest m;

    TRY(trust_manifest_bytes(e, &c->account, &held));
    TRY(manifest_read(object, &m));
    if (memcmp(m.account.b, c->account.b, sizeof m.account.b) != 0)
        return fail(ERR_UNTRUSTED, "the new relay has another account under the contact's name");
    if (!span_equal(buf_span(&held), object))
        return trust_card(e, c, object);
    address_write(&m.address, address);
    TRY(db_run(e->db, "UPDATE contacts SET address=?2 WHERE id=?1", "it", c->id, address));
    engine_note(e, (struct event){.kind = EVENT_CONTACT, .contact = c->id});
    return OK;
}

/* Whether the account's key signed another manifest than ours. An older one that is not known here
 * was signed before this device came. */
static enum err
own_was_changed(struct engine *e, const struct manifest *m, bool *ret)
{
    int64_t known;

    *ret = manifest_binds(m, &e->account, &e->manifest) == OK ||
           manifest_binds(m, &e->account, NULL) == OK;
    if (!*ret || m->seq >= e->manifest.seq)
        return OK;
    TRY(db_get_int(e->db, &known, "SELECT count(*) FROM manifests WHERE account=?1 AND seq=?2",
                   "bi", SPAN_OF(e->account), (int64_t)m->seq));
    *ret = known > 0;
    return OK;
}

/* Only what the account's key signed changes the account: a relay must not be able to keep us from
 * signing, and so from leaving it, by what anybody can make. */
enum err
trust_own_card(struct engine *e, struct span object)
{
    AUTO(buf_done) struct buf ours = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    struct manifest m;
    bool known, replaced, changed = false;

    TRY(manifest_verify(object, &m));
    TRY(own_manifest_is_ours(e, &m, &known));
    if (known)
        return OK;
    TRY(replaced_by(e, &m, &replaced));
    if (replaced)
        return OK;
    TRY(trust_manifest_bytes(e, &e->account, &ours));
    bool same = memcmp(m.account.b, e->account.b, sizeof m.account.b) == 0;
    if (same)
        TRY(own_was_changed(e, &m, &changed));
    if (changed)
        return following_begin(e, object, &m);
    if (same && manifest_binds(&m, &e->account, NULL) == OK)
        return OK; /* old */
    return notice_once_a_day(e, "own-name", 0, buf_span(&ours), object);
}

enum err
trust_relay(struct engine *e, const struct contact *c, struct relay_address *ret,
            struct relay_pins *ret_pins)
{
    AUTO(buf_done) struct buf pin = BUF(sizeof(struct spki_pin));
    struct relay_address relay = relay_of(&c->address);
    struct relay_pins pins = {0};
    struct manifest m;

    enum err r = trust_manifest(e, &c->account, &m);
    if (relay_is_own(e, &relay)) {
        TRY(relay_own_pins(e, &pins));
    } else if (r == OK) {
        pins.count = m.pin_count;
        memcpy(pins.pins, m.pins, sizeof pins.pins);
    } else if (r == ERR_NOT_FOUND) {
        TRY(db_get_bytes(e->db, &pin, "SELECT relay_pin FROM contacts WHERE id=?1", "i", c->id));
        pins.count = pin.n == sizeof pins.pins[0] ? 1 : 0;
        if (pins.count == 1)
            memcpy(pins.pins[0].b, pin.p, pin.n);
    } else {
        return r;
    }
    *ret = relay;
    *ret_pins = pins;
    return OK;
}

enum err
trust_typed(struct engine *e, int64_t contact, const struct relay_address *relay, bool *ret)
{
    char authority[ADDRESS_MAX + 8];
    int64_t typed;

    relay_authority_write(relay, authority);
    TRY(db_get_int(e->db, &typed, "SELECT typed_relay IS ?2 FROM contacts WHERE id=?1", "it",
                   contact, authority));
    *ret = typed != 0;
    return OK;
}

enum err
trust_address_confirmed(struct engine *e, const struct contact *c, const struct manifest *m,
                        bool *ret)
{
    char seen[ADDRESS_MAX + 1], named[ADDRESS_MAX + 1];

    address_write(&c->address, seen);
    address_write(&m->address, named);
    *ret = strcmp(seen, named) == 0;
    if (!*ret)
        fetch_soon(e, FETCH_MOVED, c->id);
    return OK;
}

void
trust_refresh(struct engine *e, const struct contact *c)
{
    fetch_later(e, FETCH_CARD, c->id, 0, 2000);
}

void
trust_check_own(struct engine *e)
{
    fetch_later(e, FETCH_OWN, 0, 1000, MINUTE_MS);
}
