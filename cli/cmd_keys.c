/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ways to unlock the profile: key files, and the system's keyring.
 */
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/picture.h"

command_fn command_keys;

/* --- the list --- */

static const char *
way_words(const char *kind)
{
    static const char *const words[][2] = {{"passphrase", "the pass-phrase"},
                                           {"key-file", "the pass-phrase and a key file"},
                                           {"recovery", "a recovery code"},
                                           {"keyring", "the system's keyring"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(kind, words[i][0]) == 0)
            return words[i][1];
    return kind;
}

static enum err
print_ways(struct cli *cli, const json_t *result)
{
    const json_t *each;
    size_t i;

    if (cli->json)
        return print_json(result);
    json_array_foreach(json_object_get(result, "slots"), i, each)
    {
        print("%d  %s\n", (int)number(each, "slot"), way_words(get(each, "kind")));
    }
    return print_end();
}

static enum err
list_ways(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *result = NULL;

    TRY(cli_call(cli, "slot.list", NULL, &result));
    return print_ways(cli, result);
}

/* The number of the first way of KIND; -1 without one. */
static enum err
find_way(struct cli *cli, const char *kind, int *ret)
{
    AUTO(json_decrefpp) json_t *result = NULL;
    const json_t *each;
    size_t i;

    TRY(cli_call(cli, "slot.list", NULL, &result));
    *ret = -1;
    json_array_foreach(json_object_get(result, "slots"), i, each)
    {
        if (*ret < 0 && strcmp(get(each, "kind"), kind) == 0)
            *ret = (int)number(each, "slot");
    }
    return OK;
}

/* --- changes --- */

/* METHOD with PARAMS (taken), the pass-phrase and the key file. */
static enum err
change(struct cli *cli, const char *method, json_t *params)
{
    AUTO(typed_freep) struct typed *p = typed_new();
    AUTO(json_decrefpp) json_t *wanted = params, *result = NULL;

    if (p == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    TRY(key_file_param(cli, wanted));
    TRY(cli_passphrase(cli, "Pass-phrase", p));
    json_object_set_new(wanted, "passphrase", json_string(p->text));
    TRY(cli_call(cli, method, json_incref(wanted), &result));
    if (get(result, "left")[0] != '\0')
        note("%s An item of Snug is still in it, and opens nothing any more.\n",
             get(result, "left"));
    return print_ways(cli, result);
}

enum how { TAKE_FILE, MAKE_FILE };

static enum err
add_file(struct cli *cli, enum how how)
{
    const char *file = args_word(&cli->args, 1);
    char path[PATH_MAX];
    int way;

    if (file == NULL)
        return fail(ERR_USAGE, "Say which file.");
    TRY(path_absolute(file, path));
    TRY(find_way(cli, "key-file", &way));
    if (way >= 0 && args_flag(&cli->args, "key-file") == NULL)
        return fail(ERR_USAGE, "Give the key file that opens the profile so far: --key-file FILE.");
    if (way < 0)
        TRY(cli_confirm(cli,
                        "From now on the pass-phrase opens the profile only together with this "
                        "file. If you lose the file, nobody can open the profile any more: a "
                        "backup or the recovery kit is what is left then."));
    json_t *params = json_pack("{s:s,s:s,s:b}", "kind", "key-file", "new_key_file", path, "make",
                               how == MAKE_FILE);
    return change(cli, "slot.add", params);
}

static enum err
remove_way(struct cli *cli, int way)
{
    return change(cli, "slot.remove", json_pack("{s:i}", "slot", way));
}

static enum err
remove_number(struct cli *cli)
{
    const char *word = args_word(&cli->args, 1);
    long long way;

    if (word == NULL)
        return fail(ERR_USAGE, "Say which: its number in the list of `snug keys`.");
    TRY(number_read(word, 0, 255, &way));
    return remove_way(cli, (int)way);
}

static enum err
turn_keyring(struct cli *cli)
{
    const char *word = args_word(&cli->args, 1);
    int way;

    if (word != NULL && strcmp(word, "on") == 0)
        return change(cli, "slot.add", json_pack("{s:s}", "kind", "keyring"));
    if (word == NULL || strcmp(word, "off") != 0)
        return fail(ERR_USAGE, "The keyring is turned on or off.");
    TRY(find_way(cli, "keyring", &way));
    if (way < 0)
        return fail(ERR_NOT_FOUND, "The keyring does not open this profile.");
    return remove_way(cli, way);
}

enum err
command_keys(struct cli *cli, int *ret)
{
    const char *what = args_word(&cli->args, 0);

    if (what == NULL || strcmp(what, "list") == 0)
        return list_ways(cli);
    if (strcmp(what, "new") == 0)
        return add_file(cli, MAKE_FILE);
    if (strcmp(what, "add") == 0)
        return add_file(cli, TAKE_FILE);
    if (strcmp(what, "remove") == 0)
        return remove_number(cli);
    if (strcmp(what, "keyring") == 0)
        return turn_keyring(cli);
    return fail(ERR_USAGE, "Keys can be listed, or: new FILE, add FILE, remove NUMBER, keyring on, "
                           "keyring off.");
}
