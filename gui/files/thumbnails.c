/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/thumbnails.h"

#include "gui/files/file_words.h"
#include "gui/files/pixels.h"
#include "gui/models/fields.h"
#include "wire/err.h"

#define KEPT 64
#define AT_ONCE 2
#define FETCHED (2 * THUMBNAIL_SIDE)

struct entry {
    char *id;
    GdkTexture *preview, *whole;
    gboolean preview_asked, whole_asked, bad;
    GList link; /* in the order of use, the latest first */
};

struct _Thumbnails {
    GObject parent;
    Bridge *bridge;
    GHashTable *entries;
    GQueue used;
    GQueue waiting; /* ids */
    guint running;
};

G_DEFINE_FINAL_TYPE(Thumbnails, thumbnails, G_TYPE_OBJECT)

enum { READY, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void fetch_next(Thumbnails *self);

static void
entry_free(gpointer p)
{
    struct entry *e = p;

    g_clear_object(&e->preview);
    g_clear_object(&e->whole);
    g_free(e->id);
    g_free(e);
}

static void
forget_all(Thumbnails *self)
{
    g_queue_init(&self->used);
    g_hash_table_remove_all(self->entries);
    g_queue_clear_full(&self->waiting, g_free);
}

/* The entry of ID, which was used now. */
static struct entry *
use(Thumbnails *self, const char *id)
{
    struct entry *e = g_hash_table_lookup(self->entries, id);

    if (e != NULL) {
        g_queue_unlink(&self->used, &e->link);
        g_queue_push_head_link(&self->used, &e->link);
        return e;
    }
    e = g_new0(struct entry, 1);
    e->id = g_strdup(id);
    e->link.data = e;
    g_hash_table_insert(self->entries, e->id, e);
    g_queue_push_head_link(&self->used, &e->link);
    while (self->used.length > KEPT) {
        GList *last = g_queue_pop_tail_link(&self->used);

        g_hash_table_remove(self->entries, ((struct entry *)last->data)->id);
    }
    return e;
}

/* --- asking --- */

static void
on_preview(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Thumbnails *self = p;
    struct entry *e = g_hash_table_lookup(self->entries, data);
    const json_t *file = json_object_get(result, "attachment");

    if (e == NULL || error != NULL || e->preview != NULL)
        return;
    e->preview = preview_texture(field_text(file, "preview_bytes"));
    if (e->preview != NULL)
        g_signal_emit(self, signals[READY], 0, e->id);
}

static void
ask_preview(Thumbnails *self, struct entry *e)
{
    e->preview_asked = TRUE;
    bridge_call(self->bridge, &(struct call){.method = "attachment.show",
                                             .params = json_pack("{s:s}", "attachment", e->id),
                                             .self = self,
                                             .done = on_preview,
                                             .data = g_strdup(e->id),
                                             .free_data = g_free});
}

static void
on_whole(gpointer p, const struct pixels *pixels, const GError *error, gpointer data)
{
    Thumbnails *self = p;
    struct entry *e = g_hash_table_lookup(self->entries, data);

    self->running--;
    fetch_next(self);
    if (e == NULL)
        return;
    /* What it cannot do now may go well another time: only a picture that is none is one for good.
     */
    e->bad = pixels == NULL && (error->code == ERR_MALFORMED || error->code == ERR_TOO_LARGE);
    if (pixels != NULL)
        e->whole = g_object_ref(pixels->texture);
    else if (!e->bad)
        e->whole_asked = FALSE; /* when it is looked at again */
    if (e->whole_asked)
        g_signal_emit(self, signals[READY], 0, (const char *)data);
}

static void
fetch_next(Thumbnails *self)
{
    while (self->running < AT_ONCE) {
        char *id = g_queue_pop_head(&self->waiting);

        if (id == NULL)
            return;
        self->running++;
        pixels_fetch(self->bridge, &(struct pixels_wish){.attachment = id,
                                                         .width = FETCHED,
                                                         .height = FETCHED,
                                                         .self = self,
                                                         .done = on_whole,
                                                         .data = id,
                                                         .free_data = g_free});
    }
}

enum thumbnail_state
thumbnails_see(Thumbnails *self, const Attachment *file, GdkTexture **ret)
{
    struct entry *e = use(self, file->id);

    if (e->whole == NULL && file->has_preview && !e->preview_asked)
        ask_preview(self, e);
    if (file_is_here(file) && !e->whole_asked) {
        e->whole_asked = TRUE;
        g_queue_push_tail(&self->waiting, g_strdup(file->id));
        fetch_next(self);
    }
    *ret = e->whole != NULL ? e->whole : e->preview;
    return e->bad               ? THUMBNAIL_BAD
           : e->whole           ? THUMBNAIL_WHOLE
           : e->preview != NULL ? THUMBNAIL_PREVIEW
                                : THUMBNAIL_NONE;
}

/* --- all of them --- */

static void
on_state(Thumbnails *self)
{
    if (bridge_get_state(self->bridge) != BRIDGE_OPEN)
        forget_all(self);
}

static void
thumbnails_finalize(GObject *object)
{
    Thumbnails *self = SNUG_THUMBNAILS(object);

    forget_all(self);
    g_hash_table_unref(self->entries);
    g_object_unref(self->bridge);
    G_OBJECT_CLASS(thumbnails_parent_class)->finalize(object);
}

static void
thumbnails_class_init(ThumbnailsClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = thumbnails_finalize;
    signals[READY] = g_signal_new("ready", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
thumbnails_init(Thumbnails *self)
{
    self->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
    g_queue_init(&self->used);
    g_queue_init(&self->waiting);
}

Thumbnails *
thumbnails_of(Account *account)
{
    static const char key[] = "snug-thumbnails";
    Thumbnails *self = g_object_get_data(G_OBJECT(account), key);

    if (self != NULL)
        return self;
    self = g_object_new(SNUG_TYPE_THUMBNAILS, NULL);
    self->bridge = g_object_ref(account->bridge);
    g_signal_connect_object(account->bridge, "notify::state", G_CALLBACK(on_state), self,
                            G_CONNECT_SWAPPED);
    g_object_set_data_full(G_OBJECT(account), key, self, g_object_unref);
    return self;
}
