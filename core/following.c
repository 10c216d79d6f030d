/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/following.h"

#include "core/accumulator.h"
#include "core/moving.h"
#include "core/opening.h"
#include "core/own_manifests.h"
#include "core/relay_link.h"
#include "core/trust.h"
#include "crypto/anchor.h"
#include "crypto/manifest.h"
#include "wire/check.h"

void
following_close(struct engine *e)
{
    buf_done(&e->following);
    buf_done(&e->following_way);
}

static bool
same_device(const struct device_entry *a, const struct device_entry *b)
{
    return a->id == b->id && span_equal(SPAN_OF(a->dsk), SPAN_OF(b->dsk)) &&
           span_equal(SPAN_OF(a->dik), SPAN_OF(b->dik)) &&
           span_equal(SPAN_OF(a->dak), SPAN_OF(b->dak));
}

/* It says nothing new but where we are. */
static bool
is_like_ours(struct engine *e, const struct manifest *m)
{
    bool like = span_equal(SPAN_OF(m->aik), SPAN_OF(e->aik->public)) &&
                m->device_count == e->manifest.device_count;

    for (size_t i = 0; like && i < m->device_count; i++)
        like = same_device(&m->devices[i], &e->manifest.devices[i]);
    return like;
}

/* Made after the manifest was: an older one may have come there from elsewhere. */
static bool
is_of_this_store(struct engine *e, const struct manifest *for_move, const struct relay_reply *reply)
{
    AUTO(anchor_freep) Wire__Anchor *m = NULL;
    struct anchor_owner owner = {
        .key = accumulator_anchor_key(e->db), .account = e->account, .device = e->device->id};
    struct anchor a;

    return reply->status == 200 && anchor_read(reply->body, &m) == OK &&
           anchor_unseal(&owner, span_pb(m->data), &a) == OK &&
           a.time_s >= (int64_t)for_move->created && for_move->created >= e->manifest.created;
}

static enum err
raise_alarm(struct engine *e, struct span object)
{
    AUTO(buf_done) struct buf ours = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);

    TRY(trust_manifest_bytes(e, &e->account, &ours));
    TRY(meta_set_int(e->db, "account.changed", 1)); /* manifests are signed no more */
    return notice_once_a_day(e, "account-changed", 0, buf_span(&ours), object);
}

/* What leads from the last one that we know to M, if all of it is like ours; once more, what is
 * like that is noted as shown. */
enum way_use { WAY_CHECK, WAY_NOTE };
static enum err
go_along(struct engine *e, const struct manifest *m, enum way_use use, bool *ret_leads)
{
    AUTO(manifests_freep) Wire__Manifests *way = NULL;
    struct manifest at, next;

    *ret_leads = false;
    TRY(own_manifest_last(e, &at));
    if (e->following_way.n > 0)
        TRY(manifests_read(buf_span(&e->following_way), &way));
    for (size_t i = 0; way != NULL && i < way->n_manifests && at.seq + 1 < m->seq; i++) {
        struct span object = span_pb(way->manifests[i]);
        if (manifest_verify(object, &next) != OK ||
            !span_equal(SPAN_OF(next.account), SPAN_OF(e->account)) || !is_like_ours(e, &next) ||
            manifest_compare(&next, &at) != MANIFEST_NEXT)
            return OK;
        if (use == WAY_NOTE)
            TRY(own_manifest_shown(e, object));
        at = next;
    }
    *ret_leads = manifest_compare(m, &at) == MANIFEST_NEXT;
    return OK;
}

static enum err
conclude(struct engine *e, struct span object, const struct relay_reply *reply, bool *ret_ours)
{
    struct manifest m;

    TRY(manifest_read(object, &m));
    TRY(go_along(e, &m, WAY_CHECK, ret_ours));
    *ret_ours = *ret_ours && is_of_this_store(e, &m, reply);
    if (!*ret_ours)
        return raise_alarm(e, object);
    TRY(go_along(e, &m, WAY_NOTE, ret_ours));
    return moving_follow(e, object, &m);
}

static void
forget(struct engine *e)
{
    following_close(e);
    e->following = e->following_way = (struct buf){0};
}

/* No answer: our manifest is looked at again with each connect. */
static bool
says_nothing(const struct relay_reply *reply)
{
    return reply->err != OK || reply->status == 429 || reply->status >= 500;
}

static void
anchor_came(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    AUTO(tx_done) struct tx tx = {0};
    bool ours = false;

    if (says_nothing(reply)) {
        forget(e);
        return;
    }
    enum err r = act_begin(e, &tx);
    if (r == OK)
        r = act_end(e, &tx, conclude(e, buf_span(&e->following), reply, &ours));
    engine_heed(e, r);
    forget(e);
    if (r == OK && ours)
        moving_followed(e);
}

static enum err
ask_for_anchor(struct engine *e, const struct manifest *m)
{
    struct relay_address relay = relay_of(&m->address);

    return relay_call_as_own(
        e, &relay,
        &(struct relay_call){.method = "GET", .path = "/v1/anchor/stored", .done = anchor_came});
}

/* Whether to go on, once what leads to it has come. */
static enum err
heed_way(struct engine *e, const struct relay_reply *reply, bool *ret_leads)
{
    struct manifest m;

    *ret_leads = false;
    TRY(manifest_read(buf_span(&e->following), &m));
    if (reply->status == 200) {
        e->following_way = BUF(reply->body.n);
        buf_put(&e->following_way, reply->body);
        TRY(buf_ok(&e->following_way));
        enum err r = go_along(e, &m, WAY_CHECK, ret_leads);
        if (r != OK && is_store_trouble(r))
            return r;
    }
    return *ret_leads ? ask_for_anchor(e, &m) : raise_alarm(e, buf_span(&e->following));
}

static void
way_came(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    AUTO(tx_done) struct tx tx = {0};
    bool leads = false;

    if (says_nothing(reply)) {
        forget(e);
        return;
    }
    enum err r = act_begin(e, &tx);
    if (r == OK)
        r = act_end(e, &tx, heed_way(e, reply, &leads));
    engine_heed(e, r);
    if (r != OK || !leads)
        forget(e);
}

/* Who has the last one that we know may have what follows it. */
static enum err
ask_for_way(struct engine *e, const struct manifest *m, const struct manifest *last)
{
    AUTO(buf_done) struct buf body = BUF(BODY_SMALL_MAX);
    struct relay_address relay = relay_of(&m->address);
    Wire__ManifestGet get;
    struct token none = {.b = {0}};
    char name[NAME_MAX_BYTES + 1];

    wire__manifest_get__init(&get);
    memcpy(name, m->address.name, sizeof name);
    get.name = name;
    get.token = pb_span(SPAN_OF(none));
    get.min_seq = last->seq + 1;
    get.after = pb_span(SPAN_OF(last->hash));
    wire_pack(&body, &get.base);
    TRY(buf_ok(&body));
    return relay_call_as_own(e, &relay,
                             &(struct relay_call){.method = "POST",
                                                  .path = "/v1/manifest/get",
                                                  .body = buf_span(&body),
                                                  .done = way_came});
}

static enum err
note_pins(struct engine *e, const struct relay_address *relay, const struct manifest *m)
{
    char authority[ADDRESS_MAX + 8];

    relay_authority_write(relay, authority);
    TRY(db_run(e->db, "INSERT OR IGNORE INTO relays(authority) VALUES(?1)", "t", authority));
    return db_run(e->db, "UPDATE relays SET pins=?2 WHERE authority=?1", "tb", authority,
                  SPAN(m->pins, m->pin_count * sizeof m->pins[0]));
}

enum err
following_begin(struct engine *e, struct span object, const struct manifest *m)
{
    struct relay_address relay = relay_of(&m->address);
    struct manifest last;

    TRY(own_manifest_last(e, &last));
    enum manifest_order order = manifest_compare(m, &last);
    if ((order != MANIFEST_NEXT && order != MANIFEST_AHEAD) || relay_is_own(e, &relay) ||
        !is_like_ours(e, m))
        return raise_alarm(e, object);
    if (e->following.n > 0)
        return OK; /* one after the other */
    TRY(note_pins(e, &relay, m));
    if ((order == MANIFEST_NEXT ? ask_for_anchor(e, m) : ask_for_way(e, m, &last)) != OK)
        return OK; /* not now */
    e->following = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    buf_put(&e->following, object);
    return buf_ok(&e->following);
}
