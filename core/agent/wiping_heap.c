/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The agent's free() and realloc(), in the place of the C library's, for all of its code and for
 * every library it uses: what is given back is wiped (docs/PROTOCOL.md B18.5).
 *
 * The one thing to know: libsignal, protobuf-c, SQLCipher and curl leave keys and words in memory
 * that they free, each in places of its own. This wipes them all without knowing any. The memory is
 * glibc's as before; what is lost is its check for small blocks that are freed twice, which the
 * sanitizers have (they have a heap of their own, and this file is not in their builds).
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* glibc's, under the names by which it is found when somebody takes the others. */
void __libc_free(void *p);
void *__libc_realloc(void *p, size_t n);

void
free(void *p)
{
    int kept = errno; /* POSIX: free changes it never */

    if (p != NULL)
        explicit_bzero(p, malloc_usable_size(p));
    __libc_free(p);
    errno = kept;
}

void *
realloc(void *p, size_t n)
{
    size_t had = p != NULL ? malloc_usable_size(p) : 0;

    if (p == NULL)
        return malloc(n);
    if (n == 0) {
        free(p);
        return NULL;
    }
    if (n <= had) { /* which stays where it is */
        explicit_bzero((char *)p + n, had - n);
        return __libc_realloc(p, n);
    }
    void *moved = malloc(n);
    if (moved != NULL) {
        memcpy(moved, p, had);
        free(p);
    }
    return moved;
}
