/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/relay/fixture.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/check.h"

#include "relay/blob_files.h"

#include "wire/pow.h"

static const char *const names[] = {AUTHORITY, "other-name.test:443"};

static uint64_t
host_now(void *ctx)
{
    return ((struct relay *)ctx)->now_ms;
}

static void
host_push(void *ctx, const struct account_id *account, uint32_t device, const struct frame *f)
{
    struct relay *r = ctx;
    if (r->push_count < sizeof r->pushed / sizeof *r->pushed)
        r->pushed[r->push_count++] = (struct pushed){.account = *account,
                                                     .device = device,
                                                     .kind = f->kind,
                                                     .n = f->n,
                                                     .tag = f->tag,
                                                     .size = f->envelope.n};
}

static void
host_end(void *ctx, const struct account_id *account, uint32_t device, enum bye_reason why)
{
    ((struct relay *)ctx)->ended++;
}

static bool
host_streaming(void *ctx, const struct account_id *account, uint32_t device)
{
    return ((struct relay *)ctx)->streaming;
}

static void
host_end_fetching(void *ctx, const struct account_id *account, uint32_t device)
{
    ((struct relay *)ctx)->fetching_ended++;
}

static void
host_committed(void *ctx, uint64_t upto)
{
    ((struct relay *)ctx)->committed = upto;
}

static void
host_refused(void *ctx, uint64_t upto)
{
    ((struct relay *)ctx)->refused = upto;
}

static void
host_worked(void *ctx, uint64_t work, struct service_answer *a)
{
    struct relay *r = ctx;
    r->work = work;
    r->work_kind = a->kind;
    r->work_status = a->status;
    r->work_ticket = a->ticket;
}

static void
host_broken(void *ctx)
{
    ((struct relay *)ctx)->broken = true;
}

static void
start_service(struct relay *r)
{
    struct service_host host = {.ctx = r,
                                .now = host_now,
                                .push = host_push,
                                .end = host_end,
                                .streaming = host_streaming,
                                .end_fetching = host_end_fetching,
                                .committed = host_committed,
                                .refused = host_refused,
                                .worked = host_worked,
                                .broken = host_broken};
    assert_ok(service_new(&r->config, r->store, &host, &r->service));
}

struct relay *
relay_new_on(struct store *store, enum commit_mode mode)
{
    return relay_new_with(store, NULL, mode);
}

struct relay *
relay_new_with(struct store *store, struct blob_files *files, enum commit_mode mode)
{
    struct relay *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->store = store;
    r->files = files;
    r->config = (struct service_config){
        .names = names,
        .name_count = 2,
        .registration = WIRE__REQUEST_POLICY__POLICY_OPEN,
        .rlk_seed = {1, 2, 3},
        .commit = mode,
        .blob_files = files,
        .blob_max = BLOB_MAX,
        .pow_bits = TEST_POW_BITS,
    };
    r->now_ms = START_MS;
    r->source.loopback = true;
    r->answer = SERVICE_ANSWER;
    start_service(r);
    return r;
}

void
relay_free(struct relay *r)
{
    service_answer_done(&r->answer);
    service_free(r->service);
    store_close(r->store);
    blob_files_close(r->files);
    free(r);
}

void
relay_restart_on(struct relay *r, struct store *store)
{
    service_free(r->service);
    store_close(r->store);
    r->store = store;
    start_service(r);
}

void
relay_sleep(struct relay *r, uint64_t seconds)
{
    r->now_ms += seconds * 1000;
    service_tick(r->service);
}

static void
sign(enum label label, struct span payload, const uint8_t secret[64], struct ed25519_signature *ret)
{
    const char *text = label_text(label);
    AUTO(buf_done) struct buf m = BUF(65536);

    buf_put(&m, SPAN(text, strlen(text) + 1));
    buf_put(&m, payload);
    assert_ok(buf_ok(&m));
    crypto_sign_detached(ret->b, NULL, m.p, m.n, secret);
}

static void
sign_object(enum label label, const ProtobufCMessage *m, const uint8_t secret[64], struct buf *ret)
{
    AUTO(buf_done) struct buf payload = BUF(65536);
    struct ed25519_signature sig;

    wire_pack(&payload, m);
    sign(label, buf_span(&payload), secret, &sig);
    signed_write(ret, buf_span(&payload), &sig);
    assert_ok(buf_ok(ret));
}

static ProtobufCBinaryData
pb(struct span s)
{
    return (ProtobufCBinaryData){.len = s.n, .data = (uint8_t *)(uintptr_t)s.p};
}

struct person
person_new(const char *name)
{
    struct person p = {.device = 1, .eks_id = 10, .next_opk = 1, .seq = 1};

    p.bundle_created = START_MS / 1000;
    snprintf(p.name, sizeof p.name, "%s", name);
    crypto_sign_keypair(p.aik.b, p.aik_secret);
    crypto_sign_keypair(p.dsk.b, p.dsk_secret);
    p.account = account_id_of(&p.aik);
    return p;
}

/* A curve key as libsignal writes it: any bytes do. */
static void
curve_key(uint8_t ret[33])
{
    memset(ret, 7, 33);
    ret[0] = 5;
}

void
person_manifest(const struct person *p, const char *authority, struct buf *ret)
{
    static const uint8_t zeros[64], next[32] = {9}, dak[32] = {8};
    struct device_entry entry = {.id = p->device, .registration_id = 77, .created = 1000};
    AUTO(buf_done) struct buf text = BUF(4096);
    char address[ADDRESS_MAX + 1];
    uint8_t dik[33];

    curve_key(dik);
    memcpy(entry.dik.b, dik, 33);
    entry.dsk = p->dsk;
    memcpy(entry.dak.b, dak, 32);
    device_entry_text(&text, &p->account, &entry);
    sign(LABEL_DEVICE_DSK, buf_span(&text), p->dsk_secret, &entry.dsk_sig);

    snprintf(address, sizeof address, "%s@%s", p->name, authority);
    Wire__Device d = WIRE__DEVICE__INIT, *devices[] = {&d};
    d.id = p->device;
    d.registration_id = 77;
    d.dik = pb(SPAN(dik, 33));
    d.dsk = pb(SPAN_OF(p->dsk));
    d.dak = pb(SPAN(dak, 32));
    d.created = 1000;
    d.dsk_sig = pb(SPAN_OF(entry.dsk_sig));
    d.dik_sig = pb(SPAN(zeros, 64));
    Wire__Manifest m;
    wire__manifest__init(&m);
    m.account_id = pb(SPAN_OF(p->account));
    m.seq = p->seq;
    m.prev = pb(SPAN_OF(p->prev));
    m.created = 1000;
    m.aik = pb(SPAN_OF(p->aik));
    m.next = pb(SPAN(next, 32));
    m.address = address;
    m.n_devices = 1;
    m.devices = devices;
    sign_object(LABEL_MANIFEST, &m.base, p->aik_secret, ret);
}

void
person_succeed(struct person *p, struct span manifest)
{
    struct manifest m;

    assert_ok(manifest_read(manifest, &m));
    p->prev = m.hash;
    p->seq = m.seq + 1;
}

struct relay_id
relay_identity(const struct relay *r)
{
    struct ed25519_public rlk;
    uint8_t secret[64];

    crypto_sign_seed_keypair(rlk.b, secret, r->config.rlk_seed);
    return relay_id_of(&rlk);
}

void
person_statement(const struct person *p, const struct relay *r, uint64_t time, struct buf *ret)
{
    AUTO(buf_done) struct buf text = BUF(4096);
    struct relay_id relay = relay_identity(r);
    struct ed25519_signature sig;

    delete_statement_text(&text, &p->account, &relay, time);
    sign(LABEL_DELETE, buf_span(&text), p->aik_secret, &sig);
    signed_write(ret, buf_span(&text), &sig);
    assert_ok(buf_ok(ret));
}

void
person_bundle(const struct person *p, struct buf *ret)
{
    static const uint8_t sig[64] = {3}, x[32] = {4}, ek[1184] = {5};
    Wire__EnvelopeKey eks = WIRE__ENVELOPE_KEY__INIT;
    Wire__Bundle m = WIRE__BUNDLE__INIT;
    uint8_t spk[33];

    curve_key(spk);
    eks.id = p->eks_id;
    eks.x25519 = pb(SPAN(x, 32));
    eks.mlkem = pb(SPAN(ek, 1184));
    eks.not_after = p->bundle_created + EKS_LIFE;
    m.account_id = pb(SPAN_OF(p->account));
    m.device = p->device;
    m.created = p->bundle_created;
    m.spk_id = 3;
    m.spk = pb(SPAN(spk, 33));
    m.spk_sig = pb(SPAN(sig, 64));
    m.eks = &eks;
    m.manifest_seq = 1;
    sign_object(LABEL_BUNDLE, &m.base, p->dsk_secret, ret);
}

unsigned
relay_call(struct relay *r, struct service_request request)
{
    if (request.authority == NULL)
        request.authority = AUTHORITY;
    request.source = r->source;
    service_answer_done(&r->answer);
    r->answer = SERVICE_ANSWER;
    service_handle(r->service, &request, &r->answer);
    service_batch_end(r->service);
    return r->answer.status;
}

unsigned
relay_post(struct relay *r, const char *path, const ProtobufCMessage *body)
{
    AUTO(buf_done) struct buf bytes = BUF(1024 * 1024);

    wire_pack(&bytes, body);
    assert_ok(buf_ok(&bytes));
    return relay_call(
        r, (struct service_request){.method = METHOD_POST, .path = path, .body = buf_span(&bytes)});
}

unsigned
relay_get(struct relay *r, const char *path)
{
    return relay_call(r, (struct service_request){.method = METHOD_GET, .path = path});
}

/* The seed that the relay publishes at this moment. */
static struct pow_seed
current_seed(struct relay *r)
{
    AUTO(relay_info_freep) Wire__RelayInfo *info = NULL;
    struct pow_seed seed;

    assert_int_equal(relay_get(r, "/v1/relay"), 200);
    assert_ok(relay_info_read(buf_span(&r->answer.body), &info));
    memcpy(seed.b, info->pow->seed.data, sizeof seed.b);
    return seed;
}

unsigned
relay_post_pow(struct relay *r, const char *path, const ProtobufCMessage *body, unsigned bits)
{
    AUTO(buf_done) struct buf bytes = BUF(1024 * 1024);
    Wire__WithPow with = WIRE__WITH_POW__INIT;
    Wire__Pow pow = WIRE__POW__INIT;
    struct pow_seed seed;

    wire_pack(&bytes, body);
    assert_ok(buf_ok(&bytes));
    with.request = pb(buf_span(&bytes));
    if (bits > 0) {
        seed = current_seed(r);
        r->work_from += r->same_work ? 0 : 1 << 24;
        pow.nonce = r->work_from;
        assert_ok(pow_search(&seed, buf_span(&bytes), bits, 1 << 24, &pow.nonce));
        pow.seed = pb(SPAN_OF(seed));
        with.pow = &pow;
    }
    return relay_post(r, path, &with.base);
}

void
person_sign_as(const struct person *p, const struct relay *r, const struct service_request *request,
               const struct signing *as, char ret[AUTHORIZATION_MAX])
{
    static const char *const methods[] = {"GET", "POST", "PUT"};
    AUTO(buf_done) struct buf text = BUF(65536);
    struct request_credentials who = {
        .label = as->label, .account = p->account, .device = p->device, .time = as->time};

    struct request_subject subject = {.relay = relay_identity(r),
                                      .authority = request->authority,
                                      .method = methods[request->method],
                                      .path = request->path,
                                      .body = request->body};
    randombytes_buf(who.nonce, sizeof who.nonce);
    request_text_write(&text, &subject, &who);
    sign(as->label, buf_span(&text), as->secret, &who.sig);
    authorization_write(&who, ret);
}

void
person_sign(const struct person *p, const struct relay *r, const struct service_request *request,
            uint64_t time, char ret[AUTHORIZATION_MAX])
{
    struct signing as = {.label = LABEL_REQUEST, .secret = p->dsk_secret, .time = time};
    person_sign_as(p, r, request, &as, ret);
}

static unsigned
call_signed(struct relay *r, const struct person *p, const struct signing *as,
            struct service_request request, const ProtobufCMessage *body)
{
    AUTO(buf_done) struct buf bytes = BUF(1024 * 1024);
    char authorization[AUTHORIZATION_MAX];

    if (body != NULL)
        wire_pack(&bytes, body);
    assert_ok(buf_ok(&bytes));
    request.authority = AUTHORITY;
    request.body = buf_span(&bytes);
    person_sign_as(p, r, &request, as, authorization);
    request.authorization = SPAN_STR(authorization);
    return relay_call(r, request);
}

unsigned
relay_signed(struct relay *r, const struct person *p, enum method method, const char *path,
             const ProtobufCMessage *body)
{
    struct signing as = {.label = LABEL_REQUEST, .secret = p->dsk_secret, .time = r->now_ms / 1000};
    return call_signed(r, p, &as, (struct service_request){.method = method, .path = path}, body);
}

unsigned
relay_fetching(struct relay *r, const struct person *p, const uint8_t secret[64],
               enum method method, const char *path, const ProtobufCMessage *body)
{
    struct signing as = {.label = LABEL_FETCH, .secret = secret, .time = r->now_ms / 1000};
    return call_signed(r, p, &as, (struct service_request){.method = method, .path = path}, body);
}

/* One-time keys as messages, with the memory they borrow from. */
struct opks {
    Wire__OneTimeKey messages[OPK_UPLOAD_MAX + 1];
    Wire__OneTimeKey *pointers[OPK_UPLOAD_MAX + 1];
    struct one_time_key keys[OPK_UPLOAD_MAX + 1];
};

static struct opks *
opks_new(struct person *p, size_t count)
{
    struct opks *o = calloc(1, sizeof *o);

    assert_non_null(o);
    assert_true(count <= OPK_UPLOAD_MAX);
    for (size_t i = 0; i < count; i++) {
        AUTO(buf_done) struct buf text = BUF(4096);
        struct one_time_key *k = &o->keys[i];
        k->id = p->next_opk++;
        curve_key(k->key.b);
        one_time_key_text(&text, &p->account, p->device, k);
        sign(LABEL_OPK, buf_span(&text), p->dsk_secret, &k->sig);
        wire__one_time_key__init(&o->messages[i]);
        o->messages[i].id = k->id;
        o->messages[i].key = pb(SPAN_OF(k->key));
        o->messages[i].sig = pb(SPAN_OF(k->sig));
        o->pointers[i] = &o->messages[i];
    }
    return o;
}

void
relay_register(struct relay *r, struct person *p, size_t count)
{
    AUTO(buf_done) struct buf manifest = BUF(65536);
    AUTO(buf_done) struct buf bundle = BUF(65536);
    Wire__Register m;
    wire__register__init(&m);
    struct opks *o = opks_new(p, count);

    person_manifest(p, AUTHORITY, &manifest);
    person_bundle(p, &bundle);
    m.manifest = pb(buf_span(&manifest));
    m.bundle = pb(buf_span(&bundle));
    m.n_opks = count;
    m.opks = o->pointers;
    assert_int_equal(relay_post_pow(r, "/v1/accounts", &m.base, TEST_POW_BITS), 201);
    free(o);
}

unsigned
person_upload(struct relay *r, struct person *p, size_t count, bool new_bundle)
{
    AUTO(buf_done) struct buf bundle = BUF(65536);
    Wire__KeysPut m = WIRE__KEYS_PUT__INIT;
    struct opks *o = opks_new(p, count);

    if (new_bundle) {
        person_bundle(p, &bundle);
        m.bundle = pb(buf_span(&bundle));
    }
    m.n_opks = count;
    m.opks = o->pointers;
    unsigned status = relay_signed(r, p, METHOD_PUT, "/v1/keys", &m.base);
    free(o);
    return status;
}

struct token
token_grant(struct relay *r, const struct person *p, uint8_t seed, uint32_t tag,
            Wire__TokenKind kind, uint32_t uses)
{
    Wire__TokenEntry entry = WIRE__TOKEN_ENTRY__INIT, *entries[] = {&entry};
    Wire__TokensPut m = WIRE__TOKENS_PUT__INIT;
    struct token token;

    memset(token.b, seed, sizeof token.b);
    struct token_hash hash = token_hash_of(&token);
    entry.hash = pb(SPAN_OF(hash));
    entry.tag = tag;
    entry.kind = kind;
    entry.uses = uses;
    m.n_add = 1;
    m.add = entries;
    assert_int_equal(relay_signed(r, p, METHOD_PUT, "/v1/tokens", &m.base), 204);
    return token;
}

void
envelope_fill(const struct person *p, uint8_t *envelope, size_t size)
{
    memset(envelope, 0xee, size);
    envelope[0] = 1;
    envelope[1] = (uint8_t)(p->eks_id >> 24);
    envelope[2] = (uint8_t)(p->eks_id >> 16);
    envelope[3] = (uint8_t)(p->eks_id >> 8);
    envelope[4] = (uint8_t)p->eks_id;
}

static unsigned
deliver_bytes(struct relay *r, const struct person *p, struct token token, struct span idem,
              struct span envelope)
{
    Wire__DeviceEnvelope e = WIRE__DEVICE_ENVELOPE__INIT, *envelopes[] = {&e};
    Wire__Deliver m;

    wire__deliver__init(&m);
    e.device = p->device;
    e.envelope = pb(envelope);
    m.name = (char *)(uintptr_t)p->name;
    m.token = pb(SPAN_OF(token));
    m.idem = pb(idem);
    m.n_envelopes = 1;
    m.envelopes = envelopes;
    return relay_post(r, "/v1/deliver", &m.base);
}

unsigned
deliver(struct relay *r, const struct person *p, struct token token, uint8_t idem, size_t size)
{
    uint8_t *envelope = malloc(size);
    uint8_t key[16];

    assert_non_null(envelope);
    envelope_fill(p, envelope, size);
    memset(key, idem, sizeof key);
    unsigned status = deliver_bytes(r, p, token, SPAN(key, sizeof key), SPAN(envelope, size));
    free(envelope);
    return status;
}

unsigned
deliver_numbered(struct relay *r, const struct person *p, struct token token, uint32_t number)
{
    static uint8_t envelope[ENVELOPE_B1];
    uint8_t key[16] = {0};

    envelope_fill(p, envelope, sizeof envelope);
    memcpy(envelope + DELIVERY_MARK, &number, sizeof number);
    memcpy(key, &number, sizeof number);
    return deliver_bytes(r, p, token, SPAN(key, sizeof key), SPAN(envelope, sizeof envelope));
}

unsigned
request(struct relay *r, const struct person *p, const struct token *invitation, uint8_t idem,
        unsigned bits)
{
    static uint8_t envelope[ENVELOPE_B1];
    Wire__Request m;
    wire__request__init(&m);
    uint8_t key[16];

    envelope_fill(p, envelope, sizeof envelope);
    memset(key, idem, sizeof key);
    m.name = (char *)(uintptr_t)p->name;
    if (invitation != NULL)
        m.token = pb(SPAN_OF(*invitation));
    m.idem = pb(SPAN(key, sizeof key));
    m.envelope = pb(SPAN(envelope, sizeof envelope));
    return relay_post_pow(r, "/v1/request", &m.base, bits);
}
