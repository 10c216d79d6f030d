/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/other_copy.h"

#include "gui/models/fields.h"

#define SOON_MS 100 /* the state of the relay is told several times in a row */

struct _OtherCopy {
    GObject parent;
    Bridge *bridge;
    gboolean running;
    guint asked, soon;
};

G_DEFINE_FINAL_TYPE(OtherCopy, other_copy, G_TYPE_OBJECT)

enum { CHANGED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void
set_running(OtherCopy *self, gboolean running)
{
    if (running == self->running)
        return;
    self->running = running;
    g_signal_emit(self, signals[CHANGED], 0);
}

static void
on_status(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    OtherCopy *self = p;

    self->asked = 0;
    if (error == NULL)
        set_running(self, strcmp(field_text(result, "copy"), "running") == 0);
}

void
other_copy_look(OtherCopy *self)
{
    bridge_cancel(self->bridge, self->asked);
    self->asked = bridge_call(
        self->bridge, &(struct call){.method = "account.status", .self = self, .done = on_status});
}

static gboolean
look(gpointer data)
{
    OtherCopy *self = data;

    self->soon = 0;
    if (bridge_get_state(self->bridge) == BRIDGE_OPEN)
        other_copy_look(self);
    return G_SOURCE_REMOVE;
}

static void
look_soon(OtherCopy *self)
{
    if (self->soon == 0)
        self->soon = g_timeout_add(SOON_MS, look, self);
}

static void
on_state(OtherCopy *self)
{
    enum bridge_state state = bridge_get_state(self->bridge);

    if (state == BRIDGE_LOCKED || state == BRIDGE_NO_PROFILE)
        set_running(self, FALSE);
    else if (state == BRIDGE_OPEN)
        look_soon(self);
}

/* --- the object --- */

gboolean
other_copy_is_running(OtherCopy *self)
{
    return self->running;
}

static void
other_copy_dispose(GObject *object)
{
    OtherCopy *self = SNUG_OTHER_COPY(object);

    g_clear_handle_id(&self->soon, g_source_remove);
    g_clear_object(&self->bridge);
    G_OBJECT_CLASS(other_copy_parent_class)->dispose(object);
}

static void
other_copy_class_init(OtherCopyClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = other_copy_dispose;
    signals[CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
}

static void
other_copy_init(OtherCopy *self)
{
}

OtherCopy *
other_copy_new(Bridge *bridge)
{
    OtherCopy *self = g_object_new(SNUG_TYPE_OTHER_COPY, NULL);
    static const char *const looks[] = {"refresh", "notification::relay", "notification::notice"};

    self->bridge = g_object_ref(bridge);
    for (size_t i = 0; i < G_N_ELEMENTS(looks); i++)
        g_signal_connect_object(bridge, looks[i], G_CALLBACK(look_soon), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(bridge, "notify::state", G_CALLBACK(on_state), self, G_CONNECT_SWAPPED);
    on_state(self);
    return self;
}
