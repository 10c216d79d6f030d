/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What reaches a person's terminal, and what comes from it.
 *
 * The one thing to know: text of a peer goes through safe_write and nothing else. What could move
 * the cursor, colour, reorder or hide text comes out as a visible \u{…}.
 */
#pragma once

#include "wire/buf.h"

enum lines_kept { ONE_LINE, ALL_LINES };

/* TEXT, harmless: valid UTF-8 stays; control characters (also C1 and DEL), bidi controls, invisible
 * format characters, line and paragraph separators, tags, noncharacters and bytes that are not
 * UTF-8 become visible. With ALL_LINES a line end stays and INDENT stands before each further line.
 */
void safe_write(struct buf *out, const char *text, enum lines_kept lines, const char *indent);

/* Whether to use colour and the like on stdout: a terminal, no NO_COLOR, and TERM is not dumb. It
 * never says anything that words do not say too. */
bool terminal_decorates(void);
/* Whether stdout is a terminal. */
bool terminal_shows(void);

/* Columns of the terminal on stdout; 80 when it is none. */
size_t terminal_width(void);

/* Print words, breaking lines at blanks so that none is wider than the terminal: the first goes
 * on at column AT (with a blank, unless it is 0), each further one begins with INDENT blanks. Ends
 * with a line end. */
void terminal_wrap(const char *text, size_t at, size_t indent);

/* Whether a person can be asked. */
bool terminal_interactive(void);

/* Ask on the terminal. The answer without its line end; empty when nothing was typed. */
enum err terminal_ask(const char *question, char *ret, size_t size);

#define PASSPHRASE_TYPED_MAX 1024

/* In locked memory, wiped by typed_free. */
struct typed {
    char text[PASSPHRASE_TYPED_MAX + 2];
};
struct typed *typed_new(void);
void typed_free(struct typed *t);
void typed_freep(struct typed **t);

/* A pass-phrase from the terminal without echo. ERR_USAGE when there is none. */
enum err terminal_passphrase(const char *question, struct typed *ret);
/* The next line of descriptor FD, or what there is before its end; read byte by byte, so that the
 * rest stays there. ERR_USAGE: empty, too long, or with a NUL. */
enum err passphrase_read(int fd, struct typed *ret);
