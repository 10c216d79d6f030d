/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/contact.h"

#include <glib/gi18n.h>

#include "gui/models/fields.h"

G_DEFINE_FINAL_TYPE(Contact, contact, G_TYPE_OBJECT)

enum { CHANGED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static const char *const states[] = {"none",    "asked",   "asking", "accepted",
                                     "removed", "blocked", "self",   NULL};
static const char *const trusts[] = {"unverified", "from-link", "verified", NULL};
static const char *const presences[] = {"unknown", "online", "away", "busy", "offline", NULL};

const char *
presence_label(enum presence presence)
{
    const char *const labels[] = {"", _("Online"), _("Away"), _("Busy"), _("Offline")};

    return labels[presence];
}

void
contact_update(Contact *self, const json_t *shown)
{
    set_text(&self->id, field_text(shown, "id"));
    set_text(&self->label, field_text(shown, "label"));
    set_text(&self->address, field_text(shown, "address"));
    set_text(&self->account, field_text(shown, "account"));
    set_text(&self->nickname, field_text(shown, "nickname"));
    set_text(&self->name, field_text(shown, "name"));
    set_text(&self->about, field_text(shown, "about"));
    set_text(&self->request_text, field_text(shown, "request_text"));
    self->state = field_word(shown, "state", states, CONTACT_NONE);
    self->trust = field_word(shown, "trust", trusts, TRUST_UNVERIFIED);
    self->key_changed = field_bool(shown, "key_changed");
    self->forked = field_bool(shown, "forked");
    self->unreachable = field_bool(shown, "unreachable");
    self->has_picture = field_bool(shown, "picture");
    if (!self->has_picture) {
        g_clear_object(&self->texture);
        self->texture_wanted = FALSE;
    }
    self->created_ms = field_int(shown, "created_ms");
    self->heard_ms = field_int(shown, "heard_ms");
    g_signal_emit(self, signals[CHANGED], 0);
}

void
contact_update_presence(Contact *self, const json_t *shown)
{
    self->presence = field_word(shown, "state", presences, PRESENCE_UNKNOWN);
    set_text(&self->presence_text, field_text(shown, "text"));
    self->presence_until_ms = field_int(shown, "until_ms");
    self->typing = field_bool(shown, "typing");
    g_signal_emit(self, signals[CHANGED], 0);
}

void
contact_take_texture(Contact *self, GdkTexture *texture)
{
    g_clear_object(&self->texture);
    self->texture = texture;
    g_signal_emit(self, signals[CHANGED], 0);
}

static void
contact_finalize(GObject *object)
{
    Contact *self = SNUG_CONTACT(object);
    char *const texts[] = {self->id,      self->label,        self->address,
                           self->account, self->nickname,     self->name,
                           self->about,   self->request_text, self->presence_text};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        free_wiped(texts[i]);
    g_clear_object(&self->texture);
    G_OBJECT_CLASS(contact_parent_class)->finalize(object);
}

static void
contact_class_init(ContactClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = contact_finalize;
    signals[CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
}

static void
contact_init(Contact *self)
{
    self->presence_text = g_strdup("");
}

Contact *
contact_new(const json_t *shown)
{
    Contact *self = g_object_new(SNUG_TYPE_CONTACT, NULL);

    contact_update(self, shown);
    return self;
}
