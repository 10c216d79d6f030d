/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What taking the former device's place asks of the relay (docs/PROTOCOL.md B20.5): the newest
 * manifest, and to take the next.
 */
#include <stdlib.h>

#include "core/fresh_start.h"
#include "core/relay_link.h"
#include "core/replacing_state.h"
#include "core/trust.h"
#include "crypto/manifest.h"
#include "crypto/recovery.h"

#define HOPS_MAX 3 /* moves that are followed, and others who were quicker */

/* --- asking --- */

/* The kit's key that is in force. */
static enum err
find_key(struct engine *e, const struct manifest *m)
{
    AUTO(recovery_seed_wipe) struct recovery_seed seed;
    AUTO(account_key_wipe) struct account_key aik;
    AUTO(buf_done) struct buf bytes = BUF(sizeof seed.b);
    uint32_t number;

    enum err r = meta_get_bytes(e->db, SEED, &bytes);
    if (r == ERR_NOT_FOUND)
        return OK;
    TRY(r);
    if (bytes.n != sizeof seed.b)
        return fail(ERR_DAMAGED, "the recovery seed in the store is damaged");
    memcpy(seed.b, bytes.p, sizeof seed.b);
    if (recovery_find(&seed, &m->aik, &aik, &number) != OK)
        return ERR_PASSPHRASE;
    *e->aik = aik;
    return OK;
}

static bool
is_here(const struct engine *e, const struct manifest *m)
{
    char here[ADDRESS_MAX + 1], there[ADDRESS_MAX + 1];

    address_write(&e->address, here);
    address_write(&m->address, there);
    return strcmp(here, there) == 0;
}

static enum err
write_asking_there(struct engine *e, const struct manifest *m)
{
    TRY(replacing_write_place(e, m));
    return replacing_write_step(e, REPLACING_ASK, OK);
}

/* It has moved: ask there. What was signed before that is known is of no use to the new relay. */
static enum err
go_after(struct engine *e, const struct manifest *m)
{
    AUTO(tx_done) struct tx tx = {0};

    if (e->replacing_work->hops++ >= HOPS_MAX)
        return ERR_LIMIT;
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, write_asking_there(e, m)));
    e->address = m->address;
    replacing_set_step(e, REPLACING_ASK, OK);
    return OK;
}

/* The number of the newest manifest that is known to have been in force. What this device signed
 * for itself counts once a relay has taken it, and of what was made up for a kit nothing does. */
static enum err
newest_known(struct engine *e, int64_t *ret)
{
    const struct device_entry *own = manifest_device(&e->manifest, e->device->id);
    int64_t held;

    TRY(db_get_int(e->db, &held,
                   "SELECT ifnull(max(seq),0) FROM manifests WHERE account=?1 AND NOT EXISTS("
                   "SELECT 1 FROM meta WHERE key='" SEED "')",
                   "b", SPAN_OF(e->account)));
    *ret = held;
    if (own != NULL && span_equal(SPAN_OF(own->dsk), SPAN_OF(e->device->dsk.public)))
        *ret = held - 1;
    return OK;
}

/* What stands at the relay under our name. */
static enum err
heed_newest(struct engine *e, struct span object)
{
    struct manifest m;
    int64_t known;

    TRY(manifest_verify(object, &m));
    TRY(find_key(e, &m));
    if (!span_equal(SPAN_OF(m.account), SPAN_OF(e->account)) ||
        !span_equal(SPAN_OF(m.aik), SPAN_OF(e->aik->public)))
        return ERR_KEY_CHANGED;
    TRY(newest_known(e, &known));
    if (known > (int64_t)m.seq)
        return ERR_STALE;
    if (!is_here(e, &m))
        return go_after(e, &m);
    return replacing_succeed(e, object, &m, REPLACING_PUT);
}

static enum err
heed_card(struct engine *e, struct span body)
{
    AUTO(card_answer_freep) Wire__CardAnswer *answer = NULL;

    TRY(card_answer_read(body, &answer));
    return heed_newest(e, span_pb(answer->manifest));
}

/* Nobody has our name there: it is taken for a relay that lost what it had, if a person says so. */
static enum err
heed_nobody(struct engine *e)
{
    AUTO(buf_done) struct buf object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    int64_t wanted, kit;

    TRY(replacing_meta(e, REGISTER, &wanted));
    TRY(db_get_int(e->db, &kit, "SELECT count(*) FROM meta WHERE key='" SEED "'", ""));
    if (wanted == 0 || kit != 0)
        return ERR_NOT_FOUND;
    TRY(trust_manifest_bytes(e, &e->account, &object));
    struct manifest m;
    TRY(manifest_verify(buf_span(&object), &m));
    m.address = e->address;
    TRY(replacing_succeed(e, buf_span(&object), &m, REPLACING_NONE));
    e->replacing = e->replacing_work->step != REPLACING_NONE;
    return OK;
}

/* What of a verdict ends the matter, and what does not. */
static void
settle(struct engine *e, enum err verdict)
{
    engine_heed(e, verdict);
    switch (verdict) {
    case OK:
        return;
    case ERR_NOT_FOUND:
    case ERR_PASSPHRASE:
    case ERR_KEY_CHANGED:
    case ERR_LIMIT:
    case ERR_STALE:
    case ERR_REFUSED:
        replacing_failed(e, verdict);
        return;
    case ERR_MALFORMED:
    case ERR_TOO_LARGE:
    case ERR_SIGNATURE:
        replacing_failed(e, ERR_REFUSED);
        return;
    default:
        replacing_try_later(e, verdict, 0);
    }
}

static bool
comes_later(struct engine *e, const struct relay_reply *reply)
{
    bool later = reply->err != OK || reply->status == 429 || reply->status >= 500;

    if (later)
        replacing_try_later(e, reply->err == ERR_UNTRUSTED ? ERR_UNTRUSTED : ERR_OFFLINE,
                            reply->retry_after);
    return later;
}

static void
card_came(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    e->replacing_work->busy = false;
    if (comes_later(e, reply))
        return;
    settle(e, reply->status == 200   ? heed_card(e, reply->body)
              : reply->status == 404 ? heed_nobody(e)
                                     : ERR_REFUSED);
}

enum err
replacing_ask(struct engine *e)
{
    AUTO(buf_done) struct buf body = BUF(BODY_SMALL_MAX);
    char name[NAME_MAX_BYTES + 1];
    Wire__Card card;

    wire__card__init(&card);
    memcpy(name, e->address.name, sizeof name);
    card.name = name;
    wire_pack(&body, &card.base);
    TRY(buf_ok(&body));
    return relay_call_own(
        e, &(struct relay_call){
               .method = "POST", .path = "/v1/card", .body = buf_span(&body), .done = card_came});
}

/* --- putting --- */

static enum err
join(struct engine *e)
{
    const struct replacing_work *w = e->replacing_work;

    TRY(db_run(e->db, "UPDATE account SET registered=1 WHERE id=1", ""));
    TRY(prekeys_bundle_confirmed(e->db, &w->in_put, engine_now_s(e)));
    TRY(prekeys_opks_confirmed(e->db, w->opks_in_put));
    TRY(fresh_start(e, FRESH_NEW_DEVICE));
    TRY(db_run(e->db, "DELETE FROM meta WHERE key IN ('" STEP "','" WHY "','" REGISTER "')", ""));
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    return OK;
}

static void
joined(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    enum err r = act_begin(e, &tx);

    if (r == OK)
        r = act_end(e, &tx, join(e));
    engine_heed(e, r);
    if (r != OK) {
        replacing_try_later(e, r, 0); /* it answers the same again */
        return;
    }
    replacing_set_step(e, REPLACING_NONE, OK);
    e->replacing = false;
    account_moved(e);
    relay_links_wake(e);
}

/* Another manifest is in force there: somebody was quicker, or the answer to ours was lost and
 * another device came after it. */
static enum err
heed_changed(struct engine *e, struct span body)
{
    AUTO(changed_freep) Wire__Changed *changed = NULL;

    if (e->replacing_work->hops++ >= HOPS_MAX)
        return ERR_REFUSED;
    TRY(changed_read(body, &changed));
    return heed_newest(e, span_pb(changed->manifest));
}

static void
was_put(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    e->replacing_work->busy = false;
    if (comes_later(e, reply))
        return;
    if (reply->status == 204)
        joined(e);
    else if (reply->status == 409)
        settle(e, heed_changed(e, reply->body));
    else
        settle(e, reply->status == 401 ? ERR_NOT_FOUND : ERR_REFUSED);
}

struct putting {
    struct buf manifest, bundle;
    struct opk_list opks;
    struct opk_messages messages;
};

static void
putting_free(struct putting **p)
{
    if (*p == NULL)
        return;
    buf_done(&(*p)->manifest);
    buf_done(&(*p)->bundle);
    free(*p);
}

static enum err
pack_put(struct engine *e, struct putting *p, struct buf *out)
{
    struct replacing_work *w = e->replacing_work;
    Wire__ManifestPut put = WIRE__MANIFEST_PUT__INIT;
    Wire__AddedDevice added = WIRE__ADDED_DEVICE__INIT, *list[] = {&added};

    TRY(trust_manifest_bytes(e, &e->account, &p->manifest));
    TRY(prekeys_bundle(e, &p->bundle, &w->in_put));
    TRY(prekeys_opks(e->db, e->device, OPK_UPLOAD_MAX, &p->opks));
    opk_messages_fill(&p->opks, &p->messages);
    w->opks_in_put = p->opks.keys[p->opks.count - 1].id;
    added.device = e->device->id;
    added.bundle = pb_span(buf_span(&p->bundle));
    added.n_opks = p->opks.count;
    added.opks = p->messages.pointers;
    put.manifest = pb_span(buf_span(&p->manifest));
    put.n_added = 1;
    put.added = list;
    wire_pack(out, &put.base);
    return buf_ok(out);
}

enum err
replacing_put(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(buf_done) struct buf body = BUF(MANIFEST_BODY_MAX);
    AUTO(putting_free) struct putting *p = calloc(1, sizeof *p);

    if (p == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    p->manifest = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    p->bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, pack_put(e, p, &body)));
    return relay_call_own(
        e, &(struct relay_call){
               .method = "PUT", .path = "/v1/manifest", .body = buf_span(&body), .done = was_put});
}
