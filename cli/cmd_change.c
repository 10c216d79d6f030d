/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What happens to messages after they were said.
 */
#include <string.h>

#include "cli/message.h"
#include "cli/output.h"

command_fn command_reply, command_edit, command_delete, command_react, command_pin, command_unpin,
    command_pins, command_forward, command_share_contact, command_versions;

/* Call METHOD, which answers with a message that is on its way, and say how it stands. */
static enum err
send_by(struct cli *cli, const char *method, json_t *params, int *ret)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    TRY(cli_call(cli, method, params, &r));
    if (cli->json)
        TRY(print_json(r));
    return say_sent(json_object_get(r, "message"), ret);
}

enum err
command_reply(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *m = NULL;

    TRY(message_named(cli, 0, THEIRS, &m));
    AUTO(json_decrefpp)
    json_t *params = json_pack("{s:s,s:s}", "contact", get(m, "contact"), "reply_to", get(m, "id"));
    TRY(text_params(cli, 1, params));
    TRY(wait_param(cli, params));
    return send_by(cli, "message.send", json_incref(params), ret);
}

enum err
command_edit(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *id = NULL, *params = NULL;

    TRY(message_id_named(cli, 0, OURS, &id));
    params = json_pack("{s:O}", "message", id);
    TRY(text_params(cli, 1, params));
    return cli_do(cli, "message.edit", json_incref(params));
}

enum err
command_delete(struct cli *cli, int *ret)
{
    bool all = args_flag(&cli->args, "for-everyone") != NULL;
    AUTO(json_decrefpp) json_t *id = NULL, *r = NULL;

    TRY(message_id_named(cli, 0, all ? OURS : ANYBODYS, &id));
    TRY(cli_call(cli, "message.delete",
                 json_pack("{s:O,s:s}", "message", id, "for", all ? "everyone" : "me"), &r));
    if (cli->json)
        return print_json(r);
    if (json_is_true(json_object_get(r, "withdrawn")))
        note("It had not gone out: nobody has seen it.\n");
    if (json_is_true(json_object_get(r, "sent")))
        note("It has gone out: the other side still has it.\n");
    return OK;
}

enum err
command_react(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *id = NULL;

    TRY(message_id_named(cli, 0, THEIRS, &id));
    return cli_do(cli, "message.react",
                  json_pack("{s:O,s:s}", "message", id, "emoji", args_word(&cli->args, 1)));
}

static enum err
set_pin(struct cli *cli, int on)
{
    AUTO(json_decrefpp) json_t *id = NULL;

    TRY(message_id_named(cli, 0, ANYBODYS, &id));
    return cli_do(cli, "message.pin", json_pack("{s:O,s:b}", "message", id, "on", on));
}

enum err
command_pin(struct cli *cli, int *ret)
{
    return set_pin(cli, 1);
}

enum err
command_unpin(struct cli *cli, int *ret)
{
    return set_pin(cli, 0);
}

enum err
command_pins(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *r = NULL;
    const json_t *each;
    size_t i;

    TRY(cli_call(cli, "message.pinned", json_pack("{s:s}", "contact", args_word(&cli->args, 0)),
                 &r));
    if (cli->json)
        return print_json(r);
    json_array_foreach(json_object_get(r, "messages"), i, each) message_print(each, WITH_IDS);
    return print_end();
}

enum err
command_forward(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *id = NULL, *to = json_array(), *params = NULL;

    TRY(message_id_named(cli, 0, ANYBODYS, &id));
    for (size_t i = 1; args_word(&cli->args, i) != NULL; i++)
        if (json_array_append_new(to, json_string(args_word(&cli->args, i))) != 0)
            return fail(ERR_USAGE, "The name is not valid UTF-8.");
    params = json_pack("{s:O,s:O}", "message", id, "to", to);
    return cli_do(cli, "message.forward", json_incref(params));
}

enum err
command_share_contact(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp)
    json_t *params = json_pack("{s:s,s:s}", "contact", args_word(&cli->args, 0), "who",
                               args_word(&cli->args, 1));

    TRY(wait_param(cli, params));
    return send_by(cli, "message.send_contact", json_incref(params), ret);
}

enum err
command_versions(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *id = NULL, *r = NULL;
    const json_t *each;
    size_t i;

    TRY(message_id_named(cli, 0, ANYBODYS, &id));
    TRY(cli_call(cli, "message.versions", json_pack("{s:O}", "message", id), &r));
    if (cli->json)
        return print_json(r);
    json_array_foreach(json_object_get(r, "versions"), i, each) print(
        "%s %s\n", when(json_integer_value(json_object_get(each, "sent_ms"))), safe(each, "text"));
    message_print(json_object_get(r, "message"), WITHOUT_IDS);
    return print_end();
}
