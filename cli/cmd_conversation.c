/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "wire/limits.h"

command_fn command_conversations, command_conversation;

#define DAYS_MAX 36500

/* --- the list --- */

static void
conversation_print(const json_t *v)
{
    json_int_t unread = number(v, "unread"), muted = number(v, "muted_until_ms");
    const json_t *last = json_object_get(v, "last");

    print("%s  %s", when(number(v, "last_ms")), safe(v, "label"));
    if (unread > 0)
        print("  %lld unread", (long long)unread);
    else if (is_true(v, "marked_unread"))
        print("  marked unread");
    if (number(v, "unread_mentions") > 0)
        print(" (you are mentioned)");
    print("%s%s%s%s\n", is_true(v, "pinned") ? "  pinned" : "",
          muted > (json_int_t)time(NULL) * 1000 ? "  muted" : "",
          is_true(v, "archived") ? "  archived" : "", is_true(v, "draft") ? "  draft" : "");
    if (last != NULL)
        print("    %s %.*s\n", is_true(last, "outgoing") ? ">" : "<", 200, safe(last, "text"));
}

enum err
command_conversations(struct cli *cli, int *ret)
{
    const char *limit = args_flag(&cli->args, "limit");
    bool archived = args_flag(&cli->args, "archived") != NULL;
    bool unread = args_flag(&cli->args, "unread") != NULL;
    long long count = 100;
    AUTO(json_decrefpp) json_t *r = NULL;
    const json_t *each;
    size_t i;

    if (limit != NULL)
        TRY(number_read(limit, 1, 500, &count));
    TRY(cli_call(cli, "conversation.list",
                 json_pack("{s:b,s:b,s:I,s:s*}", "archived", archived, "unread", unread, "limit",
                           (json_int_t)count, "before", args_flag(&cli->args, "before")),
                 &r));
    if (cli->json)
        return print_json(r);
    json_array_foreach(json_object_get(r, "conversations"), i, each) conversation_print(each);
    if (is_true(r, "more")) {
        const json_t *list = json_object_get(r, "conversations");
        const json_t *end = json_array_get(list, json_array_size(list) - 1);
        note("There are more: --before %s\n", get(end, "contact"));
    }
    return print_end();
}

/* --- one --- */

/* The parameters of a method about NAME. */
static json_t *
about(struct cli *cli)
{
    return json_pack("{s:s}", "contact", args_word(&cli->args, 0));
}

static enum err
set_flag(struct cli *cli, const char *method, const char *key, bool value)
{
    json_t *params = about(cli);

    json_object_set_new(params, key, json_boolean(value));
    return cli_do(cli, method, params);
}

static enum err
show(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    TRY(cli_call(cli, "conversation.get", about(cli), &r));
    if (cli->json)
        return print_json(r);
    conversation_print(json_object_get(r, "conversation"));
    const json_t *draft = json_object_get(r, "draft");
    if (draft != NULL)
        print("    draft: %s\n", safe(draft, "text"));
    return print_end();
}

static enum err
mute(struct cli *cli, const char *how_long)
{
    json_t *params = about(cli);
    long long ms;

    if (how_long != NULL) {
        enum err e = duration_read(how_long, &ms);
        if (e != OK) {
            json_decref(params);
            return e;
        }
        json_object_set_new(params, "for_ms", json_integer(ms));
    }
    return cli_do(cli, "conversation.mute", params);
}

static enum err
keep(struct cli *cli, const char *days)
{
    long long n = 0;

    if (days == NULL)
        return fail(ERR_USAGE, "Say how many days, or forever, or default.");
    if (strcmp(days, "forever") != 0 && strcmp(days, "default") != 0)
        TRY(number_read(days, 1, DAYS_MAX, &n));
    json_t *params = about(cli);
    if (strcmp(days, "default") != 0)
        json_object_set_new(params, "days", json_integer(n));
    return cli_do(cli, "conversation.keep", params);
}

static enum err
draft(struct cli *cli, const char *text)
{
    AUTO(buf_done) struct buf typed = BUF(TEXT_MAX + 1);

    if (text == NULL) {
        AUTO(json_decrefpp) json_t *r = NULL;
        TRY(cli_call(cli, "conversation.get", about(cli), &r));
        if (cli->json)
            return print_json(r);
        const json_t *held = json_object_get(r, "draft");
        if (held != NULL)
            print("%s\n", safe(held, "text"));
        return print_end();
    }
    if (strcmp(text, "-") == 0) {
        TRY(read_stdin(&typed, TEXT_MAX));
        buf_put_u8(&typed, '\0');
        TRY(buf_ok(&typed));
        text = (const char *)typed.p;
    }
    json_t *params = about(cli);
    json_object_set_new(params, "text", json_string(text));
    return cli_do(cli, "conversation.draft", params);
}

static enum err
erase(struct cli *cli, bool keep_line)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    TRY(cli_call(cli, "conversation.get", about(cli), &r)); /* there is one, and it is unlocked */
    const json_t *v = json_object_get(r, "conversation");
    TRY(cli_confirm(cli, "All messages with %s are deleted from this machine.", safe(v, "label")));
    json_t *params = about(cli);
    json_object_set_new(params, "keep_line", json_boolean(keep_line));
    AUTO(json_decrefpp) json_t *done = NULL;
    TRY(rpc_call_job(cli->rpc, "conversation.delete", params, NULL, &done));
    return cli->json ? print_json(done) : OK;
}

enum err
command_conversation(struct cli *cli, int *ret)
{
    const char *what = args_word(&cli->args, 1), *value = args_word(&cli->args, 2);
    static const struct {
        const char *name, *method, *key;
        bool value;
    } flags[] = {
        {"read", "conversation.mark", "unread", false},
        {"unread", "conversation.mark", "unread", true},
        {"pin", "conversation.pin", "pinned", true},
        {"unpin", "conversation.pin", "pinned", false},
        {"archive", "conversation.archive", "archived", true},
        {"unarchive", "conversation.archive", "archived", false},
    };

    if (what == NULL)
        return show(cli);
    if (strcmp(what, "mute") == 0)
        return mute(cli, value);
    if (strcmp(what, "keep") == 0)
        return keep(cli, value);
    if (strcmp(what, "draft") == 0)
        return draft(cli, value);
    if (value != NULL)
        return fail(ERR_USAGE, "There is a word too many: %.100s", value);
    if (strcmp(what, "unmute") == 0)
        return mute(cli, "0");
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(what, flags[i].name) == 0)
            return set_flag(cli, flags[i].method, flags[i].key, flags[i].value);
    if (strcmp(what, "clear") == 0 || strcmp(what, "delete") == 0)
        return erase(cli, what[0] == 'c');
    return fail(ERR_USAGE, "See `snug help conversation` for what can be done with one.");
}
