/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/markdown.h"

#include "wire/limits.h"

#define MARKS_MAX (4 * RANGES_MAX) /* open at a time, or matched */

struct kind {
    const char *mark, *name;
};

static const struct kind kinds[] = {
    {"||", "spoiler"}, {"*", "bold"}, {"_", "italic"}, {"~", "strike"}, {"`", "monospace"},
};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)
#define MONOSPACE 4

/* A pair of marks, by their places in the text as typed. */
struct pair {
    size_t open, close;
    size_t kind;
    size_t start; /* in the text without marks */
};

struct reading {
    struct span text;
    struct pair pairs[RANGES_MAX];
    size_t pair_count;
    struct {
        size_t at, kind;
    } open[MARKS_MAX];
    size_t open_count;
};

/* The kind of the mark at AT; KIND_COUNT: none. */
static size_t
mark_at(struct span t, size_t at)
{
    for (size_t k = 0; k < KIND_COUNT; k++) {
        size_t n = strlen(kinds[k].mark);
        if (at + n <= t.n && memcmp(t.p + at, kinds[k].mark, n) == 0)
            return k;
    }
    return KIND_COUNT;
}

static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Part of a word: letters and digits, and whatever is not ASCII. */
static bool
is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

static bool
may_open(struct span t, size_t at, size_t n)
{
    return at + n < t.n && !is_blank(t.p[at + n]) && (at == 0 || !is_word(t.p[at - 1]));
}

static bool
may_close(struct span t, size_t at, size_t n)
{
    return at > 0 && !is_blank(t.p[at - 1]) && (at + n == t.n || !is_word(t.p[at + n]));
}

/* Close the innermost open mark of KIND, leaving alone what was opened inside of it and not closed;
 * false when there is none with something in it. */
static bool
close_at(struct reading *r, size_t at, size_t kind)
{
    size_t n = strlen(kinds[kind].mark), i = r->open_count;

    while (i > 0 && r->open[i - 1].kind != kind)
        i--;
    if (i == 0 || r->open[i - 1].at + n == at || r->pair_count == RANGES_MAX)
        return false;
    r->pairs[r->pair_count++] = (struct pair){.open = r->open[i - 1].at, .close = at, .kind = kind};
    r->open_count = i - 1;
    return true;
}

static bool
inside_monospace(const struct reading *r)
{
    return r->open_count > 0 && r->open[r->open_count - 1].kind == MONOSPACE;
}

/* Whether a backtick opens something: only when there is another behind it. */
static bool
has_partner(struct span t, size_t at, size_t kind)
{
    size_t n = strlen(kinds[kind].mark);

    for (size_t i = at + n + 1; i < t.n; i++)
        if (mark_at(t, i) == kind && may_close(t, i, n))
            return true;
    return false;
}

static void
find_pairs(struct reading *r)
{
    struct span t = r->text;
    size_t n;

    for (size_t at = 0; at < t.n; at += n) {
        size_t kind = mark_at(t, at);

        n = 1;
        if (t.p[at] == '\\' && mark_at(t, at + 1) != KIND_COUNT) {
            n = 1 + strlen(kinds[mark_at(t, at + 1)].mark);
            continue;
        }
        if (kind == KIND_COUNT || (inside_monospace(r) && kind != MONOSPACE))
            continue;
        n = strlen(kinds[kind].mark);
        if (may_close(t, at, n) && close_at(r, at, kind))
            continue;
        if (may_open(t, at, n) && r->open_count < MARKS_MAX && has_partner(t, at, kind)) {
            r->open[r->open_count].at = at;
            r->open[r->open_count++].kind = kind;
        }
    }
}

/* What begins or ends at AT. */
static size_t
pair_at(const struct reading *r, size_t at)
{
    size_t i = 0;

    while (i < r->pair_count && r->pairs[i].open != at && r->pairs[i].close != at)
        i++;
    return i;
}

static void
add_range(json_t *list, const struct pair *p, size_t end)
{
    if (end > p->start)
        json_array_append_new(list,
                              json_pack("{s:I,s:I,s:s}", "start", (json_int_t)p->start, "length",
                                        (json_int_t)(end - p->start), "kind", kinds[p->kind].name));
}

static void
write_without_marks(struct reading *r, struct buf *out, json_t *list)
{
    struct span t = r->text;
    size_t before = out->n;

    for (size_t at = 0; at < t.n;) {
        size_t i = pair_at(r, at);

        if (i < r->pair_count) {
            if (r->pairs[i].open == at)
                r->pairs[i].start = out->n - before;
            else
                add_range(list, &r->pairs[i], out->n - before);
            at += strlen(kinds[r->pairs[i].kind].mark);
        } else if (t.p[at] == '\\' && mark_at(t, at + 1) != KIND_COUNT) {
            buf_put_str(out, kinds[mark_at(t, at + 1)].mark);
            at += 1 + strlen(kinds[mark_at(t, at + 1)].mark);
        } else {
            buf_put_u8(out, t.p[at++]);
        }
    }
}

enum err
markdown_read(struct span text, struct buf *ret, json_t **ret_ranges)
{
    struct reading r = {.text = text};

    find_pairs(&r);
    if (r.pair_count == RANGES_MAX)
        return fail(ERR_TOO_LARGE, "There are too many marks in the text.");
    json_t *list = json_array();
    write_without_marks(&r, ret, list);
    enum err e = buf_ok(ret);
    if (e != OK) {
        json_decref(list);
        return e;
    }
    *ret_ranges = list;
    return OK;
}
