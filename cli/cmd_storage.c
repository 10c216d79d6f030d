/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"

command_fn command_storage;

/* BYTES for a person. Static, of the last four calls. */
static const char *
size_of(const json_t *j, const char *key)
{
    static char texts[4][32];
    static unsigned next;
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    double n = (double)json_integer_value(json_object_get(j, key));
    size_t unit = 0;
    char *text = texts[next++ % 4];

    for (; n >= 1024 && unit < 3; unit++)
        n /= 1024;
    snprintf(text, sizeof texts[0], "%.*f %s", unit == 0 ? 0 : 1, n, units[unit]);
    return text;
}

static void
row_as_text(const json_t *about)
{
    const json_t *row = json_object_get(about, "row");

    if (row != NULL)
        print("%s: %lld messages, %s of text, %lld files, %s\n", safe(row, "label"),
              (long long)number(row, "messages"), size_of(row, "text_bytes"),
              (long long)number(row, "files"), size_of(row, "file_bytes"));
}

/* A locked profile asks for the pass-phrase here, where it can be tried again. */
static enum err
ready(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *settings = NULL;
    return cli_call(cli, "settings.get", NULL, &settings);
}

static enum err
print_whole(struct cli *cli, const json_t *r)
{
    if (cli->json)
        return print_json(r);
    print("database: %s, of which %s free; being written: %s; files: %s\n",
          size_of(r, "database_bytes"), size_of(r, "free_bytes"), size_of(r, "wal_bytes"),
          size_of(r, "file_bytes"));
    return print_end();
}

static enum err
run(struct cli *cli, const char *method, void (*progress)(const json_t *about))
{
    AUTO(json_decrefpp) json_t *r = NULL;

    TRY(ready(cli));
    TRY(rpc_call_job(cli->rpc, method, NULL, progress, &r));
    return print_whole(cli, r);
}

static enum err
clear(struct cli *cli)
{
    const char *what = args_flag(&cli->args, "what"), *of = args_flag(&cli->args, "contact");
    const char *age = args_flag(&cli->args, "older-than");
    AUTO(json_decrefpp) json_t *r = NULL;
    long long ms = 0;

    if (what == NULL)
        return fail(ERR_USAGE, "Say --what: files, messages or all.");
    if (age != NULL)
        TRY(duration_read(age, &ms));
    TRY(ready(cli));
    TRY(cli_confirm(cli, "%s%s%s of %s %s deleted from this machine.",
                    strcmp(what, "files") == 0      ? "Files"
                    : strcmp(what, "messages") == 0 ? "Messages without files"
                                                    : "Messages and files",
                    age != NULL ? " older than " : "", age != NULL ? age : "",
                    of != NULL ? safe_text(of) : "everybody", "are"));
    json_t *params = json_pack("{s:s,s:s*}", "what", what, "contact", of);
    if (params != NULL && age != NULL)
        json_object_set_new(params, "older_than_ms", json_integer(ms));
    TRY(rpc_call_job(cli->rpc, "storage.clear", params, NULL, &r));
    if (cli->json)
        return print_json(r);
    print("%lld messages, %s.\n", (long long)number(r, "messages"), size_of(r, "bytes"));
    return print_end();
}

enum err
command_storage(struct cli *cli, int *ret)
{
    const char *what = args_word(&cli->args, 0);

    if (what == NULL || strcmp(what, "show") == 0)
        return run(cli, "storage.show", cli->json ? print_row_json : row_as_text);
    if (strcmp(what, "clear") == 0)
        return clear(cli);
    if (strcmp(what, "compact") == 0)
        return run(cli, "storage.compact", NULL);
    return fail(ERR_USAGE, "What to do is show, clear or compact.");
}
