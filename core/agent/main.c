/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent.h"
#include "core/agent/harden.h"
#include "core/agent/jail.h"
#include "core/agent/leftovers.h"
#include "core/rpc/exit_code.h"
#include "crypto/secret.h"

static const char help[] =
    "Usage: snug-agent [--profile NAME]\n"
    "\n"
    "Keeps one profile of Snug: its keys, its history, its connection to the relay. `snug` and\n"
    "`snug-desktop` start it when they need it; it ends on SIGTERM or `snug agent stop`.\n"
    "\n"
    "  --profile NAME   the profile (default: $SNUG_PROFILE, or `default`)\n"
    "  --ready-fd N     write a word to this descriptor once it listens\n"
    "  --version, --help\n";

static enum err
run(const char *profile, int ready_fd)
{
    struct spawner spawner = {0};

    TRY(harden(ready_fd));
    TRY(spawner_fork(&spawner)); /* before anything is there to be inherited */
    enum err e = leftovers_of_threads_go();
    if (e == OK)
        e = crypto_init();
    if (e == OK)
        e = jail_preload();
    if (e == OK)
        e = jail_landlock();
    json_setup();
    if (e == OK)
        return agent_run(profile, spawner, ready_fd);
    spawner_done(&spawner);
    return e;
}

int
main(int argc, char **argv)
{
    static const struct option options[] = {{"profile", required_argument, NULL, 'p'},
                                            {"ready-fd", required_argument, NULL, 'r'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'v'},
                                            {0}};
    const char *profile = getenv("SNUG_PROFILE");
    int option, ready_fd = -1;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p') {
            profile = optarg;
        } else if (option == 'r') {
            ready_fd = atoi(optarg);
        } else if (option == 'v') {
            puts("snug-agent " SNUG_VERSION);
            return EXIT_DONE;
        } else {
            fputs(help, option == 'h' ? stdout : stderr);
            return option == 'h' ? EXIT_DONE : EXIT_USAGE;
        }
    }
    if (optind != argc) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    enum err e = run(profile != NULL && profile[0] != '\0' ? profile : "default", ready_fd);
    if (e != OK)
        fprintf(stderr, "snug-agent: %s\n", err_why(e));
    return (int)exit_code_of(e);
}
