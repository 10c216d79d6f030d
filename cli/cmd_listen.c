/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/output.h"

command_fn command_listen;

#define PAGE 200

/* Notifications say only that there is something; what is printed is always read from the history,
 * page by page after the last one printed, and with it what has come since into places before that
 * one. So nothing is missed, nothing comes twice, and falling behind does no harm. */
struct listening {
    struct cli *cli;
    char from[64];   /* contact id, or "" for all */
    char after[64];  /* message id, "seen", or "start" for the very beginning */
    char healed[64]; /* how much of what came late was printed: an id, or "": as `after` says */
};

static bool
wanted(const struct listening *l, const json_t *m)
{
    return !json_is_true(json_object_get(m, "outgoing")) &&
           (l->from[0] == '\0' || strcmp(l->from, get(m, "contact")) == 0);
}

static enum err
print_one(struct listening *l, const json_t *m)
{
    if (l->cli->json)
        return print_json(m);
    message_print(m, WITHOUT_IDS);
    return print_end();
}

/* What was printed was read: {contact: newest message}. */
static enum err
mark_read(struct listening *l, json_t *newest)
{
    json_t *id;
    const char *contact;

    json_object_foreach(newest, contact, id)
    {
        AUTO(json_decrefpp) json_t *r = NULL;

        TRY(rpc_call(l->cli->rpc, "message.read",
                     json_pack("{s:s,s:O}", "contact", contact, "message", id), &r));
    }
    return OK;
}

/* All of one contact may be seen without those of others being, so only a listener to everything
 * moves the mark. */
static enum err
mark_seen(struct listening *l)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    if (l->from[0] != '\0')
        return OK;
    return rpc_call(l->cli->rpc, "message.seen",
                    json_pack("{s:s*,s:s}", "message",
                              strncmp(l->after, "message-", 8) == 0 ? l->after : NULL, "healed",
                              l->healed),
                    &r);
}

/* The messages of LIST; the newest of each contact into NEWEST. */
static enum err
print_list(struct listening *l, const json_t *list, json_t *newest)
{
    const json_t *each;
    size_t i;

    json_array_foreach(list, i, each)
    {
        if (!wanted(l, each))
            continue;
        TRY(print_one(l, each));
        json_object_set(newest, get(each, "contact"), json_object_get(each, "id"));
    }
    return OK;
}

static enum err
print_page(struct listening *l, bool *ret_more)
{
    AUTO(json_decrefpp) json_t *r = NULL, *late = json_object(), *newest = json_object();

    TRY(cli_call(l->cli, "message.list",
                 json_pack("{s:s,s:s*,s:i}", "after", l->after, "healed",
                           l->healed[0] != '\0' ? l->healed : NULL, "limit", PAGE),
                 &r));
    const json_t *list = json_object_get(r, "messages");
    size_t n = json_array_size(list), n_late = json_array_size(json_object_get(r, "late"));
    bool moved = n > 0 || strcmp(l->healed, get(r, "healed")) != 0;
    TRY(print_list(l, json_object_get(r, "late"), late));
    TRY(print_list(l, list, newest));
    if (n > 0)
        snprintf(l->after, sizeof l->after, "%s", get(json_array_get(list, n - 1), "id"));
    snprintf(l->healed, sizeof l->healed, "%s", get(r, "healed"));
    *ret_more = json_is_true(json_object_get(r, "more"));
    if (n_late > 0)
        TRY(mark_read(l, late));
    TRY(mark_read(l, newest));
    return moved ? mark_seen(l) : OK;
}

static enum err
print_new(struct listening *l)
{
    bool more = true;

    while (more)
        TRY(print_page(l, &more));
    return OK;
}

/* --- where to begin --- */

/* The id before the oldest message that was stored at SINCE or later, looked for from the end. */
static enum err
find_start(struct listening *l, long long since_ms)
{
    char before[64] = "";
    bool more = true, found = false;

    while (more && !found) {
        AUTO(json_decrefpp) json_t *r = NULL;

        TRY(cli_call(
            l->cli, "message.list",
            json_pack("{s:s*,s:i}", "before", before[0] != '\0' ? before : NULL, "limit", PAGE),
            &r));
        const json_t *list = json_object_get(r, "messages");
        more = json_is_true(json_object_get(r, "more")) && json_array_size(list) > 0;
        for (size_t i = json_array_size(list); i-- > 0 && !found;) {
            const json_t *m = json_array_get(list, i);

            snprintf(before, sizeof before, "%s", get(m, "id"));
            found = json_integer_value(json_object_get(m, "stored_ms")) < since_ms;
        }
    }
    snprintf(l->after, sizeof l->after, "%s", found ? before : "start");
    return OK;
}

static enum err
choose_start(struct listening *l)
{
    const char *since = args_flag(&l->cli->args, "since");
    struct timespec now;
    long long ago;

    snprintf(l->after, sizeof l->after, "seen");
    if (since == NULL)
        return OK;
    if (strcmp(since, "all") == 0) {
        snprintf(l->after, sizeof l->after, "start");
        return OK;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    ago = 0;
    if (strcmp(since, "now") != 0)
        TRY(duration_read(since, &ago));
    return find_start(l, (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000 - ago);
}

static enum err
choose_contact(struct listening *l)
{
    const char *from = args_flag(&l->cli->args, "from");
    AUTO(json_decrefpp) json_t *r = NULL;

    if (from == NULL)
        return OK;
    TRY(cli_call(l->cli, "contact.get", json_pack("{s:s}", "contact", from), &r));
    snprintf(l->from, sizeof l->from, "%s", get(json_object_get(r, "contact"), "id"));
    return OK;
}

/* --- going on --- */

static enum err
print_presence(struct listening *l, json_t *presence)
{
    if (l->from[0] != '\0' && strcmp(l->from, get(presence, "contact")) != 0)
        return OK;
    if (l->cli->json) {
        AUTO(json_decrefpp) json_t *j = json_pack("{s:O}", "presence", presence);
        return print_json(j);
    }
    print("* %s: %s%s", safe(presence, "label"), get(presence, "state"),
          json_is_true(json_object_get(presence, "typing")) ? ", typing" : "");
    if (get(presence, "text")[0] != '\0')
        print(" (%s)", safe(presence, "text"));
    print("\n");
    return print_end();
}

static enum err
subscribe(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *r = NULL;

    TRY(cli_connect(cli));
    return rpc_call(cli->rpc, "subscribe",
                    json_pack("{s:[s,s,s,s*]}", "topics", "message", "gap", "lock",
                              args_flag(&cli->args, "presence") != NULL ? "presence" : NULL),
                    &r);
}

static enum err
follow(struct listening *l)
{
    for (;;) {
        AUTO(json_decrefpp) json_t *n = NULL;

        TRY(cli_next(l->cli, -1, &n));
        if (strcmp(get(n, "method"), "lock") == 0)
            continue;
        if (strcmp(get(n, "method"), "presence") == 0) {
            TRY(print_presence(l, json_object_get(n, "params")));
            continue;
        }
        TRY(print_new(l));
    }
}

enum err
command_listen(struct cli *cli, int *ret)
{
    struct listening l = {.cli = cli};

    TRY(subscribe(cli)); /* first, so that nothing falls in between */
    TRY(choose_contact(&l));
    TRY(choose_start(&l));
    TRY(print_new(&l));
    return args_flag(&cli->args, "once") != NULL ? OK : follow(&l);
}
