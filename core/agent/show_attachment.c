/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/show_attachment.h"

#include <stdlib.h>

#include "core/agent/show.h"
#include "core/rpc/json.h"
#include "wire/encoding.h"

json_t *
show_bytes(struct span bytes)
{
    char *text = malloc(BASE64_LEN(bytes.n) + 1);
    json_t *j;

    if (text == NULL)
        return NULL;
    base64url_write(bytes, text);
    j = json_string(text);
    json_free_text(text);
    return j;
}

json_t *
show_attachment(const struct attachment *a)
{
    static const char *const kinds[] = {"file", "image", "voice"};
    static const char *const states[] = {"offered", "uploading", "downloading", "",
                                         "here",    "failed",    "gone"};
    char id[ID_MAX], message[ID_MAX], contact[ID_MAX];
    json_t *j;

    id_write("attachment", a->id, id);
    id_write("message", a->message, message);
    id_write("contact", a->contact, contact);
    j = json_pack("{s:s,s:s,s:s,s:b,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:b,s:s}", "id", id, "message",
                  message, "contact", contact, "outgoing", a->outgoing, "kind", kinds[a->kind],
                  "state", states[a->state], "name", a->name, "mime", a->mime, "size",
                  (json_int_t)a->size, "moved", (json_int_t)a->moved, "total",
                  (json_int_t)a->cipher_size, "preview", a->has_preview, "why", a->why);
    if (j != NULL && a->width > 0) {
        json_object_set_new(j, "width", json_integer(a->width));
        json_object_set_new(j, "height", json_integer(a->height));
    }
    if (j != NULL && a->duration_ms > 0)
        json_object_set_new(j, "duration_ms", json_integer(a->duration_ms));
    if (j != NULL && a->has_waveform)
        json_object_set_new(j, "waveform", show_bytes(SPAN(a->waveform, sizeof a->waveform)));
    return j;
}

json_t *
show_attachment_id(struct engine *e, int64_t id)
{
    struct attachment a;

    return attachment_get(e, id, &a) == OK ? show_attachment(&a) : NULL;
}

static enum err
add(void *ctx, const struct attachment *a)
{
    return json_array_append_new(ctx, show_attachment(a)) == 0 ? OK : ERR_MEMORY;
}

json_t *
show_attachments(struct engine *e, int64_t message)
{
    json_t *list = json_array();

    if (attachments_each(e, message, list, add) != OK) {
        json_decref(list);
        return NULL;
    }
    return list;
}
