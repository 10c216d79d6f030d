/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/entry_rows.h"

#include "gui/people/dialog.h"

void
entry_rows_name(GtkWidget *root)
{
    if (ADW_IS_ENTRY_ROW(root))
        name_entry_row(ADW_ENTRY_ROW(root));
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        entry_rows_name(c);
}
