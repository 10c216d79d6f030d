/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/wrap_layout.h"

#define SPACING 6

struct _WrapLayout {
    GtkLayoutManager parent;
};

G_DEFINE_FINAL_TYPE(WrapLayout, wrap_layout, GTK_TYPE_LAYOUT_MANAGER)

struct sizes {
    int widest, row_width;    /* of the children */
    int highest, pile_height; /* at their natural size */
};

static struct sizes
sizes_of(GtkWidget *box)
{
    struct sizes s = {0};

    for (GtkWidget *c = gtk_widget_get_first_child(box); c != NULL;
         c = gtk_widget_get_next_sibling(c)) {
        GtkRequisition natural;

        if (!gtk_widget_should_layout(c))
            continue;
        gtk_widget_get_preferred_size(c, NULL, &natural);
        s.row_width += natural.width + (s.row_width > 0 ? SPACING : 0);
        s.pile_height += natural.height + (s.pile_height > 0 ? SPACING : 0);
        s.widest = MAX(s.widest, natural.width);
        s.highest = MAX(s.highest, natural.height);
    }
    return s;
}

static GtkSizeRequestMode
get_request_mode(GtkLayoutManager *layout, GtkWidget *box)
{
    return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
measure(GtkLayoutManager *layout, GtkWidget *box, GtkOrientation orientation, int for_size,
        int *minimum, int *natural, int *minimum_baseline, int *natural_baseline)
{
    struct sizes s = sizes_of(box);

    *minimum_baseline = *natural_baseline = -1;
    if (orientation == GTK_ORIENTATION_HORIZONTAL) {
        *minimum = s.widest;
        *natural = s.row_width;
    } else
        *minimum = *natural = for_size < 0 || for_size >= s.row_width ? s.highest : s.pile_height;
}

static void
allocate(GtkLayoutManager *layout, GtkWidget *box, int width, int height, int baseline)
{
    struct sizes s = sizes_of(box);
    gboolean row = width >= s.row_width, ltr = gtk_widget_get_direction(box) != GTK_TEXT_DIR_RTL;
    int x = row ? width - s.row_width : 0, y = 0;

    for (GtkWidget *c = gtk_widget_get_first_child(box); c != NULL;
         c = gtk_widget_get_next_sibling(c)) {
        GtkRequisition natural;

        if (!gtk_widget_should_layout(c))
            continue;
        gtk_widget_get_preferred_size(c, NULL, &natural);
        int w = row ? natural.width : width;
        gtk_widget_size_allocate(
            c, &(GtkAllocation){ltr ? x : width - x - w, y, w, row ? height : natural.height}, -1);
        if (row)
            x += w + SPACING;
        else
            y += natural.height + SPACING;
    }
}

static void
wrap_layout_class_init(WrapLayoutClass *klass)
{
    GtkLayoutManagerClass *layout = GTK_LAYOUT_MANAGER_CLASS(klass);

    layout->get_request_mode = get_request_mode;
    layout->measure = measure;
    layout->allocate = allocate;
}

static void
wrap_layout_init(WrapLayout *self)
{
}
