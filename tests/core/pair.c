/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/core/pair.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/account.h"
#include "core/inbox.h"
#include "core/prekeys.h"
#include "core/trust.h"
#include "tests/scratch.h"

#define START_MS (1767225600000LL + 86400000LL * 100)
#define RETENTION_MS (21LL * SECONDS_A_DAY * 1000)

struct post_answer {
    enum who to;
    uint64_t id;
    struct transport_answer answer;
    struct buf body;
};
struct post_idem {
    struct idem idem;
    struct sha256 body;
};

int
pair_chance(struct pair *p, int below)
{
    p->seed = p->seed * 1103515245U + 12345U;
    return (int)((p->seed >> 8) % (unsigned)below);
}

static bool
happens(struct pair *p, int per_mille)
{
    return pair_chance(p, 1000) < per_mille;
}

/* --- the post office --- */

void
person_answer(struct person *p, uint64_t id, const struct transport_answer *a,
              const ProtobufCMessage *body)
{
    struct pair *pair = p->pair;
    if (pair->answer_count == pair->answer_space) {
        pair->answer_space = 2 * pair->answer_space + 16;
        pair->answers = realloc(pair->answers, pair->answer_space * sizeof *pair->answers);
        assert_non_null(pair->answers);
    }
    struct post_answer *to = &pair->answers[pair->answer_count++];
    *to = (struct post_answer){.to = p->who, .id = id, .answer = *a, .body = BUF(ANSWER_MAX)};
    if (body != NULL)
        wire_pack(&to->body, body);
}

static void
answer(struct person *p, uint64_t id, enum transport_failure failure, unsigned status,
       const ProtobufCMessage *body)
{
    person_answer(p, id, &(struct transport_answer){.failure = failure, .status = status}, body);
}

static void
post_relay_info(struct person *p, uint64_t id)
{
    uint8_t rlk[32] = {7}, seed[16] = {9};
    Wire__RelayInfo info;
    Wire__RelayPolicies policies;
    Wire__RelayLimits limits;
    Wire__PowOffer pow;

    wire__relay_info__init(&info);
    wire__relay_policies__init(&policies);
    wire__relay_limits__init(&limits);
    wire__pow_offer__init(&pow);
    info.proto_min = info.proto_max = 1;
    info.rlk = (ProtobufCBinaryData){sizeof rlk, rlk};
    info.policies = &policies;
    info.limits = &limits;
    info.time = (uint64_t)p->pair->now_ms / 1000;
    pow.seed = (ProtobufCBinaryData){sizeof seed, seed};
    pow.bits = 4;
    info.pow = &pow;
    answer(p, id, TRANSPORT_OK, 200, &info.base);
}

static void
post_keys(struct person *p, uint64_t id)
{
    struct person *other = &p->pair->people[1 - p->who];
    Wire__Keys keys;
    Wire__DeviceKeys device, *list[1] = {&device};

    wire__keys__init(&keys);
    wire__device_keys__init(&device);
    device.device = 1;
    device.bundle = (ProtobufCBinaryData){other->bundle.n, other->bundle.p};
    keys.devices = list;
    keys.n_devices = 1;
    answer(p, id, TRANSPORT_OK, 200, &keys.base);
}

static void
post_store(struct person *to, struct span envelope)
{
    if (to->count == to->space) {
        to->space = 2 * to->space + 64;
        to->items = realloc(to->items, to->space * sizeof *to->items);
        assert_non_null(to->items);
    }
    struct post_item *item = &to->items[to->count++];
    *item = (struct post_item){.envelope = BUF(ENVELOPE_B3), .stored_ms = to->pair->now_ms};
    buf_put(&item->envelope, envelope);
}

/* 202 for what was stored under this key before, 422 when it had other bytes. */
static unsigned
idem_check(struct pair *p, const Wire__Deliver *d)
{
    AUTO(buf_done) struct buf body = BUF(DELIVER_BODY_MAX);
    Wire__Deliver m = *d;
    struct sha256 hash;

    m.until = 0;
    wire_pack(&body, &m.base);
    sha256_of(buf_span(&body), &hash);
    for (size_t i = 0; i < p->idem_count; i++)
        if (memcmp(p->idems[i].idem.b, d->idem.data, 16) == 0)
            return memcmp(p->idems[i].body.b, hash.b, 32) == 0 ? 202 : 422;
    if (p->idem_count == p->idem_space) {
        p->idem_space = 2 * p->idem_space + 64;
        p->idems = realloc(p->idems, p->idem_space * sizeof *p->idems);
        assert_non_null(p->idems);
    }
    memcpy(p->idems[p->idem_count].idem.b, d->idem.data, 16);
    p->idems[p->idem_count++].body = hash;
    return 0;
}

static void
post_deliver(struct person *p, const struct transport_request *r)
{
    struct pair *pair = p->pair;
    struct person *to = &pair->people[1 - p->who];
    AUTO(deliver_freep) Wire__Deliver *d = NULL;

    assert_ok(deliver_read(r->body, &d));
    if (pair->status != 0) {
        answer(p, r->id, TRANSPORT_OK, pair->status, NULL);
        return;
    }
    unsigned known = idem_check(pair, d);
    if (known == 0) {
        post_store(to, span_pb(d->envelopes[0]->envelope));
        if (happens(pair, pair->faults.repeat))
            post_store(to, span_pb(d->envelopes[0]->envelope));
        known = 202;
    }
    if (happens(pair, pair->faults.lose_answer))
        answer(p, r->id, TRANSPORT_UNREACHABLE, 0, NULL);
    else
        answer(p, r->id, TRANSPORT_OK, known, NULL);
}

static void
post_start(void *self, const struct transport_request *r)
{
    struct person *p = self;

    if (p->pair->clerk != NULL && p->pair->clerk(p, r))
        return;
    if (strcmp(r->path, "/v1/relay") == 0)
        post_relay_info(p, r->id);
    else if (happens(p->pair, p->pair->faults.lose_request) || r->lane == LANE_OWN)
        answer(p, r->id, TRANSPORT_UNREACHABLE, 0, NULL);
    else if (strcmp(r->path, "/v1/keys/get") == 0)
        post_keys(p, r->id);
    else if (strcmp(r->path, "/v1/deliver") == 0)
        post_deliver(p, r);
    else
        answer(p, r->id, TRANSPORT_UNREACHABLE, 0, NULL);
}

static void
post_cancel(void *self, uint64_t id)
{
    struct person *p = self;
    for (size_t i = 0; i < p->pair->answer_count; i++)
        if (p->pair->answers[i].to == p->who && p->pair->answers[i].id == id)
            p->pair->answers[i].id = 0;
}

/* --- people --- */

static int64_t
world_now(void *self)
{
    return ((struct person *)self)->pair->now_ms;
}

static void
world_random(void *self, uint8_t *ret, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = (uint8_t)pair_chance(((struct person *)self)->pair, 256);
}

static struct world
world_of(struct person *p)
{
    return (struct world){.self = p,
                          .now_ms = world_now,
                          .monotonic_ms = world_now,
                          .random = world_random,
                          .start = post_start,
                          .cancel = post_cancel};
}

static const struct subkey db_key = {.b = {1, 2, 3}};

static void
person_open(struct person *p)
{
    struct world w = world_of(p);
    struct db *db;
    assert_ok(db_open(p->path, &db_key, &db));
    assert_ok(engine_open(db, &w, NULL, &p->engine));
}

static void
person_make(struct person *p, const char *name)
{
    struct world w = world_of(p);
    struct recovery_seed seed;
    struct account_wish wish = {.display_name = name, .invitation = ""};
    struct prekeys_in_bundle in;
    struct db *db;

    const char *folder = p->pair->folder != NULL ? p->pair->folder : scratch_folder();
    snprintf(p->path, sizeof p->path, "%s/snug-pair-%d-%s", folder, (int)getpid(), name);
    unlink(p->path);
    assert_ok(db_create(p->path, &db_key, &db));
    snprintf(wish.address.name, sizeof wish.address.name, "%s", name);
    snprintf(wish.address.host, sizeof wish.address.host, "relay.example");
    wish.address.port = 443;
    assert_ok(account_prepare(db, &w, &wish, &seed));
    assert_ok(engine_open(db, &w, NULL, &p->engine));
    p->bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    assert_ok(prekeys_bundle(p->engine, &p->bundle, &in));
    randombytes_buf(p->token.b, sizeof p->token.b);
}

static void
introduce(struct person *p, const struct person *other)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(buf_done) struct buf object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    struct engine *e = p->engine;
    char address[ADDRESS_MAX + 1];

    address_write(&other->engine->address, address);
    assert_ok(trust_manifest_bytes(other->engine, &other->engine->account, &object));
    assert_ok(act_begin(e, &tx));
    assert_ok(trust_store(e, buf_span(&object), &other->engine->manifest));
    assert_ok(db_run(e->db,
                     "INSERT INTO contacts(account,address,state,trust,their_generation,"
                     "their_token,created_ms,profile_sent_ms) VALUES(?1,?2,?3,1,1,?4,?5,?5)",
                     "btibi", SPAN_OF(other->engine->account), address, (int64_t)CONTACT_ACCEPTED,
                     SPAN_OF(other->token), p->pair->now_ms));
    p->contact = db_last_id(e->db);
    assert_ok(act_end(e, &tx, OK));
}

void
pair_open(struct pair *p)
{
    assert_ok(crypto_init());
    p->now_ms = START_MS;
    if (p->seed == 0)
        p->seed = 1;
    for (int i = 0; i < 2; i++) {
        p->people[i].pair = p;
        p->people[i].who = (enum who)i;
        person_make(&p->people[i], i == ALICE ? "alice" : "bob");
    }
    introduce(&p->people[ALICE], &p->people[BOB]);
    introduce(&p->people[BOB], &p->people[ALICE]);
}

static void
person_remove(struct person *p)
{
    char side[160];
    engine_close(p->engine);
    unlink(p->path);
    snprintf(side, sizeof side, "%s-wal", p->path);
    unlink(side);
    snprintf(side, sizeof side, "%s-shm", p->path);
    unlink(side);
    for (size_t i = 0; i < p->count; i++)
        buf_done(&p->items[i].envelope);
    free(p->items);
    buf_done(&p->bundle);
}

void
pair_close(struct pair *p)
{
    for (int i = 0; i < 2; i++)
        person_remove(&p->people[i]);
    for (size_t i = 0; i < p->answer_count; i++)
        buf_done(&p->answers[i].body);
    free(p->answers);
    free(p->idems);
}

void
person_crash(struct person *p)
{
    engine_close(p->engine);
    for (size_t i = 0; i < p->pair->answer_count; i++)
        if (p->pair->answers[i].to == p->who)
            p->pair->answers[i].id = 0;
    person_open(p);
}

int64_t
person_say(struct person *p, const char *text)
{
    int64_t id = 0;
    assert_ok(message_send_text(p->engine, p->contact, SPAN_STR(text), &id));
    return id;
}

void
person_say_many(struct person *p, int n, int64_t step)
{
    for (int i = 1; i <= n; i++) {
        char text[16];
        snprintf(text, sizeof text, "m%d", i);
        person_say(p, text);
        if (step > 0)
            pair_run(p->pair, step);
    }
}

void
person_hand_over(struct person *p, size_t i)
{
    assert_true(i < p->count);
    p->items[i].taken = true;
    assert_ok(inbox_item(p->engine, QUEUE_DEVICE, ++p->n, 0, buf_span(&p->items[i].envelope)));
}

/* --- time --- */

static bool
answers_pass(struct pair *p)
{
    bool any = false;
    for (size_t i = 0; i < p->answer_count; i++) {
        struct post_answer a = p->answers[i];
        p->answers[i].id = 0;
        p->answers[i].body = BUF(1);
        if (a.id != 0) {
            a.answer.body = buf_span(&a.body);
            engine_on_answer(p->people[a.to].engine, a.id, &a.answer);
            any = true;
        }
        buf_done(&a.body);
    }
    size_t kept = 0; /* those that came in while others were read */
    for (size_t i = 0; i < p->answer_count; i++)
        if (p->answers[i].id != 0)
            p->answers[kept++] = p->answers[i];
        else
            buf_done(&p->answers[i].body);
    p->answer_count = kept;
    return any;
}

/* The first one that waits, or with shuffling one a little later. */
static bool
item_passes(struct person *p)
{
    size_t first = 0;
    while (first < p->count && p->items[first].taken)
        first++;
    if (p->away || first == p->count)
        return false;
    size_t i = first;
    if (happens(p->pair, p->pair->faults.shuffle)) {
        i += (size_t)pair_chance(p->pair, 5);
        if (i >= p->count || p->items[i].taken)
            i = first;
    }
    if (p->pair->now_ms - p->items[i].stored_ms > RETENTION_MS)
        p->items[i].taken = true;
    else
        person_hand_over(p, i);
    if (happens(p->pair, p->pair->faults.crash))
        person_crash(p);
    return true;
}

void
pair_run(struct pair *p, int64_t ms)
{
    int64_t end = p->now_ms + ms;
    while (p->now_ms < end) {
        int64_t due = end;
        bool busy = answers_pass(p);
        for (int i = 0; i < 2; i++) {
            due = sooner(due, engine_step(p->people[i].engine));
            assert_ok(engine_trouble(p->people[i].engine));
            busy = item_passes(&p->people[i]) || busy;
        }
        if (busy || p->answer_count > 0)
            continue;
        p->now_ms = due > p->now_ms ? due : p->now_ms + 1;
    }
}

/* --- looking --- */

void
pair_assert_heard(struct pair *p, enum who to, const char *expected)
{
    AUTO(buf_done) struct buf heard = BUF(1 << 20);
    AUTO(query_done) struct query q;

    assert_ok(db_query(p->people[to].engine->db, &q,
                       "SELECT CASE state WHEN 7 THEN '[gap]' WHEN 8 THEN '[gone]' ELSE text END "
                       "FROM messages WHERE outgoing=0 ORDER BY id",
                       ""));
    while (query_next(&q)) {
        if (heard.n > 0)
            buf_put_u8(&heard, ' ');
        buf_put(&heard, query_bytes(&q, 0));
    }
    assert_ok(query_end(&q));
    buf_put_u8(&heard, 0);
    assert_string_equal((const char *)heard.p, expected);
}

const char *
pair_upto(int n)
{
    static char text[4096];
    size_t at = 0;

    text[0] = '\0';
    for (int i = 1; i <= n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, i == 1 ? "m%d" : " m%d", i);
    return text;
}

int64_t
person_count(struct person *p, const char *sql)
{
    int64_t n = -1;
    assert_ok(db_get_int(p->engine->db, &n, sql, ""));
    return n;
}
