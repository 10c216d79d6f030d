/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Taking the place of the account's former device (docs/PROTOCOL.md B20): after a restore, and with
 * the recovery kit alone. The newest manifest is asked for, the next one signed in which this
 * device stands instead of that one, and put at the relay; from then on it is the account's device.
 *
 * The one thing to know: until the relay has taken it this profile is nobody on the network. What
 * is in it can be read and written, and nothing goes out. The step lies in the database, so it goes
 * on after anything. Contacts see another device of the same account, and no other account.
 */
#pragma once

#include "core/account.h"

/* In a store that holds the account of a backup, inside the caller's transaction: fresh device
 * keys and prekeys, and the first step. */
enum err replacing_prepare(struct db *db, const struct account_id *account, int64_t now_s);

/* A fresh store for the account at WISH's address, whose kit SEED is: its contacts and history are
 * not known. The seed is kept in the store until the relay has said which of its keys is in force,
 * and no longer. */
enum err replacing_prepare_kit(struct db *db, const struct world *world,
                               const struct account_wish *wish, const struct recovery_seed *seed);

enum replacing_step {
    REPLACING_NONE = 0,   /* this is the account's device */
    REPLACING_ASK = 1,    /* the newest manifest is asked for */
    REPLACING_PUT = 2,    /* the next one is signed */
    REPLACING_FAILED = 3, /* until replacing_again */
};

struct replacing_facts {
    enum replacing_step step;
    bool replaced; /* another device took the place of this one */
    enum err why;  /* why it failed, or what it waits for (OK: for nothing yet). ERR_NOT_FOUND: the
                      relay does not know the account; ERR_UNTRUSTED: not the relay with that pin;
                      ERR_PASSPHRASE: not this account's kit; ERR_KEY_CHANGED: the name is another
                      account's; ERR_LIMIT: no numbers for devices are left; ERR_STALE: the relay
                      has an older list of devices than the backup; ERR_REFUSED; ERR_OFFLINE */
};
enum err replacing_facts_get(struct engine *e, struct replacing_facts *ret);

/* Once more, now. WISH: the account was moved there meanwhile (of it address and pins count), or
 * NULL. REGISTER: a relay that does not know the account gets it registered anew, with the next
 * manifest. ERR_STATE: this is the account's device. */
enum replacing_how { REPLACING_AS_IT_IS, REPLACING_REGISTER };
enum err replacing_again(struct engine *e, const struct account_wish *wish, enum replacing_how how);

/* Whether tokens at the relay that are not known here are to stay for now (B20): 30 days from a
 * restore on. */
enum err replacing_keeps_tokens(struct engine *e, bool *ret);

/* A manifest of our own that is not what we hold: another device of ours stands in it in place of
 * this one, signed by the account's key. True: this device has nothing to say any more, and that
 * was written down (inside the caller's transaction). */
enum err replaced_by(struct engine *e, const struct manifest *m, bool *ret);

int64_t replacing_step(struct engine *e);
