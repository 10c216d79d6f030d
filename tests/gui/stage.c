/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "tests/gui/stage.h"

#include <glib/gstdio.h>
#include <string.h>

#include "core/rpc/json.h"
#include "gui/focus_kept.h"
#include "gui/spoken_names.h"

/* GLib moves its table of names (GQuark) when there are very many, and never frees the first one,
 * which is made with the library: 2,048 pointers. Whoever is held here is no leak. The sanitizer
 * calls this for each block, from the first one on. */
void __sanitizer_malloc_hook(const volatile void *block, size_t size);
static const volatile void *tables[8];
static size_t table_count;
static bool begun;

void
__sanitizer_malloc_hook(const volatile void *block, size_t size)
{
    if (!begun && size == 2048 * sizeof(char *) && table_count < G_N_ELEMENTS(tables))
        tables[table_count++] = block;
}

void
stage_setup(void)
{
    GtkCssProvider *css;

    begun = true;
    json_setup();
    gtk_init();
    adw_init();
    focus_kept_setup();
    spoken_names_setup();
    css = gtk_css_provider_new();
    gtk_css_provider_load_from_resource(css, "/im/snug/Snug/style.css");
    gtk_style_context_add_provider_for_display(gdk_display_get_default(), GTK_STYLE_PROVIDER(css),
                                               GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
    g_object_unref(css);
    gtk_icon_theme_add_resource_path(gtk_icon_theme_get_for_display(gdk_display_get_default()),
                                     "/im/snug/Snug/icons");
}

static gboolean
wake(gpointer p)
{
    return G_SOURCE_CONTINUE;
}

gboolean
stage_turn(gint64 end)
{
    guint timer = g_timeout_add(100, wake, NULL);

    g_main_context_iteration(NULL, TRUE);
    g_source_remove(timer);
    return g_get_monotonic_time() < end;
}

void
stage_settle(void)
{
    for (int i = 0; i < 1000 && g_main_context_iteration(NULL, FALSE); i++)
        ;
}

/* The one that a row stands for is named by the row's title. */
static gboolean
is_of_row(GtkWidget *w, const char *title)
{
    GtkWidget *row = gtk_widget_get_ancestor(w, ADW_TYPE_ACTION_ROW);

    return row != NULL && adw_action_row_get_activatable_widget(ADW_ACTION_ROW(row)) == w &&
           strcmp(adw_preferences_row_get_title(ADW_PREFERENCES_ROW(row)), title) == 0;
}

/* gtk_test_accessible_check_property answers NULL when the property has that value. */
static gboolean
is_named(GtkWidget *w, const char *name)
{
    GtkAccessible *a = GTK_ACCESSIBLE(w);
    g_autofree char *other = NULL;

    if (GTK_IS_LABEL(w) && strcmp(gtk_label_get_text(GTK_LABEL(w)), name) == 0)
        return TRUE;
    if (GTK_IS_BUTTON(w) && g_strcmp0(gtk_button_get_label(GTK_BUTTON(w)), name) == 0)
        return TRUE;
    if (GTK_IS_CHECK_BUTTON(w) &&
        g_strcmp0(gtk_check_button_get_label(GTK_CHECK_BUTTON(w)), name) == 0)
        return TRUE;
    if (is_of_row(w, name))
        return TRUE;
    if (!gtk_test_accessible_has_property(a, GTK_ACCESSIBLE_PROPERTY_LABEL))
        return FALSE;
    other = gtk_test_accessible_check_property(a, GTK_ACCESSIBLE_PROPERTY_LABEL, name);
    return other == NULL;
}

GtkWidget *
stage_find(GtkWidget *root, GType type, const char *name)
{
    if (g_type_is_a(G_OBJECT_TYPE(root), type) && gtk_widget_is_visible(root) &&
        is_named(root, name))
        return root;
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c)) {
        GtkWidget *found = stage_find(c, type, name);
        if (found != NULL)
            return found;
    }
    return NULL;
}

GtkWidget *
stage_await(GtkWidget *root, GType type, const char *name)
{
    gint64 end = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
    GtkWidget *found;

    while ((found = stage_find(root, type, name)) == NULL)
        if (!stage_turn(end))
            fail_msg("waited 10 seconds for a %s named %s", g_type_name(type), name);
    return found;
}

GtkWidget *
stage_first(GtkWidget *root, GType type)
{
    if (g_type_is_a(G_OBJECT_TYPE(root), type))
        return root;
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c)) {
        GtkWidget *found = stage_first(c, type);
        if (found != NULL)
            return found;
    }
    return NULL;
}

void
stage_click(GtkWidget *root, const char *name)
{
    g_signal_emit_by_name(stage_await(root, GTK_TYPE_BUTTON, name), "clicked");
}

GtkWidget *
stage_question(void)
{
    GListModel *all = gtk_window_get_toplevels();

    for (guint i = 0; i < g_list_model_get_n_items(all); i++) {
        g_autoptr(GtkWidget) w = g_list_model_get_item(all, i);
        if (ADW_IS_MESSAGE_DIALOG(w) && gtk_widget_get_visible(w))
            return w;
    }
    return NULL;
}

void
stage_answer(const char *response)
{
    stage_wait(stage_question() != NULL);
    g_signal_emit_by_name(stage_question(), "response", response);
    gtk_window_destroy(GTK_WINDOW(stage_question()));
}

gboolean
stage_shows(GtkWidget *root, const char *text)
{
    if (!gtk_widget_is_visible(root))
        return FALSE;
    if (GTK_IS_LABEL(root) && strstr(gtk_label_get_text(GTK_LABEL(root)), text) != NULL)
        return TRUE;
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        if (stage_shows(c, text))
            return TRUE;
    return FALSE;
}

static gboolean
has_text(const char *all, const char *text)
{
    return all != NULL && strstr(all, text) != NULL;
}

static gboolean
widget_holds(GtkWidget *w, const char *text)
{
    g_autofree char *told =
        gtk_test_accessible_check_property(GTK_ACCESSIBLE(w), GTK_ACCESSIBLE_PROPERTY_LABEL, "");

    if (has_text(told, text) || has_text(gtk_widget_get_tooltip_text(w), text) ||
        (GTK_IS_WINDOW(w) && has_text(gtk_window_get_title(GTK_WINDOW(w)), text)) ||
        (GTK_IS_LABEL(w) && has_text(gtk_label_get_text(GTK_LABEL(w)), text)) ||
        (GTK_IS_EDITABLE(w) && has_text(gtk_editable_get_text(GTK_EDITABLE(w)), text)))
        return TRUE;
    for (GtkWidget *c = gtk_widget_get_first_child(w); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        if (widget_holds(c, text))
            return TRUE;
    return FALSE;
}

gboolean
stage_holds(const char *text)
{
    g_autoptr(GList) all = gtk_window_list_toplevels();

    for (GList *w = all; w != NULL; w = w->next)
        if (widget_holds(w->data, text))
            return TRUE;
    return FALSE;
}

/* Whether a screen reader has something to say for W: its own name, or one it is given by its
 * label, or by text inside. */
static gboolean
has_name(GtkWidget *w)
{
    GtkAccessible *a = GTK_ACCESSIBLE(w);

    if (gtk_test_accessible_has_property(a, GTK_ACCESSIBLE_PROPERTY_LABEL) ||
        gtk_test_accessible_has_relation(a, GTK_ACCESSIBLE_RELATION_LABELLED_BY))
        return TRUE;
    if (GTK_IS_LABEL(w))
        return gtk_label_get_text(GTK_LABEL(w))[0] != '\0';
    for (GtkWidget *c = gtk_widget_get_first_child(w); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        if (has_name(c))
            return TRUE;
    return FALSE;
}

/* The mark of an access key in the name of a button is read out as a word. */
static gboolean
has_mark(GtkWidget *w)
{
    g_autofree char *said = NULL;

    if (!GTK_IS_BUTTON(w) && !GTK_IS_CHECK_BUTTON(w))
        return FALSE;
    said = gtk_test_accessible_check_property(GTK_ACCESSIBLE(w), GTK_ACCESSIBLE_PROPERTY_LABEL, "");
    return said != NULL && strchr(said, '_') != NULL;
}

static void
list_unnamed(GtkWidget *w, GString *ret)
{
    /* On a page of a stack that is not shown nobody gets there. */
    if (!gtk_widget_is_visible(w) || !gtk_widget_get_child_visible(w))
        return;
    if (has_mark(w) || (gtk_widget_get_focusable(w) && !has_name(w) && !GTK_IS_SCROLLED_WINDOW(w) &&
                        !GTK_IS_WINDOW(w)))
        g_string_append_printf(ret, "%s in a %s\n", G_OBJECT_TYPE_NAME(w),
                               G_OBJECT_TYPE_NAME(gtk_widget_get_parent(w)));
    for (GtkWidget *c = gtk_widget_get_first_child(w); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        list_unnamed(c, ret);
}

char *
stage_unnamed(GtkWidget *root)
{
    GString *names = g_string_new("");

    list_unnamed(root, names);
    return g_string_free(names, names->len == 0);
}

/* What turns behind something else draws nothing, and wakes the program for each frame. */
static gboolean
turns_unseen(GtkWidget *w)
{
    if (GTK_IS_SPINNER(w) && gtk_spinner_get_spinning(GTK_SPINNER(w)) && !gtk_widget_get_mapped(w))
        return TRUE;
    for (GtkWidget *c = gtk_widget_get_first_child(w); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        if (turns_unseen(c))
            return TRUE;
    return FALSE;
}

void
stage_picture(GtkWidget *window, const char *name)
{
    const char *build = g_getenv("SNUG_SCREENSHOTS");
    g_autofree char *path = g_strdup_printf("%s/%s.png", build != NULL ? build : ".", name);
    g_autoptr(GdkPaintable) paintable = NULL;
    g_autoptr(GskRenderNode) node = NULL;
    g_autoptr(GdkTexture) texture = NULL;
    GtkSnapshot *snapshot = gtk_snapshot_new();

    for (int i = 0; i < 3; i++)
        gtk_test_widget_wait_for_draw(window);
    assert_false(turns_unseen(window));
    if (build != NULL)
        g_mkdir_with_parents(build, 0755);
    int width = gtk_widget_get_width(window), height = gtk_widget_get_height(window);
    paintable = gtk_widget_paintable_new(window);
    gdk_paintable_snapshot(paintable, snapshot, width, height);
    node = gtk_snapshot_free_to_node(snapshot);
    assert_non_null(node);
    texture = gsk_renderer_render_texture(gtk_native_get_renderer(gtk_widget_get_native(window)),
                                          node, &GRAPHENE_RECT_INIT(0, 0, width, height));
    assert_true(gdk_texture_save_to_png(texture, path));
}

void
stage_dark(gboolean dark)
{
    adw_style_manager_set_color_scheme(adw_style_manager_get_default(),
                                       dark ? ADW_COLOR_SCHEME_FORCE_DARK
                                            : ADW_COLOR_SCHEME_FORCE_LIGHT);
}

Account *
stage_account(enum bridge_state state)
{
    Account *account = account_new(FAKE_PROFILE);

    stage_wait(bridge_get_state(account->bridge) == state);
    return account;
}

void
stage_end(const struct staged *parts)
{
    if (parts->window != NULL)
        gtk_window_destroy(GTK_WINDOW(parts->window));
    stage_settle();
    g_object_unref(parts->account);
    if (parts->history != NULL)
        fake_history_free(parts->history);
    fake_agent_free(parts->fake);
}
