/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/settings.h"

#include <stdio.h>

#include "core/agent/agent.h"
#include "wire/address.h"

#define IDLE_LOCK "set.idle_lock_ms"
#define ON_SCREEN_LOCK "set.lock.screen"
#define ON_SUSPEND "set.lock.suspend"
#define PROXY "set.proxy"
#define DELIVERED "set.receipts.delivered"
#define READ_TOO "set.receipts.read"
#define PRESENCE "set.presence"
#define TYPING "set.typing"
#define IDLE_LOCK_MIN 1000
#define IDLE_LOCK_MAX (366LL * 24 * 60 * 60 * 1000)

static const char *const receipts_names[] = {"none", "delivered", "read"};
static const char *const audience_names[] = {"nobody", "chosen", "everyone"};

struct settings
settings_default(void)
{
    return (struct settings){.idle_lock_ms = IDLE_LOCK_DEFAULT,
                             .lock_on_screen_lock = true,
                             .lock_on_suspend = true,
                             .receipts = RECEIPTS_DELIVERED_ONLY};
}

/* An absent value leaves *RET as it is. */
static enum err
get_int(struct db *db, const char *key, int64_t *ret)
{
    enum err e = meta_get_int(db, key, ret);

    return e == ERR_NOT_FOUND ? OK : e;
}

enum err
settings_read(struct db *db, struct settings *ret)
{
    struct settings s = settings_default();
    int64_t on_screen_lock = 1, on_suspend = 1;
    int64_t delivered = 1, also_read = 0, presence = AUDIENCE_NOBODY, typing = 0;
    AUTO(buf_done) struct buf proxy = BUF(sizeof s.proxy - 1);

    TRY(get_int(db, IDLE_LOCK, &s.idle_lock_ms));
    if (s.idle_lock_ms < 0 || s.idle_lock_ms > IDLE_LOCK_MAX)
        s.idle_lock_ms = IDLE_LOCK_DEFAULT; /* of a backup that we did not make */
    TRY(get_int(db, ON_SCREEN_LOCK, &on_screen_lock));
    TRY(get_int(db, ON_SUSPEND, &on_suspend));
    TRY(get_int(db, DELIVERED, &delivered));
    TRY(get_int(db, READ_TOO, &also_read));
    TRY(get_int(db, PRESENCE, &presence));
    TRY(get_int(db, TYPING, &typing));
    enum err e = meta_get_bytes(db, PROXY, &proxy);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    snprintf(s.proxy, sizeof s.proxy, "%.*s", (int)proxy.n, (const char *)proxy.p);
    s.receipts = also_read   ? RECEIPTS_READ_TOO
                 : delivered ? RECEIPTS_DELIVERED_ONLY
                             : RECEIPTS_NONE;
    if (presence == AUDIENCE_CHOSEN || presence == AUDIENCE_EVERYONE)
        s.presence = (enum presence_audience)presence;
    s.typing = typing != 0;
    s.lock_on_screen_lock = on_screen_lock != 0;
    s.lock_on_suspend = on_suspend != 0;
    *ret = s;
    return OK;
}

enum err
settings_check(const struct settings *s)
{
    struct relay_address where;

    if (s->idle_lock_ms != 0 &&
        (s->idle_lock_ms < IDLE_LOCK_MIN || s->idle_lock_ms > IDLE_LOCK_MAX))
        return fail(ERR_USAGE, "The idle lock is 0 (never), or a second to a year.");
    if (s->proxy[0] != '\0' && relay_address_read(SPAN_STR(s->proxy), &where) != OK)
        return fail(ERR_USAGE, "A proxy is written as host:port.");
    return OK;
}

enum err
settings_write(struct db *db, const struct settings *s)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(settings_check(s));
    TRY(tx_begin(db, &tx));
    TRY(meta_set_int(db, IDLE_LOCK, s->idle_lock_ms));
    TRY(meta_set_int(db, ON_SCREEN_LOCK, s->lock_on_screen_lock));
    TRY(meta_set_int(db, ON_SUSPEND, s->lock_on_suspend));
    TRY(meta_set_int(db, DELIVERED, s->receipts >= RECEIPTS_DELIVERED_ONLY));
    TRY(meta_set_int(db, READ_TOO, s->receipts == RECEIPTS_READ_TOO));
    TRY(meta_set_int(db, PRESENCE, s->presence));
    TRY(meta_set_int(db, TYPING, s->typing));
    TRY(meta_set_bytes(db, PROXY, SPAN_STR(s->proxy)));
    return tx_commit(&tx);
}

const char *
receipts_name(enum receipts r)
{
    return receipts_names[r];
}

enum err
receipts_read(const char *name, enum receipts *ret)
{
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, receipts_names[i]) == 0) {
            *ret = (enum receipts)i;
            return OK;
        }
    }
    return fail(ERR_USAGE, "Receipts are none, delivered or read.");
}

const char *
audience_name(enum presence_audience a)
{
    return audience_names[a];
}

enum err
audience_read(const char *name, enum presence_audience *ret)
{
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, audience_names[i]) == 0) {
            *ret = (enum presence_audience)i;
            return OK;
        }
    }
    return fail(ERR_USAGE, "Presence is for nobody, chosen or everyone.");
}
