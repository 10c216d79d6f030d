/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * OpenSSL's headers, with their ERR_STATE (a type nobody uses any more) out of the way of ours.
 */
#pragma once

#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#undef ERR_STATE
