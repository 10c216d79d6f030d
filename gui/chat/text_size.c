/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/text_size.h"

static void
layout_size(PangoLayout *layout, int *ret_width, int *ret_height)
{
    int width, height;

    pango_layout_get_size(layout, &width, &height);
    *ret_width = PANGO_PIXELS_CEIL(width);
    *ret_height = PANGO_PIXELS_CEIL(height);
}

/* A copy: the label's own is only to be looked at. */
static void
size_within(GtkLabel *label, int width, int *ret_width, int *ret_height)
{
    g_autoptr(PangoLayout) layout = pango_layout_copy(gtk_label_get_layout(label));

    pango_layout_set_width(layout, width < 0 ? -1 : width * PANGO_SCALE);
    layout_size(layout, ret_width, ret_height);
}

void
text_size_ask(struct text_size *size, GtkLabel *label)
{
    PangoLayout *own;
    int height;

    /* For its height without a width, a label asks nothing else. It has to be asked, or it would
     * not tell us again when something about it changes. */
    gtk_widget_measure(GTK_WIDGET(label), GTK_ORIENTATION_VERTICAL, -1, &height, NULL, NULL, NULL);
    own = gtk_label_get_layout(label);
    *size = (struct text_size){0};
    if (pango_layout_get_width(own) == -1 || !pango_layout_is_wrapped(own))
        layout_size(own, &size->width, &size->height);
    else
        size_within(label, -1, &size->width, &size->height);
}

int
text_size_height(struct text_size *size, GtkLabel *label, int width)
{
    int nobody;

    if (width >= size->width)
        return size->height;
    if (width != size->asked_width) {
        size_within(label, width, &nobody, &size->for_height);
        size->asked_width = width;
    }
    return size->for_height;
}
