/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/check.h"

#include "wire/limits.h"
#include "wire/rules.h"

bool
envelope_size_valid(size_t n)
{
    return n == ENVELOPE_B1 || n == ENVELOPE_B2 || n == ENVELOPE_B3;
}

#define WIRE_DEFINE(name, type, prefix, max)                                                       \
    enum err name##_read(struct span bytes, type **ret)                                            \
    {                                                                                              \
        ProtobufCMessage *unpacked = NULL;                                                         \
        TRY(wire_unpack(&prefix##__descriptor, bytes, max, &unpacked));                            \
        AUTO(name##_freep) type *m = (type *)unpacked;                                             \
        TRY(name##_rules(m));                                                                      \
        *ret = STEAL(m);                                                                           \
        return OK;                                                                                 \
    }                                                                                              \
    void name##_free(type *m)                                                                      \
    {                                                                                              \
        wire_unpacked_free((ProtobufCMessage *)m);                                                 \
    }
WIRE_MESSAGES(WIRE_DEFINE)
#undef WIRE_DEFINE
