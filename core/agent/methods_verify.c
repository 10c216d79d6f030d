/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>

#include "core/account.h"
#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/show.h"
#include "crypto/safety_number.h"

struct pair {
    struct contact contact;
    struct account_facts us;
};

static enum err
pair_param(struct call *c, struct pair *ret)
{
    TRY(find_contact(c->agent->engine, param_string(c, "contact", ""), &ret->contact));
    return account_facts_get(c->agent->engine, &ret->us);
}

enum err
method_verify_show(struct call *c, json_t **ret)
{
    struct pair p;
    char number[SAFETY_NUMBER_LEN + 1], qr[SAFETY_QR_LEN + 1];

    TRY(pair_param(c, &p));
    safety_number(&p.us.account, &p.contact.account, number);
    safety_qr_write(&p.us.account, &p.contact.account, qr);
    *ret =
        json_pack("{s:o,s:s,s:s}", "contact", show_contact(&p.contact), "number", number, "qr", qr);
    return OK;
}

/* The digits of TEXT into RET of SIZE; blanks between them do not matter. ERR_USAGE for anything
 * else, or another number of digits. */
static enum err
digits_of(const char *text, char *ret, size_t count)
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        if (isspace((unsigned char)*text) || *text == '-')
            continue;
        if (!isdigit((unsigned char)*text) || n == count)
            return fail(ERR_USAGE, "A safety number is sixty digits; a code begins with SNUG1:");
        ret[n++] = *text;
    }
    ret[n] = '\0';
    return n == count ? OK : fail(ERR_USAGE, "A safety number is sixty digits; these are %zu.", n);
}

static enum err
compare_digits(const struct pair *p, const char *text, const char **ret)
{
    char number[SAFETY_NUMBER_LEN + 1], ours[61], theirs[61];

    TRY(digits_of(text, theirs, 60));
    safety_number(&p->us.account, &p->contact.account, number);
    TRY(digits_of(number, ours, 60));
    *ret = strcmp(ours, theirs) == 0 ? "match" : "differs";
    return OK;
}

static enum err
compare_qr(const struct pair *p, const char *text, const char **ret)
{
    static const char *const names[] = {[SAFETY_MATCH] = "match",
                                        [SAFETY_NOT_THEM] = "not-them",
                                        [SAFETY_NOT_US] = "not-us",
                                        [SAFETY_OWN_QR] = "own-code"};
    enum safety_verdict verdict;

    TRY(safety_qr_compare(SPAN_STR(text), &p->us.account, &p->contact.account, &verdict));
    *ret = names[verdict];
    return OK;
}

/* {verdict?, contact} with the contact as it is now. */
static enum err
result(struct call *c, int64_t id, const char *verdict, json_t **ret)
{
    struct contact contact;

    TRY(contact_get(c->agent->engine, id, &contact));
    *ret = json_pack("{s:s*,s:o}", "verdict", verdict, "contact", show_contact(&contact));
    return OK;
}

enum err
method_verify_compare(struct call *c, json_t **ret)
{
    const char *text = param_string(c, "text", ""), *verdict;
    struct pair p;

    TRY(pair_param(c, &p));
    text += strspn(text, " \t\r\n");
    if (strncmp(text, "SNUG1:", 6) == 0)
        TRY(compare_qr(&p, text, &verdict));
    else
        TRY(compare_digits(&p, text, &verdict));
    if (strcmp(verdict, "match") == 0)
        TRY(contact_set_verified(c->agent->engine, p.contact.id, TRUST_VERIFIED));
    return result(c, p.contact.id, verdict, ret);
}

enum err
method_verify_set(struct call *c, json_t **ret)
{
    struct contact contact;
    bool verified = json_is_true(json_object_get(c->params, "verified"));

    TRY(find_contact(c->agent->engine, param_string(c, "contact", ""), &contact));
    TRY(contact_set_verified(c->agent->engine, contact.id,
                             verified ? TRUST_VERIFIED : TRUST_UNVERIFIED));
    return result(c, contact.id, NULL, ret);
}
