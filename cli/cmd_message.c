/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/cmd_attachment.h"
#include "cli/message.h"
#include "cli/output.h"

command_fn command_send, command_history;

/* --- send --- */

static enum err
demand_verified(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    TRY(cli_call(cli, "contact.get", json_pack("{s:s}", "contact", args_word(&cli->args, 0)), &r));
    if (strcmp(get(json_object_get(r, "contact"), "trust"), "verified") != 0)
        return fail(ERR_UNTRUSTED, "The contact is not verified: see `snug verify`.");
    return OK;
}

enum err
command_send(struct cli *cli, int *ret)
{
    bool files = args_flag(&cli->args, "file") != NULL;
    AUTO(json_decrefpp) json_t *r = NULL;
    AUTO(json_decrefpp) json_t *params = json_pack("{s:s}", "contact", args_word(&cli->args, 0));

    TRY(wait_param(cli, params));
    if (args_word(&cli->args, 1) != NULL || !files)
        TRY(text_params(cli, 1, params));
    if (args_flag(&cli->args, "at") != NULL)
        TRY(time_param(cli, params));
    if (args_flag(&cli->args, "verified") != NULL)
        TRY(demand_verified(cli));
    TRY(files ? files_send(cli, json_incref(params),
                           json_integer_value(json_object_get(params, "wait_ms")), &r)
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
    enum ids_shown ids = args_flag(&cli->args, "ids") != NULL ? WITH_IDS : WITHOUT_IDS;
    AUTO(json_decrefpp) json_t *r = NULL;

    if (limit != NULL)
        TRY(number_read(limit, 1, 500, &count));
    TRY(cli_call(cli, "message.list",
                 json_pack("{s:s*,s:s*,s:I}", "contact", args_word(&cli->args, 0), "before",
                           args_flag(&cli->args, "before"), "limit", (json_int_t)count),
                 &r));
    if (cli->json)
        return print_json(r);
    messages_print(json_object_get(r, "messages"), ids);
    TRY(print_end());
    return mark_read(cli, json_object_get(r, "messages"));
}
