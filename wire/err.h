/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every way to fail, and the words for it.
 *
 * A function that can fail returns `enum err`, which the compiler does not let a caller ignore. OK
 * is zero. Where a failure is first known, `fail(ERR_X, "why")` records a sentence for a person;
 * callers on the way up use TRY and add nothing. Hostile input is an error; our own mistake is an
 * assert().
 *
 * The sentence never holds a secret, a plaintext, or a contact's name: it may end in a log.
 */
#pragma once

#include <stdarg.h>

/* clang-format 14 takes [[...]] for an array subscript. */
#define NODISCARD [[nodiscard]]

enum NODISCARD err {
    OK = 0,
    ERR_MEMORY,      /* no memory, or no lockable memory */
    ERR_IO,          /* a read, write, fsync or socket call failed */
    ERR_FULL,        /* the disk, or a quota of our own, is full */
    ERR_MALFORMED,   /* bytes that do not parse, or break a rule of the format */
    ERR_TOO_LARGE,   /* over a limit of wire/limits.h */
    ERR_SIGNATURE,   /* a signature does not verify */
    ERR_DECRYPT,     /* an AEAD, a MAC or a ratchet refused the bytes */
    ERR_REPLAY,      /* seen before */
    ERR_UNTRUSTED,   /* an identity that the verified manifest does not name */
    ERR_FORGED,      /* a manifest that is not bound to the account */
    ERR_FORK,        /* two signed histories for one account */
    ERR_KEY_CHANGED, /* the name is answered with another account */
    ERR_STALE,       /* older than what is held */
    ERR_NO_SESSION,  /* nothing to encrypt with */
    ERR_NOT_FOUND,
    ERR_EXISTS,
    ERR_AMBIGUOUS,  /* a name that fits several */
    ERR_STATE,      /* not possible in the present state */
    ERR_LIMIT,      /* one of our own bounds, or a peer's, is reached */
    ERR_LOCKED,     /* the profile is locked */
    ERR_PASSPHRASE, /* no slot opens under it */
    ERR_DAMAGED,    /* a file of ours is cut, flipped, empty or not ours */
    ERR_NEWER,      /* a file of ours was written by a newer version */
    ERR_BUSY,       /* another process holds the profile */
    ERR_OFFLINE,    /* the relay cannot be reached now */
    ERR_REFUSED,    /* the peer or the relay said no */
    ERR_RATE,       /* the relay asks to come back later */
    ERR_TIMEOUT,
    ERR_USAGE, /* the caller's parameters make no sense */
    ERR_COUNT,
};

/* The stable, lower-case name used in RPC errors and tests, such as "not-found". */
const char *err_name(enum err e);

/* A plain sentence for E alone, for when nothing better was recorded. */
const char *err_text(enum err e);

/* Record why E happened (at most 255 bytes, per thread, the newest wins). */
void err_record(enum err e, const char *why, ...) __attribute__((format(printf, 2, 3)));

/* The same, with E as the value: `return fail(ERR_X, "why %u", n);`. A macro, so that a compiler
 * that looks for mistakes sees that the result is not OK. */
#define fail(e, ...)                                                                               \
    ({                                                                                             \
        enum err fail_err_ = (e);                                                                  \
        err_record(fail_err_, __VA_ARGS__);                                                        \
        fail_err_;                                                                                 \
    })

/* The sentence recorded last by fail() on this thread, or err_text(E) when it was for another
 * error. */
const char *err_why(enum err e);

/* Wipe the sentence recorded last on this thread: it may name somebody. */
void err_forget(void);

/* Leave the function with the error of CALL, if it is one. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum err try_err_ = (call);                                                                \
        if (try_err_ != OK)                                                                        \
            return try_err_;                                                                       \
    } while (0)

/* Declare a variable that DONE (a function on its address) cleans when the scope ends. */
#define AUTO(done) __attribute__((cleanup(done)))

/* Give a pointer away: yields its value and leaves NULL behind. */
#define STEAL(ptr)                                                                                 \
    ({                                                                                             \
        __typeof__(&(ptr)) steal_ = &(ptr);                                                        \
        __typeof__(ptr) stolen_ = *steal_;                                                         \
        *steal_ = NULL;                                                                            \
        stolen_;                                                                                   \
    })
