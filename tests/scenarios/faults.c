/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/scenarios/faults.h"

#include "tests/scenarios/network.h"
#include "wire/check.h"

static bool
per_mille(struct faults *f, unsigned chance)
{
    return scene_random(f->scene) % 1000 < chance;
}

static int64_t
between(struct faults *f, int64_t least, int64_t most)
{
    return least + (int64_t)(scene_random(f->scene) % (uint64_t)(most - least + 1));
}

/* Mostly so much that some of the next pass it, at times for hours. */
static int64_t
how_late(struct faults *f)
{
    switch (scene_random(f->scene) % 4) {
    case 0:
        return between(f, HOUR_MS, 4 * HOUR_MS);
    case 1:
        return between(f, 10 * SECOND_MS, 5 * MINUTE_MS);
    default:
        return between(f, 100, 10 * SECOND_MS);
    }
}

/* The same envelope under a key of its own, or the relay would know it again. */
static void
once_more(struct faults *f, struct actor *from, struct scene_relay *r, struct span body,
          int64_t in_ms)
{
    AUTO(buf_done) struct buf again = BUF(DELIVER_BODY_MAX);
    AUTO(deliver_freep) Wire__Deliver *d = NULL;

    assert_ok(deliver_read(body, &d));
    for (size_t i = 0; i < d->idem.len; i++)
        d->idem.data[i] = (uint8_t)scene_random(f->scene);
    wire_pack(&again, &d->base);
    assert_ok(buf_ok(&again));
    network_deliver(from, r, buf_span(&again), f->scene->now_ms + in_ms);
}

static void
keep(struct faults *f, struct actor *from, struct scene_relay *r, struct span body)
{
    struct faults_kept *k = &f->kept[scene_random(f->scene) % FAULTS_KEPT];

    buf_done(&k->body);
    *k = (struct faults_kept){.from = from, .relay = r, .body = BUF(DELIVER_BODY_MAX)};
    buf_put(&k->body, body);
    assert_ok(buf_ok(&k->body));
}

static void
replay_one(struct faults *f)
{
    const struct faults_kept *k = &f->kept[scene_random(f->scene) % FAULTS_KEPT];

    if (k->from == NULL)
        return;
    once_more(f, k->from, k->relay, buf_span(&k->body), 1);
    f->replayed++;
}

static bool
keeps(void *ctx, struct actor *from, struct scene_relay *r, struct span body)
{
    struct faults *f = ctx;

    f->seen++;
    if (per_mille(f, f->replay))
        replay_one(f);
    if (per_mille(f, 50))
        keep(f, from, r, body);
    if (per_mille(f, f->drop)) {
        f->dropped++;
        return true;
    }
    if (per_mille(f, f->later)) {
        f->delayed++;
        once_more(f, from, r, body, how_late(f));
        return true;
    }
    if (per_mille(f, f->twice)) {
        f->doubled++;
        once_more(f, from, r, body, between(f, 0, MINUTE_MS));
    }
    return false;
}

void
faults_begin(struct faults *f, struct scene *s, uint64_t seed)
{
    *f = (struct faults){.scene = s, .drop = 15, .twice = 20, .later = 30, .replay = 10};
    s->random ^= seed * 0x9e3779b97f4a7c15U;
    s->keeps = keeps;
    s->keeps_ctx = f;
    s->loss_percent = 2;
    s->stream_loss_percent = 1;
    s->latency_jitter_ms = 300;
    print_message("faults: seed %llu\n", (unsigned long long)seed);
}

void
faults_end(struct faults *f)
{
    f->scene->keeps = NULL;
    f->scene->loss_percent = f->scene->stream_loss_percent = 0;
    for (size_t i = 0; i < FAULTS_KEPT; i++)
        buf_done(&f->kept[i].body);
}

void
faults_print(const struct faults *f)
{
    print_message("faults: of %u envelopes %u dropped, %u twice, %u late, %u again\n", f->seen,
                  f->dropped, f->doubled, f->delayed, f->replayed);
}
