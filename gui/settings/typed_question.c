/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/settings/typed_question.h"

#include <glib/gi18n.h>

static void
on_typed(GtkEditable *entry, AdwMessageDialog *dialog)
{
    const char *word = g_object_get_data(G_OBJECT(entry), "word");

    adw_message_dialog_set_response_enabled(dialog, "yes",
                                            strcmp(gtk_editable_get_text(entry), word) == 0);
}

GtkWindow *
ask_typed(const struct asking *asking, const struct question *question, const char *word)
{
    struct question with = *question;
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6), *entry = gtk_entry_new();
    g_autofree char *text = g_strdup_printf(_("Type “%s” to go on:"), word);
    GtkWidget *label = gtk_label_new(text);

    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_selectable(GTK_LABEL(label), TRUE);
    gtk_box_append(GTK_BOX(box), label);
    gtk_box_append(GTK_BOX(box), entry);
    gtk_accessible_update_property(GTK_ACCESSIBLE(entry), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
    gtk_accessible_update_property(GTK_ACCESSIBLE(gtk_editable_get_delegate(GTK_EDITABLE(entry))),
                                   GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
    g_object_set_data_full(G_OBJECT(entry), "word", g_strdup(word), g_free);
    with.extra = box;
    with.destructive = TRUE;
    GtkWindow *dialog = ask_first(asking, &with);
    g_signal_connect_object(entry, "changed", G_CALLBACK(on_typed), dialog, 0);
    on_typed(GTK_EDITABLE(entry), ADW_MESSAGE_DIALOG(dialog));
    gtk_widget_grab_focus(entry);
    return dialog;
}
