/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A layout of its own: nested boxes ask each label many times.
 */
#include "gui/list/conversation_row_private.h"

#define PICTURE 44
#define EDGE 4 /* beside the padding of a list's row */
#define GAP 6
#define BESIDE_PICTURE 12
#define LINES_APART 3
#define WIDTH_MIN 180

static GtkSizeRequestMode
get_request_mode(GtkWidget *widget)
{
    return GTK_SIZE_REQUEST_CONSTANT_SIZE;
}

static int
size_of(gpointer widget, GtkOrientation orientation)
{
    int natural = 0;

    if (gtk_widget_get_visible(widget))
        gtk_widget_measure(widget, orientation, -1, NULL, &natural, NULL, NULL);
    return natural;
}

static void
measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
        int *minimum_baseline, int *natural_baseline)
{
    ConversationRow *self = SNUG_CONVERSATION_ROW(widget);
    int first = size_of(self->name, GTK_ORIENTATION_VERTICAL),
        second = size_of(self->preview, GTK_ORIENTATION_VERTICAL),
        badge = size_of(self->badge, GTK_ORIENTATION_VERTICAL);

    for (GtkWidget *c = gtk_widget_get_first_child(widget); c != NULL;
         c = gtk_widget_get_next_sibling(c)) {
        int least; /* GTK wants each child asked before it is placed */
        if (gtk_widget_get_visible(c))
            gtk_widget_measure(c, orientation, -1, &least, NULL, NULL, NULL);
    }
    if (orientation == GTK_ORIENTATION_HORIZONTAL) {
        *minimum = WIDTH_MIN;
        *natural = WIDTH_MIN;
    } else
        *minimum = *natural = MAX(PICTURE, first + LINES_APART + MAX(second, badge)) + 2 * EDGE;
}

/* A line that is filled from both ends. */
struct line {
    GtkWidget *row;
    int left, right, top, height;
};

static void
place(struct line *l, GtkWidget *child, int x, int width)
{
    int height = size_of(child, GTK_ORIENTATION_VERTICAL);
    gboolean mirrored = gtk_widget_get_direction(l->row) == GTK_TEXT_DIR_RTL;
    GtkAllocation at = {mirrored ? gtk_widget_get_width(l->row) - x - width : x,
                        l->top + (l->height - height) / 2, width, height};

    gtk_widget_size_allocate(child, &at, -1);
}

static void
place_right(struct line *l, gpointer child)
{
    if (!gtk_widget_get_visible(child))
        return;
    int width = size_of(child, GTK_ORIENTATION_HORIZONTAL);
    place(l, child, l->right - width, width);
    l->right -= width + GAP;
}

static void
place_left(struct line *l, gpointer child, int most)
{
    if (!gtk_widget_get_visible(child))
        return;
    int least = 0, width = size_of(child, GTK_ORIENTATION_HORIZONTAL);
    gtk_widget_measure(child, GTK_ORIENTATION_HORIZONTAL, -1, &least, NULL, NULL, NULL);
    width = MAX(MIN(width, most), least);
    place(l, child, l->left, width);
    l->left += width + GAP;
}

static void
size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
    ConversationRow *self = SNUG_CONVERSATION_ROW(widget);
    int first = size_of(self->name, GTK_ORIENTATION_VERTICAL),
        second = MAX(size_of(self->preview, GTK_ORIENTATION_VERTICAL),
                     size_of(self->badge, GTK_ORIENTATION_VERTICAL));
    int top = (height - first - LINES_APART - second) / 2;
    int picture_top = (height - PICTURE) / 2;
    struct line l = {widget, EDGE, width - EDGE, picture_top, PICTURE};

    place_left(&l, self->avatar, PICTURE);
    if (gtk_widget_get_visible(GTK_WIDGET(self->dot))) {
        int dot = size_of(self->dot, GTK_ORIENTATION_HORIZONTAL);
        l.top = picture_top + PICTURE - dot + 2;
        l.height = dot;
        place(&l, GTK_WIDGET(self->dot), EDGE + PICTURE - dot + 2, dot);
    }

    int text = EDGE + PICTURE + BESIDE_PICTURE;
    l = (struct line){widget, text, width - EDGE, top, first};
    place_right(&l, self->time);
    int marks = 0;
    gpointer const beside_name[] = {self->verified, self->muted};
    for (size_t i = 0; i < G_N_ELEMENTS(beside_name); i++)
        if (gtk_widget_get_visible(beside_name[i]))
            marks += size_of(beside_name[i], GTK_ORIENTATION_HORIZONTAL) + GAP;
    place_left(&l, self->name, l.right - l.left - marks);
    place_left(&l, self->verified, G_MAXINT);
    place_left(&l, self->muted, G_MAXINT);

    l = (struct line){widget, text, width - EDGE, top + first + LINES_APART, second};
    place_right(&l, self->badge);
    place_right(&l, self->mention);
    place_right(&l, self->pinned);
    place_left(&l, self->tick, G_MAXINT);
    place_left(&l, self->preview, l.right - l.left);
}

void
conversation_row_lay_out(GtkWidgetClass *widget)
{
    widget->get_request_mode = get_request_mode;
    widget->measure = measure;
    widget->size_allocate = size_allocate;
}
