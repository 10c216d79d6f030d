/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who is here: our own, what contacts tell, and whom we tell.
 */
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/terminal.h"

command_fn command_presence, command_accept, command_typing, command_tell;

/* --- presence --- */

static void
presence_line(const json_t *p)
{
    const char *text = get(p, "text");

    print("%s: %s%s", safe(p, "label"), get(p, "state"),
          json_is_true(json_object_get(p, "typing")) ? ", typing" : "");
    if (text[0] != '\0')
        print(" (%s)", safe(p, "text"));
    print("\n");
}

static enum err
show_presence(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *r = NULL, *s = NULL;
    const json_t *each;
    const char *audience;
    size_t i;

    TRY(cli_call(cli, "presence.get", NULL, &r));
    if (cli->json)
        return print_json(r);
    TRY(cli_call(cli, "settings.get", NULL, &s));
    audience = get(s, "presence");
    print("you: %s", get(r, "state"));
    if (get(r, "text")[0] != '\0')
        print(" (%s)", safe(r, "text"));
    print("\nshown to: %s\n", audience);
    if (strcmp(audience, "nobody") == 0)
        note("`snug settings presence chosen` lets you choose who may see it.\n");
    json_array_foreach(json_object_get(r, "contacts"), i, each) presence_line(each);
    return print_end();
}

enum err
command_presence(struct cli *cli, int *ret)
{
    const char *state = args_word(&cli->args, 0), *text = args_flag(&cli->args, "text");

    if (state == NULL && text == NULL)
        return show_presence(cli);
    AUTO(json_decrefpp) json_t *params = json_pack("{s:s*,s:s*}", "state", state, "text", text);
    if (params == NULL)
        return fail(ERR_USAGE, "That is not valid UTF-8.");
    return cli_do(cli, "presence.set", json_incref(params));
}

/* --- accept --- */

static enum err
yes_or_no(const char *word, bool *ret)
{
    if (strcmp(word, "yes") != 0 && strcmp(word, "no") != 0)
        return fail(ERR_USAGE, "It is yes or no.");
    *ret = word[0] == 'y';
    return OK;
}

/* Asked only by who chooses for each, and only where somebody can answer. */
static enum err
ask_presence(struct cli *cli, json_t *params)
{
    AUTO(json_decrefpp) json_t *settings = NULL, *found = NULL;
    char question[400], typed[16];

    if (!terminal_interactive() || cli->json)
        return OK;
    TRY(cli_call(cli, "settings.get", NULL, &settings));
    if (strcmp(get(settings, "presence"), "chosen") != 0)
        return OK;
    TRY(cli_call(cli, "contact.get", json_pack("{s:s}", "contact", args_word(&cli->args, 0)),
                 &found));
    snprintf(question, sizeof question, "May %s see when you are here? [y/N]",
             safe(json_object_get(found, "contact"), "label"));
    TRY(terminal_ask(question, typed, sizeof typed));
    json_object_set_new(params, "presence", json_boolean(typed[0] == 'y' || typed[0] == 'Y'));
    return OK;
}

enum err
command_accept(struct cli *cli, int *ret)
{
    const char *given = args_flag(&cli->args, "presence");
    bool may;
    AUTO(json_decrefpp)
    json_t *params = json_pack("{s:s}", "contact", args_word(&cli->args, 0));

    if (params == NULL)
        return fail(ERR_USAGE, "That is not valid UTF-8.");
    if (given != NULL) {
        TRY(yes_or_no(given, &may));
        json_object_set_new(params, "presence", json_boolean(may));
    } else {
        TRY(ask_presence(cli, params));
    }
    return cli_do(cli, "request.accept", json_incref(params));
}

/* --- typing, tell --- */

enum err
command_typing(struct cli *cli, int *ret)
{
    return cli_do(cli, "typing.set",
                  json_pack("{s:s,s:b}", "contact", args_word(&cli->args, 0), "on",
                            args_flag(&cli->args, "off") == NULL));
}

static const char *
in_force(const json_t *tells, const char *key)
{
    return json_is_true(json_object_get(tells, key)) ? "they see it" : "they do not see it";
}

static enum err
show_tells(struct cli *cli, const char *name)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    TRY(cli_call(cli, "presence.get", json_pack("{s:s}", "contact", name), &r));
    if (cli->json)
        return print_json(r);
    const json_t *tells = json_object_get(r, "tells");
    print("receipts: %s\n", get(tells, "receipts"));
    print("presence: %s (%s)\ntyping: %s (%s)\n", get(tells, "presence"),
          in_force(tells, "presence_in_force"), get(tells, "typing"),
          in_force(tells, "typing_in_force"));
    return print_end();
}

enum err
command_tell(struct cli *cli, int *ret)
{
    const char *name = args_word(&cli->args, 0), *presence = args_flag(&cli->args, "presence"),
               *typing = args_flag(&cli->args, "typing"),
               *receipts = args_flag(&cli->args, "receipts");

    if (presence == NULL && typing == NULL && receipts == NULL)
        return show_tells(cli, name);
    return cli_do(cli, "contact.set",
                  json_pack("{s:s,s:s*,s:s*,s:s*}", "contact", name, "presence", presence, "typing",
                            typing, "receipts", receipts));
}
