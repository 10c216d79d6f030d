/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/creation.h"

#include <stdio.h>

#include "core/agent/agent.h"
#include "core/agent/backups.h"
#include "core/replacing.h"
#include "wire/encoding.h"

/* As a relay prints itself, `https://host:port pin=PIN`, or short: `host:port`. Up to PINS_MAX
 * pins.
 */
static enum err
relay_read(const char *text, struct relay_address *ret, struct relay_pins *ret_pins)
{
    const char *at = text + (strncmp(text, "https://", 8) == 0 ? 8 : 0);
    size_t n = strcspn(at, " ");

    TRY(relay_address_read(SPAN(at, n), ret));
    for (at += n; *at == ' '; at += n) {
        at++;
        n = strcspn(at, " ");
        if (strncmp(at, "pin=", 4) != 0 || ret_pins->count == PINS_MAX)
            return fail(ERR_USAGE, "There is something behind the relay's address.");
        TRY(base64url_read(SPAN(at + 4, n - 4), ret_pins->pins[ret_pins->count].b, 32));
        ret_pins->count++;
    }
    return OK;
}

static enum err
text_read(const struct call *c, const char *name, char *ret, size_t size)
{
    const char *text = param_string(c, name, "");

    if (strlen(text) >= size)
        return fail(ERR_USAGE, "%s is longer than %zu bytes.", name, size - 1);
    snprintf(ret, size, "%s", text);
    return OK;
}

enum err
creation_address(const struct call *c, const char *otherwise, struct account_wish *w)
{
    const char *name = param_string(c, "name", "");
    struct relay_address relay;

    if (relay_read(param_string(c, "relay", ""), &relay, &w->pins) != OK)
        return fail(ERR_USAGE,
                    "A relay is written as it prints itself: https://host:port pin=PIN; or "
                    "host:port, if its certificate is a public one.");
    snprintf(w->address.host, sizeof w->address.host, "%s", relay.host);
    w->address.port = relay.port;
    w->unlisted = json_is_true(json_object_get(c->params, "unlisted"));
    if (otherwise != NULL && name[0] == '\0' && !w->unlisted) {
        w->unlisted = name_unlisted(SPAN_STR(otherwise));
        name = w->unlisted ? "" : otherwise;
    }
    if (w->unlisted != (name[0] == '\0'))
        return fail(ERR_USAGE, "Give either a name or `unlisted`.");
    if (!w->unlisted &&
        (!name_valid(SPAN_STR(name)) || (name_unlisted(SPAN_STR(name)) && !w->there)))
        return fail(ERR_USAGE, "A name is 1 to 32 of a-z, 0-9, dot, - and _, and begins with a "
                               "letter or a digit.");
    snprintf(w->address.name, sizeof w->address.name, "%s", name);
    return OK;
}

static enum err
creation_fill(const struct call *c, struct creation *n)
{
    n->recovering = n->wish.there = json_object_get(c->params, "kit") != NULL;
    TRY(creation_address(c, NULL, &n->wish));
    TRY(text_read(c, "display_name", n->display_name, sizeof n->display_name));
    TRY(text_read(c, "invitation", n->invitation, sizeof n->invitation));
    n->wish.display_name = n->display_name;
    n->wish.invitation = n->invitation;
    n->settings = settings_default();
    if (n->recovering)
        TRY(recovery_code_read(SPAN_STR(param_string(c, "kit", "")), &n->seed));
    TRY(text_read(c, "proxy", n->settings.proxy, sizeof n->settings.proxy));
    TRY(receipts_read(param_string(c, "receipts", receipts_name(n->settings.receipts)),
                      &n->settings.receipts));
    TRY(audience_read(param_string(c, "presence", audience_name(n->settings.presence)),
                      &n->settings.presence));
    return settings_check(&n->settings);
}

enum err
creation_read(const struct call *c, struct creation **ret)
{
    struct creation *n = SECRET_NEW(struct creation);

    if (n == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    enum err e = creation_fill(c, n);
    if (e == OK)
        *ret = n;
    else
        secret_free(n);
    return e;
}

/* The store, with the account in it. */
static enum err
make_store(struct agent *a, struct creation *n, struct db **ret)
{
    struct relay_client *clocks = NULL;
    struct db *db;

    TRY(db_create(profile_store_path(a->profile), &n->db_key, &db));
    enum err e = settings_write(db, &n->settings);
    if (e == OK)
        e = relay_client_new(&clocks);
    if (e == OK) {
        struct world world = relay_client_world(clocks);

        e = n->recovering ? replacing_prepare_kit(db, &world, &n->wish, &n->seed)
                          : account_prepare(db, &world, &n->wish, &n->seed);
    }
    relay_client_free(clocks);
    if (e == OK)
        *ret = db;
    else
        db_close(db);
    return e;
}

static enum err
begin(struct agent *a, struct creation *n, struct span slots)
{
    struct db *db;

    TRY(profile_begin(a->profile));
    TRY(profile_slots_write(a->profile, slots));
    TRY(make_store(a, n, &db));
    return agent_open(a, db, n->settings.proxy);
}

enum err
creation_begin(struct agent *a, struct creation *n, const struct master_key *mk, struct span slots)
{
    /* A backup may have been begun to be put back while the key was made. */
    if (a->state != AGENT_NO_PROFILE || a->engine != NULL || backups_restoring(a))
        return fail(ERR_BUSY, "The profile is being made.");
    subkey_derive(mk, LABEL_DB, &n->db_key);
    enum err e = begin(a, n, slots);
    if (e != OK)
        creation_abandon(a);
    return e;
}

enum err
creation_commit(struct agent *a, struct creation *n)
{
    agent_close(a);
    return agent_made(a, &n->db_key);
}

void
creation_abandon(struct agent *a)
{
    agent_close(a);
    profile_abandon(a->profile);
}
