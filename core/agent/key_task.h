/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Work with pass-phrases, which costs an Argon2id and so is done by the worker: make a slot file,
 * open it, change it; and with key files, which may lie on something slow.
 *
 * The one thing to know: pass-phrases are moved out of the request into locked memory, and all of a
 * task is wiped when it is over. The call that waits for it may be cancelled meanwhile; `then` is
 * not run in that case.
 */
#pragma once

#include "core/agent/agent.h"
#include "core/agent/key_file.h"
#include "crypto/slots.h"

#define PASSPHRASE_MAX 1024
#define KEY_PATH_MAX 1024

struct passphrase {
    size_t n;
    uint8_t b[PASSPHRASE_MAX];
};

enum key_work {
    KEY_CREATE,
    KEY_OPEN,
    KEY_CHANGE,      /* the pass-phrase: FRESH */
    KEY_ADD_FILE,    /* require ADDED: in place of the pass-phrase alone, or as a spare */
    KEY_ADD_KEYRING, /* under KEPT, which is made */
    KEY_REMOVE,      /* slot INDEX; of the last key file, back to the pass-phrase alone */
};

/* Of key files (core/agent/key_file.h); "": none. */
struct key_paths {
    char opening[KEY_PATH_MAX]; /* opens together with the pass-phrase */
    char added[KEY_PATH_MAX];   /* of KEY_ADD_FILE */
    bool make;                  /* the added one is not there yet, and goes if it opens nothing */
};

struct key_task {
    struct agent *agent;
    struct call *call; /* NULL: cancelled */
    enum key_work work;
    struct passphrase *passphrase, *fresh; /* locked memory; FRESH for KEY_CHANGE */
    struct key_paths paths;
    unsigned index;
    struct secret32 *kept; /* locked memory; of KEY_ADD_KEYRING */
    struct key_file_made made;
    struct buf file, ret_file;
    struct master_key *mk; /* locked memory */
    enum err err;
    char why[256];
    void (*then)(struct key_task *t); /* on the loop; looks at ERR first */
};

/* Take the parameter NAME of C out of it. ERR_USAGE when it is empty or too long. */
enum err passphrase_take(struct call *c, const char *name, struct passphrase **ret);

/* The parameter NAME of C, a path; "" without one. ERR_USAGE: not absolute, or too long. */
enum err key_path_take(const struct call *c, const char *name, char ret[KEY_PATH_MAX]);

/* Begin WORK for C, which is deferred by this, as a job when AS_JOB says so; the pass-phrases are
 * taken, also on failure. All but KEY_CREATE read the profile's slot file. */
struct key_request {
    enum key_work work;
    struct passphrase *passphrase, *fresh;
    struct key_paths paths;
    unsigned index;
    enum { AS_CALL, AS_JOB } as;
    void (*then)(struct key_task *t);
};
enum err key_task_start(struct call *c, const struct key_request *r);

/* The error of the task, with its sentence on this thread. */
enum err key_task_error(const struct key_task *t);

/* The process ends before the task does: leave no key file behind that opens nothing. */
void key_task_give_up(struct key_task *t);
