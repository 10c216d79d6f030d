/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/picture.h"

command_fn command_picture;

enum err
path_absolute(const char *path, char ret[PATH_MAX])
{
    char here[PATH_MAX] = "";
    bool whole = path[0] == '/';

    if (!whole && getcwd(here, sizeof here) == NULL)
        return fail(ERR_IO, "The present folder has no name: %m");
    return snprintf(ret, PATH_MAX, "%s%s%s", here, whole ? "" : "/", path) < PATH_MAX
               ? OK
               : fail(ERR_USAGE, "That path is too long.");
}

/* Call METHOD with the path of FILE, and of NEW where that is not NULL. */
static enum err
call_with_paths(struct cli *cli, const char *method, const char *file, const char *new,
                json_t **ret)
{
    char path[PATH_MAX], out[PATH_MAX];

    TRY(path_absolute(file, path));
    if (new != NULL)
        TRY(path_absolute(new, out));
    json_t *params = json_pack("{s:s,s:s*}", "path", path, "out", new != NULL ? out : NULL);
    return params != NULL ? cli_call(cli, method, params, ret)
                          : fail(ERR_USAGE, "That is not valid UTF-8.");
}

enum err
picture_qr(struct cli *cli, const char *file, const char *begin, struct buf *ret)
{
    AUTO(json_decrefpp) json_t *r = NULL;
    const json_t *each;
    size_t i;

    TRY(call_with_paths(cli, "qr.read", file, NULL, &r));
    json_array_foreach(json_object_get(r, "texts"), i, each)
    {
        const char *text = json_string_value(each);

        if (text == NULL || strncmp(text, begin, strlen(begin)) != 0)
            continue;
        buf_put(ret, SPAN(text, strlen(text) + 1));
        return buf_ok(ret);
    }
    return fail(ERR_NOT_FOUND, "The QR code in the picture is none of Snug's for this.");
}

static enum err
show_codes(struct cli *cli, const char *file)
{
    AUTO(json_decrefpp) json_t *r = NULL;
    const json_t *each;
    size_t i;

    TRY(call_with_paths(cli, "qr.read", file, NULL, &r));
    if (cli->json)
        return print_json(r);
    json_array_foreach(json_object_get(r, "texts"), i, each)
    {
        AUTO(buf_done) struct buf text = BUF(64 * 1024);

        safe_write(&text, json_string_value(each), ALL_LINES, "");
        print("%.*s\n", (int)text.n, (const char *)text.p);
    }
    return print_end();
}

static enum err
clean(struct cli *cli, const char *file, const char *new)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    TRY(call_with_paths(cli, "media.strip", file, new, &r));
    if (cli->json)
        return print_json(r);
    note("A %s picture of %lld bytes, without metadata.\n", get(r, "kind"),
         (long long)json_integer_value(json_object_get(r, "size")));
    return OK;
}

enum err
command_picture(struct cli *cli, int *ret)
{
    const char *file = args_word(&cli->args, 0), *new = args_flag(&cli->args, "clean");
    AUTO(json_decrefpp) json_t *r = NULL;

    if (new != NULL && args_flag(&cli->args, "qr") != NULL)
        return fail(ERR_USAGE, "One thing at a time.");
    if (new != NULL)
        return clean(cli, file, new);
    if (args_flag(&cli->args, "qr") != NULL)
        return show_codes(cli, file);
    TRY(call_with_paths(cli, "media.inspect", file, NULL, &r));
    if (cli->json)
        return print_json(r);
    print("%s, %lld by %lld\n", get(r, "kind"),
          (long long)json_integer_value(json_object_get(r, "width")),
          (long long)json_integer_value(json_object_get(r, "height")));
    return print_end();
}
