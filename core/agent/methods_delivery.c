/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/show.h"
#include "core/ledger.h"

/* {count, message?, since_ms?} */
static json_t *
show_part(const struct ledger_part *p)
{
    char id[ID_MAX];
    json_t *j = json_pack("{s:I}", "count", (json_int_t)p->count);

    if (p->message != 0) {
        id_write("message", p->message, id);
        json_object_set_new(j, "message", json_string(id));
    }
    if (p->at_ms != 0)
        json_object_set_new(j, "since_ms", json_integer(p->at_ms));
    return j;
}

static void
set_time(json_t *j, const char *key, int64_t ms)
{
    if (ms != 0)
        json_object_set_new(j, key, json_integer(ms));
}

static json_t *
show_asking(const struct ledger *l)
{
    json_t *j = show_part(&l->asking);

    set_time(j, "asked_ms", l->asked_ms);
    set_time(j, "next_ms", l->ask_next_ms);
    return j;
}

static json_t *
show_resets(const struct ledger *l)
{
    json_t *j = json_pack("{s:I,s:I,s:b}", "today", (json_int_t)l->resets_today, "a_day",
                          (json_int_t)l->resets_a_day, "unanswered", l->reset_unanswered);

    set_time(j, "last_ms", l->reset_ms);
    set_time(j, "next_ms", l->reset_next_ms);
    return j;
}

static json_t *
show_delivered(const struct ledger_part *p)
{
    char id[ID_MAX];

    if (p->count == 0)
        return NULL;
    id_write("message", p->message, id);
    return json_pack("{s:s,s:I}", "message", id, "sent_ms", (json_int_t)p->at_ms);
}

enum err
method_contact_delivery(struct call *c, json_t **ret)
{
    struct engine *e = c->agent->engine;
    struct contact contact;
    struct ledger l;

    TRY(find_contact(e, param_string(c, "contact", ""), &contact));
    TRY(ledger_get(e, contact.id, &l));
    json_t *j = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o*,s:o}", "contact",
                          show_contact(&contact), "waiting", show_part(&l.waiting), "at_relay",
                          show_part(&l.at_relay), "failed", show_part(&l.failed), "unconfirmed",
                          show_part(&l.unconfirmed), "asking", show_asking(&l), "missing",
                          show_part(&l.missing), "own_missing", show_part(&l.own), "delivered",
                          show_delivered(&l.delivered), "resets", show_resets(&l));
    set_time(j, "heard_ms", l.heard_ms);
    *ret = j;
    return OK;
}
