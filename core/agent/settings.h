/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a person can choose, as the store keeps it.
 */
#pragma once

#include "core/presence.h"
#include "wire/limits.h"

enum receipts { RECEIPTS_NONE, RECEIPTS_DELIVERED_ONLY, RECEIPTS_READ_TOO };

struct settings {
    int64_t idle_lock_ms; /* 0: never */
    bool lock_on_screen_lock, lock_on_suspend;
    char proxy[ADDRESS_MAX + 16];
    enum receipts receipts;
    enum presence_audience presence;
    bool typing;
};

/* Those of a new profile. */
struct settings settings_default(void);

enum err settings_read(struct db *db, struct settings *ret);
/* ERR_USAGE: out of range, or no address. */
enum err settings_check(const struct settings *s);
enum err settings_write(struct db *db, const struct settings *s);

const char *receipts_name(enum receipts r);
/* ERR_USAGE. */
enum err receipts_read(const char *name, enum receipts *ret);
const char *audience_name(enum presence_audience a);
/* ERR_USAGE. */
enum err audience_read(const char *name, enum presence_audience *ret);
