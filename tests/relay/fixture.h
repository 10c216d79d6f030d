/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A relay's service on the memory store with a clock of the test's own, and people who register
 * with it. Their objects are made here with libsodium alone, apart from crypto/: an independent
 * second maker. (XEdDSA signatures and curve keys are random bytes, which a relay does not check.)
 */
#pragma once

#include "relay/service.h"
#include "relay/store.h"
#include "wire/check.h"
#include "wire/request_text.h"
#include "wire/signed.h"

#define AUTHORITY "relay.test:8443"
#define TEST_POW_BITS 4
#define START_MS ((uint64_t)1800000000 * 1000)

struct pushed {
    struct account_id account;
    uint32_t device;
    enum frame_kind kind;
    uint64_t n;
    uint32_t tag;
    size_t size;
};

struct relay {
    struct store *store;
    struct blob_files *files; /* NULL: this relay takes no attachments */
    struct service *service;
    struct service_config config;
    uint64_t now_ms;
    struct source source; /* of the requests to come */
    struct pushed pushed[512];
    size_t push_count;
    unsigned ended; /* streams that were told to end */
    bool streaming; /* the device's own stream is open */
    unsigned fetching_ended;
    uint64_t committed, refused;
    bool broken;
    uint64_t work; /* the last that was answered after all, and how */
    enum answer_kind work_kind;
    unsigned work_status;
    uint64_t work_ticket;
    struct service_answer answer; /* the last one */
    uint64_t work_from;           /* where the next search for a proof of work begins */
    bool same_work;               /* do not move it on */
};

struct person {
    char name[NAME_MAX_BYTES + 1];
    uint8_t aik_secret[64], dsk_secret[64];
    struct ed25519_public aik, dsk;
    struct account_id account;
    uint32_t device;
    uint32_t eks_id;
    uint64_t bundle_created;
    uint32_t next_opk;
    uint32_t seq; /* of its manifest, and the hash of the one before */
    struct sha256 prev;
};

struct signing {
    enum label label;
    const uint8_t *secret;
    uint64_t time;
};

/* On STORE, which is taken; relay_new is on a new store in memory (fixture_memory.c). */
struct relay *relay_new_on(struct store *store, enum commit_mode mode);
/* With FILES for attachments, which are taken too. */
struct relay *relay_new_with(struct store *store, struct blob_files *files, enum commit_mode mode);
struct relay *relay_new(enum commit_mode mode);
void relay_free(struct relay *r);
/* End the process and start another on STORE, which is taken. */
void relay_restart_on(struct relay *r, struct store *store);
void relay_sleep(struct relay *r, uint64_t seconds);

struct person person_new(const char *name);
void person_manifest(const struct person *p, const char *authority, struct buf *ret);
/* The next one follows MANIFEST, a serialised Signed. */
void person_succeed(struct person *p, struct span manifest);
/* The aik's word that the account is to be deleted at R at TIME. */
void person_statement(const struct person *p, const struct relay *r, uint64_t time,
                      struct buf *ret);
void person_bundle(const struct person *p, struct buf *ret);

/* Requests; each gives the status, with the answer in r->answer. */
unsigned relay_call(struct relay *r, struct service_request request);
unsigned relay_post(struct relay *r, const char *path, const ProtobufCMessage *body);
unsigned relay_get(struct relay *r, const char *path);
/* With a proof of work of BITS (0: none) over BODY. */
unsigned relay_post_pow(struct relay *r, const char *path, const ProtobufCMessage *body,
                        unsigned bits);

/* Signed by P; WHAT is a message or NULL. */
unsigned relay_signed(struct relay *r, const struct person *p, enum method method, const char *path,
                      const ProtobufCMessage *body);
void person_sign(const struct person *p, const struct relay *r,
                 const struct service_request *request, uint64_t time, char ret[AUTHORIZATION_MAX]);

/* The same signed with SECRET as P's fetch key. */
unsigned relay_fetching(struct relay *r, const struct person *p, const uint8_t secret[64],
                        enum method method, const char *path, const ProtobufCMessage *body);
/* A header signed with SECRET under LABEL (request or fetch), whoever's it is. */
void person_sign_as(const struct person *p, const struct relay *r,
                    const struct service_request *request, const struct signing *as,
                    char ret[AUTHORIZATION_MAX]);

struct relay_id relay_identity(const struct relay *r);

/* Register P with COUNT one-time keys; asserts 201. */
void relay_register(struct relay *r, struct person *p, size_t count);
/* Upload COUNT more one-time keys (and a bundle when NEW_BUNDLE); the status. */
unsigned person_upload(struct relay *r, struct person *p, size_t count, bool new_bundle);

/* A token whose bytes are all SEED, of KIND, with USES (0: unlimited); asserts 204. */
struct token token_grant(struct relay *r, const struct person *p, uint8_t seed, uint32_t tag,
                         Wire__TokenKind kind, uint32_t uses);

/* An envelope of SIZE for the person's present key. */
void envelope_fill(const struct person *p, uint8_t *envelope, size_t size);

/* Deliver one envelope of SIZE under IDEM (all bytes); the status. */
unsigned deliver(struct relay *r, const struct person *p, struct token token, uint8_t idem,
                 size_t size);
/* A B1 envelope under the idempotency key of NUMBER; both carry it (DELIVERY_MARK bytes in), so
 * that a test finds it again. */
#define DELIVERY_MARK 100
unsigned deliver_numbered(struct relay *r, const struct person *p, struct token token,
                          uint32_t number);
/* A request, with an invitation or with a proof of work of BITS. */
unsigned request(struct relay *r, const struct person *p, const struct token *invitation,
                 uint8_t idem, unsigned bits);
