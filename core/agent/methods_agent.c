/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <unistd.h>

#include "core/agent/agent.h"
#include "core/agent/dispatch.h"

static const char *const state_names[] = {"none", "locked", "unlocked"};

enum err
method_hello(struct call *c, json_t **ret)
{
    struct agent *a = c->agent;

    *ret = json_pack("{s:s,s:i,s:s,s:s,s:[s,s,s],s:i}", "version", SNUG_VERSION, "protocol", 1,
                     "profile", profile_name(a->profile), "state", state_names[a->state],
                     "permissions", "read", "send", "admin", "pid", (int)getpid());
    return OK;
}

enum err
method_agent_stop(struct call *c, json_t **ret)
{
    agent_forbid_reopening(c->agent);
    loop_stop(&c->agent->loop);
    return OK;
}

static enum err
topic_read(const char *name, unsigned *ret)
{
    for (int t = 0; t < TOPIC_COUNT; t++) {
        if (strcmp(topic_name((enum topic)t), name) == 0) {
            *ret = 1U << t;
            return OK;
        }
    }
    return fail(ERR_USAGE, "There is no topic %.50s.", name);
}

enum err
method_subscribe(struct call *c, json_t **ret)
{
    const json_t *topics = json_object_get(c->params, "topics"), *each;
    unsigned all = topics == NULL ? ~0U : 0, one;
    size_t i;

    json_array_foreach(topics, i, each)
    {
        if (!json_is_string(each))
            return fail(ERR_USAGE, "Topics are strings.");
        TRY(topic_read(json_string_value(each), &one));
        all |= one;
    }
    client_subscribe(c->client, all);
    return OK;
}

enum err
method_unsubscribe(struct call *c, json_t **ret)
{
    client_subscribe(c->client, 0);
    return OK;
}

enum err
method_job_cancel(struct call *c, json_t **ret)
{
    return calls_cancel_job(c->agent, c->client, param_string(c, "job", ""));
}
