/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An account's tokens (row 10 of B21; B9.1, B9.5).
 */
#include <stdlib.h>

#include "relay/handlers.h"
#include "relay/kept_tokens.h"

#define SINK_LIFE (90 * (uint64_t)SECONDS_A_DAY)

static struct kept_token
token_of(const struct call *c, const Wire__TokenEntry *m)
{
    struct kept_token t = {
        .account = c->account.number,
        .tag = m->tag,
        .kind = (uint8_t)m->kind,
        .acts_as = (uint8_t)m->kind,
        .unlimited = m->uses == 0,
        .uses_left = m->uses,
        .bytes_a_day = m->bytes_a_day,
        .expiry = m->expiry,
    };
    memcpy(t.hash.b, m->hash.data, sizeof t.hash.b);
    return t;
}

/* A sink goes on as what it was, so that who is blocked sees no difference, for 90 days. */
static enum err
make_sink(struct call *c, struct kept_token *t)
{
    struct kept_token before;
    enum err e = kept_token_get(c->s->store, t->account, &t->hash, &before);

    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    t->acts_as = e == OK ? before.acts_as : WIRE__TOKEN_KIND__TOKEN_DELIVER;
    uint64_t end =
        e == OK && before.kind == WIRE__TOKEN_KIND__TOKEN_SINK ? before.expiry : c->now + SINK_LIFE;
    if (t->expiry == 0 || t->expiry > end)
        t->expiry = end;
    return OK;
}

struct count {
    uint64_t now;
    size_t live;
};

static void
count_live(void *ctx, const struct kept_token *t)
{
    struct count *count = ctx;
    count->live += t->expiry == 0 || count->now < t->expiry;
}

/* How many there will be: what is there, less what goes, plus what is new. A hash that is named
 * twice counts twice. */
static enum err
tokens_after(struct call *c, const Wire__TokensPut *m, size_t *ret)
{
    struct count count = {.now = c->now};
    struct kept_token ignored;

    if (!m->reset) {
        TRY(kept_tokens_each(c->s->store, c->account.number, &count, count_live));
        for (size_t i = 0; i < m->n_remove; i++) {
            struct token_hash hash;
            memcpy(hash.b, m->remove[i].data, sizeof hash.b);
            enum err e = kept_token_get(c->s->store, c->account.number, &hash, &ignored);
            if (e != OK && e != ERR_NOT_FOUND)
                return e;
            if (e == OK && count.live > 0)
                count.live--;
        }
    }
    for (size_t i = 0; i < m->n_add; i++) {
        struct kept_token t = token_of(c, m->add[i]);
        enum err e =
            m->reset ? ERR_NOT_FOUND : kept_token_get(c->s->store, t.account, &t.hash, &ignored);
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
        count.live += e == ERR_NOT_FOUND;
    }
    *ret = count.live;
    return OK;
}

/* Kinds are settled before a reset forgets what the tokens were. */
static enum err
tokens_store(struct call *c, const Wire__TokensPut *m, struct kept_token *tokens)
{
    for (size_t i = 0; i < m->n_add; i++) {
        tokens[i] = token_of(c, m->add[i]);
        if (tokens[i].kind == WIRE__TOKEN_KIND__TOKEN_SINK)
            TRY(make_sink(c, &tokens[i]));
    }
    call_writes(c, c->request->body.n);
    if (m->reset)
        TRY(kept_tokens_clear(c->s->store, c->account.number));
    for (size_t i = 0; i < m->n_remove; i++) {
        struct token_hash hash;
        memcpy(hash.b, m->remove[i].data, sizeof hash.b);
        TRY(kept_token_delete(c->s->store, c->account.number, &hash));
    }
    for (size_t i = 0; i < m->n_add; i++)
        TRY(kept_token_put(c->s->store, &tokens[i]));
    return OK;
}

enum err
handle_tokens_put(struct call *c)
{
    AUTO(tokens_put_freep) Wire__TokensPut *m = NULL;
    size_t after = 0;

    TRY(tokens_put_read(c->request->body, &m));
    TRY(tokens_after(c, m, &after));
    if (after > TOKENS_MAX)
        return answer_error(c, 413);
    struct kept_token *tokens = calloc(m->n_add + 1, sizeof *tokens);
    if (tokens == NULL)
        return fail(ERR_MEMORY, "no memory for tokens");
    enum err e = tokens_store(c, m, tokens);
    free(tokens);
    TRY(e);
    return answer_empty(c, 204);
}
