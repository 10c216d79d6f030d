/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/standing.h"

#include "gui/models/fields.h"

#define SOON_MS 100 /* the state of the relay is told several times in a row */

struct _Standing {
    GObject parent;
    Bridge *bridge;
    gboolean running;
    char *not_joined;
    guint asked, soon;
};

G_DEFINE_FINAL_TYPE(Standing, standing, G_TYPE_OBJECT)

enum { CHANGED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void
set(Standing *self, gboolean running, const char *not_joined)
{
    if (running == self->running && g_strcmp0(not_joined, self->not_joined) == 0)
        return;
    self->running = running;
    g_free(self->not_joined);
    self->not_joined = g_strdup(not_joined);
    g_signal_emit(self, signals[CHANGED], 0);
}

static void
on_status(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Standing *self = p;
    const json_t *joining = json_object_get(result, "joining");

    self->asked = 0;
    if (error == NULL)
        set(self, strcmp(field_text(result, "copy"), "running") == 0,
            strcmp(field_text(joining, "step"), "failed") == 0 ? field_text(joining, "error")
                                                               : NULL);
}

void
standing_look(Standing *self)
{
    bridge_cancel(self->bridge, self->asked);
    self->asked = bridge_call(
        self->bridge, &(struct call){.method = "account.status", .self = self, .done = on_status});
}

static gboolean
look(gpointer data)
{
    Standing *self = data;

    self->soon = 0;
    if (bridge_get_state(self->bridge) == BRIDGE_OPEN)
        standing_look(self);
    return G_SOURCE_REMOVE;
}

static void
look_soon(Standing *self)
{
    if (self->soon == 0)
        self->soon = g_timeout_add(SOON_MS, look, self);
}

static void
on_state(Standing *self)
{
    enum bridge_state state = bridge_get_state(self->bridge);

    if (state == BRIDGE_LOCKED || state == BRIDGE_NO_PROFILE)
        set(self, FALSE, NULL);
    else if (state == BRIDGE_OPEN)
        look_soon(self);
}

/* --- the object --- */

gboolean
standing_copy_is_running(Standing *self)
{
    return self->running;
}

const char *
standing_not_joined(Standing *self)
{
    return self->not_joined;
}

static void
standing_dispose(GObject *object)
{
    Standing *self = SNUG_STANDING(object);

    g_clear_handle_id(&self->soon, g_source_remove);
    g_clear_object(&self->bridge);
    g_clear_pointer(&self->not_joined, g_free);
    G_OBJECT_CLASS(standing_parent_class)->dispose(object);
}

static void
standing_class_init(StandingClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = standing_dispose;
    signals[CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
}

static void
standing_init(Standing *self)
{
}

Standing *
standing_new(Bridge *bridge)
{
    Standing *self = g_object_new(SNUG_TYPE_STANDING, NULL);
    static const char *const looks[] = {"refresh", "notification::relay", "notification::notice"};

    self->bridge = g_object_ref(bridge);
    for (size_t i = 0; i < G_N_ELEMENTS(looks); i++)
        g_signal_connect_object(bridge, looks[i], G_CALLBACK(look_soon), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(bridge, "notify::state", G_CALLBACK(on_state), self, G_CONNECT_SWAPPED);
    on_state(self);
    return self;
}
