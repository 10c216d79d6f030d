/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What crypto/pairwise keeps, in the tables sessions, opks, spks and initial_keys. Everything runs
 * inside the caller's transaction (L1).
 */
#include "core/engine_state.h"
#include "crypto/pairwise.h"

static enum err
load_session(void *ctx, const struct device_address *peer, struct buf *ret)
{
    struct engine *e = ctx;
    return db_get_bytes(e->db, ret, "SELECT record FROM sessions WHERE account=?1 AND device=?2",
                        "bi", SPAN_OF(peer->account), (int64_t)peer->device);
}

static enum err
save_session(void *ctx, const struct device_address *peer, struct span record)
{
    struct engine *e = ctx;
    TRY(db_run(e->db, "UPDATE sessions SET record=?3 WHERE account=?1 AND device=?2", "bib",
               SPAN_OF(peer->account), (int64_t)peer->device, record));
    if (db_changes(e->db) > 0)
        return OK;
    return db_run(e->db,
                  "INSERT INTO sessions(account,device,record,started_s) VALUES(?1,?2,?3,?4)",
                  "bibi", SPAN_OF(peer->account), (int64_t)peer->device, record, engine_now_s(e));
}

static enum err
delete_session(void *ctx, const struct device_address *peer)
{
    struct engine *e = ctx;
    return db_run(e->db, "DELETE FROM sessions WHERE account=?1 AND device=?2", "bi",
                  SPAN_OF(peer->account), (int64_t)peer->device);
}

static enum err
secret_end(struct query *q, struct signal_secret *ret)
{
    struct signal_secret secret = {0};
    bool found = query_next(q);
    enum err e = found ? query_exact(q, 0, secret.b, sizeof secret.b) : OK;
    enum err ended = query_end(q);
    if (e == OK)
        e = ended;
    if (e == OK && !found)
        e = fail(ERR_NOT_FOUND, "there is no such prekey");
    if (e == OK)
        *ret = secret;
    signal_secret_wipe(&secret);
    return e;
}

static enum err
load_opk(void *ctx, uint32_t id, struct signal_secret *ret)
{
    struct engine *e = ctx;
    AUTO(query_done) struct query q;
    TRY(db_query(e->db, &q, "SELECT secret FROM opks WHERE id=?1", "i", (int64_t)id));
    return secret_end(&q, ret);
}

static enum err
delete_opk(void *ctx, uint32_t id)
{
    struct engine *e = ctx;
    return db_run(e->db, "DELETE FROM opks WHERE id=?1", "i", (int64_t)id);
}

static enum err
load_spk(void *ctx, uint32_t id, struct signal_secret *ret)
{
    struct engine *e = ctx;
    AUTO(query_done) struct query q;
    TRY(db_query(e->db, &q, "SELECT secret FROM spks WHERE id=?1", "i", (int64_t)id));
    return secret_end(&q, ret);
}

static enum err
base_key_seen(void *ctx, const struct sha256 *hash, bool *ret)
{
    struct engine *e = ctx;
    int64_t count;
    TRY(db_get_int(e->db, &count, "SELECT count(*) FROM initial_keys WHERE hash=?1", "b",
                   SPAN_OF(*hash)));
    *ret = count > 0;
    return OK;
}

static enum err
base_key_remember(void *ctx, const struct sha256 *hash, uint32_t spk_id)
{
    struct engine *e = ctx;
    return db_run(e->db, "INSERT OR REPLACE INTO initial_keys(hash,spk,at_s) VALUES(?1,?2,?3)",
                  "bii", SPAN_OF(*hash), (int64_t)spk_id, engine_now_s(e));
}

struct pairwise_store
pairwise_db(struct engine *e)
{
    return (struct pairwise_store){
        .ctx = e,
        .session_load = load_session,
        .session_save = save_session,
        .session_delete = delete_session,
        .opk_load = load_opk,
        .opk_delete = delete_opk,
        .spk_load = load_spk,
        .base_key_seen = base_key_seen,
        .base_key_remember = base_key_remember,
    };
}
