/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rpc/json.h"

#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>

#define DEPTH_MAX 32

static void
wiping_free(void *p)
{
    if (p != NULL)
        sodium_memzero(p, malloc_usable_size(p));
    free(p);
}

void
json_free_text(char *text)
{
    wiping_free(text);
}

void
json_setup(void)
{
    json_set_alloc_funcs(malloc, wiping_free);
    json_object_seed(0);
}

/* Before parsing, which recurses. Brackets inside strings do not count. */
static bool
too_deep(struct span line)
{
    int depth = 0;
    bool string = false;

    for (size_t i = 0; i < line.n; i++) {
        uint8_t c = line.p[i];

        if (string && c == '\\')
            i++;
        else if (c == '"')
            string = !string;
        else if (!string && (c == '{' || c == '['))
            depth++;
        else if (!string && (c == '}' || c == ']'))
            depth--;
        if (depth > DEPTH_MAX)
            return true;
    }
    return false;
}

enum err
json_line_read(struct span line, json_t **ret)
{
    json_error_t why;

    if (line.n > RPC_LINE_MAX)
        return fail(ERR_TOO_LARGE, "The line is longer than %d bytes.", RPC_LINE_MAX);
    if (too_deep(line))
        return fail(ERR_MALFORMED, "The JSON is nested too deeply.");
    json_t *j = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, &why);
    if (j == NULL)
        return fail(ERR_MALFORMED, "That is not JSON (at byte %d).", why.position);
    if (!json_is_object(j)) {
        json_decref(j);
        return fail(ERR_USAGE, "That is not a JSON object.");
    }
    *ret = j;
    return OK;
}

static int
append(const char *bytes, size_t n, void *ctx)
{
    struct buf *out = ctx;

    buf_put(out, SPAN(bytes, n));
    return out->failed ? -1 : 0;
}

enum err
json_line_write(const json_t *j, struct buf *out)
{
    AUTO(buf_done) struct buf line = BUF(RPC_LINE_MAX);

    if (json_dump_callback(j, append, &line, JSON_COMPACT) != 0)
        return fail(ERR_TOO_LARGE, "The answer is longer than %d bytes.", RPC_LINE_MAX);
    buf_put(out, buf_span(&line));
    buf_put_u8(out, '\n');
    return buf_ok(out);
}
