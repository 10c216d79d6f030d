/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Backups, and coming back: from a backup, or with the recovery kit alone. Pass-phrases and the kit
 * are typed, read from a descriptor or from a file, and never words of the command.
 */
#include <limits.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "core/rpc/runtime.h"

command_fn command_backup, command_restore, command_recover;

#define KIT_LETTERS 56
#define KIT_FILE_MAX 65536

/* --- common --- */

/* The agent's folder is another one than ours. */
static enum err
absolute(const char *path, char ret[PATH_MAX])
{
    char here[PATH_MAX];

    if (path[0] == '/') {
        snprintf(ret, PATH_MAX, "%s", path);
        return OK;
    }
    if (realpath(".", here) == NULL)
        return fail(ERR_IO, "This folder cannot be named: %m");
    return snprintf(ret, PATH_MAX, "%s/%s", here, path) < PATH_MAX
               ? OK
               : fail(ERR_USAGE, "The path is too long.");
}

/* "12 of 34 MiB", over and over in one line. */
static void
on_progress(const json_t *about)
{
    const json_t *row = json_object_get(about, "row");

    if (strcmp(get(about, "stage"), "joining") == 0)
        note("\rTaking the place of the former device…\n");
    if (strcmp(get(about, "stage"), "asking") == 0)
        note("Asking the relay…\n");
    if (row != NULL && terminal_interactive())
        note("\r\033[K%lld of %lld MiB ", (long long)(number(row, "done") >> 20),
             (long long)(number(row, "total") >> 20));
}

static enum err
job(struct cli *cli, const char *method, json_t *params, json_t **ret)
{
    enum err e = rpc_call_job(cli->rpc, method, params, cli->json ? NULL : on_progress, ret);

    if (!cli->json && terminal_interactive())
        note("\r\033[K"); /* what is said next has the line to itself */
    return e;
}

static void
print_facts(const json_t *r)
{
    print("The backup of %s, made %s: %lld messages, %lld contacts, %lld files.\n",
          safe(r, "address"), when(number(r, "created_ms")), (long long)number(r, "messages"),
          (long long)number(r, "contacts"), (long long)number(r, "files"));
}

/* --- backup --- */

static enum err
create(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *settings = NULL, *status = NULL, *r = NULL;
    AUTO(typed_freep) struct typed *p = typed_new();
    char path[PATH_MAX];

    if (p == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    if (args_word(&cli->args, 1) == NULL)
        return fail(ERR_USAGE, "Say into which new file.");
    TRY(absolute(args_word(&cli->args, 1), path));
    TRY(cli_call(cli, "settings.get", NULL, &settings)); /* a locked profile asks here */
    TRY(cli_call(cli, "backup.status", NULL, &status));
    json_t *params =
        json_pack("{s:s,s:b}", "path", path, "files", args_flag(&cli->args, "files") != NULL);
    bool own = args_flag(&cli->args, "passphrase-fd") != NULL || !is_true(status, "has_passphrase");
    enum err e = own ? cli_new_passphrase(cli, "Pass-phrase of the backup", p) : OK;
    if (e != OK) {
        json_decref(params);
        return e;
    }
    if (own)
        json_object_set_new(params, "passphrase", json_string(p->text));
    TRY(job(cli, "backup.create", params, &r));
    if (cli->json)
        return print_json(r);
    print("%s: %lld messages and %lld files, %lld MiB.\n", safe(r, "path"),
          (long long)number(r, "messages"), (long long)number(r, "files"),
          (long long)(number(r, "bytes") >> 20));
    return print_end();
}

static enum err
check(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *r = NULL;
    AUTO(typed_freep) struct typed *p = typed_new();
    char path[PATH_MAX];

    if (p == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    if (args_word(&cli->args, 1) == NULL)
        return fail(ERR_USAGE, "Say which file.");
    TRY(absolute(args_word(&cli->args, 1), path));
    TRY(cli_connect(cli));
    TRY(cli_passphrase(cli, "Pass-phrase of the backup", p));
    TRY(job(cli, "backup.check", json_pack("{s:s,s:s}", "path", path, "passphrase", p->text), &r));
    if (cli->json)
        return print_json(r);
    print_facts(r);
    print("It is whole: %lld KiB.\n", (long long)(number(r, "bytes") >> 10));
    return print_end();
}

static enum err
schedule(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *status = NULL, *params = json_object();
    AUTO(typed_freep) struct typed *p = typed_new();
    const struct args *a = &cli->args;
    const char *every = args_flag(a, "every"), *keep = args_flag(a, "keep");
    char folder[PATH_MAX];
    long long n;

    if (p == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    TRY(cli_call(cli, "backup.status", NULL, &status));
    if (every != NULL)
        json_object_set_new(params, "every", json_string(every));
    if (args_flag(a, "folder") != NULL) {
        TRY(absolute(args_flag(a, "folder"), folder));
        json_object_set_new(params, "folder", json_string(folder));
    }
    if (keep != NULL) {
        TRY(number_read(keep, 1, 365, &n));
        json_object_set_new(params, "keep", json_integer(n));
    }
    if (args_flag(a, "files") != NULL || args_flag(a, "no-files") != NULL)
        json_object_set_new(params, "files", json_boolean(args_flag(a, "files") != NULL));
    bool needed =
        every != NULL && strcmp(every, "never") != 0 && !is_true(status, "has_passphrase");
    if (needed || args_flag(a, "passphrase-fd") != NULL) {
        TRY(cli_new_passphrase(cli, "Pass-phrase of these backups", p));
        json_object_set_new(params, "passphrase", json_string(p->text));
    }
    return cli_do(cli, "backup.schedule", json_incref(params));
}

/* What to do about the last failure. */
static const char *
advice(const char *error)
{
    if (strcmp(error, "full") == 0)
        return "the disk is full; free some space there, or choose another folder";
    if (strcmp(error, "not-found") == 0)
        return "the folder is not there; connect its disk, or choose another one";
    return error;
}

static enum err
status(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    TRY(cli_call(cli, "backup.status", NULL, &r));
    if (cli->json)
        return print_json(r);
    if (strcmp(get(r, "every"), "never") == 0)
        print("No backups are made by themselves.\n");
    else
        print("%s to %s, %s files; the newest %lld stay.\n", safe(r, "every"), safe(r, "folder"),
              is_true(r, "files") ? "with" : "without", (long long)number(r, "keep"));
    if (json_object_get(r, "last_ms") != NULL)
        print("The last one: %s, %s, %lld KiB.\n", when(number(r, "last_ms")), safe(r, "last"),
              (long long)(number(r, "last_bytes") >> 10));
    if (json_object_get(r, "next_ms") != NULL)
        print("The next one: %s.\n", when(number(r, "next_ms")));
    if (json_object_get(r, "error") != NULL)
        print("It failed at %s: %s. It is tried again every hour.\n", when(number(r, "failed_ms")),
              advice(safe(r, "error")));
    return print_end();
}

enum err
command_backup(struct cli *cli, int *ret)
{
    const char *what = args_word(&cli->args, 0);

    if (what == NULL || strcmp(what, "status") == 0)
        return status(cli);
    if (strcmp(what, "create") == 0)
        return create(cli);
    if (strcmp(what, "check") == 0)
        return check(cli);
    if (strcmp(what, "schedule") == 0)
        return schedule(cli);
    return fail(ERR_USAGE, "`snug backup create`, `check`, `schedule` or `status`.");
}

/* --- coming back --- */

/* Whether it is the account's device now. */
static enum err
print_back(struct cli *cli, const json_t *r)
{
    const char *error = get(r, "error");

    if (cli->json)
        return print_json(r);
    if (is_true(r, "joined"))
        print("This computer is %s now. The former device gets nothing any more; contacts see "
              "another device and the same safety number.\n",
              safe(r, "address"));
    else if (strcmp(error, "not-found") == 0)
        print("What was saved is here, but the relay does not know the account any more. If it was "
              "moved: `snug account rejoin RELAY`. If the relay lost it: `snug account rejoin "
              "--register`.\n");
    else if (strcmp(error, "stale") == 0)
        print(
            "Take care: what was saved is here, but the relay shows an older list of your devices "
            "than the backup has. It was not believed, and nothing was sent. Ask who runs the "
            "relay; `snug account rejoin` tries it again.\n");
    else if (strcmp(error, "key-changed") == 0)
        print("Take care: what was saved is here, but the relay shows another key, or another "
              "account, under your name. It was not believed, and nothing was sent. Ask who runs "
              "the relay; `snug account rejoin` tries it again.\n");
    else if (strcmp(error, "locked") == 0)
        print(
            "What was saved is here, and locked. When it is unlocked (`snug unlock`) this computer "
            "takes the place of the former device by itself.\n");
    else
        print("What was saved is here. The relay could not be asked yet (%s); this is done by "
              "itself when it can. `snug status` shows how it goes.\n",
              safe(r, "error"));
    return print_end();
}

static enum err
refuse_second(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *hello = NULL;

    TRY(cli_call(cli, "hello", NULL, &hello));
    if (strcmp(get(hello, "state"), "none") != 0)
        return fail(ERR_EXISTS,
                    "There is a profile %s already: `snug unlock` opens it, and --profile "
                    "makes another one.",
                    cli->profile);
    return OK;
}

enum err
command_restore(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *r = NULL;
    AUTO(typed_freep) struct typed *p = typed_new(), *fresh = typed_new();
    char path[PATH_MAX];

    if (p == NULL || fresh == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    TRY(absolute(args_word(&cli->args, 0), path));
    TRY(refuse_second(cli));
    TRY(cli_passphrase(cli, "Pass-phrase of the backup", p));
    TRY(cli_new_passphrase(cli, "New pass-phrase for this computer", fresh));
    TRY(job(cli, "backup.restore",
            json_pack("{s:s,s:s,s:s}", "path", path, "backup_passphrase", p->text, "passphrase",
                      fresh->text),
            &r));
    if (!cli->json)
        print_facts(r);
    return print_back(cli, r);
}

/* --- the kit --- */

/* LINE is the kit's code when it has as many letters of base32 and nothing else. */
static bool
is_code(const char *line, size_t n)
{
    size_t letters = 0;

    for (size_t i = 0; i < n; i++) {
        char c = line[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
        if (!letter && strchr(" -\t\r", c) == NULL)
            return false;
        letters += letter;
    }
    return letters == KIT_LETTERS;
}

/* The line of a kit's file that counts. */
static enum err
kit_from_file(const char *path, struct typed *ret)
{
    AUTO(buf_done) struct buf file = BUF(KIT_FILE_MAX);
    enum err e = file_read(path, &file);

    if (e == OK)
        buf_put_u8(&file, '\n');
    if (e == ERR_TOO_LARGE || buf_ok(&file) != OK)
        return fail(ERR_USAGE, "%s is too long for a recovery kit.", path);
    TRY(e);
    for (const char *line = (const char *)file.p, *stop = line + file.n, *end; line < stop;
         line = end + 1) {
        end = memchr(line, '\n', (size_t)(stop - line));
        size_t n = (size_t)(end - line);
        if (n >= sizeof ret->text || !is_code(line, n))
            continue;
        snprintf(ret->text, sizeof ret->text, "%.*s", (int)n, line);
        return OK;
    }
    return fail(ERR_USAGE, "There is no recovery code in %s.", path);
}

static enum err
read_kit(struct cli *cli, struct typed *ret)
{
    const char *path = args_flag(&cli->args, "kit-file");

    if (path != NULL)
        return kit_from_file(path, ret);
    return cli_passphrase(cli, "Recovery code (56 letters; blanks do not matter)", ret);
}

static enum err
ask_place(struct cli *cli, json_t *params)
{
    const char *relay = args_flag(&cli->args, "relay"), *name = args_flag(&cli->args, "name");
    char typed_relay[RELAY_LINE_SIZE], typed_name[RELAY_LINE_SIZE];

    if ((relay == NULL || name == NULL) && !terminal_interactive())
        return fail(ERR_USAGE, "Say where the account is: --name NAME --relay ADDRESS.");
    if (name == NULL) {
        TRY(terminal_ask("Name of the account, before the @", typed_name, sizeof typed_name));
        name = typed_name;
    }
    if (relay == NULL) {
        TRY(terminal_ask("Relay (as it prints itself: https://host:port pin=…)", typed_relay,
                         sizeof typed_relay));
        relay = typed_relay;
    }
    json_object_set_new(params, "name", json_string(name));
    json_object_set_new(params, "relay", json_string(relay));
    if (args_flag(&cli->args, "display-name") != NULL)
        json_object_set_new(params, "display_name",
                            json_string(args_flag(&cli->args, "display-name")));
    if (args_flag(&cli->args, "proxy") != NULL)
        json_object_set_new(params, "proxy", json_string(args_flag(&cli->args, "proxy")));
    return OK;
}

enum err
command_recover(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *r = NULL, *params = json_object();
    AUTO(typed_freep) struct typed *kit = typed_new(), *fresh = typed_new();

    if (kit == NULL || fresh == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    TRY(refuse_second(cli));
    TRY(ask_place(cli, params));
    TRY(read_kit(cli, kit));
    TRY(cli_new_passphrase(cli, "New pass-phrase for this computer", fresh));
    json_object_set_new(params, "kit", json_string(kit->text));
    json_object_set_new(params, "passphrase", json_string(fresh->text));
    TRY(job(cli, "account.recover", json_incref(params), &r));
    return print_back(cli, r);
}
