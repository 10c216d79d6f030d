/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/welcome_page.h"

#include <glib/gi18n.h>

#include "gui/backup/restore_window.h"
#include "gui/entry_rows.h"
#include "gui/start/create_step.h"
#include "gui/start/kit_step.h"
#include "gui/start/link_step.h"
#include "gui/start/name_step.h"
#include "gui/start/passphrase_step.h"
#include "gui/start/privacy_step.h"
#include "gui/start/relay_step.h"
#include "wire/err.h"

enum place { NAME, RELAY, PASSPHRASE, CREATE, KIT, PRIVACY, LINK, PLACE_COUNT };

struct _WelcomePage {
    AdwBin parent;
    Account *account;
    AdwWindowTitle *title;
    GtkStack *stack;
    GtkButton *back, *next;
    GtkWidget *menu, *next_room;
    GtkAdjustment *scroll;
    NameStep *name;
    RelayStep *relay;
    PassphraseStep *passphrase;
    CreateStep *create;
    KitStep *kit;
    PrivacyStep *privacy;
    LinkStep *link;
    Step *steps[PLACE_COUNT];
    enum place place;
    gboolean correcting; /* something was refused: Next tries again at once */
};

G_DEFINE_FINAL_TYPE(WelcomePage, welcome_page, ADW_TYPE_BIN)

static guint finished;

/* --- going from step to step --- */

static void
update_buttons(WelcomePage *self)
{
    Step *step = self->steps[self->place];
    const char *label = step_get_next_label(step);

    gtk_widget_set_visible(GTK_WIDGET(self->back), self->place > NAME && self->place < CREATE);
    gtk_widget_set_visible(self->menu, self->place < CREATE);
    gtk_widget_set_visible(self->next_room, self->place != CREATE);
    gtk_widget_set_sensitive(GTK_WIDGET(self->next), step_get_ready(step));
    gtk_button_set_label(self->next, self->correcting ? _("_Try Again")
                                     : label != NULL  ? label
                                                      : _("_Next"));
}

static void
go(WelcomePage *self, enum place place)
{
    g_autofree char *subtitle =
        g_strdup_printf(_("Step %d of %d"), (int)place + 1, (int)PLACE_COUNT);

    self->place = place;
    adw_window_title_set_subtitle(self->title, subtitle);
    gtk_adjustment_set_value(self->scroll, 0);
    gtk_stack_set_visible_child(self->stack, GTK_WIDGET(self->steps[place]));
    update_buttons(self);
    step_enter(self->steps[place]);
}

static void
begin_creating(WelcomePage *self)
{
    json_t *params = json_object();

    for (enum place p = NAME; p <= PASSPHRASE; p++) {
        step_set_trouble(self->steps[p], NULL);
        step_collect(self->steps[p], params);
    }
    self->correcting = FALSE;
    go(self, CREATE);
    create_step_begin(self->create, self->account->bridge, params);
}

static void
finish(WelcomePage *self)
{
    self->place = NAME;
    g_signal_emit(self, finished, 0);
}

static void
on_next_clicked(WelcomePage *self)
{
    if (!step_get_ready(self->steps[self->place]))
        return;
    if (self->place == PASSPHRASE || (self->correcting && self->place < PASSPHRASE &&
                                      step_get_ready(SNUG_STEP(self->passphrase)))) {
        begin_creating(self);
        return;
    }
    if (self->place == KIT)
        kit_step_clear(self->kit);
    if (self->place == LINK || bridge_get_state(self->account->bridge) == BRIDGE_LOCKED)
        finish(self);
    else
        go(self, self->place + 1);
}

static void
on_back_clicked(WelcomePage *self)
{
    self->correcting = FALSE;
    if (self->place > NAME && self->place < CREATE)
        go(self, self->place - 1);
}

/* --- how making the account ends --- */

/* Where a person can put right what was refused. */
static enum place
place_of(int code)
{
    switch (code) {
    case ERR_EXISTS:
        return NAME;
    case ERR_OFFLINE:
    case ERR_UNTRUSTED:
    case ERR_REFUSED:
    case ERR_USAGE: /* names and pass-phrases are looked at here already */
        return RELAY;
    default:
        return PASSPHRASE;
    }
}

static void
on_refused(WelcomePage *self, const GError *error)
{
    enum place place = place_of(error->code);

    /* What was asked of an agent that ended meanwhile may have been done. */
    if (bridge_get_state(self->account->bridge) > BRIDGE_NO_PROFILE) {
        finish(self);
        return;
    }
    self->correcting = TRUE;
    go(self, place);
    step_set_trouble(self->steps[place], error->message);
}

static void
on_created(WelcomePage *self, const json_t *account)
{
    passphrase_step_clear(self->passphrase);
    kit_step_set_account(self->kit, account);
    privacy_step_set_bridge(self->privacy, self->account->bridge);
    link_step_set_bridge(self->link, self->account->bridge);
    go(self, KIT);
}

static void
on_cancelled(WelcomePage *self)
{
    go(self, PASSPHRASE);
}

gboolean
welcome_page_is_busy(WelcomePage *self)
{
    return self->place >= CREATE;
}

/* --- there is an account already --- */

static void
act_come_back(GtkWidget *widget, const char *name, GVariant *target)
{
    GtkRoot *root = gtk_widget_get_root(widget);
    enum restore_from from = strcmp(name, "start.recover") == 0 ? RESTORE_KIT : RESTORE_BACKUP;

    gtk_window_present(GTK_WINDOW(restore_window_new(GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL,
                                                     SNUG_WELCOME_PAGE(widget)->account, from)));
}

/* --- the object --- */

static void
welcome_page_unroot(GtkWidget *widget)
{
    entry_rows_leave(widget);
    GTK_WIDGET_CLASS(welcome_page_parent_class)->unroot(widget);
}

static void
welcome_page_dispose(GObject *object)
{
    WelcomePage *self = SNUG_WELCOME_PAGE(object);

    if (self->account != NULL) {
        passphrase_step_clear(self->passphrase);
        kit_step_clear(self->kit);
    }
    g_clear_object(&self->account);
    G_OBJECT_CLASS(welcome_page_parent_class)->dispose(object);
}

static gboolean
enter_now(gpointer p)
{
    WelcomePage *self = p;

    if (self->account != NULL)
        step_enter(self->steps[self->place]);
    return G_SOURCE_REMOVE;
}

/* The stack that shows the page moves the focus on once more after this. */
static void
welcome_page_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(welcome_page_parent_class)->map(widget);
    g_idle_add_full(G_PRIORITY_DEFAULT, enter_now, g_object_ref(widget), g_object_unref);
}

static void
bind_children(GtkWidgetClass *widget)
{
    gtk_widget_class_bind_template_child(widget, WelcomePage, title);
    gtk_widget_class_bind_template_child(widget, WelcomePage, stack);
    gtk_widget_class_bind_template_child(widget, WelcomePage, back);
    gtk_widget_class_bind_template_child(widget, WelcomePage, next);
    gtk_widget_class_bind_template_child(widget, WelcomePage, menu);
    gtk_widget_class_bind_template_child(widget, WelcomePage, next_room);
    gtk_widget_class_bind_template_child(widget, WelcomePage, scroll);
    gtk_widget_class_bind_template_child(widget, WelcomePage, name);
    gtk_widget_class_bind_template_child(widget, WelcomePage, relay);
    gtk_widget_class_bind_template_child(widget, WelcomePage, passphrase);
    gtk_widget_class_bind_template_child(widget, WelcomePage, create);
    gtk_widget_class_bind_template_child(widget, WelcomePage, kit);
    gtk_widget_class_bind_template_child(widget, WelcomePage, privacy);
    gtk_widget_class_bind_template_child(widget, WelcomePage, link);
}

static void
welcome_page_class_init(WelcomePageClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = welcome_page_dispose;
    widget->map = welcome_page_map;
    widget->unroot = welcome_page_unroot;
    finished = g_signal_new("finished", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                            NULL, G_TYPE_NONE, 0);
    g_type_ensure(SNUG_TYPE_NAME_STEP);
    g_type_ensure(SNUG_TYPE_RELAY_STEP);
    g_type_ensure(SNUG_TYPE_PASSPHRASE_STEP);
    g_type_ensure(SNUG_TYPE_CREATE_STEP);
    g_type_ensure(SNUG_TYPE_KIT_STEP);
    g_type_ensure(SNUG_TYPE_PRIVACY_STEP);
    g_type_ensure(SNUG_TYPE_LINK_STEP);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/start/welcome_page.ui");
    bind_children(widget);
    gtk_widget_class_install_action(widget, "start.restore", NULL, act_come_back);
    gtk_widget_class_install_action(widget, "start.recover", NULL, act_come_back);
    gtk_widget_class_bind_template_callback(widget, update_buttons);
    gtk_widget_class_bind_template_callback(widget, on_next_clicked);
    gtk_widget_class_bind_template_callback(widget, on_back_clicked);
    gtk_widget_class_bind_template_callback(widget, on_created);
    gtk_widget_class_bind_template_callback(widget, on_refused);
    gtk_widget_class_bind_template_callback(widget, on_cancelled);
}

static void
welcome_page_init(WelcomePage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
    Step *const steps[PLACE_COUNT] = {
        [NAME] = SNUG_STEP(self->name),
        [RELAY] = SNUG_STEP(self->relay),
        [PASSPHRASE] = SNUG_STEP(self->passphrase),
        [CREATE] = SNUG_STEP(self->create),
        [KIT] = SNUG_STEP(self->kit),
        [PRIVACY] = SNUG_STEP(self->privacy),
        [LINK] = SNUG_STEP(self->link),
    };
    for (int i = 0; i < PLACE_COUNT; i++) {
        self->steps[i] = steps[i];
        g_signal_connect_object(steps[i], "notify::ready", G_CALLBACK(update_buttons), self,
                                G_CONNECT_SWAPPED);
        g_signal_connect_object(steps[i], "entered", G_CALLBACK(on_next_clicked), self,
                                G_CONNECT_SWAPPED);
    }
}

WelcomePage *
welcome_page_new(Account *account)
{
    WelcomePage *self = g_object_new(SNUG_TYPE_WELCOME_PAGE, NULL);

    self->account = g_object_ref(account);
    relay_step_set_account(self->relay, account);
    go(self, NAME);
    return self;
}
