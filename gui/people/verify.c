/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/verify.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/entry_rows.h"
#include "gui/models/fields.h"

#include "gui/people/qr_input.h"
#include "gui/people/safety_number.h"
#include "gui/people/trust_words.h"
#include "gui/qr_texture.h"
#include "gui/shown_text.h"

struct _Verify {
    AdwWindow parent;
    Account *account;
    char *contact, *number;
    Contact *shown;
    GtkImage *trust_icon, *verdict_icon;
    GtkLabel *trust, *verdict_title, *verdict_text;
    SafetyNumber *digits;
    GtkPicture *qr;
    AdwEntryRow *theirs;
    QrInput *input;
    GtkWidget *verdict;
    GtkButton *copy, *mark;
};

G_DEFINE_FINAL_TYPE(Verify, verify, ADW_TYPE_WINDOW)

/* --- what is known --- */

static void
show_trust(Verify *self)
{
    g_autofree char *name = name_in_sentence(self->shown->label);
    gboolean verified = self->shown->trust == TRUST_VERIFIED;
    g_autofree char *text =
        g_strdup_printf(verified ? _("%s is verified") : _("%s is not verified"), name);

    gtk_label_set_text(self->trust, text);
    gtk_image_set_from_icon_name(self->trust_icon, trust_icon(self->shown->trust));
    gtk_button_set_label(self->mark, verified ? _("_Take Back…") : _("_Mark as Verified…"));
    gtk_widget_set_visible(GTK_WIDGET(self->mark), TRUE);
}

/* Takes what the agent says of the contact now. */
static void
take_contact(Verify *self, const json_t *contact)
{
    if (self->shown == NULL)
        self->shown = contact_new(contact);
    else
        contact_update(self->shown, contact);
    show_trust(self);
}

static void
on_contact(Verify *self, const json_t *params)
{
    const json_t *contact = json_object_get(params, "contact");

    if (strcmp(field_text(contact, "id"), self->contact) == 0)
        take_contact(self, contact);
}

static void
on_shown(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Verify *self = p;
    g_autoptr(GdkTexture) code = NULL;

    if (error != NULL) {
        say(GTK_WIDGET(self), error->message);
        return;
    }
    take_contact(self, json_object_get(result, "contact"));
    set_text(&self->number, field_text(result, "number"));
    safety_number_set(self->digits, self->number);
    gtk_widget_set_sensitive(GTK_WIDGET(self->copy), TRUE);
    code = qr_texture_new(field_text(result, "qr"));
    gtk_picture_set_paintable(self->qr, GDK_PAINTABLE(code));
}

static void
on_copy(Verify *self)
{
    gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(self)), self->number);
    say(GTK_WIDGET(self), _("The digits were copied"));
}

/* --- comparing --- */

struct verdict {
    const char *name, *icon, *style, *title, *text;
};

static const struct verdict verdicts[] = {
    {"match", "security-high-symbolic", "success", N_("It matches"),
     N_("Nobody stands between you. The contact is marked as verified.")},
    {"differs", "dialog-warning-symbolic", "error", N_("It does not match"),
     N_("First look for a slip of the pen. If the digits are really different, somebody may stand "
        "between you: tell them nothing private here.")},
    {"not-them", "dialog-warning-symbolic", "error", N_("This code is not theirs"),
     N_("It belongs to another account than the one you write to. If they are the one who showed "
        "it, somebody may stand between you.")},
    {"not-us", "dialog-warning-symbolic", "error", N_("They have another account in your place"),
     N_("The code is theirs, but under your name they hold somebody else. Somebody may stand "
        "between you: tell them about it in another way.")},
    {"own-code", "dialog-information-symbolic", "warning", N_("This is your own code"),
     N_("Read the one that they show on their screen.")},
};

static void
show_verdict(Verify *self, const struct verdict *v)
{
    static const char *const styles[] = {"success", "warning", "error"};

    for (size_t i = 0; i < G_N_ELEMENTS(styles); i++)
        gtk_widget_remove_css_class(GTK_WIDGET(self->verdict_icon), styles[i]);
    gtk_widget_add_css_class(GTK_WIDGET(self->verdict_icon), v->style);
    gtk_image_set_from_icon_name(self->verdict_icon, v->icon);
    gtk_label_set_text(self->verdict_title, _(v->title));
    gtk_label_set_text(self->verdict_text, _(v->text));
    gtk_widget_set_visible(self->verdict, TRUE);
}

static void
on_compared(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Verify *self = p;
    const char *name = field_text(result, "verdict");

    if (error != NULL) {
        show_verdict(self, &(struct verdict){"", "dialog-information-symbolic", "warning",
                                             N_("This cannot be compared"), error->message});
        return;
    }
    take_contact(self, json_object_get(result, "contact"));
    for (size_t i = 0; i < G_N_ELEMENTS(verdicts); i++)
        if (strcmp(verdicts[i].name, name) == 0)
            show_verdict(self, &verdicts[i]);
}

static void
on_code(Verify *self, const char *text)
{
    gtk_widget_set_visible(self->verdict, FALSE);
    bridge_call(
        self->account->bridge,
        &(struct call){.method = "verify.compare",
                       .params = json_pack("{s:s,s:s}", "contact", self->contact, "text", text),
                       .self = self,
                       .done = on_compared});
}

static void
on_compare(Verify *self)
{
    on_code(self, gtk_editable_get_text(GTK_EDITABLE(self->theirs)));
}

/* --- marking --- */

static void
on_marked(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Verify *self = p;

    if (error != NULL)
        say(GTK_WIDGET(self), error->message);
    else
        take_contact(self, json_object_get(result, "contact"));
}

static void
mark(gpointer p, gpointer data)
{
    Verify *self = p;

    gtk_widget_set_visible(self->verdict, FALSE);
    bridge_call(self->account->bridge,
                &(struct call){.method = "verify.set",
                               .params = json_pack("{s:s,s:b}", "contact", self->contact,
                                                   "verified", GPOINTER_TO_INT(data)),
                               .self = self,
                               .done = on_marked});
}

static void
on_mark(Verify *self)
{
    g_autofree char *name = name_in_sentence(self->shown->label);
    gboolean on = self->shown->trust != TRUST_VERIFIED;
    g_autofree char *heading =
        g_strdup_printf(on ? _("Mark %s as Verified?") : _("Take Back That %s Is Verified?"), name);

    ask_first(&(struct asking){.self = GTK_WIDGET(self),
                               .account = self->account,
                               .yes = mark,
                               .data = GINT_TO_POINTER(on)},
              &(struct question){
                  .heading = heading,
                  .body = on ? _("Only if you compared all sixty digits yourself, with them, and "
                                 "not by messages in this conversation.")
                             : _("You can go on writing to them. Compare the safety number again "
                                 "when you can."),
                  .answer = on ? _("_Mark as Verified") : _("_Take Back"),
              });
}

/* --- the object --- */

static void
verify_dispose(GObject *object)
{
    Verify *self = SNUG_VERIFY(object);

    g_clear_object(&self->account);
    g_clear_object(&self->shown);
    g_clear_pointer(&self->contact, g_free);
    g_clear_pointer(&self->number, free_wiped);
    G_OBJECT_CLASS(verify_parent_class)->dispose(object);
}

static void
verify_class_init(VerifyClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = verify_dispose;
    g_type_ensure(SNUG_TYPE_QR_INPUT);
    g_type_ensure(SNUG_TYPE_SAFETY_NUMBER);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/verify.ui");
    gtk_widget_class_bind_template_child(widget, Verify, trust_icon);
    gtk_widget_class_bind_template_child(widget, Verify, verdict_icon);
    gtk_widget_class_bind_template_child(widget, Verify, trust);
    gtk_widget_class_bind_template_child(widget, Verify, verdict_title);
    gtk_widget_class_bind_template_child(widget, Verify, verdict_text);
    gtk_widget_class_bind_template_child(widget, Verify, digits);
    gtk_widget_class_bind_template_child(widget, Verify, qr);
    gtk_widget_class_bind_template_child(widget, Verify, theirs);
    gtk_widget_class_bind_template_child(widget, Verify, input);
    gtk_widget_class_bind_template_child(widget, Verify, verdict);
    gtk_widget_class_bind_template_child(widget, Verify, copy);
    gtk_widget_class_bind_template_child(widget, Verify, mark);
    gtk_widget_class_bind_template_callback(widget, on_copy);
    gtk_widget_class_bind_template_callback(widget, on_compare);
    gtk_widget_class_bind_template_callback(widget, on_code);
    gtk_widget_class_bind_template_callback(widget, on_mark);
}

static void
verify_init(Verify *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

Verify *
verify_new(GtkWindow *parent, Account *account, const char *contact)
{
    Verify *self = g_object_new(SNUG_TYPE_VERIFY, NULL);

    self->account = g_object_ref(account);
    self->contact = g_strdup(contact);
    dialog_setup(GTK_WINDOW(self), parent, account);
    entry_rows_name(GTK_WIDGET(self));
    qr_input_setup(self->input, account, "SNUG1:", GTK_WIDGET(self));
    g_signal_connect_object(account->bridge, "notification::contact", G_CALLBACK(on_contact), self,
                            G_CONNECT_SWAPPED);
    bridge_call(account->bridge, &(struct call){.method = "verify.show",
                                                .params = json_pack("{s:s}", "contact", contact),
                                                .self = self,
                                                .done = on_shown});
    return self;
}
