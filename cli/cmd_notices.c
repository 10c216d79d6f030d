/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"

command_fn command_notices;

/* What happened, and what to do. */
static const struct {
    const char *kind, *words, *advice;
} kinds[] = {
    {"forged", "Somebody presented forged keys for this contact. They were refused.",
     "Messages go on with the right keys. If it happens again, somebody is at their relay or at "
     "the "
     "way to it: tell them."},
    {"fork", "This contact's keys have two contradicting histories. Nothing is sent to them.",
     "Tell them by another way: somebody else may have the key of their account. It ends when they "
     "recover their account with the kit, or when you remove them."},
    {"key-changed",
     "The address of this contact now belongs to another account. Nothing is sent until you "
     "decide.",
     "Ask them by another way whether they have a new account. Then `snug verify NAME --take-new` "
     "if they do, `--keep-old` if not."},
    {"account-changed", "Another device changed your account.",
     "If that was not you, somebody has your account's key: tell your contacts by another way, and "
     "recover the account with the kit."},
    {"own-name", "Your relay shows somebody else's keys under your name.",
     "Who adds you by the address alone may get them; a contact link is safe. `snug move` to "
     "another "
     "relay."},
    {"relay-key", "The relay shows another identity than before. Nothing is sent to it.",
     "Ask who runs it. If it is not the same relay any more, `snug move` to another."},
    {"relay-pin", "The relay shows another certificate than before. Nothing is sent to it.",
     "Ask who runs it. If it was renewed you need the new pin; if not, somebody is between you."},
    {"relay-forgot-us", "The relay does not know this account any more.",
     "It is told all of it again by itself. If that happens often, look for another relay."},
    {"device-replaced", "This contact goes on with another device.",
     "Nothing to do: it is the same account, and the safety number is as it was. If they did not "
     "mean to, somebody has their recovery kit or a backup: ask them by another way."},
    {"replaced", "Another device took the place of this one. Nothing is sent from here any more.",
     "If that was you, wipe this profile with `snug wipe`. If not, somebody has your recovery kit "
     "or a "
     "backup and its pass-phrase: tell your contacts by another way."},
    {"backup-failed", "A backup could not be made.",
     "Is the folder there, and is there room? `snug backup status` says why; it is tried again "
     "every hour."},
    {"key-rotated", "This contact changed to the key that was announced before.",
     "Nothing to do: the safety number is as it was."},
    {"different-before", "What came before a message of this contact was something else.",
     "Ask them what they wrote: one of you lost something, or somebody changed it."},
    {"sent-twice", "This contact sent two different messages in one place.",
     "Ask them: a copy of their profile may be in use twice."},
    {"bad-keys", "This contact's relay offered keys that are not theirs. They were refused.",
     "It is tried again by itself. If it stays, tell them."},
    {"device-removed", "This device was removed from your account.",
     "If that was not you, recover the account with the kit. What is here can still be read."},
    {"displaced",
     "Another copy of this profile is running. It has taken over, and this one is silent.",
     "End it there, or `snug take-over` to go on here: two copies spoil each other's keys."},
    {"put-back",
     "This profile was put back to an older copy of itself. It has begun anew with everybody.",
     "Nothing to do: what contacts still have comes again by itself. What you sent since the copy "
     "was made is "
     "not here; the conversations say where."},
    {"put-together",
     "This profile's store was put together from copies of different times. It has begun anew "
     "with everybody.",
     "If you did not restore anything, look who can write to this computer's disk."},
    {"anchor-lost",
     "The relay lost what it keeps to tell an old copy of this profile from the new one.",
     "It has a new one. If you restored a copy just now, contacts may see something sent twice."},
    {"not-seen", "This contact has not seen the keys you have now.",
     "They were not there for long. What you send waits until they come."},
    {"needs-link", "They take requests by contact link only.", "Ask them for one."},
    {"token-abuse", "A delivery token was abused.", "Nothing to do: the contact gets a new one."},
    {"clock", "This computer's clock and the relay's differ by more than two minutes.",
     "Set this computer's clock."},
};

static void
print_notice(const json_t *n)
{
    const char *kind = get(n, "kind");
    size_t i = 0;

    while (i < sizeof kinds / sizeof *kinds && strcmp(kind, kinds[i].kind) != 0)
        i++;
    bool known = i < sizeof kinds / sizeof *kinds, about = get(n, "contact")[0] != '\0';
    print("%s %s%s%s%s: %s\n", when(number(n, "at_ms")), is_true(n, "seen") ? "" : "NEW ",
          safe(n, "kind"), about ? " " : "", safe(n, "contact"), known ? kinds[i].words : "");
    if (known)
        print("  %s\n", kinds[i].advice);
    if (is_true(n, "provable"))
        print("  It can be shown to others: `snug evidence save %s FILE`.\n", safe(n, "id"));
}

static enum err
mark_all_seen(struct cli *cli, const json_t *notices)
{
    const json_t *each;
    size_t i;

    json_array_foreach(notices, i, each)
    {
        AUTO(json_decrefpp) json_t *r = NULL;

        if (!is_true(each, "seen"))
            TRY(cli_call(cli, "notice.seen", json_pack("{s:s}", "notice", get(each, "id")), &r));
    }
    return OK;
}

enum err
command_notices(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *r = NULL;
    const json_t *each, *list;
    size_t i;

    TRY(cli_call_list(cli, "notice.list", NULL, "notices", &r));
    list = json_object_get(r, "notices");
    if (cli->json)
        TRY(print_json(r));
    json_array_foreach(list, i, each) if (!cli->json) print_notice(each);
    TRY(print_end());
    return args_flag(&cli->args, "seen") != NULL ? mark_all_seen(cli, list) : OK;
}
