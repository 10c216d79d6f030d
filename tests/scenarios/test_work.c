/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proof of work (B9.6) where there is no invitation: at the real difficulty, in slices that keep
 * nobody waiting, and begun anew after whatever happened meanwhile.
 */
#include "tests/check.h"

#include <stdio.h>

#include "core/outbox_work.h"
#include "core/relay_state.h"
#include "tests/scenarios/scene.h"

#define BITS_REAL 20
#define BITS_ENDLESS 28
#define STRANGERS 5
#define SLICE_MAX 10000

static void
ask_for_work(struct scene *s, unsigned bits)
{
    s->relay->config.pow_bits = bits;
    scene_relay_restart(s->relay, s->relay->store);
    scene_settle(s);
}

static void
a_request_without_invitation_works_at_the_real_difficulty(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    ask_for_work(s, BITS_REAL);
    actor_add_address(alice, bob);
    scene_settle(s);
    assert_int_equal(actor_state(bob, alice), CONTACT_ASKING);
    actor_accept(bob, alice);
    scene_settle(s);
    actor_say(alice, bob, "hello");
    scene_settle(s);
    assert_history(bob, alice, "< hello");
    scene_free(s);
}

static unsigned
searching(struct actor *a, uint64_t *ret_tries)
{
    struct outbox_work *w = a->engine->outbox_work;
    unsigned n = 0;

    *ret_tries = 0;
    for (size_t i = 0; i < w->count; i++)
        if (w->lines[i]->searching) {
            n++;
            *ret_tries += w->lines[i]->nonce;
        }
    return n;
}

/* However many are asked at once, a step takes one slice, and each has its turn. */
static void
a_step_works_for_one_only(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice");
    uint64_t before, after;

    for (int i = 0; i < STRANGERS; i++) {
        char name[8];
        snprintf(name, sizeof name, "bob%d", i);
        scene_join(s, name);
    }
    ask_for_work(s, BITS_ENDLESS);
    for (int i = 0; i < STRANGERS; i++)
        actor_add_address(alice, s->actors[1 + i]);
    while (searching(alice, &before) < STRANGERS)
        scene_pass(s, 1);
    for (int i = 0; i < 2 * STRANGERS; i++) {
        searching(alice, &before);
        assert_true(engine_step(alice->engine) <= s->now_ms - s->start_ms); /* goes on at once */
        searching(alice, &after);
        assert_true(after - before <= SLICE_MAX);
    }
    for (size_t i = 0; i < alice->engine->outbox_work->count; i++)
        assert_true(alice->engine->outbox_work->lines[i]->nonce >= SLICE_MAX);
    scene_free(s);
}

/* To where Alice searches for what pays for her request to Bob, which takes her for ever. */
static struct line *
pass_until_the_request_is_paid_for(struct scene *s, struct actor *alice)
{
    struct outbox_work *w = alice->engine->outbox_work;

    for (int i = 0; i < 60 * SECOND_MS; i++) {
        struct line *l = w->count == 1 ? w->lines[0] : NULL;
        if (l != NULL && l->searching && l->kind == CALL_REQUEST)
            return l;
        if (l != NULL && l->under_way && l->kind == CALL_KEYS)
            for (size_t j = 0; j < RELAYS_SEEN_MAX; j++)
                alice->engine->links->seen[j].facts.pow_bits = BITS_ENDLESS;
        scene_pass(s, 1);
    }
    fail_msg("nothing is searched for");
    return NULL;
}

static void
a_crash_begins_the_search_anew(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join_on_disk(s, "alice"), *bob = scene_join(s, "bob");

    actor_add_address(alice, bob);
    pass_until_the_request_is_paid_for(s, alice);
    actor_crash(alice);
    scene_pass(s, HOUR_MS); /* the relay has another seed by now */
    actor_start(alice);
    scene_settle(s);
    assert_int_equal(actor_state(bob, alice), CONTACT_ASKING);
    assert_int_equal(bob->events[EVENT_REQUEST], 1);
    scene_free(s);
}

static void
a_request_that_was_withdrawn_does_not_leave(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    actor_add_address(alice, bob);
    struct line *l = pass_until_the_request_is_paid_for(s, alice);
    l->bits = 1; /* found with the next try */
    assert_ok(contact_block(alice->engine, actor_contact(alice, bob).id));
    unsigned sent = alice->anonymous;
    scene_settle(s);
    assert_int_equal(alice->anonymous, sent);
    assert_int_equal(actor_state(bob, alice), CONTACT_NONE);
    scene_free(s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_request_without_invitation_works_at_the_real_difficulty),
    cmocka_unit_test(a_step_works_for_one_only),
    cmocka_unit_test(a_crash_begins_the_search_anew),
    cmocka_unit_test(a_request_that_was_withdrawn_does_not_leave),
};

int
main(void)
{
    return cmocka_run_group_tests_name("scenarios-work", tests, NULL, NULL);
}
