/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/avatars.h"

#include "gui/models/fields.h"
#include "wire/buf.h"
#include "wire/encoding.h"

#define SIDE 96 /* twice the size of most rows, for dense displays */
#define SIDE_MAX 256
#define AT_ONCE 2

struct _Avatars {
    GObject parent;
    Bridge *bridge;
    ContactBook *book;
    GQueue waiting; /* of Contact */
    guint running;
};

G_DEFINE_FINAL_TYPE(Avatars, avatars, G_TYPE_OBJECT)

static void ask_next(Avatars *self);

GdkTexture *
avatar_read(const json_t *result)
{
    const char *text = field_text(result, "pixels");
    gint64 width = field_int(result, "width"), height = field_int(result, "height");

    if (width < 1 || width > SIDE_MAX || height < 1 || height > SIDE_MAX)
        return NULL;
    gsize n = (gsize)(width * height) * 4;
    guint8 *pixels = g_malloc(n);
    if (base64url_read(SPAN_STR(text), pixels, n) != OK) {
        g_free(pixels);
        return NULL;
    }
    g_autoptr(GBytes) bytes = g_bytes_new_take(pixels, n);
    return gdk_memory_texture_new((int)width, (int)height, GDK_MEMORY_R8G8B8A8, bytes,
                                  (gsize)width * 4);
}

static void
on_pixels(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Avatars *self = p;
    Contact *contact = data;
    g_autoptr(GdkTexture) texture = result != NULL ? avatar_read(result) : NULL;

    self->running--;
    if (texture != NULL)
        contact_take_texture(contact, g_steal_pointer(&texture));
    ask_next(self);
}

static void
ask_next(Avatars *self)
{
    while (self->running < AT_ONCE) {
        Contact *contact = g_queue_pop_head(&self->waiting);

        if (contact == NULL)
            return;
        self->running++;
        bridge_call(self->bridge, &(struct call){.method = "contact.avatar",
                                                 .params = json_pack("{s:s,s:i}", "contact",
                                                                     contact->id, "size", SIDE),
                                                 .self = self,
                                                 .done = on_pixels,
                                                 .data = contact,
                                                 .free_data = g_object_unref});
    }
}

static void
ask(Avatars *self, Contact *contact)
{
    contact->texture_wanted = TRUE;
    if (g_queue_find(&self->waiting, contact) == NULL)
        g_queue_push_tail(&self->waiting, g_object_ref(contact));
    ask_next(self);
}

void
avatars_want(Avatars *self, Contact *contact)
{
    if (contact->has_picture && contact->texture == NULL && !contact->texture_wanted)
        ask(self, contact);
}

/* Perhaps their picture is another one; the old one stays until it is here. */
static void
on_contact(Avatars *self, const json_t *params)
{
    const char *id = field_text(json_object_get(params, "contact"), "id");
    Contact *contact = contact_book_get(self->book, id);

    if (contact != NULL && contact->has_picture && contact->texture_wanted)
        ask(self, contact);
}

static void
on_state(Avatars *self)
{
    if (bridge_get_state(self->bridge) != BRIDGE_OPEN)
        g_queue_clear_full(&self->waiting, g_object_unref);
}

static void
avatars_finalize(GObject *object)
{
    Avatars *self = SNUG_AVATARS(object);

    g_queue_clear_full(&self->waiting, g_object_unref);
    g_object_unref(self->book);
    g_object_unref(self->bridge);
    G_OBJECT_CLASS(avatars_parent_class)->finalize(object);
}

static void
avatars_class_init(AvatarsClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = avatars_finalize;
}

static void
avatars_init(Avatars *self)
{
    g_queue_init(&self->waiting);
}

Avatars *
avatars_new(Bridge *bridge, ContactBook *book)
{
    Avatars *self = g_object_new(SNUG_TYPE_AVATARS, NULL);

    self->bridge = g_object_ref(bridge);
    self->book = g_object_ref(book);
    g_signal_connect_object(bridge, "notify::state", G_CALLBACK(on_state), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(bridge, "notification::contact", G_CALLBACK(on_contact), self,
                            G_CONNECT_SWAPPED);
    return self;
}
