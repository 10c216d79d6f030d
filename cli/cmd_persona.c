/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What contacts see of you, and links that end.
 */
#include <string.h>
#include <time.h>

#include "cli/output.h"
#include "cli/picture.h"
#include "cli/qr.h"
#include "wire/limits.h"

command_fn command_me, command_links;

/* --- me --- */

static enum err
change_me(struct cli *cli, json_t **ret)
{
    const char *file = args_flag(&cli->args, "picture");
    char path[PATH_MAX] = "";

    if (file != NULL)
        TRY(path_absolute(file, path));
    bool picture = file != NULL || args_flag(&cli->args, "no-picture") != NULL;
    json_t *params = json_pack("{s:s*,s:s*,s:s*}", "name", args_flag(&cli->args, "name"), "about",
                               args_flag(&cli->args, "about"), "picture", picture ? path : NULL);
    return params != NULL ? cli_call(cli, "me.set", params, ret)
                          : fail(ERR_USAGE, "That is not valid UTF-8.");
}

enum err
command_me(struct cli *cli, int *ret)
{
    AUTO(json_decrefpp) json_t *me = NULL;

    if (cli->args.flag_count > 0)
        TRY(change_me(cli, &me));
    else
        TRY(cli_call(cli, "me.get", NULL, &me));
    if (cli->json)
        return print_json(me);
    print("name: %s\nabout: %s\npicture: %s\n", safe(me, "name"), safe(me, "about"),
          json_object_get(me, "jpeg") != NULL ? "yes" : "none");
    print("Your accepted contacts see this, and nobody else.\n");
    return print_end();
}

/* --- links --- */

static void
print_one(const json_t *l)
{
    json_int_t uses = json_integer_value(json_object_get(l, "uses"));
    json_int_t used = json_integer_value(json_object_get(l, "used"));
    json_int_t expires = json_integer_value(json_object_get(l, "expires_ms"));

    print("%s %s", get(l, "id"), get(l, "state"));
    if (get(l, "label")[0] != '\0')
        print(" \"%s\"", safe(l, "label"));
    if (uses > 0)
        print(", used %lld of %lld", (long long)used, (long long)uses);
    else
        print(", used %lld", (long long)used);
    if (expires > 0)
        print(", until %s", when(expires));
    print("\n");
    if (get(l, "link")[0] != '\0')
        print("    %s\n", safe(l, "link"));
}

static enum err
list(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *r = NULL;
    const json_t *each;
    size_t i;

    TRY(cli_call_list(cli, "link.list", NULL, "links", &r));
    if (cli->json)
        return print_json(r);
    json_array_foreach(json_object_get(r, "links"), i, each) print_one(each);
    return print_end();
}

/* uses, expires_ms and label of the flags. */
static enum err
wish(const struct cli *cli, json_t *params)
{
    const char *uses = args_flag(&cli->args, "uses"), *lasts = args_flag(&cli->args, "for");
    const char *label = args_flag(&cli->args, "label");
    long long n, ms;

    if (uses != NULL) {
        TRY(number_read(uses, 1, 10000, &n));
        json_object_set_new(params, "uses", json_integer(n));
    }
    if (lasts != NULL) {
        TRY(duration_read(lasts, &ms));
        json_object_set_new(params, "expires_ms", json_integer((json_int_t)time(NULL) * 1000 + ms));
    }
    if (label != NULL && json_object_set_new(params, "label", json_string(label)) != 0)
        return fail(ERR_USAGE, "The label is not valid UTF-8.");
    return OK;
}

static enum err
make(struct cli *cli, const char *method, const char *link)
{
    AUTO(json_decrefpp) json_t *params = json_pack("{s:s*}", "link", link), *r = NULL;
    AUTO(buf_done) struct buf qr = BUF(256 * 1024);

    TRY(wish(cli, params));
    TRY(cli_call(cli, method, json_incref(params), &r));
    if (cli->json)
        return print_json(r);
    print_one(json_object_get(r, "link"));
    if (terminal_shows()) {
        TRY(qr_write(&qr, get(json_object_get(r, "link"), "link"), QR_ON_DARK));
        print("%.*s", (int)qr.n, (const char *)qr.p);
    }
    return print_end();
}

enum err
command_links(struct cli *cli, int *ret)
{
    const char *what = args_word(&cli->args, 0), *link = args_word(&cli->args, 1);

    if (what == NULL || strcmp(what, "list") == 0)
        return list(cli);
    if (strcmp(what, "new") == 0)
        return make(cli, "link.create", NULL);
    if (link == NULL)
        return fail(ERR_USAGE, "Say which link: `snug links` lists them.");
    if (strcmp(what, "renew") == 0)
        return make(cli, "link.renew", link);
    if (strcmp(what, "revoke") == 0)
        return cli_do(cli, "link.revoke", json_pack("{s:s}", "link", link));
    return fail(ERR_USAGE, "Links can be listed, made (new), renewed and revoked.");
}
