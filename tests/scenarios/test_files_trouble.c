/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files on their way (B13) while something goes wrong beside them: a person changes their mind, the
 * folder is damaged, a relay or a contact means harm. Messages go on, nothing is tried for ever,
 * nothing is left behind.
 */
#include "tests/scenarios/network.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core/attachments.h"
#include "core/changes.h"
#include "core/clearing.h"
#include "core/files.h"
#include "core/saving.h"
#include "core/scheduled.h"
#include "core/sealing.h"
#include "wire/check.h"
#include "wire/preview.h"

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

/* --- helpers --- */

static void
sealed(void *ctx, enum err r)
{
    assert_ok(r);
    *(bool *)ctx = true;
}

/* Alice sends Bob COUNT files of these SIZES, zeros all, each with PREVIEW. */
static int64_t
send(const size_t *sizes, size_t count, struct span preview)
{
    struct file_wish files[ATTACHMENTS_MAX] = {0};
    struct sealing *sealing = NULL;
    int64_t id, to = actor_contact(alice, bob).id;
    bool over = false;

    for (size_t i = 0; i < count; i++) {
        files[i] = (struct file_wish){.fd = memfd_create("source", MFD_CLOEXEC),
                                      .name = SPAN_STR("file.bin"),
                                      .mime = SPAN_STR("application/octet-stream"),
                                      .preview = preview};
        assert_int_equal(ftruncate(files[i].fd, (off_t)sizes[i]), 0);
    }
    assert_ok(sealing_start(alice->engine, &(struct sealing_wish){to, files, count, &over, sealed},
                            &sealing));
    for (size_t i = 0; i < count; i++)
        close(files[i].fd);
    for (int i = 0; i < 1000 && !over; i++)
        scene_pass(s, 100);
    assert_true(over);
    assert_ok(sealing_send(alice->engine, sealing,
                           &(struct composition){.contact = to, .text = SPAN("", 0)}, &id));
    sealing_free(sealing);
    return id;
}

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

static struct attachment
first(struct actor *a, int64_t message)
{
    struct list l = files_of(a, message);

    assert_true(l.count > 0);
    return l.a[0];
}

static int64_t
number(struct actor *a, const char *sql)
{
    int64_t n;

    assert_ok(db_get_int(engine_db(a->engine), &n, sql, ""));
    return n;
}

/* The newest message with files that Bob has; 0: none. */
static int64_t
received(void)
{
    return number(bob, "SELECT ifnull(max(id),0) FROM messages WHERE outgoing=0 AND type=5");
}

static void
want_all(void)
{
    struct list l = files_of(bob, received());

    assert_true(l.count > 0);
    for (size_t i = 0; i < l.count; i++)
        assert_ok(attachment_want(bob->engine, l.a[i].id));
}

static size_t
at_relay(void)
{
    return blob_files_memory_count(s->relay->config.blob_files);
}

/* The file of attachment ID in A's folder becomes something that cannot be read or written. */
static void
spoil(struct actor *a, int64_t id, const char *ending)
{
    AUTO(buf_done) struct buf name = BUF(64);
    char path[256];

    assert_ok(db_get_bytes(engine_db(a->engine), &name, "SELECT file FROM attachments WHERE id=?1",
                           "i", id));
    snprintf(path, sizeof path, "%s/%.*s%s", a->files, (int)name.n, (const char *)name.p, ending);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/null", path), 0);
}

/* --- a person changes their mind --- */

/* More words than there is room for beside the previews: these give way. */
static void
a_caption_that_grows_while_files_travel_holds_nothing_up(void **state)
{
    static const size_t sizes[] = {10, 10, 10, 6 * MIB};
    static uint8_t pixels[3 * 48 * 48], words[TEXT_MAX];
    AUTO(buf_done) struct buf preview = BUF(PREVIEW_MAX);
    unsigned before;

    memset(words, 'w', sizeof words);
    preview_write(&preview, &(struct preview){48, 48, pixels});
    int64_t id = send(sizes, 4, buf_span(&preview));
    scene_pass(s, 200);
    assert_int_equal(files_of(alice, id).a[3].state, ATTACHMENT_UPLOADING);
    assert_ok(message_edit(alice->engine, id, SPAN(words, sizeof words), SPAN_NONE));
    before = alice->requests;
    scene_pass(s, 5 * MINUTE_MS);
    assert_true(alice->requests < before + 200);
    assert_true(received() != 0);
    assert_int_equal(number(bob, "SELECT max(length(text)) FROM messages"), TEXT_MAX);
}

static void
files_that_are_on_their_way_are_not_cleared_away_from_their_message(void **state)
{
    static const size_t sizes[] = {10, 6 * MIB};
    struct clearing c = {.before_ms = INT64_MAX, .what = CLEAR_FILES};
    int64_t id = send(sizes, 2, SPAN_NONE);

    scene_pass(s, 200);
    assert_int_equal(files_of(alice, id).a[0].state, ATTACHMENT_HERE);
    assert_int_equal(files_of(alice, id).a[1].state, ATTACHMENT_UPLOADING);
    while (!c.done)
        assert_ok(clearing_slice(alice->engine, &c));
    scene_settle(s);
    assert_true(received() != 0);
}

static void
given_up_and_asked_for_again_at_once_is_sent_as_the_message_says(void **state)
{
    static const size_t sizes[] = {6 * MIB};
    int64_t id = send(sizes, 1, SPAN_NONE);

    scene_pass(s, 150);
    assert_ok(attachment_cancel(alice->engine, first(alice, id).id));
    assert_ok(message_retry(alice->engine, id));
    scene_settle(s);
    want_all();
    scene_pass(s, 150);
    assert_ok(attachment_cancel(bob->engine, first(bob, received()).id));
    want_all();
    scene_settle(s);
    assert_int_equal(first(bob, received()).state, ATTACHMENT_HERE);
    assert_int_equal(at_relay(), 1);
}

static void
a_message_that_is_given_up_leaves_none_of_its_files_at_the_relay(void **state)
{
    static const size_t sizes[] = {10, 6 * MIB, 6 * MIB};
    int64_t id = send(sizes, 3, SPAN_NONE);

    scene_pass(s, 300);
    assert_int_equal(files_of(alice, id).a[0].state, ATTACHMENT_HERE);
    assert_int_equal(at_relay(), 3);
    /* it was tried for two weeks */
    assert_ok(
        db_run(engine_db(alice->engine), "UPDATE messages SET state_ms=1 WHERE id=?1", "i", id));
    scene_settle(s);
    assert_int_equal(files_of(alice, id).a[2].state, ATTACHMENT_FAILED);
    assert_int_equal(at_relay(), 0);
}

static void
was_read(void *ctx, enum err r, struct span bytes)
{
    *(enum err *)ctx = r;
}

static enum err
read_some(struct actor *a, int64_t id)
{
    struct reading *reading = NULL;
    enum err r = ERR_TIMEOUT;

    TRY(reading_start(a->engine,
                      &(struct reading_wish){
                          .attachment = id, .offset = 0, .n = 100, .ctx = &r, .done = was_read},
                      &reading));
    for (int i = 0; i < 100 && r == ERR_TIMEOUT; i++)
        scene_pass(s, 100);
    reading_free(a->engine, reading);
    return r;
}

/* Descriptors of ours that lie in A's folder, gone or not. */
static size_t
open_files(const struct actor *a)
{
    char link[64], path[300];
    size_t n = 0;

    for (int fd = 0; fd < 256; fd++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t len = readlink(link, path, sizeof path - 1);
        size_t folder = strlen(a->files);
        n += len > (ssize_t)folder && strncmp(path, a->files, folder) == 0 && path[folder] == '/';
    }
    return n;
}

static void
what_was_deleted_can_be_read_no_more_though_it_was_just_read(void **state)
{
    static const size_t sizes[] = {100000};
    bool unused;

    send(sizes, 1, SPAN_NONE);
    scene_settle(s);
    want_all();
    scene_settle(s);
    struct attachment f = first(bob, received());
    assert_ok(read_some(bob, f.id));
    assert_ok(read_some(bob, f.id));
    assert_ok(message_forget(bob->engine, f.message, &unused));
    assert_err(read_some(bob, f.id), ERR_NOT_FOUND);
    scene_settle(s);
    assert_int_equal(open_files(bob), 0);
}

/* --- the folder is damaged --- */

static void
a_file_that_cannot_be_read_stops_its_message_only(void **state)
{
    static const size_t sizes[] = {6 * MIB};
    int64_t id = send(sizes, 1, SPAN_NONE);

    spoil(alice, first(alice, id).id, "");
    actor_say(alice, bob, "hello");
    scene_settle(s);
    assert_ok(engine_trouble(alice->engine));
    assert_history(bob, alice, "< hello");
}

static void
a_file_that_cannot_be_written_stops_nothing_else(void **state)
{
    static const size_t sizes[] = {6 * MIB};

    send(sizes, 1, SPAN_NONE);
    scene_settle(s);
    want_all();
    scene_pass(s, 150);
    struct attachment f = first(bob, received());
    assert_int_equal(f.state, ATTACHMENT_DOWNLOADING);
    actor_crash(bob);
    actor_start(bob);
    spoil(bob, f.id, ".new");
    actor_say(alice, bob, "hello");
    scene_settle(s);
    assert_ok(engine_trouble(bob->engine));
    assert_history(bob, alice, "< \n< hello");
}

/* --- who means harm --- */

static unsigned
not_there(void *ctx, struct actor *to, const char *path, unsigned status)
{
    return to == bob && strncmp(path, "/v1/blobs/", 10) == 0 ? 404 : status;
}

static void
a_file_is_gone_when_the_last_relay_that_may_have_it_is_past_its_time(void **state)
{
    static const size_t sizes[] = {1000};

    send(sizes, 1, SPAN_NONE);
    scene_settle(s);
    assert_ok(db_run(engine_db(bob->engine),
                     "INSERT INTO left_relays(address,task,seq,drained,since_ms,until_ms) "
                     "VALUES('bob@nowhere.test:8443',0,1,1,0,?1)",
                     "i", s->now_ms + HOUR_MS));
    s->tamper_status = not_there;
    want_all();
    scene_pass(s, 30 * MINUTE_MS);
    assert_int_equal(first(bob, received()).state, ATTACHMENT_DOWNLOADING);
    scene_pass(s, 2 * HOUR_MS);
    assert_int_equal(first(bob, received()).state, ATTACHMENT_GONE);
}

static unsigned parts;

static bool
is_part(struct actor *a, const char *path)
{
    return a == alice && strncmp(path, "/v1/blobs/", 10) == 0 && strlen(path) > 32 &&
           path[strlen(path) - 1] <= '9' && path[strlen(path) - 2] == '/';
}

static unsigned
every_second_from_the_start(void *ctx, struct actor *to, const char *path, unsigned status)
{
    if (!is_part(to, path))
        return status;
    return ++parts % 2 == 0 ? 409 : 204;
}

static void
say_the_first(void *ctx, struct actor *to, const char *path, struct buf *answer)
{
    if (is_part(to, path))
        buf_clear(answer); /* part 0 */
}

static void
a_relay_that_wants_the_same_parts_for_ever_does_not_get_them(void **state)
{
    static const size_t sizes[] = {6 * MIB};

    parts = 0;
    s->tamper_status = every_second_from_the_start;
    s->tamper = say_the_first;
    int64_t id = send(sizes, 1, SPAN_NONE);
    scene_pass(s, 5 * MINUTE_MS);
    assert_int_equal(first(alice, id).state, ATTACHMENT_FAILED);
    assert_true(parts < 200);
}

/* A contact's thousands of pictures that are all to be fetched, of which there is none. */
static void
very_many_files_do_not_make_every_step_slow(void **state)
{
    static const size_t sizes[] = {10};
    struct timespec before, after;

    send(sizes, 1, SPAN_NONE);
    scene_settle(s);
    struct attachment f = first(bob, received());
    assert_ok(db_run(
        engine_db(bob->engine),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<8000) INSERT INTO "
        "attachments(message,position,kind,name,mime,size,cipher_size,key,hash,state,blob,"
        "read_secret) SELECT message,i,1,name,mime,size,cipher_size,key,hash,2,blob,read_secret "
        "FROM n,attachments WHERE id=?1",
        "i", f.id));
    s->tamper_status = not_there;
    actor_crash(bob);
    actor_start(bob);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    scene_pass(s, 3 * SECOND_MS);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    print_message("%ld s, %lld gone\n", (long)(after.tv_sec - before.tv_sec),
                  (long long)number(bob, "SELECT count(*) FROM attachments WHERE state=6"));
    assert_true(after.tv_sec - before.tv_sec < 20);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_caption_that_grows_while_files_travel_holds_nothing_up),
        CASE(files_that_are_on_their_way_are_not_cleared_away_from_their_message),
        CASE(given_up_and_asked_for_again_at_once_is_sent_as_the_message_says),
        CASE(a_message_that_is_given_up_leaves_none_of_its_files_at_the_relay),
        CASE(what_was_deleted_can_be_read_no_more_though_it_was_just_read),
        CASE(a_file_that_cannot_be_read_stops_its_message_only),
        CASE(a_file_that_cannot_be_written_stops_nothing_else),
        CASE(a_file_is_gone_when_the_last_relay_that_may_have_it_is_past_its_time),
        CASE(a_relay_that_wants_the_same_parts_for_ever_does_not_get_them),
        CASE(very_many_files_do_not_make_every_step_slow),
    };
    return cmocka_run_group_tests_name("scenarios-files-trouble", tests, NULL, NULL);
}
