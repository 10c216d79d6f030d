/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Evidence (B16.4): out of a notice into a file, and looking at a file that somebody else made,
 * which needs neither a profile nor the agent.
 */
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/picture.h"
#include "cli/reading.h"
#include "core/rpc/evidence.h"

command_fn command_evidence;

static enum err
save(struct cli *cli, const char *notice, const char *file)
{
    AUTO(json_decrefpp) json_t *r = NULL;
    char path[PATH_MAX];

    if (file == NULL)
        return fail(ERR_USAGE, "Say into which file.");
    TRY(path_absolute(file, path));
    json_t *params = json_pack("{s:s,s:s}", "notice", notice, "path", path);
    if (params == NULL)
        return fail(ERR_USAGE, "That is not valid UTF-8.");
    TRY(cli_call(cli, "notice.evidence", params, &r));
    if (cli->json)
        return print_json(r);
    note("It holds both signed device lists, so also the addresses in them, and nothing of yours. "
         "Anybody can look at it with `snug evidence check`.\n");
    return OK;
}

/* Whoever signed it may have said any time. */
static const char *
when_made(const json_t *manifest)
{
    json_int_t created = number(manifest, "created");

    return when(created <= INT64_MAX / 1000 ? 1000 * created : 0);
}

static enum err
check(struct cli *cli, const char *path)
{
    AUTO(buf_done) struct buf file = BUF(EVIDENCE_FILE_MAX);
    AUTO(json_decrefpp) json_t *facts = NULL;
    const char *sentence;
    const json_t *each;
    size_t i;

    enum err e = file_read(path, &file);
    if (e == ERR_TOO_LARGE)
        return fail(ERR_DAMAGED, "This is no evidence of Snug.");
    TRY(e);
    e = evidence_check(buf_span(&file), &sentence, &facts);
    if (e != OK) /* a file that proves nothing is no good, however it came about */
        return fail(ERR_DAMAGED, "%s", err_why(e));
    if (cli->json)
        return print_json(facts);
    print("%s\n\naccount %s\n", sentence, safe(facts, "account"));
    json_array_foreach(json_object_get(facts, "manifests"), i, each) print(
        "%s: number %lld, %s, signed by %s, made %s\n", safe(each, "role"),
        (long long)number(each, "seq"), safe(each, "address"), safe(each, "key"), when_made(each));
    return print_end();
}

enum err
command_evidence(struct cli *cli, int *ret)
{
    const char *what = args_word(&cli->args, 0), *thing = args_word(&cli->args, 1);
    const char *file = args_word(&cli->args, 2);

    if (strcmp(what, "save") == 0)
        return save(cli, thing, file);
    if (strcmp(what, "check") == 0 && file == NULL)
        return check(cli, thing);
    return fail(ERR_USAGE, "`snug evidence save NOTICE FILE` or `snug evidence check FILE`.");
}
