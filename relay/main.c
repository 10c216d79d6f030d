/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * snug-relay: reads what the operator wants, makes or loads what the relay is, opens the store,
 * listens, and turns until a signal. Says nothing on stdout but the one line that it is ready, and
 * nothing anywhere about peers.
 */
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "relay/admin.h"
#include "relay/blob_files_disk.h"
#include "relay/config.h"
#include "relay/files.h"
#include "relay/identity.h"
#include "relay/server.h"
#include "relay/store_sqlite.h"
#include "wire/encoding.h"

/* Of the disk, that attachments leave free. */
#define ROOM_FOR_MESSAGES (64 * 1024 * 1024)

/* Everything a running relay owns, in the order in which it comes to be. */
struct relay {
    struct config config;
    int lock;
    struct tls *tls;
    struct server *server;
    struct store *store;
    struct blob_files *blob_files;
    struct service *service;
    struct admin *admin;
    struct loop_source signals;
    struct listen_address bound;
    char line[AUTHORITY_MAX + 80];    /* what it said when it was ready */
    char address_file[FILE_PATH_MAX]; /* empty: none was written */
};

/* Unless another relay has put its own in the place meanwhile. */
static void
remove_address(const struct relay *r)
{
    AUTO(buf_done) struct buf there = BUF(sizeof r->line);

    if (r->address_file[0] != '\0' && file_get(r->address_file, &there) == OK &&
        span_equal(buf_span(&there), SPAN_STR(r->line)))
        unlink(r->address_file);
}

static void
relay_done(struct relay *r)
{
    remove_address(r);
    admin_free(r->admin);
    if (r->signals.fd >= 0)
        close(r->signals.fd);
    server_free(r->server);
    service_free(r->service);
    store_close(r->store);
    blob_files_close(r->blob_files);
    tls_free(r->tls);
    if (r->lock >= 0)
        close(r->lock);
}

/* Keys never land in a core file or in a debugger of the same user's other programs. */
static void
harden(void)
{
    struct rlimit files;

    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
#ifndef __SANITIZE_ADDRESS__ /* the leak check is a debugger, too */
    prctl(PR_SET_DUMPABLE, 0);
#endif
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGPIPE, SIG_IGN);
}

static void
on_signal(struct loop_source *s)
{
    struct relay *r = container_of(s, struct relay, signals);
    struct signalfd_siginfo info;

    if (read(s->fd, &info, sizeof info) == sizeof info)
        server_leave(r->server);
}

/* Before the service starts a thread: it is to have the signals blocked as well. */
static enum err
take_signals(struct relay *r)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    r->signals = (struct loop_source){
        .fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC),
        .ready = on_signal,
    };
    if (r->signals.fd < 0)
        return fail(ERR_IO, "signalfd: %s", strerror(errno));
    return loop_add(r->server->loop, &r->signals, LOOP_IN);
}

static enum err
start_service(struct relay *r)
{
    char authorities[CONFIG_NAMES_MAX + 2][AUTHORITY_MAX], path[FILE_PATH_MAX];
    const char *names[CONFIG_NAMES_MAX + 2];
    struct service_config sc = {
        .names = names, .registration = r->config.registration, .commit = COMMIT_BY_THREAD};
    struct service_host host = server_host(r->server);

    sc.name_count = config_authorities(&r->config, &r->bound, authorities);
    for (size_t i = 0; i < sc.name_count; i++)
        names[i] = authorities[i];
    TRY(path_join(r->config.data, "relay.db", path));
    TRY(store_sqlite_open(path, 0, &r->store));
    TRY(path_join(r->config.data, "blobs", path));
    TRY(blob_files_disk_open(path, ROOM_FOR_MESSAGES, &r->blob_files));
    sc.blob_files = r->blob_files;
    sc.blob_max = r->config.attachment_max;
    TRY(identity_load(r->config.data, sc.rlk_seed));
    enum err e = service_new(&sc, r->store, &host, &r->service);
    sodium_memzero(sc.rlk_seed, sizeof sc.rlk_seed);
    TRY(e);
    return server_start(r->server, r->service);
}

/* One line: where, and the pin. On loopback it is also left where a local agent looks. */
static enum err
announce(struct relay *r)
{
    char where[AUTHORITY_MAX], pin[BASE64_LEN(32) + 1];
    struct spki_pin p = tls_pin(r->tls);
    const char *runtime = getenv("XDG_RUNTIME_DIR");

    if (r->config.name_count > 0 && !listen_address_is_loopback(&r->bound))
        relay_authority_write(&r->config.names[0], where);
    else
        listen_address_write(&r->bound, where);
    base64url_write(SPAN_OF(p), pin);
    snprintf(r->line, sizeof r->line, "https://%s pin=%s\n", where, pin);
    if (listen_address_is_loopback(&r->bound) && runtime != NULL && runtime[0] == '/') {
        char path[FILE_PATH_MAX];
        TRY(path_join(runtime, "snug-relay.address", path));
        if (file_put(path, SPAN_STR(r->line)) == OK)
            memcpy(r->address_file, path, sizeof path);
        else
            fprintf(stderr, "snug-relay: %s\n", err_why(ERR_IO));
    }
    printf("snug-relay: %s", r->line);
    fflush(stdout);
    return OK;
}

static enum err
run(struct relay *r)
{
    int fd;

    TRY(directory_make(r->config.data));
    TRY(directory_lock(r->config.data, &r->lock));
    TRY(identity_tls(&r->config, &r->tls));
    TRY(server_new(r->tls, &SERVER_LIMITS, &r->server));
    TRY(take_signals(r));
    TRY(listen_at(&r->config.listen, &r->bound, &fd));
    TRY(server_listen(r->server, fd));
    TRY(start_service(r));
    TRY(admin_new(r->server, r->config.data, &r->admin));
    TRY(announce(r));
    return server_run(r->server);
}

int
main(int argc, char **argv)
{
    AUTO(relay_done) struct relay r = {.lock = -1, .signals = {.fd = -1}};

    harden();
    if (sodium_init() < 0) {
        fprintf(stderr, "snug-relay: libsodium cannot start\n");
        return 1;
    }
    enum err e = config_read(argc, argv, &r.config);
    if (e == OK && r.config.task == CONFIG_HELP) {
        config_print_help();
        return 0;
    }
    if (e == OK && r.config.task == CONFIG_VERSION) {
        printf("snug-relay %s\n", SNUG_VERSION);
        return 0;
    }
    if (e == OK)
        e = r.config.task == CONFIG_INVITE ? admin_ask_invitation(r.config.data) : run(&r);
    if (e == OK)
        return 0;
    fprintf(stderr, "snug-relay: %s\n", err_why(e));
    return e == ERR_USAGE ? 2 : 1;
}
