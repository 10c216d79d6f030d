/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/cli.h"
#include "cli/delivery.h"
#include "cli/output.h"
#include "cli/qr.h"
#include "core/rpc/panic.h"

command_fn command_unlock, command_lock, command_panic, command_take_over, command_passphrase,
    command_status, command_link;

/* Whether the keyring opened it; if not, says why in one sentence. */
static bool
keyring_opens(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *result = NULL;
    enum err e = rpc_call(cli->rpc, "account.unlock", json_pack("{s:b}", "keyring", 1), &result);

    if (e != OK)
        note("%s\n", err_why(e));
    return e == OK;
}

static enum err
unlock_by_passphrase(struct cli *cli)
{
    AUTO(typed_freep) struct typed *p = typed_new();
    AUTO(json_decrefpp) json_t *params = NULL;

    if (p == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    TRY(cli_passphrase(cli, "Pass-phrase", p));
    params = passphrase_json("passphrase", p);
    TRY(key_file_param(cli, params));
    return cli_do(cli, "account.unlock", json_incref(params));
}

enum err
command_unlock(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *status = NULL, *nothing = json_object();
    const struct args *a = &cli->args;
    bool typed = args_flag(a, "passphrase") != NULL || args_flag(a, "passphrase-fd") != NULL, tried;

    TRY(cli_connect(cli));
    TRY(rpc_call(cli->rpc, "account.status", NULL, &status)); /* there may be nothing to unlock */
    tried = !typed && opens_by(status, "keyring");
    if (tried && keyring_opens(cli))
        return cli->json ? print_json(nothing) : OK;
    if (tried && !terminal_interactive())
        return fail(ERR_LOCKED, "The profile stays locked.");
    if (opens_by(status, "key-file") && args_flag(a, "key-file") == NULL)
        return fail(ERR_USAGE, "The profile needs its key file, too: --key-file FILE.");
    return unlock_by_passphrase(cli);
}

enum err
command_lock(struct cli *cli, int *ret)
{
    return cli_do(cli, "account.lock", NULL);
}

enum err
command_panic(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *told = NULL;
    struct panic p;

    TRY(panic_all(&p));
    told = json_pack("{s:i,s:i,s:i}", "locked", (int)p.locked, "ended", (int)p.ended, "failed",
                     (int)p.failed);
    if (cli->json)
        TRY(print_json(told));
    else if (p.locked + p.ended > 0)
        print("locked: %u%s\n", p.locked + p.ended,
              p.ended > 0 ? ", some by killing their agent" : "");
    TRY(print_end());
    return p.failed == 0 ? OK
                         : fail(ERR_STATE, "%u agents could not be reached, and may be open still.",
                                p.failed);
}

enum err
command_take_over(struct cli *cli, int *ret)
{
    return cli_do(cli, "account.take_over", NULL);
}

enum err
command_passphrase(struct cli *cli, int *ret)
{
    AUTO(typed_freep) struct typed *old = typed_new(), *fresh = typed_new();
    AUTO(json_decrefpp) json_t *result = NULL, *params = NULL;

    if (old == NULL || fresh == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    TRY(cli_passphrase(cli, "Old pass-phrase", old));
    TRY(cli_new_passphrase(cli, "New pass-phrase", fresh));
    params = json_pack("{s:s,s:s}", "old", old->text, "new", fresh->text);
    TRY(key_file_param(cli, params));
    TRY(cli_call(cli, "account.passphrase", json_incref(params), &result));
    if (cli->json)
        return print_json(result);
    if (number(result, "dropped") > 0)
        print("Other key files do not open the profile any more: `snug keys add` adds them "
              "again.\n");
    return print_end();
}

/* --- status --- */

static void
print_counts(const json_t *s)
{
    int contacts, requests, notices;

    if (json_unpack((json_t *)(uintptr_t)s, "{s:{s:i,s:i,s:i}}", "counts", "contacts", &contacts,
                    "requests", &requests, "notices", &notices) != 0)
        return;
    print("contacts: %d\n", contacts);
    if (requests > 0)
        print("requests: %d (`snug requests`)\n", requests);
    if (notices > 0)
        print("notices: %d (`snug notices`)\n", notices);
}

static void
print_leaving(const json_t *s)
{
    const json_t *move = json_object_get(s, "move");

    if (move != NULL && strcmp(get(move, "step"), "failed") == 0)
        print("the move to %s failed: %s\n", safe(move, "address"), get(move, "error"));
    else if (move != NULL)
        print("moving to %s: %s\n", safe(move, "address"), get(move, "step"));
    if (get(s, "deleted")[0] != '\0')
        print("the account is deleted%s\n",
              strcmp(get(s, "deleted"), "done") == 0
                  ? ""
                  : " as soon as the relay can be reached; nothing is sent any more");
}

/* After a restore, and on the device that was before it. */
static void
print_joining(const json_t *s)
{
    const json_t *joining = json_object_get(s, "joining");
    const char *error = joining != NULL ? get(joining, "error") : "";

    if (joining != NULL)
        print("taking the former device's place: %s%s%s\n", safe(joining, "step"),
              error[0] != '\0' ? ", " : "", safe_text(error));
    if (is_true(s, "replaced"))
        print("another device took the place of this one; nothing is sent any more\n");
}

static const char *
trouble_words(const char *name)
{
    return strcmp(name, "full") == 0
               ? "the disk is full; nothing is sent or received until there is "
                 "room, and then all goes on by itself"
               : "the profile's database cannot be used";
}

/* What of the machine the lock cannot follow here. */
static void
print_unnoticed(const json_t *noticed)
{
    bool suspend = false, screen = false;
    const json_t *each;
    size_t i;

    json_array_foreach(noticed, i, each)
    {
        suspend |= strcmp(json_string_value(each), "suspend") == 0;
        screen |= strcmp(json_string_value(each), "screen") == 0;
    }
    if (!suspend || !screen)
        print("not noticed here, so it does not lock: %s\n", suspend  ? "the screen lock"
                                                             : screen ? "suspend"
                                                                      : "suspend, the screen lock");
}

static void
print_status(const json_t *s)
{
    const json_t *relay = json_object_get(s, "relay");

    if (strcmp(get(s, "state"), "none") == 0)
        print("profile: %s (not made yet: `snug --profile %s init`)\n", get(s, "profile"),
              get(s, "profile"));
    else
        print("profile: %s (%s)\n", get(s, "profile"), get(s, "state"));
    if (json_object_get(s, "activity") != NULL)
        print("since it was locked: %s\n", json_integer_value(json_object_get(s, "activity")) > 0
                                               ? "new activity"
                                               : "nothing new");
    if (relay == NULL)
        return;
    print("address: %s\n", safe(s, "address"));
    if (get(s, "display_name")[0] != '\0')
        print("shown as: %s\n", safe(s, "display_name"));
    print("relay: %s\n",
          json_is_true(json_object_get(relay, "online")) ? "connected" : "not connected");
    print_counts(s);
    print_unnoticed(json_object_get(s, "noticed"));
    print_leaving(s);
    print_joining(s);
    if (get(s, "copy")[0] != '\0')
        print(
            "another copy of this profile is running and has taken over; `snug take-over` goes on "
            "here\n");
    if (get(s, "trouble")[0] != '\0')
        print("trouble: %s\n", trouble_words(get(s, "trouble")));
}

enum err
command_status(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *status = NULL;

    if (args_word(&cli->args, 0) != NULL)
        return delivery_status(cli);
    TRY(cli_call(cli, "account.status", NULL, &status));
    if (cli->json)
        return print_json(status);
    print_status(status);
    return print_end();
}

/* --- link --- */

enum err
command_link(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *link = NULL;
    AUTO(buf_done) struct buf qr = BUF(256 * 1024);

    TRY(cli_call(cli, "account.link", NULL, &link));
    if (cli->json)
        return print_json(link);
    print("%s\n", safe(link, "link"));
    if (args_flag(&cli->args, "qr") == NULL && !terminal_shows())
        return print_end();
    TRY(qr_write(&qr, get(link, "link"), QR_ON_DARK));
    print("%.*s", (int)qr.n, (const char *)qr.p);
    return print_end();
}
