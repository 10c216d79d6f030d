/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/account.h"

G_DEFINE_FINAL_TYPE(Account, account, G_TYPE_OBJECT)

static void
account_finalize(GObject *object)
{
    Account *self = SNUG_ACCOUNT(object);

    g_clear_object(&self->standing);
    g_clear_object(&self->archive);
    g_clear_object(&self->conversations);
    g_clear_object(&self->avatars);
    g_clear_object(&self->contacts);
    g_clear_object(&self->bridge);
    G_OBJECT_CLASS(account_parent_class)->finalize(object);
}

static void
account_class_init(AccountClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = account_finalize;
}

static void
account_init(Account *self)
{
}

Account *
account_new(const char *profile)
{
    Account *self = g_object_new(SNUG_TYPE_ACCOUNT, NULL);

    self->bridge = bridge_new(profile);
    self->contacts = contact_book_new(self->bridge);
    self->avatars = avatars_new(self->bridge, self->contacts);
    self->conversations = conversation_list_new(self->bridge, PLACE_LIST);
    self->archive = conversation_list_new(self->bridge, PLACE_ARCHIVE);
    self->standing = standing_new(self->bridge);
    return self;
}
