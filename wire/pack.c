/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/pack.h"

#include <sodium.h>
#include <stdlib.h>

/* Every block that the parser gets starts with its size, to wipe it by and to give it back to the
 * budget. */
struct block {
    size_t n;
    max_align_t data[];
};

struct budget {
    size_t left;
    enum err why; /* no more was given */
};

static void *
budget_alloc(void *data, size_t n)
{
    struct budget *budget = data;
    if (n > SIZE_MAX - sizeof(struct block) || n + sizeof(struct block) > budget->left) {
        budget->why = ERR_TOO_LARGE;
        return NULL;
    }
    struct block *b = malloc(sizeof *b + n);
    if (b == NULL) {
        budget->why = ERR_MEMORY;
        return NULL;
    }
    b->n = n;
    budget->left -= sizeof *b + n;
    return b->data;
}

static struct block *
block_of(const void *p)
{
    return (struct block *)((uintptr_t)p - offsetof(struct block, data));
}

/* DATA is NULL once the message is the caller's: there is no budget to give back to any more. */
static void
budget_free(void *data, void *p)
{
    struct budget *budget = data;
    if (p == NULL)
        return;
    struct block *b = block_of(p);
    if (budget != NULL)
        budget->left += sizeof *b + b->n;
    sodium_memzero(b, sizeof *b + b->n);
    free(b);
}

void
wire_pack(struct buf *out, const ProtobufCMessage *message)
{
    size_t n = protobuf_c_message_get_packed_size(message);
    uint8_t *at = n == 0 ? NULL : buf_grow(out, n);
    if (at != NULL)
        protobuf_c_message_pack(message, at);
}

enum err
wire_unpack(const ProtobufCMessageDescriptor *type, struct span bytes, size_t max,
            ProtobufCMessage **ret)
{
    if (bytes.n > max)
        return fail(ERR_TOO_LARGE, "a %s has at most %zu bytes", type->short_name, max);
    struct budget budget = {.left = UNPACK_BASE + UNPACK_FACTOR * bytes.n};
    ProtobufCAllocator allocator = {budget_alloc, budget_free, &budget};
    const uint8_t *p = bytes.n == 0 ? (const uint8_t *)"" : bytes.p;
    ProtobufCMessage *m = protobuf_c_message_unpack(type, &allocator, bytes.n, p);
    if (m == NULL && budget.why != OK)
        return fail(budget.why, "no more memory for a %s of this size", type->short_name);
    if (m == NULL)
        return fail(ERR_MALFORMED, "not a %s", type->short_name);
    *ret = m;
    return OK;
}

void
wire_unpacked_free(ProtobufCMessage *m)
{
    ProtobufCAllocator allocator = {budget_alloc, budget_free, NULL};
    if (m != NULL)
        protobuf_c_message_free_unpacked(m, &allocator);
}

struct span
wire_unpacked_text(const char *field)
{
    if (field == protobuf_c_empty_string) /* absent: the one string that is not a block of ours */
        return SPAN(field, 0);
    return SPAN(field, block_of(field)->n - 1);
}
