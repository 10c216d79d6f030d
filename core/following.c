/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/following.h"

#include "core/accumulator.h"
#include "core/moving.h"
#include "core/own_manifests.h"
#include "core/relay_link.h"
#include "core/trust.h"
#include "crypto/anchor.h"
#include "wire/check.h"

void
following_close(struct engine *e)
{
    buf_done(&e->following);
}

static bool
same_device(const struct device_entry *a, const struct device_entry *b)
{
    return a->id == b->id && span_equal(SPAN_OF(a->dsk), SPAN_OF(b->dsk)) &&
           span_equal(SPAN_OF(a->dik), SPAN_OF(b->dik)) &&
           span_equal(SPAN_OF(a->dak), SPAN_OF(b->dak));
}

/* It follows what we signed last, and says nothing new but where we are. */
static enum err
is_like_ours(struct engine *e, const struct manifest *m, bool *ret)
{
    struct relay_address relay = relay_of(&m->address);
    struct manifest last;

    TRY(own_manifest_last(e, &last));
    *ret = manifest_compare(m, &last) == MANIFEST_NEXT && !relay_is_own(e, &relay) &&
           span_equal(SPAN_OF(m->aik), SPAN_OF(e->aik->public)) &&
           m->device_count == e->manifest.device_count;
    for (size_t i = 0; *ret && i < m->device_count; i++)
        *ret = same_device(&m->devices[i], &e->manifest.devices[i]);
    return OK;
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

static enum err
conclude(struct engine *e, struct span object, const struct relay_reply *reply, bool *ret_ours)
{
    struct manifest m;

    TRY(manifest_read(object, &m));
    *ret_ours = is_of_this_store(e, &m, reply);
    return *ret_ours ? moving_follow(e, object, &m) : raise_alarm(e, object);
}

static void
asked(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(buf_done) struct buf object = e->following;

    e->following = (struct buf){0};
    if (reply->err != OK || reply->status == 429 || reply->status >= 500)
        return; /* our manifest is looked at again with each connect */
    bool ours = false;
    enum err r = act_begin(e, &tx);
    if (r == OK)
        r = act_end(e, &tx, conclude(e, buf_span(&object), reply, &ours));
    engine_heed(e, r);
    if (r == OK && ours)
        moving_followed(e);
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
    struct relay_call call = {.method = "GET", .path = "/v1/anchor/stored", .done = asked};
    bool like;

    TRY(is_like_ours(e, m, &like));
    if (!like)
        return raise_alarm(e, object);
    if (e->following.n > 0)
        return OK; /* one after the other */
    TRY(note_pins(e, &relay, m));
    if (relay_call_as_own(e, &relay, &call) != OK)
        return OK; /* not now */
    e->following = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    buf_put(&e->following, object);
    return buf_ok(&e->following);
}
