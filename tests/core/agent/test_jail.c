/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/agent/jail.h"
#include "core/agent/jail_rules.h"
#include "wire/sanitized.h"

#define SELF 4242
#define FIRST 4
#define PROGRAMS 2

/* --- what a filter answers, without a call being made --- */

struct filter {
    struct sock_filter code[8192];
    size_t n;
};

static void export(scmp_filter_ctx f, struct filter *ret)
{
    int fd = memfd_create("filter", MFD_CLOEXEC);

    assert_int_equal(seccomp_export_bpf(f, fd), 0);
    ssize_t n = pread(fd, ret->code, sizeof ret->code, 0);
    assert_true(n > 0 && (size_t)n < sizeof ret->code);
    ret->n = (size_t)n / sizeof *ret->code;
    close(fd);
    seccomp_release(f);
}

static bool
jumps(uint16_t op, uint32_t a, uint32_t k)
{
    switch (op) {
    case BPF_JEQ:
        return a == k;
    case BPF_JGT:
        return a > k;
    case BPF_JGE:
        return a >= k;
    case BPF_JSET:
        return (a & k) != 0;
    }
    fail_msg("jump %d", op);
    return false;
}

/* As the kernel runs it: the few instructions that libseccomp makes. */
static uint32_t
run(const struct filter *f, const struct seccomp_data *d)
{
    uint32_t a = 0;

    for (size_t at = 0; at < f->n; at++) {
        const struct sock_filter *i = &f->code[at];

        switch (BPF_CLASS(i->code)) {
        case BPF_LD:
            assert_true(BPF_MODE(i->code) == BPF_ABS && i->k + 4 <= sizeof *d);
            memcpy(&a, (const uint8_t *)d + i->k, 4);
            break;
        case BPF_ALU:
            assert_int_equal(BPF_OP(i->code), BPF_AND);
            a &= i->k;
            break;
        case BPF_JMP:
            at += BPF_OP(i->code) == BPF_JA         ? i->k
                  : jumps(BPF_OP(i->code), a, i->k) ? i->jt
                                                    : i->jf;
            break;
        case BPF_RET:
            return i->k;
        default:
            fail_msg("instruction %d", i->code);
        }
    }
    fail_msg("ran out of the filter");
    return 0;
}

static uint32_t
native(void)
{
    return seccomp_arch_native() == SCMP_ARCH_X86_64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64;
}

static uint32_t
ask(const struct filter *f, int call, const uint64_t arguments[6])
{
    struct seccomp_data d = {.nr = call, .arch = native()};

    memcpy(d.args, arguments, sizeof d.args);
    return run(f, &d);
}

#define ASK(f, name, ...) ask((f), SCMP_SYS(name), (const uint64_t[6]){__VA_ARGS__})
#define ALLOWED SECCOMP_RET_ALLOW
#define KILLED SECCOMP_RET_KILL_PROCESS
#define TRAPPED SECCOMP_RET_TRAP
#define REFUSED(error) (SECCOMP_RET_ERRNO | (error))

static struct filter agent, spawner;

static int
setup(void **state)
{
    scmp_filter_ctx f = seccomp_init(JAIL_AGENT_ELSE);

    assert_int_equal(seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), 0);
    assert_int_equal(seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2), 0);
    assert_int_equal(jail_agent_rules(f, SELF), 0);
    export(f, &agent);
    f = seccomp_init(JAIL_SPAWNER_ELSE);
    assert_int_equal(jail_spawner_rules(f, FIRST, PROGRAMS), 0);
    export(f, &spawner);
    return 0;
}

/* --- the list --- */

/* What the agent may call, whatever the arguments. This is written a second time on purpose: a
 * call is let in by two hands. */
static const char *const plain[] = {
    "accept",
    "accept4",
    "access",
    "brk",
    "clock_getres",
    "clock_gettime",
    "clock_nanosleep",
    "close",
    "close_range",
    "connect",
    "copy_file_range",
    "dup",
    "dup2",
    "dup3",
    "epoll_create1",
    "epoll_ctl",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_wait",
    "eventfd2",
    "exit",
    "exit_group",
    "faccessat",
    "faccessat2",
    "fadvise64",
    "fallocate",
    "fchown",
    "fdatasync",
    "flock",
    "fstat",
    "fstatfs",
    "fsync",
    "ftruncate",
    "futex",
    "getcpu",
    "getcwd",
    "getdents64",
    "getegid",
    "geteuid",
    "getgid",
    "getpeername",
    "getpid",
    "getppid",
    "getrandom",
    "getrlimit",
    "getrusage",
    "getsockname",
    "getsockopt",
    "gettid",
    "gettimeofday",
    "getuid",
    "link",
    "linkat",
    "lseek",
    "lstat",
    "madvise",
    "memfd_create",
    "mlock",
    "mlock2",
    "mremap",
    "msync",
    "munlock",
    "munmap",
    "nanosleep",
    "newfstatat",
    "pipe",
    "pipe2",
    "poll",
    "ppoll",
    "pread64",
    "preadv",
    "pselect6",
    "pwrite64",
    "pwritev",
    "read",
    "readlink",
    "readlinkat",
    "readv",
    "recvfrom",
    "recvmsg",
    "rename",
    "renameat",
    "renameat2",
    "restart_syscall",
    "rmdir",
    "rseq",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_getaffinity",
    "sched_yield",
    "select",
    "sendfile",
    "sendmmsg",
    "sendmsg",
    "sendto",
    "set_robust_list",
    "shutdown",
    "sigaltstack",
    "stat",
    "statfs",
    "statx",
    "sysinfo",
    "time",
    "timerfd_create",
    "timerfd_gettime",
    "timerfd_settime",
    "umask",
    "uname",
    "unlink",
    "unlinkat",
    "wait4",
    "write",
    "writev",
};

/* With some arguments: the tests below say with which. */
static const char *const conditional[] = {
    "chmod",   "clone",        "fchmod",     "fchmodat",   "fcntl",  "ioctl", "mkdir",
    "mkdirat", "mmap",         "mprotect",   "open",       "openat", "prctl", "prlimit64",
    "socket",  "rt_sigaction", "setsockopt", "socketpair", "tgkill",
};

static bool
among(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

#define AMONG(name, list) among(name, list, sizeof(list) / sizeof *(list))

/* Several arguments each, so that what depends on them is seen to. */
static bool
ever_allowed(int call)
{
    static const uint64_t values[] = {0, 1, 2, 3, 10, SELF, CLONE_VM | CLONE_THREAD, ~0ULL};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (size_t j = 0; j < sizeof values / sizeof *values; j++)
            if (ask(&agent, call,
                    (const uint64_t[6]){values[i], values[j], values[j], values[j]}) == ALLOWED)
                return true;
    return false;
}

static void
the_agent_may_call_what_is_on_the_list_and_nothing_else(void **state)
{
    size_t seen = 0;

    for (int call = 0; call < 1024; call++) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);

        if (name != NULL && AMONG(name, plain)) {
            seen++;
            assert_true(ever_allowed(call));
        } else if (ever_allowed(call) && (name == NULL || !AMONG(name, conditional))) {
            fail_msg("%s (%d) may be called", name, call);
        }
        free(name);
    }
    assert_true(seen > 90); /* not every architecture has all */
}

static void
programs_processes_and_the_insides_of_the_kernel_end_it_at_once(void **state)
{
    static const int calls[] = {
        SCMP_SYS(execve),
        SCMP_SYS(execveat),
        SCMP_SYS(ptrace),
        SCMP_SYS(process_vm_readv),
        SCMP_SYS(process_vm_writev),
        SCMP_SYS(pidfd_getfd),
        SCMP_SYS(kill),
        SCMP_SYS(tkill),
        SCMP_SYS(bpf),
        SCMP_SYS(perf_event_open),
        SCMP_SYS(io_uring_setup),
        SCMP_SYS(io_uring_enter),
        SCMP_SYS(keyctl),
        SCMP_SYS(add_key),
        SCMP_SYS(request_key),
        SCMP_SYS(mount),
        SCMP_SYS(umount2),
        SCMP_SYS(unshare),
        SCMP_SYS(setns),
        SCMP_SYS(chroot),
        SCMP_SYS(setuid),
        SCMP_SYS(personality),
        SCMP_SYS(userfaultfd),
        SCMP_SYS(seccomp),
        SCMP_SYS(init_module),
        SCMP_SYS(listen),
        SCMP_SYS(mknodat),
    };

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        assert_int_equal(ask(&agent, calls[i], (const uint64_t[6]){0}), KILLED);
    assert_int_equal(ASK(&agent, bind, 3), TRAPPED);
    assert_int_equal(ASK(&agent, symlinkat, 0), TRAPPED);
}

static void
what_the_kernel_learned_later_does_not_exist(void **state)
{
    for (int call = JAIL_LAST_KNOWN + 1; call <= JAIL_LAST_UNKNOWN; call++)
        assert_int_equal(ask(&agent, call, (const uint64_t[6]){0}), REFUSED(ENOSYS));
    assert_int_equal(ask(&agent, JAIL_LAST_UNKNOWN + 1, (const uint64_t[6]){0}), TRAPPED);
    assert_int_equal(ASK(&agent, clone3, 0), REFUSED(ENOSYS));
    assert_int_equal(ASK(&agent, openat2, 0), REFUSED(ENOSYS));
}

static void
another_architecture_ends_it(void **state)
{
    const struct seccomp_data foreign = {.nr = 0, .arch = AUDIT_ARCH_I386},
                              x32 = {.nr = 0x40000000, .arch = AUDIT_ARCH_X86_64};

    assert_int_equal(run(&agent, &foreign), KILLED);
    if (native() == AUDIT_ARCH_X86_64)
        assert_int_equal(run(&agent, &x32), KILLED);
}

/* --- arguments --- */

static void
memory_is_never_made_runnable(void **state)
{
    assert_int_equal(ASK(&agent, mmap, 0, 4096, PROT_READ | PROT_WRITE), ALLOWED);
    assert_int_equal(ASK(&agent, mmap, 0, 4096, PROT_READ | PROT_EXEC), REFUSED(EACCES));
    assert_int_equal(ASK(&agent, mprotect, 0, 4096, PROT_NONE), ALLOWED);
    assert_int_equal(ASK(&agent, mprotect, 0, 4096, PROT_WRITE | PROT_EXEC), REFUSED(EACCES));
    assert_int_equal(ASK(&agent, pkey_mprotect, 0, 4096, PROT_READ), KILLED);
}

static void
clone_makes_threads_only(void **state)
{
    const uint64_t thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                            CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
                            CLONE_CHILD_CLEARTID;

    assert_int_equal(ASK(&agent, clone, thread), ALLOWED);
    assert_int_equal(ASK(&agent, clone, SIGCHLD), TRAPPED);
    assert_int_equal(ASK(&agent, clone, thread & ~(uint64_t)CLONE_THREAD), TRAPPED);
    assert_int_equal(ASK(&agent, clone, CLONE_VM | CLONE_VFORK | SIGCHLD), TRAPPED);
    for (uint64_t apart = CLONE_NEWNS; apart <= CLONE_NEWNET; apart <<= 1)
        if ((apart & (CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)) != 0)
            assert_int_equal(ASK(&agent, clone, thread | apart), TRAPPED);
}

static void
sockets_are_of_the_internet_and_no_raw_ones(void **state)
{
    const uint64_t flags = SOCK_CLOEXEC | SOCK_NONBLOCK;

    assert_int_equal(ASK(&agent, socket, AF_INET, SOCK_STREAM | flags), ALLOWED);
    assert_int_equal(ASK(&agent, socket, AF_INET6, SOCK_DGRAM), ALLOWED);
    assert_int_equal(ASK(&agent, socket, AF_INET, SOCK_RAW), TRAPPED);
    assert_int_equal(ASK(&agent, socket, AF_INET6, SOCK_SEQPACKET), TRAPPED);
    assert_int_equal(ASK(&agent, socket, AF_UNIX, SOCK_STREAM), REFUSED(EAFNOSUPPORT));
    assert_int_equal(ASK(&agent, socket, AF_NETLINK, SOCK_RAW), REFUSED(EAFNOSUPPORT));
    for (uint64_t family = 0; family < 64; family++)
        if (family != AF_INET && family != AF_INET6)
            assert_int_not_equal(ASK(&agent, socket, family, SOCK_STREAM), ALLOWED);
    assert_int_equal(ASK(&agent, socket, 1ULL << 32 | AF_UNIX, SOCK_STREAM), TRAPPED);
    assert_int_equal(ASK(&agent, socket, AF_INET, 1ULL << 32 | SOCK_STREAM), TRAPPED);
    assert_int_equal(ASK(&agent, socketpair, AF_UNIX, SOCK_STREAM | flags), ALLOWED);
    assert_int_equal(ASK(&agent, socketpair, AF_UNIX, SOCK_DGRAM), TRAPPED);
    assert_int_equal(ASK(&agent, setsockopt, 3, SOL_SOCKET, SO_KEEPALIVE), ALLOWED);
    assert_int_equal(ASK(&agent, setsockopt, 3, SOL_SOCKET, SO_ATTACH_FILTER), TRAPPED);
    assert_int_equal(ASK(&agent, setsockopt, 3, SOL_SOCKET, SO_ATTACH_BPF), TRAPPED);
}

static void
files_get_no_rights_of_others(void **state)
{
    assert_int_equal(ASK(&agent, openat, AT_FDCWD, 0, O_CREAT, 0600), ALLOWED);
    assert_int_equal(ASK(&agent, openat, AT_FDCWD, 0, O_CREAT, 04700), TRAPPED);
    assert_int_equal(ASK(&agent, fchmod, 3, 0600), ALLOWED);
    assert_int_equal(ASK(&agent, fchmod, 3, 02700), TRAPPED);
    assert_int_equal(ASK(&agent, fchmodat, AT_FDCWD, 0, 06755), TRAPPED);
    assert_int_equal(ASK(&agent, mkdirat, AT_FDCWD, 0, 02755), TRAPPED);
}

static void
the_rest_depends_on_what_is_asked_for(void **state)
{
    assert_int_equal(ASK(&agent, tgkill, SELF, SELF, SIGABRT), ALLOWED);
    assert_int_equal(ASK(&agent, tgkill, SELF + 1, SELF + 1, SIGABRT), TRAPPED);
    assert_int_equal(ASK(&agent, rt_sigaction, SIGPIPE), ALLOWED);
    assert_int_equal(ASK(&agent, rt_sigaction, SIGSYS), TRAPPED);
    assert_int_equal(ASK(&agent, rt_sigaction, 1ULL << 32 | SIGSYS), TRAPPED);
    assert_int_equal(ASK(&agent, prctl, PR_SET_NAME), ALLOWED);
    assert_int_equal(ASK(&agent, prctl, PR_SET_DUMPABLE, 1), REFUSED(EPERM));
    assert_int_equal(ASK(&agent, prctl, PR_SET_PTRACER, ~0ULL), REFUSED(EPERM));
    assert_int_equal(ASK(&agent, prlimit64, 0, 0, 0), ALLOWED);
    assert_int_equal(ASK(&agent, prlimit64, 0, 0, 1), TRAPPED);
    assert_int_equal(ASK(&agent, prlimit64, 1, 0, 0), TRAPPED);
    assert_int_equal(ASK(&agent, fcntl, 3, F_SETLK), ALLOWED);
    assert_int_equal(ASK(&agent, fcntl, 3, F_DUPFD_CLOEXEC), ALLOWED);
    assert_int_equal(ASK(&agent, fcntl, 3, F_SETOWN), TRAPPED);
    assert_int_equal(ASK(&agent, ioctl, 0, FIONREAD), ALLOWED);
    assert_int_equal(ASK(&agent, ioctl, 0, TCGETS), REFUSED(ENOTTY));
    assert_int_equal(ASK(&agent, ioctl, 0, TIOCSTI), TRAPPED);
}

static void
the_spawner_starts_programs_by_their_descriptors_alone(void **state)
{
    assert_int_equal(ASK(&spawner, execveat, FIRST, 0, 0, 0, AT_EMPTY_PATH), ALLOWED);
    assert_int_equal(ASK(&spawner, execveat, FIRST + PROGRAMS - 1, 0, 0, 0, AT_EMPTY_PATH),
                     ALLOWED);
    assert_int_equal(ASK(&spawner, execveat, FIRST - 1, 0, 0, 0, AT_EMPTY_PATH), KILLED);
    assert_int_equal(ASK(&spawner, execveat, FIRST + PROGRAMS, 0, 0, 0, AT_EMPTY_PATH), KILLED);
    assert_int_equal(ASK(&spawner, execveat, (uint64_t)AT_FDCWD, 0, 0, 0, AT_EMPTY_PATH), KILLED);
    assert_int_equal(ASK(&spawner, execveat, FIRST, 0, 0, 0, 0), KILLED);
    assert_int_equal(ASK(&spawner, execve, 0), REFUSED(EACCES));
    assert_int_equal(ASK(&spawner, clone, SIGCHLD), ALLOWED);
    assert_int_equal(ASK(&spawner, clone, CLONE_NEWUSER | SIGCHLD), KILLED);
    assert_int_equal(ASK(&spawner, clone, CLONE_NEWNET | CLONE_NEWPID), KILLED);
    assert_int_equal(ASK(&spawner, socket, AF_UNIX, SOCK_STREAM), ALLOWED);
    assert_int_equal(ASK(&spawner, socket, AF_INET, SOCK_STREAM), REFUSED(EAFNOSUPPORT));
    assert_int_equal(ASK(&spawner, socket, AF_PACKET, SOCK_RAW), REFUSED(EAFNOSUPPORT));
    assert_int_equal(ASK(&spawner, ptrace, 0), KILLED);
    assert_int_equal(ASK(&spawner, unshare, 0), KILLED);
}

/* --- in the kernel --- */

/* The status of a child that is jailed, does DO, and ends with 0 when that returned; what it wrote
 * to its descriptor 2 in WORDS. */
static int
jailed(void (*work)(void), char words[200])
{
    int ends[2], status;
    ssize_t n = 0, got;

    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || jail_preload() != OK ||
            jail_landlock() != OK || jail_agent() != OK)
            _exit(99);
        work();
        _exit(0);
    }
    close(ends[1]);
    while ((got = read(ends[0], words + n, 199 - (size_t)n)) > 0)
        n += got;
    words[n] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void
need_filter(void)
{
    if (!SANITIZED)
        return;
    print_message("no filter is loaded in a build with sanitizers\n");
    skip();
}

static void
start_a_program(void)
{
    execl("/bin/true", "true", NULL);
}

static void
bind_a_socket(void)
{
    syscall(SYS_bind, 0, NULL, 0);
}

static void *
in_a_thread(void *nothing)
{
    bind_a_socket();
    return NULL;
}

static void
bind_a_socket_in_a_thread(void)
{
    pthread_t t;

    if (pthread_create(&t, NULL, in_a_thread, NULL) == 0)
        pthread_join(t, NULL);
}

static void
become_dumpable(void)
{
    if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0)
        _exit(1);
}

/* By a name of /etc/hosts: nothing goes out. */
static void
look_up_a_host(void)
{
    struct addrinfo *list;

    if (getaddrinfo("localhost", "443", NULL, &list) != 0)
        _exit(1);
    freeaddrinfo(list);
}

static void
look_into_the_parent(void)
{
    char path[40];

    snprintf(path, sizeof path, "/proc/%d/mem", (int)getppid());
    if (open(path, O_RDONLY) >= 0)
        _exit(1);
}

static void
a_program_started_ends_it_without_a_word(void **state)
{
    char words[200];

    need_filter();
    int status = jailed(start_a_program, words);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    assert_string_equal(words, "");
}

static void
a_call_that_is_not_on_the_list_is_named_and_ends_it(void **state)
{
    char words[200], expected[200];

    need_filter();
    snprintf(expected, sizeof expected, "snug-agent: ended, for it may not make system call %d\n",
             (int)SYS_bind);
    int status = jailed(bind_a_socket, words);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    assert_string_equal(words, expected);
    status = jailed(bind_a_socket_in_a_thread, words);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    assert_string_equal(words, expected);
}

static void
what_is_needed_goes_on(void **state)
{
    char words[200];

    need_filter();
    assert_int_equal(jailed(become_dumpable, words), 0); /* refused */
    assert_int_equal(jailed(look_up_a_host, words), 0);
    assert_string_equal(words, "");
}

static void
other_processes_cannot_be_looked_into(void **state)
{
    char words[200];

    need_filter();
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 2) {
        print_message("the kernel has no Landlock, or an old one\n");
        skip();
    }
    assert_int_equal(jailed(look_into_the_parent, words), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_agent_may_call_what_is_on_the_list_and_nothing_else),
        cmocka_unit_test(programs_processes_and_the_insides_of_the_kernel_end_it_at_once),
        cmocka_unit_test(what_the_kernel_learned_later_does_not_exist),
        cmocka_unit_test(another_architecture_ends_it),
        cmocka_unit_test(memory_is_never_made_runnable),
        cmocka_unit_test(clone_makes_threads_only),
        cmocka_unit_test(sockets_are_of_the_internet_and_no_raw_ones),
        cmocka_unit_test(files_get_no_rights_of_others),
        cmocka_unit_test(the_rest_depends_on_what_is_asked_for),
        cmocka_unit_test(the_spawner_starts_programs_by_their_descriptors_alone),
        cmocka_unit_test(a_program_started_ends_it_without_a_word),
        cmocka_unit_test(a_call_that_is_not_on_the_list_is_named_and_ends_it),
        cmocka_unit_test(what_is_needed_goes_on),
        cmocka_unit_test(other_processes_cannot_be_looked_into),
    };

    return cmocka_run_group_tests_name("core-agent-jail", tests, setup, NULL);
}
