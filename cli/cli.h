/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What every command works with: where it was called, how to reach the agent, how to print.
 *
 * The one thing to know: results go to stdout, everything else to stderr. With --json a result is
 * the result of the agent's method as docs/RPC.md has it, one object a line, in ASCII.
 */
#pragma once

#include <stdio.h>

#include "cli/args.h"
#include "core/rpc/client.h"
#include "core/rpc/exit_code.h"

struct cli {
    const char *profile;
    bool json;
    struct args args;
    struct rpc *rpc; /* NULL until cli_connect */
};

/* A command: the exit code is that of the error, unless RET says otherwise. */
typedef enum err command_fn(struct cli *cli, int *ret);

struct command {
    const char *name;
    command_fn *run;
    const char *usage, *help;
};
extern const struct command commands[];
extern const size_t command_count;
const struct command *command_named(const char *name);

/* The agent, started when it does not run. */
enum err cli_connect(struct cli *cli);
/* Call a method; takes PARAMS. Where the profile is locked, it is unlocked and the method called
 * again: by the system's keyring, if that may do so unasked, or by the pass-phrase, where a person
 * sits at the terminal. */
enum err cli_call(struct cli *cli, const char *method, json_t *params, json_t **ret);
/* All pages of a list method, in one result with the list at KEY. Takes PARAMS. */
enum err cli_call_list(struct cli *cli, const char *method, json_t *params, const char *key,
                       json_t **ret);
/* The same for a method whose result is not wanted; with --json prints {}. */
enum err cli_do(struct cli *cli, const char *method, json_t *params);
/* For a command that is one call about the contact NAME. */
enum err cli_do_to_contact(struct cli *cli, const char *method);

/* The next notification, as rpc_next. ERR_LOCKED when it is that the profile was locked, if `lock`
 * was subscribed: nothing more comes then. */
enum err cli_next(struct cli *cli, int wait_ms, json_t **ret);

/* Before something is lost: OK with --yes, or when a person at the terminal says so to what FORMAT
 * tells. ERR_USAGE otherwise. */
enum err cli_confirm(struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The pass-phrase of --passphrase-fd, or from the terminal. */
struct typed;
enum err cli_passphrase(struct cli *cli, const char *question, struct typed *ret);
/* A new one. A person types it twice, and none that is guessed at once. */
enum err cli_new_passphrase(struct cli *cli, const char *question, struct typed *ret);
/* Whether the profile is opened by KIND, of those of slot.list; of account.status. */
bool opens_by(const json_t *status, const char *kind);
/* The file of --key-file from the root, as `key_file` of PARAMS; nothing without that flag. */
enum err key_file_param(struct cli *cli, json_t *params);
/* {name: its text}; wiped with the JSON. */
json_t *passphrase_json(const char *name, const struct typed *p);

/* Set `at_ms` of PARAMS to the time that --in says. */
enum err time_param(struct cli *cli, json_t *params);

/* All of stdin, at most MAX bytes, without one line end at its end. ERR_TOO_LARGE. */
enum err read_stdin(struct buf *ret, size_t max);
