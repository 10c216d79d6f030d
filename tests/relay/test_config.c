/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/config.h"
#include "relay/files.h"
#include "relay/identity.h"
#include "relay/sources.h"

static char folder[] = "/tmp/snug-test-config-XXXXXX";

/* config_read of a command line, its words between bars. The words live until the next call. */
static enum err
read_words(const char *line, struct config *ret)
{
    static char copy[256];
    char *words[16], *rest = copy;
    int n = 0;

    snprintf(copy, sizeof copy, "snug-relay|%s", line);
    for (char *word; (word = strsep(&rest, "|")) != NULL;)
        words[n++] = word;
    words[n] = NULL;
    return config_read(n, words, ret);
}

static void
config_reads_what_an_operator_says(void **state)
{
    struct config c;
    char names[CONFIG_NAMES_MAX + 2][AUTHORITY_MAX];

    assert_ok(read_words(
        "--data|/"
        "d|--listen|0.0.0.0:443|--name|relay.example|--name|other.example:8443|--registration|open",
        &c));
    assert_string_equal(c.data, "/d");
    assert_int_equal(c.registration, WIRE__REQUEST_POLICY__POLICY_OPEN);
    assert_int_equal(config_authorities(&c, &c.listen, names), 2);
    assert_string_equal(names[0], "relay.example:443");
    assert_string_equal(names[1], "other.example:8443");
}

static void
config_takes_the_largest_attachment_in_mebibytes(void **state)
{
    static const char *const bad[] = {"", "101", "-1", "5M", "1000", "99999999999999999999", "0x5"};
    struct config c;
    char line[64];

    assert_ok(read_words("--data|/d", &c));
    assert_int_equal(c.attachment_max, BLOB_MAX);
    assert_ok(read_words("--data|/d|--attachments|0", &c));
    assert_int_equal(c.attachment_max, 0);
    assert_ok(read_words("--data|/d|--attachments|5", &c));
    assert_int_equal(c.attachment_max, 5 * 1024 * 1024);
    assert_ok(read_words("--data|/d|--attachments|100", &c));
    assert_int_equal(c.attachment_max, BLOB_MAX);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(line, sizeof line, "--data|/d|--attachments|%s", bad[i]);
        assert_err(read_words(line, &c), ERR_USAGE);
    }
}

static void
config_has_defaults_for_a_relay_on_this_machine(void **state)
{
    struct config c;
    char names[CONFIG_NAMES_MAX + 2][AUTHORITY_MAX];

    assert_ok(read_words("--data|/d", &c));
    assert_int_equal(c.registration, WIRE__REQUEST_POLICY__POLICY_INVITE);
    assert_int_equal(c.task, CONFIG_RUN);
    assert_int_equal(config_authorities(&c, &c.listen, names), 2);
    assert_string_equal(names[0], "127.0.0.1:8443");
    assert_string_equal(names[1], "localhost:8443");
}

static void
config_refuses_what_makes_no_sense(void **state)
{
    struct config c;

    assert_err(read_words("--listen|127.0.0.1", &c), ERR_USAGE);
    assert_err(read_words("--data|", &c), ERR_USAGE);
    assert_err(read_words("--data|d|--name|UPPER case", &c), ERR_USAGE);
    assert_err(read_words("--data|d|--registration|Open", &c), ERR_USAGE);
    assert_err(read_words("--data|d|--key|k", &c), ERR_USAGE);
    assert_err(read_words("--data|d|word", &c), ERR_USAGE);
    assert_err(read_words("--data", &c), ERR_USAGE);
    assert_err(read_words("--data|d|--invite=now", &c), ERR_USAGE);
}

static void
listen_address_is_numeric_with_a_port(void **state)
{
    static const struct {
        const char *text, *read;
    } rows[] = {
        {"127.0.0.1", "127.0.0.1:8443"},
        {"127.0.0.1:0", "127.0.0.1:0"},
        {"0.0.0.0:65535", "0.0.0.0:65535"},
        {"[::1]", "[::1]:8443"},
        {"[2001:db8::1]:443", "[2001:db8::1]:443"},
        {"localhost:1", NULL},
        {"127.0.0.1:", NULL},
        {"127.0.0.1:65536", NULL},
        {"127.0.0.1:1x", NULL},
        {"127.0.0.1:-1", NULL},
        {"127.0.0.1:000001", NULL},
        {"::1", NULL},
        {"[::1", NULL},
        {"[::1]x", NULL},
        {"[127.0.0.1]:1", NULL},
        {"[]", NULL},
        {"", NULL},
        {":8443", NULL},
        {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:1", NULL},
    };
    struct listen_address a;
    char text[AUTHORITY_MAX];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum err e = listen_address_read(rows[i].text, &a);
        if (rows[i].read == NULL) {
            assert_int_equal(e, ERR_USAGE);
            continue;
        }
        assert_int_equal(e, OK);
        listen_address_write(&a, text);
        assert_string_equal(text, rows[i].read);
    }
    assert_ok(listen_address_read("127.1.2.3:1", &a));
    assert_true(listen_address_is_loopback(&a));
    assert_ok(listen_address_read("[::1]:1", &a));
    assert_true(listen_address_is_loopback(&a));
    assert_ok(listen_address_read("[::]:1", &a));
    assert_false(listen_address_is_loopback(&a));
}

static void
identity_is_made_once_and_a_damaged_one_is_refused(void **state)
{
    char path[FILE_PATH_MAX];
    uint8_t a[32], b[32];
    struct stat st;

    assert_ok(identity_load(folder, a));
    assert_ok(identity_load(folder, b));
    assert_memory_equal(a, b, 32);
    assert_ok(path_join(folder, "identity.key", path));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_ok(file_put(path, SPAN(a, 31)));
    assert_err(identity_load(folder, b), ERR_DAMAGED);
    assert_ok(file_put(path, SPAN_STR("thirty-three bytes of text, which ")));
    assert_err(identity_load(folder, b), ERR_DAMAGED);
    assert_memory_equal(a, b, 32);
    unlink(path);
}

static void
directory_is_locked_by_one_at_a_time(void **state)
{
    char path[FILE_PATH_MAX];
    int first, second = -2;

    assert_ok(directory_lock(folder, &first));
    assert_err(directory_lock(folder, &second), ERR_BUSY);
    assert_int_equal(second, -2);
    close(first);
    assert_ok(directory_lock(folder, &second));
    close(second);
    assert_ok(path_join(folder, "lock", path));
    unlink(path);
    assert_err(directory_lock("/nonexistent", &first), ERR_IO);
    assert_err(directory_make("/dev/null"), ERR_IO);
    assert_ok(directory_make(folder));
}

static void
file_is_refused_when_it_is_longer_than_expected(void **state)
{
    char path[FILE_PATH_MAX];
    AUTO(buf_done) struct buf b = BUF(10);

    assert_ok(path_join(folder, "f", path));
    assert_err(file_get(path, &b), ERR_NOT_FOUND);
    assert_ok(file_put(path, SPAN_STR("0123456789")));
    assert_ok(file_get(path, &b));
    assert_true(span_equal(buf_span(&b), SPAN_STR("0123456789")));
    assert_ok(file_put(path, SPAN_STR("0123456789a")));
    buf_clear(&b);
    assert_err(file_get(path, &b), ERR_TOO_LARGE);
    unlink(path);
}

static struct source
source_v4(const char *text)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, text, &a.sin_addr), 1);
    return source_of((const struct sockaddr *)&a);
}

static struct source
source_v6(const char *text)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6};
    assert_int_equal(inet_pton(AF_INET6, text, &a.sin6_addr), 1);
    return source_of((const struct sockaddr *)&a);
}

static bool
same(struct source a, struct source b)
{
    return memcmp(a.b, b.b, sizeof a.b) == 0 && a.loopback == b.loopback;
}

static void
source_is_a_24_or_a_48(void **state)
{
    assert_true(same(source_v4("192.0.2.1"), source_v4("192.0.2.254")));
    assert_false(same(source_v4("192.0.2.1"), source_v4("192.0.3.1")));
    assert_true(same(source_v4("192.0.2.1"), source_v6("::ffff:192.0.2.7")));
    assert_true(same(source_v6("2001:db8:1:2::1"), source_v6("2001:db8:1:ffff::9")));
    assert_false(same(source_v6("2001:db8:1::1"), source_v6("2001:db8:2::1")));
    assert_true(source_v4("127.9.9.9").loopback);
    assert_true(source_v6("::1").loopback);
    assert_true(source_v6("::ffff:127.0.0.1").loopback);
    assert_false(source_v6("::2").loopback);
}

static void
sources_have_a_maximum_each_but_loopback(void **state)
{
    struct sources *s = NULL;
    struct source a = source_v4("192.0.2.1"), b = source_v4("198.51.100.1");

    assert_ok(sources_new(&s));
    for (int i = 0; i < 3; i++)
        assert_ok(sources_enter(s, a, 3));
    assert_err(sources_enter(s, a, 3), ERR_LIMIT);
    assert_ok(sources_enter(s, b, 3));
    sources_leave(s, a);
    assert_ok(sources_enter(s, a, 3));
    for (int i = 0; i < 10; i++)
        assert_ok(sources_enter(s, source_v4("127.0.0.1"), 3));
    sources_leave(s, b);
    sources_free(s);
}

static int
make_folder(void **state)
{
    return sodium_init() < 0 || mkdtemp(folder) == NULL ? -1 : 0;
}

static int
remove_folder(void **state)
{
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_reads_what_an_operator_says),
        cmocka_unit_test(config_takes_the_largest_attachment_in_mebibytes),
        cmocka_unit_test(config_has_defaults_for_a_relay_on_this_machine),
        cmocka_unit_test(config_refuses_what_makes_no_sense),
        cmocka_unit_test(listen_address_is_numeric_with_a_port),
        cmocka_unit_test(identity_is_made_once_and_a_damaged_one_is_refused),
        cmocka_unit_test(directory_is_locked_by_one_at_a_time),
        cmocka_unit_test(file_is_refused_when_it_is_longer_than_expected),
        cmocka_unit_test(source_is_a_24_or_a_48),
        cmocka_unit_test(sources_have_a_maximum_each_but_loopback),
    };
    return cmocka_run_group_tests_name("relay-config", tests, make_folder, remove_folder);
}
