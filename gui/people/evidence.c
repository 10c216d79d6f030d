/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/evidence.h"

#include <glib/gi18n.h>

#include "gui/choose_file.h"
#include "gui/dialog.h"
#include "gui/models/fields.h"

static void
on_saved(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    g_autofree char *name = g_filename_display_basename(data),
                    *words = g_strdup_printf(_("Evidence saved as “%s”"), name);

    say(p, error != NULL ? error->message : words);
}

void
evidence_save(GtkWidget *near, Account *account, const char *notice, const char *path)
{
    bridge_call(account->bridge,
                &(struct call){.method = "notice.evidence",
                               .params = json_pack("{s:s,s:s}", "notice", notice, "path", path),
                               .self = near,
                               .done = on_saved,
                               .data = g_strdup(path),
                               .free_data = g_free});
}

struct wanted {
    Account *account;
    char *notice;
};

static void
wanted_free(gpointer p)
{
    struct wanted *w = p;

    g_object_unref(w->account);
    g_free(w->notice);
    g_free(w);
}

static void
on_chosen(gpointer near, const char *path, gpointer data)
{
    struct wanted *w = data;

    evidence_save(near, w->account, w->notice, path);
}

void
evidence_export(GtkWidget *near, Account *account, const char *notice)
{
    struct wanted *w = g_new(struct wanted, 1);

    *w = (struct wanted){g_object_ref(account), g_strdup(notice)};
    choose_file(&(struct choosing){.self = near,
                                   .account = account,
                                   .action = GTK_FILE_CHOOSER_ACTION_SAVE,
                                   .title = _("Export Evidence"),
                                   .accept = _("_Export"),
                                   .name = _("snug-evidence.json"),
                                   .chosen = on_chosen,
                                   .data = w,
                                   .free_data = wanted_free});
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
