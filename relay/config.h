/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an operator says on the command line, checked. Strings are borrowed from argv.
 */
#pragma once

#include "relay/listen.h"
#include "relay/service.h"

#define CONFIG_NAMES_MAX 16
struct config {
    const char *data; /* the directory */
    struct listen_address listen;
    struct relay_address names[CONFIG_NAMES_MAX]; /* as given; may be none */
    size_t name_count;
    Wire__RequestPolicy registration;
    uint64_t attachment_max; /* bytes of the padded file; 0: none are taken */
    const char *cert, *key;  /* both or neither */
    enum config_task { CONFIG_RUN, CONFIG_INVITE, CONFIG_HELP, CONFIG_VERSION } task;
};

/* ERR_USAGE with a sentence that names the argument. */
enum err config_read(int argc, char **argv, struct config *ret);

void config_print_help(void);

/* Everything this relay answers to, once it listens at BOUND: the names given, else the address
 * itself; on loopback also the address and `localhost`, so that a local relay is found by either.
 * At most CONFIG_NAMES_MAX + 2. */
size_t config_authorities(const struct config *c, const struct listen_address *bound,
                          char (*ret)[AUTHORITY_MAX]);
