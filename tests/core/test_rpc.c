/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/rpc/client.h"
#include "core/rpc/exit_code.h"
#include "core/rpc/lines.h"
#include "core/rpc/methods.h"
#include "core/rpc/profiles.h"
#include "core/rpc/runtime.h"

static enum err
read_line(const char *text)
{
    json_t *j;

    TRY(json_line_read(SPAN_STR(text), &j));
    json_decref(j);
    return OK;
}

static void
json_line_read_takes_one_object(void **state)
{
    assert_ok(read_line("{}"));
    assert_ok(
        read_line("{\"method\":\"hello\",\"id\":\"1\",\"params\":{\"a\":[1,{\"b\":\"[[{{\"}]}}"));
    assert_ok(read_line("{\"a\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}"));
}

static void
json_line_read_refuses_what_is_not_one(void **state)
{
    char line[4096];

    assert_err(read_line(""), ERR_MALFORMED);
    assert_err(read_line("hello"), ERR_MALFORMED);
    assert_err(read_line("{\"a\":1"), ERR_MALFORMED);
    assert_err(read_line("{} {}"), ERR_MALFORMED);
    assert_err(read_line("{\"a\":1,\"a\":2}"), ERR_MALFORMED);
    assert_err(read_line("{\"a\":\"\\u0000\"}"), ERR_MALFORMED);
    assert_err(read_line("{\"a\":\"\xff\"}"), ERR_MALFORMED);
    assert_err(read_line("{\"a\":\"\xed\xa0\x80\"}"), ERR_MALFORMED);
    assert_err(read_line("[]"), ERR_USAGE);
    memset(line, '[', sizeof line - 1);
    line[0] = '{';
    line[sizeof line - 1] = '\0';
    assert_err(read_line(line), ERR_MALFORMED);
}

/* Lines from a socket pair, with BYTES written at once. */
static void
feed(int pair[2], struct lines *l, const char *bytes)
{
    assert_int_equal(write(pair[1], bytes, strlen(bytes)), strlen(bytes));
    assert_ok(lines_read(l, pair[0]));
}

static void
lines_come_whole_however_they_arrive(void **state)
{
    int pair[2];
    struct span line;
    AUTO(lines_done) struct lines l = LINES;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    assert_ok(lines_read(&l, pair[0]));
    assert_false(lines_next(&l, &line));
    feed(pair, &l, "on");
    assert_false(lines_next(&l, &line));
    feed(pair, &l, "e\ntwo\n\nthr");
    assert_true(lines_next(&l, &line));
    assert_true(span_equal(line, SPAN_STR("one")));
    assert_true(lines_next(&l, &line));
    assert_true(span_equal(line, SPAN_STR("two")));
    assert_true(lines_next(&l, &line));
    assert_int_equal(line.n, 0);
    assert_false(lines_next(&l, &line));
    feed(pair, &l, "ee\n");
    assert_true(lines_next(&l, &line));
    assert_true(span_equal(line, SPAN_STR("three")));
    close(pair[1]);
    assert_err(lines_read(&l, pair[0]), ERR_NOT_FOUND);
    close(pair[0]);
}

static void
lines_have_an_end_or_are_refused(void **state)
{
    int pair[2];
    char much[8192];
    struct span line;
    enum err e = OK;
    size_t sent = 0;
    AUTO(lines_done) struct lines l = LINES;

    memset(much, 'x', sizeof much);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    while (e == OK && sent < 2 * RPC_LINE_MAX) {
        assert_int_equal(write(pair[1], much, sizeof much), sizeof much);
        sent += sizeof much;
        e = lines_read(&l, pair[0]);
        assert_false(lines_next(&l, &line));
    }
    assert_int_equal(e, ERR_TOO_LARGE);
    assert_true(sent <= RPC_LINE_MAX + 2 * sizeof much);
    close(pair[0]);
    close(pair[1]);
}

static enum err
check(const char *method, const char *params)
{
    const struct method *m = method_named(method);
    json_t *j = params != NULL ? json_loads(params, 0, NULL) : NULL;

    assert_non_null(m);
    enum err e = method_check(m, j);
    json_decref(j);
    return e;
}

static void
parameters_are_checked_against_the_table(void **state)
{
    assert_ok(check("hello", NULL));
    assert_ok(check("hello", "{}"));
    assert_err(check("hello", "{\"x\":1}"), ERR_USAGE);
    assert_ok(check("message.send", "{\"contact\":\"a\",\"text\":\"b\"}"));
    assert_ok(check("message.send", "{\"contact\":\"a\",\"text\":\"b\",\"wait_ms\":5}"));
    assert_err(check("contact.rename", "{\"contact\":\"a\"}"), ERR_USAGE);
    assert_err(check("message.send", NULL), ERR_USAGE);
    assert_err(check("message.send", "{\"contact\":\"a\",\"text\":7}"), ERR_USAGE);
    assert_err(check("message.send", "{\"contact\":\"a\",\"text\":null}"), ERR_USAGE);
    assert_err(check("message.send", "{\"contact\":\"a\",\"text\":\"b\",\"wait_ms\":5.5}"),
               ERR_USAGE);
    assert_err(check("message.send", "{\"contact\":\"a\",\"text\":\"b\",\"tex\":\"c\"}"),
               ERR_USAGE);
    assert_null(method_named("message"));
    assert_null(method_named(""));
}

static void
every_row_of_the_table_can_be_read(void **state)
{
    AUTO(buf_done) struct buf text = BUF(1 << 20);

    for (size_t i = 0; i < method_count; i++) {
        json_t *j = json_pack("{s:b}", "no such parameter", 1);

        assert_err(method_check(&methods[i], j), ERR_USAGE);
        assert_ptr_equal(method_named(methods[i].name), &methods[i]);
        assert_true(methods[i].help[strlen(methods[i].help) - 1] == '.');
        json_decref(j);
    }
    methods_describe(&text);
    assert_ok(buf_ok(&text));
}

static void
errors_keep_their_name_across_the_socket(void **state)
{
    for (int e = OK + 1; e < ERR_COUNT; e++) {
        assert_int_equal(err_named(err_name((enum err)e)), e);
        assert_int_not_equal(exit_code_of((enum err)e), EXIT_DONE);
    }
    assert_int_equal(err_named("of-the-future"), ERR_STATE);
    assert_int_equal(exit_code_of(OK), EXIT_DONE);
}

static char dir[64];

static int
make_dir(void **state)
{
    strcpy(dir, "/tmp/snug-rpc-XXXXXX");
    assert_non_null(mkdtemp(dir));
    return setenv("XDG_RUNTIME_DIR", dir, 1);
}

static int
remove_dir(void **state)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

static void
the_socket_lies_in_a_directory_of_ours_alone(void **state)
{
    char path[SOCKET_PATH_MAX], expected[128], inner[128];
    struct stat st;

    assert_ok(runtime_socket_path("work", path));
    snprintf(expected, sizeof expected, "%s/snug/work.sock", dir);
    assert_string_equal(path, expected);
    snprintf(inner, sizeof inner, "%s/snug", dir);
    assert_int_equal(stat(inner, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(chmod(inner, 0750), 0);
    assert_err(runtime_socket_path("work", path), ERR_STATE);
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(symlink("/tmp", inner), 0);
    assert_err(runtime_socket_path("work", path), ERR_STATE);
}

static void
without_a_safe_runtime_directory_it_lies_in_tmp(void **state)
{
    char path[SOCKET_PATH_MAX], expected[64];

    assert_int_equal(chmod(dir, 0777), 0);
    snprintf(expected, sizeof expected, "/tmp/snug-%u/work.sock", (unsigned)geteuid());
    assert_ok(runtime_socket_path("work", path));
    assert_string_equal(path, expected);
}

static void
connecting_says_when_no_agent_runs(void **state)
{
    struct rpc *r;

    assert_err(rpc_connect("work", RPC_RUNNING_ONLY, &r), ERR_NOT_FOUND);
    char *path = strdup(getenv("PATH"));
    setenv("PATH", ".:", 1);
    assert_err(rpc_connect("work", RPC_START_AGENT, &r), ERR_NOT_FOUND);
    setenv("PATH", path, 1);
    free(path);
}

/* --- an agent that ends --- */

/* What it does with one connection after the other. */
enum turn { OVER, LET_GO, LEAVE_UNREAD, READ_HALF, READ_ALL, ANSWER, ANSWER_ONE_OF_TWO };

/* Byte by byte, to the line's end or N of them. */
static void
read_request(int fd, size_t n)
{
    char byte = 0;

    for (; n > 0 && byte != '\n'; n--)
        if (read(fd, &byte, 1) != 1)
            _exit(2);
}

static void
answer(int fd)
{
    static const char words[] = "{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{}}\n";

    read_request(fd, SIZE_MAX);
    if (write(fd, words, strlen(words)) < 0)
        _exit(3);
}

static void
take_turn(int listener, enum turn t)
{
    int fd = accept(listener, NULL, NULL);
    struct pollfd asked = {.fd = fd, .events = POLLIN};

    if (t == ANSWER || t == ANSWER_ONE_OF_TWO)
        answer(fd);
    if (t != LET_GO && t != ANSWER)
        poll(&asked, 1, -1);
    if (t == READ_HALF || t == READ_ALL)
        read_request(fd, t == READ_HALF ? 10 : SIZE_MAX);
    if (t == ANSWER)
        poll(&asked, 1, -1); /* until the client has enough */
    close(fd);
}

/* A process that takes its TURNS, ends, and is found to have been asked no more than that. */
static pid_t
start_agent(const enum turn *turns)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_ok(runtime_socket_path("work", a.sun_path));
    assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(listener, 8), 0);
    pid_t child = fork();
    if (child == 0) {
        alarm(10); /* where a call that is missing does not come */
        for (; *turns != OVER; turns++)
            take_turn(listener, *turns);
        _exit(0);
    }
    close(listener);
    return child;
}

/* Call an agent that takes TURNS, CALLS times; the last error. */
static enum err
call_one_that_takes(const enum turn *turns, int calls)
{
    AUTO(rpc_freep) struct rpc *r = NULL;
    pid_t child = start_agent(turns);
    enum err e = OK;
    int status;

    assert_ok(rpc_connect("work", RPC_RUNNING_ONLY, &r));
    for (int i = 0; i < calls; i++) {
        AUTO(json_decrefpp) json_t *result = NULL;

        assert_ok(e);
        e = rpc_call(r, "hello", NULL, &result);
    }
    rpc_free(STEAL(r));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return e;
}

static void
a_call_that_an_ending_agent_did_not_read_is_made_to_the_next(void **state)
{
    const enum turn turns[] = {LET_GO, LEAVE_UNREAD, READ_HALF, LEAVE_UNREAD, ANSWER, OVER};

    assert_ok(call_one_that_takes(turns, 1));
}

static void
a_call_that_was_read_is_not_made_again(void **state)
{
    const enum turn turns[] = {READ_ALL, OVER}, late[] = {LEAVE_UNREAD, READ_ALL, OVER};

    assert_err(call_one_that_takes(turns, 1), ERR_IO);
    remove_dir(state);
    make_dir(state);
    assert_err(call_one_that_takes(late, 1), ERR_IO);
}

static void
a_later_call_on_a_connection_is_not_made_to_another_agent(void **state)
{
    const enum turn turns[] = {ANSWER_ONE_OF_TWO, OVER};

    assert_err(call_one_that_takes(turns, 2), ERR_IO);
}

static void
a_call_to_an_agent_that_ended_says_that_none_runs(void **state)
{
    const enum turn turns[] = {LEAVE_UNREAD, OVER};

    assert_err(call_one_that_takes(turns, 1), ERR_NOT_FOUND);
}

/* --- profiles, and the relay of this machine --- */

static void
put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void
put_profile(const char *name, bool whole)
{
    char path[256];

    snprintf(path, sizeof path, "%s/snug", dir);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/snug/%s", dir, name);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/snug/%s/slots", dir, name);
    if (whole)
        put_file(path, "");
}

static void
profiles_are_listed_by_name(void **state)
{
    struct profiles p;

    setenv("XDG_DATA_HOME", dir, 1);
    assert_ok(profiles_list(&p));
    assert_int_equal(p.count, 0);
    put_profile("work", true);
    put_profile("default", true);
    put_profile("begun", false);
    put_profile(".other.new", true);
    put_profile("Strange", true);
    assert_ok(profiles_list(&p));
    assert_int_equal(p.count, 2);
    assert_string_equal(p.names[0], "default");
    assert_string_equal(p.names[1], "work");
    unsetenv("XDG_DATA_HOME");
}

static void
profile_names_are_checked(void **state)
{
    assert_ok(profiles_name_check("a-b_9"));
    assert_err(profiles_name_check(""), ERR_USAGE);
    assert_err(profiles_name_check("-a"), ERR_USAGE);
    assert_err(profiles_name_check("../a"), ERR_USAGE);
    assert_err(profiles_name_check("a23456789012345678901234567890123"), ERR_USAGE);
}

static void
the_relay_of_this_machine_is_found(void **state)
{
    char line[RELAY_LINE_SIZE] = "as before", path[256];

    setenv("XDG_RUNTIME_DIR", dir, 1);
    assert_false(runtime_local_relay(line));
    assert_string_equal(line, "as before");
    snprintf(path, sizeof path, "%s/snug-relay.address", dir);
    put_file(path, "\n");
    assert_false(runtime_local_relay(line));
    put_file(path, "https://127.0.0.1:1 pin=x\n");
    assert_true(runtime_local_relay(line));
    assert_string_equal(line, "https://127.0.0.1:1 pin=x");
}

int
main(void)
{
#define IN_DIR(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_line_read_takes_one_object),
        cmocka_unit_test(json_line_read_refuses_what_is_not_one),
        cmocka_unit_test(lines_come_whole_however_they_arrive),
        cmocka_unit_test(lines_have_an_end_or_are_refused),
        cmocka_unit_test(parameters_are_checked_against_the_table),
        cmocka_unit_test(every_row_of_the_table_can_be_read),
        cmocka_unit_test(errors_keep_their_name_across_the_socket),
        IN_DIR(the_socket_lies_in_a_directory_of_ours_alone),
        IN_DIR(without_a_safe_runtime_directory_it_lies_in_tmp),
        IN_DIR(connecting_says_when_no_agent_runs),
        IN_DIR(a_call_that_an_ending_agent_did_not_read_is_made_to_the_next),
        IN_DIR(a_call_that_was_read_is_not_made_again),
        IN_DIR(a_later_call_on_a_connection_is_not_made_to_another_agent),
        IN_DIR(a_call_to_an_agent_that_ended_says_that_none_runs),
        IN_DIR(profiles_are_listed_by_name),
        cmocka_unit_test(profile_names_are_checked),
        IN_DIR(the_relay_of_this_machine_is_found),
    };

    json_setup();
    return cmocka_run_group_tests_name("core-rpc", tests, NULL, NULL);
}
