/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/evidence.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/models/fields.h"
#include "gui/saving.h"

static struct saving
saving_of(GtkWidget *near, Account *account, const char *notice)
{
    return (struct saving){.near = near,
                           .account = account,
                           .method = "notice.evidence",
                           .params = json_pack("{s:s}", "notice", notice),
                           .title = _("Export Evidence"),
                           .accept = _("_Export"),
                           .name = _("snug-evidence.json"),
                           .saved = _("Evidence saved as “%s”")};
}

void
evidence_save(GtkWidget *near, Account *account, const char *notice, const char *path)
{
    struct saving s = saving_of(near, account, notice);

    saving_begin(&s, path);
}

void
evidence_export(GtkWidget *near, Account *account, const char *notice)
{
    struct saving s = saving_of(near, account, notice);

    saving_ask(&s);
}

/* --- about a contact --- */

#define PAGE 200

struct search {
    Account *account;
    char *contact, *notice; /* NOTICE: found so far */
};

static void
search_free(gpointer p)
{
    struct search *s = p;

    g_object_unref(s->account);
    g_free(s->contact);
    g_free(s->notice);
    g_free(s);
}

static void read_page(GtkWidget *near, struct search *s, const char *after);

/* The search goes on in a new call, or has ended. */
static void
on_page(gpointer near, const json_t *result, const GError *error, gpointer data)
{
    struct search *s = data;
    const json_t *list = json_object_get(result, "notices"), *each;
    const char *last = field_text(json_array_get(list, json_array_size(list) - 1), "id");
    size_t i;

    if (error != NULL) {
        say(near, error->message);
        return;
    }
    json_array_foreach(list, i, each)
    {
        if (!field_bool(each, "provable") ||
            strcmp(field_text(each, "contact_id"), s->contact) != 0)
            continue;
        g_free(s->notice);
        s->notice = g_strdup(field_text(each, "id"));
    }
    if (last[0] != '\0' && field_bool(result, "more")) {
        struct search *next = g_new0(struct search, 1);

        next->account = g_object_ref(s->account);
        next->contact = g_steal_pointer(&s->contact);
        next->notice = g_steal_pointer(&s->notice);
        read_page(near, next, last);
    } else if (s->notice != NULL) {
        evidence_export(near, s->account, s->notice);
    } else {
        say(near, _("There is nothing yet that others could check."));
    }
}

static void
read_page(GtkWidget *near, struct search *s, const char *after)
{
    json_t *params = json_pack("{s:i,s:s*}", "limit", PAGE, "after", after);

    bridge_call(s->account->bridge, &(struct call){.method = "notice.list",
                                                   .params = params,
                                                   .self = near,
                                                   .done = on_page,
                                                   .data = s,
                                                   .free_data = search_free});
}

void
evidence_export_about(GtkWidget *near, Account *account, const char *contact)
{
    struct search *s = g_new0(struct search, 1);

    s->account = g_object_ref(account);
    s->contact = g_strdup(contact);
    read_page(near, s, NULL);
}
