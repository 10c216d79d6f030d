/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/list/conversation_row.h"

#include <glib/gi18n.h>

#include "gui/chat/message_words.h"
#include "gui/list/conversation_row_private.h"
#include "gui/list/words.h"
#include "gui/models/conversation.h"
#include "gui/shown_text.h"

#define PREVIEW 160 /* characters */
#define SEARCHED 2000

G_DEFINE_FINAL_TYPE(ConversationRow, conversation_row, GTK_TYPE_WIDGET)

/* --- what is shown --- */

static void
set_visible(gpointer widget, gboolean visible)
{
    gtk_widget_set_visible(widget, visible);
}

static void
set_class(gpointer widget, const char *name, gboolean on)
{
    if (on)
        gtk_widget_add_css_class(widget, name);
    else
        gtk_widget_remove_css_class(widget, name);
}

/* What a screen reader says of the whole row, part by part. */
static void
say(GString *said, const char *part)
{
    if (part == NULL || part[0] == '\0')
        return;
    if (said->len > 0)
        g_string_append(said, ", ");
    g_string_append(said, part);
}

static void
show_contact(ConversationRow *self, const char *label, GString *said)
{
    static const char *const icons[] = {NULL, "presence-online-symbolic", "presence-away-symbolic",
                                        "presence-busy-symbolic", NULL};
    static const char *const classes[] = {"online", "away", "busy"};
    const Contact *c = self->contact;
    enum presence presence = c != NULL ? c->presence : PRESENCE_UNKNOWN;
    gboolean is_verified = c != NULL && c->trust == TRUST_VERIFIED && !c->key_changed;
    g_autofree char *name = line_shown(label, 200);

    gtk_label_set_text(self->name, name);
    adw_avatar_set_text(self->avatar, name);
    adw_avatar_set_custom_image(self->avatar, c != NULL ? GDK_PAINTABLE(c->texture) : NULL);
    say(said, name);
    set_visible(self->verified, is_verified);
    if (is_verified)
        say(said, _("verified"));
    set_visible(self->dot, icons[presence] != NULL);
    gtk_image_set_from_icon_name(self->dot, icons[presence]);
    for (size_t i = 0; i < G_N_ELEMENTS(classes); i++)
        set_class(self->dot, classes[i], presence == PRESENCE_ONLINE + i);
    if (icons[presence] != NULL)
        say(said, presence_label(presence));
}

struct preview {
    const char *lead; /* "You", "Draft"; or NULL */
    char *text;
    gboolean accent, warning;
};

/* LEAD in its own weight (and, for a draft, colour), then the text. */
static void
show_preview(ConversationRow *self, const struct preview *p, GString *said)
{
    g_autofree char *whole =
        p->lead != NULL ? g_strdup_printf("%s: %s", p->lead, p->text) : g_strdup(p->text);
    g_autoptr(PangoAttrList) attributes = NULL;

    if (p->lead != NULL && p->warning) {
        PangoAttribute *bold = pango_attr_weight_new(PANGO_WEIGHT_BOLD);
        attributes = pango_attr_list_new();
        bold->end_index = (guint)strlen(p->lead) + 1;
        pango_attr_list_insert(attributes, bold);
    }
    gtk_label_set_attributes(self->preview, attributes);
    gtk_label_set_text(self->preview, whole);
    set_class(self->preview, "accent", p->accent);
    set_class(self->preview, "warning", p->warning);
    set_class(self->preview, "dim-label", !p->accent && !p->warning);
    say(said, whole);
}

/* What became of our own last message. */
static void
show_tick(ConversationRow *self, const Message *last)
{
    const char *icon = last != NULL && last->outgoing ? words_state_icon(last) : NULL;
    gboolean failed =
        last != NULL && (last->state == MESSAGE_FAILED || last->state == MESSAGE_UNCONFIRMED);

    set_visible(self->tick, icon != NULL);
    if (icon == NULL)
        return;
    gtk_image_set_from_icon_name(self->tick, icon);
    set_class(self->tick, "accent", last->state == MESSAGE_READ);
    set_class(self->tick, "error", failed);
    set_class(self->tick, "dim-label", last->state != MESSAGE_READ && !failed);
}

static void
show_last(ConversationRow *self, const Conversation *v, GString *said)
{
    const Message *last = v->last;
    struct preview p = {.text = NULL};

    if (self->contact != NULL && self->contact->typing) {
        p = (struct preview){.text = g_strdup(_("typing…")), .accent = TRUE};
        last = NULL;
    } else if (v->draft) {
        p = (struct preview){
            .lead = _("Draft"), .text = line_shown(v->draft_text, 160), .warning = TRUE};
        last = NULL;
    } else if (last != NULL) {
        gboolean ours =
            last->outgoing && last->state != MESSAGE_KEPT && last->type != MESSAGE_TIMER;
        p = (struct preview){.lead = ours ? _("You") : NULL,
                             .text = message_line_words(last, PREVIEW)};
    } else if (self->contact != NULL && self->contact->state == CONTACT_ASKED)
        p.text = g_strdup(_("Waiting for answer"));
    else
        p.text = g_strdup("");
    show_tick(self, last);
    show_preview(self, &p, said);
    if (last != NULL && last->outgoing)
        say(said, last->deleted_ms == 0 ? message_state_words(last->state) : "");
    g_free(p.text);
}

static void
show_unread(ConversationRow *self, const Conversation *v, gboolean muted, GString *said)
{
    gboolean marked = v->unread == 0 && v->marked_unread;
    g_autofree char *count = v->unread > 999 ? g_strdup("999+") : g_strdup_printf("%d", v->unread);
    g_autofree char *words = g_strdup_printf(
        ngettext("%d unread message", "%d unread messages", (gulong)v->unread), v->unread);

    set_visible(self->badge, v->unread > 0 || marked);
    gtk_label_set_text(self->badge, marked ? "•" : count);
    set_class(self->badge, "quiet", muted);
    set_visible(self->mention, v->unread_mentions > 0);
    set_class(self->name, "unread", v->unread > 0 || marked);
    if (v->unread > 0)
        say(said, words);
    else if (marked)
        say(said, _("marked as unread"));
    if (v->unread_mentions > 0)
        say(said, _("mentions you"));
}

static void
show_conversation(ConversationRow *self, const Conversation *v, GString *said)
{
    gint64 now = g_get_real_time() / 1000;
    gboolean muted = v->muted_until_ms > now;
    g_autofree char *when = words_when(v->last_ms, now);

    show_contact(self, v->label, said);
    show_unread(self, v, muted, said);
    show_last(self, v, said);
    gtk_label_set_text(self->time, when);
    say(said, when);
    set_visible(self->muted, muted);
    if (muted)
        say(said, _("muted"));
    set_visible(self->pinned, v->pinned);
    if (v->pinned)
        say(said, _("pinned"));
}

static void
show_only(ConversationRow *self, struct preview *p, gint64 ms, GString *said)
{
    gpointer const unused[] = {self->muted, self->tick, self->pinned, self->mention, self->badge};
    g_autofree char *when = words_when(ms, g_get_real_time() / 1000);

    for (size_t i = 0; i < G_N_ELEMENTS(unused); i++)
        set_visible(unused[i], FALSE);
    set_class(self->name, "unread", FALSE);
    show_preview(self, p, said);
    gtk_label_set_text(self->time, when);
    say(said, when);
    g_free(p->text);
}

static void
show_person(ConversationRow *self, const Contact *c, GString *said)
{
    const char *const words[] = {"", _("Asked to be a contact"), _("Asks to write to you"),
                                 "", _("No longer a contact"),   _("Blocked")};
    const char *about = c->state < G_N_ELEMENTS(words) ? words[c->state] : "";

    show_contact(self, c->label, said);
    show_only(self, &(struct preview){.text = g_strdup(about[0] != '\0' ? about : c->address)}, 0,
              said);
}

/* The place of WORD in TEXT, in any case; NULL: none. */
static const char *
find_word(const char *text, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = text; n > 0 && *p != '\0'; p = g_utf8_next_char(p))
        if (g_ascii_strncasecmp(p, word, n) == 0)
            return p;
    return NULL;
}

/* With some words before the one that was found, which is bold. */
static void
show_hit(ConversationRow *self, const Message *m, GString *said)
{
    g_autofree char *whole = message_line_words(m, SEARCHED);
    const char *at = self->word != NULL ? find_word(whole, self->word) : NULL;
    const char *start = whole;

    show_contact(self, m->label, said);
    if (at != NULL && at - whole > 24) {
        start = at - 20;
        while (((guchar)*start & 0xc0) == 0x80)
            start++;
    }
    show_only(self,
              &(struct preview){.text = g_strdup_printf("%s%s", start > whole ? "…" : "", start),
                                .lead = m->outgoing && m->state != MESSAGE_KEPT ? _("You") : NULL},
              m->sent_ms, said);
    if (at == NULL)
        return;
    const char *shown = gtk_label_get_text(self->preview), *bold = find_word(shown, self->word);
    if (bold == NULL)
        return;
    g_autoptr(PangoAttrList) attributes = pango_attr_list_new();
    PangoAttribute *weight = pango_attr_weight_new(PANGO_WEIGHT_BOLD);
    weight->start_index = (guint)(bold - shown);
    weight->end_index = weight->start_index + (guint)strlen(self->word);
    pango_attr_list_insert(attributes, weight);
    gtk_label_set_attributes(self->preview, attributes);
}

void
conversation_row_refresh(ConversationRow *self)
{
    g_autoptr(GString) said = g_string_new("");
    GtkWidget *place = gtk_widget_get_parent(GTK_WIDGET(self));

    if (SNUG_IS_CONVERSATION(self->item))
        show_conversation(self, SNUG_CONVERSATION(self->item), said);
    else if (SNUG_IS_CONTACT(self->item))
        show_person(self, SNUG_CONTACT(self->item), said);
    else if (SNUG_IS_MESSAGE(self->item))
        show_hit(self, SNUG_MESSAGE(self->item), said);
    else
        return;
    /* A screen reader stops at the place in the list, which has no name of its own. */
    if (place != NULL)
        gtk_accessible_update_property(GTK_ACCESSIBLE(place), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       said->str, -1);
}

/* --- whom it follows --- */

static const char *
contact_of(gpointer item)
{
    return SNUG_IS_CONVERSATION(item) ? SNUG_CONVERSATION(item)->contact
           : SNUG_IS_CONTACT(item)    ? SNUG_CONTACT(item)->id
                                      : SNUG_MESSAGE(item)->contact;
}

static void
find_contact(ConversationRow *self)
{
    Contact *c = contact_book_get(self->account->contacts, contact_of(self->item));

    if (c == NULL || self->contact != NULL)
        return;
    g_clear_signal_handler(&self->book_changed, self->account->contacts);
    self->contact = g_object_ref(c);
    self->contact_changed =
        g_signal_connect_swapped(c, "changed", G_CALLBACK(conversation_row_refresh), self);
    avatars_want(self->account->avatars, c);
}

static void
on_book_changed(ConversationRow *self)
{
    find_contact(self);
    if (self->contact != NULL)
        conversation_row_refresh(self);
}

static void
let_go(ConversationRow *self)
{
    if (self->item != NULL)
        g_clear_signal_handler(&self->item_changed, self->item);
    if (self->contact != NULL)
        g_clear_signal_handler(&self->contact_changed, self->contact);
    if (self->account != NULL)
        g_clear_signal_handler(&self->book_changed, self->account->contacts);
    g_clear_object(&self->item);
    g_clear_object(&self->contact);
    g_clear_pointer(&self->word, g_free);
}

void
conversation_row_show(ConversationRow *self, gpointer item, const char *word)
{
    let_go(self);
    if (item == NULL)
        return;
    self->item = g_object_ref(item);
    self->word = g_strdup(word);
    self->item_changed =
        g_signal_connect_swapped(item, "changed", G_CALLBACK(conversation_row_refresh), self);
    self->book_changed = g_signal_connect_swapped(self->account->contacts, "items-changed",
                                                  G_CALLBACK(on_book_changed), self);
    find_contact(self);
    conversation_row_refresh(self);
}

gpointer
conversation_row_get_item(ConversationRow *self)
{
    return self->item;
}

/* --- the object --- */

static void
conversation_row_dispose(GObject *object)
{
    ConversationRow *self = SNUG_CONVERSATION_ROW(object);

    let_go(self);
    g_clear_object(&self->account);
    gtk_widget_dispose_template(GTK_WIDGET(object), SNUG_TYPE_CONVERSATION_ROW);
    G_OBJECT_CLASS(conversation_row_parent_class)->dispose(object);
}

static void
conversation_row_class_init(ConversationRowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = conversation_row_dispose;
    conversation_row_lay_out(widget);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/list/conversation_row.ui");
    gtk_widget_class_bind_template_child(widget, ConversationRow, avatar);
    gtk_widget_class_bind_template_child(widget, ConversationRow, dot);
    gtk_widget_class_bind_template_child(widget, ConversationRow, verified);
    gtk_widget_class_bind_template_child(widget, ConversationRow, muted);
    gtk_widget_class_bind_template_child(widget, ConversationRow, tick);
    gtk_widget_class_bind_template_child(widget, ConversationRow, pinned);
    gtk_widget_class_bind_template_child(widget, ConversationRow, name);
    gtk_widget_class_bind_template_child(widget, ConversationRow, time);
    gtk_widget_class_bind_template_child(widget, ConversationRow, preview);
    gtk_widget_class_bind_template_child(widget, ConversationRow, mention);
    gtk_widget_class_bind_template_child(widget, ConversationRow, badge);
}

static void
conversation_row_init(ConversationRow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

ConversationRow *
conversation_row_new(Account *account)
{
    ConversationRow *self = g_object_new(SNUG_TYPE_CONVERSATION_ROW, NULL);

    self->account = g_object_ref(account);
    return self;
}
