/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Protocol Buffers to bytes and back, with bounded memory (docs/PROTOCOL.md B1.3). Only wire/check
 * and wire/signed read with it: everybody else asks them, so that nothing is used unchecked.
 *
 * The one thing to know: two bytes of input can ask for a sub-message of a hundred bytes, so a
 * message is unpacked with an allocator that gives at most UNPACK_BASE + UNPACK_FACTOR times the
 * size of the input. Every block is wiped when it is freed, since messages hold tokens and text.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "wire/buf.h"

#define UNPACK_BASE (48 * 1024) /* small messages: the largest lists that limits.h allows */
#define UNPACK_FACTOR 6         /* large ones: a full tokens_put needs 4.3 */

/* Append MESSAGE to OUT. */
void wire_pack(struct buf *out, const ProtobufCMessage *message);

/* Parse all of BYTES, of which there are at most MAX. ERR_TOO_LARGE also when it would take more
 * memory than the bound, ERR_MALFORMED, ERR_MEMORY; *RET is untouched then. Otherwise *RET is the
 * caller's until wire_unpacked_free. */
enum err wire_unpack(const ProtobufCMessageDescriptor *type, struct span bytes, size_t max,
                     ProtobufCMessage **ret);

/* Wipe and free what wire_unpack gave. NULL is fine. */
void wire_unpacked_free(ProtobufCMessage *m);

/* A string field of an unpacked message as a span. protobuf-c hands out C strings, so a NUL that
 * travelled inside would hide what follows it: the span has the length that travelled, and whoever
 * checks it for UTF-8 refuses the NUL. */
struct span wire_unpacked_text(const char *field);

static inline struct span
span_pb(ProtobufCBinaryData d)
{
    return (struct span){d.data, d.len};
}

static inline ProtobufCBinaryData
pb_span(struct span s)
{
    /* protobuf-c packs from it and never writes there */
    return (ProtobufCBinaryData){.len = s.n, .data = (uint8_t *)(uintptr_t)s.p};
}

/* A value of wire/ids.h as a field to pack, borrowed: protobuf-c wants a pointer that it could
 * write through, and does not. */
#define PB_OF(value) ((ProtobufCBinaryData){sizeof(value).b, (uint8_t *)(uintptr_t)(value).b})
