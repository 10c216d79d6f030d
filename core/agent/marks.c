/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/marks.h"

#include "core/agent/agent.h"
#include "core/agent/show.h"
#include "core/compose.h"
#include "wire/encoding.h"

static const char *const kinds[] = {
    [WIRE__RANGE_KIND__RANGE_BOLD] = "bold",
    [WIRE__RANGE_KIND__RANGE_ITALIC] = "italic",
    [WIRE__RANGE_KIND__RANGE_STRIKE] = "strike",
    [WIRE__RANGE_KIND__RANGE_MONOSPACE] = "monospace",
    [WIRE__RANGE_KIND__RANGE_SPOILER] = "spoiler",
};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

/* --- in --- */

static enum err
place_read(const json_t *j, uint32_t *ret_start, uint32_t *ret_length)
{
    const json_t *start = json_object_get(j, "start"), *length = json_object_get(j, "length");
    json_int_t s = json_integer_value(start), n = json_integer_value(length);

    if (!json_is_integer(start) || !json_is_integer(length) || s < 0 || n < 1 || s > TEXT_MAX ||
        n > TEXT_MAX)
        return fail(ERR_USAGE, "A range or mention has a start and a length, in bytes.");
    *ret_start = (uint32_t)s;
    *ret_length = (uint32_t)n;
    return OK;
}

static enum err
range_read(const json_t *j, Wire__Range *ret)
{
    const char *kind = json_string_value(json_object_get(j, "kind"));

    wire__range__init(ret);
    TRY(place_read(j, &ret->start, &ret->length));
    for (uint32_t k = 1; k < KIND_COUNT && kind != NULL; k++)
        if (strcmp(kind, kinds[k]) == 0)
            ret->kind = k;
    return ret->kind != 0 ? OK : fail(ERR_USAGE, "There is no such kind of range.");
}

static enum err
mention_read(struct engine *e, const json_t *j, struct account_id *ret_account, Wire__Mention *ret)
{
    const char *account = json_string_value(json_object_get(j, "account")),
               *contact = json_string_value(json_object_get(j, "contact"));
    struct contact c;

    wire__mention__init(ret);
    TRY(place_read(j, &ret->start, &ret->length));
    if ((account == NULL) == (contact == NULL))
        return fail(ERR_USAGE, "A mention is of a contact or of an account.");
    if (contact != NULL) {
        TRY(find_contact(e, contact, &c));
        *ret_account = c.account;
    } else if (base64url_read(SPAN_STR(account), ret_account->b, sizeof ret_account->b) != OK) {
        return fail(ERR_USAGE, "This is no account.");
    }
    ret->account_id = PB_OF(*ret_account);
    return OK;
}

struct marks_in {
    Wire__Text text;
    Wire__Range ranges[RANGES_MAX], *range_list[RANGES_MAX];
    Wire__Mention mentions[MENTIONS_MAX], *mention_list[MENTIONS_MAX];
    struct account_id accounts[MENTIONS_MAX];
};

static enum err
marks_in(struct engine *e, const json_t *ranges, const json_t *mentions, struct marks_in *m)
{
    wire__text__init(&m->text);
    m->text.n_ranges = json_array_size(ranges);
    m->text.n_mentions = json_array_size(mentions);
    m->text.ranges = m->range_list;
    m->text.mentions = m->mention_list;
    if (m->text.n_ranges > RANGES_MAX || m->text.n_mentions > MENTIONS_MAX)
        return fail(ERR_USAGE, "A text has at most %d ranges and %d mentions.", RANGES_MAX,
                    MENTIONS_MAX);
    for (size_t i = 0; i < m->text.n_ranges; i++) {
        m->range_list[i] = &m->ranges[i];
        TRY(range_read(json_array_get(ranges, i), &m->ranges[i]));
    }
    for (size_t i = 0; i < m->text.n_mentions; i++) {
        m->mention_list[i] = &m->mentions[i];
        TRY(mention_read(e, json_array_get(mentions, i), &m->accounts[i], &m->mentions[i]));
    }
    return OK;
}

enum err
marks_param(struct call *c, struct buf *ret)
{
    struct marks_in m;

    TRY(marks_in(c->agent->engine, json_object_get(c->params, "ranges"),
                 json_object_get(c->params, "mentions"), &m));
    if (m.text.n_ranges + m.text.n_mentions > 0)
        wire_pack(ret, &m.text.base);
    return buf_ok(ret);
}

/* --- out --- */

static json_t *
show_ranges(const Wire__Text *t)
{
    json_t *list = json_array();

    for (size_t i = 0; t != NULL && i < t->n_ranges; i++) {
        const Wire__Range *r = t->ranges[i];
        if (r->kind > 0 && r->kind < KIND_COUNT)
            json_array_append_new(list, json_pack("{s:I,s:I,s:s}", "start", (json_int_t)r->start,
                                                  "length", (json_int_t)r->length, "kind",
                                                  kinds[r->kind]));
    }
    return list;
}

static json_t *
show_mention(struct engine *e, const Wire__Mention *m)
{
    char account[BASE64_LEN(32) + 1], id[ID_MAX], label[256];
    struct account_id who;
    struct contact c;

    memcpy(who.b, m->account_id.data, sizeof who.b);
    base64url_write(SPAN_OF(who), account);
    json_t *j = json_pack("{s:I,s:I,s:s}", "start", (json_int_t)m->start, "length",
                          (json_int_t)m->length, "account", account);
    if (contact_by_account(e, &who, &c) == OK) {
        id_write("contact", c.id, id);
        contact_label(&c, label, sizeof label);
        json_object_set_new(j, "contact", json_string(id));
        json_object_set_new(j, "label", json_string(label));
    }
    return j;
}

static json_t *
show_mentions(struct engine *e, const Wire__Text *t)
{
    json_t *list = json_array();

    for (size_t i = 0; t != NULL && i < t->n_mentions; i++)
        json_array_append_new(list, show_mention(e, t->mentions[i]));
    return list;
}

void
marks_show(struct engine *e, const char *text, struct span marks, json_t *j)
{
    AUTO(buf_done) struct buf packed = BUF(SHARED_MAX);
    AUTO(text_freep) Wire__Text *t = NULL;

    /* Marks that do not fit their text are none. */
    if (marks.n > 0 &&
        compose_pack(&(struct text_parts){.text = SPAN_STR(text), .marks = marks}, &packed) == OK &&
        text_read(buf_span(&packed), &t) != OK)
        t = NULL;
    json_object_set_new(j, "ranges", show_ranges(t));
    json_object_set_new(j, "mentions", show_mentions(e, t));
}
