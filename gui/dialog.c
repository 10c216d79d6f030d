/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/dialog.h"

#include <glib/gi18n.h>

#include "gui/toast.h"

/* Nothing of the profile stays on the screen. */
static void
on_state(GtkWindow *dialog, GParamSpec *pspec, Bridge *bridge)
{
    enum bridge_state state = bridge_get_state(bridge);

    if (state == BRIDGE_LOCKED || state == BRIDGE_NO_PROFILE)
        gtk_window_destroy(dialog);
}

static void
close_with_profile(GtkWindow *dialog, Account *account)
{
    g_signal_connect_object(account->bridge, "notify::state", G_CALLBACK(on_state), dialog,
                            G_CONNECT_SWAPPED);
}

void
dialog_setup(GtkWindow *dialog, GtkWindow *parent, Account *account)
{
    GtkEventController *keys = gtk_shortcut_controller_new();

    gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys),
                                         gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0),
                                                          gtk_named_action_new("window.close")));
    gtk_widget_add_controller(GTK_WIDGET(dialog), keys);
    if (parent != NULL) {
        gtk_window_set_transient_for(dialog, parent);
        gtk_window_set_modal(dialog, TRUE);
        gtk_window_set_destroy_with_parent(dialog, TRUE);
    }
    close_with_profile(dialog, account);
}

/* --- saying something --- */

/* Where lines of what INSIDE is in are said; NULL: nowhere. */
static AdwToastOverlay *
toasts_near(GtkWidget *inside)
{
    GtkWidget *toasts = gtk_widget_get_ancestor(inside, ADW_TYPE_TOAST_OVERLAY);

    if (toasts == NULL && GTK_IS_WINDOW(inside) && ADW_IS_WINDOW(inside))
        toasts = adw_window_get_content(ADW_WINDOW(inside));
    return ADW_IS_TOAST_OVERLAY(toasts) ? ADW_TOAST_OVERLAY(toasts) : NULL;
}

void
say(GtkWidget *inside, const char *text)
{
    AdwToastOverlay *toasts = toasts_near(inside);

    if (toasts != NULL)
        toast_show(toasts, text);
}

struct undo {
    AdwToastOverlay *toasts; /* borrowed: the toast is in it */
    Account *account;
    const char *method;
    json_t *params;
};

static void
undo_free(gpointer p, GClosure *closure)
{
    struct undo *u = p;

    g_object_unref(u->account);
    json_decref(u->params);
    g_free(u);
}

static void
on_undo(AdwToast *toast, struct undo *u)
{
    call_or_say(adw_toast_overlay_get_child(u->toasts), u->account, u->method,
                json_incref(u->params));
}

void
say_undo(GtkWidget *inside, Account *account, const char *text, const char *method, json_t *params)
{
    AdwToastOverlay *toasts = toasts_near(inside);
    AdwToast *toast = toasts != NULL ? toast_show(toasts, text) : NULL;
    struct undo *u = g_new(struct undo, 1);

    *u = (struct undo){toasts, g_object_ref(account), method, params};
    if (toast == NULL) {
        undo_free(u, NULL);
        return;
    }
    adw_toast_set_button_label(toast, _("_Undo"));
    g_signal_connect_data(toast, "button-clicked", G_CALLBACK(on_undo), u, undo_free, 0);
}

static void
on_called(gpointer self, const json_t *result, const GError *error, gpointer data)
{
    if (error != NULL)
        say(self, error->message);
}

void
call_or_say(GtkWidget *self, Account *account, const char *method, json_t *params)
{
    bridge_call(
        account->bridge,
        &(struct call){.method = method, .params = params, .self = self, .done = on_called});
}

/* --- questions --- */

struct waiting {
    GWeakRef self;
    asked_fn *yes;
    gpointer data;
    GDestroyNotify free_data;
};

static void
waiting_free(gpointer p, GClosure *closure)
{
    struct waiting *w = p;

    g_weak_ref_clear(&w->self);
    if (w->free_data != NULL)
        w->free_data(w->data);
    g_free(w);
}

static void
on_response(AdwMessageDialog *dialog, const char *response, struct waiting *w)
{
    g_autoptr(GObject) self = g_weak_ref_get(&w->self);

    if (strcmp(response, "yes") == 0 && self != NULL)
        w->yes(self, w->data);
}

GtkWindow *
ask_first(const struct asking *asking, const struct question *question)
{
    GtkRoot *root = gtk_widget_get_root(asking->self);
    GtkWidget *dialog = adw_message_dialog_new(GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL,
                                               question->heading, question->body);
    AdwMessageDialog *d = ADW_MESSAGE_DIALOG(dialog);
    struct waiting *w = g_new0(struct waiting, 1);

    g_weak_ref_init(&w->self, asking->self);
    w->yes = asking->yes;
    w->data = asking->data;
    w->free_data = asking->free_data;
    adw_message_dialog_add_responses(d, "cancel", _("_Cancel"), "yes", question->answer, NULL);
    adw_message_dialog_set_response_appearance(
        d, "yes", question->destructive ? ADW_RESPONSE_DESTRUCTIVE : ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_default_response(d, question->destructive ? "cancel" : "yes");
    adw_message_dialog_set_close_response(d, "cancel");
    if (question->extra != NULL)
        adw_message_dialog_set_extra_child(d, question->extra);
    g_signal_connect_data(d, "response", G_CALLBACK(on_response), w, waiting_free, 0);
    close_with_profile(GTK_WINDOW(d), asking->account);
    gtk_window_present(GTK_WINDOW(d));
    return GTK_WINDOW(d);
}
