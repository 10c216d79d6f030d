/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the card of somebody who is to be added leads to: whose is it, and how do we stand (B9.8)?
 */
#include <stdio.h>

#include "core/account.h"
#include "core/contact_state.h"
#include "core/conversations.h"
#include "core/outbox.h"
#include "core/trust.h"
#include "crypto/manifest.h"
#include "wire/check.h"

#define DAY_MS (1000 * (int64_t)SECONDS_A_DAY)

static bool
same_address(const struct address *a, const struct address *b)
{
    char x[ADDRESS_MAX + 1], y[ADDRESS_MAX + 1];

    address_write(a, x);
    address_write(b, y);
    return strcmp(x, y) == 0;
}

/* An address that we hold as one account is answered with another: B16.3. *RET tells whether the
 * lookup may go on all the same, since somebody named the new account. */
static enum err
check_holder(struct engine *e, const struct lookup_row *w, const struct manifest *m,
             struct span object, bool *ret)
{
    AUTO(query_done) struct query q;
    char address[ADDRESS_MAX + 1];
    int64_t holder = 0;
    struct contact c;

    address_write(&w->address, address);
    TRY(db_query(e->db, &q,
                 "SELECT id FROM contacts WHERE address=?1 AND account<>?2 AND state NOT IN (0,6) "
                 "ORDER BY id DESC LIMIT 1",
                 "tb", address, SPAN_OF(m->account)));
    if (query_next(&q))
        holder = query_int(&q, 0);
    TRY(query_end(&q));
    *ret = true;
    if (holder == 0 || w->chosen)
        return OK;
    TRY(contact_get(e, holder, &c));
    TRY(trust_card(e, &c, object));
    *ret = w->has_account;
    return OK;
}

static enum err
store_contact(struct engine *e, const struct lookup_row *w, const struct manifest *m,
              struct contact *ret)
{
    struct relay_address relay = relay_of(&w->address);
    char address[ADDRESS_MAX + 1], authority[ADDRESS_MAX + 8];
    enum err r = contact_by_account(e, &m->account, ret);

    address_write(&m->address, address);
    relay_authority_write(&relay, authority);
    if (r == ERR_NOT_FOUND) {
        TRY(db_run(e->db,
                   "INSERT INTO contacts(account,address,state,trust,created_ms) "
                   "VALUES(?1,?2,0,0,?3)",
                   "bti", SPAN_OF(m->account), address, engine_now_ms(e)));
        r = contact_by_account(e, &m->account, ret);
    }
    TRY(r);
    /* What was given with the link; nothing that is held already is lost to an emptier one. */
    TRY(db_run(e->db,
               "UPDATE contacts SET address=?2, nickname=CASE WHEN ?3='' THEN nickname ELSE ?3 "
               "END, relay_pin=ifnull(?4,relay_pin), invitation=ifnull(?5,invitation), "
               "trust=CASE WHEN ?6 AND trust=0 THEN 1 ELSE trust END, "
               "typed_relay=ifnull(?7,typed_relay) WHERE id=?1",
               "ittbbit", ret->id, address, w->nickname, w->has_pin ? SPAN_OF(w->pin) : SPAN_NONE,
               w->invitation.n > 0 ? buf_span(&w->invitation) : SPAN_NONE,
               (int64_t)(w->has_account && !w->chosen),
               w->chosen || w->hops > 0 ? NULL : authority));
    return contact_get(e, ret->id, ret);
}

static enum err
send_request(struct engine *e, const struct contact *c, const char *text, struct msg_id *id)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    Wire__ContactRequest request;
    char words[REQUEST_TEXT_MAX + 1], name[PERSON_NAME_MAX + 1];
    struct account_facts facts;
    int64_t row;

    TRY(account_facts_get(e, &facts));
    wire__contact_request__init(&request);
    snprintf(words, sizeof words, "%s", text);
    snprintf(name, sizeof name, "%s", facts.display_name);
    request.text = words;
    request.name = name;
    wire_pack(&body, &request.base);
    TRY(buf_ok(&body));
    return outbox_add(
        e,
        &(struct outgoing){
            .contact = c->id, .type = CONTENT_REQUEST, .body = buf_span(&body), .msg_id = id},
        &row);
}

/* none, removed: ask. */
static enum err
ask_first(struct engine *e, const struct contact *c, const struct lookup_row *w)
{
    struct msg_id id;

    e->world.random(e->world.self, id.b, sizeof id.b);
    TRY(db_run(e->db,
               "UPDATE contacts SET request_text=?2, request_msg_id=?3, asked_ms=?4, "
               "silent_until_ms=NULL, accept_sent_ms=NULL WHERE id=?1",
               "itbi", c->id, w->text, SPAN_OF(id), engine_now_ms(e)));
    TRY(contact_set_state(e, c, CONTACT_ASKED));
    TRY(conversation_begin(e, c->id));
    return send_request(e, c, w->text, &id);
}

/* asked: the same request again, at most once a day, and not while one waits to go out. */
static enum err
ask_again(struct engine *e, const struct contact *c)
{
    AUTO(buf_done) struct buf held = BUF(sizeof(struct msg_id));
    int64_t asked, waiting, now = engine_now_ms(e);
    struct msg_id id;

    TRY(db_get_int(e->db, &asked, "SELECT ifnull(asked_ms,0) FROM contacts WHERE id=?1", "i",
                   c->id));
    TRY(db_get_int(e->db, &waiting,
                   "SELECT count(*) FROM outbox WHERE contact=?1 AND type=16 AND state=0", "i",
                   c->id));
    if (waiting > 0 || (asked <= now && now - asked < DAY_MS))
        return OK;
    TRY(db_get_bytes(e->db, &held, "SELECT request_msg_id FROM contacts WHERE id=?1", "i", c->id));
    if (held.n != sizeof id.b)
        return fail(ERR_DAMAGED, "the number of a request is missing");
    memcpy(id.b, held.p, sizeof id.b);
    TRY(db_run(e->db, "UPDATE contacts SET asked_ms=?2 WHERE id=?1", "ii", c->id, now));
    return send_request(e, c, c->request_text, &id);
}

/* *RET_ERROR: what the person is told, OK when it went on. */
static enum err
by_state(struct engine *e, const struct contact *c, const struct lookup_row *w, enum err *ret_error)
{
    *ret_error = OK;
    switch (c->state) {
    case CONTACT_NONE:
    case CONTACT_REMOVED:
        return ask_first(e, c, w);
    case CONTACT_ASKED:
        return ask_again(e, c);
    case CONTACT_ASKING: /* they asked: adding them is accepting */
        return contact_do_accept(e, c);
    case CONTACT_ACCEPTED:
        *ret_error = ERR_EXISTS;
        return OK;
    case CONTACT_BLOCKED:
    default:
        *ret_error = ERR_STATE;
        return OK;
    }
}

enum err
lookup_resolved(struct engine *e, const struct lookup_row *w, const struct contact *c,
                enum err error)
{
    const char *name = error == OK ? NULL : err_name(error);

    TRY(db_run(e->db, "UPDATE lookups SET contact=NULLIF(?2,0), error=?3 WHERE id=?1", "iit", w->id,
               c == NULL ? (int64_t)0 : c->id, name));
    engine_note(
        e, (struct event){.kind = EVENT_LOOKUP, .lookup = w->id, .contact = c == NULL ? 0 : c->id});
    return OK;
}

/* The link names one account and the relay another: the link is right. */
static enum err
not_the_linked_one(struct engine *e, const struct lookup_row *w, struct span object)
{
    struct contact c;
    enum err r = contact_by_account(e, &w->account, &c);

    if (r == OK) {
        TRY(trust_card(e, &c, object));
        return fail(ERR_KEY_CHANGED, "the contact's name is answered with another account");
    }
    return r != ERR_NOT_FOUND
               ? r
               : fail(ERR_UNTRUSTED, "the relay answers with another account than the link names");
}

#define HOPS_MAX 3

/* Who is asked for has moved, and the relay says where to (B2.5). *RET: look there instead. */
static enum err
follow(struct engine *e, const struct lookup_row *w, struct span object, bool *ret)
{
    char address[ADDRESS_MAX + 1];
    struct manifest m;

    *ret = manifest_verify(object, &m) == OK && manifest_binds(&m, &m.account, NULL) == OK &&
           !same_address(&m.address, &w->address) && w->hops < HOPS_MAX &&
           (!w->has_account || memcmp(m.account.b, w->account.b, sizeof m.account.b) == 0);
    if (!*ret)
        return OK;
    address_write(&m.address, address);
    return db_run(e->db,
                  "UPDATE lookups SET address=?2, relay_pin=?3, hops=hops+1, tries=0, next_ms=0 "
                  "WHERE id=?1",
                  "itb", w->id, address, m.pin_count > 0 ? SPAN_OF(m.pins[0]) : SPAN_NONE);
}

/* Whose card is it? *RET_ERROR: not the one that is looked for. */
static enum err
judge_card(struct engine *e, const struct lookup_row *w, struct span object, struct manifest *ret,
           enum err *ret_error)
{
    struct manifest m;
    bool is_new, goes_on = false;

    enum err r = manifest_verify(object, &m);
    if (r == OK && !same_address(&m.address, &w->address))
        r = fail(ERR_UNTRUSTED, "the relay answers with another address than the one asked for");
    if (r == OK && w->has_account && memcmp(m.account.b, w->account.b, sizeof m.account.b) != 0)
        r = not_the_linked_one(e, w, object);
    if (r == OK && memcmp(m.account.b, e->account.b, sizeof m.account.b) == 0)
        r = fail(ERR_USAGE, "this is your own account");
    if (r == OK)
        r = trust_candidate(e, &m.account, object, ret, &is_new);
    if (r == OK)
        r = check_holder(e, w, &m, object, &goes_on);
    if (r == OK && !goes_on)
        r = fail(ERR_KEY_CHANGED, "this address was another account's before");
    if (r == OK && is_new)
        r = trust_store(e, object, ret);
    if (r == ERR_FULL || r == ERR_IO || r == ERR_DAMAGED || r == ERR_MEMORY)
        return r;
    *ret_error = r;
    return OK;
}

enum err
lookup_card(struct engine *e, const struct lookup_row *w, struct span object)
{
    struct manifest m;
    struct contact c;
    enum err error;
    bool moved;

    TRY(follow(e, w, object, &moved));
    if (moved)
        return OK;
    TRY(judge_card(e, w, object, &m, &error));
    if (error == ERR_STATE) /* manifests in between are being fetched */
        return lookup_later(e, w, 60);
    if (error != OK)
        return lookup_resolved(e, w, NULL, error);
    TRY(store_contact(e, w, &m, &c));
    TRY(by_state(e, &c, w, &error));
    outbox_wake(e, c.id);
    return lookup_resolved(e, w, &c, error);
}
