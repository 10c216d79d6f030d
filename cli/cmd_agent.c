/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "core/rpc/methods.h"
#include "core/rpc/profiles.h"

command_fn command_agent, command_profiles, command_rpc, command_help;

/* --- agent --- */

static enum err
hello(struct cli *cli, enum rpc_how how)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    TRY(rpc_connect(cli->profile, how, &cli->rpc));
    TRY(rpc_call(cli->rpc, "hello", NULL, &r));
    if (cli->json)
        return print_json(r);
    print("snug-agent %s, profile %s, %s, process %lld\n", get(r, "version"), get(r, "profile"),
          get(r, "state"), (long long)json_integer_value(json_object_get(r, "pid")));
    return print_end();
}

/* Gone only when the connection ends: then its keys are, too. */
static enum err
stop(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *r = NULL, *last = NULL;
    enum err e = rpc_connect(cli->profile, RPC_RUNNING_ONLY, &cli->rpc);

    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    e = rpc_call(cli->rpc, "agent.stop", NULL, &r);
    if (e == ERR_NOT_FOUND)
        return OK; /* it was just ending, and is gone */
    TRY(e);
    while ((e = rpc_next(cli->rpc, 10000, &last)) == OK) {
        json_decref(last);
        last = NULL;
    }
    return e == ERR_IO ? OK : e;
}

enum err
command_agent(struct cli *cli, int *ret)
{
    const char *what = args_word(&cli->args, 0);

    if (what == NULL || strcmp(what, "status") == 0)
        return hello(cli, RPC_RUNNING_ONLY);
    if (strcmp(what, "start") == 0)
        return hello(cli, RPC_START_AGENT);
    if (strcmp(what, "stop") == 0)
        return stop(cli);
    return fail(ERR_USAGE, "`snug agent status`, `start` or `stop`.");
}

/* --- rpc --- */

static enum err
parameters(const char *text, json_t **ret)
{
    AUTO(buf_done) struct buf typed = BUF(2 * RPC_LINE_MAX);

    *ret = NULL;
    if (text == NULL)
        return OK;
    if (strcmp(text, "-") != 0)
        return json_line_read(SPAN_STR(text), ret);
    TRY(read_stdin(&typed, RPC_LINE_MAX));
    return json_line_read(buf_span(&typed), ret);
}

/* Notifications that a job sends are lines of their own. */
static void
print_progress(const json_t *about)
{
    if (print_json(about) != OK)
        return; /* noticed at the end */
}

static enum err
call(struct cli *cli, const char *method)
{
    AUTO(json_decrefpp) json_t *params = NULL, *r = NULL;
    const struct method *m = method_named(method);
    bool job = m != NULL && strcmp(m->result, "job:string") == 0;

    TRY(parameters(args_word(&cli->args, 1), &params));
    TRY(cli_connect(cli));
    if (job)
        TRY(rpc_call_job(cli->rpc, method, json_incref(params), print_progress, &r));
    else
        TRY(rpc_call(cli->rpc, method, json_incref(params), &r));
    return print_json(r);
}

enum err
command_rpc(struct cli *cli, int *ret)
{
    const char *method = args_word(&cli->args, 0);
    AUTO(buf_done) struct buf text = BUF(1024 * 1024);

    if (strcmp(method, "list") == 0) {
        for (size_t i = 0; i < method_count; i++)
            print("%-20s %s\n", methods[i].name, methods[i].params);
        return print_end();
    }
    if (strcmp(method, "describe") != 0)
        return call(cli, method);
    methods_describe(&text);
    TRY(buf_ok(&text));
    print("%.*s", (int)text.n, (const char *)text.p);
    return print_end();
}

/* --- profiles --- */

enum err
command_profiles(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *list = json_array();
    struct profiles p;

    TRY(profiles_list(&p));
    for (int i = 0; i < p.count; i++)
        json_array_append_new(list, json_string(p.names[i]));
    if (cli->json)
        return print_json(list);
    for (int i = 0; i < p.count; i++)
        print("%s\n", p.names[i]);
    return print_end();
}

/* --- help --- */

static void
help_one(const struct command *c)
{
    print("Usage: snug %s", c->name);
    terminal_wrap(c->usage, strlen("Usage: snug ") + strlen(c->name), 6);
    print("\n");
    terminal_wrap(c->help, 0, 0);
}

static void
help_all(void)
{
    char first[256];

    print("Usage: snug COMMAND [...]\n\n");
    for (size_t i = 0; i < command_count; i++) {
        snprintf(first, sizeof first, "%.*s", (int)(strcspn(commands[i].help, ".") + 1),
                 commands[i].help);
        print("  %-13s", commands[i].name); /* the longest are as long as that */
        terminal_wrap(first, 15, 16);
    }
    print("\n");
    terminal_wrap("Everywhere: --profile NAME ($SNUG_PROFILE), --json, --help.", 0, 0);
    terminal_wrap("NAME is what you call a contact, their name or address, or the beginning of "
                  "one.",
                  0, 0);
    terminal_wrap("MESSAGE is its number (`snug history --ids`), `last` or `last:NAME`: the newest "
                  "that fits, of all or of a conversation.",
                  0, 0);
    print("\n");
    terminal_wrap("Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 ambiguous name, 5 locked, "
                  "6 key changed or not verified, 7 queued, 8 refused, 9 too often, 10 timed out, "
                  "11 damaged or forged.",
                  0, 0);
}

enum err
command_help(struct cli *cli, int *ret)
{
    const char *name = args_word(&cli->args, 0);

    if (name == NULL) {
        help_all();
        return print_end();
    }
    const struct command *c = command_named(name);
    if (c == NULL)
        return fail(ERR_NOT_FOUND, "There is no command %.40s.", name);
    help_one(c);
    return print_end();
}
