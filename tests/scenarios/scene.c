/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/scenarios/scene.h"

#include <glob.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/backup/tables.h"
#include "core/backup/values.h"
#include "core/collected.h"
#include "core/fetching.h"
#include "crypto/recovery.h"
#include "tests/scenarios/network.h"
#include "tests/scratch.h"

#define START_MS ((int64_t)1800000000 * 1000)

uint64_t
scene_random(struct scene *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random;
}

bool
scene_chance(struct scene *s, unsigned percent)
{
    return percent > 0 && scene_random(s) % 100 < percent;
}

/* --- the world of an actor --- */

static int64_t
actor_now_ms(void *self)
{
    struct actor *a = self;
    return a->scene->now_ms + a->clock_off_ms;
}

static int64_t
actor_monotonic_ms(void *self)
{
    return ((struct actor *)self)->scene->now_ms - ((struct actor *)self)->scene->start_ms;
}

static void
actor_random(void *self, uint8_t *ret, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = (uint8_t)(scene_random(((struct actor *)self)->scene) >> 32);
}

static struct world
world_of(struct actor *a)
{
    return (struct world){
        .self = a,
        .now_ms = actor_now_ms,
        .monotonic_ms = actor_monotonic_ms,
        .random = actor_random,
        .start = network_start,
        .cancel = network_cancel,
        .work = network_work,
        .files = a->files[0] != '\0' ? a->files : NULL,
    };
}

static void
on_event(void *self, const struct event *ev)
{
    ((struct actor *)self)->events[ev->kind]++;
}

/* --- the scene --- */

struct scene *
scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    assert_ok(crypto_init());
    s->now_ms = s->start_ms = START_MS;
    s->random = 0x9e3779b97f4a7c15U;
    s->latency_ms = 20;
    s->latency_jitter_ms = 20;
    s->relay = scene_open_relay(s, SCENE_HOST);
    return s;
}

struct scene_relay *
scene_open_relay(struct scene *s, const char *host)
{
    struct scene_relay *r = &s->relays[s->relay_count++];

    assert_true(s->relay_count <= RELAYS_MAX);
    r->scene = s;
    snprintf(r->host, sizeof r->host, "%s", host);
    snprintf(r->authority, sizeof r->authority, "%s:%d", host, SCENE_PORT);
    r->config = (struct service_config){
        .name_count = 1,
        .registration = WIRE__REQUEST_POLICY__POLICY_OPEN,
        .rlk_seed = {(uint8_t)s->relay_count},
        .commit = COMMIT_AT_ONCE,
        .blob_files = blob_files_memory_new(),
        .blob_max = BLOB_MAX,
        .pow_bits = 1,
    };
    scene_relay_restart(r, store_memory_new());
    return r;
}

/* Whatever happened to an actor, its backup can be restored. */
static void
assert_restorable(struct db *db, const struct backup_table *t)
{
    AUTO(query_done) struct query q = {0};
    char columns[1024];

    assert_ok(db_query(db, &q, t->select, ""));
    while (query_next(&q)) {
        char *at = columns;

        snprintf(columns, sizeof columns, "%s", t->columns);
        for (int i = 0; at != NULL; i++) {
            const char *column = strsep(&at, ",");
            struct db_value v;

            query_value(&q, i, &v);
            if (!backup_value_sound(backup_value_rule(t->name, column), &v))
                fail_msg("values.def and %s.%s: kind %d, %lld, %zu bytes", t->name, column,
                         (int)v.kind, (long long)v.number, v.bytes.n);
        }
    }
    assert_ok(query_end(&q));
}

static void
unlink_copies(const struct actor *a)
{
    char pattern[128];
    glob_t found;

    snprintf(pattern, sizeof pattern, "%s-copy-*", a->path);
    if (glob(pattern, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        unlink(found.gl_pathv[i]);
    globfree(&found);
}

void
scene_free(struct scene *s)
{
    for (size_t i = 0; i < s->actor_count; i++) {
        struct actor *a = s->actors[i];
        for (size_t t = 0; a->engine != NULL && t < backup_table_count; t++)
            assert_restorable(engine_db(a->engine), &backup_tables[t]);
        engine_close(a->engine);
        a->engine = NULL;
        collector_free(STEAL(a->collector));
    }
    network_free(s);
    for (size_t i = 0; i < s->actor_count; i++) {
        struct actor *a = s->actors[i];
        if (a->path[0] != '\0') {
            network_unlink(a->path);
            network_unlink_files(a->files);
            unlink(a->sealed);
            unlink_copies(a);
        }
        free(a);
    }
    for (size_t i = 0; i < s->relay_count; i++) {
        service_free(s->relays[i].service);
        store_close(s->relays[i].store);
        blob_files_close(s->relays[i].config.blob_files);
    }
    free(s);
}

struct store *
scene_relay_copy(struct scene_relay *r)
{
    return store_memory_copy(r->store);
}

void
scene_relay_restart(struct scene_relay *r, struct store *store)
{
    struct service_host host = network_host(r);
    const char *name = r->authority;
    struct service_config config = r->config;

    network_cut_relay(r);
    service_free(r->service);
    r->service = NULL;
    if (store != r->store)
        store_close(r->store);
    r->store = store;
    config.names = &name;
    assert_ok(service_new(&config, r->store, &host, &r->service));
}

/* --- actors --- */

static struct db *
fresh_db(struct actor *a, bool on_disk)
{
    struct db *db;

    if (!on_disk) {
        assert_ok(db_open_memory(&db));
        return db;
    }
    snprintf(a->path, sizeof a->path, "%s/snug-scene-%d-%zu-%s", scratch_folder(), (int)getpid(),
             a->scene->actor_count, a->name);
    snprintf(a->files, sizeof a->files, "%s.files", a->path);
    network_unlink(a->path);
    network_unlink_files(a->files);
    snprintf(a->sealed, sizeof a->sealed, "%s.sealed", a->path);
    unlink(a->sealed);
    randombytes_buf(a->key.b, sizeof a->key.b);
    assert_ok(db_create(a->path, &a->key, &db));
    return db;
}

static struct actor *
enter(struct scene_relay *r, const char *name, bool on_disk)
{
    struct scene *s = r->scene;
    struct actor *a = calloc(1, sizeof *a);
    struct account_wish wish = {.display_name = name, .invitation = ""};

    assert_non_null(a);
    assert_true(s->actor_count < ACTORS_MAX);
    a->scene = s;
    s->actors[s->actor_count++] = a;
    snprintf(a->name, sizeof a->name, "%s", name);
    snprintf(wish.address.name, sizeof wish.address.name, "%s", name);
    snprintf(wish.address.host, sizeof wish.address.host, "%s", r->host);
    wish.address.port = SCENE_PORT;
    wish.pins.count = 1;
    wish.pins.pins[0] = network_pin(r, false);
    struct db *db = fresh_db(a, on_disk);
    struct world world = world_of(a);
    assert_ok(account_prepare(db, &world, &wish, &a->kit));
    assert_ok(engine_open(db, &world, on_event, &a->engine));
    return a;
}

struct actor *
scene_enter(struct scene *s, const char *name, bool on_disk)
{
    return enter(s->relay, name, on_disk);
}

static struct actor *
join(struct scene_relay *r, const char *name, bool on_disk)
{
    struct actor *a = enter(r, name, on_disk);
    enum err why;

    scene_settle(r->scene);
    assert_int_equal(account_registration(a->engine, &why), REGISTRATION_DONE);
    return a;
}

struct actor *
scene_join(struct scene *s, const char *name)
{
    return join(s->relay, name, false);
}

struct actor *
scene_join_on_disk(struct scene *s, const char *name)
{
    return join(s->relay, name, true);
}

struct actor *
scene_join_at(struct scene_relay *r, const char *name)
{
    return join(r, name, true);
}

void
actor_crash(struct actor *a)
{
    network_cut(a);
    engine_close(a->engine);
    a->engine = NULL;
}

void
actor_start(struct actor *a)
{
    struct world world = world_of(a);
    struct db *db;

    assert_null(a->engine);
    assert_ok(db_open(a->path, &a->key, &db));
    assert_ok(engine_open(db, &world, on_event, &a->engine));
}

void
actor_lock(struct actor *a)
{
    struct world world = world_of(a);
    struct collecting what;

    enum err e = fetching_leave(a->engine, &what);
    engine_close(STEAL(a->engine));
    if (e == OK)
        assert_ok(collector_new(&what, &world, a->sealed, &a->collector));
}

void
actor_unlock(struct actor *a)
{
    struct collected_proof proof;
    bool ours = a->collector != NULL;

    if (ours)
        proof = collector_proof(a->collector);
    actor_start(a);
    collector_free(STEAL(a->collector));
    assert_ok(collected_begin(a->engine, a->sealed, ours ? &proof : NULL));
}

void
actor_crash_locked(struct actor *a)
{
    network_cut(a);
    collector_free(STEAL(a->collector));
}

void
actor_offline(struct actor *a)
{
    a->offline = true;
    network_cut(a);
}

void
actor_online(struct actor *a)
{
    a->offline = false;
    if (a->engine != NULL)
        engine_wake(a->engine);
    if (a->collector != NULL)
        collector_wake(a->collector);
}

static void
copy_file(const char *from, const char *to)
{
    char chunk[65536];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    size_t n;

    assert_true(in != NULL && out != NULL);
    while ((n = fread(chunk, 1, sizeof chunk, in)) > 0)
        assert_int_equal(fwrite(chunk, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

void
actor_copy(struct actor *a, const char *suffix)
{
    char to[128];

    assert_null(a->engine); /* closed: everything is in the one file */
    snprintf(to, sizeof to, "%s-copy-%s", a->path, suffix);
    copy_file(a->path, to);
}

void
actor_restore(struct actor *a, const char *suffix)
{
    char from[128];

    assert_null(a->engine);
    snprintf(from, sizeof from, "%s-copy-%s", a->path, suffix);
    network_unlink(a->path);
    copy_file(from, a->path);
}

/* --- what people do --- */

int64_t
actor_add_link(struct actor *a, struct actor *b)
{
    struct contact_link link;
    char text[CONTACT_LINK_MAX + 1];
    int64_t lookup;

    assert_ok(contact_own_link(b->engine, &link));
    contact_link_write(&link, text);
    assert_ok(contact_add(a->engine, text, "hello, it is me", "", &lookup));
    return lookup;
}

int64_t
actor_add_address(struct actor *a, struct actor *b)
{
    char text[ADDRESS_MAX + 1];
    struct account_facts facts;
    int64_t lookup;

    assert_ok(account_facts_get(b->engine, &facts));
    address_write(&facts.address, text);
    assert_ok(contact_add(a->engine, text, "hello, it is me", "", &lookup));
    return lookup;
}

static struct account_id
account_of(struct actor *a)
{
    struct account_facts facts;

    if (a->engine == NULL)
        return a->account;
    assert_ok(account_facts_get(a->engine, &facts));
    a->account = facts.account;
    return facts.account;
}

bool
actor_knows(struct actor *a, struct actor *b)
{
    struct account_id account = account_of(b);
    struct contact c;
    return contact_by_account(a->engine, &account, &c) == OK;
}

struct contact
actor_contact(struct actor *a, struct actor *b)
{
    struct account_id account = account_of(b);
    struct contact c;
    assert_ok(contact_by_account(a->engine, &account, &c));
    return c;
}

enum contact_state
actor_state(struct actor *a, struct actor *b)
{
    return actor_knows(a, b) ? actor_contact(a, b).state : CONTACT_NONE;
}

void
actor_accept(struct actor *a, struct actor *b)
{
    assert_ok(contact_accept(a->engine, actor_contact(a, b).id));
}

int64_t
actor_say(struct actor *a, struct actor *b, const char *text)
{
    int64_t id;
    assert_ok(message_send_text(a->engine, actor_contact(a, b).id, SPAN_STR(text), &id));
    return id;
}

void
scene_befriend(struct scene *s, struct actor *a, struct actor *b)
{
    actor_add_link(a, b);
    scene_settle(s);
    actor_accept(b, a);
    scene_settle(s);
    assert_int_equal(actor_state(a, b), CONTACT_ACCEPTED);
    assert_int_equal(actor_state(b, a), CONTACT_ACCEPTED);
}

static enum err
write_line(void *ctx, const struct message *m)
{
    struct buf *out = ctx;

    if (out->n > 0)
        buf_put_str(out, "\n");
    if (m->state == MESSAGE_GAP || m->state == MESSAGE_GONE)
        buf_put_str(out, "?");
    else
        buf_printf(out, "%s %s", m->outgoing ? ">" : "<", m->text);
    return OK;
}

void
actor_history(struct actor *a, struct actor *b, struct buf *ret)
{
    bool more;
    assert_ok(messages_each(
        a->engine, &(struct messages_page){.contact = actor_contact(a, b).id, .limit = 100000}, ret,
        write_line, &more));
    buf_put_u8(ret, 0);
    assert_ok(buf_ok(ret));
}

void
assert_history_(struct actor *a, struct actor *b, const char *expected, const char *file, int line)
{
    AUTO(buf_done) struct buf text = BUF(1 << 24);
    actor_history(a, b, &text);
    _assert_string_equal((const char *)text.p, expected, file, line);
}
