/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/cli.h"
#include "cli/cmd_attachment.h"
#include "cli/output.h"
#include "wire/limits.h"

command_fn command_send, command_history;

#define SEND_WAIT 10000 /* ms */

/* --- send --- */

static enum err
text_param(struct cli *cli, json_t *params)
{
    const char *text = args_word(&cli->args, 1);
    AUTO(buf_done) struct buf typed = BUF(256 * 1024);
    json_t *value;

    if (text == NULL)
        return fail(ERR_USAGE, "There is nothing to send: give a text, or --file.");
    if (strcmp(text, "-") == 0) {
        TRY(read_stdin(&typed, TEXT_MAX));
        value = json_stringn((const char *)typed.p, typed.n);
    } else {
        value = json_string(text);
    }
    return json_object_set_new(params, "text", value) == 0
               ? OK
               : fail(ERR_USAGE, "The text is not valid UTF-8.");
}

static enum err
demand_verified(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    TRY(cli_call(cli, "contact.get", json_pack("{s:s}", "contact", args_word(&cli->args, 0)), &r));
    if (strcmp(get(json_object_get(r, "contact"), "trust"), "verified") != 0)
        return fail(ERR_UNTRUSTED, "The contact is not verified: see `snug verify`.");
    return OK;
}

static enum err
say_sent(const json_t *m, int *ret)
{
    const char *state = get(m, "state");

    if (strcmp(state, "failed") == 0)
        return fail(err_named(get(m, "why")), "It could not be sent: %s",
                    err_text(err_named(get(m, "why"))));
    if (strcmp(state, "queued") == 0) {
        *ret = EXIT_QUEUED;
        note("Queued; it goes out by itself.\n");
    }
    return OK;
}

enum err
command_send(struct cli *cli, int *ret)
{
    const char *wait = args_flag(&cli->args, "wait");
    long long wait_ms = SEND_WAIT;
    bool files = args_flag(&cli->args, "file") != NULL;
    AUTO(json_decrefpp) json_t *r = NULL;

    if (wait != NULL)
        TRY(duration_read(wait, &wait_ms));
    AUTO(json_decrefpp)
    json_t *params =
        json_pack("{s:s,s:I}", "contact", args_word(&cli->args, 0), "wait_ms", (json_int_t)wait_ms);
    if (params == NULL)
        return fail(ERR_USAGE, "The name is not valid UTF-8.");
    if (args_word(&cli->args, 1) != NULL || !files)
        TRY(text_param(cli, params));
    if (args_flag(&cli->args, "verified") != NULL)
        TRY(demand_verified(cli));
    TRY(files ? files_send(cli, json_incref(params), wait_ms, &r)
              : cli_call(cli, "message.send", json_incref(params), &r));
    if (cli->json)
        TRY(print_json(r));
    return say_sent(json_object_get(r, "message"), ret);
}

/* --- history --- */

/* A person looked at a conversation up to its newest message. */
static enum err
mark_read(struct cli *cli, const json_t *list)
{
    const json_t *last = json_array_get(list, json_array_size(list) - 1);

    if (last == NULL || args_word(&cli->args, 0) == NULL)
        return OK;
    return cli_do(
        cli, "message.read",
        json_pack("{s:s,s:s}", "contact", get(last, "contact"), "message", get(last, "id")));
}

enum err
command_history(struct cli *cli, int *ret)
{
    const char *limit = args_flag(&cli->args, "limit");
    long long count = 50;
    AUTO(json_decrefpp) json_t *r = NULL;
    const json_t *each;
    size_t i;

    if (limit != NULL)
        TRY(number_read(limit, 1, 500, &count));
    TRY(cli_call(cli, "message.list",
                 json_pack("{s:s*,s:s*,s:I}", "contact", args_word(&cli->args, 0), "before",
                           args_flag(&cli->args, "before"), "limit", (json_int_t)count),
                 &r));
    if (cli->json)
        return print_json(r);
    json_array_foreach(json_object_get(r, "messages"), i, each) message_print(each);
    TRY(print_end());
    return mark_read(cli, json_object_get(r, "messages"));
}
