/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/files_forwarding.h"

#include <assert.h>
#include <stdlib.h>

#include "core/agent/agent.h"
#include "core/agent/show.h"
#include "core/sealing.h"

/* Sealed for all before it is sent to any: what cannot be sent on to one of them is sent to none.
 */
struct forwarding {
    struct call *call;
    int64_t message;
    int64_t contacts[FORWARD_MAX];
    struct sealing *sealings[FORWARD_MAX];
    size_t count, sealed;
};

static void
forwarding_free(struct forwarding *f)
{
    for (size_t i = 0; i < f->count; i++)
        sealing_free(f->sealings[i]);
    free(f);
}

static void
on_cancel(struct call *c, enum err why)
{
    forwarding_free(c->data);
    c->data = NULL;
}

/* --- its files --- */

struct wishes {
    struct file_wish list[ATTACHMENTS_MAX];
    size_t count;
};

static enum err
wish_for(void *ctx, const struct attachment *a)
{
    struct wishes *w = ctx;

    if (w->count < ATTACHMENTS_MAX)
        w->list[w->count++].attachment = a->id;
    return OK;
}

enum err
files_forwarding_needed(struct engine *e, int64_t message, bool *ret)
{
    struct wishes w = {0};

    TRY(attachments_each(e, message, &w, wish_for));
    *ret = w.count > 0;
    return OK;
}

/* --- one contact after the other --- */

static void on_sealed(void *ctx, enum err r);

static enum err
seal_next(struct forwarding *f)
{
    struct engine *e = f->call->agent->engine;
    struct wishes w = {0};

    TRY(attachments_each(e, f->message, &w, wish_for));
    if (w.count == 0)
        return fail(ERR_STATE, "the message was deleted");
    return sealing_start(e,
                         &(struct sealing_wish){.contact = f->contacts[f->sealed],
                                                .files = w.list,
                                                .count = w.count,
                                                .ctx = f,
                                                .done = on_sealed},
                         &f->sealings[f->sealed]);
}

static enum err
send_all(struct forwarding *f, json_t *ret)
{
    struct engine *e = f->call->agent->engine;
    int64_t made;

    for (size_t i = 0; i < f->count; i++) {
        TRY(message_forward_files(e, f->message, f->contacts[i], f->sealings[i], &made));
        json_array_append_new(ret, show_message_id(e, made));
    }
    return OK;
}

static void
on_sealed(void *ctx, enum err r)
{
    AUTO(json_decrefpp) json_t *sent = json_array();
    struct forwarding *f = ctx;
    struct call *c = f->call;

    if (r == OK && ++f->sealed < f->count) {
        r = seal_next(f);
        if (r == OK)
            return;
    } else if (r == OK) {
        r = send_all(f, sent);
    }
    c->data = NULL;
    if (r == OK)
        call_finish(c, json_pack("{s:O}", "messages", sent));
    else
        call_fail(c, r);
    forwarding_free(f);
}

enum err
files_forwarding_start(struct call *c, int64_t message, const int64_t *contacts, size_t count)
{
    static const struct call_hooks hooks = {.cancel = on_cancel};
    struct forwarding *f = calloc(1, sizeof *f);

    assert(count >= 1 && count <= FORWARD_MAX);
    if (f == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    f->call = c;
    f->message = message;
    f->count = count;
    memcpy(f->contacts, contacts, count * sizeof *contacts);
    enum err r = seal_next(f);
    if (r != OK) {
        forwarding_free(f);
        return r;
    }
    c->data = f;
    call_defer(c, &hooks, -1);
    return OK;
}
