/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "core/account.h"
#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/held.h"
#include "core/agent/pager.h"
#include "core/agent/settings.h"
#include "core/agent/show.h"
#include "core/attachments.h"
#include "core/clearing.h"
#include "core/links.h"
#include "core/relay_link.h"

#define SHOW_WAIT 60000 /* ms */
#define PAGES_MAX 1000  /* a relay that never comes to the end is cut short */

/* --- relay.show --- */

/* The job under way. An answer comes with a number and nothing else, and may come after the job was
 * cancelled. */
static struct {
    struct call *call; /* NULL: none */
    int64_t number;
    unsigned rows, pages;
} showing;

static void
end_showing(enum err e, json_t *result)
{
    struct call *c = showing.call;

    showing.call = NULL;
    if (e == OK)
        call_finish(c, result);
    else
        call_fail(c, e);
}

static void
tell_row(void *ctx, json_t *row)
{
    showing.rows++;
    call_progress_row(ctx, row);
}

static enum err ask_page(struct engine *e, uint64_t after);

static enum err
take_page(struct engine *e, const struct relay_reply *reply, struct held_page *ret)
{
    struct account_facts us;
    struct relay_facts relay;
    struct relay_address where;

    if (reply->err != OK)
        return fail(reply->err, "%s", err_text(reply->err));
    if (reply->status != 200)
        return fail(ERR_REFUSED, "The relay answers %u.", reply->status);
    TRY(account_facts_get(e, &us));
    where = relay_of(&us.address);
    TRY(relay_facts_get(e, &where, &relay));
    return held_page_read(reply->body, &relay.rlk, showing.call, tell_row, ret);
}

static void
on_page(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct held_page page = {0};

    if (showing.call == NULL || showing.number != ref)
        return;
    enum err err = take_page(e, reply, &page);
    if (err == OK && page.next != 0 && ++showing.pages < PAGES_MAX) {
        json_decref(page.about);
        err = ask_page(e, page.next);
        if (err == OK)
            return;
        page.about = NULL;
    }
    if (err == OK)
        json_object_set_new(page.about, "rows", json_integer(showing.rows));
    end_showing(err, page.about);
}

static enum err
ask_page(struct engine *e, uint64_t after)
{
    char path[64];
    struct relay_call call = {
        .method = "GET", .path = path, .done = on_page, .ref = showing.number};

    if (after == 0)
        snprintf(path, sizeof path, "/v1/held");
    else
        snprintf(path, sizeof path, "/v1/held?after=%llu", (unsigned long long)after);
    return relay_call_own(e, &call);
}

static void
show_expired(struct call *c)
{
    end_showing(fail(ERR_OFFLINE, "The relay does not answer."), NULL);
}

static void
show_cancelled(struct call *c, enum err why)
{
    showing.call = NULL;
}

enum err
method_relay_show(struct call *c, json_t **ret)
{
    static const struct call_hooks hooks = {.expire = show_expired, .cancel = show_cancelled};

    if (showing.call != NULL)
        return fail(ERR_BUSY, "That is being asked already.");
    showing.number++;
    showing.rows = showing.pages = 0;
    TRY(ask_page(c->agent->engine, 0));
    showing.call = c;
    call_defer_job(c, &hooks, SHOW_WAIT);
    return OK;
}

enum err
method_relay_retry(struct call *c, json_t **ret)
{
    engine_wake(c->agent->engine);
    return OK;
}

/* --- settings --- */

static const char *const requests_names[] = {
    [WIRE__REQUEST_POLICY__POLICY_INVITE] = "link",
    [WIRE__REQUEST_POLICY__POLICY_OPEN] = "everybody",
    [WIRE__REQUEST_POLICY__POLICY_CLOSED] = "nobody",
};

static enum err
requests_read(const char *name, Wire__RequestPolicy *ret)
{
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, requests_names[i]) == 0) {
            *ret = (Wire__RequestPolicy)i;
            return OK;
        }
    }
    return fail(ERR_USAGE, "Requests are from everybody, by link, or from nobody.");
}

enum err
method_settings_get(struct call *c, json_t **ret)
{
    struct settings s;
    int64_t keep_days, download_auto;
    bool mentions;

    TRY(download_auto_get(c->agent->engine, &download_auto));
    TRY(settings_read(engine_db(c->agent->engine), &s));
    TRY(keep_get(c->agent->engine, &keep_days));
    TRY(mentions_while_muted_get(c->agent->engine, &mentions));
    *ret = json_pack(
        "{s:I,s:b,s:b,s:s,s:s,s:s,s:s,s:b,s:I,s:b,s:I}", "idle_lock_ms", (json_int_t)s.idle_lock_ms,
        "lock_on_screen_lock", s.lock_on_screen_lock, "lock_on_suspend", s.lock_on_suspend, "proxy",
        s.proxy, "receipts", receipts_name(s.receipts), "requests",
        requests_names[links_requests(c->agent->engine)], "presence", audience_name(s.presence),
        "typing", s.typing, "keep_days", (json_int_t)keep_days, "mentions_while_muted", mentions,
        "download_auto", (json_int_t)download_auto);
    return OK;
}

/* Those that the engine keeps itself. */
static enum err
set_engines(struct call *c)
{
    struct engine *e = c->agent->engine;
    const json_t *mentions = json_object_get(c->params, "mentions_while_muted");

    if (json_object_get(c->params, "keep_days") != NULL)
        TRY(keep_set(e, param_int(c, "keep_days", 0)));
    if (json_object_get(c->params, "download_auto") != NULL)
        TRY(download_auto_set(e, param_int(c, "download_auto", 0)));
    return mentions == NULL ? OK : mentions_while_muted_set(e, json_is_true(mentions));
}

enum err
method_settings_set(struct call *c, json_t **ret)
{
    struct agent *a = c->agent;
    struct db *db = engine_db(a->engine);
    Wire__RequestPolicy requests = links_requests(a->engine);
    const char *proxy;
    struct settings s;

    TRY(settings_read(db, &s));
    s.idle_lock_ms = param_int(c, "idle_lock_ms", s.idle_lock_ms);
    TRY(receipts_read(param_string(c, "receipts", receipts_name(s.receipts)), &s.receipts));
    TRY(audience_read(param_string(c, "presence", audience_name(s.presence)), &s.presence));
    s.lock_on_screen_lock = param_bool(c, "lock_on_screen_lock", s.lock_on_screen_lock);
    s.lock_on_suspend = param_bool(c, "lock_on_suspend", s.lock_on_suspend);
    s.typing = param_bool(c, "typing", s.typing);
    proxy = param_string(c, "proxy", s.proxy);
    if (strlen(proxy) >= sizeof s.proxy)
        return fail(ERR_USAGE, "A proxy is written as host:port.");
    if (proxy != s.proxy)
        snprintf(s.proxy, sizeof s.proxy, "%s", proxy);
    TRY(requests_read(param_string(c, "requests", requests_names[requests]), &requests));
    TRY(set_engines(c));
    TRY(settings_write(db, &s));
    presence_touch(a->engine);
    if (requests != links_requests(a->engine))
        TRY(links_set_requests(a->engine, requests));
    agent_lock_settings(a, &s);
    if (json_object_get(c->params, "proxy") == NULL)
        return OK;
    TRY(relay_client_set_proxy(a->client, s.proxy));
    engine_rest(a->engine); /* what is open goes the old way */
    engine_wake(a->engine);
    return OK;
}
