/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/crypto/vectors.h"

#include <stdio.h>
#include <unistd.h>

static json_t *
load(const char *path)
{
    json_error_t error;
    json_t *file = json_load_file(path, 0, &error);
    if (file == NULL)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    return file;
}

json_t *
wycheproof(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/../shared/vectors/wycheproof/%s", SOURCE_ROOT, name);
    if (access(path, R_OK) != 0) {
        print_message("skipped: no Wycheproof vectors at %s\n", path);
        return NULL;
    }
    return load(path);
}

json_t *
our_vectors(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/vectors/%s", SOURCE_ROOT, name);
    return load(path);
}

const char *
text_field(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    if (text == NULL)
        fail_msg("no text field %s", name);
    return text;
}

struct buf
hex_field(const json_t *object, const char *name)
{
    struct span text = SPAN_STR(text_field(object, name));
    struct buf b = BUF(text.n / 2 + 1);
    uint8_t *p = buf_grow(&b, text.n / 2);
    if (text.n > 0)
        assert_ok(hex_read(text, p, text.n / 2));
    return b;
}

void
hex_field_exact(const json_t *object, const char *name, uint8_t *ret, size_t n)
{
    assert_ok(hex_read(SPAN_STR(text_field(object, name)), ret, n));
}
