/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "wire/limits.h"

command_fn command_relay, command_settings;

/* --- relay --- */

/* Key and value of every field: nothing is left out, and nothing interpreted. */
static void
row_as_text(const json_t *about)
{
    json_t *row = json_object_get(about, "row"), *value;
    const char *key;

    if (row == NULL)
        return;
    print("%s:", get(row, "kind"));
    json_object_foreach(row, key, value)
    {
        char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);

        if (strcmp(key, "kind") != 0 && dumped != NULL)
            print(" %s=%s", key, dumped);
        json_free_text(dumped);
    }
    print("\n");
}

static enum err
show(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *about = NULL, *hello = NULL;

    /* A locked profile asks for the pass-phrase here, where it can be tried again. */
    TRY(cli_call(cli, "settings.get", NULL, &hello));
    TRY(rpc_call_job(cli->rpc, "relay.show", NULL, cli->json ? print_row_json : row_as_text,
                     &about));
    if (cli->json)
        return print_json(about);
    print("account: name=%s account=%s registered_day=%lld\n", safe(about, "name"),
          get(about, "account"),
          (long long)json_integer_value(json_object_get(about, "registered_day")));
    print("That is all, signed by the relay at %s.\n",
          when(json_integer_value(json_object_get(about, "time_ms"))));
    return print_end();
}

enum err
command_relay(struct cli *cli, int *ret)
{
    const char *what = args_word(&cli->args, 0);

    if (strcmp(what, "show") == 0)
        return show(cli);
    if (strcmp(what, "retry") == 0)
        return cli_do(cli, "relay.retry", NULL);
    return fail(ERR_USAGE, "`snug relay show` or `snug relay retry`.");
}

/* --- settings --- */

static const struct {
    const char *key, *parameter;
} switches[] = {{"lock-on-screen-lock", "lock_on_screen_lock"},
                {"lock-on-suspend", "lock_on_suspend"},
                {"typing", "typing"}};

static enum err
turn(struct cli *cli, const char *parameter, const char *value)
{
    bool on = strcmp(value, "on") == 0;

    if (!on && strcmp(value, "off") != 0)
        return fail(ERR_USAGE, "That is on or off.");
    return cli_do(cli, "settings.set", json_pack("{s:b}", parameter, on));
}

static const char *
on_or_off(const json_t *settings, const char *parameter)
{
    return json_is_true(json_object_get(settings, parameter)) ? "on" : "off";
}

static enum err
change(struct cli *cli, const char *key, const char *value)
{
    long long ms;

    if (value == NULL)
        return fail(ERR_USAGE, "Say what it is to be.");
    if (strcmp(key, "idle-lock") == 0) {
        TRY(duration_read(value, &ms));
        return cli_do(cli, "settings.set", json_pack("{s:I}", "idle_lock_ms", (json_int_t)ms));
    }
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
        if (strcmp(key, switches[i].key) == 0)
            return turn(cli, switches[i].parameter, value);
    if (strcmp(key, "proxy") == 0 || strcmp(key, "receipts") == 0 || strcmp(key, "presence") == 0 ||
        strcmp(key, "requests") == 0)
        return cli_do(cli, "settings.set", json_pack("{s:s}", key, value));
    if (strcmp(key, "keep") == 0) {
        ms = 0;
        if (strcmp(value, "forever") != 0)
            TRY(number_read(value, 1, 36500, &ms));
        return cli_do(cli, "settings.set", json_pack("{s:I}", "keep_days", (json_int_t)ms));
    }
    if (strcmp(key, "mentions-while-muted") == 0) {
        if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
            return fail(ERR_USAGE, "That is yes or no.");
        return cli_do(cli, "settings.set",
                      json_pack("{s:b}", "mentions_while_muted", value[0] == 'y'));
    }
    if (strcmp(key, "download-auto") == 0) {
        TRY(number_read(value, 0, ATTACHMENT_MAX, &ms));
        return cli_do(cli, "settings.set", json_pack("{s:I}", "download_auto", (json_int_t)ms));
    }
    return fail(ERR_USAGE, "See `snug help settings` for what they are.");
}

static const char *
receipts_words(const char *which)
{
    return strcmp(which, "read") == 0 ? "contacts are told what arrives and what you read"
           : strcmp(which, "delivered") == 0
               ? "contacts are told what arrives, not what you read"
               : "contacts are told neither what arrives nor what you read";
}

enum err
command_settings(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    if (args_word(&cli->args, 0) != NULL)
        return change(cli, args_word(&cli->args, 0), args_word(&cli->args, 1));
    TRY(cli_call(cli, "settings.get", NULL, &r));
    if (cli->json)
        return print_json(r);
    print("idle-lock: %llds\nlock-on-screen-lock: %s\nlock-on-suspend: %s\nproxy: %s\nreceipts: %s "
          "(%s)\nrequests: %s\n"
          "presence: %s\ntyping: %s\n",
          (long long)json_integer_value(json_object_get(r, "idle_lock_ms")) / 1000,
          on_or_off(r, "lock_on_screen_lock"), on_or_off(r, "lock_on_suspend"), safe(r, "proxy"),
          get(r, "receipts"), receipts_words(get(r, "receipts")), get(r, "requests"),
          get(r, "presence"), on_or_off(r, "typing"));
    long long days = (long long)json_integer_value(json_object_get(r, "keep_days"));
    if (days == 0)
        print("keep: forever\n");
    else
        print("keep: %lld days\n", days);
    print("mentions-while-muted: %s\n",
          json_is_true(json_object_get(r, "mentions_while_muted")) ? "yes" : "no");
    print("download-auto: %lld\n",
          (long long)json_integer_value(json_object_get(r, "download_auto")));
    return print_end();
}
