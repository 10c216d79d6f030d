/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/step.h"

typedef struct {
    GtkImage *icon;
    GtkLabel *title, *description, *trouble;
    GtkRevealer *trouble_room;
    char *next_label;
    gboolean ready;
} StepPrivate;

G_DEFINE_TYPE_WITH_PRIVATE(Step, step, GTK_TYPE_BOX)

enum { PROP_ICON_NAME = 1, PROP_TITLE, PROP_DESCRIPTION, PROP_NEXT_LABEL, PROP_READY, PROP_COUNT };
static GParamSpec *properties[PROP_COUNT];
static guint entered;

static StepPrivate *
private_of(Step *self)
{
    return step_get_instance_private(self);
}

void
step_collect(Step *self, json_t *params)
{
    if (SNUG_STEP_GET_CLASS(self)->collect != NULL)
        SNUG_STEP_GET_CLASS(self)->collect(self, params);
}

void
step_enter(Step *self)
{
    if (SNUG_STEP_GET_CLASS(self)->enter != NULL)
        SNUG_STEP_GET_CLASS(self)->enter(self);
}

gboolean
step_get_ready(Step *self)
{
    return private_of(self)->ready;
}

void
step_set_ready(Step *self, gboolean ready)
{
    if (private_of(self)->ready == ready)
        return;
    private_of(self)->ready = ready;
    g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_READY]);
}

const char *
step_get_next_label(Step *self)
{
    return private_of(self)->next_label;
}

void
step_set_description(Step *self, const char *text)
{
    gtk_label_set_text(private_of(self)->description, text);
    gtk_widget_set_visible(GTK_WIDGET(private_of(self)->description), text[0] != '\0');
}

void
step_set_trouble(Step *self, const char *text)
{
    gboolean some = text != NULL && text[0] != '\0';

    if (some)
        gtk_label_set_text(private_of(self)->trouble, text);
    gtk_revealer_set_reveal_child(private_of(self)->trouble_room, some);
}

void
step_entered(Step *self)
{
    g_signal_emit(self, entered, 0);
}

/* --- the object --- */

static void
step_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    Step *self = SNUG_STEP(object);
    StepPrivate *p = private_of(self);

    switch (id) {
    case PROP_ICON_NAME:
        gtk_image_set_from_icon_name(p->icon, g_value_get_string(value));
        gtk_widget_set_visible(GTK_WIDGET(p->icon), g_value_get_string(value) != NULL);
        break;
    case PROP_TITLE:
        gtk_label_set_text(p->title, g_value_get_string(value));
        break;
    case PROP_DESCRIPTION:
        step_set_description(self, g_value_get_string(value));
        break;
    case PROP_NEXT_LABEL:
        g_free(p->next_label);
        p->next_label = g_value_dup_string(value);
        break;
    case PROP_READY:
        step_set_ready(self, g_value_get_boolean(value));
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static void
step_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    g_value_set_boolean(value, private_of(SNUG_STEP(object))->ready); /* the only one to read */
}

static void
step_finalize(GObject *object)
{
    g_free(private_of(SNUG_STEP(object))->next_label);
    G_OBJECT_CLASS(step_parent_class)->finalize(object);
}

static void
step_class_init(StepClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    const GParamFlags writable = G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS;

    object->set_property = step_set_property;
    object->get_property = step_get_property;
    object->finalize = step_finalize;
    properties[PROP_ICON_NAME] = g_param_spec_string("icon-name", NULL, NULL, NULL, writable);
    properties[PROP_TITLE] = g_param_spec_string("title", NULL, NULL, "", writable);
    properties[PROP_DESCRIPTION] = g_param_spec_string("description", NULL, NULL, "", writable);
    properties[PROP_NEXT_LABEL] = g_param_spec_string("next-label", NULL, NULL, "", writable);
    properties[PROP_READY] =
        g_param_spec_boolean("ready", NULL, NULL, FALSE, writable | G_PARAM_READABLE);
    g_object_class_install_properties(object, PROP_COUNT, properties);
    entered = g_signal_new("entered", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                           NULL, G_TYPE_NONE, 0);
}

static GtkLabel *
add_label(GtkBox *self, const char *style)
{
    GtkLabel *label = GTK_LABEL(gtk_label_new(NULL));

    gtk_label_set_wrap(label, TRUE);
    gtk_label_set_wrap_mode(label, PANGO_WRAP_WORD_CHAR);
    gtk_label_set_justify(label, GTK_JUSTIFY_CENTER);
    gtk_widget_add_css_class(GTK_WIDGET(label), style);
    gtk_box_append(self, GTK_WIDGET(label));
    return label;
}

/* What all steps begin with; the template's children come after it. */
static void
step_init(Step *self)
{
    StepPrivate *p = private_of(self);
    GtkBox *box = GTK_BOX(self);

    gtk_orientable_set_orientation(GTK_ORIENTABLE(self), GTK_ORIENTATION_VERTICAL);
    gtk_box_set_spacing(box, 18);
    gtk_widget_set_valign(GTK_WIDGET(self), GTK_ALIGN_CENTER);
    p->icon = GTK_IMAGE(gtk_image_new());
    gtk_image_set_pixel_size(p->icon, 96);
    gtk_widget_set_visible(GTK_WIDGET(p->icon), FALSE);
    gtk_box_append(box, GTK_WIDGET(p->icon));
    p->title = add_label(box, "title-1");
    p->description = add_label(box, "body");
    p->trouble_room = GTK_REVEALER(gtk_revealer_new());
    gtk_box_append(box, GTK_WIDGET(p->trouble_room));
    GtkBox *room = GTK_BOX(gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6));
    p->trouble = add_label(room, "error");
    gtk_widget_set_hexpand(GTK_WIDGET(p->trouble), TRUE);
    gtk_revealer_set_child(p->trouble_room, GTK_WIDGET(room));
}
