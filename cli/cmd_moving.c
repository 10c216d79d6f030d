/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Leaving: for another relay, as an account, as a profile of this machine. What cannot be undone is
 * typed out by a person, or given by name by a script.
 */
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"

command_fn command_account, command_wipe;

#define ANSWER_SIZE 512

/* --- moving --- */

static void
on_progress(const json_t *about)
{
    const char *stage = get(about, "stage");

    if (strcmp(stage, "asking") == 0)
        note("asking the relay…\n");
    if (strcmp(stage, "registering") == 0)
        note("registering there…\n");
}

static json_t *
move_wishes(const struct args *args)
{
    json_t *params = json_pack("{s:s}", "relay", args_word(args, 1));

    if (args_flag(args, "name") != NULL)
        json_object_set_new(params, "name", json_string(args_flag(args, "name")));
    if (args_flag(args, "invitation") != NULL)
        json_object_set_new(params, "invitation", json_string(args_flag(args, "invitation")));
    if (args_flag(args, "unlisted") != NULL)
        json_object_set_new(params, "unlisted", json_true());
    return params;
}

static enum err
move_account(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *status = NULL, *moved = NULL;

    if (args_flag(&cli->args, "cancel") != NULL)
        return cli_do(cli, "account.move_cancel", NULL);
    if (args_word(&cli->args, 1) == NULL)
        return fail(ERR_USAGE, "Say to which relay, as it prints itself: \"https://host:port "
                               "pin=PIN\".");
    TRY(cli_call(cli, "settings.get", NULL, &status)); /* a locked profile asks here */
    TRY(rpc_call_job(cli->rpc, "account.move", move_wishes(&cli->args),
                     cli->json ? NULL : on_progress, &moved));
    if (cli->json)
        return print_json(moved);
    print("The account is %s now. Your contacts follow by themselves.\n", safe(moved, "address"));
    return print_end();
}

/* --- deleting --- */

/* What was given by the flag, or is typed now. */
static enum err
confirmed(struct cli *cli, const char *flag, const char *question, char ret[ANSWER_SIZE])
{
    const char *given = args_flag(&cli->args, flag);

    if (given == NULL && !terminal_interactive())
        return fail(ERR_USAGE, "Nobody can be asked: confirm with --%s.", flag);
    if (given == NULL)
        return terminal_ask(question, ret, ANSWER_SIZE);
    snprintf(ret, ANSWER_SIZE, "%s", given);
    return OK;
}

static enum err
delete_account(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *status = NULL, *settings = NULL, *gone = NULL;
    char typed[ANSWER_SIZE];

    TRY(cli_call(cli, "settings.get", NULL, &settings)); /* a locked profile asks here */
    TRY(cli_call(cli, "account.status", NULL, &status));
    if (args_flag(&cli->args, "address") == NULL)
        note("This deletes %s at its relay, for good: nobody can reach you there any more,\n"
             "and contacts are not told. What is on this computer stays readable.\n",
             safe(status, "address"));
    TRY(confirmed(cli, "address", "Type the address to delete it", typed));
    TRY(rpc_call_job(cli->rpc, "account.delete", json_pack("{s:s}", "address", typed), NULL,
                     &gone));
    if (cli->json)
        return print_json(gone);
    print("The account is deleted.\n");
    return print_end();
}

/* --- after a restore --- */

static enum err
rejoin(struct cli *cli)
{
    const struct args *a = &cli->args;
    json_t *params = json_pack("{s:b}", "register", args_flag(a, "register") != NULL);

    if (args_word(a, 1) != NULL)
        json_object_set_new(params, "relay", json_string(args_word(a, 1)));
    if (args_flag(a, "name") != NULL)
        json_object_set_new(params, "name", json_string(args_flag(a, "name")));
    return cli_do(cli, "account.rejoin", params);
}

enum err
command_account(struct cli *cli, int *ret)
{
    const char *what = args_word(&cli->args, 0);

    if (strcmp(what, "move") == 0)
        return move_account(cli);
    if (strcmp(what, "delete") == 0)
        return delete_account(cli);
    if (strcmp(what, "rejoin") == 0)
        return rejoin(cli);
    return fail(ERR_USAGE, "`snug account move`, `delete` or `rejoin`.");
}

/* --- wiping --- */

enum err
command_wipe(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *result = NULL;
    char typed[ANSWER_SIZE];

    if (args_flag(&cli->args, "yes") == NULL)
        note("This destroys the profile %s on this computer: its keys, messages and files.\n"
             "Without the recovery kit the account is lost with them.\n",
             cli->profile);
    TRY(confirmed(cli, "yes", "Type the profile's name to destroy it", typed));
    if (strcmp(typed, cli->profile) != 0)
        return fail(ERR_USAGE, "That is not the name of the profile. Nothing was destroyed.");
    TRY(cli_call(cli, "profile.wipe", json_pack("{s:s}", "profile", typed), &result));
    if (cli->json)
        return print_json(result);
    if (get(result, "left")[0] != '\0')
        note("%s An item of Snug is still in it, and opens nothing any more.\n",
             get(result, "left"));
    return OK;
}
