/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/collecting.h"

#include <sys/epoll.h>

#include "core/fetching.h"

#define TELL_MIN 1000 /* ms between two notifications */

static void
on_answer(void *self, uint64_t id, const struct transport_answer *answer)
{
    collector_on_answer(((struct agent *)self)->locked.collector, id, answer);
}

static void
on_stream(void *self, uint64_t id, struct span bytes)
{
    collector_on_stream_data(((struct agent *)self)->locked.collector, id, bytes);
}

static void
on_transport(void *self, uint32_t events)
{
    relay_client_run(((struct agent *)self)->locked.client);
}

bool
collecting_ask(struct agent *a, struct collecting_wish *ret)
{
    return settings_read(engine_db(a->engine), &ret->settings) == OK &&
           fetching_leave(a->engine, &ret->what) == OK;
}

static enum err
open_client(struct agent *a, const char *proxy)
{
    struct locked *l = &a->locked;

    TRY(relay_client_new(&l->client));
    relay_client_listen(l->client, &(struct relay_client_events){a, on_answer, on_stream});
    TRY(relay_client_set_proxy(l->client, proxy));
    l->transport =
        (struct source){.fd = relay_client_fd(l->client), .self = a, .ready = on_transport};
    enum err e = loop_add(&a->loop, &l->transport, EPOLLIN);
    if (e != OK)
        l->transport.fd = -1;
    return e;
}

void
collecting_start(struct agent *a, const struct collecting_wish *wish)
{
    struct locked *l = &a->locked;

    *l = (struct locked){.transport.fd = -1};
    enum err e = open_client(a, wish->settings.proxy);
    if (e != OK) {
        secret_free(wish->what.key);
    } else {
        struct world world = relay_client_world(l->client);
        e = collector_new(&wish->what, &world, profile_sealed_path(a->profile), &l->collector);
    }
    if (e != OK)
        collecting_stop(a, &(struct collected_proof){0});
}

bool
collecting_stop(struct agent *a, struct collected_proof *ret)
{
    struct locked *l = &a->locked;
    bool any = l->collector != NULL;

    if (any)
        *ret = collector_proof(l->collector);
    collector_free(STEAL(l->collector));
    if (l->client != NULL && l->transport.fd >= 0)
        loop_remove(&a->loop, &l->transport);
    relay_client_free(STEAL(l->client));
    return any;
}

/* That something came; not what, nor from whom, for nobody here knows. */
static int64_t
tell(struct agent *a)
{
    struct locked *l = &a->locked;
    uint64_t activity = collector_activity(l->collector);

    if (activity == l->told)
        return INT64_MAX;
    if (l->told_at != 0 && l->told_at + TELL_MIN > loop_now())
        return l->told_at + TELL_MIN;
    l->told = activity;
    l->told_at = loop_now();
    agent_notify(a, TOPIC_LOCK,
                 json_pack("{s:s,s:I}", "state", "locked", "activity", (json_int_t)activity));
    return INT64_MAX;
}

int64_t
collecting_turn(struct agent *a)
{
    struct locked *l = &a->locked;
    int64_t due, soon;

    if (l->collector == NULL)
        return INT64_MAX;
    if (relay_client_due(l->client) <= loop_now())
        relay_client_run(l->client);
    due = collector_step(l->collector);
    soon = relay_client_due(l->client);
    due = soon < due ? soon : due;
    soon = tell(a);
    return soon < due ? soon : due;
}
