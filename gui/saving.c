/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/saving.h"

#include "gui/choose_file.h"
#include "gui/dialog.h"

/* What a call, or the question before it, keeps of a saving. */
struct kept {
    Account *account;
    const char *method, *saved;
    json_t *params;
    char *path; /* NULL: not known yet */
};

static struct kept *
kept_new(const struct saving *s, const char *path)
{
    struct kept *k = g_new(struct kept, 1);

    *k = (struct kept){g_object_ref(s->account), s->method, s->saved, s->params, g_strdup(path)};
    return k;
}

static void
kept_free(gpointer p)
{
    struct kept *k = p;

    g_object_unref(k->account);
    json_decref(k->params);
    g_free(k->path);
    g_free(k);
}

static void
on_saved(gpointer near, const json_t *result, const GError *error, gpointer data)
{
    const struct kept *k = data;
    g_autofree char *name = g_filename_display_basename(k->path);
    g_auto(GStrv) parts = g_strsplit(k->saved, "%s", 2);
    g_autofree char *words = g_strjoinv(name, parts);

    say(near, error != NULL ? error->message : words);
}

void
saving_begin(const struct saving *s, const char *path)
{
    json_t *params = json_deep_copy(s->params);

    json_object_set_new(params, "path", json_string(path));
    bridge_call(s->account->bridge, &(struct call){.method = s->method,
                                                   .params = params,
                                                   .self = s->near,
                                                   .done = on_saved,
                                                   .data = kept_new(s, path),
                                                   .free_data = kept_free});
}

static void
on_chosen(gpointer near, const char *path, gpointer data)
{
    const struct kept *k = data;

    saving_begin(&(struct saving){.near = near,
                                  .account = k->account,
                                  .method = k->method,
                                  .params = json_incref(k->params),
                                  .saved = k->saved},
                 path);
}

/* Who asks may be a row that a list takes out meanwhile; where it is told how it went stays. */
void
saving_ask(const struct saving *s)
{
    GtkWidget *toasts = gtk_widget_get_ancestor(s->near, ADW_TYPE_TOAST_OVERLAY);

    choose_file(&(struct choosing){.self = toasts != NULL ? toasts : s->near,
                                   .account = s->account,
                                   .action = GTK_FILE_CHOOSER_ACTION_SAVE,
                                   .title = s->title,
                                   .accept = s->accept,
                                   .name = s->name,
                                   .chosen = on_chosen,
                                   .data = kept_new(s, NULL),
                                   .free_data = kept_free});
}
