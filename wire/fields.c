/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/fields.h"

#include <inttypes.h>

#include "wire/address.h"
#include "wire/encoding.h"
#include "wire/pack.h"

enum err
field_present(const void *submessage, const char *what)
{
    return submessage != NULL ? OK : fail(ERR_MALFORMED, "%s: missing", what);
}

enum err
field_range(uint64_t v, uint64_t least, uint64_t most, const char *what)
{
    if (v < least || v > most)
        return fail(ERR_MALFORMED, "%s: not from %" PRIu64 " to %" PRIu64, what, least, most);
    return OK;
}

enum err
field_number(uint64_t v, const char *what)
{
    return field_range(v, 0, INT64_MAX, what);
}

enum err
field_count(size_t n, size_t least, size_t most, const char *what)
{
    if (n > most)
        return fail(ERR_TOO_LARGE, "%s: more than %zu", what, most);
    if (n < least)
        return fail(ERR_MALFORMED, "%s: fewer than %zu", what, least);
    return OK;
}

enum err
field_exact(ProtobufCBinaryData d, size_t n, const char *what)
{
    return d.len == n ? OK : fail(ERR_MALFORMED, "%s: not %zu bytes", what, n);
}

enum err
field_exact_or_none(ProtobufCBinaryData d, size_t n, const char *what)
{
    return d.len == 0 ? OK : field_exact(d, n, what);
}

enum err
field_some(ProtobufCBinaryData d, size_t most, const char *what)
{
    if (d.len == 0)
        return fail(ERR_MALFORMED, "%s: missing", what);
    return field_most(d, most, what);
}

enum err
field_most(ProtobufCBinaryData d, size_t most, const char *what)
{
    return d.len <= most ? OK : fail(ERR_TOO_LARGE, "%s: more than %zu bytes", what, most);
}

enum err
field_copy(ProtobufCBinaryData d, uint8_t *ret, size_t n, const char *what)
{
    TRY(field_exact(d, n, what));
    memcpy(ret, d.data, n);
    return OK;
}

enum err
field_signal_key(ProtobufCBinaryData d, struct signal_public *ret, const char *what)
{
    TRY(field_exact(d, sizeof ret->b, what));
    if (d.data[0] != 0x05)
        return fail(ERR_MALFORMED, "%s: not a Curve25519 key", what);
    memcpy(ret->b, d.data, sizeof ret->b);
    return OK;
}

enum err
field_text(const char *text, size_t most, const char *what)
{
    struct span s = wire_unpacked_text(text);
    if (s.n > most)
        return fail(ERR_TOO_LARGE, "%s: more than %zu bytes", what, most);
    return utf8_valid(s) ? OK : fail(ERR_MALFORMED, "%s: not UTF-8", what);
}

enum err
field_name(const char *text)
{
    return name_valid(wire_unpacked_text(text)) ? OK : fail(ERR_MALFORMED, "the name: not valid");
}

enum err
field_address(const char *text)
{
    struct address a;
    return address_read(wire_unpacked_text(text), &a);
}
