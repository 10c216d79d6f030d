/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/account.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/account_state.h"
#include "core/anchor.h"
#include "core/prekeys.h"
#include "core/relay_link.h"
#include "core/trust.h"
#include "crypto/manifest.h"
#include "crypto/recovery.h"
#include "wire/encoding.h"

/* --- preparing --- */

struct fresh {
    struct account_key aik;
    struct device_keys device;
    struct manifest manifest;
    struct buf object;
    struct address address;
};

static void
fresh_done(struct fresh *f)
{
    account_key_wipe(&f->aik);
    device_keys_wipe(&f->device);
    buf_done(&f->object);
}

enum err
account_wish_address(const struct account_wish *wish, struct address *ret)
{
    uint8_t random[16];
    char name[BASE32_LEN(16) + 1];

    *ret = wish->address;
    if (!wish->unlisted)
        return name_valid(SPAN_STR(ret->name)) && (wish->there || ret->name[0] != '~')
                   ? OK
                   : fail(ERR_MALFORMED, "this is not a user name");
    randombytes_buf(random, sizeof random);
    base32_write(SPAN(random, sizeof random), name);
    ret->name[0] = '~';
    for (size_t i = 0; name[i] != '\0'; i++)
        ret->name[1 + i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    ret->name[1 + BASE32_LEN(16)] = '\0';
    return OK;
}

static enum err
fresh_make(const struct account_wish *wish, const struct recovery_seed *seed, int64_t now_s,
           struct fresh *ret)
{
    struct sha256 next = recovery_commitment(seed, 1);
    struct manifest draft;
    struct account_id account;

    TRY(account_wish_address(wish, &ret->address));
    recovery_account_key(seed, 1, &ret->aik);
    account = account_id_of(&ret->aik.public);
    device_keys_generate(&account, 1, (uint64_t)now_s, &ret->device);
    manifest_draft_first(&ret->aik, &next, &draft);
    draft.created = (uint64_t)now_s;
    draft.address = ret->address;
    draft.pin_count = wish->pins.count;
    memcpy(draft.pins, wish->pins.pins, sizeof draft.pins);
    draft.device_count = 1;
    TRY(device_entry_make(&ret->device, &draft.devices[0]));
    return manifest_sign(&draft, &ret->aik, &ret->object, &ret->manifest);
}

static enum err
fresh_store(struct db *db, const struct account_wish *wish, const struct fresh *f)
{
    char address[ADDRESS_MAX + 1], authority[ADDRESS_MAX + 8];
    AUTO(secret_buf_wipe) struct secret_buf aik = {0}, device = {0};
    struct relay_address relay = relay_of(&f->address);

    address_write(&f->address, address);
    relay_authority_write(&relay, authority);
    account_key_write(&f->aik, aik.b);
    device_keys_write(&f->device, device.b);
    TRY(db_run(db,
               "INSERT INTO account(id,account,address,display_name,aik,device,device_keys,"
               "registered) VALUES(1,?1,?2,?3,?4,?5,?6,0)",
               "bttbib", SPAN_OF(f->manifest.account), address, wish->display_name,
               SPAN(aik.b, ACCOUNT_KEY_BYTES), (int64_t)f->device.id,
               SPAN(device.b, DEVICE_KEYS_BYTES)));
    TRY(db_run(db, "INSERT INTO manifests(account,seq,object,hash) VALUES(?1,?2,?3,?4)", "bibb",
               SPAN_OF(f->manifest.account), (int64_t)f->manifest.seq, buf_span(&f->object),
               SPAN_OF(f->manifest.hash)));
    TRY(db_run(db, "INSERT INTO relays(authority,pins) VALUES(?1,?2)", "tb", authority,
               SPAN(wish->pins.pins, wish->pins.count * sizeof wish->pins.pins[0])));
    return meta_set_bytes(db, "registration.invitation", SPAN_STR(wish->invitation));
}

enum err
account_prepare_of(struct db *db, const struct world *world, const struct account_wish *wish,
                   const struct recovery_seed *seed)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(fresh_done) struct fresh f = {.object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD)};
    int64_t now_s = world->now_ms(world->self) / 1000, there;

    if (!utf8_valid(SPAN_STR(wish->display_name)) || strlen(wish->display_name) > PERSON_NAME_MAX)
        return fail(ERR_USAGE, "a name has at most %d bytes of UTF-8", PERSON_NAME_MAX);
    if (strlen(wish->invitation) > INVITATION_MAX)
        return fail(ERR_USAGE, "an invitation code has at most %d characters", INVITATION_MAX);
    TRY(tx_begin(db, &tx));
    TRY(db_get_int(db, &there, "SELECT count(*) FROM account", ""));
    if (there != 0)
        return fail(ERR_EXISTS, "this profile has an account already");
    TRY(fresh_make(wish, seed, now_s, &f));
    TRY(fresh_store(db, wish, &f));
    TRY(prekeys_first(db, now_s));
    return tx_commit(&tx);
}

enum err
account_prepare(struct db *db, const struct world *world, const struct account_wish *wish,
                struct recovery_seed *ret_seed)
{
    AUTO(recovery_seed_wipe) struct recovery_seed seed;

    recovery_seed_generate(&seed);
    TRY(account_prepare_of(db, world, wish, &seed));
    *ret_seed = seed;
    return OK;
}

/* --- opening --- */

enum err
account_open(struct engine *e)
{
    struct account_work *w = calloc(1, sizeof *w);
    int64_t registered, refused;

    if (w == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    e->account_work = w;
    TRY(db_get_int(e->db, &registered, "SELECT registered FROM account WHERE id=1", ""));
    w->registered = registered != 0;
    enum err r = meta_get_int(e->db, "registration.refused", &refused);
    if (r == OK)
        w->refused = (enum err)refused;
    return r == ERR_NOT_FOUND ? OK : r;
}

void
account_close(struct engine *e)
{
    if (e->account_work == NULL)
        return;
    joining_done(&e->account_work->joining);
    free(e->account_work);
}

void
account_moved(struct engine *e)
{
    struct account_work *w = e->account_work;

    joining_done(&w->joining);
    w->registered = true;
    w->unknown = false;
    w->refused = OK;
    w->want_status = true;
    engine_heed(e, anchor_moved(e));
    account_wake(e);
}

void
account_wake(struct engine *e)
{
    backoff_clear(&e->account_work->register_backoff);
    backoff_clear(&e->account_work->keys_backoff);
}

enum registration
account_registration(const struct engine *e, enum err *ret_why)
{
    const struct account_work *w = e->account_work;

    *ret_why = OK;
    if (w->registered)
        return REGISTRATION_DONE;
    *ret_why = w->refused;
    return w->refused == OK ? REGISTRATION_PENDING : REGISTRATION_REFUSED;
}

bool
account_taken(const struct engine *e)
{
    return e->account_work->taken;
}

enum err
account_facts_get(struct engine *e, struct account_facts *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT display_name FROM account WHERE id=1", ""));
    if (query_next(&q))
        query_text(&q, 0, ret->display_name, sizeof ret->display_name);
    TRY(query_end(&q));
    ret->account = e->account;
    ret->address = e->address;
    ret->device = e->device->id;
    ret->manifest_seq = e->manifest.seq;
    return OK;
}

int64_t
account_step(struct engine *e)
{
    const struct account_work *w = e->account_work;
    int64_t due = NEVER;

    if (!w->registered || w->unknown)
        due = registration_step(e);
    if (w->registered)
        due = sooner(due, keys_step(e));
    return due;
}
