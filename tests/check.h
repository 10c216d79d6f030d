/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What every cmocka test starts with, and two words of our own: assert_ok and assert_err.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these four first. */
#include <cmocka.h>

/* cmocka's macro fail() would hide our function of that name. */
#undef fail
#undef fail_msg
#define fail_msg(...)                                                                              \
    do {                                                                                           \
        print_error("ERROR: " __VA_ARGS__);                                                        \
        print_error("\n");                                                                         \
        _fail(__FILE__, __LINE__);                                                                 \
    } while (0)

#include "wire/encoding.h"
#include "wire/err.h"

#define assert_ok(call)                                                                            \
    do {                                                                                           \
        enum err assert_err_ = (call);                                                             \
        if (assert_err_ != OK)                                                                     \
            fail_msg("%s: %s", err_name(assert_err_), err_why(assert_err_));                       \
    } while (0)

#define assert_err(call, expected)                                                                 \
    do {                                                                                           \
        enum err assert_err_ = (call);                                                             \
        if (assert_err_ != (expected))                                                             \
            fail_msg("%s instead of %s", err_name(assert_err_), err_name(expected));               \
    } while (0)

#define assert_hex(bytes, text)                                                                    \
    do {                                                                                           \
        char assert_hex_[2 * sizeof(bytes) + 1];                                                   \
        hex_write(SPAN(bytes, sizeof(bytes)), assert_hex_);                                        \
        assert_string_equal(assert_hex_, text);                                                    \
    } while (0)
