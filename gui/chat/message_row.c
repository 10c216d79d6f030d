/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/message_row.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "gui/chat/message_bubble.h"
#include "gui/chat/message_corner.h"
#include "gui/chat/message_parts.h"
#include "gui/chat/message_text.h"
#include "gui/chat/message_words.h"

#define SIDE 12             /* px at both sides of the log */
#define APART 8             /* px above a bubble */
#define TOGETHER 2          /* px above one that goes on from the bubble above */
#define WIDEST 600          /* px of a bubble */
#define TURN_MS (5 * 60000) /* what the same person says within this belongs together */

struct _MessageRow {
    GtkWidget parent;
    Account *account;
    Message *message; /* NULL: not bound */
    gulong changed;
    gboolean joined; /* to what is above */
    guint gaps;      /* how many are missing here */
    char *spoken;    /* what the item was named last */
    MessageBubble *bubble;
    struct message_text text;
    struct message_corner corner;
    GtkWidget *day, *fresh, *notice, *reactions, *trouble; /* made when needed */
};

G_DEFINE_FINAL_TYPE(MessageRow, message_row, GTK_TYPE_WIDGET)

/* --- its own layout --- */

static gboolean
shown(GtkWidget *part)
{
    return part != NULL && gtk_widget_should_layout(part);
}

static int
part_height(GtkWidget *part, int width)
{
    int height;

    gtk_widget_measure(part, GTK_ORIENTATION_VERTICAL, width, &height, NULL, NULL, NULL);
    return height;
}

static int
part_width(GtkWidget *part, int most)
{
    int least, natural;

    gtk_widget_measure(part, GTK_ORIENTATION_HORIZONTAL, -1, &least, &natural, NULL, NULL);
    return MAX(least, MIN(natural, most));
}

static int
bubble_most(int width)
{
    return MIN(WIDEST, width - 2 * SIDE - MAX(24, (width - 360) / 6));
}

static int
height_for(MessageRow *self, int width)
{
    int height = self->joined ? TOGETHER : APART;
    GtkWidget *const wide[] = {self->day, self->fresh, self->notice};

    for (size_t i = 0; i < G_N_ELEMENTS(wide); i++)
        if (shown(wide[i]))
            height += part_height(wide[i], width);
    if (shown(GTK_WIDGET(self->bubble)))
        height += part_height(GTK_WIDGET(self->bubble),
                              part_width(GTK_WIDGET(self->bubble), bubble_most(width)));
    if (shown(self->reactions))
        height += part_height(self->reactions, -1);
    if (shown(self->trouble))
        height += part_height(self->trouble, width - 2 * SIDE);
    return height;
}

static void
message_row_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *least,
                    int *natural, int *least_baseline, int *natural_baseline)
{
    *least_baseline = *natural_baseline = -1;
    if (orientation == GTK_ORIENTATION_HORIZONTAL) {
        *least = 240;
        *natural = 480;
    } else
        *least = *natural = height_for(SNUG_MESSAGE_ROW(widget), for_size < 0 ? 480 : for_size);
}

/* At the end for what is ours, or at the start; where the text goes the other way, mirrored. */
static void
place_at_side(MessageRow *self, GtkWidget *part, int row_width, int width, int y)
{
    gboolean rtl = gtk_widget_get_direction(GTK_WIDGET(self)) == GTK_TEXT_DIR_RTL,
             right = self->message != NULL && self->message->outgoing != rtl;
    int x = right ? row_width - SIDE - width : SIDE;

    gtk_widget_allocate(part, width, part_height(part, width), -1,
                        gsk_transform_translate(NULL, &GRAPHENE_POINT_INIT((float)x, (float)y)));
}

static void
message_row_size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
    MessageRow *self = SNUG_MESSAGE_ROW(widget);
    GtkWidget *const wide[] = {self->day, self->fresh, self->notice}, *const sided[] = {
                                                                          GTK_WIDGET(self->bubble),
                                                                          self->reactions,
                                                                          self->trouble};
    int y = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(wide); i++) {
        if (!shown(wide[i]))
            continue;
        int own = part_height(wide[i], width);
        gtk_widget_allocate(wide[i], width, own, -1,
                            gsk_transform_translate(NULL, &GRAPHENE_POINT_INIT(0, (float)y)));
        y += own;
    }
    y += self->joined ? TOGETHER : APART;
    for (size_t i = 0; i < G_N_ELEMENTS(sided); i++) {
        if (!shown(sided[i]))
            continue;
        int most = i == 0 ? bubble_most(width) : width - 2 * SIDE, own = part_width(sided[i], most);
        place_at_side(self, sided[i], width, own, y);
        y += part_height(sided[i], own);
    }
}

static GtkSizeRequestMode
message_row_get_request_mode(GtkWidget *widget)
{
    return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

/* --- below the bubble --- */

static void
show_reactions(MessageRow *self)
{
    if (self->message->reactions->len == 0) {
        if (self->reactions != NULL)
            gtk_widget_set_visible(self->reactions, FALSE);
        return;
    }
    if (self->reactions == NULL) {
        self->reactions = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 4);
        gtk_widget_add_css_class(self->reactions, "reactions");
        gtk_widget_insert_after(self->reactions, GTK_WIDGET(self), GTK_WIDGET(self->bubble));
    }
    message_parts_reactions(self->reactions, self->message);
    gtk_widget_set_visible(self->reactions, TRUE);
}

static GtkWidget *
make_trouble(MessageRow *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6), *label = gtk_label_new(NULL),
              *button = gtk_button_new_with_label(_("Send Again"));

    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_natural_wrap_mode(GTK_LABEL(label), GTK_NATURAL_WRAP_NONE);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_widget_add_css_class(label, "error");
    gtk_widget_add_css_class(label, "caption");
    gtk_widget_add_css_class(button, "flat");
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_box_append(GTK_BOX(box), label);
    gtk_box_append(GTK_BOX(box), button);
    gtk_widget_insert_before(box, GTK_WIDGET(self), NULL);
    return box;
}

static void
show_trouble(MessageRow *self)
{
    const Message *m = self->message;
    gboolean failed = m->outgoing && m->deleted_ms == 0 &&
                      (m->state == MESSAGE_FAILED || m->state == MESSAGE_UNCONFIRMED);
    g_autofree char *words = NULL;

    if (!failed) {
        if (self->trouble != NULL)
            gtk_widget_set_visible(self->trouble, FALSE);
        return;
    }
    if (self->trouble == NULL)
        self->trouble = make_trouble(self);
    words = m->state == MESSAGE_FAILED
                ? g_strdup_printf(_("Not sent. %s"), message_reason_words(m->why))
                : g_strdup(_("It may not have arrived."));
    gtk_label_set_text(GTK_LABEL(gtk_widget_get_first_child(self->trouble)), words);
    GtkWidget *button = gtk_widget_get_last_child(self->trouble);
    gtk_actionable_set_action_target(GTK_ACTIONABLE(button), "s", m->id);
    gtk_actionable_set_action_name(GTK_ACTIONABLE(button), "message.retry");
    gtk_widget_set_visible(self->trouble, TRUE);
}

/* --- all of it --- */

static GtkWidget *
show_line(MessageRow *self, GtkWidget *line, const char *text, const char *css)
{
    if (line == NULL) {
        if (text == NULL)
            return NULL;
        line = gtk_label_new(NULL);
        gtk_label_set_wrap(GTK_LABEL(line), TRUE);
        gtk_label_set_justify(GTK_LABEL(line), GTK_JUSTIFY_CENTER);
        gtk_widget_add_css_class(line, css);
        gtk_widget_insert_before(line, GTK_WIDGET(self), GTK_WIDGET(self->bubble));
    }
    gtk_label_set_text(GTK_LABEL(line), text != NULL ? text : "");
    gtk_widget_set_visible(line, text != NULL);
    return line;
}

static void
show_mark(MessageRow *self)
{
    GtkWidget *mark = message_bubble_get(self->bubble, BUBBLE_MARK);

    if (!self->message->forwarded || self->message->deleted_ms != 0) {
        message_bubble_hide(self->bubble, BUBBLE_MARK);
        return;
    }
    if (mark == NULL) {
        mark = gtk_label_new(_("Forwarded"));
        gtk_label_set_xalign(GTK_LABEL(mark), 0);
        gtk_widget_add_css_class(mark, "mark");
        message_bubble_put(self->bubble, BUBBLE_MARK, mark);
    }
    gtk_widget_set_visible(mark, TRUE);
}

/* Screen readers land on the list's item, which is the parent. */
static void
name_item(MessageRow *self)
{
    GtkWidget *item = gtk_widget_get_parent(GTK_WIDGET(self));
    g_autofree char *words = self->gaps > 0 ? message_gap_words(self->message, self->gaps)
                                            : message_spoken_words(self->message);

    if (item == NULL || g_strcmp0(words, self->spoken) == 0)
        return;
    gtk_accessible_update_property(GTK_ACCESSIBLE(item), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
    g_free(self->spoken);
    self->spoken = g_steal_pointer(&words);
}

static void
set_class(GtkWidget *widget, const char *name, gboolean on)
{
    if (on)
        gtk_widget_add_css_class(widget, name);
    else
        gtk_widget_remove_css_class(widget, name);
}

static void
show_bubble(MessageRow *self)
{
    const Message *m = self->message;

    show_mark(self);
    message_parts_quote(self->bubble, m);
    message_parts_files(self->bubble, self->account, m);
    message_parts_card(self->bubble, m);
    message_text_show(&self->text, m);
    message_corner_show(&self->corner, self->bubble, m);
    set_class(GTK_WIDGET(self->bubble), "own", m->outgoing);
    set_class(GTK_WIDGET(self->bubble), "mentions-me", m->mentions_me && !m->outgoing);
}

static void
show_message(MessageRow *self)
{
    g_autofree char *notice = self->gaps > 0 ? message_gap_words(self->message, self->gaps)
                                             : message_notice_words(self->message);

    self->notice = show_line(self, self->notice, notice, "log-notice");
    gtk_widget_set_visible(GTK_WIDGET(self->bubble), notice == NULL);
    if (notice == NULL)
        show_bubble(self);
    show_reactions(self);
    show_trouble(self);
    name_item(self);
}

void
message_row_set_place(MessageRow *self, const struct row_place *place)
{
    const Message *m = self->message, *before = place->before;
    gboolean new_day = before == NULL || !message_same_day(before->sent_ms, m->sent_ms);
    g_autofree char *day = new_day ? message_day_words(m->sent_ms) : NULL;
    gboolean joined = !new_day && !place->first_new && before->outgoing == m->outgoing &&
                      ABS(m->sent_ms - before->sent_ms) < TURN_MS && before->reactions->len == 0;

    self->day = show_line(self, self->day, day, "log-day");
    self->fresh =
        show_line(self, self->fresh, place->first_new ? _("New Messages") : NULL, "log-new");
    set_class(GTK_WIDGET(self), "found", place->found);
    if (place->gaps != self->gaps) {
        self->gaps = place->gaps;
        show_message(self);
    }
    if (joined != self->joined) {
        self->joined = joined;
        gtk_widget_queue_resize(GTK_WIDGET(self));
    }
}

void
message_row_bind(MessageRow *self, Message *message, const struct row_place *place)
{
    message_row_unbind(self);
    self->message = g_object_ref(message);
    self->changed = g_signal_connect_object(message, "changed", G_CALLBACK(show_message), self,
                                            G_CONNECT_SWAPPED);
    message_row_set_place(self, place);
    show_message(self);
}

void
message_row_unbind(MessageRow *self)
{
    if (self->message == NULL)
        return;
    message_text_clear(&self->text);
    g_clear_signal_handler(&self->changed, self->message);
    g_clear_object(&self->message);
}

Message *
message_row_get_message(MessageRow *self)
{
    return self->message;
}

void
message_row_set_pointed(MessageRow *self, gboolean pointed)
{
    if (self->message != NULL)
        message_text_set_selectable(&self->text, pointed);
}

gboolean
message_row_is_cut(MessageRow *self)
{
    return self->text.rich != NULL && self->text.rich->cut;
}

gboolean
message_row_has_spoilers(MessageRow *self)
{
    return message_text_has_spoilers(&self->text);
}

void
message_row_show_spoilers(MessageRow *self)
{
    message_text_show_spoilers(&self->text);
}

char **
message_row_dup_links(MessageRow *self)
{
    return message_text_dup_links(&self->text);
}

/* --- the object --- */

/* Up and down go from message to message: inside, only the other keys move the focus. */
static gboolean
message_row_focus(GtkWidget *widget, GtkDirectionType direction)
{
    GtkWidget *root = GTK_WIDGET(gtk_widget_get_root(widget)),
              *now = gtk_root_get_focus(GTK_ROOT(root)), *item = gtk_widget_get_parent(widget);
    gboolean here = now != NULL && (now == item || gtk_widget_is_ancestor(now, widget));

    if (!here || direction == GTK_DIR_UP || direction == GTK_DIR_DOWN)
        return FALSE;
    return GTK_WIDGET_CLASS(message_row_parent_class)->focus(widget, direction);
}

static void
message_row_dispose(GObject *object)
{
    MessageRow *self = SNUG_MESSAGE_ROW(object);
    GtkWidget **const parts[] = {&self->day, &self->fresh, &self->notice, &self->reactions,
                                 &self->trouble};

    if (self->bubble != NULL)
        message_row_unbind(self);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        g_clear_pointer(parts[i], gtk_widget_unparent);
    if (self->bubble != NULL)
        gtk_widget_unparent(GTK_WIDGET(self->bubble));
    self->bubble = NULL;
    g_clear_object(&self->account);
    g_clear_pointer(&self->spoken, g_free);
    G_OBJECT_CLASS(message_row_parent_class)->dispose(object);
}

static void
message_row_class_init(MessageRowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = message_row_dispose;
    widget->measure = message_row_measure;
    widget->size_allocate = message_row_size_allocate;
    widget->get_request_mode = message_row_get_request_mode;
    widget->focus = message_row_focus;
    gtk_widget_class_set_css_name(widget, "message");
}

static void
message_row_init(MessageRow *self)
{
    self->bubble = message_bubble_new();
    self->text.bubble = self->bubble;
    gtk_widget_set_parent(GTK_WIDGET(self->bubble), GTK_WIDGET(self));
}

GtkWidget *
message_row_new(Account *account)
{
    MessageRow *self = g_object_new(SNUG_TYPE_MESSAGE_ROW, NULL);

    self->account = g_object_ref(account);
    return GTK_WIDGET(self);
}
