/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files from one person to another, over everything that can come between (B13): loss, crashes,
 * restarts of the relay, expiry; and what is not what it says it is.
 */
#include "tests/scenarios/network.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/attachments.h"
#include "core/changes.h"
#include "core/files.h"
#include "core/saving.h"
#include "core/scheduled.h"
#include "core/sealing.h"
#include "crypto/stream.h"

#define MIB (1024 * 1024)

static struct scene *s;
static struct actor *alice, *bob;

static int
two_friends(void **state)
{
    s = scene_new();
    alice = scene_join_on_disk(s, "alice");
    bob = scene_join_on_disk(s, "bob");
    scene_befriend(s, alice, bob);
    return 0;
}

static int
tear_down(void **state)
{
    scene_free(s);
    return 0;
}

/* --- sources --- */

/* SIZE bytes that follow from SEED, in a file without a name. */
static int
source(size_t size, uint8_t seed)
{
    int fd = memfd_create("source", MFD_CLOEXEC);
    struct buf b = BUF(64 * MIB);
    uint8_t key[randombytes_SEEDBYTES] = {seed};

    assert_true(fd >= 0);
    if (size > 0)
        randombytes_buf_deterministic(buf_grow(&b, size), size, key);
    assert_ok(buf_ok(&b));
    assert_ok(fd_write(fd, buf_span(&b), 0));
    buf_done(&b);
    return fd;
}

static bool
same(struct span got, size_t size, uint8_t seed)
{
    AUTO(buf_done) struct buf b = BUF(64 * MIB);
    uint8_t key[randombytes_SEEDBYTES] = {seed};

    if (size > 0)
        randombytes_buf_deterministic(buf_grow(&b, size), size, key);
    return got.n == size && span_equal(got, buf_span(&b));
}

/* --- sending --- */

struct outcome {
    bool over;
    enum err err;
    char path[256];
    struct buf bytes;
};

static void
sealed(void *ctx, enum err r)
{
    *(struct outcome *)ctx = (struct outcome){.over = true, .err = r};
}

static void
wait_for(const struct outcome *o)
{
    for (int i = 0; i < 1000 && !o->over; i++)
        scene_pass(s, 100);
    assert_true(o->over);
}

static enum err
seal(struct actor *a, struct actor *to, const size_t *sizes, size_t count, struct sealing **ret)
{
    struct file_wish files[ATTACHMENTS_MAX + 1] = {0};
    struct outcome o = {0};

    for (size_t i = 0; i < count; i++)
        files[i] = (struct file_wish){.fd = source(sizes[i], (uint8_t)i),
                                      .name = SPAN_STR("../a/file.bin"),
                                      .mime = SPAN_STR("application/octet-stream"),
                                      .kind = ATTACHMENT_FILE};
    enum err r = sealing_start(a->engine,
                               &(struct sealing_wish){.contact = actor_contact(a, to).id,
                                                      .files = files,
                                                      .count = count,
                                                      .ctx = &o,
                                                      .done = sealed},
                               ret);
    for (size_t i = 0; i < count; i++)
        close(files[i].fd);
    if (r != OK)
        return r;
    wait_for(&o);
    return o.err;
}

/* The message, on its way, or to go at DUE_MS. */
static int64_t
send_at(struct actor *a, struct actor *to, const char *text, const size_t *sizes, size_t count,
        int64_t due_ms)
{
    struct sealing *sealing = NULL;
    int64_t id;

    assert_ok(seal(a, to, sizes, count, &sealing));
    assert_ok(sealing_send(a->engine, sealing,
                           &(struct composition){.contact = actor_contact(a, to).id,
                                                 .text = SPAN_STR(text),
                                                 .due_ms = due_ms},
                           &id));
    sealing_free(sealing);
    return id;
}

static int64_t
send(struct actor *a, struct actor *to, const char *text, const size_t *sizes, size_t count)
{
    return send_at(a, to, text, sizes, count, 0);
}

static int64_t
send_one(struct actor *a, struct actor *to, size_t size)
{
    return send(a, to, "", &size, 1);
}

/* --- looking --- */

struct list {
    struct attachment a[ATTACHMENTS_MAX];
    size_t count;
};

static enum err
into_list(void *ctx, const struct attachment *a)
{
    struct list *l = ctx;

    l->a[l->count++] = *a;
    return OK;
}

static struct list
files_of(struct actor *a, int64_t message)
{
    struct list l = {0};

    assert_ok(attachments_each(a->engine, message, &l, into_list));
    return l;
}

/* The newest message of A that was received. */
static int64_t
received(struct actor *a)
{
    int64_t id;

    assert_ok(db_get_int(engine_db(a->engine), &id,
                         "SELECT ifnull(max(id),0) FROM messages WHERE outgoing=0 AND type=5", ""));
    return id;
}

static struct attachment
first(struct actor *a, int64_t message)
{
    struct list l = files_of(a, message);

    assert_true(l.count > 0);
    return l.a[0];
}

static int64_t
message_state(struct actor *a, int64_t id)
{
    int64_t state;

    assert_ok(db_get_int(engine_db(a->engine), &state, "SELECT state FROM messages WHERE id=?1",
                         "i", id));
    return state;
}

/* Files in A's folder. */
static size_t
kept(struct actor *a)
{
    char command[128];
    int n = -1;

    snprintf(command, sizeof command, "ls %s | wc -l", a->files);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &n), 1);
    pclose(f);
    return (size_t)n;
}

static void
was_read(void *ctx, enum err r, struct span bytes)
{
    struct outcome *o = ctx;

    o->over = true;
    o->err = r;
    buf_put(&o->bytes, bytes);
}

static void
append(struct actor *a, int64_t id, uint64_t offset, size_t n, struct buf *ret)
{
    struct outcome o = {.bytes = BUF(READING_MAX)};
    struct reading *reading = NULL;

    assert_ok(
        reading_start(a->engine,
                      &(struct reading_wish){
                          .attachment = id, .offset = offset, .n = n, .ctx = &o, .done = was_read},
                      &reading));
    wait_for(&o);
    assert_ok(o.err);
    reading_free(a->engine, reading);
    buf_put(ret, buf_span(&o.bytes));
    buf_done(&o.bytes);
}

static void
assert_content(struct actor *a, const struct attachment *f, size_t size, uint8_t seed)
{
    AUTO(buf_done) struct buf all = BUF(64 * MIB);

    assert_int_equal(f->state, ATTACHMENT_HERE);
    for (uint64_t at = 0; at < size; at += 300000)
        append(a, f->id, at, 300000, &all);
    assert_ok(buf_ok(&all));
    assert_true(same(buf_span(&all), size, seed));
}

/* B asks for all that the newest message has, and waits. */
static int64_t
fetch(struct actor *a)
{
    int64_t id = received(a);
    struct list l;

    assert_true(id != 0);
    l = files_of(a, id);
    for (size_t i = 0; i < l.count; i++)
        assert_ok(attachment_want(a->engine, l.a[i].id));
    scene_settle(s);
    return id;
}

/* --- what works --- */

static void
files_of_every_size_arrive_in_one_message_with_its_words(void **state)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, MIB - 41, MIB, 3 * MIB + 77};
    int64_t id = send(alice, bob, "look at these", sizes, 8), got;
    struct list l;

    scene_settle(s);
    assert_true(message_state(alice, id) >= MESSAGE_AT_RELAY);
    assert_history(bob, alice, "< look at these");
    got = fetch(bob);
    l = files_of(bob, got);
    assert_int_equal(l.count, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_string_equal(l.a[i].name, "file.bin");
        assert_int_equal(l.a[i].size, sizes[i]);
        assert_content(bob, &l.a[i], sizes[i], (uint8_t)i);
    }
    l = files_of(alice, id);
    for (size_t i = 0; i < 8; i++)
        assert_content(alice, &l.a[i], sizes[i], (uint8_t)i);
}

static void
a_message_leaves_when_all_its_files_are_there_and_not_before(void **state)
{
    int64_t id = send_one(alice, bob, 3 * MIB);

    assert_int_equal(message_state(alice, id), MESSAGE_QUEUED);
    scene_pass(s, 60);
    assert_int_equal(first(alice, id).state, ATTACHMENT_UPLOADING);
    assert_int_equal(received(bob), 0);
    actor_say(alice, bob, "a text need not wait for it");
    scene_settle(s);
    assert_history(bob, alice, "< a text need not wait for it\n< ");
}

/* What a person can read of it anywhere, in any order. */
static void
parts_can_be_read_in_any_order(void **state)
{
    static const uint64_t at[] = {0, 700000, 65536, 65535, 1999999, 2000000, 1, 1000000};
    AUTO(buf_done) struct buf whole = BUF(4 * MIB);
    uint8_t key[randombytes_SEEDBYTES] = {0};
    int64_t id = send_one(alice, bob, 2000000);
    struct attachment f;

    randombytes_buf_deterministic(buf_grow(&whole, 2000000), 2000000, key);
    scene_settle(s);
    f = first(alice, id);
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        AUTO(buf_done) struct buf part = BUF(READING_MAX);
        size_t n = 2000000 - at[i] < 100000 ? (size_t)(2000000 - at[i]) : 100000;

        append(alice, f.id, at[i], 100000, &part);
        assert_true(span_equal(buf_span(&part), SPAN(whole.p + at[i], n)));
    }
}

static void
saved(void *ctx, enum err r, const char *path)
{
    struct outcome *o = ctx;

    o->over = true;
    o->err = r;
    snprintf(o->path, sizeof o->path, "%s", path);
}

static enum err
save(struct actor *a, int64_t id, const char *path, int how, struct outcome *ret)
{
    struct saving *saving = NULL;

    *ret = (struct outcome){0};
    TRY(saving_start(a->engine,
                     &(struct saving_wish){
                         .attachment = id, .path = path, .how = how, .ctx = ret, .done = saved},
                     &saving));
    wait_for(ret);
    saving_free(saving);
    return ret->err;
}

static void
a_file_is_saved_beside_others_and_over_none(void **state)
{
    char folder[] = "/tmp/snug-saved-XXXXXX", path[128];
    int64_t id = send_one(alice, bob, 100000);
    struct outcome o;
    struct attachment f;

    assert_non_null(mkdtemp(folder));
    scene_settle(s);
    f = first(bob, fetch(bob));
    assert_ok(save(bob, f.id, folder, SAVE_NEW, &o));
    snprintf(path, sizeof path, "%s/file.bin", folder);
    assert_string_equal(o.path, path);
    assert_err(save(bob, f.id, path, SAVE_NEW, &o), ERR_EXISTS);
    assert_ok(save(bob, f.id, path, SAVE_REPLACE, &o));
    assert_ok(save(bob, f.id, folder, SAVE_NEW, &o));
    unlink(path);
    snprintf(path, sizeof path, "%s/file (1).bin", folder);
    assert_string_equal(o.path, path);
    unlink(path);
    assert_err(save(bob, f.id, "relative", SAVE_NEW, &o), ERR_USAGE);
    assert_err(save(bob, f.id, "/proc/nowhere/x", SAVE_NEW, &o), ERR_NOT_FOUND);
    assert_int_equal(rmdir(folder), 0); /* nothing unfinished is left */
    (void)id;
}

static void
a_note_to_oneself_keeps_its_file_here(void **state)
{
    size_t size = 70000;
    struct sealing *sealing = NULL;
    struct outcome o = {0};
    struct contact self;
    unsigned before = alice->anonymous;
    int64_t id;
    int fd = source(size, 0);
    struct file_wish w = {.fd = fd, .name = SPAN_STR("x"), .mime = SPAN_STR("text/plain")};

    assert_ok(contact_find(alice->engine, "notes", &self));
    assert_ok(
        sealing_start(alice->engine, &(struct sealing_wish){self.id, &w, 1, &o, sealed}, &sealing));
    close(fd);
    wait_for(&o);
    assert_ok(o.err);
    assert_ok(sealing_send(alice->engine, sealing,
                           &(struct composition){.contact = self.id, .text = SPAN("", 0)}, &id));
    sealing_free(sealing);
    scene_settle(s);
    assert_int_equal(message_state(alice, id), MESSAGE_KEPT);
    struct attachment f = first(alice, id);
    assert_content(alice, &f, size, 0);
    assert_int_equal(alice->anonymous, before);
}

/* --- sending on --- */

/* All files of MESSAGE for TO, under way; *RET_OUTCOME has to stay. */
static enum err
reseal(struct actor *a, int64_t message, struct actor *to, struct outcome *o, struct sealing **ret)
{
    struct list l = files_of(a, message);
    struct file_wish files[ATTACHMENTS_MAX] = {0};

    *o = (struct outcome){0};
    for (size_t i = 0; i < l.count; i++)
        files[i].attachment = l.a[i].id;
    return sealing_start(
        a->engine, &(struct sealing_wish){actor_contact(a, to).id, files, l.count, o, sealed}, ret);
}

/* The first of a message's. */
static void
key_of(struct actor *a, int64_t message, const char *column, struct buf *ret)
{
    char sql[100];

    snprintf(sql, sizeof sql, "SELECT %s FROM attachments WHERE message=?1 ORDER BY position",
             column);
    assert_ok(db_get_bytes(engine_db(a->engine), ret, sql, "i", message));
}

static void
assert_differs(struct actor *a, int64_t one, int64_t other, const char *column)
{
    AUTO(buf_done) struct buf mine = BUF(64), theirs = BUF(64);

    key_of(a, one, column, &mine);
    key_of(a, other, column, &theirs);
    assert_true(mine.n > 0);
    assert_false(span_equal(buf_span(&mine), buf_span(&theirs)));
}

static void
files_are_sent_on_under_keys_of_their_own(void **state)
{
    static const size_t sizes[] = {300000, 0, 65536};
    static const char *const columns[] = {"key", "hash", "blob", "read_secret", "file"};
    struct actor *carol = scene_join_on_disk(s, "carol");
    struct outcome o;
    struct sealing *sealing = NULL;
    int64_t id;

    scene_befriend(s, bob, carol);
    send(alice, bob, "see", sizes, 3);
    scene_settle(s);
    int64_t got = fetch(bob);
    assert_ok(reseal(bob, got, carol, &o, &sealing));
    wait_for(&o);
    assert_ok(o.err);
    assert_ok(message_forward_files(bob->engine, got, actor_contact(bob, carol).id, sealing, &id));
    sealing_free(sealing);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        assert_differs(bob, got, id, columns[i]);
    scene_settle(s);
    assert_history(carol, bob, "< see");
    int64_t theirs = fetch(carol);
    struct list l = files_of(carol, theirs);
    assert_int_equal(l.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_content(carol, &l.a[i], sizes[i], (uint8_t)i);
    assert_int_equal(kept(bob), 6);
    /* what carol has came from bob as if it were his, and goes back to him the same way */
    sealing = NULL;
    assert_ok(reseal(carol, theirs, bob, &o, &sealing));
    wait_for(&o);
    assert_ok(
        message_forward_files(carol->engine, theirs, actor_contact(carol, bob).id, sealing, &id));
    sealing_free(sealing);
    scene_settle(s);
    l = files_of(bob, fetch(bob));
    assert_content(bob, &l.a[0], sizes[0], 0);
}

static void
a_file_that_is_not_here_is_not_sent_on(void **state)
{
    static const size_t sizes[] = {1000, 4 * MIB};
    struct outcome o;
    struct sealing *sealing = NULL;
    int64_t id;

    send(alice, bob, "", sizes, 2);
    scene_settle(s);
    int64_t got = received(bob);
    assert_err(reseal(bob, got, alice, &o, &sealing), ERR_STATE);
    assert_non_null(strstr(err_why(ERR_STATE), "file.bin is not here"));
    assert_ok(attachment_want(bob->engine, files_of(bob, got).a[1].id));
    scene_pass(s, 100); /* half of it */
    assert_err(reseal(bob, got, alice, &o, &sealing), ERR_STATE);
    fetch(bob);
    /* nor as if there were none */
    assert_err(message_forward(bob->engine, got, actor_contact(bob, alice).id, &id), ERR_STATE);
    assert_int_equal(kept(bob), 2);
}

static void
a_message_that_goes_while_it_is_sent_on_leaves_nothing(void **state)
{
    struct outcome o;
    struct sealing *sealing = NULL;
    bool unused;
    int64_t id;

    send_one(alice, bob, 4 * MIB);
    scene_settle(s);
    int64_t got = fetch(bob);
    assert_ok(reseal(bob, got, alice, &o, &sealing));
    assert_ok(message_forget(bob->engine, got, &unused));
    wait_for(&o);
    if (o.err == OK)
        assert_err(
            message_forward_files(bob->engine, got, actor_contact(bob, alice).id, sealing, &id),
            ERR_NOT_FOUND);
    sealing_free(sealing);
    scene_settle(s);
    assert_int_equal(kept(bob), 0);
}

static void
sending_on_can_end_at_any_time(void **state)
{
    struct outcome o;
    struct sealing *sealing = NULL;
    int64_t id;

    send_one(alice, bob, 4 * MIB);
    scene_settle(s);
    int64_t got = fetch(bob);
    assert_ok(reseal(bob, got, alice, &o, &sealing)); /* it is being sealed */
    sealing_free(sealing);
    actor_crash(bob);
    actor_start(bob);
    assert_int_equal(kept(bob), 1);
    sealing = NULL;
    assert_ok(reseal(bob, got, alice, &o, &sealing)); /* it is being uploaded */
    wait_for(&o);
    assert_ok(message_forward_files(bob->engine, got, actor_contact(bob, alice).id, sealing, &id));
    sealing_free(sealing);
    scene_pass(s, 100);
    actor_crash(bob);
    actor_start(bob);
    scene_settle(s);
    struct attachment f = first(alice, fetch(alice));
    assert_content(alice, &f, 4 * MIB, 0);
    assert_int_equal(kept(bob), 2);
}

/* What is damaged in the folder is found, not passed on. */
static void
a_damaged_file_is_not_sent_on(void **state)
{
    char command[200];
    struct outcome o;
    struct sealing *sealing = NULL;

    send_one(alice, bob, 300000);
    scene_settle(s);
    int64_t got = fetch(bob);
    snprintf(command, sizeof command,
             "for f in %s/*; do chmod u+w $f; printf x | dd of=$f bs=1 seek=100000 conv=notrunc "
             "status=none; done",
             bob->files);
    assert_int_equal(system(command), 0);
    assert_ok(reseal(bob, got, alice, &o, &sealing));
    wait_for(&o);
    assert_err(o.err, ERR_DECRYPT);
    sealing_free(sealing);
    scene_settle(s);
    assert_int_equal(kept(bob), 1);
}

/* --- later --- */

static int64_t
newest_sent(struct actor *a)
{
    int64_t id;

    assert_ok(db_get_int(engine_db(a->engine), &id,
                         "SELECT max(id) FROM messages WHERE outgoing=1 AND type=5", ""));
    return id;
}

static size_t
at_the_relay(void)
{
    return blob_files_memory_count(s->relay->config.blob_files);
}

static void
files_go_out_at_their_time_with_the_words_of_then(void **state)
{
    static const size_t sizes[] = {300000, 0, 65537};
    int64_t id = send_at(alice, bob, "tomorow", sizes, 3, s->now_ms + 30 * HOUR_MS);

    assert_int_equal(message_state(alice, id), MESSAGE_SCHEDULED);
    scene_pass(s, 20 * HOUR_MS);
    assert_int_equal(at_the_relay(), 0);
    assert_err(attachment_cancel(alice->engine, first(alice, id).id), ERR_STATE);
    assert_ok(
        message_reschedule(alice->engine, id, s->now_ms + 20 * HOUR_MS, SPAN_STR("tomorrow")));
    actor_crash(alice);
    actor_start(alice); /* the sweep leaves them */
    scene_pass(s, 15 * HOUR_MS);
    assert_int_equal(received(bob), 0);
    assert_int_equal(at_the_relay(), 0);
    scene_pass(s, 6 * HOUR_MS);
    assert_history(bob, alice, "< tomorrow");
    struct list l = files_of(bob, fetch(bob));
    assert_int_equal(l.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_content(bob, &l.a[i], sizes[i], (uint8_t)i);
    assert_int_equal(message_state(alice, newest_sent(alice)), MESSAGE_DELIVERED);
    assert_int_equal(files_of(alice, newest_sent(alice)).count, 3);
    assert_int_equal(kept(alice), 3);
}

static void
files_that_were_to_go_later_go_with_their_message(void **state)
{
    size_t size = 100000;
    int64_t id = send_at(alice, bob, "", &size, 1, s->now_ms + HOUR_MS);
    bool sent = true;

    assert_int_equal(kept(alice), 1);
    assert_ok(message_forget(alice->engine, id, &sent));
    assert_false(sent);
    scene_pass(s, 2 * HOUR_MS);
    assert_int_equal(kept(alice), 0);
    assert_int_equal(at_the_relay(), 0);
    assert_int_equal(received(bob), 0);
}

static void
files_whose_time_came_when_they_could_not_go_failed_and_are_kept(void **state)
{
    size_t size = 100000;

    send_at(alice, bob, "late", &size, 1, s->now_ms + HOUR_MS);
    assert_ok(contact_block(alice->engine, actor_contact(alice, bob).id));
    scene_pass(s, 2 * HOUR_MS);
    int64_t id = newest_sent(alice);
    assert_int_equal(message_state(alice, id), MESSAGE_FAILED);
    assert_int_equal(first(alice, id).state, ATTACHMENT_FAILED);
    assert_err(message_retry(alice->engine, id), ERR_STATE);
    assert_int_equal(received(bob), 0);
    assert_int_equal(kept(alice), 1);
}

/* The caption got longer since: what is said of the files has to fit beside it. */
static void
words_that_grew_beside_files_still_go_out(void **state)
{
    static const size_t sizes[ATTACHMENTS_MAX];
    AUTO(buf_done) struct buf words = BUF(TEXT_MAX);
    int64_t id = send_at(alice, bob, "short", sizes, ATTACHMENTS_MAX, s->now_ms + HOUR_MS),
            previews;

    assert_ok(
        db_run(engine_db(alice->engine), "UPDATE attachments SET preview=zeroblob(2000)", ""));
    while (words.n < 57000)
        buf_put_str(&words, "words ");
    assert_ok(message_reschedule(alice->engine, id, 0, buf_span(&words)));
    assert_ok(db_get_int(engine_db(alice->engine), &previews,
                         "SELECT count(*) FROM attachments WHERE preview IS NOT NULL", ""));
    assert_int_equal(previews, 0);
    while (words.n < TEXT_MAX)
        buf_put_u8(&words, 'x');
    assert_err(message_reschedule(alice->engine, id, 0, buf_span(&words)), ERR_TOO_LARGE);
    scene_pass(s, 2 * HOUR_MS);
    assert_int_equal(message_state(alice, newest_sent(alice)), MESSAGE_DELIVERED);
    assert_int_equal(files_of(bob, received(bob)).count, ATTACHMENTS_MAX);
}

/* --- once more --- */

static void
what_never_got_through_is_sent_again(void **state)
{
    s->relay->down = true;
    int64_t id = send_one(alice, bob, 100000);
    scene_pass(s, 15 * DAY_MS);
    assert_int_equal(message_state(alice, id), MESSAGE_FAILED);
    assert_int_equal(first(alice, id).state, ATTACHMENT_FAILED);
    s->relay->down = false;
    scene_pass(s, HOUR_MS);
    assert_int_equal(received(bob), 0);
    assert_ok(message_retry(alice->engine, id));
    assert_err(message_retry(alice->engine, id), ERR_STATE);
    scene_settle(s);
    struct attachment f = first(bob, fetch(bob));
    assert_content(bob, &f, 100000, 0);
    assert_int_equal(message_state(alice, id), MESSAGE_DELIVERED);
}

/* It takes less than it said when it was asked. */
static void
what_the_relay_refused_is_sent_again(void **state)
{
    int64_t limit = s->relay->config.blob_max;
    int64_t id = send_one(alice, bob, 100000);

    s->relay->config.blob_max = 65536;
    scene_relay_restart(s->relay, s->relay->store);
    for (int i = 0; i < 2; i++) {
        scene_settle(s);
        assert_int_equal(message_state(alice, id), MESSAGE_FAILED);
        assert_string_equal(first(alice, id).why, err_name(ERR_TOO_LARGE));
        assert_int_equal(received(bob), 0);
        if (i == 0)
            assert_ok(message_retry(alice->engine, id));
    }
    s->relay->config.blob_max = limit;
    scene_relay_restart(s->relay, s->relay->store);
    actor_crash(alice);
    actor_start(alice);
    assert_ok(message_retry(alice->engine, id));
    scene_settle(s);
    struct attachment f = first(bob, fetch(bob));
    assert_content(bob, &f, 100000, 0);
}

/* Its blobs have lapsed like the message itself: they are uploaded anew, and it says so at a new
 * place in the chain. The old one stays a gap, of which nobody has anything. */
static void
what_was_never_confirmed_is_sent_again_with_its_files(void **state)
{
    actor_offline(bob);
    int64_t id = send_one(alice, bob, 100000);
    scene_pass(s, 36 * DAY_MS);
    assert_int_equal(message_state(alice, id), MESSAGE_UNCONFIRMED);
    assert_ok(message_retry(alice->engine, id));
    scene_pass(s, HOUR_MS);
    actor_online(bob);
    scene_pass(s, DAY_MS);
    struct attachment f = first(bob, fetch(bob));
    assert_content(bob, &f, 100000, 0);
    assert_history(bob, alice, "?\n< ");
    assert_int_equal(message_state(alice, id), MESSAGE_DELIVERED);
    assert_ok(db_run(engine_db(alice->engine), "UPDATE messages SET state=5 WHERE id=?1", "i", id));
    assert_ok(db_run(engine_db(alice->engine), "UPDATE attachments SET file=''", ""));
    assert_err(message_retry(alice->engine, id), ERR_STATE);
}

/* --- what comes between --- */

static void
files_arrive_over_a_bad_network(void **state)
{
    static const size_t sizes[] = {5 * MIB + 1, 0, 65537};

    s->loss_percent = 20;
    s->stream_loss_percent = 10;
    send(alice, bob, "", sizes, 3);
    scene_settle(s);
    scene_pass(s, HOUR_MS); /* back-offs are longer than what counts as quiet */
    int64_t got = fetch(bob);
    scene_pass(s, HOUR_MS);
    struct list l = files_of(bob, got);
    assert_int_equal(l.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_content(bob, &l.a[i], sizes[i], (uint8_t)i);
}

/* Ended without a word at any time, on either side, and the relay too. */
static void
files_arrive_whoever_is_ended_in_between(void **state)
{
    static const size_t sizes[] = {0, 1, 65536, 65537, 4 * MIB + 3};

    for (size_t round = 0; round < 5; round++) {
        int64_t id = send_one(alice, bob, sizes[round]), got = 0;

        s->loss_percent = 5;
        for (int i = 0; i < 40; i++) {
            scene_pass(s, (int64_t)(scene_random(s) % 200));
            struct actor *one = scene_random(s) % 2 ? alice : bob;
            actor_crash(one);
            if (scene_random(s) % 5 == 0)
                scene_relay_restart(s->relay, s->relay->store);
            actor_start(one);
            if (got == 0)
                got = received(bob) != 0 && files_of(bob, received(bob)).a[0].size == sizes[round]
                          ? received(bob)
                          : 0;
            if (got != 0)
                assert_ok(attachment_want(bob->engine, first(bob, got).id));
        }
        s->loss_percent = 0;
        scene_settle(s);
        if (got == 0)
            got = received(bob);
        assert_ok(attachment_want(bob->engine, first(bob, got).id));
        scene_settle(s);
        struct attachment f = first(bob, got);
        assert_int_equal(f.size, sizes[round]);
        assert_content(bob, &f, sizes[round], 0);
        assert_true(message_state(alice, id) >= MESSAGE_AT_RELAY);
    }
    assert_int_equal(kept(bob), 5);
    assert_int_equal(kept(alice), 5);
}

static enum fate
lose_the_end(void *ctx, struct actor *from, const char *path)
{
    size_t n = strlen(path);

    return n > 5 && strcmp(path + n - 5, "/done") == 0 ? FATE_LOSE_REQUEST : FATE_ARRIVE;
}

static void
an_upload_that_lacked_its_end_only_is_ended_after_a_crash(void **state)
{
    int64_t id = send_one(alice, bob, 9 * MIB);

    s->fate = lose_the_end;
    scene_pass(s, 5 * SECOND_MS);
    assert_int_equal(first(alice, id).moved, first(alice, id).cipher_size);
    assert_int_equal(first(alice, id).state, ATTACHMENT_UPLOADING);
    /* it is written down now and then: just now, this time */
    assert_ok(db_run(engine_db(alice->engine),
                     "UPDATE attachments SET moved=cipher_size WHERE message=?1", "i", id));
    actor_crash(alice);
    s->fate = NULL;
    actor_start(alice);
    scene_settle(s);
    struct attachment f = first(bob, fetch(bob));
    assert_content(bob, &f, 9 * MIB, 0);
}

static void
an_upload_that_lapsed_begins_anew_with_the_same_bytes(void **state)
{
    int64_t id = send_one(alice, bob, 6 * MIB);

    scene_pass(s, 150);
    assert_true(first(alice, id).moved > 0);
    assert_int_equal(first(alice, id).state, ATTACHMENT_UPLOADING);
    actor_offline(alice);
    scene_pass(s, 30 * HOUR_MS);
    actor_online(alice);
    scene_settle(s);
    struct attachment f = first(bob, fetch(bob));
    assert_content(bob, &f, 6 * MIB, 0);
}

static void
what_lapsed_at_the_relay_is_gone_and_says_so(void **state)
{
    send_one(alice, bob, 1000);
    scene_settle(s);
    actor_offline(alice);
    actor_offline(bob);
    for (int day = 0; day < 23; day++)
        scene_pass(s, DAY_MS);
    actor_online(alice);
    actor_online(bob);
    scene_settle(s);
    struct attachment f = first(bob, fetch(bob));
    assert_int_equal(f.state, ATTACHMENT_GONE);
    assert_int_equal(kept(bob), 0);
    assert_err(attachment_want(bob->engine, f.id), ERR_STATE);
}

static void
pictures_come_by_themselves_up_to_a_size(void **state)
{
    static const size_t sizes[] = {30000, 30000, 3 * MIB};
    struct file_wish files[3];
    struct outcome o = {0};
    struct sealing *sealing = NULL;
    int64_t id, contact = actor_contact(alice, bob).id;

    for (int i = 0; i < 3; i++)
        files[i] = (struct file_wish){.fd = source(sizes[i], (uint8_t)i),
                                      .name = SPAN_STR("x"),
                                      .mime = SPAN_STR("image/png"),
                                      .kind = i == 1 ? ATTACHMENT_FILE : ATTACHMENT_IMAGE,
                                      .width = 10,
                                      .height = 10};
    assert_ok(sealing_start(alice->engine, &(struct sealing_wish){contact, files, 3, &o, sealed},
                            &sealing));
    wait_for(&o);
    for (int i = 0; i < 3; i++)
        close(files[i].fd);
    assert_ok(sealing_send(alice->engine, sealing,
                           &(struct composition){.contact = contact, .text = SPAN("", 0)}, &id));
    sealing_free(sealing);
    scene_settle(s);
    struct list l = files_of(bob, received(bob));
    assert_int_equal(l.a[0].state, ATTACHMENT_HERE);
    assert_int_equal(l.a[1].state, ATTACHMENT_OFFERED);
    assert_int_equal(l.a[2].state, ATTACHMENT_OFFERED);
}

/* --- giving up --- */

static void
a_message_that_was_given_up_does_not_go_out_and_can_be_sent_again(void **state)
{
    static const size_t sizes[] = {1000, 4 * MIB};
    int64_t id = send(alice, bob, "both", sizes, 2);

    scene_pass(s, 200);
    assert_ok(attachment_cancel(alice->engine, files_of(alice, id).a[1].id));
    scene_settle(s);
    assert_int_equal(message_state(alice, id), MESSAGE_FAILED);
    assert_int_equal(received(bob), 0);
    assert_int_equal(blob_files_memory_count(s->relay->config.blob_files), 0);
    assert_err(attachment_cancel(alice->engine, files_of(alice, id).a[1].id), ERR_STATE);
    assert_ok(message_retry(alice->engine, id));
    scene_settle(s);
    struct list l = files_of(bob, fetch(bob));
    assert_content(bob, &l.a[0], sizes[0], 0);
    assert_content(bob, &l.a[1], sizes[1], 1);
    assert_err(message_retry(alice->engine, id), ERR_STATE);
}

static void
a_download_that_was_given_up_leaves_nothing_and_can_be_asked_for_again(void **state)
{
    send_one(alice, bob, 6 * MIB);
    scene_settle(s);
    struct attachment f = first(bob, received(bob));
    assert_ok(attachment_want(bob->engine, f.id));
    scene_pass(s, 150);
    assert_int_equal(kept(bob), 1);
    assert_ok(attachment_cancel(bob->engine, f.id));
    scene_settle(s);
    assert_int_equal(first(bob, f.message).state, ATTACHMENT_OFFERED);
    assert_int_equal(kept(bob), 0);
    f = first(bob, fetch(bob));
    assert_content(bob, &f, 6 * MIB, 0);
}

static void
files_go_with_their_message(void **state)
{
    int64_t id = send_one(alice, bob, 2 * MIB), unsent;
    bool unused;

    scene_settle(s);
    int64_t got = fetch(bob);
    assert_int_equal(kept(alice) + kept(bob), 2);
    assert_ok(message_forget(bob->engine, got, &unused));
    scene_settle(s);
    assert_int_equal(kept(bob), 0);
    assert_ok(message_forget(alice->engine, id, &unused));
    scene_settle(s);
    assert_int_equal(kept(alice), 0);
    /* on its way, too: then the relay forgets it as well */
    unsent = send_one(alice, bob, 6 * MIB);
    scene_pass(s, 150);
    assert_ok(message_delete(alice->engine, unsent, &unused));
    scene_settle(s);
    assert_int_equal(kept(alice), 0);
    assert_int_equal(received(bob), 0);
}

/* --- what is refused --- */

static struct {
    const char *path;
    size_t at;
    int how; /* 0 flip, 1 shorter, 2 swap two chunks, 3 nothing */
    unsigned seen;
} attack;

static void
tamper(void *ctx, struct actor *to, const char *path, struct buf *answer)
{
    uint8_t chunk[STREAM_SEALED_CHUNK];

    if (to != bob || strncmp(path, "/v1/blobs/", 10) != 0 || answer->n < 100)
        return;
    attack.seen++;
    if (attack.how == 0) {
        answer->p[attack.at % answer->n] ^= 1;
    } else if (attack.how == 1) {
        answer->n /= 2;
    } else if (attack.how == 2 && answer->n > STREAM_HEADER + 2 * sizeof chunk) {
        uint8_t *a = answer->p + STREAM_HEADER, *b = a + sizeof chunk;
        memcpy(chunk, a, sizeof chunk);
        memcpy(a, b, sizeof chunk);
        memcpy(b, chunk, sizeof chunk);
    }
}

static void
a_file_that_was_changed_on_the_way_is_refused_and_leaves_nothing(void **state)
{
    static const struct {
        int how;
        size_t at;
        const char *why;
    } attacks[] = {{0, 0, "decrypt"},       {0, 50, "decrypt"}, {0, 500000, "decrypt"},
                   {0, MIB - 1, "decrypt"}, {2, 0, "decrypt"},  {1, 0, "refused"}};

    s->tamper = tamper;
    send_one(alice, bob, MIB + 500000);
    scene_settle(s);
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        attack.how = attacks[i].how;
        attack.at = attacks[i].at;
        attack.seen = 0;
        struct attachment f = first(bob, fetch(bob));
        assert_true(attack.seen > 0);
        assert_int_equal(f.state, ATTACHMENT_FAILED);
        assert_string_equal(f.why, attacks[i].why);
        assert_int_equal(kept(bob), 0);
    }
    attack.how = 3;
    struct attachment f = first(bob, fetch(bob));
    assert_content(bob, &f, MIB + 500000, 0);
}

/* Its sender lies, in what the message says. */
static void
lie(const char *sql, const char *why)
{
    int64_t id = send_one(alice, bob, 65537);

    assert_ok(db_run(engine_db(alice->engine), sql, "i", id));
    scene_settle(s);
    struct attachment f = first(bob, received(bob));
    if (f.state == ATTACHMENT_OFFERED)
        f = first(bob, fetch(bob));
    if (why == NULL) { /* nobody can tell, and nothing is wrong with it */
        assert_int_equal(f.state, ATTACHMENT_HERE);
        return;
    }
    assert_int_equal(f.state, ATTACHMENT_FAILED);
    assert_string_equal(f.why, why);
    assert_int_equal(kept(bob), 0);
}

static void
a_size_that_does_not_fit_is_refused_before_anything_is_fetched(void **state)
{
    int64_t id = send_one(alice, bob, 65537);
    unsigned before;

    assert_ok(db_run(engine_db(alice->engine), "UPDATE attachments SET size=65538 WHERE message=?1",
                     "i", id));
    scene_settle(s);
    struct attachment f = first(bob, received(bob));
    /* 65538 is padded to the same size, so it is only found out at the end */
    assert_int_equal(f.state, ATTACHMENT_OFFERED);
    id = send_one(alice, bob, 65537);
    assert_ok(db_run(engine_db(alice->engine), "UPDATE attachments SET size=100 WHERE message=?1",
                     "i", id));
    scene_settle(s);
    before = bob->anonymous;
    f = first(bob, received(bob));
    assert_int_equal(f.state, ATTACHMENT_FAILED);
    assert_string_equal(f.why, "malformed");
    assert_err(attachment_want(bob->engine, f.id), ERR_MALFORMED);
    scene_settle(s);
    assert_int_equal(bob->anonymous, before);
}

static void
a_sender_who_lies_about_a_file_is_found_out(void **state)
{
    lie("UPDATE attachments SET size=65530 WHERE message=?1", "malformed"); /* less */
    lie("UPDATE attachments SET key=zeroblob(32) WHERE message=?1", "decrypt");
    lie("UPDATE attachments SET size=67583 WHERE message=?1", NULL); /* padding as content */
}

static void
more_than_there_may_be_is_refused_before_anything_is_sent(void **state)
{
    static const size_t small[ATTACHMENTS_MAX + 1];
    size_t size = 70000;
    unsigned before = alice->anonymous;
    struct sealing *sealing = NULL;
    int fds[2];
    struct outcome o = {0};

    assert_err(seal(alice, bob, small, ATTACHMENTS_MAX + 1, &sealing), ERR_LIMIT);
    assert_err(seal(alice, bob, small, 0, &sealing), ERR_USAGE);
    int big = memfd_create("big", MFD_CLOEXEC);
    assert_int_equal(ftruncate(big, 100 * MIB + 1), 0);
    struct file_wish w = {.fd = big, .name = SPAN_STR("x"), .mime = SPAN_STR("")};
    struct sealing_wish wish = {actor_contact(alice, bob).id, &w, 1, &o, sealed};
    assert_err(sealing_start(alice->engine, &wish, &sealing), ERR_TOO_LARGE);
    close(big);
    assert_int_equal(pipe(fds), 0);
    w.fd = fds[0];
    assert_err(sealing_start(alice->engine, &wish, &sealing), ERR_USAGE);
    close(fds[0]);
    close(fds[1]);
    /* the contact's relay takes less than we would */
    s->relay->config.blob_max = 65536;
    scene_relay_restart(s->relay, s->relay->store);
    actor_crash(alice);
    actor_start(alice);
    scene_settle(s);
    before = alice->anonymous;
    sealing = NULL;
    assert_err(seal(alice, bob, &size, 1, &sealing), ERR_TOO_LARGE);
    assert_non_null(strstr(err_why(ERR_TOO_LARGE), "65536"));
    sealing_free(sealing);
    assert_true(alice->anonymous <= before + 1); /* it was asked */
    assert_int_equal(kept(alice), 0);
}

static void
what_was_sealed_and_not_sent_is_removed(void **state)
{
    size_t sizes[] = {MIB, 5};
    struct sealing *sealing = NULL;

    assert_ok(seal(alice, bob, sizes, 2, &sealing));
    assert_int_equal(kept(alice), 2);
    sealing_free(sealing);
    scene_settle(s);
    assert_int_equal(kept(alice), 0);
    /* and what a crash left behind, by the next start */
    sealing = NULL;
    assert_ok(seal(alice, bob, sizes, 2, &sealing));
    sealing_free(sealing);
    actor_crash(alice);
    assert_int_equal(kept(alice), 2);
    actor_start(alice);
    assert_int_equal(kept(alice), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(files_of_every_size_arrive_in_one_message_with_its_words),
        CASE(a_message_leaves_when_all_its_files_are_there_and_not_before),
        CASE(parts_can_be_read_in_any_order),
        CASE(a_file_is_saved_beside_others_and_over_none),
        CASE(a_note_to_oneself_keeps_its_file_here),
        CASE(files_are_sent_on_under_keys_of_their_own),
        CASE(a_file_that_is_not_here_is_not_sent_on),
        CASE(a_message_that_goes_while_it_is_sent_on_leaves_nothing),
        CASE(sending_on_can_end_at_any_time),
        CASE(a_damaged_file_is_not_sent_on),
        CASE(files_go_out_at_their_time_with_the_words_of_then),
        CASE(files_that_were_to_go_later_go_with_their_message),
        CASE(files_whose_time_came_when_they_could_not_go_failed_and_are_kept),
        CASE(words_that_grew_beside_files_still_go_out),
        CASE(what_never_got_through_is_sent_again),
        CASE(what_the_relay_refused_is_sent_again),
        CASE(what_was_never_confirmed_is_sent_again_with_its_files),
        CASE(files_arrive_over_a_bad_network),
        CASE(files_arrive_whoever_is_ended_in_between),
        CASE(an_upload_that_lacked_its_end_only_is_ended_after_a_crash),
        CASE(an_upload_that_lapsed_begins_anew_with_the_same_bytes),
        CASE(what_lapsed_at_the_relay_is_gone_and_says_so),
        CASE(pictures_come_by_themselves_up_to_a_size),
        CASE(a_message_that_was_given_up_does_not_go_out_and_can_be_sent_again),
        CASE(a_download_that_was_given_up_leaves_nothing_and_can_be_asked_for_again),
        CASE(files_go_with_their_message),
        CASE(a_file_that_was_changed_on_the_way_is_refused_and_leaves_nothing),
        CASE(a_size_that_does_not_fit_is_refused_before_anything_is_fetched),
        CASE(a_sender_who_lies_about_a_file_is_found_out),
        CASE(more_than_there_may_be_is_refused_before_anything_is_sent),
        CASE(what_was_sealed_and_not_sent_is_removed),
    };
    return cmocka_run_group_tests_name("scenarios-files", tests, NULL, NULL);
}
