/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fill_profile NAME COUNT <PASS-PHRASE: put COUNT messages into the profile NAME, of which no agent
 * runs: half of them into the conversation with its first contact, the others into those of 200
 * people who are no contacts. Prints the id of that first contact's newest message.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/db.h"
#include "core/messages.h"
#include "core/outbox.h"
#include "core/profile.h"
#include "crypto/slots.h"

#define CONVERSATIONS 200

static void
must(enum err e)
{
    if (e == OK)
        return;
    fprintf(stderr, "fill_profile: %s\n", err_why(e));
    exit(1);
}

static struct db *
open_store(const struct profile *p)
{
    char phrase[256];
    AUTO(buf_done) struct buf slots = BUF(SLOTS_FILE_MAX);
    struct master_key mk;
    struct subkey key;
    struct db *db;
    unsigned index;

    assert(fgets(phrase, sizeof phrase, stdin) != NULL);
    phrase[strcspn(phrase, "\n")] = '\0';
    struct slot_secret secret = {.type = SLOT_PASSPHRASE, .passphrase = SPAN_STR(phrase)};
    must(profile_slots_read(p, &slots));
    must(slots_open(buf_span(&slots), &secret, &mk, &index));
    subkey_derive(&mk, LABEL_DB, &key);
    must(db_open(profile_store_path(p), &key, &db));
    return db;
}

/* Ten minutes apart, the last one now; half of them our own. Words enough that a search means
 * something, lines of different lengths. */
static void
fill(struct db *db, int64_t contact, int64_t count)
{
    int64_t now = (int64_t)time(NULL) * 1000;

    must(db_run(
        db,
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i<?2-1) "
        "INSERT INTO messages(contact,outgoing,msg_id,type,text,sent_ms,stored_ms,state,state_ms) "
        "SELECT CASE i%2 WHEN 0 THEN ?1 ELSE 1000000+i/2%?3 END,i/2%2,randomblob(16),?4,"
        "substr('Are you coming to the pub tonight, or to word'||(i%20000)||'? It is free, says "
        "name'"
        "||(i%700)||'. Bring the others, and do not forget the umbrella this time.',1,20+i*7%110),"
        "?5-(?2-i)*600000,?5-(?2-i)*600000,CASE i/2%2 WHEN 1 THEN ?6 ELSE ?7 END,?5 FROM n",
        "iiiiiii", contact, count, (int64_t)CONVERSATIONS, (int64_t)CONTENT_TEXT, now,
        (int64_t)MESSAGE_READ, (int64_t)MESSAGE_RECEIVED));
    must(db_run(db, "INSERT INTO words(words) VALUES('rebuild')", ""));
    must(db_run(db,
                "INSERT OR REPLACE INTO conversations(contact,last_message,last_ms) "
                "SELECT contact,max(id),max(stored_ms) FROM messages GROUP BY contact "
                "HAVING contact IN (SELECT id FROM contacts)",
                ""));
}

int
main(int argc, char **argv)
{
    struct profile *p;
    AUTO(tx_done) struct tx tx = {0};
    int64_t contact, newest;

    assert(argc == 3);
    must(crypto_init());
    must(profile_lock(argv[1], &p));
    struct db *db = open_store(p);
    must(db_get_int(db, &contact, "SELECT min(id) FROM contacts", ""));
    must(tx_begin(db, &tx));
    fill(db, contact, strtoll(argv[2], NULL, 10));
    must(tx_commit(&tx));
    must(db_get_int(db, &newest, "SELECT max(id) FROM messages WHERE contact=?1", "i", contact));
    must(db_checkpoint(db));
    db_close(db);
    profile_free(p);
    printf("%lld\n", (long long)newest);
    return 0;
}
