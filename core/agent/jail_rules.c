/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/jail_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* libseccomp's comparisons with one operand leave the other out. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define CALL(name) SCMP_SYS(name)
#define COUNT(list) (sizeof(list) / sizeof *(list))

/* Nobody makes these by mistake: a program started, another process entered, the kernel's insides,
 * another view of the system. Whether the kernel would refuse them anyway does not matter. */
static const int never[] = {
    CALL(ptrace),
    CALL(process_vm_readv),
    CALL(process_vm_writev),
    CALL(process_madvise),
    CALL(kcmp),
    CALL(pidfd_getfd),
    CALL(add_key),
    CALL(request_key),
    CALL(keyctl),
    CALL(io_uring_setup),
    CALL(io_uring_enter),
    CALL(io_uring_register),
    CALL(io_setup),
    CALL(bpf),
    CALL(perf_event_open),
    CALL(userfaultfd),
    CALL(mount),
    CALL(umount),
    CALL(umount2),
    CALL(pivot_root),
    CALL(chroot),
    CALL(unshare),
    CALL(setns),
    CALL(open_tree),
    CALL(move_mount),
    CALL(mount_setattr),
    CALL(fsopen),
    CALL(fsconfig),
    CALL(fsmount),
    CALL(fspick),
    CALL(init_module),
    CALL(finit_module),
    CALL(delete_module),
    CALL(kexec_load),
    CALL(kexec_file_load),
    CALL(reboot),
    CALL(swapon),
    CALL(swapoff),
    CALL(acct),
    CALL(quotactl),
    CALL(quotactl_fd),
    CALL(setuid),
    CALL(setgid),
    CALL(setreuid),
    CALL(setregid),
    CALL(setresuid),
    CALL(setresgid),
    CALL(setgroups),
    CALL(setfsuid),
    CALL(setfsgid),
    CALL(capset),
    CALL(personality),
    CALL(modify_ldt),
    CALL(iopl),
    CALL(ioperm),
    CALL(name_to_handle_at),
    CALL(open_by_handle_at),
    CALL(syslog),
    CALL(sethostname),
    CALL(setdomainname),
    CALL(settimeofday),
    CALL(clock_settime),
    CALL(clock_adjtime),
    CALL(adjtimex),
    CALL(vhangup),
    CALL(fanotify_init),
    CALL(mknod),
    CALL(mknodat),
};

/* The same, for the agent alone. */
static const int agent_never[] = {
    CALL(execve),
    CALL(execveat),
    CALL(fork),
    CALL(vfork),
    CALL(kill), /* which is how the agent ends itself: see jail.c */
    CALL(tkill),
    CALL(rt_sigqueueinfo),
    CALL(rt_tgsigqueueinfo),
    CALL(pidfd_open),
    CALL(pidfd_send_signal),
    CALL(seccomp),
    CALL(listen),
    CALL(pkey_mprotect),
};

/* Whatever the arguments. */
static const int agent_plain[] = {
    /* memory */
    CALL(brk),
    CALL(munmap),
    CALL(mremap),
    CALL(madvise),
    CALL(mlock),
    CALL(mlock2),
    CALL(munlock),
    CALL(msync),
    /* threads and their end */
    CALL(futex),
    CALL(set_robust_list),
    CALL(rseq),
    CALL(exit),
    CALL(exit_group),
    CALL(gettid),
    CALL(sched_yield),
    CALL(sched_getaffinity),
    CALL(getcpu),
    CALL(wait4), /* for the spawner's end */
    /* signals to oneself */
    CALL(rt_sigreturn),
    CALL(rt_sigprocmask),
    CALL(sigaltstack),
    CALL(restart_syscall),
    /* time, randomness, who and where we are */
    CALL(clock_gettime),
    CALL(clock_getres),
    CALL(clock_nanosleep),
    CALL(nanosleep),
    CALL(gettimeofday),
    CALL(time),
    CALL(getrandom),
    CALL(getpid),
    CALL(getppid),
    CALL(getuid),
    CALL(geteuid),
    CALL(getgid),
    CALL(getegid),
    CALL(uname),
    CALL(sysinfo),
    CALL(getrlimit),
    CALL(getrusage),
    CALL(getcwd),
    CALL(umask),
    /* descriptors */
    CALL(read),
    CALL(write),
    CALL(readv),
    CALL(writev),
    CALL(pread64),
    CALL(pwrite64),
    CALL(preadv),
    CALL(pwritev),
    CALL(lseek),
    CALL(sendfile),
    CALL(copy_file_range),
    CALL(close),
    CALL(close_range),
    CALL(dup),
    CALL(dup2),
    CALL(dup3),
    CALL(pipe),
    CALL(pipe2),
    CALL(eventfd2),
    CALL(timerfd_create),
    CALL(timerfd_settime),
    CALL(timerfd_gettime),
    CALL(memfd_create),
    CALL(epoll_create1),
    CALL(epoll_ctl),
    CALL(epoll_wait),
    CALL(epoll_pwait),
    CALL(epoll_pwait2),
    CALL(poll),
    CALL(ppoll),
    CALL(select),
    CALL(pselect6),
    /* files */
    CALL(stat),
    CALL(lstat),
    CALL(fstat),
    CALL(newfstatat),
    CALL(statx),
    CALL(statfs),
    CALL(fstatfs),
    CALL(access),
    CALL(faccessat),
    CALL(faccessat2),
    CALL(readlink),
    CALL(readlinkat),
    CALL(getdents64),
    CALL(flock),
    CALL(fsync),
    CALL(fdatasync),
    CALL(ftruncate),
    CALL(fallocate),
    CALL(fadvise64),
    CALL(rename),
    CALL(renameat),
    CALL(renameat2),
    CALL(link),
    CALL(linkat),
    CALL(unlink),
    CALL(unlinkat),
    CALL(rmdir),
    CALL(fchown), /* SQLCipher's, to itself, when it is root's */
    /* the network, with the sockets that can be had (below), and the clients' */
    CALL(connect),
    CALL(accept),
    CALL(accept4),
    CALL(shutdown),
    CALL(sendto),
    CALL(recvfrom),
    CALL(sendmsg),
    CALL(recvmsg),
    CALL(sendmmsg),
    CALL(getsockname),
    CALL(getpeername),
    CALL(getsockopt),
};

static int
all(scmp_filter_ctx f, uint32_t action, const int *calls, size_t n)
{
    int bad = 0;

    for (size_t i = 0; i < n; i++)
        bad |= seccomp_rule_add(f, action, calls[i], 0);
    return bad;
}

/* Named by what they are not known by. */
static int
unknown(scmp_filter_ctx f)
{
    int bad = 0;

    for (int call = JAIL_LAST_KNOWN + 1; call <= JAIL_LAST_UNKNOWN; call++)
        bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), call, 0);
    return bad;
}

#define ALLOW(call, ...)                                                                           \
    seccomp_rule_add(f, SCMP_ACT_ALLOW, CALL(call), COUNT(((struct scmp_arg_cmp[]){__VA_ARGS__})), \
                     __VA_ARGS__)
#define REFUSE(error, call, ...)                                                                   \
    seccomp_rule_add(f, SCMP_ACT_ERRNO(error), CALL(call),                                         \
                     COUNT(((struct scmp_arg_cmp[]){__VA_ARGS__})), __VA_ARGS__)

/* Memory is data: what could be run was loaded before. Who asks for more, such as a resolver's
 * module that came into nsswitch.conf only now, goes without (EACCES). */
static int
memory(scmp_filter_ctx f)
{
    return ALLOW(mmap, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) |
           ALLOW(mprotect, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) |
           REFUSE(EACCES, mmap, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC)) |
           REFUSE(EACCES, mprotect, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
}

/* A new process is none that shares all with us, in no namespace of its own. The flags of clone3
 * lie in memory, where a filter cannot look: the C library falls back to clone. */
static int
processes(scmp_filter_ctx f, pid_t self)
{
    const uint64_t thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD,
                   apart = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                           CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE |
                           CLONE_UNTRACED;

    return ALLOW(clone, SCMP_A0(SCMP_CMP_MASKED_EQ, thread | apart, thread)) |
           seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0) |
           ALLOW(tgkill, SCMP_A0(SCMP_CMP_EQ, (uint64_t)self)) |
           /* Those below SIGSYS: the handler that says what was not allowed stays (jail.c). */
           ALLOW(rt_sigaction, SCMP_A0(SCMP_CMP_LT, SIGSYS)) |
           /* and the C library's two, which come with the first thread. */
           ALLOW(rt_sigaction, SCMP_A0(SCMP_CMP_EQ, 32)) |
           ALLOW(rt_sigaction, SCMP_A0(SCMP_CMP_EQ, 33)) |
           /* Limits are looked at, not changed. */
           ALLOW(prlimit64, SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0)) |
           ALLOW(prctl, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME)) |
           REFUSE(EPERM, prctl,
                  SCMP_A0(SCMP_CMP_NE, PR_SET_NAME)); /* libraries try this and that */
}

/* A file or folder that we make gives nobody the rights of another. The flags of openat2 lie in
 * memory as well. */
static int
files(scmp_filter_ctx f)
{
    const mode_t special = S_ISUID | S_ISGID;

    return ALLOW(open, SCMP_A2(SCMP_CMP_MASKED_EQ, special, 0)) |
           ALLOW(openat, SCMP_A3(SCMP_CMP_MASKED_EQ, special, 0)) |
           ALLOW(mkdir, SCMP_A1(SCMP_CMP_MASKED_EQ, special, 0)) |
           ALLOW(mkdirat, SCMP_A2(SCMP_CMP_MASKED_EQ, special, 0)) |
           ALLOW(chmod, SCMP_A1(SCMP_CMP_MASKED_EQ, special, 0)) |
           ALLOW(fchmod, SCMP_A1(SCMP_CMP_MASKED_EQ, special, 0)) |
           ALLOW(fchmodat, SCMP_A2(SCMP_CMP_MASKED_EQ, special, 0)) |
           seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), CALL(openat2), 0);
}

/* To what a descriptor is; locks; no signals to others (F_SETOWN), no leases. Of devices the
 * agent knows none: what asks whether a file is a terminal is told that it is not. */
static int
descriptors(scmp_filter_ctx f)
{
    return ALLOW(fcntl, SCMP_A1(SCMP_CMP_LE, F_SETLKW)) |
           ALLOW(fcntl, SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC)) |
           ALLOW(fcntl, SCMP_A1(SCMP_CMP_EQ, F_ADD_SEALS)) |
           ALLOW(fcntl, SCMP_A1(SCMP_CMP_EQ, F_GET_SEALS)) |
           ALLOW(ioctl, SCMP_A1(SCMP_CMP_EQ, FIONREAD)) |
           ALLOW(ioctl, SCMP_A1(SCMP_CMP_EQ, FIONBIO)) |
           REFUSE(ENOTTY, ioctl, SCMP_A1(SCMP_CMP_EQ, TCGETS));
}

static int
socket_of(scmp_filter_ctx f, int family, int type)
{
    const uint64_t flags = SOCK_CLOEXEC | SOCK_NONBLOCK;

    return ALLOW(socket, SCMP_A0(SCMP_CMP_EQ, (uint64_t)family),
                 SCMP_A1(SCMP_CMP_MASKED_EQ, ~flags, (uint64_t)type));
}

/* The Internet. What listens on UNIX sockets (the bus, systemd, the display, agents with keys of
 * their own) would do for its user's sake whatever the jail forbids: so there are no more of them
 * than those that were opened before, and pairs. The resolver asks for both UNIX and netlink
 * sockets, and goes on without. */
static int
network(scmp_filter_ctx f)
{
    return socket_of(f, AF_INET, SOCK_STREAM) | socket_of(f, AF_INET, SOCK_DGRAM) |
           socket_of(f, AF_INET6, SOCK_STREAM) | socket_of(f, AF_INET6, SOCK_DGRAM) |
           REFUSE(EAFNOSUPPORT, socket, SCMP_A0(SCMP_CMP_EQ, AF_UNIX)) |
           REFUSE(EAFNOSUPPORT, socket, SCMP_A0(SCMP_CMP_EQ, AF_NETLINK)) |
           /* A pair of datagrams could still be sent anywhere. */
           ALLOW(socketpair, SCMP_A0(SCMP_CMP_EQ, AF_UNIX),
                 SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_STREAM)) |
           ALLOW(setsockopt, SCMP_A1(SCMP_CMP_EQ, IPPROTO_IP)) |
           ALLOW(setsockopt, SCMP_A1(SCMP_CMP_EQ, IPPROTO_IPV6)) |
           ALLOW(setsockopt, SCMP_A1(SCMP_CMP_EQ, IPPROTO_TCP)) |
           /* Below SO_ATTACH_FILTER: nothing that gives the kernel a program. */
           ALLOW(setsockopt, SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET),
                 SCMP_A2(SCMP_CMP_LT, SO_ATTACH_FILTER));
}

int
jail_agent_rules(scmp_filter_ctx f, pid_t self)
{
    return all(f, SCMP_ACT_ALLOW, agent_plain, COUNT(agent_plain)) |
           all(f, SCMP_ACT_KILL_PROCESS, never, COUNT(never)) |
           all(f, SCMP_ACT_KILL_PROCESS, agent_never, COUNT(agent_never)) | memory(f) |
           processes(f, self) | files(f) | descriptors(f) | network(f) | unknown(f);
}

/* Helpers have it too, and the desktop's libraries in them do many a thing: so this names what may
 * not be done. */
int
jail_spawner_rules(scmp_filter_ctx f, int first, int count)
{
    const uint32_t kill = SCMP_ACT_KILL_PROCESS;
    const uint64_t apart = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                           CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    int bad = all(f, kill, never, COUNT(never));

    for (uint64_t bit = 1; bit <= apart; bit <<= 1)
        if ((apart & bit) != 0)
            bad |= seccomp_rule_add(f, kill, CALL(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit));
    /* A program by its descriptor; by a path none. */
    return bad | seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), CALL(execve), 0) |
           seccomp_rule_add(f, kill, CALL(execveat), 1, SCMP_A0_32(SCMP_CMP_LT, (uint32_t)first)) |
           seccomp_rule_add(f, kill, CALL(execveat), 1,
                            SCMP_A0_32(SCMP_CMP_GE, (uint32_t)(first + count))) |
           seccomp_rule_add(f, kill, CALL(execveat), 1, SCMP_A4(SCMP_CMP_NE, AT_EMPTY_PATH)) |
           seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0) |
           seccomp_rule_add(f, SCMP_ACT_ERRNO(EAFNOSUPPORT), CALL(socket), 1,
                            SCMP_A0_32(SCMP_CMP_NE, AF_UNIX)) |
           unknown(f);
}
