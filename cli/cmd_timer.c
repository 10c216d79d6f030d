/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages in time: that disappear, that go out later or once more; and finding them again.
 */
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/message.h"
#include "cli/output.h"

command_fn command_search, command_timer, command_scheduled, command_retry;

enum err
time_param(struct cli *cli, json_t *params)
{
    struct timespec now;
    long long ms;

    clock_gettime(CLOCK_REALTIME, &now);
    TRY(moment_read(args_flag(&cli->args, "at"),
                    (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, &ms));
    json_object_set_new(params, "at_ms", json_integer((json_int_t)ms));
    return OK;
}

static enum err
print_list(struct cli *cli, const json_t *r)
{
    const json_t *each;
    size_t i;

    if (cli->json)
        return print_json(r);
    json_array_foreach(json_object_get(r, "messages"), i, each)
    {
        json_int_t due = json_integer_value(json_object_get(each, "due_ms"));
        if (due != 0)
            print("at %s: ", when(due));
        message_print(each, WITH_IDS);
    }
    return print_end();
}

/* --- search --- */

enum err
command_search(struct cli *cli, int *ret)
{
    const char *limit = args_flag(&cli->args, "limit");
    long long count = 50;
    AUTO(json_decrefpp) json_t *r = NULL;

    if (limit != NULL)
        TRY(number_read(limit, 1, 500, &count));
    AUTO(json_decrefpp)
    json_t *params = json_pack("{s:s,s:s*,s:s*,s:I}", "text", args_word(&cli->args, 0), "contact",
                               args_flag(&cli->args, "from"), "before",
                               args_flag(&cli->args, "before"), "limit", (json_int_t)count);
    if (params == NULL)
        return fail(ERR_USAGE, "The text is not valid UTF-8.");
    TRY(cli_call(cli, "message.search", json_incref(params), &r));
    while (json_array_size(json_object_get(r, "messages")) == 0 &&
           json_is_true(json_object_get(r, "more"))) { /* it has only looked at many others */
        json_object_set(params, "before", json_object_get(r, "before"));
        json_decref(STEAL(r));
        TRY(cli_call(cli, "message.search", json_incref(params), &r));
    }
    TRY(print_list(cli, r));
    if (!cli->json && json_is_true(json_object_get(r, "more")))
        note("There is more: --before %s\n", get(r, "before"));
    return OK;
}

/* --- timer --- */

enum err
command_timer(struct cli *cli, int *ret)
{
    const char *time = args_word(&cli->args, 1);
    long long ms;
    AUTO(json_decrefpp) json_t *r = NULL;
    AUTO(json_decrefpp)
    json_t *params = json_pack("{s:s}", "contact", args_word(&cli->args, 0));

    if (params == NULL)
        return fail(ERR_USAGE, "The name is not valid UTF-8.");
    if (time != NULL) {
        TRY(duration_read(time, &ms));
        json_object_set_new(params, "seconds", json_integer((json_int_t)(ms / 1000)));
    }
    TRY(cli_call(cli, "conversation.timer", json_incref(params), &r));
    if (cli->json)
        return print_json(r);
    json_int_t seconds = json_integer_value(json_object_get(r, "seconds"));
    if (seconds == 0)
        print("New messages stay.\n");
    else
        print("New messages disappear %s after they were sent, or seen.\n", lasting(seconds));
    return print_end();
}

/* --- scheduled --- */

/* A message as the list shows it: its number, or its id. */
static const char *
id_of(const char *text)
{
    static char id[32];

    if (text[0] == '#')
        text++;
    if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 20)
        return text;
    snprintf(id, sizeof id, "message-%s", text);
    return id;
}

static enum err
change(struct cli *cli, const char *message)
{
    AUTO(json_decrefpp)
    json_t *params =
        json_pack("{s:s,s:s*}", "message", message, "text", args_flag(&cli->args, "text"));

    if (params == NULL)
        return fail(ERR_USAGE, "The text is not valid UTF-8.");
    if (args_flag(&cli->args, "cancel") != NULL)
        return cli_do(cli, "message.delete",
                      json_pack("{s:s,s:s}", "message", message, "for", "me"));
    if (args_flag(&cli->args, "at") != NULL)
        TRY(time_param(cli, params));
    return cli_do(cli, "message.schedule", json_incref(params));
}

enum err
command_scheduled(struct cli *cli, int *ret)
{
    const char *message = args_flag(&cli->args, "message");
    AUTO(json_decrefpp) json_t *r = NULL;

    if (message != NULL)
        return change(cli, id_of(message));
    TRY(cli_call_list(cli, "message.scheduled",
                      json_pack("{s:s*}", "contact", args_word(&cli->args, 0)), "messages", &r));
    return print_list(cli, r);
}

/* --- retry --- */

enum err
command_retry(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *id = NULL;

    TRY(message_id_named(cli, 0, OURS, &id));
    return cli_do(cli, "message.retry", json_pack("{s:O}", "message", id));
}
