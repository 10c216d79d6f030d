/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * snug-watch: listens to the buses for the agent, which itself talks to nobody on this machine: on
 * a bus, others do what they are asked, also what the agent's jail forbids. Words of a byte go both
 * ways (core/watch/words.h). It holds no secret, and ends with the agent.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/keyring/sandbox.h"
#include "core/watch/buses.h"

static void
say(int word)
{
    char byte = (char)word;

    if (write(STDOUT_FILENO, &byte, 1) != 1)
        _exit(EXIT_FAILURE);
}

static void
take_orders(struct buses *b)
{
    char words[64];
    ssize_t n = read(STDIN_FILENO, words, sizeof words);

    if (n == 0 || (n < 0 && errno != EINTR))
        _exit(EXIT_SUCCESS);
    for (ssize_t i = 0; i < n; i++) {
        if (words[i] == WATCH_HOLD)
            buses_hold_sleep(b);
        else if (words[i] == WATCH_RELEASE)
            buses_let_sleep(b);
    }
}

int
main(int argc, char **argv)
{
    struct pollfd p[3] = {{.fd = STDIN_FILENO, .events = POLLIN}};

    if (argc > 1) {
        puts("snug-watch " SNUG_VERSION "\nsnug-agent starts it to hear when the screen is locked "
             "and when the machine sleeps.");
        return EXIT_SUCCESS;
    }
    if (sandbox_enter() != OK)
        return EXIT_FAILURE;
    struct buses *b = buses_new(say);
    while (b != NULL) {
        buses_work(b);
        int wait = buses_wait(b, p + 1);

        if (poll(p, 3, wait) > 0 && p[0].revents != 0)
            take_orders(b);
    }
    return EXIT_FAILURE;
}
