/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A small process that starts helpers for the agent, which itself never starts a program.
 *
 * The one thing to know: it is forked before anything secret is in memory and knows by itself where
 * its few programs are; whoever asks names one of them and hands over two descriptors, never a path
 * or a word of a command line. The kernel lets it start nothing else (jail.h), and neither it nor a
 * helper has a network. Helpers begin with an empty environment; the keyring's and
 * the watch's know where the buses are. It ends, with all helpers, when the agent ends in whatever
 * way.
 */
#pragma once

#include <sys/types.h>

#include "core/agent/loop.h"

enum helper { HELPER_MEDIA, HELPER_KEYRING, HELPER_WATCH, HELPER_COUNT };
#define HELPER_NOT_STARTED (-1)

struct spawner {
    pid_t pid; /* 0: none */
    struct loop *loop;
    struct source source;
    uint64_t last; /* number given out */
    struct spawner_watcher {
        void *self;
        /* Helper NUMBER ended, with a status as of waitpid; HELPER_NOT_STARTED. Number 0: the
         * spawner itself is gone, and with it every helper. */
        void (*ended)(void *self, uint64_t number, int status);
    } watchers[HELPER_COUNT]; /* no function: nobody wants to know */
};

/* Fork it. Call before there are threads, locks or keys. */
enum err spawner_fork(struct spawner *s);
/* Let L watch it, and tell W of each end of a HELPER. */
enum err spawner_watch(struct spawner *s, struct loop *l, enum helper helper,
                       const struct spawner_watcher *w);
/* Ends it and all helpers, and waits until they are gone. A zeroed one is fine. */
void spawner_done(struct spawner *s);

/* Start a helper with IN as its descriptor 0 and OUT as its descriptor 1 (neither is closed here).
 * `ended` is called once for each number given, if the spawner lives. ERR_STATE: it is gone. */
enum err spawner_start(struct spawner *s, enum helper helper, int in, int out, uint64_t *ret);
void spawner_kill(struct spawner *s, uint64_t number);
