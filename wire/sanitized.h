/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether this build has the address sanitizer in it, whose run time reserves terabytes of
 * addresses, reads maps and names to make its reports, and looks for leaks as a debugger would:
 * what keeps others from doing that keeps it from it, too.
 */
#pragma once

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif
