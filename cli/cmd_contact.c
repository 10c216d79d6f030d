/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/picture.h"
#include "wire/limits.h"

command_fn command_add, command_requests, command_decline, command_block, command_unblock,
    command_remove, command_contacts, command_rename;

#define ADD_WAIT 10000 /* ms */

static enum err
request_text(struct cli *cli, json_t *params)
{
    const char *text = args_flag(&cli->args, "message");
    AUTO(buf_done) struct buf typed = BUF(64 * 1024);

    if (text == NULL)
        return OK;
    if (strcmp(text, "-") == 0) {
        TRY(read_stdin(&typed, REQUEST_TEXT_MAX));
        buf_put_u8(&typed, '\0');
        TRY(buf_ok(&typed));
        text = (const char *)typed.p;
    }
    return json_object_set_new(params, "text", json_string(text)) == 0
               ? OK
               : fail(ERR_USAGE, "The message is not valid UTF-8.");
}

static enum err
say_added(const json_t *lookup, int *ret)
{
    const char *error = get(lookup, "error");
    const json_t *contact = json_object_get(lookup, "contact");

    if (error[0] != '\0')
        return fail(err_named(error), "The address could not be added: %s",
                    err_text(err_named(error)));
    if (contact != NULL) {
        print("Asked %s. You can write already; it is delivered once they accept.\n",
              safe(contact, "label"));
        return print_end();
    }
    *ret = EXIT_QUEUED;
    note("Not reached yet; it goes on by itself.\n");
    return OK;
}

/* As it was written, or out of a picture, into SCANNED. */
static enum err
link_param(struct cli *cli, struct buf *scanned, const char **ret)
{
    const char *file = args_flag(&cli->args, "qr-file");

    *ret = args_word(&cli->args, 0);
    if ((file != NULL) == (*ret != NULL))
        return fail(ERR_USAGE, "A link or address is needed, or --qr-file with a picture of one.");
    if (file != NULL) {
        TRY(picture_qr(cli, file, "snug:", scanned));
        *ret = (const char *)scanned->p;
    }
    return OK;
}

enum err
command_add(struct cli *cli, int *ret)
{
    const char *name = args_flag(&cli->args, "name"), *wait = args_flag(&cli->args, "wait"), *link;
    long long wait_ms = ADD_WAIT;
    AUTO(json_decrefpp) json_t *lookup = NULL;
    AUTO(buf_done) struct buf scanned = BUF(8192);

    if (wait != NULL)
        TRY(duration_read(wait, &wait_ms));
    TRY(link_param(cli, &scanned, &link));
    AUTO(json_decrefpp)
    json_t *params =
        json_pack("{s:s,s:I,s:s*}", "link", link, "wait_ms", (json_int_t)wait_ms, "nickname", name);
    if (params == NULL)
        return fail(ERR_USAGE, "That is not valid UTF-8.");
    TRY(request_text(cli, params));
    TRY(cli_call(cli, "contact.add", json_incref(params), &lookup));
    if (!cli->json)
        return say_added(lookup, ret);
    if (json_object_get(lookup, "contact") == NULL)
        *ret = json_object_get(lookup, "error") == NULL
                   ? EXIT_QUEUED
                   : (int)exit_code_of(err_named(get(lookup, "error")));
    return print_json(lookup);
}

enum err
command_requests(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *result = NULL;
    const json_t *each;
    size_t i;

    TRY(cli_call_list(cli, "request.list", NULL, "requests", &result));
    if (cli->json)
        return print_json(result);
    json_array_foreach(json_object_get(result, "requests"), i, each)
    {
        AUTO(buf_done) struct buf text = BUF(64 * 1024);

        contact_print(each);
        safe_write(&text, get(each, "request_text"), ALL_LINES, "    ");
        if (text.n > 0)
            print("    %.*s\n", (int)text.n, (const char *)text.p);
    }
    return print_end();
}

/* What LIST, of presence.get, knows of CONTACT. */
static json_t *
presence_of(const json_t *list, const json_t *contact)
{
    json_t *each;
    size_t i;

    json_array_foreach(list, i, each)
    {
        if (strcmp(get(each, "contact"), get(contact, "id")) == 0)
            return each;
    }
    return NULL;
}

enum err
command_contacts(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *result = NULL, *presence = NULL;
    json_t *each;
    size_t i;

    TRY(cli_call(cli, "contact.list", json_pack("{s:s*}", "state", args_flag(&cli->args, "state")),
                 &result));
    if (cli->json)
        return print_json(result);
    TRY(cli_call(cli, "presence.get", NULL, &presence));
    json_array_foreach(json_object_get(result, "contacts"), i, each)
    {
        json_object_set(each, "presence", presence_of(json_object_get(presence, "contacts"), each));
        contact_print(each);
    }
    return print_end();
}

enum err
command_rename(struct cli *cli, int *ret)
{
    return cli_do(cli, "contact.rename",
                  json_pack("{s:s,s:s}", "contact", args_word(&cli->args, 0), "nickname",
                            args_word(&cli->args, 1)));
}

enum err
command_decline(struct cli *cli, int *ret)
{
    return cli_do_to_contact(cli, "request.decline");
}

enum err
command_block(struct cli *cli, int *ret)
{
    return cli_do_to_contact(cli, "contact.block");
}

enum err
command_unblock(struct cli *cli, int *ret)
{
    return cli_do_to_contact(cli, "contact.unblock");
}

enum err
command_remove(struct cli *cli, int *ret)
{
    return cli_do_to_contact(cli, "contact.remove");
}
