/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* --- peers' text --- */

/* The code point at TEXT; its length, 0 when it is not UTF-8. */
static size_t
decode(const uint8_t *t, uint32_t *ret)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = t[0] < 0x80    ? 1
               : t[0] >= 0xf5 ? 0
               : t[0] >= 0xf0 ? 4
               : t[0] >= 0xe0 ? 3
               : t[0] >= 0xc2 ? 2
                              : 0;
    uint32_t c = n == 1 ? t[0] : n == 2 ? t[0] & 0x1f : n == 3 ? t[0] & 0x0f : t[0] & 0x07;

    for (size_t i = 1; i < n; i++) {
        if ((t[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (t[i] & 0x3f);
    }
    if (n == 0 || c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *ret = c;
    return n;
}

struct range {
    uint32_t first, last;
};

/* Zero width joiner and non-joiner and variation selectors stay: scripts and emoji need them. */
static bool
harmful(uint32_t c)
{
    static const struct range ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},        {0x61c, 0x61c},
        {0x180e, 0x180e}, {0x200b, 0x200b},   {0x200e, 0x200f},    {0x2028, 0x202e},
        {0x2060, 0x206f}, {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},    {0xfff0, 0xfffb},
        {0xfffe, 0xffff}, {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff},
    };

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

void
safe_write(struct buf *out, const char *text, enum lines_kept lines, const char *indent)
{
    const uint8_t *t = (const uint8_t *)text;

    while (*t != '\0') {
        uint32_t c = 0;
        size_t n = decode(t, &c);

        if (n == 0)
            buf_printf(out, "\\x{%02x}", *t);
        else if (c == '\n' && lines == ALL_LINES)
            buf_printf(out, "\n%s", indent);
        else if (c == '\t' && lines == ALL_LINES)
            buf_put_str(out, "    ");
        else if (harmful(c))
            buf_printf(out, "\\u{%x}", c);
        else
            buf_put(out, SPAN(t, n));
        t += n > 0 ? n : 1;
    }
}

bool
terminal_decorates(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(1) && (no == NULL || no[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

bool
terminal_shows(void)
{
    return isatty(1);
}

size_t
terminal_width(void)
{
    struct winsize size;

    return isatty(1) && ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}

/* A usage's `[--flag VALUE]` stays together. */
static size_t
word_length(const char *at)
{
    size_t n = at[0] == '[' ? strcspn(at, "]") : 0;

    return n + strcspn(at + n, " ");
}

void
terminal_wrap(const char *text, size_t at, size_t indent)
{
    size_t width = terminal_width();
    bool begins = at == 0; /* the line: no blank before the next word */

    for (const char *p = text + strspn(text, " "); *p != '\0'; p += strspn(p, " ")) {
        size_t n = word_length(p);

        if (!begins && at + 1 + n > width) {
            printf("\n%*s", (int)indent, "");
            at = indent;
            begins = true;
        }
        printf("%s%.*s", begins ? "" : " ", (int)n, p);
        at += n + (begins ? 0 : 1);
        begins = false;
        p += n;
    }
    printf("\n");
}

bool
terminal_interactive(void)
{
    return isatty(0) && isatty(2);
}

/* --- questions --- */

enum err
terminal_ask(const char *question, char *ret, size_t size)
{
    fprintf(stderr, "%s: ", question);
    fflush(stderr);
    if (fgets(ret, (int)size, stdin) == NULL)
        return fail(ERR_USAGE, "There was no answer.");
    ret[strcspn(ret, "\n")] = '\0';
    return OK;
}

struct typed *
typed_new(void)
{
    return sodium_malloc(sizeof(struct typed));
}

void
typed_free(struct typed *t)
{
    sodium_free(t); /* wipes */
}

void
typed_freep(struct typed **t)
{
    typed_free(*t);
}

enum err
passphrase_read(int fd, struct typed *ret)
{
    size_t n = 0;

    for (;;) {
        ssize_t got = read(fd, ret->text + n, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(ERR_USAGE, "The pass-phrase cannot be read: %m");
        if (got == 0 || ret->text[n] == '\n')
            break;
        if (ret->text[n] == '\0' || ++n > PASSPHRASE_TYPED_MAX)
            return fail(ERR_USAGE, "A pass-phrase has at most %d bytes, and no NUL.",
                        PASSPHRASE_TYPED_MAX);
    }
    ret->text[n] = '\0';
    return n > 0 ? OK : fail(ERR_USAGE, "The pass-phrase is empty.");
}

static struct termios as_before;
static int terminal = -1;

/* Ctrl-C while the echo is off would leave the shell without it. */
static void
restore_and_die(int sig)
{
    tcsetattr(terminal, TCSAFLUSH, &as_before);
    signal(sig, SIG_DFL);
    raise(sig);
}

static void
say(const char *text)
{
    if (write(terminal, text, strlen(text)) < 0)
        return; /* then the question is not seen, and the answer says so */
}

static enum err
read_without_echo(const char *question, struct typed *ret)
{
    struct termios quiet;
    struct sigaction act = {.sa_handler = restore_and_die, .sa_flags = (int)SA_RESETHAND}, before;

    if (tcgetattr(terminal, &as_before) != 0)
        return fail(ERR_USAGE, "The terminal does not turn its echo off.");
    quiet = as_before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    sigaction(SIGINT, &act, &before);
    tcsetattr(terminal, TCSAFLUSH, &quiet);
    say(question);
    say(": ");
    enum err e = passphrase_read(terminal, ret);
    tcsetattr(terminal, TCSAFLUSH, &as_before);
    sigaction(SIGINT, &before, NULL);
    say("\n");
    return e;
}

enum err
terminal_passphrase(const char *question, struct typed *ret)
{
    terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0)
        return fail(ERR_USAGE, "There is no terminal to ask for the pass-phrase: use "
                               "--passphrase-fd.");
    enum err e = read_without_echo(question, ret);
    close(terminal);
    return e;
}
