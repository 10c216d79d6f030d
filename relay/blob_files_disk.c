/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/blob_files_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "wire/encoding.h"

#define ERR_STATE OPENSSL_ERR_STATE /* a type nobody uses any more */
#include <openssl/evp.h>
#undef ERR_STATE

#define HASH_AT_ONCE (256 * 1024)
#define READ_AHEAD (512 * 1024)

struct blob_files {
    int dir;
    uint64_t spare;
};

struct blob_reader {
    int fd;
};

#define NAME_LEN 16
struct name {
    char text[NAME_LEN + 1];
};

static struct name
name_of(uint64_t file)
{
    struct name n;
    snprintf(n.text, sizeof n.text, "%016" PRIx64, file);
    return n;
}

static enum err
failed(const char *what)
{
    if (errno == ENOSPC || errno == EDQUOT)
        return fail(ERR_FULL, "no room for attachments");
    return fail(ERR_IO, "cannot %s an attachment: %s", what, strerror(errno));
}

enum err
blob_files_disk_open(const char *dir, uint64_t spare, struct blob_files **ret)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return fail(ERR_IO, "cannot make %s: %s", dir, strerror(errno));
    struct blob_files *f = calloc(1, sizeof *f);
    if (f == NULL)
        return fail(ERR_MEMORY, "no memory for attachments");
    f->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (f->dir < 0) {
        free(f);
        return fail(ERR_IO, "cannot open %s: %s", dir, strerror(errno));
    }
    f->spare = spare;
    *ret = f;
    return OK;
}

void
blob_files_close(struct blob_files *f)
{
    if (f == NULL)
        return;
    close(f->dir);
    free(f);
}

enum err
blob_file_size(struct blob_files *f, uint64_t file, uint64_t *ret)
{
    struct name name = name_of(file);
    struct stat st;

    if (fstatat(f->dir, name.text, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        *ret = (uint64_t)st.st_size;
        return OK;
    }
    if (errno != ENOENT)
        return failed("look at");
    *ret = 0;
    return OK;
}

static enum err
write_all(int fd, uint64_t at, struct span bytes)
{
    if (ftruncate(fd, (off_t)at) != 0)
        return failed("cut");
    while (bytes.n > 0) {
        ssize_t n = pwrite(fd, bytes.p, bytes.n, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failed("write");
        at += (uint64_t)n;
        bytes = SPAN(bytes.p + n, bytes.n - (size_t)n);
    }
    return OK;
}

/* Whether N bytes more leave what others need of the disk. */
static bool
has_room(const struct blob_files *f, size_t n)
{
    struct statvfs v;

    return f->spare == 0 || fstatvfs(f->dir, &v) != 0 ||
           (uint64_t)v.f_bavail * v.f_frsize >= f->spare + n;
}

enum err
blob_file_put(struct blob_files *f, uint64_t file, uint64_t at, struct span bytes)
{
    struct name name = name_of(file);
    int fd = openat(f->dir, name.text, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return failed("make");
    enum err e =
        has_room(f, bytes.n) ? write_all(fd, at, bytes) : fail(ERR_FULL, "no room for attachments");
    /* A part not all of which is there is none: the file ends where the part began. */
    if (e != OK && ftruncate(fd, (off_t)at) != 0)
        e = failed("cut");
    if (close(fd) != 0 && e == OK)
        e = failed("write");
    return e;
}

static enum err
read_all(int fd, uint64_t at, uint8_t *ret, size_t n)
{
    while (n > 0) {
        ssize_t got = pread(fd, ret, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed("read");
        if (got == 0)
            return fail(ERR_NOT_FOUND, "an attachment is shorter than it was");
        ret += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return OK;
}

static enum err
hash_file(int fd, uint64_t size, struct sha256 *ret)
{
    uint8_t *bytes = malloc(HASH_AT_ONCE);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    enum err e = OK;

    if (bytes == NULL || md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
        e = fail(ERR_MEMORY, "no memory for a hash");
    for (uint64_t at = 0; e == OK && at < size;) {
        size_t n = size - at < HASH_AT_ONCE ? (size_t)(size - at) : HASH_AT_ONCE;
        e = read_all(fd, at, bytes, n);
        if (e == OK && EVP_DigestUpdate(md, bytes, n) != 1)
            e = fail(ERR_MEMORY, "no memory for a hash");
        at += n;
    }
    if (e == OK && EVP_DigestFinal_ex(md, ret->b, NULL) != 1)
        e = fail(ERR_MEMORY, "no memory for a hash");
    EVP_MD_CTX_free(md);
    free(bytes);
    return e;
}

/* The file first, then its name in the directory. */
enum err
blob_file_seal(struct blob_files *f, uint64_t file, uint64_t size, struct sha256 *ret)
{
    struct name name = name_of(file);
    struct sha256 hash;
    int fd = openat(f->dir, name.text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return errno == ENOENT ? fail(ERR_NOT_FOUND, "there is no such attachment")
                               : failed("open");
    enum err e = hash_file(fd, size, &hash);
    if (e == OK && (fsync(fd) != 0 || fsync(f->dir) != 0))
        e = failed("sync");
    close(fd);
    TRY(e);
    *ret = hash;
    return OK;
}

/* One that stays is swept at the next start. It is emptied, because the room of one that somebody
 * has open would not be free otherwise. */
void
blob_file_remove(struct blob_files *f, uint64_t file)
{
    struct name name = name_of(file);
    int fd = openat(f->dir, name.text, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

    (void)unlinkat(f->dir, name.text, 0);
    if (fd < 0)
        return;
    if (ftruncate(fd, 0) != 0)
        (void)failed("empty");
    close(fd);
}

enum err
blob_files_each(struct blob_files *f, void *ctx, enum err (*visit)(void *, uint64_t file))
{
    int fd = openat(f->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    enum err e = OK;

    if (dir == NULL) {
        e = failed("list");
        if (fd >= 0)
            close(fd);
        return e;
    }
    for (struct dirent *entry; e == OK && (entry = readdir(dir)) != NULL;) {
        uint8_t b[NAME_LEN / 2];
        struct reader r = READER(SPAN(b, sizeof b));
        if (hex_read(SPAN_STR(entry->d_name), b, sizeof b) == OK) /* nothing else is ours */
            e = visit(ctx, read_u64(&r));
    }
    closedir(dir);
    return e;
}

enum err
blob_file_open(struct blob_files *f, uint64_t file, struct blob_reader **ret)
{
    struct name name = name_of(file);
    struct blob_reader *r = calloc(1, sizeof *r);

    if (r == NULL)
        return fail(ERR_MEMORY, "no memory for an attachment");
    r->fd = openat(f->dir, name.text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (r->fd < 0) {
        enum err e =
            errno == ENOENT ? fail(ERR_NOT_FOUND, "there is no such attachment") : failed("open");
        free(r);
        return e;
    }
    *ret = r;
    return OK;
}

/* What comes next is asked for now, so that the thread that serves seldom waits for a disk. */
enum err
blob_reader_read(struct blob_reader *r, uint64_t at, uint8_t *ret, size_t n)
{
    if (at % READ_AHEAD < n)
        (void)posix_fadvise(r->fd, (off_t)(at + n), 2 * READ_AHEAD, POSIX_FADV_WILLNEED);
    return read_all(r->fd, at, ret, n);
}

void
blob_reader_free(struct blob_reader *r)
{
    if (r == NULL)
        return;
    close(r->fd);
    free(r);
}
