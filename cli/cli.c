/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/picture.h"
#include "core/rpc/strength.h"

enum err
cli_connect(struct cli *cli)
{
    return cli->rpc != NULL ? OK : rpc_connect(cli->profile, RPC_START_AGENT, &cli->rpc);
}

enum err
cli_passphrase(struct cli *cli, const char *question, struct typed *ret)
{
    const char *fd = args_flag(&cli->args, "passphrase-fd");
    long long number;

    if (fd == NULL)
        return terminal_passphrase(question, ret);
    TRY(number_read(fd, 0, 1 << 20, &number));
    return passphrase_read((int)number, ret);
}

enum err
cli_new_passphrase(struct cli *cli, const char *question, struct typed *ret)
{
    AUTO(typed_freep) struct typed *again = typed_new();

    if (again == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    TRY(cli_passphrase(cli, question, ret));
    if (args_flag(&cli->args, "passphrase-fd") != NULL)
        return OK;
    while (passphrase_strength(ret->text) == STRENGTH_TOO_EASY) {
        note("That is guessed at once. Several words that do not belong together are best.\n");
        TRY(terminal_passphrase(question, ret));
    }
    if (passphrase_strength(ret->text) == STRENGTH_WEAK)
        note("That is weak; another word makes it much better.\n");
    TRY(terminal_passphrase("The same again", again));
    return strcmp(ret->text, again->text) == 0 ? OK : fail(ERR_USAGE, "The two are not the same.");
}

json_t *
passphrase_json(const char *name, const struct typed *p)
{
    return json_pack("{s:s}", name, p->text);
}

bool
opens_by(const json_t *status, const char *kind)
{
    const json_t *each;
    size_t i;

    json_array_foreach(json_object_get(status, "unlock"), i, each)
    {
        if (strcmp(json_string_value(each), kind) == 0)
            return true;
    }
    return false;
}

enum err
key_file_param(struct cli *cli, json_t *params)
{
    const char *file = args_flag(&cli->args, "key-file");
    char path[PATH_MAX];

    if (file == NULL)
        return OK;
    TRY(path_absolute(file, path));
    json_object_set_new(params, "key_file", json_string(path));
    return OK;
}

static enum err
unlock_by_hand(struct cli *cli)
{
    AUTO(typed_freep) struct typed *p = typed_new();
    AUTO(json_decrefpp) json_t *result = NULL, *status = NULL;

    if (p == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    TRY(rpc_call(cli->rpc, "account.status", NULL, &status));
    if (opens_by(status, "keyring") &&
        rpc_call(cli->rpc, "account.unlock", json_pack("{s:b,s:b}", "keyring", 1, "unasked", 1),
                 &result) == OK)
        return OK;
    if (!terminal_interactive())
        return fail(ERR_LOCKED, "The profile is locked: `snug unlock`.");
    if (opens_by(status, "key-file"))
        return fail(ERR_LOCKED, "The profile is locked: `snug unlock --key-file FILE`.");
    TRY(terminal_passphrase("Pass-phrase", p));
    return rpc_call(cli->rpc, "account.unlock", passphrase_json("passphrase", p), &result);
}

enum err
cli_call(struct cli *cli, const char *method, json_t *params, json_t **ret)
{
    AUTO(json_decrefpp) json_t *again = params; /* taken */

    TRY(cli_connect(cli));
    enum err e = rpc_call(cli->rpc, method, json_incref(again), ret);
    if (e != ERR_LOCKED)
        return e;
    TRY(unlock_by_hand(cli));
    return rpc_call(cli->rpc, method, json_incref(again), ret);
}

enum err
cli_call_list(struct cli *cli, const char *method, json_t *params, const char *key, json_t **ret)
{
    AUTO(json_decrefpp) json_t *wanted = params != NULL ? params : json_object();
    AUTO(json_decrefpp) json_t *all = json_array();
    bool more = true;

    while (more) {
        AUTO(json_decrefpp) json_t *page = NULL;

        TRY(cli_call(cli, method, json_incref(wanted), &page));
        const json_t *list = json_object_get(page, key);
        json_array_extend(all, json_object_get(page, key));
        more = json_is_true(json_object_get(page, "more")) && json_array_size(list) > 0;
        if (more) /* behind the last of this page */
            json_object_set(wanted, "after",
                            json_object_get(json_array_get(list, json_array_size(list) - 1), "id"));
    }
    *ret = json_pack("{s:O}", key, all);
    return OK;
}

enum err
cli_next(struct cli *cli, int wait_ms, json_t **ret)
{
    AUTO(json_decrefpp) json_t *n = NULL;

    TRY(rpc_next(cli->rpc, wait_ms, &n));
    if (strcmp(get(n, "method"), "lock") == 0 &&
        strcmp(get(json_object_get(n, "params"), "state"), "locked") == 0)
        return fail(ERR_LOCKED, "The profile was locked.");
    *ret = STEAL(n);
    return OK;
}

enum err
cli_do(struct cli *cli, const char *method, json_t *params)
{
    AUTO(json_decrefpp) json_t *result = NULL;

    TRY(cli_call(cli, method, params, &result));
    return cli->json ? print_json(result) : OK;
}

enum err
cli_do_to_contact(struct cli *cli, const char *method)
{
    return cli_do(cli, method, json_pack("{s:s}", "contact", args_word(&cli->args, 0)));
}

enum err
cli_confirm(struct cli *cli, const char *format, ...)
{
    char what[512], question[600], answer[16];
    va_list args;

    if (args_flag(&cli->args, "yes") != NULL)
        return OK;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (!terminal_interactive())
        return fail(ERR_USAGE, "%s Say --yes if you want that.", what);
    snprintf(question, sizeof question, "%s Write yes if you want that", what);
    TRY(terminal_ask(question, answer, sizeof answer));
    return strcmp(answer, "yes") == 0 ? OK : fail(ERR_USAGE, "Nothing was done.");
}

enum err
read_stdin(struct buf *ret, size_t max)
{
    char bytes[8192];

    for (;;) {
        ssize_t n = read(0, bytes, sizeof bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(ERR_IO, "stdin: %m");
        if (n == 0)
            break;
        buf_put(ret, SPAN(bytes, (size_t)n));
        if (ret->n > max + 1)
            return fail(ERR_TOO_LARGE, "That is longer than %zu bytes.", max);
    }
    if (ret->n > 0 && ret->p[ret->n - 1] == '\n')
        ret->n--;
    return ret->n <= max ? buf_ok(ret) : fail(ERR_TOO_LARGE, "That is longer than %zu bytes.", max);
}
