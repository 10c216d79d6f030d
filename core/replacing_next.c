/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The next manifest of the account (docs/PROTOCOL.md B20.5), in which this device stands in the
 * place of the others.
 */
#include "core/fresh_start.h"
#include "core/replacing_state.h"
#include "crypto/manifest.h"

static uint32_t
next_device(const struct manifest *m)
{
    uint32_t highest = 0;

    for (size_t i = 0; i < m->device_count; i++)
        if (m->devices[i].id > highest)
            highest = m->devices[i].id;
    return highest + 1;
}

static enum err
store_manifest(struct engine *e, struct span object, const struct manifest *m)
{
    return db_run(e->db,
                  "INSERT OR REPLACE INTO manifests(account,seq,object,hash) VALUES(?1,?2,?3,?4)",
                  "bibb", SPAN_OF(m->account), (int64_t)m->seq, object, SPAN_OF(m->hash));
}

enum err
replacing_write_place(struct engine *e, const struct manifest *m)
{
    char address[ADDRESS_MAX + 1], authority[ADDRESS_MAX + 8];
    struct relay_address relay = relay_of(&m->address);

    address_write(&m->address, address);
    relay_authority_write(&relay, authority);
    TRY(db_run(e->db, "INSERT OR IGNORE INTO relays(authority,pins) VALUES(?1,?2)", "tb", authority,
               SPAN(m->pins, m->pin_count * sizeof m->pins[0])));
    return db_run(e->db, "UPDATE account SET address=?1 WHERE id=1", "t", address);
}

/* M, which is in force, with this device in the place of the others. */
static enum err
sign_next(struct engine *e, const struct manifest *m, struct buf *ret_object, struct manifest *ret)
{
    struct relay_address relay = relay_of(&m->address);
    struct manifest draft;
    struct relay_pins pins;

    TRY(relay_pins_get(e, &relay, &pins)); /* those by which it was just reached */
    manifest_draft_next(m, &draft);
    draft.created = (uint64_t)engine_now_s(e);
    draft.pin_count = pins.count;
    memcpy(draft.pins, pins.pins, sizeof draft.pins);
    draft.device_count = 1;
    TRY(device_entry_make(e->device, &draft.devices[0]));
    return manifest_sign(&draft, e->aik, ret_object, ret);
}

struct succession {
    struct buf object;
    struct manifest manifest;
};

static void
succession_done(struct succession *s)
{
    buf_done(&s->object);
}

static enum err
write_succession(struct engine *e, struct span object, const struct manifest *m,
                 struct succession *ret)
{
    AUTO(secret_buf_wipe) struct secret_buf aik = {0};

    TRY(sign_next(e, m, &ret->object, &ret->manifest));
    account_key_write(e->aik, aik.b);
    TRY(db_run(e->db, "UPDATE account SET aik=?1 WHERE id=1", "b", SPAN(aik.b, ACCOUNT_KEY_BYTES)));
    TRY(replacing_write_device(e->db, e->device));
    TRY(replacing_write_place(e, m));
    /* What was signed for an earlier try, and nobody took. */
    TRY(db_run(e->db, "DELETE FROM manifests WHERE account=?1 AND seq>=?2", "bi",
               SPAN_OF(e->account), (int64_t)m->seq));
    TRY(store_manifest(e, object, m));
    TRY(store_manifest(e, buf_span(&ret->object), &ret->manifest));
    TRY(db_run(e->db, "DELETE FROM meta WHERE key='" SEED "'", ""));
    return OK;
}

/* The relay has no account of ours: it is registered as a new one is. */
static enum err
write_unknown(struct engine *e)
{
    TRY(fresh_start(e, FRESH_NEW_DEVICE));
    return db_run(e->db, "DELETE FROM meta WHERE key IN ('" STEP "','" WHY "','" REGISTER "')", "");
}

enum err
replacing_succeed(struct engine *e, struct span object, const struct manifest *m,
                  enum replacing_step step)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(succession_done)
    struct succession s = {.object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD)};
    uint32_t device = next_device(m);

    if (device > DEVICE_ID_MAX) {
        replacing_failed(e, ERR_LIMIT);
        return OK;
    }
    e->device->id = device;
    TRY(act_begin(e, &tx));
    enum err r = write_succession(e, object, m, &s);
    if (r == OK)
        r = step == REPLACING_NONE ? write_unknown(e) : replacing_write_step(e, step, OK);
    TRY(act_end(e, &tx, r));
    e->address = m->address;
    e->manifest = s.manifest;
    replacing_set_step(e, step, OK);
    return OK;
}
