/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/contacts.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/engine_state.h"
#include "wire/encoding.h"

#define SELF_LABEL "Notes to yourself"

/* --- reading --- */

#define COLUMNS                                                                                    \
    "SELECT id,account,address,nickname,name,state,trust,changed_to IS NOT NULL,forked,"           \
    "unreachable,request_text,created_ms,heard_ms,shown_seq,about,picture IS NOT NULL FROM "       \
    "contacts "

static enum err
read_row(struct query *q, struct contact *ret)
{
    *ret = (struct contact){
        .id = query_int(q, 0),
        .state = (enum contact_state)query_int(q, 5),
        .trust = (enum contact_trust)query_int(q, 6),
        .key_changed = query_int(q, 7) != 0,
        .forked = query_int(q, 8) != 0,
        .unreachable = query_int(q, 9) != 0,
        .created_ms = query_int(q, 11),
        .heard_ms = query_int(q, 12),
        .shown_seq = (uint32_t)query_int(q, 13),
        .has_picture = query_int(q, 15) != 0,
    };
    TRY(query_exact(q, 1, ret->account.b, sizeof ret->account.b));
    TRY(address_read(query_bytes(q, 2), &ret->address));
    query_text(q, 3, ret->nickname, sizeof ret->nickname);
    query_text(q, 4, ret->name, sizeof ret->name);
    query_text(q, 14, ret->about, sizeof ret->about);
    query_text(q, 10, ret->request_text, sizeof ret->request_text);
    return OK;
}

static enum err
read_one(struct query *q, struct contact *ret)
{
    struct contact c;

    if (!query_next(q)) {
        TRY(query_end(q));
        return fail(ERR_NOT_FOUND, "there is no such contact");
    }
    TRY(read_row(q, &c));
    TRY(query_end(q));
    *ret = c;
    return OK;
}

enum err
contact_get(struct engine *e, int64_t id, struct contact *ret)
{
    AUTO(query_done) struct query q;
    TRY(db_query(e->db, &q, COLUMNS "WHERE id=?1", "i", id));
    return read_one(&q, ret);
}

enum err
contact_by_account(struct engine *e, const struct account_id *account, struct contact *ret)
{
    AUTO(query_done) struct query q;
    TRY(db_query(e->db, &q, COLUMNS "WHERE account=?1", "b", SPAN_OF(*account)));
    return read_one(&q, ret);
}

enum err
contact_self(struct engine *e)
{
    char address[ADDRESS_MAX + 1];

    address_write(&e->address, address);
    TRY(db_run(e->db,
               "INSERT OR IGNORE INTO contacts(account,address,state,trust,created_ms) "
               "VALUES(?1,?2,?3,?4,?5)",
               "btiii", SPAN_OF(e->account), address, (int64_t)CONTACT_SELF,
               (int64_t)TRUST_VERIFIED, engine_now_ms(e)));
    return db_run(e->db, "UPDATE contacts SET address=?2 WHERE account=?1 AND address<>?2", "bt",
                  SPAN_OF(e->account), address);
}

void
contact_label(const struct contact *c, char *ret, size_t size)
{
    char address[ADDRESS_MAX + 1];

    address_write(&c->address, address);
    snprintf(ret, size, "%s",
             c->nickname[0] != '\0'     ? c->nickname
             : c->state == CONTACT_SELF ? SELF_LABEL
             : c->name[0] != '\0'       ? c->name
                                        : address);
}

/* All of them, read before anything is done with one, so that a caller may ask about others. */
struct contact_list {
    struct contact *items;
    size_t count, space;
};

static void
contact_list_done(struct contact_list *l)
{
    free(l->items);
}

static enum err
read_all(struct engine *e, struct contact_list *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, COLUMNS, ""));
    while (query_next(&q)) {
        if (ret->count == ret->space) {
            size_t space = ret->space == 0 ? 16 : 2 * ret->space;
            struct contact *more = reallocarray(ret->items, space, sizeof *more);
            if (more == NULL)
                return fail(ERR_MEMORY, "not enough memory");
            ret->items = more;
            ret->space = space;
        }
        TRY(read_row(&q, &ret->items[ret->count]));
        ret->count++;
    }
    return query_end(&q);
}

static char
lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* How A and B compare without regard to the case of ASCII letters, in at most N bytes. */
static int
compare_folded(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char x = (unsigned char)lower(a[i]), y = (unsigned char)lower(b[i]);
        if (x != y)
            return x < y ? -1 : 1;
        if (x == '\0')
            return 0;
    }
    return 0;
}

static int
by_label(const void *a, const void *b)
{
    const struct contact *x = a, *y = b;
    char label_x[ADDRESS_MAX + 1], label_y[ADDRESS_MAX + 1];

    contact_label(x, label_x, sizeof label_x);
    contact_label(y, label_y, sizeof label_y);
    int order = compare_folded(label_x, label_y, SIZE_MAX);
    return order != 0 ? order : (x->id < y->id ? -1 : x->id > y->id);
}

enum err
contacts_each(struct engine *e, void *ctx, enum err (*each)(void *ctx, const struct contact *c))
{
    AUTO(contact_list_done) struct contact_list l = {0};

    TRY(read_all(e, &l));
    if (l.count > 0)
        qsort(l.items, l.count, sizeof *l.items, by_label);
    for (size_t i = 0; i < l.count; i++)
        if (l.items[i].state != CONTACT_SELF)
            TRY(each(ctx, &l.items[i]));
    return OK;
}

/* --- by name --- */

enum fit { FIT_NONE, FIT_BEGINNING, FIT_EXACT };

static enum fit
fit_text(const char *text, const char *name)
{
    size_t n = strlen(name);

    if (text[0] == '\0' || compare_folded(text, name, n) != 0)
        return FIT_NONE;
    return text[n] == '\0' ? FIT_EXACT : FIT_BEGINNING;
}

static enum fit
fit_contact(const struct contact *c, const char *name)
{
    char address[ADDRESS_MAX + 1], hex[65], base64[BASE64_LEN(32) + 1];
    enum fit best = FIT_NONE;

    if (c->state == CONTACT_SELF) /* by its whole name only: it is in nobody's way */
        return fit_text("notes", name) == FIT_EXACT || fit_text(SELF_LABEL, name) == FIT_EXACT
                   ? FIT_EXACT
                   : FIT_NONE;

    address_write(&c->address, address);
    hex_write(SPAN_OF(c->account), hex);
    base64url_write(SPAN_OF(c->account), base64);
    const char *texts[] = {c->nickname, c->name, address};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        enum fit f = fit_text(texts[i], name);
        best = f > best ? f : best;
    }
    if (fit_text(hex, name) == FIT_EXACT || strcmp(base64, name) == 0)
        best = FIT_EXACT;
    return best;
}

enum err
contact_find(struct engine *e, const char *name, struct contact *ret)
{
    AUTO(contact_list_done) struct contact_list l = {0};
    const struct contact *found = NULL;
    enum fit best = FIT_NONE;
    bool several = false;

    if (name[0] == '\0')
        return fail(ERR_NOT_FOUND, "no name was given");
    TRY(read_all(e, &l));
    for (size_t i = 0; i < l.count; i++) {
        const struct contact *c = &l.items[i];
        if (c->state == CONTACT_NONE || c->state == CONTACT_REMOVED)
            continue;
        enum fit f = fit_contact(c, name);
        if (f == FIT_NONE || f < best)
            continue;
        several = f == best;
        best = f;
        found = c;
    }
    if (found == NULL)
        return fail(ERR_NOT_FOUND, "no contact is called that");
    if (several)
        return fail(ERR_AMBIGUOUS, "several contacts are called that; write more of the name");
    *ret = *found;
    return OK;
}

/* --- sending --- */

enum err
contact_may_send(const struct contact *c)
{
    if (c->state != CONTACT_ACCEPTED)
        return fail(ERR_STATE, "this is not an accepted contact");
    if (c->key_changed)
        return fail(ERR_KEY_CHANGED, "the contact's name is answered with another account; look at "
                                     "it before you write");
    if (c->forked)
        return fail(ERR_FORK, "there are two signed histories of this contact's account");
    return OK;
}
