/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a person decides about a contact (B9.5, B9.8, B16.3). Each is one transaction; what follows
 * from it is in the outbox and in the tables of tokens by then, and goes out by itself.
 */
#include <stdio.h>

#include "core/chains.h"
#include "core/contact_state.h"
#include "core/outbox.h"
#include "core/persona.h"
#include "core/tokens.h"
#include "core/trust.h"
#include "wire/encoding.h"

#define DAY_MS (1000 * (int64_t)SECONDS_A_DAY)

static void
tell(struct engine *e, int64_t contact)
{
    engine_note(e, (struct event){.kind = EVENT_CONTACT, .contact = contact});
}

enum err
contact_set_state(struct engine *e, const struct contact *c, enum contact_state state)
{
    TRY(db_run(e->db, "UPDATE contacts SET state=?2 WHERE id=?1", "ii", c->id, (int64_t)state));
    tell(e, c->id);
    return OK;
}

enum err
contact_say_accept(struct engine *e, const struct contact *c)
{
    int64_t row;

    TRY(chain_begin(e, c));
    TRY(outbox_add(e, &(struct outgoing){.contact = c->id, .type = CONTENT_ACCEPT}, &row));
    outbox_wake(e, c->id);
    return OK;
}

enum err
contact_do_accept(struct engine *e, const struct contact *c)
{
    TRY(contact_set_state(e, c, CONTACT_ACCEPTED));
    TRY(persona_introduce(e, c));
    return contact_say_accept(e, c);
}

/* Run ACT on contact ID as one transaction. */
static enum err
decide(struct engine *e, int64_t id, enum err (*act)(struct engine *e, const struct contact *c))
{
    AUTO(tx_done) struct tx tx = {0};
    struct contact c;

    TRY(act_begin(e, &tx));
    enum err r = contact_get(e, id, &c);
    if (r == OK && c.state == CONTACT_SELF)
        r = fail(ERR_STATE, "this is you");
    if (r == OK)
        r = act(e, &c);
    return act_end(e, &tx, r);
}

static enum err
accept(struct engine *e, const struct contact *c)
{
    if (c->state != CONTACT_ASKING)
        return fail(ERR_STATE, "this contact has not asked");
    return contact_do_accept(e, c);
}

enum err
contact_accept(struct engine *e, int64_t id)
{
    return decide(e, id, accept);
}

static enum err
decline(struct engine *e, const struct contact *c)
{
    if (c->state != CONTACT_ASKING)
        return fail(ERR_STATE, "this contact has not asked");
    TRY(db_run(e->db,
               "UPDATE contacts SET silent_until_ms=?2, request_text='', their_token=NULL, "
               "their_token_before=NULL, their_generation=0 WHERE id=?1",
               "ii", c->id, engine_now_ms(e) + 30 * DAY_MS));
    return contact_set_state(e, c, CONTACT_NONE);
}

enum err
contact_decline(struct engine *e, int64_t id)
{
    return decide(e, id, decline);
}

static enum err
block(struct engine *e, const struct contact *c)
{
    if (c->state == CONTACT_BLOCKED)
        return OK;
    TRY(tokens_sink(e, c));
    TRY(outbox_drop(e, c));
    return contact_set_state(e, c, CONTACT_BLOCKED);
}

enum err
contact_block(struct engine *e, int64_t id)
{
    return decide(e, id, block);
}

static enum err
unblock(struct engine *e, const struct contact *c)
{
    if (c->state != CONTACT_BLOCKED)
        return fail(ERR_STATE, "this contact is not blocked");
    return contact_set_state(e, c, CONTACT_REMOVED);
}

enum err
contact_unblock(struct engine *e, int64_t id)
{
    return decide(e, id, unblock);
}

static enum err
remove_contact(struct engine *e, const struct contact *c)
{
    if (c->state == CONTACT_BLOCKED)
        return fail(ERR_STATE, "this contact is blocked; removing it would let it ask again");
    TRY(tokens_remove(e, c));
    TRY(outbox_drop(e, c));
    return contact_set_state(e, c, CONTACT_REMOVED);
}

enum err
contact_remove(struct engine *e, int64_t id)
{
    return decide(e, id, remove_contact);
}

/* --- names and marks --- */

static enum err
rename_contact(struct engine *e, int64_t id, const char *nickname)
{
    if (!utf8_valid(SPAN_STR(nickname)) || strlen(nickname) > PERSON_NAME_MAX)
        return fail(ERR_USAGE, "a name has at most %d bytes of UTF-8", PERSON_NAME_MAX);
    TRY(db_run(e->db, "UPDATE contacts SET nickname=?2 WHERE id=?1", "it", id, nickname));
    tell(e, id);
    return db_changes(e->db) == 1 ? OK : fail(ERR_NOT_FOUND, "there is no such contact");
}

enum err
contact_rename(struct engine *e, int64_t id, const char *nickname)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, rename_contact(e, id, nickname));
}

static enum err
set_trust(struct engine *e, int64_t id, enum contact_trust trust)
{
    TRY(db_run(e->db, "UPDATE contacts SET trust=?2 WHERE id=?1", "ii", id, (int64_t)trust));
    tell(e, id);
    return db_changes(e->db) == 1 ? OK : fail(ERR_NOT_FOUND, "there is no such contact");
}

enum err
contact_set_verified(struct engine *e, int64_t id, enum contact_trust trust)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, set_trust(e, id, trust));
}

/* --- after a key change (B16.3) --- */

static enum err
keep_old_key(struct engine *e, const struct contact *c)
{
    AUTO(buf_done) struct buf other = BUF(sizeof c->account.b);
    char key[40];

    if (!c->key_changed)
        return fail(ERR_STATE, "this contact's key has not changed");
    snprintf(key, sizeof key, "refused.%lld", (long long)c->id);
    TRY(db_get_bytes(e->db, &other, "SELECT changed_to FROM contacts WHERE id=?1", "i", c->id));
    TRY(meta_set_bytes(e->db, key, buf_span(&other)));
    TRY(db_run(e->db, "UPDATE contacts SET changed_to=NULL WHERE id=?1", "i", c->id));
    tell(e, c->id);
    outbox_wake(e, c->id);
    return OK;
}

enum err
contact_keep_old_key(struct engine *e, int64_t id)
{
    return decide(e, id, keep_old_key);
}

static enum err
take_new(struct engine *e, int64_t id, int64_t *ret_lookup)
{
    AUTO(buf_done) struct buf other = BUF(sizeof(struct account_id));
    char address[ADDRESS_MAX + 1];
    struct contact c;

    TRY(contact_get(e, id, &c));
    if (!c.key_changed)
        return fail(ERR_STATE, "this contact's key has not changed");
    TRY(db_get_bytes(e->db, &other, "SELECT changed_to FROM contacts WHERE id=?1", "i", id));
    address_write(&c.address, address);
    return lookup_insert(e,
                         &(struct lookup_wish){
                             .address = address,
                             .account = buf_span(&other),
                             .text = "",
                             .nickname = "",
                             .chosen = true,
                         },
                         ret_lookup);
}

enum err
contact_take_new_account(struct engine *e, int64_t id, int64_t *ret_lookup)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, take_new(e, id, ret_lookup));
}

/* --- our own link --- */

enum err
contact_own_link(struct engine *e, struct contact_link *ret)
{
    AUTO(tx_done) struct tx tx = {0};
    struct contact_link link = {
        .address = e->address,
        .account = e->account,
        .has_account = true,
        .has_relay_pin = e->manifest.pin_count > 0,
        .has_invitation = true,
    };

    if (link.has_relay_pin)
        link.relay_pin = e->manifest.pins[0];
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, tokens_invitation(e, &link.invitation)));
    *ret = link;
    return OK;
}
