/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What each message has to hold once it is parsed: one function for each line of WIRE_MESSAGES,
 * called by its X_read and by nobody else. They stand in rules_*.c, a file for each .proto.
 *
 * Each looks at a message from wire_unpack: OK, ERR_MALFORMED or ERR_TOO_LARGE.
 */
#pragma once

#include "wire/check.h"
#include "wire/fields.h"

#define WIRE_RULE(name, type, prefix, max) enum err name##_rules(const type *m);
WIRE_MESSAGES(WIRE_RULE)
#undef WIRE_RULE

/* Parts that several messages have. */

/* A serialised Signed whose payload has at most PAYLOAD_MAX bytes. It is not opened here. */
enum err signed_object_rules(ProtobufCBinaryData d, size_t payload_max, const char *what);
enum err signed_object_or_none_rules(ProtobufCBinaryData d, size_t payload_max, const char *what);

/* At most OPK_UPLOAD_MAX, each number once. */
enum err one_time_keys_rules(size_t n, Wire__OneTimeKey *const *keys);
enum err one_time_key_rules(const Wire__OneTimeKey *k);

/* May be absent. */
enum err pow_offer_rules(const Wire__PowOffer *p);

/* A device's number, and that it was not in *SEEN before (start with 0). */
enum err device_rules(uint32_t device, uint64_t *seen);
