/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An account's tokens (row 10 of B21; B9.1, B9.5).
 */
#include <stdlib.h>

#include "relay/handlers.h"
#include "relay/kept_tokens.h"

#define SINK_LIFE (90 * (uint64_t)SECONDS_A_DAY)
#define EXPIRED_BYTES_MAX (TOKENS_MAX * sizeof(struct token_hash))

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

/* What a request makes of the account's tokens. */
struct change {
    uint64_t now;
    bool reset;
    struct token_hash *add, *remove; /* sorted */
    size_t n_add, n_remove;
    size_t untouched;   /* live tokens that stay and are not named */
    struct buf expired; /* hashes of tokens whose time has passed */
};

static int
by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct token_hash));
}

static bool
among(const struct token_hash *sorted, size_t n, const struct token_hash *hash)
{
    return n > 0 && bsearch(hash, sorted, n, sizeof *sorted, by_bytes) != NULL;
}

static void
look_at(void *ctx, const struct kept_token *t)
{
    struct change *ch = ctx;

    if (t->expiry != 0 && t->expiry <= ch->now) {
        if (ch->expired.n < EXPIRED_BYTES_MAX) /* more than that can be there only once */
            buf_put(&ch->expired, SPAN_OF(t->hash));
    } else if (!ch->reset && !among(ch->remove, ch->n_remove, &t->hash) &&
               !among(ch->add, ch->n_add, &t->hash)) {
        ch->untouched++;
    }
}

static void
change_done(struct change *ch)
{
    buf_done(&ch->expired);
    free(ch->add);
    free(ch->remove);
}

static enum err
change_read(struct call *c, const Wire__TokensPut *m, struct change *ret)
{
    struct change *ch = ret;

    *ch = (struct change){.now = c->now, .reset = m->reset, .expired = BUF(EXPIRED_BYTES_MAX)};
    ch->add = calloc(m->n_add + 1, sizeof *ch->add);
    ch->remove = calloc(m->n_remove + 1, sizeof *ch->remove);
    if (ch->add == NULL || ch->remove == NULL)
        return fail(ERR_MEMORY, "no memory for tokens");
    for (; ch->n_add < m->n_add; ch->n_add++)
        memcpy(&ch->add[ch->n_add], m->add[ch->n_add]->hash.data, sizeof *ch->add);
    for (; ch->n_remove < m->n_remove; ch->n_remove++)
        memcpy(&ch->remove[ch->n_remove], m->remove[ch->n_remove].data, sizeof *ch->remove);
    qsort(ch->add, ch->n_add, sizeof *ch->add, by_bytes);
    qsort(ch->remove, ch->n_remove, sizeof *ch->remove, by_bytes);
    TRY(kept_tokens_each(c->s->store, c->account.number, ch, look_at));
    return buf_ok(&ch->expired);
}

/* How many tokens there will be, each counted once however often it is named. */
static size_t
count_after(const struct change *ch)
{
    size_t count = ch->untouched;

    for (size_t i = 0; i < ch->n_add; i++)
        count += i == 0 || by_bytes(&ch->add[i - 1], &ch->add[i]) != 0;
    return count;
}

static enum err
forget_expired(struct call *c, const struct change *ch)
{
    struct reader r = READER(buf_span(&ch->expired));
    struct token_hash hash;

    while (r.rest.n > 0) {
        read_bytes(&r, hash.b, sizeof hash.b);
        TRY(kept_token_delete(c->s->store, c->account.number, &hash));
    }
    return OK;
}

/* Kinds are settled before anything forgets what the tokens were. Expired ones go at once: what
 * waits for the sweep could otherwise be added to without end. */
static enum err
tokens_store(struct call *c, const Wire__TokensPut *m, const struct change *ch,
             struct kept_token *tokens)
{
    for (size_t i = 0; i < m->n_add; i++) {
        tokens[i] = token_of(c, m->add[i]);
        if (tokens[i].kind == WIRE__TOKEN_KIND__TOKEN_SINK)
            TRY(make_sink(c, &tokens[i]));
    }
    call_writes(c, c->request->body.n);
    if (m->reset)
        TRY(kept_tokens_clear(c->s->store, c->account.number));
    else
        TRY(forget_expired(c, ch));
    for (size_t i = 0; i < ch->n_remove; i++)
        TRY(kept_token_delete(c->s->store, c->account.number, &ch->remove[i]));
    for (size_t i = 0; i < m->n_add; i++)
        TRY(kept_token_put(c->s->store, &tokens[i]));
    return OK;
}

static enum err
tokens_change(struct call *c, const Wire__TokensPut *m, const struct change *ch)
{
    if (count_after(ch) > TOKENS_MAX)
        return answer_error(c, 413);
    struct kept_token *tokens = calloc(m->n_add + 1, sizeof *tokens);
    if (tokens == NULL)
        return fail(ERR_MEMORY, "no memory for tokens");
    enum err e = tokens_store(c, m, ch, tokens);
    free(tokens);
    TRY(e);
    if (m->requests_from != 0) {
        c->account.requests = (Wire__RequestPolicy)(m->requests_from - 1);
        TRY(kept_account_put(c->s->store, &c->account));
    }
    return answer_empty(c, 204);
}

enum err
handle_tokens_put(struct call *c)
{
    AUTO(tokens_put_freep) Wire__TokensPut *m = NULL;
    AUTO(change_done) struct change ch = {0};

    TRY(tokens_put_read(c->request->body, &m));
    TRY(change_read(c, m, &ch));
    return tokens_change(c, m, &ch);
}
