/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Deleting the account at a relay: a statement signed by the account's key, which names the relay
 * and its time, so that it is good there and now alone (docs/PROTOCOL.md B21, row 3).
 */
#include <string.h>

#include "core/left_state.h"
#include "wire/check.h"

#define SURE_MS (2 * 60 * 1000) /* a registration that was under way may arrive after us */

static void
was_deleted(struct engine *e, int64_t id, const struct relay_reply *reply)
{
    struct left_row row;
    struct left *l = left_answered(e, id, &row);

    if (l == NULL)
        return;
    /* 401: there is nobody of this name and key any more. */
    bool gone = reply->err == OK &&
                (reply->status == 204 ||
                 (reply->status == 401 &&
                  (row.task == LEFT_END || engine_now_ms(e) - row.since_ms >= SURE_MS)));
    if (gone)
        left_finish(e, l, &row);
    else
        backoff_fail(e, &l->backoff, LEFT_TRY_MIN, LEFT_TRY_MAX);
}

/* The time in the statement is the relay's, as in the request's signature. */
static enum err
make_statement(struct engine *e, const struct relay_address *relay, struct buf *ret)
{
    AUTO(buf_done) struct buf text = BUF(DELETE_STATEMENT_BYTES);
    char authority[ADDRESS_MAX + 8];
    struct ed25519_signature sig;
    struct ed25519_public rlk;
    AUTO(buf_done) struct buf held = BUF(sizeof rlk.b);
    int64_t offset = 0;

    relay_authority_write(relay, authority);
    TRY(db_get_bytes(e->db, &held, "SELECT rlk FROM relays WHERE authority=?1", "t", authority));
    if (held.n != sizeof rlk.b)
        return fail(ERR_STATE, "the relay has not said who it is yet");
    memcpy(rlk.b, held.p, sizeof rlk.b);
    TRY(db_get_int(e->db, &offset, "SELECT offset_s FROM relays WHERE authority=?1", "t",
                   authority));
    struct relay_id id = relay_id_of(&rlk);
    delete_statement_text(&text, &e->account, &id, (uint64_t)(engine_now_s(e) + offset));
    TRY(buf_ok(&text));
    TRY(account_key_sign(e->aik, LABEL_DELETE, buf_span(&text), &sig));
    signed_write(ret, buf_span(&text), &sig);
    return buf_ok(ret);
}

static void
identity_came(struct engine *e, int64_t id, const struct relay_reply *reply)
{
    struct left_row row;
    struct left *l = left_answered(e, id, &row);

    if (l != NULL && (reply->err != OK || reply->status != 200))
        backoff_fail(e, &l->backoff, LEFT_TRY_MIN, LEFT_TRY_MAX);
}

enum err
left_delete_there(struct engine *e, const struct left_row *row)
{
    AUTO(buf_done) struct buf statement = BUF(DELETE_STATEMENT_BYTES + SIGNED_OVERHEAD);
    AUTO(buf_done) struct buf body = BUF(BODY_SMALL_MAX);
    struct relay_address relay = relay_of(&row->address);
    Wire__AccountDelete message = WIRE__ACCOUNT_DELETE__INIT;

    enum err r = make_statement(e, &relay, &statement);
    if (r == ERR_STATE)
        return relay_call_as_own(
            e, &relay,
            &(struct relay_call){
                .method = "GET", .path = "/v1/relay", .done = identity_came, .ref = row->id});
    TRY(r);
    message.statement = pb_span(buf_span(&statement));
    wire_pack(&body, &message.base);
    TRY(buf_ok(&body));
    return relay_call_as_own(e, &relay,
                             &(struct relay_call){.method = "POST",
                                                  .path = "/v1/accounts/delete",
                                                  .body = buf_span(&body),
                                                  .done = was_deleted,
                                                  .ref = row->id});
}
