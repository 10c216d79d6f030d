/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of B9.8: what a request or an answer does in each state.
 */
#include "core/requests.h"

#include "core/chains.h"
#include "core/contact_state.h"
#include "core/outbox.h"
#include "core/persona.h"
#include "core/plain_text.h"
#include "core/tokens.h"

#define DAY_MS (1000 * (int64_t)SECONDS_A_DAY)

/* Their token, whatever generation it has: who asks may have lost all it knew. */
static enum err
take_token(struct engine *e, const struct arrival *a, const struct contact *c)
{
    struct token token;

    if (a->own == NULL || a->own->token == NULL || a->own->token->token.len != sizeof token.b)
        return OK;
    memcpy(token.b, a->own->token->token.data, sizeof token.b);
    return tokens_take(e, c, a->own->token->generation, &token, TAKE_ANY);
}

static enum err
read_request(const struct arrival *a, Wire__ContactRequest **ret)
{
    return contact_request_read(span_pb(a->shared->body), ret);
}

/* Store what they say of themselves. */
static enum err
update_asking(struct engine *e, const struct arrival *a, const Wire__ContactRequest *request,
              int64_t contact)
{
    char address[ADDRESS_MAX + 1], name[PERSON_NAME_MAX + 1];

    address_write(&a->manifest->address, address);
    plain_text(wire_unpacked_text(request->name), name, sizeof name);
    return db_run(e->db,
                  "UPDATE contacts SET state=?2, request_text=?3, name=?4, address=?5, "
                  "silent_until_ms=NULL, heard_ms=?6 WHERE id=?1",
                  "iittti", contact, (int64_t)CONTACT_ASKING, request->text, name, address,
                  engine_now_ms(e));
}

/* --- in each state --- */

/* Somebody we know nothing of. */
static enum err
insert_asking(struct engine *e, const struct arrival *a, int64_t *ret)
{
    char address[ADDRESS_MAX + 1];
    int64_t waiting;

    TRY(db_get_int(e->db, &waiting, "SELECT count(*) FROM contacts WHERE state=2", ""));
    if (waiting >= ASKING_MAX)
        return fail(ERR_LIMIT, "too many requests wait for an answer");
    address_write(&a->manifest->address, address);
    TRY(db_run(e->db,
               "INSERT INTO contacts(account,address,state,trust,created_ms) VALUES(?1,?2,0,0,?3)",
               "bti", SPAN_OF(a->account), address, engine_now_ms(e)));
    *ret = db_last_id(e->db);
    return OK;
}

static enum err
is_silent(struct engine *e, const struct contact *c, bool *ret)
{
    int64_t until;
    TRY(db_get_int(e->db, &until, "SELECT ifnull(silent_until_ms,0) FROM contacts WHERE id=?1", "i",
                   c->id));
    *ret = until > engine_now_ms(e);
    return OK;
}

/* none, removed, asking: it is shown, the newest in the place of an older one. */
static enum err
on_asking(struct engine *e, const struct arrival *a, const Wire__ContactRequest *request)
{
    struct contact c;
    int64_t id = a->known ? a->contact.id : 0;
    bool silent;

    if (!a->known) {
        enum err r = insert_asking(e, a, &id);
        if (r == ERR_LIMIT)
            return OK;
        TRY(r);
    } else {
        TRY(is_silent(e, &a->contact, &silent));
        if (silent)
            return OK;
    }
    TRY(update_asking(e, a, request, id));
    TRY(contact_get(e, id, &c));
    TRY(take_token(e, a, &c));
    engine_note(e, (struct event){.kind = EVENT_REQUEST, .contact = id});
    return OK;
}

static enum err
set_name(struct engine *e, const struct contact *c, const Wire__ContactRequest *request)
{
    char name[PERSON_NAME_MAX + 1];

    plain_text(wire_unpacked_text(request->name), name, sizeof name);
    return db_run(e->db, "UPDATE contacts SET name=?2 WHERE id=?1", "it", c->id, name);
}

/* asked: we asked as well, so both want it. */
static enum err
on_crossing(struct engine *e, const struct arrival *a, const Wire__ContactRequest *request)
{
    TRY(set_name(e, &a->contact, request));
    TRY(take_token(e, a, &a->contact));
    return contact_do_accept(e, &a->contact);
}

/* accepted: the peer lost or removed us. A request of theirs that was merely late looks the same
 * and is answered the same. */
static enum err
on_lost(struct engine *e, const struct arrival *a)
{
    int64_t sent, now = engine_now_ms(e);

    TRY(take_token(e, a, &a->contact));
    TRY(db_get_int(e->db, &sent, "SELECT ifnull(accept_sent_ms,0) FROM contacts WHERE id=?1", "i",
                   a->contact.id));
    if (sent <= now && now - sent < DAY_MS)
        return chain_begin(e, &a->contact);
    TRY(db_run(e->db, "UPDATE contacts SET accept_sent_ms=?2 WHERE id=?1", "ii", a->contact.id,
               now));
    TRY(persona_introduce(e, &a->contact));
    return contact_say_accept(e, &a->contact);
}

enum err
request_received(struct engine *e, const struct arrival *a)
{
    AUTO(contact_request_freep) Wire__ContactRequest *request = NULL;
    enum contact_state state = a->known ? a->contact.state : CONTACT_NONE;

    if (state == CONTACT_BLOCKED)
        return OK;
    enum err r = read_request(a, &request);
    if (r == ERR_MALFORMED || r == ERR_TOO_LARGE)
        return OK; /* dropped, like every content that breaks a rule */
    TRY(r);
    switch (state) {
    case CONTACT_NONE:
    case CONTACT_REMOVED:
    case CONTACT_ASKING:
        return on_asking(e, a, request);
    case CONTACT_ASKED:
        return on_crossing(e, a, request);
    case CONTACT_ACCEPTED:
        return on_lost(e, a);
    case CONTACT_BLOCKED:
    default:
        return OK;
    }
}

enum err
request_answered(struct engine *e, const struct arrival *a, bool *ret)
{
    *ret = a->known && a->contact.state == CONTACT_ACCEPTED;
    if (!a->known || a->contact.state != CONTACT_ASKED)
        return OK;
    TRY(contact_set_state(e, &a->contact, CONTACT_ACCEPTED));
    TRY(persona_introduce(e, &a->contact));
    TRY(chain_begin(e, &a->contact));
    TRY(take_token(e, a, &a->contact));
    outbox_wake(e, a->contact.id);
    *ret = true;
    return OK;
}
