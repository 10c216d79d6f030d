/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keys out of the agent's JSON, with a value for what is not there.
 */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <string.h>

static inline const char *
field_text(const json_t *j, const char *key)
{
    const char *text = json_string_value(json_object_get(j, key));

    return text != NULL ? text : "";
}

static inline gint64
field_int(const json_t *j, const char *key)
{
    return json_integer_value(json_object_get(j, key));
}

static inline gboolean
field_bool(const json_t *j, const char *key)
{
    return json_is_true(json_object_get(j, key));
}

/* Whether LIST, which may be NULL, has TEXT in it. */
static inline gboolean
field_lists(const json_t *list, const char *text)
{
    const char *each;

    for (size_t i = 0; i < json_array_size(list); i++) {
        each = json_string_value(json_array_get(list, i));
        if (each != NULL && strcmp(each, text) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The place of TEXT in NAMES (which ends with NULL), or OTHERWISE. */
static inline int
field_word(const json_t *j, const char *key, const char *const *names, int otherwise)
{
    const char *text = field_text(j, key);

    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return otherwise;
}

/* What people wrote does not stay in freed memory. */
static inline void
free_wiped(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    g_free(text);
}

/* *PLACE is a copy of TEXT from now on; true when it was another text. */
static inline gboolean
set_text(char **place, const char *text)
{
    if (g_strcmp0(*place, text) == 0)
        return FALSE;
    free_wiped(*place);
    *place = g_strdup(text);
    return TRUE;
}
