/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/backup/kit_find.h"

#include <string.h>

#include "gui/models/fields.h"
#include "gui/people/link_find.h"

#define LETTERS 56 /* RECOVERY_CODE_LEN without its blanks */

static gboolean
is_code(const char *line, gsize n)
{
    gsize letters = 0;

    for (gsize i = 0; i < n; i++) {
        gboolean letter = g_ascii_isalpha(line[i]) || (line[i] >= '2' && line[i] <= '7');

        if (!letter && (line[i] == '\0' || strchr(" -\t\r", line[i]) == NULL))
            return FALSE;
        letters += letter;
    }
    return letters == LETTERS;
}

gboolean
kit_find(const char *text, char **ret_code, char **ret_address)
{
    g_autofree char *link = NULL;
    char *code = NULL;

    for (const char *line = text; code == NULL && *line != '\0';) {
        gsize n = strcspn(line, "\n");

        if (is_code(line, n))
            code = g_strndup(line, n);
        line += n + (line[n] == '\n');
    }
    if (code == NULL)
        return FALSE;
    link_find(text, &link, ret_address);
    *ret_code = g_strstrip(code);
    return TRUE;
}
