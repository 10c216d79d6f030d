/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/attachment.h"

#include "gui/models/fields.h"
#include "wire/encoding.h"
#include "wire/limits.h"

G_DEFINE_FINAL_TYPE(Attachment, attachment, G_TYPE_OBJECT)

enum { CHANGED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static const char *const kinds[] = {"file", "image", "voice", NULL};
static const char *const states[] = {"offered", "uploading", "downloading", "here",
                                     "failed",  "gone",      NULL};

static guint8 *
read_waveform(const json_t *shown)
{
    const char *text = field_text(shown, "waveform");
    guint8 bars[WAVEFORM_BYTES];

    if (base64url_read(SPAN_STR(text), bars, sizeof bars) != OK)
        return NULL;
    return g_memdup2(bars, sizeof bars);
}

void
attachment_update(Attachment *self, const json_t *shown)
{
    set_text(&self->id, field_text(shown, "id"));
    set_text(&self->message, field_text(shown, "message"));
    set_text(&self->contact, field_text(shown, "contact"));
    set_text(&self->name, field_text(shown, "name"));
    set_text(&self->mime, field_text(shown, "mime"));
    set_text(&self->why, field_text(shown, "why"));
    self->outgoing = field_bool(shown, "outgoing");
    self->kind = field_word(shown, "kind", kinds, ATTACHMENT_FILE);
    self->state = field_word(shown, "state", states, ATTACHMENT_GONE);
    self->size = field_int(shown, "size");
    self->moved = field_int(shown, "moved");
    self->total = field_int(shown, "total");
    self->has_preview = field_bool(shown, "preview");
    self->width = (int)CLAMP(field_int(shown, "width"), 0, G_MAXUINT16);
    self->height = (int)CLAMP(field_int(shown, "height"), 0, G_MAXUINT16);
    self->duration_ms = field_int(shown, "duration_ms");
    g_free(self->waveform);
    self->waveform = read_waveform(shown);
    g_signal_emit(self, signals[CHANGED], 0);
}

static void
attachment_finalize(GObject *object)
{
    Attachment *self = SNUG_ATTACHMENT(object);
    char *const texts[] = {self->id,   self->message, self->contact,
                           self->name, self->mime,    self->why};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        free_wiped(texts[i]);
    g_free(self->waveform);
    G_OBJECT_CLASS(attachment_parent_class)->finalize(object);
}

static void
attachment_class_init(AttachmentClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = attachment_finalize;
    signals[CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
}

static void
attachment_init(Attachment *self)
{
}

Attachment *
attachment_new(const json_t *shown)
{
    Attachment *self = g_object_new(SNUG_TYPE_ATTACHMENT, NULL);

    attachment_update(self, shown);
    return self;
}
