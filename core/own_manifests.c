/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/own_manifests.h"

#include <string.h>

#include "crypto/manifest.h"
#include "wire/check.h"

/* All of ours, in force once or only shown. */
#define OURS                                                                                       \
    "(SELECT seq,object,hash FROM manifests WHERE account=?1 "                                     \
    "UNION ALL SELECT seq,object,hash FROM shown_manifests)"

enum err
own_manifest_last(struct engine *e, struct manifest *ret)
{
    AUTO(buf_done) struct buf object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);

    TRY(db_get_bytes(e->db, &object, "SELECT object FROM " OURS " ORDER BY seq DESC LIMIT 1", "b",
                     SPAN_OF(e->account)));
    return manifest_read(buf_span(&object), ret);
}

enum err
own_manifest_shown(struct engine *e, struct span object)
{
    struct manifest m, last;
    bool ours;

    TRY(manifest_read(object, &m));
    TRY(own_manifest_is_ours(e, &m, &ours));
    if (ours)
        return OK;
    TRY(own_manifest_last(e, &last));
    if (manifest_compare(&m, &last) != MANIFEST_NEXT)
        return fail(ERR_FORK, "another manifest with this number was shown already");
    return db_run(e->db, "INSERT INTO shown_manifests(seq,object,hash) VALUES(?1,?2,?3)", "ibb",
                  (int64_t)m.seq, object, SPAN_OF(m.hash));
}

enum err
own_manifest_dangling(struct engine *e, bool *ret)
{
    int64_t n;

    TRY(db_get_int(e->db, &n, "SELECT count(*) FROM shown_manifests", ""));
    *ret = n > 0;
    return OK;
}

enum err
own_manifest_in_force(struct engine *e, struct span object)
{
    TRY(own_manifest_shown(e, object));
    TRY(db_run(e->db,
               "INSERT OR IGNORE INTO manifests(account,seq,object,hash) "
               "SELECT ?1,seq,object,hash FROM shown_manifests",
               "b", SPAN_OF(e->account)));
    return db_run(e->db, "DELETE FROM shown_manifests", "");
}

enum err
own_manifest_is_ours(struct engine *e, const struct manifest *m, bool *ret)
{
    int64_t n;

    TRY(db_get_int(e->db, &n, "SELECT count(*) FROM " OURS " WHERE seq=?2 AND hash=?3", "bib",
                   SPAN_OF(e->account), (int64_t)m->seq, SPAN_OF(m->hash)));
    *ret = n > 0;
    return OK;
}

/* --- what leads to one --- */

void
own_before_done(struct own_before *b)
{
    buf_done(&b->bytes);
}

enum err
own_before_read(struct engine *e, uint32_t seq, struct own_before *b)
{
    AUTO(query_done) struct query q;
    size_t sizes[MANIFESTS_KEPT - 1], at = 0;

    /* From the newest on while they fit, and then turned round. */
    TRY(db_query(e->db, &q, "SELECT object FROM " OURS " WHERE seq<?2 ORDER BY seq DESC LIMIT ?3",
                 "bii", SPAN_OF(e->account), (int64_t)seq, (int64_t)(MANIFESTS_KEPT - 1)));
    while (query_next(&q)) {
        struct span object = query_bytes(&q, 0);
        if (b->bytes.n + object.n > b->bytes.max)
            break;
        sizes[b->count++] = object.n;
        buf_put(&b->bytes, object);
    }
    TRY(query_end(&q));
    TRY(buf_ok(&b->bytes));
    for (size_t i = 0; i < b->count; at += sizes[i++])
        b->objects[b->count - 1 - i] = pb_span(SPAN(b->bytes.p + at, sizes[i]));
    return OK;
}

enum err
own_manifest_put(struct engine *e, struct span object, uint32_t seq, struct buf *ret)
{
    AUTO(own_before_done) struct own_before before = OWN_BEFORE;
    Wire__ManifestPut message = WIRE__MANIFEST_PUT__INIT;

    TRY(own_before_read(e, seq, &before));
    message.manifest = pb_span(object);
    message.n_before = before.count;
    message.before = before.objects;
    wire_pack(ret, &message.base);
    return buf_ok(ret);
}
