/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rpc/evidence.h"

#include <string.h>
#include <time.h>

#include "wire/encoding.h"

#define FORMAT "snug evidence"
#define VERSION 1

static const char *const names[] = {
    [EVIDENCE_FORK] = "fork",
    [EVIDENCE_OTHER_ACCOUNT] = "other-account",
    [EVIDENCE_FORGED] = "forged",
};

static const char *const sentences[] = {
    [EVIDENCE_FORK] =
        "The key of this account signed two device lists that contradict each other. Only who has "
        "that key can do that: its owner, or somebody who took it.",
    [EVIDENCE_OTHER_ACCOUNT] =
        "Two different accounts signed that they are at one address. A relay gives an address to "
        "another account only when it was deleted or lost, or when the relay lies.",
    [EVIDENCE_FORGED] =
        "The second device list says that it is of this account, but the key that signed it is not "
        "the account's. Anybody can make such a list: this does not prove who did.",
};

static const char *const how_to_check =
    "`snug evidence check FILE` looks at it, without a profile. By hand: `signed` is base64url "
    "without padding of a Protocol Buffers message {1 payload, 2 sig}. `sig` is Ed25519 by the key "
    "in field 5 of the payload over the bytes `snug/1 manifest`, a zero byte, and the payload. The "
    "account is SHA-256 of `snug/1 account-id`, a zero byte, and its first key. A payload has the "
    "account in field 1, its number in 2, SHA-256 of the payload before it in 3 and the address in "
    "7. docs/PROTOCOL.md of Snug has all of it in B1.4, B2.3, B2.4 and B16.4.";

void
evidence_done(struct evidence *ev)
{
    buf_done(&ev->held);
    buf_done(&ev->shown);
}

/* --- describing --- */

static json_t *
json_base64(struct span bytes)
{
    AUTO(buf_done) struct buf text = BUF(BASE64_LEN(MANIFEST_MAX + SIGNED_OVERHEAD) + 1);
    uint8_t *room = buf_grow(&text, BASE64_LEN(bytes.n) + 1);

    if (room == NULL)
        return NULL;
    base64url_write(bytes, (char *)room);
    return json_string((const char *)room);
}

/* Nothing for people that the signed bytes do not say. */
static json_t *
describe(const char *role, struct span object)
{
    char address[ADDRESS_MAX + 1], hash[2 * sizeof(struct sha256) + 1];
    struct manifest m;

    if (manifest_read(object, &m) != OK)
        return NULL;
    address_write(&m.address, address);
    hex_write(SPAN_OF(m.hash), hash);
    return json_pack("{s:s,s:o*,s:o*,s:I,s:s,s:I,s:s,s:o*}", "role", role, "account",
                     json_base64(SPAN_OF(m.account)), "key", json_base64(SPAN_OF(m.aik)), "seq",
                     (json_int_t)m.seq, "address", address, "created", (json_int_t)m.created,
                     "sha256", hash, "signed", json_base64(object));
}

static json_t *
facts_of(const struct evidence *ev, enum evidence_verdict verdict)
{
    json_t *list = json_array();

    if (ev->held.n > 0)
        json_array_append_new(list, describe("held", buf_span(&ev->held)));
    json_array_append_new(list, describe("shown", buf_span(&ev->shown)));
    return json_pack("{s:s,s:o*,s:o}", "verdict", names[verdict], "account",
                     json_base64(SPAN_OF(ev->account)), "manifests", list);
}

static void
utc_write(int64_t ms, char *ret, size_t size)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL || strftime(ret, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        ret[0] = '\0';
}

/* NOTICED: as it stands in the file. */
static enum err
describe_all(const struct evidence *ev, const char *noticed, enum evidence_verdict verdict,
             json_t **ret)
{
    AUTO(json_decrefpp) json_t *facts = facts_of(ev, verdict);
    json_t *j = json_pack("{s:s,s:i,s:s,s:s,s:s,s:s}", "format", FORMAT, "version", VERSION,
                          "notice", ev->kind, "noticed", noticed, "proves", sentences[verdict],
                          "check", how_to_check);

    if (j == NULL || json_object_update(j, facts) != 0) {
        json_decref(j);
        return fail(ERR_MEMORY, "not enough memory");
    }
    *ret = j;
    return OK;
}

enum err
evidence_json(const struct evidence *ev, json_t **ret)
{
    enum evidence_verdict verdict;
    char noticed[32];

    TRY(evidence_judge(&ev->account, buf_span(&ev->held), buf_span(&ev->shown), &verdict));
    utc_write(ev->noticed_ms, noticed, sizeof noticed);
    return describe_all(ev, noticed, verdict, ret);
}

/* --- checking --- */

static enum err
read_base64(const json_t *j, struct buf *ret)
{
    const char *text = json_string_value(j);
    size_t n = text == NULL ? 0 : strlen(text) * 3 / 4;
    uint8_t *room = n == 0 || n > ret->max ? NULL : buf_grow(ret, n);

    if (room == NULL || base64url_read(SPAN_STR(text), room, n) != OK)
        return fail(ERR_DAMAGED, "The file is damaged, or no evidence.");
    return OK;
}

static enum err
read_manifest(const json_t *list, size_t i, const char *role, struct buf *ret)
{
    const json_t *m = json_array_get(list, i);
    const char *said = json_string_value(json_object_get(m, "role"));

    if (said == NULL || strcmp(said, role) != 0)
        return fail(ERR_DAMAGED, "The file is damaged, or no evidence.");
    return read_base64(json_object_get(m, "signed"), ret);
}

static enum err
read_file(const json_t *j, struct evidence *ret)
{
    const char *format = json_string_value(json_object_get(j, "format"));
    const json_t *list = json_object_get(j, "manifests");
    size_t count = json_array_size(list);
    AUTO(buf_done) struct buf account = BUF(sizeof ret->account);

    if (format == NULL || strcmp(format, FORMAT) != 0)
        return fail(ERR_DAMAGED, "This is no evidence of Snug.");
    if (json_integer_value(json_object_get(j, "version")) != VERSION)
        return fail(ERR_DAMAGED, "This evidence needs another version of Snug.");
    if (count < 1 || count > 2)
        return fail(ERR_DAMAGED, "The file is damaged, or no evidence.");
    if (count == 2)
        TRY(read_manifest(list, 0, "held", &ret->held));
    TRY(read_manifest(list, count - 1, "shown", &ret->shown));
    TRY(read_base64(json_object_get(j, "account"), &account));
    if (account.n != sizeof ret->account)
        return fail(ERR_DAMAGED, "The file is damaged, or no evidence.");
    memcpy(&ret->account, account.p, sizeof ret->account);
    return OK;
}

/* What the signatures do not tell, and has no room for a sentence. */
static bool
read_notice(const json_t *j, struct evidence *ret, const char **ret_noticed)
{
    const char *kind = json_string_value(json_object_get(j, "notice"));
    const char *noticed = json_string_value(json_object_get(j, "noticed"));

    if (kind == NULL || noticed == NULL || strlen(kind) > 32 || strlen(noticed) > 24)
        return false;
    if (kind[strspn(kind, "abcdefghijklmnopqrstuvwxyz-")] != '\0' ||
        noticed[strspn(noticed, "0123456789-:TZ")] != '\0')
        return false;
    ret->kind = kind;
    *ret_noticed = noticed;
    return true;
}

/* The file in every word is what we say of what is signed in it. */
static bool
says_the_same(const json_t *file, struct evidence *ev, enum evidence_verdict verdict)
{
    AUTO(json_decrefpp) json_t *ours = NULL;
    const char *noticed;

    return read_notice(file, ev, &noticed) && describe_all(ev, noticed, verdict, &ours) == OK &&
           json_equal(file, ours);
}

enum err
evidence_check(struct span file, const char **ret_sentence, json_t **ret_facts)
{
    AUTO(evidence_done)
    struct evidence ev = {.held = BUF(MANIFEST_MAX + SIGNED_OVERHEAD),
                          .shown = BUF(MANIFEST_MAX + SIGNED_OVERHEAD)};
    AUTO(json_decrefpp) json_t *j = NULL, *facts = NULL;
    enum evidence_verdict verdict;

    if (json_line_read(file, &j) != OK)
        return fail(ERR_DAMAGED, "The file is damaged, or no evidence.");
    TRY(read_file(j, &ev));
    TRY(evidence_judge(&ev.account, buf_span(&ev.held), buf_span(&ev.shown), &verdict));
    if (!says_the_same(j, &ev, verdict))
        return fail(ERR_DAMAGED, "The file says something else than what is signed in it. That: %s",
                    sentences[verdict]);
    if ((facts = facts_of(&ev, verdict)) == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    *ret_sentence = sentences[verdict];
    *ret_facts = STEAL(facts);
    return OK;
}
