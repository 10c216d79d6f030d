/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/picture.h"
#include "cli/qr.h"

command_fn command_verify;

static void
say_what_next(const char *name, const json_t *contact)
{
    if (json_is_true(json_object_get(contact, "key_changed")))
        note("The address now belongs to another account. Ask them; then --keep-old or "
             "--take-new.\n");
    else if (strcmp(get(contact, "trust"), "verified") != 0)
        note("Compare it with theirs where nobody can put himself between you, such as face to "
             "face or\non the phone. If it is the same: `snug verify %s --verified`, or what they "
             "see instead of that.\n",
             safe_text(name));
    if (json_is_true(json_object_get(contact, "forked")))
        note("Two histories of their keys contradict each other. Nothing is sent until that is "
             "settled; see `snug notices`.\n");
}

static enum err
show(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *r = NULL;
    AUTO(buf_done) struct buf qr = BUF(256 * 1024);

    TRY(cli_call(cli, "verify.show", json_pack("{s:s}", "contact", args_word(&cli->args, 0)), &r));
    if (cli->json)
        return print_json(r);
    const json_t *contact = json_object_get(r, "contact");
    print("Safety number with %s (%s):\n\n%s\n\n%s\n", safe(contact, "label"), trust_words(contact),
          get(r, "number"), get(r, "qr"));
    if (terminal_shows()) {
        TRY(qr_write(&qr, get(r, "qr"), QR_ON_DARK));
        print("%.*s", (int)qr.n, (const char *)qr.p);
    }
    say_what_next(args_word(&cli->args, 0), contact);
    return print_end();
}

static const char *
words_for(const char *verdict)
{
    if (strcmp(verdict, "match") == 0)
        return "It matches: verified.";
    if (strcmp(verdict, "own-code") == 0)
        return "That is your own code; scan theirs.";
    if (strcmp(verdict, "not-us") == 0)
        return "They hold another account under your name. Somebody may stand between you.";
    return "It does NOT match. Somebody may stand between you.";
}

static enum err
compare(struct cli *cli, const char *text, int *ret)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    TRY(cli_call(cli, "verify.compare",
                 json_pack("{s:s,s:s}", "contact", args_word(&cli->args, 0), "text", text), &r));
    if (strcmp(get(r, "verdict"), "match") != 0)
        *ret = EXIT_KEY;
    if (cli->json)
        return print_json(r);
    print("%s\n", words_for(get(r, "verdict")));
    return print_end();
}

static enum err
compare_stdin(struct cli *cli, int *ret)
{
    AUTO(buf_done) struct buf text = BUF(8192);

    TRY(read_stdin(&text, 4096));
    buf_put_u8(&text, '\0');
    TRY(buf_ok(&text));
    return compare(cli, (const char *)text.p, ret);
}

static enum err
compare_picture(struct cli *cli, const char *file, int *ret)
{
    AUTO(buf_done) struct buf text = BUF(8192);

    TRY(picture_qr(cli, file, "SNUG1:", &text));
    return compare(cli, (const char *)text.p, ret);
}

enum err
command_verify(struct cli *cli, int *ret)
{
    const struct args *a = &cli->args;
    const char *number = args_word(a, 1), *name = args_word(a, 0);
    const char *picture = args_flag(a, "qr-file");
    bool yes = args_flag(a, "verified") != NULL, no = args_flag(a, "not-verified") != NULL;
    bool keep = args_flag(a, "keep-old") != NULL, take = args_flag(a, "take-new") != NULL;

    if ((number != NULL) + (picture != NULL) + yes + no + keep + take > 1)
        return fail(ERR_USAGE, "One thing at a time.");
    if (number != NULL)
        return strcmp(number, "-") == 0 ? compare_stdin(cli, ret) : compare(cli, number, ret);
    if (picture != NULL)
        return compare_picture(cli, picture, ret);
    if (yes || no)
        return cli_do(cli, "verify.set", json_pack("{s:s,s:b}", "contact", name, "verified", yes));
    if (keep || take)
        return cli_do_to_contact(cli, keep ? "contact.keep_key" : "contact.take_new");
    return show(cli);
}
