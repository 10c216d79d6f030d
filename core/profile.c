/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/profile.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/slots.h"

#define STORE_FILE "history.db"
#define SLOTS_FILE "slots"
#define FILES_FOLDER "files"
#define SEALED_FILE "sealed"
#define OPEN_FILE "open"

struct profile {
    char name[PROFILE_NAME_MAX + 1];
    char final[PATH_MAX / 2]; /* the directory's name once it is whole */
    char fresh[PATH_MAX / 2]; /* while it is being made */
    char store[PATH_MAX], files[PATH_MAX], sealed[PATH_MAX];
    char lock_path[PATH_MAX / 2];
    bool begun, wiped;
    int lock;
    int folder; /* the directory, held as well: another path may lead to it */
};

static enum err
failed(const char *what)
{
    if (errno == ENOSPC || errno == EDQUOT)
        return fail(ERR_FULL, "The disk is full; free some space and try again.");
    return fail(ERR_IO, "%s: %m", what);
}

static void
closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

enum err
profile_name_check(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");

    if (n == 0 || n > PROFILE_NAME_MAX || name[n] != '\0' || name[0] == '-' || name[0] == '_')
        return fail(ERR_USAGE, "A profile's name is 1 to %d lower-case letters, digits, - and _.",
                    PROFILE_NAME_MAX);
    return OK;
}

/* $XDG_DATA_HOME, or what it stands for when it is unset or relative. */
static enum err
data_home(char *ret, size_t size)
{
    const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    int n;

    if (xdg != NULL && xdg[0] == '/')
        n = snprintf(ret, size, "%s/snug", xdg);
    else if (home != NULL && home[0] == '/')
        n = snprintf(ret, size, "%s/.local/share/snug", home);
    else
        return fail(ERR_STATE, "Neither XDG_DATA_HOME nor HOME is set.");
    if (n < 0 || (size_t)n >= size - PROFILE_NAME_MAX - 16)
        return fail(ERR_STATE, "The path of the data directory is too long.");
    return OK;
}

/* Make PATH and what it lies in. */
static enum err
make_directories(char *path)
{
    for (char *at = path + 1;; at++) {
        char c = *at;

        if (c != '/' && c != '\0')
            continue;
        *at = '\0';
        int bad = mkdir(path, 0700) != 0 && errno != EEXIST;
        *at = c;
        if (bad)
            return failed(path);
        if (c == '\0')
            return OK;
    }
}

static void
set_paths(struct profile *p)
{
    const char *folder = p->begun ? p->fresh : p->final;

    snprintf(p->store, sizeof p->store, "%s/" STORE_FILE, folder);
    snprintf(p->files, sizeof p->files, "%s/" FILES_FOLDER, folder);
    snprintf(p->sealed, sizeof p->sealed, "%s/" SEALED_FILE, folder);
}

/* Remove a directory that holds plain files. */
static void
sweep(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *entry;

    if (d == NULL)
        return;
    while ((entry = readdir(d)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(d), entry->d_name, 0);
    closedir(d);
    rmdir(path);
}

/* The same with the one folder that a profile has. */
static void
sweep_profile(const char *path)
{
    char inside[PATH_MAX];

    snprintf(inside, sizeof inside, "%s/" FILES_FOLDER, path);
    sweep(inside);
    sweep(path);
}

static enum err
busy(const struct profile *p)
{
    return fail(ERR_BUSY, "Another process is using the profile %s.", p->name);
}

/* What is linked or mounted under another name has another lock file there. Not every file system
 * locks directories (NFS does not); there is none to be had then. */
static enum err
take_folder(struct profile *p, const char *path)
{
    p->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->folder < 0 || flock(p->folder, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return OK;
    return busy(p);
}

static void
leave_folder(struct profile *p)
{
    closep(&p->folder);
    p->folder = -1;
}

/* One that was unlinked by who wiped the profile meanwhile is nobody's. */
static enum err
take_lock(struct profile *p)
{
    struct stat st = {.st_nlink = 0};

    while (st.st_nlink == 0) {
        closep(&p->lock);
        p->lock = open(p->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (p->lock < 0)
            return failed(p->lock_path);
        if (flock(p->lock, LOCK_EX | LOCK_NB) != 0)
            return errno == EWOULDBLOCK
                       ? busy(p)
                       : fail(ERR_IO, "Other processes cannot be kept out of the profile: %m");
        if (fstat(p->lock, &st) != 0)
            return failed(p->lock_path);
    }
    return OK;
}

enum err
profile_lock(const char *name, struct profile **ret)
{
    char dir[PATH_MAX / 4];

    TRY(profile_name_check(name));
    TRY(data_home(dir, sizeof dir));
    TRY(make_directories(dir));
    AUTO(profile_freep) struct profile *p = calloc(1, sizeof *p);
    if (p == NULL)
        return fail(ERR_MEMORY, "no memory for the profile");
    p->lock = p->folder = -1;
    snprintf(p->name, sizeof p->name, "%s", name);
    snprintf(p->final, sizeof p->final, "%s/%s", dir, name);
    snprintf(p->fresh, sizeof p->fresh, "%s/.%s.new", dir, name);
    set_paths(p);
    snprintf(p->lock_path, sizeof p->lock_path, "%s/%s.lock", dir, name);
    TRY(take_lock(p));
    TRY(take_folder(p, p->final));
    sweep_profile(p->fresh); /* of one that was killed while it was being made */
    *ret = STEAL(p);
    return OK;
}

void
profile_free(struct profile *p)
{
    if (p == NULL)
        return;
    profile_abandon(p);
    if (p->wiped)
        unlink(p->lock_path); /* empty: no harm in one that stays */
    leave_folder(p);
    closep(&p->lock);
    free(p);
}

const char *
profile_name(const struct profile *p)
{
    return p->name;
}

bool
profile_exists(const struct profile *p)
{
    struct stat st;

    return !p->begun && stat(p->final, &st) == 0;
}

enum err
profile_begin(struct profile *p)
{
    assert(!p->begun);
    if (profile_exists(p))
        return fail(ERR_EXISTS, "There is a profile %s already.", p->name);
    sweep_profile(p->fresh);
    if (mkdir(p->fresh, 0700) != 0)
        return failed(p->fresh);
    p->begun = true;
    set_paths(p);
    return take_folder(p, p->fresh);
}

static enum err
sync_directory(const char *path)
{
    AUTO(closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 && fsync(fd) == 0 ? OK : failed(path);
}

/* The directory that a path of ours lies in. */
static enum err
sync_parent(const char *path)
{
    char parent[PATH_MAX / 2];

    snprintf(parent, sizeof parent, "%s", path);
    *strrchr(parent, '/') = '\0';
    return sync_directory(parent);
}

enum err
profile_commit(struct profile *p)
{
    assert(p->begun);
    TRY(sync_directory(p->fresh));
    if (rename(p->fresh, p->final) != 0)
        return failed(p->final);
    p->begun = false;
    set_paths(p);
    return sync_parent(p->final);
}

void
profile_abandon(struct profile *p)
{
    if (!p->begun)
        return;
    sweep_profile(p->fresh);
    leave_folder(p);
    p->begun = false;
    set_paths(p);
}

const char *
profile_store_path(const struct profile *p)
{
    return p->store;
}

static void
slots_path(const struct profile *p, const char *suffix, char ret[PATH_MAX])
{
    snprintf(ret, PATH_MAX, "%s/" SLOTS_FILE "%s", p->begun ? p->fresh : p->final, suffix);
}

const char *
profile_files_path(const struct profile *p)
{
    return p->files;
}

const char *
profile_sealed_path(const struct profile *p)
{
    return p->sealed;
}

static void
open_path(const struct profile *p, char ret[PATH_MAX])
{
    snprintf(ret, PATH_MAX, "%s/" OPEN_FILE, p->final);
}

bool
profile_left_open(const struct profile *p)
{
    char path[PATH_MAX];
    struct stat st;

    open_path(p, path);
    return lstat(path, &st) == 0;
}

void
profile_leave(const struct profile *p, enum left how)
{
    char path[PATH_MAX];

    open_path(p, path);
    if (how == LEFT_CLOSED) {
        unlink(path);
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    closep(&fd);
}

enum err
profile_slots_read(const struct profile *p, struct buf *ret)
{
    char path[PATH_MAX];
    uint8_t bytes[SLOTS_FILE_MAX + 1];
    ssize_t n, all = 0;

    slots_path(p, "", path);
    AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? fail(ERR_NOT_FOUND, "There is no slot file.") : failed(path);
    while ((n = read(fd, bytes + all, sizeof bytes - (size_t)all)) > 0)
        all += n;
    if (n < 0)
        return failed(path);
    if ((size_t)all > SLOTS_FILE_MAX)
        return fail(ERR_DAMAGED, "The slot file is too large.");
    buf_put(ret, SPAN(bytes, (size_t)all));
    return buf_ok(ret);
}

static enum err
write_whole(const char *path, struct span bytes)
{
    AUTO(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return failed(path);
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);

        if (n < 0)
            return failed(path);
        bytes = SPAN(bytes.p + n, bytes.n - (size_t)n);
    }
    return fsync(fd) == 0 ? OK : failed(path);
}

enum err
profile_slots_write(const struct profile *p, struct span bytes)
{
    char path[PATH_MAX], fresh[PATH_MAX];

    slots_path(p, "", path);
    slots_path(p, ".new", fresh);
    enum err e = write_whole(fresh, bytes);
    if (e != OK) {
        unlink(fresh);
        return e;
    }
    if (rename(fresh, path) != 0)
        return failed(path);
    return sync_directory(p->begun ? p->fresh : p->final);
}

/* --- the end of it --- */

/* Zeros over all of it, on the disk, and then its name goes. */
static enum err
destroy_file(const char *path)
{
    static const uint8_t zeros[4096];
    struct stat st;

    AUTO(closep) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? OK : failed(path);
    if (fstat(fd, &st) != 0)
        return failed(path);
    for (off_t left = st.st_size; left > 0;) {
        size_t n = left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros;
        ssize_t wrote = write(fd, zeros, n);
        if (wrote <= 0)
            return failed(path);
        left -= wrote;
    }
    return fsync(fd) == 0 && unlink(path) == 0 ? OK : failed(path);
}

static enum err
destroy_slots(const char *folder)
{
    static const char *const names[] = {SLOTS_FILE, SLOTS_FILE ".new"};
    char path[PATH_MAX];
    struct stat st;

    if (stat(folder, &st) != 0)
        return errno == ENOENT ? OK : failed(folder);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        TRY(destroy_file(path));
    }
    return sync_directory(folder);
}

static enum err
destroy_folder(const char *folder)
{
    struct stat st;

    sweep_profile(folder);
    return stat(folder, &st) != 0 && errno == ENOENT
               ? OK
               : fail(ERR_IO, "Something in %s cannot be removed.", folder);
}

enum err
profile_wipe(struct profile *p)
{
    p->begun = false;
    TRY(destroy_slots(p->final));
    TRY(destroy_slots(p->fresh));
    TRY(destroy_folder(p->final));
    TRY(destroy_folder(p->fresh));
    TRY(sync_parent(p->final));
    p->wiped = true;
    return OK;
}
