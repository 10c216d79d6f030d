/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The recovery kit (B20): one 32-byte seed on paper, from which all account keys come.
 *
 * The one thing to know: a device keeps only its current account key and never the seed, so that a
 * stolen device does not give the thief the successor. Wipe the seed once the kit is handed out.
 */
#pragma once

#include "crypto/identity.h"

SECRET_TYPE(recovery_seed, 32)

void recovery_seed_generate(struct recovery_seed *ret);

/* AIK number NUMBER, from 1: its Ed25519 seed is HKDF(seed, "", "snug/1 aik" || u32be, 32). */
void recovery_account_key(const struct recovery_seed *s, uint32_t number, struct account_key *ret);

/* The commitment that a manifest signed by AIK number NUMBER carries: that to number NUMBER + 1. */
struct sha256 recovery_commitment(const struct recovery_seed *s, uint32_t number);

/* On paper: 14 groups of four base32 letters with blanks between. The first 52 letters are the
 * seed, the last four the leading 20 bits of H("kit", seed), so that all but one in a million slips
 * of the pen are caught. */
#define RECOVERY_CODE_LEN (14 * 4 + 13)
void recovery_code_write(const struct recovery_seed *s, char ret[RECOVERY_CODE_LEN + 1]);

/* Either case; blanks, line ends and hyphens anywhere. ERR_MALFORMED with a sentence that says what
 * is wrong. */
enum err recovery_code_read(struct span text, struct recovery_seed *ret);

/* The one of AIK numbers 1..64 whose public key is AIK. ERR_NOT_FOUND: not this account's kit. */
enum err recovery_find(const struct recovery_seed *s, const struct ed25519_public *aik,
                       struct account_key *ret, uint32_t *ret_number);
