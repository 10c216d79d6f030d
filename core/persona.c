/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/persona.h"

#include "core/engine_state.h"
#include "core/outbox.h"
#include "core/plain_text.h"
#include "wire/encoding.h"

#define PAUSE_MIN_MS 200 /* between two contacts, so that a relay does not see them as one list */
#define PAUSE_MAX_MS 3000
#define FUTURE_MAX_MS (10 * 60 * 1000LL)
/* So many are on their way to a contact; what changes meanwhile goes with the next. Who never
 * acknowledges gets so many a week. */
#define ON_THE_WAY_MAX 8
#define ON_THE_WAY_MS (7LL * SECONDS_A_DAY * 1000)

/* --- reading --- */

static enum err
read_one(struct query *q, struct persona *ret)
{
    struct persona p = {0};

    if (!query_next(q)) {
        TRY(query_end(q));
        return fail(ERR_NOT_FOUND, "there is no such contact");
    }
    query_text(q, 0, p.name, sizeof p.name);
    query_text(q, 1, p.about, sizeof p.about);
    p.has_picture = !query_is_null(q, 2);
    TRY(query_end(q));
    *ret = p;
    return OK;
}

enum err
persona_own(struct engine *e, struct persona *ret)
{
    AUTO(query_done) struct query q;
    TRY(db_query(e->db, &q, "SELECT display_name,about,picture FROM account WHERE id=1", ""));
    return read_one(&q, ret);
}

enum err
persona_of(struct engine *e, int64_t contact, struct persona *ret)
{
    AUTO(query_done) struct query q;
    TRY(db_query(e->db, &q, "SELECT name,about,picture FROM contacts WHERE id=?1", "i", contact));
    return read_one(&q, ret);
}

enum err
persona_picture(struct engine *e, int64_t contact, struct buf *ret)
{
    enum err found =
        contact == 0
            ? db_get_bytes(e->db, ret,
                           "SELECT picture FROM account WHERE id=1 AND picture IS NOT NULL", "")
            : db_get_bytes(e->db, ret,
                           "SELECT picture FROM contacts WHERE id=?1 AND picture IS NOT NULL", "i",
                           contact);
    return found == ERR_NOT_FOUND ? fail(ERR_NOT_FOUND, "there is no picture") : found;
}

/* --- ours --- */

static bool
is_jpeg(struct span picture)
{
    static const uint8_t begin[] = {0xff, 0xd8, 0xff};
    return picture.n > sizeof begin && memcmp(picture.p, begin, sizeof begin) == 0;
}

static enum err
check_words(const char *text, size_t max, const char *what)
{
    if (text != NULL && (!utf8_valid(SPAN_STR(text)) || strlen(text) > max))
        return fail(ERR_USAGE, "%s at most %zu bytes of UTF-8", what, max);
    return OK;
}

static enum err
check_change(const struct persona_change *c)
{
    TRY(check_words(c->name, PERSON_NAME_MAX, "a name has"));
    TRY(check_words(c->about, ABOUT_MAX, "the words about you have"));
    if (c->picture == NULL || c->picture->n == 0)
        return OK;
    if (c->picture->n > AVATAR_MAX)
        return fail(ERR_TOO_LARGE, "a picture of yourself has at most %d bytes", AVATAR_MAX);
    return is_jpeg(*c->picture) ? OK : fail(ERR_USAGE, "the picture is not a JPEG");
}

static enum err
change(struct engine *e, const struct persona_change *c)
{
    int64_t before;

    if (c->name != NULL)
        TRY(db_run(e->db, "UPDATE account SET display_name=?1", "t", c->name));
    if (c->about != NULL)
        TRY(db_run(e->db, "UPDATE account SET about=?1", "t", c->about));
    if (c->picture != NULL)
        TRY(db_run(e->db, "UPDATE account SET picture=?1", "b",
                   c->picture->n > 0 ? *c->picture : SPAN_NONE));
    /* Each change has a time of its own, also where the clock stands or went back. */
    TRY(db_get_int(e->db, &before, "SELECT profile_ms FROM account WHERE id=1", ""));
    int64_t now = engine_now_ms(e) > before ? engine_now_ms(e) : before + 1;
    return db_run(e->db, "UPDATE account SET profile_ms=?1", "i", now);
}

enum err
persona_set(struct engine *e, const struct persona_change *c)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(check_change(c));
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, change(e, c)));
    e->persona_due = 0;
    return OK;
}

/* --- handing it out --- */

enum err
persona_introduce(struct engine *e, const struct contact *c)
{
    e->persona_due = 0;
    return db_run(e->db, "UPDATE contacts SET profile_sent_ms=0 WHERE id=?1", "i", c->id);
}

void
persona_look(struct engine *e)
{
    if (e->persona_due == NEVER)
        e->persona_due =
            engine_monotonic_ms(e) + engine_random_between(e, PAUSE_MIN_MS, PAUSE_MAX_MS);
}

enum err
persona_heard(struct engine *e, const struct contact *c)
{
    TRY(db_run(e->db, "UPDATE contacts SET profile_sent_ms=0 WHERE id=?1 AND profile_sent_ms<0",
               "i", c->id));
    if (db_changes(e->db) > 0)
        e->persona_due = 0;
    return OK;
}

/* What it is to be sent: 0 when there never was anything to show. */
static enum err
own_version(struct engine *e, int64_t *ret)
{
    return db_get_int(e->db, ret,
                      "SELECT CASE WHEN profile_ms>0 THEN profile_ms WHEN display_name<>'' THEN 1 "
                      "ELSE 0 END FROM account WHERE id=1",
                      "");
}

static enum err
send_to(struct engine *e, int64_t contact, int64_t version)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX), picture = BUF(AVATAR_MAX);
    struct persona own;
    Wire__Profile p;
    int64_t row;

    wire__profile__init(&p);
    TRY(persona_own(e, &own));
    if (own.has_picture)
        TRY(persona_picture(e, 0, &picture));
    p.name = own.name;
    p.about = own.about;
    p.picture = (ProtobufCBinaryData){picture.n, picture.p};
    wire_pack(&body, &p.base);
    TRY(buf_ok(&body));
    TRY(outbox_add(
        e, &(struct outgoing){.contact = contact, .type = CONTENT_PROFILE, .body = buf_span(&body)},
        &row));
    return db_run(e->db, "UPDATE contacts SET profile_sent_ms=?2 WHERE id=?1", "ii", contact,
                  version);
}

/* The next accepted contact that has not been sent it and is not busy with earlier ones; *RET
 * false: none is left. */
static enum err
hand_out(struct engine *e, bool *ret)
{
    int64_t version, contact;

    *ret = false;
    TRY(own_version(e, &version));
    enum err found =
        db_get_int(e->db, &contact,
                   "SELECT id FROM contacts WHERE state=3 AND changed_to IS NULL AND forked=0 AND "
                   "profile_sent_ms>=0 AND profile_sent_ms<?1 AND (SELECT count(*) FROM outbox "
                   "WHERE contact=contacts.id "
                   "AND type=8 AND made_ms>?2)<?3 ORDER BY random() LIMIT 1",
                   "iii", version, engine_now_ms(e) - ON_THE_WAY_MS, (int64_t)ON_THE_WAY_MAX);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    *ret = true;
    return send_to(e, contact, version);
}

int64_t
persona_step(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t now = engine_monotonic_ms(e);
    bool more = false;

    if (now < e->persona_due)
        return e->persona_due;
    enum err r = act_begin(e, &tx);
    if (r == OK)
        r = act_end(e, &tx, hand_out(e, &more));
    engine_heed(e, r);
    e->persona_due =
        more || r != OK ? now + engine_random_between(e, PAUSE_MIN_MS, PAUSE_MAX_MS) : NEVER;
    return e->persona_due;
}

/* --- theirs --- */

enum err
persona_received(struct engine *e, const struct arrival *a)
{
    AUTO(person_freep) Wire__Profile *p = NULL;
    char name[PERSON_NAME_MAX + 1], about[ABOUT_MAX + 1];
    int64_t latest = engine_now_ms(e) + FUTURE_MAX_MS, sent = (int64_t)a->shared->sent_at;

    TRY(person_read(span_pb(a->shared->body), &p));
    plain_text(wire_unpacked_text(p->name), name, sizeof name);
    plain_text(wire_unpacked_text(p->about), about, sizeof about);
    struct span picture = span_pb(p->picture);
    TRY(db_run(e->db, "UPDATE contacts SET profile_ms=?2 WHERE id=?1 AND profile_ms<=?2", "ii",
               a->contact.id, sent < latest ? sent : latest));
    if (db_changes(e->db) == 0)
        return OK; /* a later one is here */
    TRY(db_run(e->db,
               "UPDATE contacts SET name=?2,about=?3,picture=?4 WHERE id=?1 AND (name<>?2 OR "
               "about<>?3 OR picture IS NOT ?4)",
               "ittb", a->contact.id, name, about, is_jpeg(picture) ? picture : SPAN_NONE));
    if (db_changes(e->db) > 0)
        engine_note(e, (struct event){.kind = EVENT_CONTACT, .contact = a->contact.id});
    return OK;
}
