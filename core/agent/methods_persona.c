/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What contacts see of us, and we of them (B15).
 */
#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/media_call.h"
#include "core/agent/show.h"
#include "core/persona.h"

static enum err
show_own(struct engine *e, json_t **ret)
{
    AUTO(buf_done) struct buf picture = BUF(AVATAR_MAX);
    struct persona own;

    TRY(persona_own(e, &own));
    if (own.has_picture)
        TRY(persona_picture(e, 0, &picture));
    *ret = json_pack("{s:s,s:s}", "name", own.name, "about", own.about);
    if (picture.n > 0)
        json_object_set_new(*ret, "jpeg", json_base64(buf_span(&picture)));
    return OK;
}

enum err
method_me_get(struct call *c, json_t **ret)
{
    return show_own(c->agent->engine, ret);
}

static enum err
apply(struct call *c, const struct span *picture)
{
    return persona_set(c->agent->engine,
                       &(struct persona_change){.name = param_string(c, "name", NULL),
                                                .about = param_string(c, "about", NULL),
                                                .picture = picture});
}

static void
on_picture(void *self, struct media_outcome *o)
{
    struct call *c = self;
    json_t *result = NULL;
    enum err e = o->err;

    if (e == OK)
        e = apply(c, &o->bytes);
    if (e == OK)
        e = show_own(c->agent->engine, &result);
    if (e != OK)
        call_fail(c, e);
    else
        call_finish(c, result);
}

enum err
method_me_set(struct call *c, json_t **ret)
{
    struct media_order order = {.job.work = MEDIA_AVATAR};
    const char *path = param_string(c, "picture", NULL);
    struct span none = SPAN("", 0);

    if (path != NULL && path[0] != '\0')
        return media_call(c, "picture", &order, on_picture);
    TRY(apply(c, path == NULL ? NULL : &none));
    return show_own(c->agent->engine, ret);
}

static enum err
picture_of(struct call *c, struct buf *ret)
{
    struct contact contact;

    TRY(find_contact(c->agent->engine, param_string(c, "contact", ""), &contact));
    return persona_picture(c->agent->engine, contact.state == CONTACT_SELF ? 0 : contact.id, ret);
}

enum err
method_contact_picture(struct call *c, json_t **ret)
{
    AUTO(buf_done) struct buf picture = BUF(AVATAR_MAX);

    TRY(picture_of(c, &picture));
    *ret = json_pack("{s:o}", "jpeg", json_base64(buf_span(&picture)));
    return OK;
}

static void
on_avatar(void *self, struct media_outcome *o)
{
    struct call *c = self;

    if (o->err != OK)
        call_fail(c, o->err);
    else
        call_finish(c, json_pack("{s:i,s:i,s:o}", "width", (int)o->result.width, "height",
                                 (int)o->result.height, "pixels", json_base64(o->bytes)));
}

enum err
method_contact_avatar(struct call *c, json_t **ret)
{
    AUTO(buf_done) struct buf picture = BUF(AVATAR_MAX);
    int64_t size = param_int(c, "size", 0);
    struct media_order order = {.job = {.work = MEDIA_THUMBNAIL, .form = MEDIA_PIXELS}, .fd = -1};

    if (size < 1 || size > MEDIA_AVATAR_SIDE)
        return fail(ERR_USAGE, "The size of an avatar is 1 to %d.", MEDIA_AVATAR_SIDE);
    TRY(picture_of(c, &picture));
    order.job.width = order.job.height = (unsigned)size;
    order.bytes = buf_span(&picture);
    return media_call_order(c, &order, on_avatar);
}
