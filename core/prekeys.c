/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/prekeys.h"

#include <sodium.h>

#include "core/engine_state.h"
#include "crypto/mlkem.h"
#include "crypto/point.h"

#define SPK_LIFE (2 * SECONDS_A_DAY)
#define EKS_ROTATION (7 * SECONDS_A_DAY)
#define ERASE_AFTER (31 * SECONDS_A_DAY)

/* LIFE, give or take a tenth. */
static int64_t
with_jitter(int64_t life)
{
    return life - life / 10 + (int64_t)randombytes_uniform((uint32_t)(life / 5));
}

static enum err
make_spk(struct db *db, int64_t now_s)
{
    AUTO(signal_secret_wipe) struct signal_secret secret;
    struct signal_public public;

    point_generate(&secret, &public);
    TRY(db_run(db, "INSERT INTO spks(secret,created_s) VALUES(?1,?2)", "bi", SPAN_OF(secret),
               now_s));
    return meta_set_int(db, "due.spk", now_s + with_jitter(SPK_LIFE));
}

/* Its id is above ABOVE. */
static enum err
make_eks(struct db *db, int64_t now_s, int64_t above)
{
    AUTO(hybrid_secret_wipe) struct hybrid_secret secret;
    struct hybrid_public public;

    hybrid_generate(&secret, &public);
    TRY(db_run(db,
               "INSERT INTO ekss(id,secret,created_s) "
               "SELECT max(?3,ifnull(max(id),0))+1,?1,?2 FROM ekss",
               "bii", SPAN(&secret, sizeof secret), now_s, above));
    return meta_set_int(db, "due.eks", now_s + with_jitter(EKS_ROTATION));
}

enum err
prekeys_first(struct db *db, int64_t now_s)
{
    TRY(make_spk(db, now_s));
    return make_eks(db, now_s, 0);
}

enum err
prekeys_rotate(struct engine *e, bool *ret_new, int64_t *ret_due_s)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t now_s = engine_now_s(e), spk, eks;
    bool new_spk, new_eks;

    TRY(meta_get_int(e->db, "due.spk", &spk));
    TRY(meta_get_int(e->db, "due.eks", &eks));
    /* A clock that was wrong must not put the next one off for years. */
    new_spk = spk <= now_s || spk > now_s + 2 * SPK_LIFE;
    new_eks = eks <= now_s || eks > now_s + 2 * EKS_ROTATION;
    if (new_spk || new_eks) {
        TRY(tx_begin(e->db, &tx));
        if (new_spk)
            TRY(make_spk(e->db, now_s));
        if (new_eks)
            TRY(make_eks(e->db, now_s, 0));
        TRY(meta_get_int(e->db, "due.spk", &spk));
        TRY(meta_get_int(e->db, "due.eks", &eks));
        TRY(tx_commit(&tx));
    }
    *ret_new = new_spk || new_eks;
    *ret_due_s = sooner(spk, eks);
    return OK;
}

/* --- bundles --- */

/* Both halves of EKS are kept as one: the ML-KEM public half stands inside the secret one. */
static enum err
eks_public(const struct hybrid_secret *secret, struct hybrid_public *ret)
{
    struct hybrid_public public;

    if (crypto_scalarmult_base(public.x.b, secret->x.b) != 0)
        return fail(ERR_DAMAGED, "an envelope prekey in the profile's database is damaged");
    memcpy(public.ek.b, secret->dk.b + 1152, sizeof public.ek.b);
    *ret = public;
    return OK;
}

enum err
prekeys_eks(struct db *db, uint32_t id, struct hybrid_secret *ret, struct hybrid_public *ret_public)
{
    AUTO(query_done) struct query q;

    TRY(db_query(db, &q, "SELECT secret FROM ekss WHERE id=?1", "i", (int64_t)id));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "there is no such prekey");
    }
    TRY(query_exact(&q, 0, (uint8_t *)ret, sizeof *ret));
    TRY(query_end(&q));
    return eks_public(ret, ret_public);
}

static enum err
newest_spk(struct db *db, const struct device_keys *own, struct signed_prekey *ret)
{
    AUTO(query_done) struct query q;
    AUTO(signal_secret_wipe) struct signal_secret secret;

    TRY(db_query(db, &q, "SELECT id,secret FROM spks ORDER BY id DESC LIMIT 1", ""));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_DAMAGED, "the profile's database has no prekeys");
    }
    ret->id = (uint32_t)query_int(&q, 0);
    TRY(query_exact(&q, 1, secret.b, sizeof secret.b));
    TRY(query_end(&q));
    point_of(&secret, &ret->key);
    return dik_sign_prekey(&own->dik, &ret->key, &ret->sig);
}

enum err
prekeys_bundle(struct engine *e, struct buf *ret_object, struct prekeys_in_bundle *ret)
{
    AUTO(hybrid_secret_wipe) struct hybrid_secret secret;
    struct hybrid_public eks;
    struct signed_prekey spk;
    int64_t id, made_s, now_s = engine_now_s(e);

    TRY(newest_spk(e->db, e->device, &spk));
    TRY(db_get_int(e->db, &id, "SELECT max(id) FROM ekss", ""));
    TRY(db_get_int(e->db, &made_s, "SELECT created_s FROM ekss WHERE id=?1", "i", id));
    TRY(prekeys_eks(e->db, (uint32_t)id, &secret, &eks));
    TRY(bundle_make(e->device,
                    &(struct bundle_parts){
                        .created = (uint64_t)now_s,
                        .manifest_seq = e->manifest.seq,
                        .spk = &spk,
                        .eks_id = (uint32_t)id,
                        .eks = &eks,
                        .eks_not_after = (uint64_t)(made_s + EKS_LIFE),
                    },
                    ret_object));
    *ret = (struct prekeys_in_bundle){
        .spk_id = spk.id,
        .eks_id = (uint32_t)id,
        .created_s = now_s,
    };
    return OK;
}

enum err
prekeys_bundle_current(struct db *db, bool *ret)
{
    int64_t spk, eks;

    TRY(db_get_int(db, &spk, "SELECT uploaded FROM spks ORDER BY id DESC LIMIT 1", ""));
    TRY(db_get_int(db, &eks, "SELECT uploaded FROM ekss ORDER BY id DESC LIMIT 1", ""));
    *ret = spk == 1 && eks == 1;
    return OK;
}

enum err
prekeys_bundle_confirmed(struct db *db, const struct prekeys_in_bundle *in, int64_t now_s)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t spk = in->spk_id, eks = in->eks_id;

    TRY(tx_begin(db, &tx));
    TRY(db_run(db, "UPDATE spks SET uploaded=1 WHERE id=?1", "i", spk));
    TRY(db_run(db, "UPDATE ekss SET uploaded=1 WHERE id=?1", "i", eks));
    TRY(db_run(db, "UPDATE spks SET replaced_s=?2 WHERE id<?1 AND replaced_s IS NULL", "ii", spk,
               now_s));
    TRY(db_run(db, "UPDATE ekss SET replaced_s=?2 WHERE id<?1 AND replaced_s IS NULL", "ii", eks,
               now_s));
    TRY(meta_set_int(db, "bundle.created", in->created_s));
    return tx_commit(&tx);
}

enum err
prekeys_erase(struct db *db, int64_t now_s)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(tx_begin(db, &tx));
    TRY(db_run(db, "DELETE FROM spks WHERE replaced_s<?1", "i", now_s - ERASE_AFTER));
    TRY(db_run(db, "DELETE FROM ekss WHERE replaced_s<?1", "i", now_s - ERASE_AFTER));
    TRY(db_run(db,
               "DELETE FROM opks WHERE id<=(SELECT value FROM meta WHERE key='opk.old') AND "
               "(SELECT value FROM meta WHERE key='opk.old_s')<?1",
               "i", now_s - ERASE_AFTER));
    return tx_commit(&tx);
}

/* --- one-time keys --- */

static enum err
sign_opk(const struct device_keys *own, uint32_t id, const struct signal_secret *secret,
         struct one_time_key *ret)
{
    AUTO(buf_done) struct buf text = BUF(256);

    ret->id = id;
    point_of(secret, &ret->key);
    one_time_key_text(&text, &own->account, own->id, ret);
    TRY(buf_ok(&text));
    return dsk_sign(&own->dsk, LABEL_OPK, buf_span(&text), &ret->sig);
}

/* Those whose upload was never confirmed. */
static enum err
unconfirmed_opks(struct db *db, const struct device_keys *own, size_t count, struct opk_list *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(db, &q, "SELECT id,secret FROM opks WHERE uploaded=0 ORDER BY id LIMIT ?1", "i",
                 (int64_t)count));
    while (query_next(&q)) {
        AUTO(signal_secret_wipe) struct signal_secret secret;
        TRY(query_exact(&q, 1, secret.b, sizeof secret.b));
        TRY(sign_opk(own, (uint32_t)query_int(&q, 0), &secret, &ret->keys[ret->count++]));
    }
    return query_end(&q);
}

static enum err
next_opk_id(struct db *db, int64_t *ret)
{
    enum err r = meta_get_int(db, "opk.next", ret);
    if (r == ERR_NOT_FOUND) {
        *ret = 1;
        r = OK;
    }
    return r;
}

enum err
prekeys_opks(struct db *db, const struct device_keys *own, size_t count, struct opk_list *ret)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t id;

    ret->count = 0;
    if (count > OPK_UPLOAD_MAX)
        count = OPK_UPLOAD_MAX;
    TRY(tx_begin(db, &tx));
    TRY(unconfirmed_opks(db, own, count, ret));
    TRY(next_opk_id(db, &id));
    for (; ret->count < count; ret->count++, id++) {
        AUTO(signal_secret_wipe) struct signal_secret secret;
        TRY(one_time_key_make(own, (uint32_t)id, &secret, &ret->keys[ret->count]));
        TRY(db_run(db, "INSERT INTO opks(id,secret) VALUES(?1,?2)", "ib", id, SPAN_OF(secret)));
    }
    TRY(meta_set_int(db, "opk.next", id));
    return tx_commit(&tx);
}

enum err
prekeys_opks_confirmed(struct db *db, uint32_t upto)
{
    /* Remembered apart from the rows, which go as the keys are used. */
    int64_t highest = upto, next;

    TRY(next_opk_id(db, &next));
    if (highest >= next)
        highest = next - 1; /* a relay does not make ids of ours */
    TRY(db_run(db, "UPDATE opks SET uploaded=1 WHERE id<=?1 AND uploaded=0", "i", highest));
    return meta_set_int(db, "opk.highest", highest);
}

enum err
prekeys_opk_highest(struct db *db, uint32_t *ret)
{
    int64_t highest;
    enum err r = meta_get_int(db, "opk.highest", &highest);
    if (r == ERR_NOT_FOUND) {
        highest = 0;
        r = OK;
    }
    TRY(r);
    *ret = (uint32_t)highest;
    return OK;
}

/* --- a store that was put back --- */

#define ID_MAX (UINT32_MAX - 0x100000) /* no honest relay has seen as many */

enum err
prekeys_anew(struct db *db, int64_t now_s)
{
    int64_t next;

    TRY(make_spk(db, now_s));
    TRY(make_eks(db, now_s, 0));
    TRY(next_opk_id(db, &next));
    TRY(db_run(db, "UPDATE opks SET uploaded=1 WHERE uploaded=0", ""));
    TRY(meta_set_int(db, "opk.old", next - 1));
    TRY(meta_set_int(db, "opk.old_s", now_s));
    return meta_set_int(db, "opk.withdraw", 1);
}

enum err
prekeys_to_withdraw(struct db *db, bool *ret)
{
    int64_t n;

    TRY(db_get_int(db, &n, "SELECT count(*) FROM meta WHERE key='opk.withdraw'", ""));
    *ret = n > 0;
    return OK;
}

enum err
prekeys_withdrawn(struct db *db)
{
    return db_run(db, "DELETE FROM meta WHERE key='opk.withdraw'", "");
}

enum err
prekeys_heed_ids(struct db *db, uint32_t eks, uint32_t opk, int64_t now_s, bool *ret)
{
    int64_t newest, next, unsure;

    TRY(db_get_int(db, &newest, "SELECT max(id) FROM ekss", ""));
    /* The same id, of a store that was put back, may be of a key that another copy made. */
    TRY(db_get_int(db, &unsure,
                   "SELECT count(*) FROM ekss WHERE id=?1 AND uploaded=0 AND EXISTS("
                   "SELECT 1 FROM meta WHERE key='opk.withdraw')",
                   "i", newest));
    if (eks >= newest + (unsure == 0) && eks < ID_MAX)
        TRY(make_eks(db, now_s, eks));
    TRY(next_opk_id(db, &next));
    *ret = opk >= next && opk < ID_MAX;
    if (!*ret)
        return OK;
    TRY(db_run(db, "UPDATE opks SET uploaded=1 WHERE uploaded=0", ""));
    TRY(meta_set_int(db, "opk.withdraw", 1));
    return meta_set_int(db, "opk.next", (int64_t)opk + 1);
}
