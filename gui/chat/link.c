/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/link.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#define URL_SHOWN 300 /* characters */

/* --- what is strange about a host --- */

static gboolean
is_plain(const char *host)
{
    for (const char *c = host; *c != '\0'; c++)
        if ((guchar)*c >= 0x80)
            return FALSE;
    return TRUE;
}

/* Letters of more than one script in one label: a Cyrillic "а" among Latin ones. */
static gboolean
mixes_scripts(const char *host)
{
    GUnicodeScript seen = G_UNICODE_SCRIPT_COMMON;

    for (const char *c = host; *c != '\0'; c = g_utf8_next_char(c)) {
        GUnicodeScript script = g_unichar_get_script(g_utf8_get_char(c));

        if (*c == '.') {
            seen = G_UNICODE_SCRIPT_COMMON;
            continue;
        }
        if (script == G_UNICODE_SCRIPT_COMMON || script == G_UNICODE_SCRIPT_INHERITED)
            continue;
        if (seen != G_UNICODE_SCRIPT_COMMON && seen != script)
            return TRUE;
        seen = script;
    }
    return FALSE;
}

static const char *
warning_for(const struct link *link, gboolean has_user, gboolean secure)
{
    if (mixes_scripts(link->host))
        return _("Its name mixes letters of different scripts, as forgeries do.");
    if (strcmp(link->host, link->ascii) != 0)
        return _("Its name has letters that can look like others.");
    if (has_user)
        return _("What stands before the @ is not where it goes.");
    if (!secure)
        return _("What you read and write there can be read by others on the way.");
    return NULL;
}

gboolean
link_read(const char *text, struct link *ret)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_PARSE_RELAXED | G_URI_FLAGS_ENCODED, NULL);
    const char *scheme = uri != NULL ? g_uri_get_scheme(uri) : "",
               *host = uri != NULL ? g_uri_get_host(uri) : NULL;
    g_autofree char *decoded = host != NULL ? g_uri_unescape_string(host, NULL) : NULL,
                    *ascii = NULL;

    if (decoded == NULL || decoded[0] == '\0' || !g_utf8_validate(decoded, -1, NULL) ||
        (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
        return FALSE;
    ascii = g_hostname_to_ascii(decoded);
    if (ascii == NULL)
        return FALSE;
    *ret = (struct link){
        .url = g_strdup(text),
        .host = g_hostname_to_unicode(ascii),
        .ascii = g_steal_pointer(&ascii),
    };
    if (ret->host == NULL || is_plain(ret->host)) {
        g_free(ret->host);
        ret->host = g_strdup(ret->ascii);
    }
    ret->warning = warning_for(ret, g_uri_get_userinfo(uri) != NULL, strcmp(scheme, "https") == 0);
    return TRUE;
}

void
link_clear(struct link *link)
{
    g_clear_pointer(&link->url, g_free);
    g_clear_pointer(&link->host, g_free);
    g_clear_pointer(&link->ascii, g_free);
}

/* --- the question --- */

static void
on_response(GtkWindow *parent, const char *response, AdwMessageDialog *dialog)
{
    const char *url = g_object_get_data(G_OBJECT(dialog), "url");

    if (strcmp(response, "open") == 0)
        gtk_show_uri(parent, url, GDK_CURRENT_TIME);
    else if (strcmp(response, "copy") == 0)
        gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(dialog)), url);
}

static char *
body_of(const struct link *link)
{
    GString *body = g_string_new("");
    glong n = g_utf8_strlen(link->url, -1);
    g_autofree char *cut = n > URL_SHOWN ? g_utf8_substring(link->url, 0, URL_SHOWN) : NULL;

    if (strcmp(link->host, link->ascii) != 0)
        g_string_append_printf(body, _("It reads “%s”.\n\n"), link->host);
    if (link->warning != NULL)
        g_string_append_printf(body, "%s\n\n", link->warning);
    g_string_append_printf(body, "%s%s", cut != NULL ? cut : link->url, cut != NULL ? "…" : "");
    return g_string_free(body, FALSE);
}

static void
ask(GtkWidget *parent, const struct link *link)
{
    GtkWindow *window = GTK_WINDOW(gtk_widget_get_root(parent));
    g_autofree char *heading = NULL, *body = body_of(link);
    GtkWidget *dialog;

    heading = g_strdup_printf(_("Open %s?"),
                              strcmp(link->host, link->ascii) == 0 ? link->host : link->ascii);
    dialog = adw_message_dialog_new(window, heading, body);
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "copy",
                                     _("Copy _Address"), "open", _("_Open"), NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "open",
                                               link->warning != NULL ? ADW_RESPONSE_DESTRUCTIVE
                                                                     : ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog),
                                            link->warning != NULL ? "cancel" : "open");
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    g_object_set_data_full(G_OBJECT(dialog), "url", g_strdup(link->url), g_free);
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_response), window, G_CONNECT_SWAPPED);
    /* Not longer than what it is in: the profile may be locked. */
    g_signal_connect_object(parent, "unmap", G_CALLBACK(gtk_window_destroy), dialog,
                            G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(dialog));
}

void
link_ask(GtkWidget *parent, const char *text)
{
    struct link link;

    if (!link_read(text, &link))
        return;
    ask(parent, &link);
    link_clear(&link);
}
