/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/settings/privacy_group.h"

#include "gui/settings/rows.h"

struct _PrivacyGroup {
    AdwPreferencesGroup parent;
};

G_DEFINE_FINAL_TYPE(PrivacyGroup, privacy_group, ADW_TYPE_PREFERENCES_GROUP)

static void
privacy_group_class_init(PrivacyGroupClass *klass)
{
    g_type_ensure(SNUG_TYPE_CHOICE_ROW);
    g_type_ensure(SNUG_TYPE_SWITCH_ROW);
    gtk_widget_class_set_template_from_resource(GTK_WIDGET_CLASS(klass),
                                                "/im/snug/Snug/settings/privacy_group.ui");
}

static void
privacy_group_init(PrivacyGroup *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
