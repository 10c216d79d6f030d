/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cmd_attachment.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/output.h"

command_fn command_save, command_files;

#define SAVE_WAIT (60 * 1000) /* ms without a byte */

/* --- progress --- */

/* Of some files: how far each is. */
struct progress {
    json_t *files; /* by id */
    bool shown;
};

static void
progress_done(struct progress *p)
{
    json_decref(p->files);
    if (p->shown)
        note("\r\033[K");
}

static void
progress_take(struct progress *p, const json_t *file)
{
    json_object_set(p->files, get(file, "id"), (json_t *)(uintptr_t)file);
}

static void
progress_show(struct progress *p)
{
    double moved = 0, total = 0;
    const char *id;
    json_t *file;

    if (!isatty(STDERR_FILENO))
        return;
    json_object_foreach(p->files, id, file)
    {
        moved += json_number_value(json_object_get(file, "moved"));
        total += json_number_value(json_object_get(file, "total"));
    }
    if (total <= 0)
        return;
    note("\r\033[K%3.0f %%  %.1f of %.1f MiB", 100 * moved / total, moved / 1048576,
         total / 1048576);
    p->shown = true;
}

static enum err
subscribe(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    return cli_call(cli, "subscribe",
                    json_pack("{s:[s,s,s]}", "topics", "transfer", "message.state", "lock"), &r);
}

/* --- send --- */

/* An agent runs elsewhere: it needs the whole path. Links stay, and the name with them. */
static enum err
absolute(const char *path, char ret[PATH_MAX])
{
    char here[PATH_MAX];

    while (strncmp(path, "./", 2) == 0)
        path += 2;
    if (path[0] == '/')
        snprintf(ret, PATH_MAX, "%s", path);
    else if (getcwd(here, sizeof here) == NULL)
        return fail(ERR_IO, "The current folder is gone.");
    else if (strcmp(path, ".") == 0 || path[0] == '\0')
        snprintf(ret, PATH_MAX, "%s", here);
    else
        snprintf(ret, PATH_MAX, "%s/%s", here, path);
    return OK;
}

static enum err
files_param(struct cli *cli, json_t *params)
{
    json_t *list = json_array();
    const char *kind = args_flag(&cli->args, "kind"), *path;
    char whole[PATH_MAX];

    json_object_set_new(params, "files", list);
    for (size_t i = 0; (path = args_flag_at(&cli->args, "file", i)) != NULL; i++) {
        TRY(absolute(path, whole));
        json_t *file = json_pack("{s:s,s:s*}", "path", whole, "kind", kind);
        if (file == NULL)
            return fail(ERR_USAGE, "The path is not valid UTF-8.");
        if (args_flag(&cli->args, "as-it-is") != NULL)
            json_object_set_new(file, "strip", json_false());
        json_array_append_new(list, file);
    }
    return OK;
}

/* Until the message is on its way, or nothing has happened for as long as is waited. */
static enum err
follow(struct cli *cli, const char *message, long long wait_ms, struct progress *p)
{
    for (;;) {
        AUTO(json_decrefpp) json_t *n = NULL;
        enum err e = cli_next(cli, (int)wait_ms, &n);

        if (e == ERR_TIMEOUT)
            return OK;
        if (e == ERR_LOCKED)
            return fail(e, "%s The message goes out once it is unlocked.", err_why(e));
        TRY(e);
        const json_t *params = json_object_get(n, "params");
        const json_t *file = json_object_get(params, "attachment");
        const json_t *m = json_object_get(params, "message");

        if (file != NULL && strcmp(get(file, "message"), message) == 0) {
            progress_take(p, file);
            progress_show(p);
        }
        if (m != NULL && strcmp(get(m, "id"), message) == 0 &&
            strcmp(get(m, "state"), "queued") != 0)
            return OK;
    }
}

static void
say_as_it_is(const json_t *list)
{
    const json_t *each;
    size_t i;

    json_array_foreach(list, i, each) note("%s is sent as it is, with all that its file says.\n",
                                           safe_text(json_string_value(each)));
}

enum err
files_send(struct cli *cli, json_t *params, long long wait_ms, json_t **ret)
{
    AUTO(json_decrefpp) json_t *mine = params, *r = NULL;
    AUTO(progress_done) struct progress p = {.files = json_object()};

    TRY(files_param(cli, mine));
    json_object_set_new(mine, "wait_ms", json_integer(0));
    TRY(subscribe(cli)); /* first, so that nothing falls in between */
    TRY(cli_call(cli, "message.send", json_incref(mine), &r));
    say_as_it_is(json_object_get(r, "as_it_is"));
    const json_t *m = json_object_get(r, "message");
    if (wait_ms > 0 && strcmp(get(m, "state"), "queued") == 0)
        TRY(follow(cli, get(m, "id"), wait_ms, &p));
    return cli_call(cli, "message.get", json_pack("{s:s}", "message", get(m, "id")), ret);
}

/* --- save --- */

static enum err
why_not(const json_t *file)
{
    if (strcmp(get(file, "state"), "gone") == 0)
        return fail(ERR_NOT_FOUND,
                    "%s: the relay has this file no more; ask for it to be sent again.",
                    safe(file, "name"));
    if (strcmp(get(file, "state"), "failed") == 0)
        return fail(err_named(get(file, "why")), "%s: %s", safe(file, "name"),
                    err_text(err_named(get(file, "why"))));
    return fail(ERR_TIMEOUT, "%s does not come.", safe(file, "name"));
}

/* Until the file is here. */
static enum err
fetch(struct cli *cli, const char *id)
{
    AUTO(progress_done) struct progress p = {.files = json_object()};
    AUTO(json_decrefpp) json_t *r = NULL, *file = NULL;

    TRY(cli_call(cli, "attachment.get", json_pack("{s:s}", "attachment", id), &r));
    file = json_incref(json_object_get(r, "attachment"));
    while (strcmp(get(file, "state"), "downloading") == 0) {
        AUTO(json_decrefpp) json_t *n = NULL;
        enum err e = cli_next(cli, SAVE_WAIT, &n);
        json_t *now = json_object_get(json_object_get(n, "params"), "attachment");

        if (e == ERR_TIMEOUT)
            break;
        TRY(e);
        if (now == NULL || strcmp(get(now, "id"), id) != 0)
            continue;
        json_decref(file);
        file = json_incref(now);
        progress_take(&p, file);
        progress_show(&p);
    }
    return strcmp(get(file, "state"), "here") == 0 ? OK : why_not(file);
}

static enum err
save_one(struct cli *cli, const json_t *file, const char *folder)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    if (!json_is_true(json_object_get(file, "outgoing")))
        TRY(fetch(cli, get(file, "id")));
    TRY(cli_call(cli, "attachment.save",
                 json_pack("{s:s,s:s,s:b}", "attachment", get(file, "id"), "path", folder,
                           "replace", args_flag(&cli->args, "replace") != NULL),
                 &r));
    if (cli->json)
        return print_json(r);
    print("%s\n", safe(r, "path"));
    return print_end();
}

enum err
command_save(struct cli *cli, int *ret)
{
    const char *what = args_word(&cli->args, 0), *where = args_word(&cli->args, 1);
    bool whole_message = strncmp(what, "attachment-", 11) != 0;
    AUTO(json_decrefpp) json_t *m = NULL, *r = NULL;
    char folder[PATH_MAX];
    const json_t *each;
    size_t i;

    TRY(absolute(where != NULL ? where : ".", folder));
    TRY(subscribe(cli));
    if (!whole_message) {
        TRY(cli_call(cli, "attachment.show", json_pack("{s:s}", "attachment", what), &r));
        return save_one(cli, json_object_get(r, "attachment"), folder);
    }
    TRY(message_id_named(cli, 0, ANYBODYS, &m));
    TRY(cli_call(cli, "attachment.list", json_pack("{s:O}", "message", m), &r));
    if (json_array_size(json_object_get(r, "attachments")) == 0)
        return fail(ERR_NOT_FOUND, "There are no files in this message.");
    json_array_foreach(json_object_get(r, "attachments"), i, each) TRY(save_one(cli, each, folder));
    return OK;
}

/* --- files --- */

enum err
command_files(struct cli *cli, int *ret)
{
    const char *what = args_word(&cli->args, 0), *id = args_word(&cli->args, 1);
    AUTO(json_decrefpp) json_t *r = NULL;
    const json_t *each;
    size_t i;

    if (what != NULL && id != NULL && strcmp(what, "cancel") == 0)
        return cli_do(cli, "attachment.cancel", json_pack("{s:s}", "attachment", id));
    if (what != NULL && id != NULL && strcmp(what, "retry") == 0)
        return cli_do(cli, "attachment.retry", json_pack("{s:s}", "attachment", id));
    if (what != NULL)
        return fail(ERR_USAGE, "Say `cancel` or `retry`, and which file.");
    TRY(cli_call(cli, "attachment.list", NULL, &r));
    if (cli->json)
        return print_json(r);
    json_array_foreach(json_object_get(r, "attachments"), i, each) file_print(each);
    return print_end();
}
