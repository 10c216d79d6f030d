# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine of one's own: this system's files with Snug installed over them, booted by systemd in namespaces of its own. What
is written there lies in memory and is gone afterwards. There is no network but loopback, no device, and what it does when told
to sleep is nothing."""
import os
import subprocess
import tempfile

from relay import PATIENCE, program, wait_until

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # there, whatever it is here
BOOT = r"""
set -eu
folder=$1 build=$2
mount -t tmpfs -o mode=0755 machine "$folder"
mkdir "$folder/over" "$folder/work" "$folder/root"
DESTDIR="$folder/over" meson install -C "$build" --no-rebuild --quiet
mount -t overlay -o "lowerdir=/,upperdir=$folder/over,workdir=$folder/work" machine "$folder/root"
cd "$folder/root"
mount -t proc -o nosuid,nodev,noexec proc proc
mount --bind -o ro proc/sys proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for at in dev run tmp home root var/tmp var/log var/lib/systemd var/spool etc/systemd/system; do mount -t tmpfs -o mode=0755 machine $at; done
chmod 1777 tmp var/tmp
mkdir var/log/journal
# Sleep is there for whoever asks, and ends at once.
mount -t tmpfs machine sys/power
echo "freeze mem" >sys/power/state
mkdir run/systemd run/systemd/system run/systemd/system/systemd-suspend.service.d
printf '[Service]\nExecStart=\nExecStart=/bin/true\n' >run/systemd/system/systemd-suspend.service.d/nothing.conf
printf '[Unit]\nRequires=basic.target dbus.service systemd-logind.service\nAfter=dbus.service systemd-logind.service\n' \
    >run/systemd/system/machine.target
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 machine dev/shm
for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 0666 dev/${node%:*} c 1 ${node#*:}; done
mknod -m 0666 dev/tty c 5 0
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
pivot_root . mnt
umount -l mnt
exec setpriv --bounding-set=-sys_time,-sys_module,-sys_boot,-sys_rawio,-mknod \
    env -i container=machine PATH="$3" /lib/systemd/systemd --unit=machine.target --log-target=journal --show-status=0
"""


def cgroups():
    """Where this system's one tree of control groups is; None without one."""
    with open("/proc/self/mounts", encoding="utf-8") as f:
        return next((words[1] for words in map(str.split, f) if words[2] == "cgroup2"), None)


def why_not():
    """Why there can be no machine here; None if there can."""
    if os.geteuid() != 0:
        return "needs root"
    for needed in ("/lib/systemd/systemd", "/usr/bin/dbus-daemon", "/usr/bin/setpriv", "/usr/bin/nsenter"):
        if not os.path.exists(needed):
            return f"{needed} is not installed"
    if cgroups() is None or not os.access(cgroups(), os.W_OK):
        return "there is no tree of control groups (cgroup2) to add to"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--net", "--cgroup", "--fork", "true"], capture_output=True, check=False)
    return None if tried.returncode == 0 else "namespaces are not allowed here"


class Machine:
    """`with Machine("ann", "bob") as machine:`; people who are logged in; machine.do("ann", "snug", "help")."""

    def __init__(self, *people):
        self.people = people
        self.folder = tempfile.mkdtemp(prefix="snug-machine-")
        self.cgroup = os.path.join(cgroups(), os.path.basename(self.folder))
        self.process = None
        self.ids = {}

    def __enter__(self):
        try:
            self.boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def boot(self):
        os.mkdir(self.cgroup)

        def enter():
            with open(os.path.join(self.cgroup, "cgroup.procs"), "w", encoding="ascii") as f:
                f.write("0")

        self.log = open(os.path.join(self.folder + ".log"), "wb+")
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--fork", "--kill-child", "sh", "-c", BOOT, "sh",
             self.folder, os.environ.get("SNUG_BUILD", os.getcwd()), PATH],
            preexec_fn=enter, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        wait_until(lambda: self.first() or self.process.poll() is not None, "it begins", 3 * PATIENCE)
        wait_until(lambda: self.process.poll() is not None or
                   self.root("systemctl", "is-active", "machine.target", expect=None).stdout == "active\n", "it is up", 3 * PATIENCE)
        if self.process.poll() is not None:
            self.log.seek(0)
            raise AssertionError(f"the machine did not start: {self.log.read().decode()}")
        for person in self.people:
            self.admit(person)

    def first(self):
        """The process that is 1 inside, once it is systemd; None before."""
        if getattr(self, "pid", None):
            return self.pid
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as f:
            child = f.read().split()
        if child:
            with open(f"/proc/{child[0]}/comm", encoding="ascii") as f:
                if f.read() == "systemd\n":
                    self.pid = int(child[0])
                    return self.pid
        return None

    def root(self, *command, expect=0, **options):
        options = dict({"stdin": subprocess.DEVNULL}, **options) if "input" not in options else options
        done = subprocess.run(["nsenter", "--all", "--target", str(self.first()), "--", *command], capture_output=True, text=True,
                              timeout=6 * PATIENCE, check=False, cwd="/", env=dict(os.environ, PATH=PATH), **options)
        if expect is not None and done.returncode != expect:
            raise AssertionError(f"{' '.join(command)}: {done.returncode} instead of {expect}: {done.stdout}{done.stderr}")
        return done

    def admit(self, person):
        """Somebody new, with a session as from a log-in at a terminal, and so with a manager."""
        self.root("useradd", "--create-home", "--shell", "/bin/bash", person)
        self.ids[person] = int(self.root("id", "-u", person).stdout)
        self.enter(person)

    def manager(self, person):
        return self.root("systemctl", "is-active", f"user@{self.ids[person]}.service", expect=None).stdout.strip()

    def enter(self, person):
        self.root("systemd-run", "--quiet", "--collect", f"--unit=login-{person}", "--property=PAMName=login",
                  f"--property=User={person}", "--setenv=XDG_SESSION_TYPE=tty", "--setenv=XDG_SESSION_CLASS=user", "sleep", "infinity")
        wait_until(lambda: self.manager(person) == "active", f"{person}'s manager", 3 * PATIENCE)

    def leave(self, person):
        """Log out everywhere: the manager ends, ten seconds later."""
        self.root("systemctl", "stop", f"login-{person}")
        wait_until(lambda: self.manager(person) == "inactive", f"the end of {person}'s manager", 3 * PATIENCE)

    def do(self, person, *command, **options):
        """A command of a person's, in the environment of the session."""
        runtime = f"/run/user/{self.ids[person]}"
        return self.root("setpriv", f"--reuid={person}", f"--regid={person}", "--init-groups", "env", "--ignore-environment",
                         f"--chdir=/home/{person}", f"HOME=/home/{person}", f"USER={person}", "LANG=C.UTF-8",
                         f"PATH={PATH}", f"XDG_RUNTIME_DIR={runtime}",
                         f"DBUS_SESSION_BUS_ADDRESS=unix:path={runtime}/bus", *command, **options)

    def session(self, person):
        listed = self.root("loginctl", "list-sessions", "--no-legend").stdout
        return next(line.split()[0] for line in listed.splitlines() if person in line.split())

    def __exit__(self, *_):
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE)
            self.log.close()
            os.unlink(self.log.name)

        def emptied():
            for folder, _, _ in os.walk(self.cgroup, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    return False
            return True

        if os.path.isdir(self.cgroup):
            wait_until(emptied, "all of it ends")
        os.rmdir(self.folder)
