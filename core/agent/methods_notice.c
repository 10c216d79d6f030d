/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/pager.h"
#include "core/agent/show.h"
#include "core/rpc/evidence.h"
#include "core/trust.h"

struct notice_list {
    struct engine *engine;
    struct pager pager;
};

static enum err
list_notice(void *ctx, const struct notice *n)
{
    struct notice_list *l = ctx;

    pager_add(&l->pager, show_notice(l->engine, n));
    return OK;
}

enum err
method_notice_list(struct call *c, json_t **ret)
{
    struct notice_list l = {.engine = c->agent->engine};

    TRY(pager_begin(c, &l.pager));
    enum err e = notices_each(l.engine, &l, list_notice);
    if (e == OK)
        *ret = pager_end(&l.pager, "notices");
    pager_done(&l.pager);
    return e;
}

enum err
method_notice_seen(struct call *c, json_t **ret)
{
    int64_t id;

    TRY(id_read("notice", param_string(c, "notice", ""), &id));
    return notice_set_seen(c->agent->engine, id);
}

/* --- evidence (B16.4) --- */

static enum err
fill(int fd, const char *text)
{
    for (size_t n = strlen(text), at = 0; at < n;) {
        ssize_t got = write(fd, text + at, n - at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(errno == ENOSPC ? ERR_FULL : ERR_IO, "The file cannot be written: %m");
        at += (size_t)got;
    }
    return fsync(fd) == 0 ? OK : fail(ERR_IO, "The file cannot be written: %m");
}

static enum err
write_new(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0 && errno == EEXIST)
        return fail(ERR_EXISTS, "There is something at that place already.");
    if (fd < 0)
        return fail(ERR_IO, "The new file cannot be made: %m");
    enum err e = fill(fd, text);
    if (close(fd) != 0 && e == OK)
        e = fail(ERR_IO, "The file cannot be written: %m");
    if (e != OK)
        unlink(path);
    return e;
}

static enum err
evidence_of(struct call *c, int64_t notice, json_t **ret)
{
    struct notice_evidence of = {0};

    TRY(notice_evidence(c->agent->engine, notice, &of));
    AUTO(evidence_done)
    struct evidence ev = {.kind = of.notice.kind,
                          .noticed_ms = of.notice.at_ms,
                          .account = of.account,
                          .held = of.held,
                          .shown = of.shown};
    return evidence_json(&ev, ret);
}

enum err
method_notice_evidence(struct call *c, json_t **ret)
{
    AUTO(json_decrefpp) json_t *evidence = NULL;
    const char *path = param_string(c, "path", "");
    int64_t id;

    TRY(id_read("notice", param_string(c, "notice", ""), &id));
    if (path[0] != '/')
        return fail(ERR_USAGE, "The path is not absolute.");
    TRY(evidence_of(c, id, &evidence));
    char *text = json_dumps(evidence, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    if (text == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    enum err e = write_new(path, text);
    json_free_text(text);
    TRY(e);
    *ret = json_pack("{s:O}", "verdict", json_object_get(evidence, "verdict"));
    return OK;
}
