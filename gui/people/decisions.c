/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/decisions.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/models/fields.h"
#include "gui/shown_text.h"

/* A method that is called with the contact's id when the answer is yes. */
struct decision {
    Account *account;
    char *contact;
    const char *method;
    GtkCheckButton *presence; /* of request.accept; NULL otherwise */
};

static void
decision_free(gpointer p)
{
    struct decision *d = p;

    g_object_unref(d->account);
    g_clear_object(&d->presence);
    g_free(d->contact);
    g_free(d);
}

static struct decision *
decision_new(Account *account, const char *contact, const char *method)
{
    struct decision *d = g_new0(struct decision, 1);

    d->account = g_object_ref(account);
    d->contact = g_strdup(contact);
    d->method = method;
    return d;
}

static void
carry_out(gpointer self, gpointer data)
{
    struct decision *d = data;
    json_t *params = json_pack("{s:s}", "contact", d->contact);

    if (d->presence != NULL)
        json_object_set_new(params, "presence",
                            json_boolean(gtk_check_button_get_active(d->presence)));
    call_or_say(self, d->account, d->method, params);
}

/* HEADING has one %s for the name. Takes D. */
static void
ask_about(GtkWidget *near, const char *label, struct decision *d, const char *heading,
          struct question question)
{
    g_autofree char *name = name_in_sentence(label);
    g_auto(GStrv) parts = g_strsplit(heading, "%s", 2);
    g_autofree char *whole = g_strjoinv(name, parts);

    question.heading = whole;
    ask_first(&(struct asking){.self = near,
                               .account = d->account,
                               .yes = carry_out,
                               .data = d,
                               .free_data = decision_free},
              &question);
}

/* --- requests --- */

struct accepting {
    Account *account;
    Contact *contact;
};

static void
accepting_free(gpointer p)
{
    struct accepting *a = p;

    g_object_unref(a->account);
    g_object_unref(a->contact);
    g_free(a);
}

static void
on_settings(gpointer self, const json_t *result, const GError *error, gpointer data)
{
    struct accepting *a = data;
    struct decision *d = decision_new(a->account, a->contact->id, "request.accept");
    GtkWidget *check = gtk_check_button_new_with_mnemonic(_("They may see when I am _online"));

    if (error != NULL) {
        say(self, error->message);
        decision_free(d);
        g_object_ref_sink(check);
        g_object_unref(check);
        return;
    }
    gtk_check_button_set_active(GTK_CHECK_BUTTON(check),
                                strcmp(field_text(result, "presence"), "everyone") == 0);
    d->presence = g_object_ref_sink(GTK_CHECK_BUTTON(check));
    ask_about(self, a->contact->label, d, _("Accept %s?"),
              (struct question){
                  .body = _("You can write to each other then. They see your name, picture and "
                            "what you say about yourself."),
                  .answer = _("_Accept"),
                  .extra = check,
              });
}

void
decide_accept(GtkWidget *near, Account *account, Contact *contact)
{
    struct accepting *a = g_new0(struct accepting, 1);

    a->account = g_object_ref(account);
    a->contact = g_object_ref(contact);
    bridge_call(account->bridge, &(struct call){.method = "settings.get",
                                                .self = near,
                                                .done = on_settings,
                                                .data = a,
                                                .free_data = accepting_free});
}

void
decide_decline(GtkWidget *near, Account *account, Contact *contact)
{
    call_or_say(near, account, "request.decline", json_pack("{s:s}", "contact", contact->id));
    say(near, _("Declined. They are not told."));
}

/* --- contacts --- */

void
decide_block(GtkWidget *near, Account *account, Contact *contact)
{
    ask_about(near, contact->label, decision_new(account, contact->id, "contact.block"),
              _("Block %s?"),
              (struct question){
                  .body = _("Nothing from them reaches you any more, and what you were sending is "
                            "dropped. They are not told. You can unblock them later; the "
                            "conversation stays."),
                  .answer = _("_Block"),
                  .destructive = TRUE,
              });
}

void
decide_unblock(GtkWidget *near, Account *account, Contact *contact)
{
    call_or_say(near, account, "contact.unblock", json_pack("{s:s}", "contact", contact->id));
    say(near, _("They may ask to be a contact again"));
}

void
decide_remove(GtkWidget *near, Account *account, Contact *contact)
{
    ask_about(near, contact->label, decision_new(account, contact->id, "contact.remove"),
              _("Remove %s?"),
              (struct question){
                  .body = _("They cannot write to you any more, and have to ask again. The "
                            "conversation stays until you delete it."),
                  .answer = _("_Remove"),
                  .destructive = TRUE,
              });
}

void
decide_delete_conversation(GtkWidget *near, Account *account, const char *contact,
                           const char *label)
{
    ask_about(near, label, decision_new(account, contact, "conversation.delete"),
              _("Delete the Conversation With %s?"),
              (struct question){
                  .body = _("All its messages and files are deleted from this computer, for good. "
                            "They keep theirs."),
                  .answer = _("_Delete"),
                  .destructive = TRUE,
              });
}

/* --- after a key change --- */

void
decide_keep_key(GtkWidget *near, Account *account, Contact *contact)
{
    ask_about(near, contact->label, decision_new(account, contact->id, "contact.keep_key"),
              _("Stay With the %s You Know?"),
              (struct question){
                  .body = _("The new account at their address is ignored, and you can write to the "
                            "old one again. If they really have a new account, they do not get "
                            "your messages: ask them in another way."),
                  .answer = _("_Stay With the Old"),
              });
}

void
decide_take_new(GtkWidget *near, Account *account, Contact *contact)
{
    ask_about(near, contact->label, decision_new(account, contact->id, "contact.take_new"),
              _("Ask the New Account of %s?"),
              (struct question){
                  .body = _("Whoever has this address now is asked to be a new, unverified "
                            "contact. Compare the safety number with them before you write. The "
                            "old conversation stays apart."),
                  .answer = _("_Ask the New One"),
              });
}
