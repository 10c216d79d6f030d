/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/message_bubble.h"

#include "gui/chat/text_size.h"

#define GAP 4         /* between parts */
#define META_GAP 12   /* between the text and the time beside it */
#define LEAST_TEXT 48 /* px: it wraps wherever it has to */

struct _MessageBubble {
    GtkWidget parent;
    GtkWidget *parts[BUBBLE_PARTS];
    struct text_size text;
};

G_DEFINE_FINAL_TYPE(MessageBubble, message_bubble, GTK_TYPE_WIDGET)

static gboolean
has(MessageBubble *self, enum bubble_part part)
{
    return self->parts[part] != NULL && gtk_widget_should_layout(self->parts[part]);
}

static GtkLabel *
text_label(MessageBubble *self)
{
    return GTK_LABEL(self->parts[BUBBLE_TEXT]);
}

static int
natural_width(MessageBubble *self, enum bubble_part part, int *ret_least)
{
    int least, natural;

    if (part == BUBBLE_TEXT) {
        natural = self->text.width;
        least = MIN(natural, LEAST_TEXT);
    } else
        gtk_widget_measure(self->parts[part], GTK_ORIENTATION_HORIZONTAL, -1, &least, &natural,
                           NULL, NULL);
    if (ret_least != NULL)
        *ret_least = MAX(*ret_least, least);
    return natural;
}

static int
height_at(MessageBubble *self, enum bubble_part part, int width)
{
    int height;

    if (part == BUBBLE_TEXT)
        return text_size_height(&self->text, text_label(self), width);
    gtk_widget_measure(self->parts[part], GTK_ORIENTATION_VERTICAL, width, &height, NULL, NULL,
                       NULL);
    return height;
}

static int
width_beside(MessageBubble *self)
{
    return natural_width(self, BUBBLE_TEXT, NULL) + META_GAP +
           natural_width(self, BUBBLE_META, NULL);
}

/* Whether text and time stand side by side in WIDTH (-1: if there is all the room). */
static gboolean
beside(MessageBubble *self, int width)
{
    if (!has(self, BUBBLE_META) || !has(self, BUBBLE_TEXT) || has(self, BUBBLE_MORE) ||
        strchr(gtk_label_get_text(text_label(self)), '\n') != NULL)
        return FALSE;
    return width < 0 || width_beside(self) <= width;
}

static void
measure_width(MessageBubble *self, int *ret_least, int *ret_natural)
{
    int least = 0, natural = 0;

    if (has(self, BUBBLE_TEXT))
        text_size_ask(&self->text, text_label(self));
    for (int i = 0; i < BUBBLE_PARTS; i++)
        if (has(self, i))
            natural = MAX(natural, natural_width(self, i, &least));
    if (beside(self, -1))
        natural = MAX(natural, width_beside(self));
    *ret_least = least;
    *ret_natural = MAX(natural, least);
}

static int
measure_height(MessageBubble *self, int width)
{
    gboolean side = beside(self, width);
    int height = 0;

    for (int i = 0; i < BUBBLE_PARTS; i++) {
        if (!has(self, i) || (i == BUBBLE_META && side))
            continue;
        int own = height_at(self, i, width);
        if (i == BUBBLE_TEXT && side)
            own = MAX(own, height_at(self, BUBBLE_META, -1));
        height += own + (height > 0 && i != BUBBLE_META ? GAP : 0);
    }
    return height;
}

static void
message_bubble_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *least,
                       int *natural, int *least_baseline, int *natural_baseline)
{
    MessageBubble *self = SNUG_MESSAGE_BUBBLE(widget);
    int nobody;

    *least_baseline = *natural_baseline = -1;
    if (orientation == GTK_ORIENTATION_HORIZONTAL) {
        measure_width(self, least, natural);
        return;
    }
    if (for_size < 0)
        measure_width(self, &nobody, &for_size);
    *least = *natural = measure_height(self, for_size);
}

static void
place(GtkWidget *part, int x, int y, int width, int height)
{
    gtk_widget_allocate(part, width, height, -1,
                        gsk_transform_translate(NULL, &GRAPHENE_POINT_INIT((float)x, (float)y)));
}

static void
message_bubble_size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
    MessageBubble *self = SNUG_MESSAGE_BUBBLE(widget);
    gboolean side = beside(self, width),
             left = gtk_widget_get_direction(widget) == GTK_TEXT_DIR_RTL;
    int y = 0;

    for (int i = 0; i < BUBBLE_META; i++) {
        if (!has(self, i))
            continue;
        int own = height_at(self, i, width);
        y += y > 0 ? GAP : 0;
        place(self->parts[i], 0, y, width, own);
        y += own;
    }
    if (!has(self, BUBBLE_META))
        return;
    int meta = natural_width(self, BUBBLE_META, NULL), own = height_at(self, BUBBLE_META, meta);
    if (side) { /* the text keeps to its own part of the line */
        int text = width - meta - META_GAP, line = height_at(self, BUBBLE_TEXT, text),
            top = y - height_at(self, BUBBLE_TEXT, width);
        place(self->parts[BUBBLE_TEXT], left ? width - text : 0, top, text, line);
        y = MAX(height - own, 0);
    }
    place(self->parts[BUBBLE_META], left ? 0 : width - meta, y, meta, own);
}

static GtkSizeRequestMode
message_bubble_get_request_mode(GtkWidget *widget)
{
    return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
message_bubble_dispose(GObject *object)
{
    MessageBubble *self = SNUG_MESSAGE_BUBBLE(object);

    for (int i = 0; i < BUBBLE_PARTS; i++)
        g_clear_pointer(&self->parts[i], gtk_widget_unparent);
    G_OBJECT_CLASS(message_bubble_parent_class)->dispose(object);
}

static void
message_bubble_class_init(MessageBubbleClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = message_bubble_dispose;
    widget->measure = message_bubble_measure;
    widget->size_allocate = message_bubble_size_allocate;
    widget->get_request_mode = message_bubble_get_request_mode;
    gtk_widget_class_set_css_name(widget, "bubble");
}

static void
message_bubble_init(MessageBubble *self)
{
    gtk_widget_set_overflow(GTK_WIDGET(self), GTK_OVERFLOW_HIDDEN);
}

MessageBubble *
message_bubble_new(void)
{
    return g_object_new(SNUG_TYPE_MESSAGE_BUBBLE, NULL);
}

GtkWidget *
message_bubble_get(MessageBubble *self, enum bubble_part part)
{
    return self->parts[part];
}

void
message_bubble_put(MessageBubble *self, enum bubble_part part, GtkWidget *widget)
{
    GtkWidget *before = NULL;

    g_assert(self->parts[part] == NULL);
    for (int i = 0; i < (int)part; i++) /* the focus goes from the top to the bottom */
        if (self->parts[i] != NULL)
            before = self->parts[i];
    self->parts[part] = widget;
    gtk_widget_insert_after(widget, GTK_WIDGET(self), before);
}

void
message_bubble_hide(MessageBubble *self, enum bubble_part part)
{
    if (self->parts[part] != NULL)
        gtk_widget_set_visible(self->parts[part], FALSE);
}
