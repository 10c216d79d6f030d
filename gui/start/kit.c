/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/kit.h"

#include <glib/gi18n.h>
#include <string.h>

#include "gui/models/fields.h"
#include "gui/qr_texture.h"

/* What is said on it. Free with free_wiped. */
static char *
kit_text(const json_t *account)
{
    return g_strdup_printf(
        _("Snug recovery kit\n\nAddress:  %s\nAccount:  %s\n\n%s\n\n"
          "With this you get the account back when this computer is lost. So does whoever finds "
          "it:\nprint it or write it down, keep it away from the computer, and show it to nobody.\n"
          "It is not shown again.\n"),
        field_text(account, "address"), field_text(account, "account"), field_text(account, "kit"));
}

/* A new file takes the place of one that is there; it is on the disk when this returns. */
static gboolean
write_file(const char *path, const char *bytes, gssize n, GError **error)
{
    return g_file_set_contents_full(
        path, bytes, n, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
}

char *
kit_picture_path(const char *path)
{
    gsize n = strlen(path);

    if (g_str_has_suffix(path, ".txt"))
        n -= strlen(".txt");
    return g_strdup_printf("%.*s.png", (int)n, path);
}

static gboolean
save_picture(const json_t *account, const char *path, GError **error)
{
    g_autoptr(GdkTexture) code = qr_texture_new(field_text(account, "kit"));
    g_autofree char *beside = kit_picture_path(path);
    g_autoptr(GBytes) png = code != NULL ? gdk_texture_save_to_png_bytes(code) : NULL;
    gsize n = 0;
    const char *bytes = png != NULL ? g_bytes_get_data(png, &n) : NULL;

    return bytes == NULL || write_file(beside, bytes, (gssize)n, error);
}

gboolean
kit_save(const json_t *account, const char *path, GError **error)
{
    char *text = kit_text(account);
    gboolean saved = write_file(path, text, -1, error) && save_picture(account, path, error);

    free_wiped(text);
    return saved;
}

/* --- on paper --- */

struct paper {
    char *text, *kit;
    kit_printed_fn *done;
    GWeakRef self;
};

static void
paper_free(struct paper *p)
{
    free_wiped(p->text);
    free_wiped(p->kit);
    g_weak_ref_clear(&p->self);
    g_free(p);
}

static void
draw_code(cairo_t *cr, const char *kit, double top, double side)
{
    g_autoptr(GdkTexture) code = qr_texture_new(kit);

    if (code == NULL)
        return;
    int n = gdk_texture_get_width(code);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, n, n);
    gdk_texture_download(code, cairo_image_surface_get_data(surface),
                         (gsize)cairo_image_surface_get_stride(surface));
    cairo_surface_mark_dirty(surface);
    cairo_translate(cr, 0, top);
    cairo_scale(cr, side / n, side / n);
    cairo_set_source_surface(cr, surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
    cairo_paint(cr);
    cairo_surface_destroy(surface);
}

static void
on_draw_page(GtkPrintOperation *operation, GtkPrintContext *context, int page, struct paper *p)
{
    cairo_t *cr = gtk_print_context_get_cairo_context(context);
    g_autoptr(PangoLayout) layout = gtk_print_context_create_pango_layout(context);
    PangoFontDescription *font = pango_font_description_from_string("monospace 10");
    double width = gtk_print_context_get_width(context);
    int height;

    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(layout, p->text, -1);
    pango_cairo_show_layout(cr, layout);
    pango_layout_get_pixel_size(layout, NULL, &height);
    draw_code(cr, p->kit, height * 1.1, width / 3);
}

static void
on_done(GtkPrintOperation *operation, GtkPrintOperationResult result, struct paper *p)
{
    g_autoptr(GObject) self = g_weak_ref_get(&p->self);
    g_autoptr(GError) error = NULL;

    if (result == GTK_PRINT_OPERATION_RESULT_ERROR)
        gtk_print_operation_get_error(operation, &error);
    if (self != NULL)
        p->done(self, result, error != NULL ? error->message : NULL);
}

void
kit_print(const json_t *account, GtkWidget *self, kit_printed_fn *done)
{
    GtkRoot *root = gtk_widget_get_root(self);
    g_autoptr(GtkPrintOperation) operation = gtk_print_operation_new();
    struct paper *p = g_new0(struct paper, 1);

    p->text = kit_text(account);
    p->kit = g_strdup(field_text(account, "kit"));
    p->done = done;
    g_weak_ref_init(&p->self, self);
    gtk_print_operation_set_n_pages(operation, 1);
    gtk_print_operation_set_job_name(operation, _("Snug recovery kit"));
    gtk_print_operation_set_allow_async(operation, TRUE);
    g_signal_connect(operation, "draw-page", G_CALLBACK(on_draw_page), p);
    g_signal_connect(operation, "done", G_CALLBACK(on_done), p);
    g_object_set_data_full(G_OBJECT(operation), "paper", p, (GDestroyNotify)paper_free);
    gtk_print_operation_run(operation, GTK_PRINT_OPERATION_ACTION_PRINT_DIALOG,
                            GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL, NULL);
}
