/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words in which a message's rules are written down (wire/check*.c, wire/signed.c): each looks
 * at one field of an unpacked message and fails with a sentence that names it by WHAT.
 *
 * The one thing to know: ERR_MALFORMED for a wrong length or value, ERR_TOO_LARGE for more than a
 * limit; outputs are untouched then.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "wire/buf.h"
#include "wire/ids.h"

enum err field_present(const void *submessage, const char *what);

/* From LEAST to MOST. */
enum err field_range(uint64_t v, uint64_t least, uint64_t most, const char *what);

/* A time, a position or an amount: at most 2^63 - 1, which is what a database column holds. */
enum err field_number(uint64_t v, const char *what);

/* How many of a repeated field; over MOST is ERR_TOO_LARGE. */
enum err field_count(size_t n, size_t least, size_t most, const char *what);

/* Bytes: exactly N; N or none; 1 to MOST; 0 to MOST. */
enum err field_exact(ProtobufCBinaryData d, size_t n, const char *what);
enum err field_exact_or_none(ProtobufCBinaryData d, size_t n, const char *what);
enum err field_some(ProtobufCBinaryData d, size_t most, const char *what);
enum err field_most(ProtobufCBinaryData d, size_t most, const char *what);

/* Exactly N bytes, copied to RET. */
enum err field_copy(ProtobufCBinaryData d, uint8_t *ret, size_t n, const char *what);

/* A libsignal curve key: 33 bytes, the first of them 0x05. The point is not looked at. */
enum err field_signal_key(ProtobufCBinaryData d, struct signal_public *ret, const char *what);

/* UTF-8 of at most MOST bytes without NUL. TEXT is of an unpacked message. */
enum err field_text(const char *text, size_t most, const char *what);

/* A user name as in B2.1. */
enum err field_name(const char *text);

/* A full address. */
enum err field_address(const char *text);
