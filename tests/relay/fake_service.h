/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A service of a few paths, to see what the server makes of each kind of answer. It runs on the
 * server's thread; requests steer it.
 *
 *     GET  /now          200 "ok" at once             GET /echo?…     200, the authority and target
 *     POST /commit       202 after a commit           POST /settle    commit everything
 *     POST /refuse       what waits is not stored     POST /break     the store is broken
 *     GET  /stream?after=N   a stream of device 1     POST /push      push the next item to it
 *     POST /push-many    push 300                     GET /state      "handled waiting connections"
 *     GET  /file         200, 4 MiB of a file     GET /file with Range: bytes=N-   206, from N on
 *     POST /work         answered after work      POST /worked    that is 422
 *     POST /worked-commit   that is 204 after a commit
 *     POST /transient    push a transient frame       POST /big       take up to 1 MiB
 *     GET  /large        an answer of 1 MiB           POST /overload  refuse writes from now on
 */
#pragma once

#include "relay/server.h"

struct service {
    struct service_host host;
    struct server *server;
    uint64_t items;   /* of device 1, numbered from 1 */
    uint64_t tickets; /* given out */
    unsigned handled, batches;
    uint64_t works;           /* given out */
    struct blob_files *files; /* made when one is asked for */
    bool overloaded;
};

#define FAKE_FILE (4 << 20)
uint8_t fake_file_byte(size_t at);
void fake_service_done(struct service *s);

/* The size of every item's envelope. */
#define FAKE_ENVELOPE ENVELOPE_B3
