/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/service.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "relay/auth.h"
#include "relay/blob_request.h"
#include "relay/departure.h"
#include "relay/handlers.h"
#include "wire/encoding.h"

#define NONCES_MAX (1u << 20)
#define SWEEP_SLICE 128 /* records or queues looked at, a second */

/* Every path that there is, with the one method it takes. A `*` stands for one segment that is not
 * empty. */
enum signer {
    NOBODY,
    DEVICE,
    FETCHER, /* the device, or its fetch key */
};

struct route {
    const char *path;
    enum method method;
    enum signer signer;
    bool has_cursor; /* takes ?after=N */
    size_t body_max;
    enum err (*handle)(struct call *c);
};

static enum err handle_health(struct call *c);

static const struct route routes[] = {
    {"/v1/accounts", METHOD_POST, NOBODY, false, REGISTER_BODY_MAX, handle_register},
    {"/v1/accounts/delete", METHOD_POST, DEVICE, false, BODY_SMALL_MAX, handle_delete},
    {"/v1/anchor", METHOD_PUT, DEVICE, false, BODY_SMALL_MAX, handle_anchor_put},
    {"/v1/anchor/stored", METHOD_GET, DEVICE, false, 0, handle_anchor_stored},
    {"/v1/blobs", METHOD_POST, NOBODY, false, BODY_SMALL_MAX, handle_blob_new},
    {BLOB_PATH "*", METHOD_GET, NOBODY, false, 0, handle_blob_get},
    {BLOB_PATH "*/delete", METHOD_POST, NOBODY, false, 0, handle_blob_delete},
    {BLOB_PATH "*/done", METHOD_POST, NOBODY, false, BODY_SMALL_MAX, handle_blob_done},
    {BLOB_PATH "*/*", METHOD_PUT, NOBODY, false, BLOB_PART, handle_blob_put},
    {"/v1/card", METHOD_POST, NOBODY, false, BODY_SMALL_MAX, handle_card},
    {"/v1/deliver", METHOD_POST, NOBODY, false, DELIVER_BODY_MAX, handle_deliver},
    {"/v1/fetch-key", METHOD_PUT, DEVICE, false, BODY_SMALL_MAX, handle_fetch_key_put},
    {"/v1/health", METHOD_GET, NOBODY, false, 0, handle_health},
    {"/v1/held", METHOD_GET, DEVICE, true, 0, handle_held},
    {"/v1/keys", METHOD_PUT, DEVICE, false, KEYS_BODY_MAX, handle_keys_put},
    {"/v1/keys/get", METHOD_POST, NOBODY, false, BODY_SMALL_MAX, handle_keys_get},
    {"/v1/keys/status", METHOD_GET, DEVICE, false, 0, handle_keys_status},
    /* It is signed too, by a device that the handler has to find out. */
    {"/v1/manifest", METHOD_PUT, NOBODY, false, MANIFEST_BODY_MAX, handle_manifest_put},
    {"/v1/manifest/get", METHOD_POST, NOBODY, false, BODY_SMALL_MAX, handle_manifest_get},
    {"/v1/queue", METHOD_GET, FETCHER, true, 0, handle_queue_page},
    {"/v1/queue/ack", METHOD_POST, DEVICE, false, BODY_SMALL_MAX, handle_queue_ack},
    {"/v1/queue/stream", METHOD_GET, FETCHER, true, 0, handle_queue_stream},
    {"/v1/relay", METHOD_GET, NOBODY, false, 0, handle_relay_info},
    {"/v1/request", METHOD_POST, NOBODY, false, REQUEST_BODY_MAX, handle_request},
    {"/v1/requests", METHOD_GET, FETCHER, true, 0, handle_requests_page},
    {"/v1/requests/ack", METHOD_POST, DEVICE, false, BODY_SMALL_MAX, handle_requests_ack},
    {"/v1/tokens", METHOD_PUT, DEVICE, false, TOKENS_BODY_MAX, handle_tokens_put},
};

void
service_answer_done(struct service_answer *a)
{
    buf_done(&a->body);
    blob_reader_free(a->file);
    *a = SERVICE_ANSWER;
}

/* For whoever watches over the process, on the same machine. */
static enum err
handle_health(struct call *c)
{
    if (!c->request->source.loopback)
        return answer_error(c, 404);
    buf_put_str(&c->answer->body, "ok");
    c->answer->text = true;
    return answer_empty(c, 200);
}

/* ---- starting and ending ---- */

static enum err
copy_names(struct service *s, const struct service_config *config)
{
    s->names = calloc(config->name_count + 1, sizeof *s->names);
    if (s->names == NULL)
        return fail(ERR_MEMORY, "no memory for the relay's names");
    for (size_t i = 0; i < config->name_count; i++) {
        if (strlen(config->names[i]) >= sizeof s->names[i])
            return fail(ERR_TOO_LARGE, "a name of the relay is too long");
        strcpy(s->names[i], config->names[i]);
    }
    s->name_count = config->name_count;
    return OK;
}

static uint64_t
now_ms(const struct service *s)
{
    return s->host.now(s->host.ctx);
}

static enum err
open_parts(struct service *s, const struct service_config *config)
{
    uint64_t now = now_ms(s) / 1000;

    s->started = now;
    TRY(queues_new(s->store, now, &s->queues));
    TRY(quota_new(&s->quota));
    TRY(seen_new(NONCE_LIFE, NONCES_MAX, &s->nonces));
    TRY(pow_seeds_new(now, &s->pow));
    TRY(writer_new(s->store, s->commit, &s->writer));
    if (config->blob_files == NULL)
        return OK;
    struct blobs_config bc = {.store = s->store,
                              .files = config->blob_files,
                              .max = config->blob_max,
                              .fd = writer_fd(s->writer)};
    return blobs_new(&bc, &s->blobs);
}

enum err
service_new(const struct service_config *config, struct store *store,
            const struct service_host *host, struct service **ret)
{
    struct service *s = calloc(1, sizeof *s);

    if (s == NULL)
        return fail(ERR_MEMORY, "no memory for the service");
    if (sodium_init() < 0) {
        free(s);
        return fail(ERR_STATE, "libsodium does not start");
    }
    s->store = store;
    s->host = *host;
    s->commit = config->commit;
    s->registration = config->registration;
    s->pow_bits = config->pow_bits != 0 ? config->pow_bits : POW_BITS;
    s->limit_loopback = config->limit_loopback;
    s->sweeps[0].table = TABLE_IDEM;
    s->sweeps[1].table = TABLE_TOKEN;
    s->sweeps[2].table = TABLE_BLOCKED_NAME;
    s->sweeps[3].table = TABLE_FETCH_KEY;
    crypto_sign_seed_keypair(s->rlk.b, s->rlk_secret, config->rlk_seed);
    s->relay_id = relay_id_of(&s->rlk);
    enum err e = copy_names(s, config);
    if (e == OK)
        e = open_parts(s, config);
    if (e != OK) {
        service_free(s);
        return e;
    }
    *ret = s;
    return OK;
}

void
service_free(struct service *s)
{
    if (s == NULL)
        return;
    blobs_free(s->blobs);
    writer_free(s->writer);
    queues_free(s->queues);
    quota_free(s->quota);
    seen_free(s->nonces);
    pow_seeds_free(s->pow);
    free(s->names);
    sodium_memzero(s, sizeof *s);
    free(s);
}

/* ---- what the store has done ---- */

static void
break_down(struct service *s)
{
    if (!s->broken)
        s->host.broken(s->host.ctx);
    s->broken = true;
}

/* Tell the host, unless it holds no answers back. */
static void
take_report(struct service *s, enum err e, const struct writer_report *r)
{
    bool tell = s->commit != COMMIT_AT_ONCE;

    if (e != OK) {
        break_down(s);
        return;
    }
    if (s->blobs != NULL)
        blobs_durable(s->blobs, r->durable_upto);
    if (r->rolled_back) {
        queues_rolled_back(s->queues);
        if (s->blobs != NULL)
            blobs_rolled_back(s->blobs);
    }
    if (r->durable_upto > s->reported) {
        s->reported = r->durable_upto;
        if (tell)
            s->host.committed(s->host.ctx, r->durable_upto);
    }
    if (r->refused > 0) {
        s->reported = r->refused > s->reported ? r->refused : s->reported;
        if (tell)
            s->host.refused(s->host.ctx, r->refused);
    }
}

int
service_fd(const struct service *s)
{
    return writer_fd(s->writer);
}

bool
service_overloaded(const struct service *s)
{
    return writer_overloaded(s->writer, now_ms(s));
}

/* ---- requests ---- */

static bool
path_is(const char *path, const char *known)
{
    for (; *known != '\0'; known++) {
        if (*known != '*') {
            if (*path++ != *known)
                return false;
            continue;
        }
        size_t segment = strcspn(path, "/?");
        if (segment == 0)
            return false;
        path += segment;
    }
    return *path == '\0' || *path == '?';
}

static const struct route *
find_route(const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (path_is(path, routes[i].path))
            return &routes[i];
    return NULL;
}

size_t
service_body_max(enum method method, const char *path)
{
    const struct route *r = find_route(path);
    return r != NULL && r->method == method ? r->body_max : 0;
}

/* `?after=N`, N decimal without leading zeros; the only query there is. */
static enum err
read_query(const struct route *r, const char *path, uint64_t *ret)
{
    static const char key[] = "?after=";
    const char *query = strchr(path, '?');
    uint64_t value = 0;

    if (query == NULL)
        return OK;
    if (!r->has_cursor || strncmp(query, key, sizeof key - 1) != 0)
        return fail(ERR_MALFORMED, "an unknown query");
    const char *digits = query + sizeof key - 1;
    size_t n = strlen(digits);
    if (n == 0 || n > 19 || (digits[0] == '0' && n > 1))
        return fail(ERR_MALFORMED, "not a number");
    for (size_t i = 0; i < n; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return fail(ERR_MALFORMED, "not a number");
        value = 10 * value + (uint64_t)(digits[i] - '0');
    }
    if (value > INT64_MAX)
        return fail(ERR_MALFORMED, "not a number of ours");
    *ret = value;
    return OK;
}

static enum err
dispatch(struct call *c)
{
    const struct route *r = find_route(c->request->path);

    if (r == NULL)
        return answer_error(c, 404);
    if (r->method != c->request->method)
        return answer_error(c, 405);
    if (c->request->body.n > r->body_max)
        return answer_error(c, 413);
    TRY(read_query(r, c->request->path, &c->after));
    if (r->signer != NOBODY) {
        enum err e = auth_check(c, r->signer == FETCHER);
        if (e == ERR_REFUSED || e == ERR_RATE)
            return OK; /* answered */
        TRY(e);
    }
    return r->handle(c);
}

/* A write failed half-way: nothing of this batch can be kept. */
static void
give_up_batch(struct call *c)
{
    struct writer_report report = {0};
    enum err e = writer_refuse(c->s->writer, &report);
    take_report(c->s, e, &report);
}

/* The answer of a request that wrote belongs to a batch. */
static void
join_batch(struct call *c)
{
    struct writer_report report = {0};

    c->answer->ticket = writer_ticket(c->s->writer, c->written, c->now_ms);
    if (c->s->commit != COMMIT_AT_ONCE) {
        c->answer->kind = ANSWER_AFTER_COMMIT;
        return;
    }
    enum err e = writer_flush(c->s->writer, &report);
    take_report(c->s, e, &report);
    if (e == OK && report.refused > 0)
        e = ERR_FULL;
    if (e != OK)
        e = answer_failure(c, e);
    assert(e == OK);
}

/* C was handled with E: what it wrote goes with the batch, or its failure is the answer. */
static void
conclude(struct call *c, enum err e)
{
    if (e == OK && c->writes) {
        join_batch(c);
        return;
    }
    if (e == OK)
        return;
    c->answer->kind = ANSWER_NOW;
    if (answer_failure(c, e) != OK)
        c->answer->status = 503; /* not even memory for the error's body */
    if (c->writes && e != ERR_IO && e != ERR_DAMAGED)
        give_up_batch(c);
    else if (e == ERR_IO || e == ERR_DAMAGED)
        break_down(c->s);
}

static struct call
call_now(struct service *s, const struct service_request *request, struct service_answer *answer)
{
    uint64_t ms = now_ms(s);
    return (struct call){
        .s = s, .request = request, .answer = answer, .now_ms = ms, .now = ms / 1000};
}

void
service_handle(struct service *s, const struct service_request *request,
               struct service_answer *answer)
{
    struct call c = call_now(s, request, answer);
    conclude(&c, s->broken ? ERR_IO : dispatch(&c));
}

/* Give what was finished meanwhile its answer. Whether there was any. */
static bool
answer_work(struct service *s)
{
    const struct service_request none = {0};
    struct blob_job *job;
    bool any = false;

    while (s->blobs != NULL && !s->broken && (job = blobs_sealed(s->blobs)) != NULL) {
        struct service_answer answer = SERVICE_ANSWER;
        struct call c = call_now(s, &none, &answer);
        conclude(&c, blob_sealed(&c, job));
        s->host.worked(s->host.ctx, job->work, &answer);
        service_answer_done(&answer);
        free(job);
        any = true;
    }
    return any;
}

/* The writer's descriptor stands for finished work as well, and each turn of the writer resets it:
 * so work is looked at after it, and what that wrote takes another. */
void
service_settle(struct service *s)
{
    do {
        struct writer_report r = {0};
        if (s->broken)
            return;
        enum err e = writer_turn(s->writer, &r);
        take_report(s, e, &r);
    } while (answer_work(s));
}

void
service_batch_end(struct service *s)
{
    service_settle(s);
}

enum err
service_commit(struct service *s)
{
    struct writer_report r = {0};

    blobs_wait(s->blobs);
    answer_work(s);
    if (s->broken)
        return fail(ERR_IO, "the relay's store has failed");
    enum err e = writer_flush(s->writer, &r);
    take_report(s, e, &r);
    if (e == OK && r.refused > 0)
        return fail(ERR_FULL, "the relay's store is full");
    return e;
}

/* ---- time and administration ---- */

static enum err
housekeeping(struct service *s, uint64_t now)
{
    TRY(queues_sweep(s->queues, SWEEP_SLICE, now));
    TRY(queues_flush(s->queues));
    TRY(departures_sweep(s, SWEEP_SLICE, now));
    for (size_t i = 0; i < sizeof s->sweeps / sizeof *s->sweeps; i++)
        TRY(kept_sweep(s->store, &s->sweeps[i], SWEEP_SLICE, now));
    return OK;
}

/* Files go with the batch in which their records went, so that one is made of it. */
static enum err
expire_blobs(struct service *s, uint64_t ms)
{
    if (s->blobs == NULL)
        return OK;
    TRY(blobs_sweep(s->blobs, SWEEP_SLICE, ms / 1000, writer_now(s->writer)));
    if (blobs_wait_for_batch(s->blobs))
        writer_ticket(s->writer, 0, ms);
    return OK;
}

void
service_tick(struct service *s)
{
    struct writer_report r = {0};

    if (s->broken)
        return;
    enum err e = housekeeping(s, now_ms(s) / 1000);
    if (e == OK)
        e = expire_blobs(s, now_ms(s));
    /* Without memory or room it goes on another time; the batch is what it was but for deletions
     * that are due anyway. */
    if (e == ERR_FULL || e == ERR_MEMORY)
        e = writer_refuse(s->writer, &r);
    else if (e == OK)
        e = s->commit == COMMIT_AT_ONCE ? writer_flush(s->writer, &r) : writer_tidy(s->writer, &r);
    take_report(s, e, &r);
    service_settle(s);
}

enum err
service_invite(struct service *s, char ret_code[INVITATION_MAX + 1])
{
    uint8_t random[16];
    struct sha256 hash;

    static_assert(BASE32_LEN(sizeof random) <= INVITATION_MAX, "a code has to fit");
    randombytes_buf(random, sizeof random);
    base32_write(SPAN(random, sizeof random), ret_code);
    sha256_of(SPAN_STR(ret_code), &hash);
    TRY(kept_invitation_put(s->store, &hash, 1));
    writer_ticket(s->writer, sizeof hash, now_ms(s));
    return OK;
}
