/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/message.h"

#include <string.h>

#include "cli/markdown.h"
#include "cli/output.h"
#include "wire/limits.h"

#define SEND_WAIT 10000 /* ms */
#define PAGE 100

/* --- naming one --- */

static bool
fits(const json_t *m, enum whose whose)
{
    bool ours = json_is_true(json_object_get(m, "outgoing"));

    if (strcmp(get(m, "type"), "missing") == 0 ||
        json_integer_value(json_object_get(m, "deleted_ms")) != 0)
        return false;
    return whose == ANYBODYS || ours == (whose == OURS);
}

/* The newest that fits, page by page from the end. CONTACT NULL: of all. */
static enum err
find_last(struct cli *cli, const char *contact, enum whose whose, json_t **ret)
{
    char before[64] = "";
    bool more = true;

    while (more) {
        AUTO(json_decrefpp) json_t *r = NULL;

        TRY(cli_call(cli, "message.list",
                     json_pack("{s:s*,s:s*,s:i}", "contact", contact, "before",
                               before[0] != '\0' ? before : NULL, "limit", PAGE),
                     &r));
        const json_t *list = json_object_get(r, "messages");
        more = json_is_true(json_object_get(r, "more")) && json_array_size(list) > 0;
        for (size_t i = json_array_size(list); i-- > 0;) {
            json_t *m = json_array_get(list, i);
            if (fits(m, whose)) {
                *ret = json_incref(m);
                return OK;
            }
        }
        snprintf(before, sizeof before, "%s", get(json_array_get(list, 0), "id"));
    }
    return fail(ERR_NOT_FOUND, "There is no such message.");
}

enum err
message_named(struct cli *cli, size_t word, enum whose whose, json_t **ret)
{
    const char *text = args_word(&cli->args, word);
    AUTO(json_decrefpp) json_t *r = NULL;
    char id[64];
    long long number;

    if (strcmp(text, "last") == 0)
        return find_last(cli, NULL, whose, ret);
    if (strncmp(text, "last:", 5) == 0)
        return find_last(cli, text + 5, whose, ret);
    if (strncmp(text, "message-", 8) == 0)
        text += 8;
    if (number_read(text + (text[0] == '#'), 1, INT64_MAX, &number) != OK)
        return fail(ERR_USAGE, "A message is named by its number, `last` or `last:NAME`.");
    snprintf(id, sizeof id, "message-%lld", number);
    TRY(cli_call(cli, "message.get", json_pack("{s:s}", "message", id), &r));
    *ret = json_incref(json_object_get(r, "message"));
    return OK;
}

enum err
message_id_named(struct cli *cli, size_t word, enum whose whose, json_t **ret_id)
{
    AUTO(json_decrefpp) json_t *m = NULL;

    TRY(message_named(cli, word, whose, &m));
    *ret_id = json_incref(json_object_get(m, "id"));
    return OK;
}

/* --- texts --- */

static enum err
put_text(json_t *params, struct span text)
{
    return json_object_set_new(params, "text", json_stringn((const char *)text.p, text.n)) == 0
               ? OK
               : fail(ERR_USAGE, "The text is not valid UTF-8.");
}

static enum err
put_marked(json_t *params, struct span text)
{
    AUTO(buf_done) struct buf plain = BUF(256 * 1024);
    json_t *ranges;

    TRY(markdown_read(text, &plain, &ranges));
    json_object_set_new(params, "ranges", ranges);
    return put_text(params, plain.n > 0 ? buf_span(&plain) : SPAN("", 0));
}

/* The first @NAME in the text is the mention of NAME. */
static enum err
put_mention(json_t *params, const char *name)
{
    const char *text = get(params, "text"), *at = text;
    size_t n = strlen(name);

    while ((at = strchr(at, '@')) != NULL && strncmp(at + 1, name, n) != 0)
        at++;
    if (at == NULL || n == 0)
        return fail(ERR_USAGE, "The text has no @ before the name that is mentioned.");
    json_object_set_new(params, "mentions",
                        json_pack("[{s:I,s:I,s:s}]", "start", (json_int_t)(at - text), "length",
                                  (json_int_t)(n + 1), "contact", name));
    return OK;
}

enum err
text_params(struct cli *cli, size_t word, json_t *params)
{
    const char *text = args_word(&cli->args, word), *mention = args_flag(&cli->args, "mention");
    AUTO(buf_done) struct buf typed = BUF(256 * 1024);

    if (params == NULL)
        return fail(ERR_USAGE, "A name is not valid UTF-8.");
    if (text == NULL)
        return fail(ERR_USAGE, "There is nothing to send: give a text, or --file.");
    if (strcmp(text, "-") == 0)
        TRY(read_stdin(&typed, TEXT_MAX));
    else
        buf_put_str(&typed, text);
    TRY(buf_ok(&typed));
    struct span said = typed.n > 0 ? buf_span(&typed) : SPAN("", 0);
    if (args_flag(&cli->args, "markdown") != NULL)
        TRY(put_marked(params, said));
    else
        TRY(put_text(params, said));
    return mention != NULL ? put_mention(params, mention) : OK;
}

/* --- sending --- */

enum err
wait_param(struct cli *cli, json_t *params)
{
    const char *wait = args_flag(&cli->args, "wait");
    long long wait_ms = SEND_WAIT;

    if (params == NULL)
        return fail(ERR_USAGE, "The name is not valid UTF-8.");
    if (wait != NULL)
        TRY(duration_read(wait, &wait_ms));
    json_object_set_new(params, "wait_ms", json_integer(wait_ms));
    return OK;
}

enum err
say_sent(const json_t *m, int *ret)
{
    const char *state = get(m, "state");

    if (strcmp(state, "failed") == 0)
        return fail(err_named(get(m, "why")), "It could not be sent: %s",
                    err_text(err_named(get(m, "why"))));
    if (strcmp(state, "queued") == 0) {
        *ret = EXIT_QUEUED;
        note("Queued; it goes out by itself.\n");
    }
    return OK;
}
