/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/message_parts.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "gui/chat/message_words.h"
#include "gui/files/files_box.h"
#include "gui/shown_text.h"

#define EMOJI_MAX 12 /* characters of a reaction that are shown */

static GtkWidget *
line_label(const char *css)
{
    GtkWidget *label = gtk_label_new(NULL);

    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    if (css != NULL)
        gtk_widget_add_css_class(label, css);
    return label;
}

static void
name_it(GtkWidget *widget, const char *name)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void
clear_box(GtkWidget *box)
{
    GtkWidget *child;

    while ((child = gtk_widget_get_first_child(box)) != NULL)
        gtk_box_remove(GTK_BOX(box), child);
}

/* --- the quote --- */

static GtkWidget *
make_quote(void)
{
    GtkWidget *button = gtk_button_new(), *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0),
              *text = line_label(NULL);

    gtk_label_set_lines(GTK_LABEL(text), 2);
    gtk_label_set_wrap(GTK_LABEL(text), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(text), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_natural_wrap_mode(GTK_LABEL(text), GTK_NATURAL_WRAP_NONE);
    gtk_box_append(GTK_BOX(box), line_label("quote-sender"));
    gtk_box_append(GTK_BOX(box), text);
    gtk_button_set_child(GTK_BUTTON(button), box);
    gtk_widget_add_css_class(button, "quote");
    gtk_widget_add_css_class(button, "flat");
    return button;
}

void
message_parts_quote(MessageBubble *bubble, const Message *m)
{
    GtkWidget *quote = message_bubble_get(bubble, BUBBLE_QUOTE), *sender;
    gboolean there = m->quote.message != NULL && m->quote.message[0] != '\0';

    if (m->quote.state == QUOTE_NONE || m->deleted_ms != 0) {
        message_bubble_hide(bubble, BUBBLE_QUOTE);
        return;
    }
    if (quote == NULL) {
        quote = make_quote();
        message_bubble_put(bubble, BUBBLE_QUOTE, quote);
    }
    g_autofree char *words = message_quote_words(m), *name = name_shown(m->label),
                    *spoken = g_strdup_printf(_("Go to what is answered: %s"), words);
    sender = gtk_widget_get_first_child(gtk_button_get_child(GTK_BUTTON(quote)));
    gtk_label_set_text(GTK_LABEL(sender), m->quote.outgoing ? _("You") : name);
    gtk_widget_set_visible(sender, there);
    gtk_label_set_text(GTK_LABEL(gtk_widget_get_next_sibling(sender)), words);
    name_it(quote, spoken);
    gtk_actionable_set_action_name(GTK_ACTIONABLE(quote), NULL);
    if (there) {
        gtk_actionable_set_action_target(GTK_ACTIONABLE(quote), "s", m->quote.message);
        gtk_actionable_set_action_name(GTK_ACTIONABLE(quote), "log.jump");
    }
    gtk_widget_set_visible(quote, TRUE);
}

/* --- files --- */

void
message_parts_files(MessageBubble *bubble, Account *account, const Message *m)
{
    GtkWidget *box = message_bubble_get(bubble, BUBBLE_FILES);

    static const GPtrArray none;
    gboolean any = m->files->len > 0 && m->deleted_ms == 0;

    if (box == NULL && any) {
        box = files_box_new(account);
        message_bubble_put(bubble, BUBBLE_FILES, box);
    }
    if (box == NULL)
        return;
    files_box_bind(SNUG_FILES_BOX(box), any ? m->files : &none);
    gtk_widget_set_visible(box, any);
}

/* --- contact cards --- */

static GtkWidget *
make_card(void)
{
    GtkWidget *button = gtk_button_new(), *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12),
              *lines = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

    gtk_box_append(GTK_BOX(box), adw_avatar_new(40, NULL, TRUE));
    gtk_box_append(GTK_BOX(lines), line_label("heading"));
    gtk_box_append(GTK_BOX(lines), line_label("dim-label"));
    gtk_widget_set_valign(lines, GTK_ALIGN_CENTER);
    gtk_box_append(GTK_BOX(box), lines);
    gtk_button_set_child(GTK_BUTTON(button), box);
    gtk_widget_add_css_class(button, "card-button");
    gtk_widget_add_css_class(button, "flat");
    return button;
}

void
message_parts_card(MessageBubble *bubble, const Message *m)
{
    GtkWidget *card = message_bubble_get(bubble, BUBBLE_CARD), *avatar, *lines, *label;
    gboolean known = m->card_contact[0] != '\0';

    if (m->type != MESSAGE_CONTACT || m->deleted_ms != 0) {
        message_bubble_hide(bubble, BUBBLE_CARD);
        return;
    }
    if (card == NULL) {
        card = make_card();
        message_bubble_put(bubble, BUBBLE_CARD, card);
    }
    g_autofree char *name = name_shown(m->card_name), *spoken = NULL;
    spoken = g_strdup_printf(known ? _("Write to %s") : _("Add %s as a contact"), name);
    avatar = gtk_widget_get_first_child(gtk_button_get_child(GTK_BUTTON(card)));
    lines = gtk_widget_get_next_sibling(avatar);
    label = gtk_widget_get_first_child(lines);
    adw_avatar_set_text(ADW_AVATAR(avatar), name);
    gtk_label_set_text(GTK_LABEL(label), name);
    gtk_label_set_text(GTK_LABEL(gtk_widget_get_next_sibling(label)),
                       known ? _("One of your contacts") : _("Shared contact"));
    name_it(card, spoken);
    gtk_actionable_set_action_target(GTK_ACTIONABLE(card), "s",
                                     known ? m->card_contact : m->card_link);
    gtk_actionable_set_action_name(GTK_ACTIONABLE(card),
                                   known ? "window.open-conversation" : "log.add-contact");
    gtk_widget_set_visible(card, TRUE);
}

/* --- reactions --- */

struct counted {
    const char *emoji;
    guint count;
    gboolean mine;
};

static guint
count_reactions(const Message *m, struct counted *ret, guint max)
{
    guint n = 0, at;

    for (guint i = 0; i < m->reactions->len; i++) {
        const struct message_reaction *r = &g_array_index(m->reactions, struct message_reaction, i);

        for (at = 0; at < n && strcmp(ret[at].emoji, r->emoji) != 0; at++)
            ;
        if (at == max)
            break;
        if (at == n)
            ret[n++] = (struct counted){.emoji = r->emoji};
        ret[at].count++;
        ret[at].mine = ret[at].mine || r->mine;
    }
    return n;
}

static GtkWidget *
make_reaction(const Message *m, const struct counted *c)
{
    g_autofree char *emoji = line_shown(c->emoji, EMOJI_MAX),
                    *text =
                        c->count > 1 ? g_strdup_printf("%s %u", emoji, c->count) : g_strdup(emoji),
                    *spoken = NULL;
    GtkWidget *chip = gtk_button_new_with_label(text);

    spoken = c->mine
                 ? g_strdup_printf(_("Reaction %s, %u, with yours; take it back"), emoji, c->count)
                 : g_strdup_printf(_("Reaction %s, %u; react with it too"), emoji, c->count);
    name_it(chip, spoken);
    gtk_widget_set_visible(chip, FALSE); /* what is visible asks where the pointer is */
    gtk_widget_set_tooltip_text(chip, c->mine ? _("Take Back") : _("React With It Too"));
    gtk_widget_add_css_class(chip, "reaction");
    if (c->mine)
        gtk_widget_add_css_class(chip, "mine");
    gtk_actionable_set_action_target(GTK_ACTIONABLE(chip), "(ss)", m->id, c->mine ? "" : c->emoji);
    gtk_actionable_set_action_name(GTK_ACTIONABLE(chip), "log.react");
    gtk_widget_set_visible(chip, TRUE);
    return chip;
}

void
message_parts_reactions(GtkWidget *box, const Message *m)
{
    struct counted counted[8];
    guint n = count_reactions(m, counted, G_N_ELEMENTS(counted));

    clear_box(box);
    for (guint i = 0; i < n; i++)
        gtk_box_append(GTK_BOX(box), make_reaction(m, &counted[i]));
}
