/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Saying again what nobody acknowledges (B6.7). Nothing comes after the last message, so nobody
 * misses it when it is lost; and an acknowledgement that is lost is not made up for as long as the
 * other side has nothing to say. A repeat of the last one of them shows the first and is owed the
 * second: 1, 2, 4, 8 and 16 days after the oldest of them reached the relay.
 */
#include "core/chains.h"
#include "core/engine_state.h"
#include "core/healing.h"
#include "core/outbox.h"
#include "core/outbox_work.h"

#define FIRST_MS (SECONDS_A_DAY * 1000LL)
#define REPEATS_MAX 5
#define LOOK_MS (10 * 60 * 1000LL)
#define LIST_MAX 32

/* What has files is sent again with new ones once it was given up: by then no repeat with the old
 * ones may lie at the relay any more, for whichever comes first is the one that counts. */
#define FILES_MS (UNCONFIRMED_MS - QUEUE_LIFE * 1000LL)

struct silent {
    int64_t contact, oldest_ms;
};

/* Contacts that have not acknowledged what they were told so long ago that it is time to say it
 * again. */
static enum err
silent_ones(struct engine *e, struct silent ret[LIST_MAX], size_t *ret_count)
{
    AUTO(query_done) struct query q;

    *ret_count = 0;
    TRY(db_query(e->db, &q,
                 "SELECT o.contact,o.oldest FROM (SELECT contact,min(sent_ms) AS oldest FROM "
                 "outbox WHERE state=1 AND "
                 "chain IS NOT NULL GROUP BY contact) o "
                 "JOIN contacts c ON c.id=o.contact AND c.state=?2 "
                 "LEFT JOIN pacing p ON p.contact=o.contact "
                 "WHERE o.oldest+(?3<<(CASE WHEN p.repeated_ms=o.oldest THEN p.repeats ELSE 0 END))"
                 "<=?1 AND (p.repeated_ms IS NULL OR p.repeated_ms<>o.oldest OR p.repeats<?4) "
                 "LIMIT ?5",
                 "iiiii", engine_now_ms(e), (int64_t)CONTACT_ACCEPTED, FIRST_MS,
                 (int64_t)REPEATS_MAX, (int64_t)LIST_MAX));
    while (*ret_count < LIST_MAX && query_next(&q))
        ret[(*ret_count)++] =
            (struct silent){.contact = query_int(&q, 0), .oldest_ms = query_int(&q, 1)};
    return query_end(&q);
}

/* The last of the chain whose first ones wait longest, as far as its words are kept. */
static enum err
last_of_chain(struct engine *e, const struct silent *s, struct chain_id *ret_chain,
              uint64_t *ret_seq)
{
    AUTO(query_done) struct query q;
    enum err r = OK;

    TRY(db_query(e->db, &q,
                 "SELECT chain,max(seq) FROM outbox WHERE contact=?1 AND state=1 AND "
                 "(message IS NOT NULL OR length(shared)>0) AND chain=(SELECT chain FROM outbox "
                 "WHERE contact=?1 AND state=1 AND chain IS NOT NULL ORDER BY sent_ms LIMIT 1) "
                 "AND (type<>?2 OR sent_ms>?3) GROUP BY chain",
                 "iii", s->contact, (int64_t)CONTENT_ATTACHMENTS, engine_now_ms(e) - FILES_MS));
    bool found = query_next(&q);
    if (found) {
        r = query_exact(&q, 0, ret_chain->b, sizeof ret_chain->b);
        *ret_seq = (uint64_t)query_int(&q, 1);
    }
    TRY(query_end(&q));
    TRY(r);
    return found ? OK : ERR_NOT_FOUND;
}

/* How many should have gone out by now: those of the time that we were away are one. */
static int64_t
repeats_by_now(const struct silent *s, int64_t now_ms)
{
    int64_t n = 0;

    while (n < REPEATS_MAX && s->oldest_ms + (FIRST_MS << n) <= now_ms)
        n++;
    return n;
}

static enum err
repeat(struct engine *e, const struct silent *s, int64_t repeats)
{
    struct chain_id chain;
    uint64_t seq;
    struct contact c;

    TRY(db_run(e->db, "INSERT OR IGNORE INTO pacing(contact) VALUES(?1)", "i", s->contact));
    TRY(db_run(e->db, "UPDATE pacing SET repeats=?2,repeated_ms=?3 WHERE contact=?1", "iii",
               s->contact, repeats, s->oldest_ms));
    TRY(contact_get(e, s->contact, &c));
    if (contact_may_send(&c) != OK)
        return OK;
    enum err found = last_of_chain(e, s, &chain, &seq);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    return healing_repeat(e, s->contact, &chain, seq);
}

enum err
repeats_send(struct engine *e, int64_t *ret_due)
{
    struct outbox_work *w = e->outbox_work;
    struct silent list[LIST_MAX];
    int64_t now = engine_monotonic_ms(e);
    size_t count;

    *ret_due = w->repeats_due;
    if (now < w->repeats_due)
        return OK;
    *ret_due = w->repeats_due = now + LOOK_MS;
    TRY(silent_ones(e, list, &count));
    for (size_t i = 0; i < count; i++) {
        AUTO(tx_done) struct tx tx = {0};
        TRY(act_begin(e, &tx));
        TRY(act_end(e, &tx, repeat(e, &list[i], repeats_by_now(&list[i], engine_now_ms(e)))));
    }
    return OK;
}
