/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/qr.h"
#include "core/rpc/runtime.h"

command_fn command_init;

#define ANSWER_SIZE RELAY_LINE_SIZE

/* The relay: as given, or the local one if a person wants it (or nobody can be asked), or asked
 * for. */
static enum err
choose_relay(struct cli *cli, char ret[ANSWER_SIZE])
{
    const char *given = args_flag(&cli->args, "relay");
    char local[ANSWER_SIZE] = "", question[ANSWER_SIZE + 64];

    if (given != NULL && given[0] != '\0') {
        snprintf(ret, ANSWER_SIZE, "%s", given);
        return OK;
    }
    bool there = runtime_local_relay(local);
    if (!terminal_interactive() && !there)
        return fail(ERR_USAGE, "Say at which relay: --relay ADDRESS.");
    if (there)
        snprintf(question, sizeof question, "Relay [%s]", safe_text(local));
    if (terminal_interactive())
        TRY(terminal_ask(there ? question : "Relay (as it prints itself: https://host:port pin=…)",
                         ret, ANSWER_SIZE));
    if (!terminal_interactive() || ret[0] == '\0')
        snprintf(ret, ANSWER_SIZE, "%s", local);
    return ret[0] != '\0' ? OK : fail(ERR_USAGE, "Without a relay there is no account.");
}

static enum err
add_text(json_t *params, const char *name, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return OK;
    return json_object_set_new(params, name, json_string(text)) == 0
               ? OK
               : fail(ERR_USAGE, "%s is not valid UTF-8.", name);
}

static enum err
choose_names(struct cli *cli, json_t *params)
{
    const char *name = args_flag(&cli->args, "name");
    const char *display = args_flag(&cli->args, "display-name");
    bool unlisted = args_flag(&cli->args, "unlisted") != NULL;
    char typed[ANSWER_SIZE] = "", shown[ANSWER_SIZE] = "";

    if (name == NULL && !unlisted) {
        if (!terminal_interactive())
            return fail(ERR_USAGE, "Say under which name: --name NAME, or --unlisted.");
        TRY(terminal_ask("Name at the relay (empty: one that nobody can guess)", typed,
                         sizeof typed));
        name = typed;
        unlisted = typed[0] == '\0';
    }
    if (display == NULL && terminal_interactive()) {
        note("Your contacts see you under this name, and so does whom you ask to be one. The\n"
             "relay does not.\n");
        TRY(terminal_ask("What contacts see as your name (may be empty)", shown, sizeof shown));
        display = shown;
    }
    json_object_set_new(params, "unlisted", json_boolean(unlisted));
    TRY(add_text(params, "name", name));
    return add_text(params, "display_name", display);
}

/* "y" or "n", or empty for what is usual. */
static enum err
ask_yes(const char *question, bool usual, bool *ret)
{
    char typed[ANSWER_SIZE];

    for (;;) {
        TRY(terminal_ask(question, typed, sizeof typed));
        bool yes = strcasecmp(typed, "y") == 0 || strcasecmp(typed, "yes") == 0;
        bool no = strcasecmp(typed, "n") == 0 || strcasecmp(typed, "no") == 0;
        if (yes || no || typed[0] == '\0') {
            *ret = yes || (usual && !no);
            return OK;
        }
        note("y or n, or Enter for the one in capitals.\n");
    }
}

/* Told of reading includes told of arriving: who says that they read it says that it came. */
static enum err
choose_receipts(struct cli *cli, json_t *params)
{
    const char *given = args_flag(&cli->args, "receipts");
    bool delivered, read_too = false;

    if (given != NULL || !terminal_interactive())
        return add_text(params, "receipts", given);
    note("\nWhat your contacts are told works both ways: what you do not tell, you are\n"
         "not told. Who knows that a message arrived need not send it some other way,\n"
         "and also learns when this computer is on.\n");
    TRY(ask_yes("Tell contacts when their messages arrive [Y/n]", true, &delivered));
    if (delivered) {
        note("Who knows that you read a message knows when you sat here.\n");
        TRY(ask_yes("Tell contacts when you read them [y/N]", false, &read_too));
    }
    note("`snug settings receipts` changes this at any time.\n\n");
    return add_text(params, "receipts", read_too ? "read" : delivered ? "delivered" : "none");
}

static enum err
choose_passphrase(struct cli *cli, json_t *params)
{
    AUTO(typed_freep) struct typed *p = typed_new();

    if (p == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    TRY(cli_new_passphrase(cli, "New pass-phrase for this computer", p));
    return add_text(params, "passphrase", p->text);
}

static enum err
read_wishes(struct cli *cli, json_t *params)
{
    static const char *const flags[] = {"invitation", "presence", "proxy"};
    char relay[ANSWER_SIZE] = "";

    if (args_flag(&cli->args, "name") != NULL && args_flag(&cli->args, "unlisted") != NULL)
        return fail(ERR_USAGE, "Say --name NAME or --unlisted, not both.");
    TRY(choose_relay(cli, relay));
    TRY(add_text(params, "relay", relay));
    TRY(choose_names(cli, params));
    TRY(choose_receipts(cli, params));
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        TRY(add_text(params, flags[i], args_flag(&cli->args, flags[i])));
    return choose_passphrase(cli, params);
}

/* --- the kit --- */

/* A new file for the kit, before there is anything to lose. */
static enum err
open_kit_file(struct cli *cli, int *ret)
{
    const char *path = args_flag(&cli->args, "kit-file");

    *ret = -1;
    if (path == NULL)
        return OK;
    *ret = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*ret < 0 && errno == EEXIST)
        return fail(ERR_EXISTS, "%s is there already; a kit is never written over anything.", path);
    return *ret >= 0 ? OK : fail(ERR_IO, "%s: %m", path);
}

static enum err
kit_write(const json_t *account, enum qr_ground ground, struct buf *ret)
{
    const char *kit = get(account, "kit");

    buf_put_str(ret, "Snug recovery kit\n\n");
    buf_printf(ret, "Address:  %s\nAccount:  %s\n\n", get(account, "address"),
               get(account, "account"));
    buf_printf(ret, "%s\n\n", kit);
    TRY(qr_write(ret, kit, ground));
    buf_put_str(ret, "\nWith this you get the account back when this computer is lost. So does "
                     "whoever finds it:\nprint it or write it down, keep it away from the "
                     "computer, and show it to nobody.\nIt is not shown again.\n");
    return buf_ok(ret);
}

static enum err
kit_failed(void)
{
    return fail(errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO,
                "The recovery kit could not be written to its file: %m. Keep the one shown here.");
}

static enum err
write_out(int fd, struct span bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);

        if (n < 0)
            return kit_failed();
        bytes = SPAN(bytes.p + n, bytes.n - (size_t)n);
    }
    return OK;
}

/* Without the kit the account could not be recovered, so a file that fails is shown instead. */
static enum err
hand_out_kit(struct cli *cli, json_t *account, int fd)
{
    AUTO(buf_done) struct buf text = BUF(256 * 1024);
    enum err e = OK;

    if (fd >= 0) {
        e = kit_write(account, QR_ON_PAPER, &text);
        if (e == OK)
            e = write_out(fd, buf_span(&text));
        if (e == OK && fsync(fd) != 0)
            e = kit_failed();
        if (e != OK && ftruncate(fd, 0) != 0)
            note("Delete the file of the recovery kit: only a part of it is there.\n");
        buf_clear(&text);
    }
    if (cli->json) {
        if (fd >= 0 && e == OK)
            json_object_del(account, "kit");
        TRY(print_json(account));
        return e;
    }
    print("Registered as %s\n", safe(account, "address"));
    if (fd >= 0 && e == OK) {
        print("The recovery kit is in %s: print it and delete the file.\n",
              safe_text(args_flag(&cli->args, "kit-file")));
        return print_end();
    }
    TRY(kit_write(account, QR_ON_DARK, &text));
    print("\n%.*s", (int)text.n, (const char *)text.p);
    fflush(stdout);
    return e;
}

static void
on_progress(const json_t *about)
{
    if (strcmp(get(about, "stage"), "registering") == 0)
        note("Registering at the relay...\n");
}

static enum err
create(struct cli *cli, int kit_fd)
{
    AUTO(json_decrefpp) json_t *params = json_object(), *account = NULL;

    TRY(read_wishes(cli, params));
    TRY(rpc_call_job(cli->rpc, "account.create", json_incref(params),
                     cli->json ? NULL : on_progress, &account));
    return hand_out_kit(cli, account, kit_fd);
}

static enum err
refuse_second(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *hello = NULL;

    TRY(cli_call(cli, "hello", NULL, &hello));
    if (strcmp(get(hello, "state"), "none") != 0)
        return fail(ERR_EXISTS, "There is a profile %s already; --profile makes another one.",
                    cli->profile);
    return OK;
}

enum err
command_init(struct cli *cli, int *ret)
{
    int kit_fd;

    TRY(refuse_second(cli));
    TRY(open_kit_file(cli, &kit_fd));
    enum err e = create(cli, kit_fd);
    if (kit_fd >= 0 && lseek(kit_fd, 0, SEEK_END) == 0)
        unlink(args_flag(&cli->args, "kit-file")); /* ours, and nothing in it */
    if (kit_fd >= 0)
        close(kit_fd);
    return e;
}
